from __future__ import annotations

import numpy as np

from cnnviz.ops.clusters import clusters


def blobs() -> np.ndarray:
    numbers = np.random.default_rng(0)
    return np.concatenate([numbers.normal(0, 1, (30, 2)), numbers.normal(20, 1, (12, 2))])


def test_groups_are_found_the_largest_first_and_each_from_its_middle_outwards():
    points = blobs()
    found = clusters(points, 2, seed=0)
    assert [sorted(group.tolist()) for group in found] == [list(range(30)), list(range(30, 42))]
    for group in found:
        away = np.linalg.norm(points[group] - points[group].mean(axis=0), axis=1)
        assert (np.diff(away) >= -1e-9).all()


def test_no_group_of_another_start_is_tighter():
    points = blobs()

    def spread(groups):
        return sum(((points[g] - points[g].mean(axis=0)) ** 2).sum() for g in groups)

    best = spread(clusters(points, 3, seed=0))
    assert all(best <= spread(clusters(points, 3, seed=seed)) * 1.05 for seed in range(1, 5))


def test_the_seed_decides_and_may_be_large():
    first, again = (clusters(blobs(), 4, seed=2**62 + 3) for _ in range(2))
    assert [group.tolist() for group in first] == [group.tolist() for group in again]
