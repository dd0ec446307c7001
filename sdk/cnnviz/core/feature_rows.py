"""A vector for each image of a data set, and what the network says of it, kept during a pass."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cnnviz.core.spool import Spool
from cnnviz.errors import ParamsError
from cnnviz.ops.channels import channels_first, channels_last_layers

if TYPE_CHECKING:
    from cnnviz.core.collecting import Seen
    from cnnviz.core.context import Context

__all__ = ["FeatureRows"]

_HIGHEST_HALF: Final = 65504.0


class FeatureRows:
    """Features, predictions and losses of the images of a pass, in files."""

    def __init__(self, ctx: Context, layer: str, *, max_bytes: int) -> None:
        """Begin without an image.

        Args:
            ctx: the network and its data set.
            layer: whose output the features are; of maps the mean over positions.
            max_bytes: of all features.

        Raises:
            ParamsError: all features together are too many.
        """
        self.layer = layer
        self._last = layer in channels_last_layers(ctx.net.layers)
        shape = ctx.net.layer(layer).shape
        self._width = shape[-1] if self._last or len(shape) == 2 else shape[0]
        self.is_pooled = len(shape) == 2 or (len(shape) == 3 and math.prod(shape) > self._width)
        data = ctx.data_set()
        count = len(data.labels) or data.source.total or 0
        if count * self._width * 2 > max_bytes:
            message = (
                f"embedding: {count} vectors of {self._width} numbers take more than max_bytes "
                f"({max_bytes}): name a layer with fewer channels, or allow more"
            )
            raise ParamsError(message, field="max_bytes")
        self._spools = {"features": Spool((self._width,), np.float16)}
        if ctx.net.classes is not None:
            self._spools |= {"predicted": Spool((), np.int32), "loss": Spool((), np.float32)}

    def take(self, seen: Seen) -> None:
        """Look at a batch."""
        maps = channels_first(seen.outputs[self.layer], last=self._last)
        vectors = maps.flatten(2).mean(2) if maps.ndim > 2 else maps
        halves = vectors.float().clamp(-_HIGHEST_HALF, _HIGHEST_HALF).cpu().numpy()
        self.fill_up(int(seen.rows[0]))
        before = len(self._spools["features"])
        count, at = int(seen.rows[-1]) + 1 - before, seen.rows - before
        self._spools["features"].append(_placed(halves, at, count, np.nan))
        if "predicted" in self._spools:
            labels = torch.from_numpy(seen.labels).long()
            predicted, loss = _judged(seen.scores.float().cpu(), labels)
            self._spools["predicted"].append(_placed(predicted, at, count, -1))
            self._spools["loss"].append(_placed(loss, at, count, np.nan))

    def fill_up(self, count: int) -> None:
        """Give images that could not be read a vector that is not finite, up to so many rows."""
        missing = count - len(self._spools["features"])
        if missing > 0:
            self._spools["features"].append(np.full((missing, self._width), np.nan, np.float16))
            if "predicted" in self._spools:
                self._spools["predicted"].append(np.full(missing, -1, np.int32))
                self._spools["loss"].append(np.full(missing, np.nan, np.float32))

    def arrays(self) -> dict[str, np.ndarray]:
        """Give features (M, D) float16 and, of a classifier, predicted (M,) and loss (M,)."""
        return {name: spool.rows() for name, spool in self._spools.items()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `arrays` gave."""
        for name, spool in self._spools.items():
            spool.restore(arrays[name])


def _placed(values: np.ndarray, at: np.ndarray, count: int, missing: float) -> np.ndarray:
    """Put values at their places among `count`, `missing` elsewhere."""
    if len(values) == count:
        return values
    placed = np.full((count, *values.shape[1:]), missing, values.dtype)
    placed[at] = values
    return placed


def _judged(scores: Tensor, labels: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Give the class of the highest score and the label's cross-entropy: (n,) each."""
    scores = scores[:, None] if scores.ndim == 1 else scores
    predicted = scores.argmax(1).int()
    predicted[~torch.isfinite(scores).all(1)] = -1
    known = (labels >= 0) & (labels < scores.shape[1])
    loss = F.cross_entropy(scores, labels.where(known, 0), reduction="none")
    return predicted.numpy(), loss.masked_fill(~known, torch.nan).numpy()
