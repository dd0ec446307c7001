"""Exact nearest neighbours among stored vectors, in bounded memory, with numpy alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import numpy as np

from cnnviz.errors import ParamsError

__all__ = ["METRICS", "Metric", "distances_to", "nearest"]

Metric = Literal["cosine", "l2"]
METRICS: Final = ("cosine", "l2")

_CHUNK: Final = 4 << 20
"""Distances that are held at once."""
_CENTRE: Final = 128
"""Of codes 0 … 255."""
_DEPTH: Final = 512
"""So many products of a code and a centred one sum to less than 2²⁴, in any order: single
precision holds every such sum exactly."""


def nearest(
    vectors: np.ndarray,
    queries: np.ndarray,
    k: int,
    *,
    metric: Metric = "l2",
) -> tuple[np.ndarray, np.ndarray]:
    """Find the k nearest other rows of some rows, exactly; of equally near ones the lower row.

    Of bytes all products are exact. Of other numbers candidates are found by one matrix product, as
    many more as rounding may have hidden, and measured again one by one, so that duplicates are at
    distance 0.

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
    squares, finite = _squares(flat)
    rows = np.full((len(queries), k), -1, np.int32)
    distances = np.full((len(queries), k), np.nan, np.float32)
    step = max(1, _CHUNK // max(len(flat), 1))
    for start in range(0, len(queries), step):
        some = queries[start : start + step]
        asked = np.flatnonzero(finite[some])
        if len(asked):
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


def _nearest_of(
    flat: np.ndarray,
    queries: np.ndarray,
    k: int,
    squares: np.ndarray,
    finite: np.ndarray,
    metric: Metric,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the neighbours of a few finite rows."""
    is_exact = flat.dtype == np.uint8
    products = _products_of_codes(flat, queries) if is_exact else _products(flat, queries, finite)
    rough, error = _distances(products, squares, squares[queries], metric)
    error = 0.0 if is_exact else error * (flat.shape[1] + 4)
    rough[:, ~finite] = np.inf
    rough[np.arange(len(queries)), queries] = np.inf
    count = min(k, len(flat) - 1)
    reach = np.partition(rough, count - 1, axis=1)[:, count - 1] if count else np.zeros(0)
    rows = np.full((len(queries), k), -1, np.int32)
    distances = np.full((len(queries), k), np.nan, np.float32)
    for index, query in enumerate(queries if count else []):
        near = rough[index] <= reach[index] + 2 * error  # whatever rounding may have hidden too
        some = np.flatnonzero(near & np.isfinite(rough[index]))
        if is_exact:
            exact = np.sqrt(rough[index, some]) if metric == "l2" else rough[index, some]
        else:
            exact = _exact(flat[some].astype(np.float64), flat[query].astype(np.float64), metric)
        order = np.argsort(exact, kind="stable")[:k]
        rows[index, : len(order)] = some[order]
        distances[index, : len(order)] = exact[order]
    return rows, distances


def _products(flat: np.ndarray, queries: np.ndarray, finite: np.ndarray) -> np.ndarray:
    """Multiply rows asked about with all rows, float64 (Q, M)."""
    asked = np.where(finite[queries][:, None], flat[queries], 0).astype(np.float64)
    products = np.empty((len(queries), len(flat)))
    with np.errstate(all="ignore"):
        for part, rows in _chunks(flat):
            products[:, part] = asked @ rows.astype(np.float64).T
    return products


def _products_of_codes(flat: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Multiply bytes, without rounding: float64 (Q, M), by the quick products of float32."""
    asked = flat[queries].astype(np.float32) - _CENTRE
    products = np.empty((len(queries), len(flat)))
    for part, rows in _chunks(flat):
        wide, sums = rows.astype(np.float32), rows.sum(1, dtype=np.int64)
        products[:, part] = _CENTRE * sums
        for first in range(0, flat.shape[1], _DEPTH):
            some = slice(first, first + _DEPTH)
            products[:, part] += asked[:, some] @ wide[:, some].T
    return products


def _distances(
    products: np.ndarray, squares: np.ndarray, own: np.ndarray, metric: Metric
) -> tuple[np.ndarray, float]:
    """Turn products (Q, M) into distances in place, squared for l2; give their error a number.

    Args:
        products: of the rows asked about with all rows.
        squares: squared lengths of all rows, (M,).
        own: of those asked about, (Q,).
        metric: cosine or l2.
    """
    width = 4 * float(np.finfo(np.float64).eps)
    with np.errstate(all="ignore"):
        if metric == "cosine":
            lengths = np.multiply.outer(np.sqrt(own), np.sqrt(squares))
            products /= np.where(lengths > 0, lengths, np.inf)
            return np.clip(np.subtract(1, products, out=products), 0, 2, out=products), width
        products *= -2
        products += squares[None]
        products += own[:, None]
    return products, width * 4 * float(squares.max(initial=0.0))


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
        if flat.dtype == np.uint8:  # a square may have 16 bits
            squares[part] = np.einsum("nd,nd->n", rows, rows, dtype=np.uint64)
        else:
            wide = rows.astype(np.float64)
            squares[part] = np.einsum("nd,nd->n", wide, wide)
    finite = np.isfinite(squares)
    return np.where(finite, squares, 0.0), finite


def _chunks(flat: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    step = max(1, _CHUNK // max(flat.shape[1], 1))
    for start in range(0, len(flat), step):
        yield slice(start, start + step), flat[start : start + step]
