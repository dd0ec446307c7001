"""How often the nearest images have the same label: one figure, and a curve over how many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

__all__ = ["COUNTS", "agreement", "agreement_curve", "counts_of_neighbours"]

COUNTS: Final = (1, 2, 5, 10, 20, 50)
"""Of nearest images, by which agreement is told."""


def counts_of_neighbours(own: int, images: int) -> list[int]:
    """Say for how many nearest images agreement is told, increasing.

    Args:
        own: how many were asked for; among them unless there are too few images.
        images: of the data set.
    """
    most = images - 1
    return sorted({count for count in (*COUNTS, min(own, most)) if 0 < count <= most})


def agreement(rows: np.ndarray, labels: np.ndarray, queries: np.ndarray) -> float | None:
    """Give the share of neighbours that have the label of the row asked about.

    Args:
        rows: neighbours (Q, k), −1 where missing.
        labels: (M,), −1 where not known.
        queries: rows asked about, (Q,).

    Returns:
        The mean over all neighbours of labelled rows that are labelled; None without any.
    """
    own = labels[queries][:, None]
    theirs = np.where(rows >= 0, labels[rows], -1)
    counted = (own >= 0) & (theirs >= 0)
    return float((own == theirs)[counted].mean()) if counted.any() else None


def agreement_curve(
    rows: np.ndarray, labels: np.ndarray, queries: np.ndarray, counts: Sequence[int]
) -> list[float | None]:
    """Give the agreement of the nearest 1, 2, 5, … of the neighbours, (Q, k), nearest first."""
    return [agreement(rows[:, :count], labels, queries) for count in counts]
