"""A plain grid for a map: every point gets a cell of its own, near where it lies."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from cnnviz.ops.packages import needed_package

__all__ = ["grid_cells"]

EXACT: Final = 1024
"""Points up to which the assignment of the least squared distance is found."""


def grid_cells(points: np.ndarray) -> np.ndarray:
    """Assign points to the cells of a grid of about a square, no two to one cell.

    Up to 1,024 points by the assignment with the least sum of squared distances (Jonker, Volgenant
    1987, https://doi.org/10.1007/BF02278710); more are halved again and again, by rows and columns
    in turn, which keeps neighbours together but is not the best assignment.

    Args:
        points: (M, 2), finite: across and up.

    Returns:
        Row, from the top, and column of each, int32 (M, 2); rows × columns ≥ M.

    Raises:
        MissingPackageError: scipy is not installed.
    """
    count = len(points)
    columns = max(1, math.ceil(math.sqrt(count)))
    rows = max(1, math.ceil(count / columns))
    cells = np.stack(np.divmod(np.arange(rows * columns), columns), axis=1).astype(np.int32)
    places = np.stack([-points[:, 1], points[:, 0]], axis=1).astype(np.float64)
    if count <= EXACT:
        exact: np.ndarray = cells[_assigned(places, cells, rows, columns)]
        return exact
    found = np.zeros((count, 2), np.int32)
    _halve(places, np.arange(count), (0, rows), (0, columns), found)
    return found


def _assigned(places: np.ndarray, cells: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Find the cell of each place with the least sum of squared distances."""
    if not len(places):
        return np.zeros(0, np.int64)
    low, high = places.min(0), places.max(0)
    span = np.where(high > low, high - low, 1.0)
    scaled = (places - low) / span * [rows - 1, columns - 1]
    away = ((scaled[:, None] - cells[None]) ** 2).sum(2)
    optimize = needed_package("scipy.optimize", package="scipy", of="a grid of images")
    found: np.ndarray = optimize.linear_sum_assignment(away)[1]
    return found


def _halve(
    places: np.ndarray,
    some: np.ndarray,
    rows: tuple[int, int],
    columns: tuple[int, int],
    found: np.ndarray,
) -> None:
    """Share points out over the two halves of a block of cells, the longer side cut."""
    height, width = rows[1] - rows[0], columns[1] - columns[0]
    if not len(some):
        return
    if height * width == 1:
        found[some] = rows[0], columns[0]
        return
    along = 0 if height >= width else 1
    middle = (rows[0] + rows[1]) // 2 if along == 0 else (columns[0] + columns[1]) // 2
    first_rows = (rows[0], middle) if along == 0 else rows
    first_columns = columns if along == 0 else (columns[0], middle)
    cells = (first_rows[1] - first_rows[0]) * (first_columns[1] - first_columns[0])
    total = height * width
    order = some[np.argsort(places[some, along], kind="stable")]
    share = max(round(len(some) * cells / total), len(some) - (total - cells))
    share = min(share, cells)
    _halve(places, order[:share], first_rows, first_columns, found)
    rest_rows = (middle, rows[1]) if along == 0 else rows
    rest_columns = columns if along == 0 else (middle, columns[1])
    _halve(places, order[share:], rest_rows, rest_columns, found)
