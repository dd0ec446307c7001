"""Nearest neighbours against measuring everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import ParamsError
from cnnviz.storage.nearest import distances_to, nearest


def by_measuring(vectors, k, metric):
    """Every distance in float64, sorted; of equal ones the lower row."""
    away = np.stack([distances_to(vectors, one, metric=metric) for one in vectors])
    np.fill_diagonal(away, np.inf)
    return np.argsort(away, axis=1, kind="stable")[:, :k]


@pytest.mark.parametrize("metric", ["l2", "cosine"])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), kind=st.sampled_from(["halves", "codes", "few", "far"]))
def test_neighbours_are_exactly_those_of_brute_force(metric, seed, kind):
    numbers = np.random.default_rng(seed)
    count = int(numbers.integers(12, 60))
    vectors = {
        "halves": numbers.normal(size=(count, 7)).astype(np.float16),
        "codes": numbers.integers(0, 256, (count, 3, 4, 1)).astype(np.uint8),
        "few": numbers.integers(0, 3, (count, 2)).astype(np.uint8),  # full of duplicates
        "far": numbers.normal(size=(count, 5)) + 1e4,  # where squares lose digits
    }[kind]
    rows, _ = nearest(vectors, np.arange(count), 5, metric=metric)
    assert (rows == by_measuring(vectors, 5, metric)).all()


@pytest.mark.parametrize("metric", ["l2", "cosine"])
def test_long_rows_of_bytes_are_measured_without_rounding(metric):
    numbers = np.random.default_rng(0)
    base = numbers.choice([0, 255], 3000).astype(np.uint8)
    vectors = np.repeat(base[None], 30, axis=0)
    for row in range(30):  # they differ by a step or two in a few places, of huge products
        places = numbers.integers(0, 3000, 5)
        vectors[row, places] ^= numbers.integers(0, 3, 5).astype(np.uint8)
    rows, distances = nearest(vectors, np.arange(30), 6, metric=metric)
    assert (rows == by_measuring(vectors, 6, metric)).all()
    if metric == "l2":
        away = vectors[:, None].astype(np.int64) - vectors[rows].astype(np.int64)
        assert (distances == np.sqrt((away**2).sum(2)).astype(np.float32)).all()


def test_distances_are_those_of_scikit_learn():
    from sklearn.metrics import pairwise_distances

    vectors = np.random.default_rng(0).normal(size=(40, 6))
    for metric, name in (("l2", "euclidean"), ("cosine", "cosine")):
        rows, distances = nearest(vectors, np.array([3, 17]), 4, metric=metric)
        expected = pairwise_distances(vectors, metric=name)[[3, 17]]
        np.testing.assert_allclose(distances, np.take_along_axis(expected, rows, 1), atol=1e-6)


def test_chunks_do_not_matter(monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(50, 6))
    whole = nearest(vectors, np.arange(50), 4)
    monkeypatch.setattr("cnnviz.storage.nearest._CHUNK", 60)
    for one, other in zip(whole, nearest(vectors, np.arange(50), 4), strict=True):
        assert (one == other).all()


def test_what_is_not_finite_is_nobodys_neighbour():
    vectors = np.array([[np.nan, 1], [1, 1], [2, 2], [np.inf, 0]])
    rows, distances = nearest(vectors, np.arange(4), 2)
    assert rows.tolist() == [[-1, -1], [2, -1], [1, -1], [-1, -1]]
    assert np.isnan(distances[0]).all()


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_vectors_leave_places_empty(count):
    rows, _ = nearest(np.ones((count, 3)), np.arange(count), 3)
    assert (rows[:, count - 1 :] == -1).all()


def test_bad_arguments_are_told():
    with pytest.raises(ParamsError, match="metric must be one of"):
        nearest(np.ones((2, 2)), np.arange(2), 1, metric="l1")
