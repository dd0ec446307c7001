"""t-SNE maps through openTSNE, from a start of one's own, so that maps of many steps compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from cnnviz.ops.packages import needed_package
from cnnviz.ops.principal import principal_components

__all__ = ["Progress", "TsneMap", "tsne_map"]

Progress = Callable[[int, int, float, np.ndarray], None]
"""Takes iterations done and in all, the divergence, and the points, (M, 2); may raise to stop."""

AXES: Final = 50
"""Principal components that vectors are reduced to first (van der Maaten 2014)."""
EXAGGERATED: Final = 250
"""Iterations that pull clusters together, at exaggeration 12 and momentum 0.5."""
ITERATIONS: Final = 500
"""Iterations after that, at momentum 0.8."""
ALIGNED: Final = 50
"""Iterations at once from the map before, neither exaggerated nor scattered, …"""
SETTLED: Final = 0.01
"""… until they lower the divergence by no more than this share."""
FEWEST: Final = 8
"""Vectors that have a map."""
SLOWEST: Final = 10.0
"""Learning rate at least while clusters are pulled together, …"""
SLOWEST_AFTER: Final = 50.0
"""… and after that: by openTSNE's own, the number of points, some maps of twenty fall into one
point."""
_EVERY: Final = 10
"""Iterations between two reports."""


class TsneMap(NamedTuple):
    """A map of some vectors."""

    points: np.ndarray
    """float32 (M, 2)."""
    divergence: float
    """Kullback-Leibler divergence of the map, nats."""
    perplexity: float
    """That was used; lower than asked for where the vectors are few."""
    iterations: int
    aligned: bool


def tsne_map(
    vectors: np.ndarray,
    *,
    perplexity: float = 30.0,
    seed: int = 0,
    start: np.ndarray | None = None,
    jobs: int = 1,
    on_progress: Progress | None = None,
) -> TsneMap:
    """Lay vectors out in two dimensions so that near ones stay near.

    t-SNE (van der Maaten, Hinton 2008, https://jmlr.org/papers/v9/vandermaaten08a.html) by
    openTSNE: Barnes-Hut below some 10,000 points, interpolation by FFT above.

    Args:
        vectors: (M, D), finite, at least 8.
        perplexity: about how many neighbours count; at most a third of the points.
        seed: of the search for neighbours.
        start: (M, 2), the map of the same images before: points move from there, only as far as the
            vectors did. Without it the first two principal components are the start.
        jobs: threads.
        on_progress: told every ten iterations.

    Raises:
        MissingPackageError: openTSNE is not installed.
    """
    package = needed_package("openTSNE", package="openTSNE", of="t-SNE")
    reduced = principal_components(vectors, min(AXES, vectors.shape[1])).scores
    used = min(perplexity, (len(vectors) - 1) / 3)
    affinities = package.affinity.PerplexityBasedNN(
        reduced, perplexity=used, n_jobs=jobs, random_state=seed
    )
    first = _scaled(reduced[:, :2]) if start is None else start.astype(np.float64)
    points = package.TSNEEmbedding(
        first, affinities, n_jobs=jobs, random_state=seed, callbacks_every_iters=_EVERY
    )
    done, rate = 0, max(float(len(vectors)), SLOWEST_AFTER)
    if start is None:
        told = _teller(on_progress, 0, EXAGGERATED + ITERATIONS)
        points.optimize(
            EXAGGERATED,
            exaggeration=12,
            learning_rate=max(len(vectors) / 12, SLOWEST),
            momentum=0.5,
            inplace=True,
            callbacks=told,
        )
        told = _teller(on_progress, EXAGGERATED, EXAGGERATED + ITERATIONS)
        points.optimize(ITERATIONS, learning_rate=rate, momentum=0.8, inplace=True, callbacks=told)
        done = EXAGGERATED + ITERATIONS
    else:
        before = np.inf
        while done < ITERATIONS:
            told = _teller(on_progress, done, ITERATIONS)
            points.optimize(ALIGNED, learning_rate=rate, momentum=0.8, inplace=True, callbacks=told)
            done += ALIGNED
            divergence = float(points.kl_divergence)
            if divergence > before * (1 - SETTLED):
                break
            before = divergence
    found = np.asarray(points, dtype=np.float32)
    return TsneMap(found, float(points.kl_divergence), used, done, start is not None)


def _teller(
    on_progress: Progress | None, before: int, total: int
) -> list[Callable[[int, float, np.ndarray], bool]]:
    """Make what openTSNE calls; it goes on while that is false."""

    def tell(iteration: int, error: float, points: np.ndarray) -> bool:
        if on_progress is not None:
            on_progress(before + iteration, total, error, np.asarray(points))
        return False

    return [tell]


def _scaled(components: np.ndarray) -> np.ndarray:
    """Bring two components to openTSNE's start: a standard deviation of 0.0001 on the first."""
    wide = np.zeros((len(components), 2))
    wide[:, : components.shape[1]] = components
    deviation = float(wide[:, 0].std())
    return wide * (1e-4 / deviation) if deviation > 0 else wide
