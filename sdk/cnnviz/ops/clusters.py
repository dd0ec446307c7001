"""Points in groups: k-means by scikit-learn, each group from its middle outwards."""

from __future__ import annotations

import numpy as np

from cnnviz.ops.packages import needed_package

__all__ = ["clusters"]


def clusters(points: np.ndarray, count: int, *, seed: int) -> list[np.ndarray]:
    """Find groups of near points by k-means, the best of ten starts.

    Args:
        points: (M, D), finite; at least `count` of them differ.
        count: of groups.
        seed: of the starts.

    Returns:
        Of each group the indices of its points, nearest to its centre first; the largest group
        first.

    Raises:
        MissingPackageError: scikit-learn is not installed.
    """
    package = needed_package("sklearn.cluster", package="scikit-learn", of="k-means")
    found = package.KMeans(count, n_init=10, random_state=seed % 2**32).fit(points)
    away = np.linalg.norm(points - found.cluster_centers_[found.labels_], axis=1)
    order = np.argsort(away, kind="stable")
    groups = [order[found.labels_[order] == one] for one in range(count)]
    return sorted((group for group in groups if len(group)), key=lambda group: -len(group))
