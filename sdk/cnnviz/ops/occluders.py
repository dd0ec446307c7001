"""Windows that slide over an image, what is seen in them, and maps of what they change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnviz.ops.images import Normalize

__all__ = ["Baseline", "Interval", "blurred", "mean_over_windows", "occluder", "window_places"]

Baseline: TypeAlias = Literal["mean", "zero", "blur", "noise"]

Interval: TypeAlias = tuple[int, int]
"""First pixel, and one beyond the last."""


def window_places(size: int, window: int, stride: int) -> list[Interval]:
    """Slide a window along one axis until its end is reached; the last one is cut off there.

    Args:
        size: pixels of the axis.
        window: pixels of the window, at most `size`.
        stride: pixels from one window to the next, at least 1.
    """
    count = math.ceil((size - window) / stride) + 1
    return [(i * stride, min(i * stride + window, size)) for i in range(count)]


def mean_over_windows(
    drops: Tensor, rows: Sequence[Interval], columns: Sequence[Interval]
) -> Tensor:
    """Give each pixel the mean of the windows that cover it.

    Args:
        drops: (rows, columns), one value a window.
        rows: of pixels, a window's each; together they cover the image.
        columns: likewise.

    Returns:
        (H, W), float64.
    """
    total = torch.zeros(rows[-1][1], columns[-1][1], dtype=torch.float64)
    count = torch.zeros_like(total)
    for values, (top, bottom) in zip(drops.to("cpu", torch.float64), rows, strict=True):
        for value, (left, right) in zip(values.unbind(), columns, strict=True):
            total[top:bottom, left:right] += value
            count[top:bottom, left:right] += 1
    return total / count


def occluder(
    images: Tensor,
    baseline: Baseline,
    *,
    window: tuple[int, int],
    normalize: Normalize | None,
    generator: torch.Generator,
) -> tuple[Tensor, str]:
    """Make what is seen where an image is hidden.

    Args:
        images: (N, C, H, W), as the network takes them.
        baseline: the kind of it.
        window: height and width; the blur is as wide as a quarter of the longer one.
        normalize: what the images were normalised with, if known.
        generator: for noise.

    Returns:
        (N, C, H, W), and what it is, in words.
    """
    own = images.mean(dim=(2, 3), keepdim=True)
    if baseline == "zero":
        return torch.zeros_like(images), "0, as the network takes it"
    if baseline == "blur":
        sigma = max(window) / 4
        return blurred(images, sigma), f"the image blurred, sigma {sigma:g} px"
    if baseline == "noise":
        noise = torch.randn(
            images.shape, generator=generator, device=images.device, dtype=images.dtype
        )
        spread = images.std(dim=(2, 3), keepdim=True, correction=0)
        return own + noise * spread, "noise of the image's own mean and spread, colour by colour"
    if normalize is not None and any(normalize.mean):
        # The mean colour of the data is what the normalisation takes to 0.
        return torch.zeros_like(images), "the data's mean colour, by normalize"
    return own.expand_as(images), "the image's own mean colour"


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Blur (N, C, H, W) by a Gaussian cut off at three sigma px; the border goes on as it ends."""
    radius = max(1, math.ceil(3 * sigma))
    offsets = torch.arange(-radius, radius + 1, device=images.device, dtype=torch.float64)
    kernel = torch.exp(-(offsets**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).to(images.dtype)
    planes = F.pad(images.flatten(0, 1).unsqueeze(1), (radius,) * 4, mode="replicate")
    smooth = F.conv2d(F.conv2d(planes, kernel.view(1, 1, -1, 1)), kernel.view(1, 1, 1, -1))
    return smooth.reshape(images.shape)
