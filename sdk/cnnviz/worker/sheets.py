"""Previews: the pictures of a run in one PNG, small enough to send twice a second."""

from __future__ import annotations

import io
import math
from typing import Final

import numpy as np
from PIL import Image

__all__ = ["lay_out", "make_sheet", "to_codes"]

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
    image = Image.fromarray(lay_out(to_codes(shown.transpose(0, 2, 3, 1))))
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def lay_out(codes: np.ndarray, *, columns: int | None = None) -> np.ndarray:
    """Lay pictures out row by row.

    Args:
        codes: uint8 (N, H, W, 3), or (N, H, W, 1) or (N, H, W) for grey.
        columns: pictures in a row; None for about a square.

    Returns:
        One picture, uint8 (H, W, 3), or (H, W) for grey.
    """
    codes = codes if codes.ndim == 4 else codes[..., None]
    count, height, width, channels = codes.shape
    columns = columns or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    shape = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels)
    sheet = np.full(shape, BACKGROUND, np.uint8)
    for index, picture in enumerate(codes):
        top, left = index // columns * (height + GAP), index % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
    return np.ascontiguousarray(sheet[:, :, 0] if channels == 1 else sheet)


def to_codes(values: np.ndarray) -> np.ndarray:
    """Turn values in 0 … 1 into uint8; what is no number becomes 0."""
    finite = np.nan_to_num(values.astype(np.float32, copy=False), nan=0.0).clip(0, 1)
    codes: np.ndarray = (finite * 255 + 0.5).astype(np.uint8)
    return codes
