"""What is known of a layer's codes: how each unit's values spread over the images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from cnnviz.errors import RecordError

__all__ = ["CodeStatistics", "Measuring"]


class CodeStatistics(NamedTuple):
    """Of each unit, (C, h, w) each; of a vector (C, 1, 1)."""

    mean: Tensor
    std: Tensor
    lowest: Tensor
    highest: Tensor

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], shape: Sequence[int]) -> CodeStatistics:
        """Take them as they lie beside a decoder.

        Raises:
            RecordError: one is missing, of another shape than the code, or not finite.
        """
        found = [tensors.get(f"code_{name}") for name in cls._fields]
        for tensor in found:
            fits = tensor is not None and list(tensor.shape) == list(shape)
            if tensor is None or not fits or not bool(tensor.isfinite().all()):
                message = "the decoder is damaged: the range of its codes is not beside its weights"
                raise RecordError(message)
        return cls(*(tensor.float() for tensor in found if tensor is not None))

    @property
    def tensors(self) -> dict[str, Tensor]:
        """As they lie beside a decoder."""
        return {f"code_{name}": tensor for name, tensor in self._asdict().items()}

    @property
    def is_rectified(self) -> bool:
        """Whether no code has a value below 0."""
        return bool((self.lowest >= 0).all())

    @property
    def scale(self) -> float:
        """Mean standard deviation of the units that are ever on."""
        live = self.std[self.std > 0]
        return float(live.double().mean()) if live.numel() else 1.0

    def by_channel(self) -> tuple[Tensor, Tensor]:
        """Give mean and standard deviation of each channel over its places too, (C, 1, 1)."""
        mean = self.mean.mean(dim=(1, 2), keepdim=True)
        variance = (self.std.square() + (self.mean - mean).square()).mean(dim=(1, 2), keepdim=True)
        return mean, variance.sqrt()

    def bounds(self, times: float) -> tuple[Tensor, Tensor]:
        """Give the range of the codes that DGN-AM allows, each (C, h, w).

        From 0 (of codes that can be negative, from as far below the mean) to so many standard
        deviations above the mean.
        """
        below = torch.zeros_like(self.mean) if self.is_rectified else self.mean - times * self.std
        return below, self.mean + times * self.std


class Measuring:
    """Gathers the statistics, batch by batch, in double precision."""

    def __init__(self, shape: Sequence[int]) -> None:
        """Begin without a code of this shape."""
        self.count = 0
        self._mean = torch.zeros(*shape, dtype=torch.float64)
        self._squares = torch.zeros(*shape, dtype=torch.float64)
        self._lowest = torch.full_like(self._mean, math.inf)
        self._highest = torch.full_like(self._mean, -math.inf)

    def take(self, codes: Tensor) -> None:
        """Take some codes, (n, C, h, w), on any device (Chan et al. 1979's update)."""
        values = codes.detach().to("cpu", torch.float64)
        count = self.count + len(values)
        mean = values.mean(dim=0)
        away = mean - self._mean
        self._squares += (values - mean).square().sum(dim=0)
        self._squares += away.square() * (self.count * len(values) / count)
        self._mean += away * (len(values) / count)
        self._lowest = torch.minimum(self._lowest, values.amin(dim=0))
        self._highest = torch.maximum(self._highest, values.amax(dim=0))
        self.count = count

    def done(self) -> CodeStatistics:
        """Give what was found; float32."""
        std = (self._squares / max(self.count, 1)).sqrt()
        found = (self._mean, std, self._lowest, self._highest)
        return CodeStatistics(*(tensor.float() for tensor in found))
