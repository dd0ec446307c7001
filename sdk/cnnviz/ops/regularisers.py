"""What keeps made pictures natural: penalties on them, and what is done to them between steps."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

__all__ = [
    "alpha_norm",
    "blurred",
    "total_variation",
    "without_small_contributions",
    "without_small_norms",
]

_LEAST_SQUARE = 1e-10


def total_variation(pixels: Tensor, beta: float = 2.0) -> Tensor:
    """Sum (dx² + dy²)^(β/2) over pixels and colours: (N, C, H, W) -> (N,).

    Mahendran and Vedaldi 2015 (https://arxiv.org/abs/1412.0035), section 2; beyond the last row
    and column the picture goes on as it is there.
    """
    right = functional.pad(pixels[:, :, :, 1:] - pixels[:, :, :, :-1], (0, 1))
    down = functional.pad(pixels[:, :, 1:] - pixels[:, :, :-1], (0, 0, 0, 1))
    squares = right.square() + down.square()
    if beta != 2:
        squares = squares.clamp(min=_LEAST_SQUARE).pow(beta / 2)
    return squares.sum(dim=(1, 2, 3))


def alpha_norm(pixels: Tensor, alpha: int) -> Tensor:
    """Sum |x|^α over pixels and colours: (N, C, H, W) -> (N,)."""
    powers = pixels.square().pow(alpha // 2) if alpha % 2 == 0 else pixels.abs().pow(alpha)
    return powers.sum(dim=(1, 2, 3))


def blurred(pixels: Tensor, sigma: float) -> Tensor:
    """Blur with a Gaussian cut off at 4 sigma, the border mirrored: (N, C, H, W)."""
    radius = int(4 * sigma + 0.5)
    if radius < 1:
        return pixels
    offsets = torch.arange(-radius, radius + 1, device=pixels.device, dtype=pixels.dtype)
    kernel = (-0.5 * (offsets / sigma).square()).exp()
    kernel = kernel / kernel.sum()
    height, width = pixels.shape[2:]
    planes = pixels.flatten(0, 1).unsqueeze(1)
    rows, columns = (_mirrored(size, radius, pixels.device) for size in (height, width))
    planes = functional.conv2d(planes[:, :, rows], kernel.view(1, 1, -1, 1))
    planes = functional.conv2d(planes[:, :, :, columns], kernel.view(1, 1, 1, -1))
    return planes.view_as(pixels)


def _mirrored(size: int, margin: int, device: torch.device) -> Tensor:
    """Index a line that is continued by its mirror image, the outermost value twice."""
    index = torch.arange(-margin, size + margin, device=device) % (2 * size)
    return torch.minimum(index, 2 * size - 1 - index)


def without_small_norms(pixels: Tensor, percentile: float) -> Tensor:
    """Set those pixels to the mean whose norm over the colours lies below a percentile."""
    return _without_small(pixels, pixels.square().sum(dim=1).sqrt(), percentile)


def without_small_contributions(pixels: Tensor, gradient: Tensor, percentile: float) -> Tensor:
    """Set those pixels to the mean that matter least for the objective, |Σ colours x · g|."""
    return _without_small(pixels, (pixels * gradient).sum(dim=1).abs(), percentile)


def _without_small(pixels: Tensor, sizes: Tensor, percentile: float) -> Tensor:
    """Keep pixels (N, C, H, W) whose size (N, H, W) reaches the percentile of its picture."""
    bound = _percentiles(sizes.flatten(1), percentile)
    return pixels * (sizes >= bound.view(-1, 1, 1)).unsqueeze(1)


def _percentiles(rows: Tensor, percentile: float) -> Tensor:
    """Interpolate linearly between the two nearest values, as numpy does; sorts nothing."""
    place = percentile / 100 * (rows.shape[1] - 1)
    below = math.floor(place)
    above = min(below + 1, rows.shape[1] - 1)
    low = rows.kthvalue(below + 1, dim=1).values
    if above == below or place == below:
        return low
    return torch.lerp(low, rows.kthvalue(above + 1, dim=1).values, place - below)
