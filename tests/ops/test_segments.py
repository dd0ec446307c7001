from __future__ import annotations

import sys

import numpy as np
import pytest

from cnnviz.errors import MissingPackageError
from cnnviz.ops.segments import cut_image


def halves(height=20, width=30):
    """Black on the left, white on the right."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, width // 2 :] = 255
    return picture


@pytest.mark.parametrize("cut", ["superpixels", "grid"])
@pytest.mark.parametrize("count", [1, 2, 7, 12, 40])
@pytest.mark.parametrize("shape", [(20, 30, 3), (9, 40, 1), (1, 1, 3)])
def test_every_pixel_has_a_segment_counted_without_a_gap_and_never_too_many(cut, count, shape):
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    labels = cut_image(picture, count, cut, of="test")
    assert labels.shape == shape[:2]
    assert labels.dtype == np.int32
    assert np.array_equal(np.unique(labels), np.arange(labels.max() + 1))
    assert labels.max() < count


def test_a_grid_has_rectangles_that_are_nearly_square():
    labels = cut_image(halves(40, 60), 6, "grid", of="test")
    assert labels[0].tolist() == [0] * 20 + [1] * 20 + [2] * 20
    assert labels[:, 0].tolist() == [0] * 20 + [3] * 20


def test_superpixels_keep_to_the_edge_that_is_seen():
    labels = cut_image(halves(), 2, "superpixels", of="test")
    assert len(np.unique(labels[:, :15])) == len(np.unique(labels[:, 15:])) == 1
    assert labels[0, 0] != labels[0, -1]


def test_without_scikit_image_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    with pytest.raises(MissingPackageError, match="test needs .* scikit-image: pip install"):
        cut_image(halves(), 2, "superpixels", of="test")
