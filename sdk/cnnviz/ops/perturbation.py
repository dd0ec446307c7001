"""Images that lose, or gain, their most important pixels first."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cnnviz.ops.regularisers import blurred

__all__ = ["area", "importance_order", "revealed", "smoothed"]


def smoothed(maps: Tensor, sigma: float) -> Tensor:
    """Blur maps, (N, H, W), by a Gaussian of sigma px; what is no number counts as 0."""
    known = maps.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
    return blurred(known.unsqueeze(1), sigma).squeeze(1) if sigma > 0 else known


def importance_order(maps: Tensor, random: torch.Generator) -> Tensor:
    """Order the pixels of maps, the largest value first; equal ones are drawn by lot.

    Args:
        maps: (N, H, W), finite, on the CPU.
        random: on the CPU; without it, a map of one value would go row by row.

    Returns:
        (N, H · W) places in the flattened map.
    """
    rows = []
    for values in maps.flatten(1):
        lots = torch.randperm(len(values), generator=random)
        rows.append(lots[values[lots].argsort(descending=True, stable=True)])
    return torch.stack(rows)


def revealed(images: Tensor, hidden: Tensor, order: Tensor, count: int) -> Tensor:
    """Show the first pixels of an order, all colours of each, and hide the others.

    Args:
        images: (N, C, H, W).
        hidden: likewise, what is seen where an image is hidden.
        order: (N, H · W).
        count: of pixels shown.
    """
    shown = torch.zeros(order.shape, dtype=torch.bool)
    shown.scatter_(1, order[:, :count], value=True)
    mask = shown.view(len(images), 1, *images.shape[2:]).to(images.device)
    return torch.where(mask, images, hidden)


def area(curves: Tensor, fractions: Sequence[float] | Tensor) -> Tensor:
    """Measure the area under curves by trapezia: (N, T), (T,) -> (N,)."""
    return torch.trapezoid(curves, torch.as_tensor(fractions, dtype=curves.dtype), dim=1)
