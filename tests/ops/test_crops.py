"""Windows cut out of pictures, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.contract.layers import ReceptiveField
from cnnviz.ops.crops import Scissors, Windows

BEYOND = np.array([9, 8, 7], np.uint8)


def windows(size, crop):
    field = ReceptiveField(size=size, stride=(2, 3), offset=(-3.0, -2.0), is_global=False)
    return Windows(field=field, window=size, crop=crop)


def by_hand(picture, box, size):
    crop = np.empty((*size, 3), np.uint8)
    for y, x in np.ndindex(size):
        row, column = box[0] + y, box[1] + x
        inside = 0 <= row < picture.shape[0] and 0 <= column < picture.shape[1]
        crop[y, x] = picture[row, column] if inside else BEYOND
    return crop


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (20, 24)])
def test_a_crop_is_the_window_with_one_colour_beyond_the_picture(size):
    picture = np.random.default_rng(0).integers(0, 256, (11, 14, 3)).astype(np.uint8)
    cutter = Scissors(windows(size, size), (11, 14), beyond=BEYOND)
    places = np.array([[0, 0], [3, 2], [9, 9], [40, 1], [-30, 0]])
    boxes = windows(size, size).boxes(places)
    for _ in range(2):  # one picture leaves nothing behind for the next
        crops = cutter.cut(picture, boxes)
        for crop, box in zip(crops, boxes, strict=True):
            assert (crop == by_hand(picture, box, size)).all()
        picture = picture[::-1].copy()


@pytest.mark.parametrize("colours", [1, 3])
def test_a_window_that_is_stored_smaller_is_cut_from_the_averaged_picture(colours):
    picture = np.random.default_rng(1).integers(0, 256, (12, 16, colours)).astype(np.uint8)
    shapes = windows((8, 8), (4, 4))
    cutter = Scissors(shapes, (12, 16), beyond=BEYOND[:colours])
    (crop,) = cutter.cut(picture, np.array([[2, 4, 10, 12]], np.int32))
    averaged = picture.astype(float).reshape(6, 2, 8, 2, colours).mean((1, 3))
    assert np.abs(crop - averaged[1:5, 2:6]).max() <= 1  # rounded once down, once across
