"""The highest activation of each channel on every image of a data set, while that stays small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from torch import Tensor

from cnnviz.core.spool import Spool

__all__ = ["LayerMaxima"]

MOST_BYTES: Final = 64 << 20
"""Of a layer; of more images or channels nothing is kept."""
_HIGHEST_HALF: Final = 65504.0


class LayerMaxima:
    """Half-precision maxima of one layer's channels, in a file."""

    def __init__(self, channels: int) -> None:
        """Begin without an image."""
        self._channels = channels
        self._spool: Spool | None = Spool((channels,), np.float16)

    def take(self, values: Tensor, rows: Tensor) -> None:
        """Keep a batch's maxima.

        Args:
            values: float32 (n, K) on the CPU.
            rows: int64 (n,), increasing from batch to batch; those between are unknown.
        """
        if self._spool is None:
            return
        end = int(rows[-1]) + 1
        if end * self._channels * 2 > MOST_BYTES:
            self._spool = None
            return
        start = len(self._spool)
        kept = np.full((end - start, self._channels), np.nan, np.float32)
        kept[rows.numpy() - start] = values.clamp(-_HIGHEST_HALF, _HIGHEST_HALF).numpy()
        self._spool.append(kept)

    def state(self) -> dict[str, np.ndarray]:
        """Give what it holds."""
        return {} if self._spool is None else {"maxima": self._spool.rows()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave."""
        if "maxima" not in arrays:
            self._spool = None
        elif self._spool is not None:
            self._spool.restore(arrays["maxima"])

    def table(self, count: int) -> np.ndarray | None:
        """Give float16 (K, count), NaN for images that could not be read; None if too large."""
        if self._spool is None:
            return None
        missing = count - len(self._spool)
        if missing > 0:
            self._spool.append(np.full((missing, self._channels), np.nan, np.float16))
        return np.ascontiguousarray(self._spool.rows().T)
