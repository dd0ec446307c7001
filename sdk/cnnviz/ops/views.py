"""Views of an image: itself, shifted and mirrored, as maps are averaged over."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["shifted", "ten_views", "times_shown"]


def shifted(images: Tensor, rows: int, columns: int) -> Tensor:
    """Move images down and right, (N, C, H, W); what comes in at the border is mirrored.

    What is mirrored takes no gradient: a pixel would else answer for its mirror image too.
    """
    height, width = images.shape[2:]
    border = (abs(columns),) * 2 + (abs(rows),) * 2
    padded = functional.pad(images.detach(), border, mode="reflect")
    if images.requires_grad:
        padded = padded + functional.pad(images - images.detach(), border)
    top, left = abs(rows) - rows, abs(columns) - columns
    return padded[:, :, top : top + height, left : left + width]


def ten_views(images: Tensor) -> Iterator[Tensor]:
    """Give images as they are and moved to four corners by a fourteenth, each mirrored and not."""
    rows, columns = (min(size - 1, max(1, round(size / 14))) for size in images.shape[2:])
    for down, right in ((0, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)):
        view = shifted(images, down * rows, right * columns)
        yield view
        yield view.flip(3)


def times_shown(images: Tensor) -> Tensor:
    """Count the views that show each pixel: (N, C, H, W) -> (H, W)."""
    canvas = torch.ones_like(images[:1, :1], requires_grad=True)
    gradients = [_spread(view, canvas) for view in ten_views(canvas)]
    return torch.stack(gradients).gt(0).sum(dim=0)[0, 0]


def _spread(view: Tensor, canvas: Tensor) -> Tensor:
    """Mark the pixels of its canvas that a view shows, those that it only mirrors left out."""
    # A view and its mirror image are made from one shifted image: the graph of it is kept.
    (spread,) = torch.autograd.grad(view.sum(), canvas, retain_graph=True)
    return spread
