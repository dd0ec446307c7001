"""How often neighbours have the same label, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.core.label_agreement import agreement, agreement_curve, counts_of_neighbours


def test_agreement_counts_neighbours_with_a_label_only():
    labels = np.array([0, 0, 1, -1])
    rows = np.array([[1, 2], [0, 3], [3, -1]])
    assert agreement(rows, labels, np.array([0, 1, 2])) == pytest.approx(2 / 3)
    assert agreement(rows, np.full(4, -1), np.array([0, 1, 2])) is None


def test_the_curve_tells_the_agreement_of_the_nearest_few():
    labels = np.array([0, 0, 1, 1])
    rows = np.array([[1, 2], [0, 3]])
    assert agreement_curve(rows, labels, np.array([0, 1]), [1, 2]) == [1.0, 0.5]


@pytest.mark.parametrize(
    ("own", "images", "expected"),
    [
        (10, 1000, [1, 2, 5, 10, 20, 50]),
        (7, 1000, [1, 2, 5, 7, 10, 20, 50]),
        (100, 61, [1, 2, 5, 10, 20, 50, 60]),
        (10, 6, [1, 2, 5]),
        (10, 1, []),
    ],
)
def test_the_curve_ends_where_there_are_fewer_images(own, images, expected):
    assert counts_of_neighbours(own, images) == expected
