"""Principal components, exact, of vectors that need not fit into the memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import torch

from cnnviz.ops.packages import needed_package

__all__ = ["Principal", "principal_components"]

CHUNK: Final = 4 << 20
"""Numbers that are widened to float64 at once."""
SMALL: Final = 1024
"""Axes up to which all components are computed; of more only those asked for."""


class Principal(NamedTuple):
    """The first components of some vectors, the strongest first."""

    scores: np.ndarray
    """float64 (M, P): the vectors, centred, along the components; NaN for those not finite."""
    axes: np.ndarray
    """float64 (P, D), of length 1; the largest entry of each, by magnitude, is positive."""
    explained: np.ndarray
    """float64 (P,): share of the variance."""
    mean: np.ndarray
    """float64 (D,)."""


def principal_components(vectors: np.ndarray, count: int) -> Principal:
    """Find the first principal components by the eigenvectors of the covariance, in float64.

    Principal component analysis (Pearson 1901, https://doi.org/10.1080/14786440109462720).

    Args:
        vectors: (M, D), of any float type; those that are not finite are left out.
        count: P; where there are fewer components, fewer are given.

    Raises:
        MissingPackageError: more than 1,024 axes and no scipy.
    """
    known, total = 0, np.zeros(vectors.shape[1])
    for _, part in _chunks(vectors):
        finite = part[np.isfinite(part).all(1)]
        known += len(finite)
        total += finite.sum(0)
    mean = total / max(known, 1)
    covariance = np.zeros((vectors.shape[1],) * 2)
    for _, part in _chunks(vectors):
        finite = part[np.isfinite(part).all(1)] - mean
        covariance += finite.T @ finite
    count = max(0, min(count, vectors.shape[1], known - 1))
    values, axes = _strongest(covariance, count)
    signs = np.sign(axes[np.arange(count), np.abs(axes).argmax(1)]) if count else np.ones(0)
    axes = axes * signs[:, None]
    scores = np.empty((len(vectors), count))
    for where, part in _chunks(vectors):
        with np.errstate(invalid="ignore"):
            scores[where] = (part - mean) @ axes.T
    scores[~np.isfinite(scores).all(1)] = np.nan
    variance = float(np.trace(covariance))
    explained = np.clip(values, 0, None) / variance if variance > 0 else np.zeros(count)
    return Principal(scores, axes, explained, mean)


def _strongest(covariance: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the largest eigenvalues, (P,), and their vectors, (P, D)."""
    size = len(covariance)
    if count == 0:
        return np.zeros(0), np.zeros((0, size))
    if size <= SMALL or count > size // 4:
        # By torch: numpy's threads wait for each other ten times as long where others work too.
        found = torch.linalg.eigh(torch.from_numpy(covariance))
        values, columns = found.eigenvalues.numpy(), found.eigenvectors.numpy()
    else:
        linalg = needed_package("scipy.sparse.linalg", package="scipy", of="a PCA of many axes")
        values, columns = linalg.eigsh(covariance, count, v0=np.ones(size))
    order = np.argsort(values)[::-1][:count]
    return values[order], columns[:, order].T


def _chunks(vectors: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    step = max(1, CHUNK // max(vectors.shape[1], 1))
    for start in range(0, len(vectors), step):
        where = slice(start, start + step)
        yield where, vectors[where].astype(np.float64)
