"""An image cut into segments: superpixels, or equal squares."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnviz.ops.packages import needed_package

__all__ = ["Cut", "Labels", "cut_image"]

Cut: TypeAlias = Literal["superpixels", "grid"]

Labels: TypeAlias = "NDArray[np.int32]"
"""(H, W), the segment of each pixel, counted from 0 without a gap."""


def cut_image(picture: NDArray[np.uint8], count: int, cut: Cut, *, of: str) -> Labels:
    """Cut a picture into segments.

    Args:
        picture: (H, W, 3) or (H, W, 1), true colours.
        count: of segments, at least 1; superpixels may be fewer, and are never more.
        cut: along what is seen (SLIC, Achanta et al. 2012), or into a grid.
        of: the method's name, for the message where scikit-image is missing.

    Returns:
        (H, W).
    """
    if cut == "grid":
        return _grid(picture.shape[0], picture.shape[1], count)
    segmentation = needed_package("skimage.segmentation", package="scikit-image", of=of)
    for asked in range(count, 0, -1):
        found = segmentation.slic(
            picture / 255, n_segments=asked, compactness=10, start_label=0, channel_axis=-1
        )
        _, labels = np.unique(found, return_inverse=True)
        if labels.max() < count:
            break
    return labels.reshape(found.shape).astype(np.int32)


def _grid(height: int, width: int, count: int) -> Labels:
    """Cut into at most `count` rectangles, as square as can be."""
    count = min(count, height * width)
    fitting = [
        (rows, count // rows) for rows in range(1, min(count, height) + 1) if count // rows <= width
    ]
    rows, columns = max(
        fitting,
        key=lambda pair: (
            pair[0] * pair[1] >= 0.8 * count,
            -abs(math.log((height / pair[0]) / (width / pair[1]))),
            pair[0] * pair[1],
        ),
    )
    down = np.arange(height, dtype=np.int32) * rows // height
    right = np.arange(width, dtype=np.int32) * columns // width
    return down[:, None] * columns + right[None, :]
