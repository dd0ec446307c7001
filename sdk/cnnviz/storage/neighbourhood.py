"""Vectors that are asked about one at a time: exact neighbours in milliseconds."""

from __future__ import annotations

from typing import Final

import numpy as np

from cnnviz.storage.nearest import Metric, nearest

__all__ = ["Neighbourhood"]

COORDINATES: Final = 32
"""Of a sketch, at most: photographs and features leave little beside so many."""
_SAMPLE: Final = 256
"""Vectors by which the axes are chosen."""
_FIRST: Final = 64
"""How many of the nearest sketches are measured to know how far the neighbours reach."""
_FEW: Final = 2048
"""So many vectors and fewer are all measured."""
_CHUNK: Final = 4 << 20
"""Numbers that are projected at once."""


class Neighbourhood:
    """Vectors, and a sketch of each: what stays the same from question to question.

    A sketch is a vector's coordinates on some orthonormal axes and the length of what is left of
    it. The distance of two sketches is never larger than that of the vectors (the triangle
    inequality on what is left), so only vectors whose sketches are near enough are measured;
    rounding is allowed for, and the answer is that of `nearest`.
    """

    def __init__(self, vectors: np.ndarray) -> None:
        """Measure the vectors, (M, …) of any number type; they are kept as they are."""
        self._flat = vectors.reshape(len(vectors), -1)
        self._sketch: _Sketch | None = None
        if len(self._flat) > _FEW and self._flat.shape[1] > 1:
            self._sketch = _Sketch(self._flat)

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._flat.nbytes + (self._sketch.nbytes if self._sketch else 0)

    def nearest(
        self, query: int, k: int, *, metric: Metric = "l2"
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the neighbours of one row as `nearest` does: rows (k,) and distances (k,).

        Raises:
            ParamsError: no such metric, or k below 1.
        """
        some = np.arange(len(self._flat))
        if self._sketch is not None:
            bounds = self._sketch.bounds(query, metric)
            few = min(max(_FIRST, 2 * k), len(bounds) - 1)
            first = np.argpartition(bounds, few)[:few]
            _, distances = self._among(first, query, k, metric)
            reach = float(distances[-1])
            if np.isfinite(reach):
                squared = reach**2 if metric == "l2" else 2 * reach
                some = np.flatnonzero(bounds <= squared * (1 + 1e-6))
        return self._among(some, query, k, metric)

    def _among(
        self, some: np.ndarray, query: int, k: int, metric: Metric
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find the neighbours among some rows."""
        some = np.union1d(some, [query])
        place = np.flatnonzero(some == query)
        whole = len(some) == len(self._flat)
        vectors = self._flat if whole else self._flat[some]
        (rows,), (distances,) = nearest(vectors, place, k, metric=metric)
        found = np.where(rows >= 0, some[rows], -1).astype(np.int32)
        return found, distances


class _Sketch:
    """Short stand-ins of vectors, single precision (M, P + 1)."""

    def __init__(self, flat: np.ndarray) -> None:
        """Choose axes, and look at every vector once."""
        count, width = flat.shape
        # Codes are exact in single precision; for features its products would be too rough.
        wide = np.float32 if flat.dtype == np.uint8 else np.float64
        axes: np.ndarray = _axes(flat).astype(wide)
        depth = axes.shape[1]
        self._short = np.empty((count, depth + 1), np.float32)
        self._lengths = np.empty(count)
        step = max(1, _CHUNK // width)
        with np.errstate(all="ignore"):
            for start in range(0, count, step):
                part = slice(start, start + step)
                rows: np.ndarray = flat[part].astype(wide)
                places: np.ndarray = np.matmul(rows, axes)
                self._short[part, :-1] = places
                self._lengths[part] = _lengths(rows)
                self._short[part, -1] = _lengths(rows - np.matmul(places, axes.T))
            self._squares = np.square(_lengths(self._short))
        single = float(np.finfo(np.float32).eps)
        apart = (depth + 1) ** 0.5 * (width + depth + 4) * float(np.finfo(wide).eps) + 2 * single
        self._slack = 2.5 * apart + 2 * (depth + 4) * single

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return int(self._short.nbytes + self._lengths.nbytes + self._squares.nbytes)

    def bounds(self, query: int, metric: Metric) -> np.ndarray:
        """Give what squared distances are at least, (M,); for cosine those of unit vectors."""
        with np.errstate(all="ignore"):
            across = (self._short @ self._short[query]).astype(np.float64)
            lengths, squares = self._lengths, self._squares
            if metric == "cosine":
                scale = np.where(lengths > 0, 1 / np.where(lengths > 0, lengths, 1), 0)
                across *= scale * scale[query]
                squares = squares * scale**2
                margin: np.ndarray = 4 * np.ones(1)
            else:
                margin = np.square(lengths + lengths[query])
            bounds: np.ndarray = squares + squares[query] - 2 * across - self._slack * margin
        bounds[~np.isfinite(bounds)] = -np.inf  # too large for a sketch: to be measured
        bounds[~np.isfinite(lengths)] = np.inf  # nobody's neighbour
        return bounds


def _axes(flat: np.ndarray) -> np.ndarray:
    """Give orthonormal columns (D, P) along which a sample of the vectors varies most."""
    depth = min(COORDINATES, max(1, flat.shape[1] // 2))
    sample = flat[:: max(1, len(flat) // _SAMPLE)].astype(np.float64)
    usable = np.isfinite(sample).all(1) & (np.abs(sample).max(1) < 1e100)
    if not usable.any():
        return np.eye(flat.shape[1], depth)
    found: np.ndarray = np.linalg.svd(sample[usable], full_matrices=False)[2][:depth].T
    return found


def _lengths(rows: np.ndarray) -> np.ndarray:
    """Give the length of each row."""
    lengths: np.ndarray = np.sqrt(np.einsum("nd,nd->n", rows, rows))
    return lengths
