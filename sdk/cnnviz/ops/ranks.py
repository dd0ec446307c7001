"""Ranks, and how alike two maps order their pixels."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["rank_correlation", "ranks"]


def ranks(values: Tensor) -> Tensor:
    """Rank each row from 1 on; equal values share the mean of their ranks.

    Args:
        values: (N, P); what is no number ranks as one value below all others.

    Returns:
        (N, P) float64.
    """
    rows = []
    for row in values.nan_to_num(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf):
        _, place, counts = torch.unique(row, return_inverse=True, return_counts=True)
        counts = counts.double()
        rows.append((counts.cumsum(0) - (counts - 1) / 2)[place])
    return torch.stack(rows) if rows else torch.zeros_like(values, dtype=torch.float64)


def rank_correlation(first: Tensor, second: Tensor) -> Tensor:
    """Correlate the ranks of two maps of each example, after Spearman.

    Spearman 1904 (https://doi.org/10.2307/1412159). Differs from the paper: equal values share
    their mean rank, as is usual.

    Args:
        first: (N, …).
        second: likewise.

    Returns:
        (N,) float64, -1 … 1; NaN where a map has one value everywhere, or any that is no number.
    """
    found = []
    for one, other in zip(first.flatten(1), second.flatten(1), strict=True):
        a, b = (ranks(row[None])[0] for row in (one, other))
        a, b = a - a.mean(), b - b.mean()
        spread = (a.square().sum() * b.square().sum()).sqrt()
        broken = bool((one.isnan() | other.isnan()).any()) or float(spread) == 0
        found.append(a.new_tensor(torch.nan) if broken else (a * b).sum() / spread)
    return torch.stack(found)
