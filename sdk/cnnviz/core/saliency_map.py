"""The magnitude of the input gradient, of one view of each image or averaged over ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from cnnviz.core.explained import Explained
from cnnviz.ops.units import largest_magnitude
from cnnviz.ops.views import ten_views, times_shown

if TYPE_CHECKING:
    from cnnviz.core.context import Context

__all__ = ["saliency_map"]


def saliency_map(ctx: Context, explained: Explained, *, views: int) -> Tensor:
    """Give how strongly each pixel can change what is explained: (N, H, W), at least 0.

    Args:
        ctx: the network and its examples.
        explained: the class scores or the unit.
        views: 1, or 10: each pixel's mean over the shifted and mirrored views that show it.
    """
    if views == 1:
        return largest_magnitude(explained.gradient(ctx))
    total = torch.zeros_like(ctx.examples[:, 0], requires_grad=False)
    for done, view in enumerate(ten_views(ctx.examples)):
        ctx.report(done, views)
        total += largest_magnitude(ctx.gradient_of(explained.values_at(ctx, view)))
    return total / times_shown(ctx.examples)
