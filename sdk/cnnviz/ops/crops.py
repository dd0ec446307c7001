"""What a unit sees of an image: its receptive field cut out, aligned, filled up beyond the edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnnviz.contract.layers import ReceptiveField

__all__ = ["Windows", "cut", "stored_sizes", "windows_of"]


@dataclass(frozen=True, kw_only=True)
class Windows:
    """The receptive fields of a layer's units, and what of them is stored."""

    field: ReceptiveField
    window: tuple[int, int]
    """Height and width of what is cut out, px of the input: the field, or its middle of the
    image's size where it is larger than that."""
    crop: tuple[int, int]
    """Height and width of a stored crop, px; the window's or less."""

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of a crop for one of the input, down and across."""
        (height, width), (rows, columns) = self.window, self.crop
        return rows / height, columns / width

    def boxes(self, places: np.ndarray) -> np.ndarray:
        """Give top, left, bottom, right in pixels of the input, int32 (…, 4), for units (…, 2)."""
        offset, stride = np.array(self.field.offset), np.array(self.field.stride)
        first = np.floor(offset + stride * places).astype(np.int32)
        return np.concatenate([first, first + np.array(self.field.size, np.int32)], axis=-1)


def windows_of(fields: Sequence[ReceptiveField], image: tuple[int, int]) -> list[tuple[int, int]]:
    """Give the window of each field: itself, or as much of it as the image's size."""
    return [(min(field.size[0], image[0]), min(field.size[1], image[1])) for field in fields]


def stored_sizes(
    windows: Sequence[tuple[int, int]], counts: Sequence[int], *, most: int
) -> list[tuple[int, int]]:
    """Shrink windows so that all crops keep to their bytes; what the small leave the large take.

    Args:
        windows: height and width, px.
        counts: bytes of one pixel of all crops of each window.
        most: bytes in all.

    Returns:
        Height and width of the stored crops, px.
    """
    needs = [height * width * count for (height, width), count in zip(windows, counts, strict=True)]
    sizes = list(windows)
    left = most
    order = sorted(range(len(needs)), key=needs.__getitem__)
    for turn, index in enumerate(order):
        share = left // (len(order) - turn)
        if needs[index] > share:
            scale = math.sqrt(share / needs[index])
            height, width = windows[index]
            sizes[index] = (max(1, int(height * scale)), max(1, int(width * scale)))
        left -= min(needs[index], share)
    return sizes


def cut(
    picture: np.ndarray, boxes: np.ndarray, windows: Windows, *, beyond: np.ndarray
) -> np.ndarray:
    """Cut some windows out of one picture.

    Where crops are smaller than the windows the picture is shrunk by averaging first, and cut at
    the nearest pixel.

    Args:
        picture: uint8 (H, W, c).
        boxes: int32 (n, 4), as `Windows.boxes` gives them.
        windows: of the layer.
        beyond: uint8 (c,), the colour beyond the picture.

    Returns:
        uint8 (n, h, w, c).
    """
    down, across = windows.scale
    if (down, across) != (1, 1):
        height, width = picture.shape[:2]
        size = max(1, round(width * across)), max(1, round(height * down))
        flat = picture[..., 0] if picture.shape[-1] == 1 else picture
        shrunk = Image.fromarray(flat).resize(size, Image.Resampling.BOX)
        picture = np.asarray(shrunk).reshape(size[1], size[0], picture.shape[-1])
    rows, columns = windows.crop
    crops = np.empty((len(boxes), rows, columns, picture.shape[-1]), np.uint8)
    crops[:] = beyond
    for crop, (top, left, bottom, right) in zip(crops, boxes.tolist(), strict=True):
        first = round((top + (bottom - top - windows.window[0]) // 2) * down)
        start = round((left + (right - left - windows.window[1]) // 2) * across)
        above, before = max(first, 0), max(start, 0)
        part = picture[above : max(first + rows, 0), before : max(start + columns, 0)]
        y, x = above - first, before - start
        crop[y : y + part.shape[0], x : x + part.shape[1]] = part
    return crops
