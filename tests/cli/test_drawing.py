"""A record's plain pictures: what is more is lighter, zero of a signed map is white."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.cli.drawing import draw


def drawn(kind, values, **facts):
    return list(draw(kind, {"main": np.asarray(values, np.float32)}, facts))


def test_images_keep_their_colours():
    (picture,) = drawn("images", [[[[0.0, 0.5, 1.0]]]])
    assert picture.tolist() == [[[0, 128, 255]]]


def test_an_unsigned_map_goes_from_black_at_zero_to_white_at_its_largest():
    (picture,) = drawn("heatmap", [[[0.0, 1.0, 2.0]]], signed=False)
    assert picture.tolist() == [[0, 128, 255]]


def test_a_signed_map_is_white_at_zero_blue_below_and_red_above():
    (picture,) = drawn("heatmap", [[[-2.0, 0.0, 2.0]]], signed=True)
    assert picture.tolist() == [[[0, 0, 255], [255, 255, 255], [255, 0, 0]]]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_spoil_the_rest(bad):
    (picture,) = drawn("heatmap", [[[0.0, bad, 2.0]]], signed=False)
    assert picture[0, [0, 2]].tolist() == [0, 255]


def test_maps_without_a_finite_value_are_black():
    (picture,) = drawn("heatmap", [[[np.nan, np.nan]]], signed=False)
    assert picture.tolist() == [[0, 0]]


def test_feature_maps_are_one_sheet_an_example_each_channel_on_its_own_scale():
    values = np.zeros((2, 4, 3, 3))
    values[:, 1, 0, 0] = 1e-3
    first, second = drawn("feature_maps", values)
    assert first.shape == second.shape == (8, 8)
    assert first[0, 5] == 255


def test_small_filters_are_enlarged():
    (colour,) = drawn("kernels", np.random.default_rng(0).normal(size=(4, 3, 3, 3)))
    assert colour.shape == (50, 50, 3)
    (grey,) = drawn("kernels", np.random.default_rng(0).normal(size=(2, 5, 3, 3)))
    assert grey.shape == (2 * 24 + 2, 5 * 24 + 4 * 2)


@pytest.mark.parametrize("kind", ["scores", "layer_table", "a kind of tomorrow"])
def test_tables_have_no_picture(kind):
    assert drawn(kind, [[1.0, 2.0]]) == []


def test_top_patches_are_a_row_a_channel():
    crops = np.zeros((3, 4, 5, 6, 1), np.uint8)
    crops[1, 2] = 255
    (sheet,) = draw("patches", {"crops": crops}, {})
    assert sheet.shape == (3 * 7 - 2, 4 * 8 - 2)
    assert (sheet[7:12, 16:22] == 255).all()


def test_a_map_shows_its_points_where_they_lie_and_none_that_has_no_place():
    points = np.array([[0.0, 1.0], [1.0, 0.0], [np.nan, 0.0]], np.float32)
    (picture,) = draw("embedding", {"features": np.zeros((3, 4)), "map": points}, {})
    rows, columns = np.nonzero(picture)
    assert len(rows) == 2
    assert rows[0] < rows[1]
    assert columns[0] < columns[1]
    (empty,) = draw("embedding", {"principal": np.full((2, 3), np.nan, np.float32)}, {})
    assert not empty.any()
