"""Patches of feature maps, one a window, and how they are cut and pasted."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnviz.graph.spans import Area, Sliding

__all__ = ["SINGLE", "Corner", "Patches", "Slides", "corners", "padded", "paste_all", "tiles"]

Corner = tuple[int, int]
"""Row and column of a patch's first unit."""

Slides = tuple[Sliding, Sliding]
"""Along height and along width."""

SINGLE: Slides = (Sliding(1), Sliding(1))
"""An operator on single units."""


@dataclass(frozen=True)
class Patches:
    """A batch of maps that are known to differ from one map only within a patch each."""

    values: Tensor | list[Tensor]
    """(B, …, h, w); a list where the operator gives one."""
    corners: list[Corner]

    @property
    def tensor(self) -> Tensor:
        """The values of an operator that gives one tensor."""
        if not isinstance(self.values, Tensor):
            message = "patches of a list of maps are read one map at a time"
            raise TypeError(message)
        return self.values


def corners(area: Area, windows: list[tuple[int, int]]) -> list[Corner]:
    """Find the patches' corners for some windows, each a row and a column of the grid."""
    rows, columns = area.rows.begin.tolist(), area.columns.begin.tolist()
    return [(rows[row], columns[column]) for row, column in windows]


def tiles(
    base: Tensor,
    patches: Patches,
    area: Area,
    windows: list[tuple[int, int]],
    slides: Slides = SINGLE,
) -> Tensor:
    """Cut from each map what an operator needs to compute its own patch.

    Args:
        base: (1, …, H, W), the map outside the patches, `padded` for an operator that slides.
        patches: what differs.
        area: of the operator's result.
        windows: which of the grid's the patches belong to.
        slides: how the operator slides along height and width.

    Returns:
        (B, …, h, w), the padding included: the operator runs on it without.
    """
    down, right = slides
    height, width = down.seen(area.rows.length), right.seen(area.columns.length)
    starts = [(row * down.stride, column * right.stride) for row, column in corners(area, windows)]
    places = [(row + down.padding, column + right.padding) for row, column in patches.corners]
    given = patches.tensor
    if starts == places and given.shape[-2:] == (height, width):
        return given
    cut = _empty(base, (len(windows), *base.shape[1:-2], height, width))
    for index, (top, left) in enumerate(starts):
        cut[index].copy_(base[0, ..., top : top + height, left : left + width])
        _paste(cut[index], given[index], (places[index][0] - top, places[index][1] - left))
    return cut


def padded(base: Tensor, area: Area, slides: Slides, *, fill: float = 0.0) -> Tensor:
    """Put padding around a map, also where the last window reaches beyond its end.

    Args:
        base: (1, …, H, W).
        area: of the result of the operator that slides.
        slides: how it does along height and width.
        fill: value of the padding.
    """
    down, right = slides
    below = max(down.seen(area.rows.size) - down.padding - base.shape[-2], 0)
    beyond = max(right.seen(area.columns.size) - right.padding - base.shape[-1], 0)
    if not any((down.padding, right.padding, below, beyond)):
        return base
    return F.pad(base, (right.padding, beyond, down.padding, below), value=fill)


def paste_all(base: Tensor, patches: Patches) -> Tensor:
    """Give the whole maps, (B, …, H, W)."""
    given = patches.tensor
    whole = _empty(base, (len(given), *base.shape[1:]))
    whole.copy_(base.expand_as(whole))
    for index, corner in enumerate(patches.corners):
        _paste(whole[index], given[index], corner)
    return whole


def _paste(target: Tensor, patch: Tensor, corner: Corner) -> None:
    """Write a patch where it overlaps the target; its corner may lie outside."""
    top, left = corner
    height, width = patch.shape[-2:]
    target[..., max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = patch[
        ...,
        max(-top, 0) : max(min(height, target.shape[-2] - top), 0),
        max(-left, 0) : max(min(width, target.shape[-1] - left), 0),
    ]


def _empty(like: Tensor, shape: tuple[int, ...]) -> Tensor:
    last = len(shape) == 4 and like.is_contiguous(memory_format=torch.channels_last)
    layout = torch.channels_last if last else torch.contiguous_format
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=layout)
