"""Neighbours of one row, found by sketches, against measuring everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import ParamsError
from cnnviz.storage.nearest import nearest
from cnnviz.storage.neighbourhood import Neighbourhood

COUNT = 2500
"""Enough that not all are measured."""


def vectors_of(kind: str, numbers: np.random.Generator) -> np.ndarray:
    few = numbers.normal(size=(40, 24))
    near = few[numbers.integers(0, 40, COUNT)] + 0.3 * numbers.normal(size=(COUNT, 24))
    return {
        "features": np.maximum(near, 0).astype(np.float16),
        "codes": np.clip(128 + 50 * near, 0, 255).astype(np.uint8).reshape(COUNT, 4, 6, 1),
        "few": numbers.integers(0, 3, (COUNT, 2)).astype(np.uint8),  # full of duplicates
        "far": near + 1e4,  # where sketches say nothing
        "large": (1e25 * near).astype(np.float32),  # whose squares single precision cannot hold
        "zeros": near * (numbers.random((COUNT, 1)) < 0.5),
    }[kind]


@pytest.mark.parametrize("metric", ["l2", "cosine"])
@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    kind=st.sampled_from(["features", "codes", "few", "far", "large", "zeros"]),
)
def test_the_neighbours_of_one_row_are_those_of_brute_force(metric, seed, kind):
    numbers = np.random.default_rng(seed)
    vectors = vectors_of(kind, numbers)
    near = Neighbourhood(vectors)
    queries = numbers.integers(0, COUNT, 4)
    expected = nearest(vectors, queries, 7, metric=metric)
    for at, query in enumerate(queries):
        rows, distances = near.nearest(int(query), 7, metric=metric)
        assert rows.tolist() == expected[0][at].tolist()
        np.testing.assert_allclose(distances, expected[1][at], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("metric", ["l2", "cosine"])
def test_no_bound_is_above_the_distance(metric):
    from cnnviz.storage.nearest import distances_to

    vectors = vectors_of("features", np.random.default_rng(0))
    sketch = Neighbourhood(vectors)._sketch
    assert sketch is not None
    away = distances_to(vectors, vectors[5], metric=metric)
    assert (sketch.bounds(5, metric) <= (away**2 if metric == "l2" else 2 * away) + 1e-12).all()


def test_few_vectors_are_measured_where_sketches_tell_them_apart():
    vectors = vectors_of("features", np.random.default_rng(0))
    near = Neighbourhood(vectors)
    assert near._sketch is not None
    reach = near.nearest(5, 7, metric="cosine")[1][-1]
    assert (near._sketch.bounds(5, "cosine") <= 2 * reach).sum() < COUNT / 10


def test_rows_that_are_not_finite_have_no_neighbours_and_are_nobodys():
    vectors = vectors_of("features", np.random.default_rng(0))
    vectors[::3] = np.nan
    near = Neighbourhood(vectors)
    assert near.nearest(3, 5)[0].tolist() == [-1] * 5
    assert not (near.nearest(4, 5)[0] % 3 == 0).any()


def test_fewer_vectors_than_neighbours_leave_places_empty():
    rows, distances = Neighbourhood(np.ones((2, 3))).nearest(0, 4)
    assert rows.tolist() == [1, -1, -1, -1]
    assert np.isnan(distances[1:]).all()


def test_bad_arguments_are_told():
    with pytest.raises(ParamsError, match="k at least 1"):
        Neighbourhood(np.ones((2, 2))).nearest(0, 0)
