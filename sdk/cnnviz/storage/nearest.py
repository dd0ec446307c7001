"""Exact nearest neighbours among stored vectors, in bounded memory, with numpy alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np

from cnnviz.errors import ParamsError

__all__ = ["METRICS", "Metric", "agreement", "distances_to", "nearest"]

Metric = Literal["cosine", "l2"]
METRICS: Final = ("cosine", "l2")

_CHUNK: Final = 4 << 20
"""Distances that are held at once."""
_NARROW: Final = (np.dtype(np.uint8), np.dtype(np.float16))
"""Types whose products single precision holds well enough to find candidates by, …"""
_SHORT: Final = 1024
"""… up to so many numbers a vector: the bound of its error grows with them, and many candidates
that must be measured again cost more than they save. One question alone is answered so."""


def nearest(
    vectors: np.ndarray,
    queries: np.ndarray,
    k: int,
    *,
    metric: Metric = "l2",
) -> tuple[np.ndarray, np.ndarray]:
    """Find the k nearest other rows of some rows, exactly; of equally near ones the lower row.

    Candidates are found by one matrix product, as many more as rounding may have hidden, and
    measured again one by one, so that duplicates are at distance 0.

    Args:
        vectors: (M, …), of any number type; rows that are not finite are nobody's neighbours.
        queries: rows that are asked about, (Q,).
        k: how many neighbours.
        metric: `cosine`, 1 − cos of the angle (a vector of zeros is at distance 1 of everything),
            or `l2`, Euclidean.

    Returns:
        Rows, int32 (Q, k), −1 where there are too few, and distances, float32 (Q, k), NaN there.

    Raises:
        ParamsError: no such metric, or k below 1.
    """
    if metric not in METRICS or k < 1:
        message = f"metric must be one of {METRICS} and k at least 1, got {metric!r} and {k}"
        raise ParamsError(message)
    flat = vectors.reshape(len(vectors), -1)
    return _search(flat, queries, k, *_squares(flat), metric)


def _search(
    flat: np.ndarray,
    queries: np.ndarray,
    k: int,
    squares: np.ndarray,
    finite: np.ndarray,
    metric: Metric,
) -> tuple[np.ndarray, np.ndarray]:
    rows = np.full((len(queries), k), -1, np.int32)
    distances = np.full((len(queries), k), np.nan, np.float32)
    step = max(1, _CHUNK // max(len(flat), 1))
    for start in range(0, len(queries), step):
        some = queries[start : start + step]
        asked = np.flatnonzero(finite[some])
        if not len(asked):
            continue
        found = _nearest_of(flat, some[asked], k, squares, finite, metric)
        rows[start + asked], distances[start + asked] = found
    return rows, distances


def distances_to(vectors: np.ndarray, query: np.ndarray, *, metric: Metric = "l2") -> np.ndarray:
    """Measure a vector's distance to every row, float64 (M,), in bounded memory."""
    flat, wanted = vectors.reshape(len(vectors), -1), query.reshape(-1).astype(np.float64)
    found = np.empty(len(flat))
    for part, rows in _chunks(flat):
        found[part] = _exact(rows.astype(np.float64), wanted, metric)
    return found


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


def _nearest_of(
    flat: np.ndarray,
    queries: np.ndarray,
    k: int,
    squares: np.ndarray,
    finite: np.ndarray,
    metric: Metric,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the neighbours of a few finite rows."""
    rough, error = _rough(flat, queries, squares, finite, metric)
    rough[np.arange(len(queries)), queries] = np.inf
    count = min(k, len(flat) - 1)
    reach = np.partition(rough, count - 1, axis=1)[:, count - 1] if count else np.zeros(0)
    rows = np.full((len(queries), k), -1, np.int32)
    distances = np.full((len(queries), k), np.nan, np.float32)
    for index, query in enumerate(queries if count else []):
        near = rough[index] <= reach[index] + 2 * error  # whatever rounding may have hidden too
        some = np.flatnonzero(near & np.isfinite(rough[index]))
        exact = _exact(flat[some].astype(np.float64), flat[query].astype(np.float64), metric)
        order = np.argsort(exact, kind="stable")[:k]
        rows[index, : len(order)] = some[order]
        distances[index, : len(order)] = exact[order]
    return rows, distances


def _rough(
    flat: np.ndarray, queries: np.ndarray, squares: np.ndarray, finite: np.ndarray, metric: Metric
) -> tuple[np.ndarray, float]:
    """Give distances (Q, M), squared for l2, by a matrix product, and a bound of their error."""
    quick = len(queries) == 1 and flat.dtype in _NARROW and flat.shape[1] <= _SHORT
    wide = np.float32 if quick else np.float64
    asked = np.where(finite[queries][:, None], flat[queries], 0).astype(wide)
    rough = np.empty((len(queries), len(flat)))
    with np.errstate(all="ignore"):
        for part, rows in _chunks(flat):
            rough[:, part] = np.matmul(asked, rows.astype(wide).T)
        width = 4 * float(np.finfo(wide).eps) * (flat.shape[1] + 4)
        if metric == "cosine":
            lengths = np.sqrt(squares)
            scale = np.where(lengths > 0, 1 / np.where(lengths > 0, lengths, 1), 0)
            rough *= scale[queries][:, None]
            rough *= scale[None]
            np.subtract(1, rough, out=rough)
        else:
            rough *= -2
            rough += squares[None]
            rough += squares[queries][:, None]
            width *= 4 * float(squares.max(initial=0.0))
    rough[:, ~finite] = np.inf
    return rough, width


def _exact(rows: np.ndarray, wanted: np.ndarray, metric: Metric) -> np.ndarray:
    """Measure rows, float64 (n, D), against one vector."""
    with np.errstate(all="ignore"):
        if metric == "l2":
            away: np.ndarray = rows - wanted
            straight: np.ndarray = np.sqrt(np.einsum("nd,nd->n", away, away))
            return straight
        lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows)) * np.sqrt(wanted @ wanted)
        cosine = np.where(lengths > 0, rows @ wanted / np.where(lengths > 0, lengths, 1), 0)
        distance: np.ndarray = np.clip(1 - cosine, 0, 2)
        return distance


def _squares(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give every row's squared length in float64, and whether it is finite."""
    squares = np.empty(len(flat))
    for part, rows in _chunks(flat):
        wide = rows.astype(np.float64)
        squares[part] = np.einsum("nd,nd->n", wide, wide)
    finite = np.isfinite(squares)
    return np.where(finite, squares, 0.0), finite


def _chunks(flat: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    step = max(1, _CHUNK // max(flat.shape[1], 1))
    for start in range(0, len(flat), step):
        yield slice(start, start + step), flat[start : start + step]
