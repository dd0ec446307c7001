"""Pictures of another size."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

__all__ = ["resized"]


def resized(pictures: Tensor, size: tuple[int, int]) -> Tensor:
    """Bring pictures (N, C, H, W) to a height and width; smaller ones without aliasing."""
    if (pictures.shape[2], pictures.shape[3]) == size:
        return pictures
    return functional.interpolate(pictures, size, mode="bicubic", antialias=True)
