"""What runs a network on one image with windows of it hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import torch
from torch import Tensor

from cnnviz.core.explained import Explained
from cnnviz.graph.graph import Graph
from cnnviz.ops.occluders import Interval

if TYPE_CHECKING:
    from cnnviz.core.context import Context

__all__ = ["Grid", "Passes", "Short", "hidden_passes"]

Grid: TypeAlias = tuple[list[Interval], list[Interval]]
See: TypeAlias = Callable[[list[tuple[int, int]]], Tensor]
"""Gives the network's output with each of some windows hidden."""


class Short(NamedTuple):
    """What is left out to be sooner."""

    reach: float = 1.0
    precision: str = "own"


class Passes(NamedTuple):
    """What runs one image with windows hidden."""

    see: See
    share: float = 1.0
    """Of the work of whole passes."""
    unchanged: Tensor | None = None
    """The output without a window, where that is as approximate as those with one."""


def hidden_passes(
    ctx: Context, explained: Explained, image: Tensor, fill: Tensor, grid: Grid, short: Short
) -> Passes:
    """Make what runs one image with windows hidden.

    Args:
        ctx: the network.
        explained: whose layer's output is asked for, or the scores.
        image: (C, H, W).
        fill: (C, H, W), what is seen in a window.
        grid: rows and columns of the windows.
        short: what is left out; of what can only be computed whole, nothing.
    """
    net, layer = ctx.net, explained.params.layer
    # Patches are many small copies, each a launch on a GPU, where multiplications cost little.
    if isinstance(net, Graph) and image.device.type == "cpu":
        dtype = torch.bfloat16 if short.precision == "bfloat16" else None
        found = net.windows(
            image[None], fill[None], grid, layer=layer, reach=short.reach, dtype=dtype
        )
        return Passes(found, found.share, None if short == Short() else found.unchanged)

    def see(windows: list[tuple[int, int]]) -> Tensor:
        hidden = image.repeat(len(windows), 1, 1, 1)
        for copy, (row, column) in zip(hidden, windows, strict=True):
            (top, bottom), (left, right) = grid[0][row], grid[1][column]
            copy[:, top:bottom, left:right] = fill[:, top:bottom, left:right]
        return net(hidden) if layer is None else net.features(hidden, [layer])[layer]

    return Passes(see)
