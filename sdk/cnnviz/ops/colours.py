"""Colours apart from brightness, and brought to those of another picture."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["match_histograms", "with_colours_of"]

_YUV = (
    (0.299, 0.587, 0.114),
    (-0.14713, -0.28886, 0.436),
    (0.615, -0.51499, -0.10001),
)


def with_colours_of(picture: Tensor, other: Tensor) -> Tensor:
    """Take the luminance of one picture and the chrominance of the other.

    Gatys et al. 2016 (https://arxiv.org/abs/1606.05897, section 2.1), in YUV as Johnson's code.

    Args:
        picture: (N, 3, H, W) in 0 … 1.
        other: shaped alike.

    Returns:
        (N, 3, H, W), clipped to 0 … 1.
    """
    matrix = torch.tensor(_YUV, device=picture.device, dtype=picture.dtype)
    brightness = torch.einsum("c,nchw->nhw", matrix[0], picture)
    mixed = torch.einsum("dc,nchw->ndhw", matrix, other).clone()
    mixed[:, 0] = brightness
    return torch.einsum("cd,ndhw->nchw", torch.linalg.inv(matrix), mixed).clamp(0, 1)


def match_histograms(picture: Tensor, other: Tensor) -> Tensor:
    """Give each colour of a picture the values of another, by rank: (1, C, H, W), any sizes."""
    values = other.flatten(2).sort(dim=2).values[0]
    flat = picture.flatten(2)[0]
    ranks = flat.argsort(dim=1).argsort(dim=1)
    places = (ranks * values.shape[1]).div(flat.shape[1], rounding_mode="floor")
    return values.gather(1, places).view_as(picture)
