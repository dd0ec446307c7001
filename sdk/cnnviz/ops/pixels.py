"""Pictures that are made: in 0 … 255 with the mean taken off, the space the papers' rates fit."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from cnnviz.ops.images import Normalize

__all__ = ["PixelSpace", "pixel_space"]

_TOLERANCE = 0.05


class PixelSpace(NamedTuple):
    """How pixels (0 … 255, mean taken off) belong to what a network takes and a person sees."""

    mean: Tensor
    """(C, 1, 1), in 0 … 255."""
    std: Tensor
    """(C, 1, 1), in 0 … 255: what pixels are divided by before they enter the network."""
    origin: str
    """Where both come from: `given`, `assumed 0 … 1` or `range of the examples`."""

    def to_input(self, pixels: Tensor) -> Tensor:
        """Give what the network takes: (N, C, H, W)."""
        return pixels / self.std

    def from_input(self, inputs: Tensor) -> Tensor:
        """Give the pixels of images as the network takes them."""
        return inputs.detach().to(self.std) * self.std

    def clip(self, pixels: Tensor) -> Tensor:
        """Bring pixels to colours that exist."""
        return pixels.clamp(-self.mean, 255 - self.mean)

    def rounded(self, pixels: Tensor) -> Tensor:
        """Bring pixels to the colours that 8 bits hold."""
        return (pixels + self.mean).round().clamp(0, 255) - self.mean

    def to_unit(self, pixels: Tensor) -> Tensor:
        """Give true colours, 0 … 1: (N, C, H, W)."""
        return (pixels.detach() + self.mean).clamp(0, 255) / 255

    def from_unit(self, unit: Tensor) -> Tensor:
        """Give the pixels of colours in 0 … 1."""
        return unit * 255 - self.mean

    def to_pictures(self, pixels: Tensor) -> Tensor:
        """Give (N, H, W, 3) float32 in 0 … 1; one or two channels as grey, of more the first 3."""
        unit = self.to_unit(pixels).float()
        shown = unit[:, :3] if unit.shape[1] >= 3 else unit[:, :1].expand(-1, 3, -1, -1)
        return shown.permute(0, 2, 3, 1).contiguous()


def pixel_space(
    normalize: Normalize | None, examples: Tensor, *, device: torch.device, dtype: torch.dtype
) -> PixelSpace:
    """Find the space of a network's pictures.

    Args:
        normalize: what its images were normalised with, if known.
        examples: (N, C, H, W), N may be 0. Without `normalize`, and if they leave 0 … 1, their
            lowest value stands for black and their highest for white.
        device: where pixels are computed.
        dtype: their float type.
    """
    channels = examples.shape[1]
    if normalize is not None:
        mean, std, origin = normalize.mean, normalize.std, "given"
    else:
        low, high = _range(examples)
        mean, std = (-low / (high - low),) * channels, (1 / (high - low),) * channels
        origin = "assumed 0 … 1" if (low, high) == (0.0, 1.0) else "range of the examples"

    def column(values: tuple[float, ...]) -> Tensor:
        return 255 * torch.tensor(values, device=device, dtype=dtype).view(-1, 1, 1)

    return PixelSpace(column(mean), column(std), origin)


def _range(examples: Tensor) -> tuple[float, float]:
    if not examples.numel():
        return 0.0, 1.0
    low, high = (float(end) for end in examples.detach().aminmax())
    if (low >= -_TOLERANCE and high <= 1 + _TOLERANCE) or low == high:
        return 0.0, 1.0
    return low, high
