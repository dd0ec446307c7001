"""Previews: the pictures of a run in one PNG, small enough to send twice a second."""

from __future__ import annotations

import io
import math
from typing import Final

import numpy as np
from PIL import Image

__all__ = ["make_sheet"]

MOST: Final = 64
"""Pictures on a sheet, the first ones."""
LARGEST: Final = 1024
"""Width of a sheet at most, px; height likewise."""
GAP: Final = 2
"""Between pictures, px."""
BACKGROUND: Final = 24


def make_sheet(pictures: np.ndarray) -> bytes:
    """Lay pictures out, row by row in about a square, and encode them.

    Args:
        pictures: (N, C, H, W) floats in 0 … 1 with C of 1 or 3 (others: the first channel); what
            lies outside is cut off, what is no number is black.

    Returns:
        A PNG.
    """
    shown = pictures[:MOST] if pictures.shape[1] in {1, 3} else pictures[:MOST, :1]
    count, channels, height, width = shown.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    codes = _codes(shown)
    sheet = np.full(
        (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels), BACKGROUND, np.uint8
    )
    for index, picture in enumerate(codes):
        top, left = index // columns * (height + GAP), index % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
    return _encode(sheet[:, :, 0] if channels == 1 else sheet)


def _codes(pictures: np.ndarray) -> np.ndarray:
    values = np.nan_to_num(pictures.astype(np.float32, copy=False), nan=0.0).clip(0, 1)
    codes: np.ndarray = (values * 255 + 0.5).astype(np.uint8).transpose(0, 2, 3, 1)
    return codes


def _encode(sheet: np.ndarray) -> bytes:
    image = Image.fromarray(np.ascontiguousarray(sheet))
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
