"""What a unit sees of an image: its receptive field cut out, aligned, filled up beyond the edge."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnnviz.contract.layers import ReceptiveField

__all__ = ["Windows", "cut", "windows_of"]


@dataclass(frozen=True, kw_only=True)
class Windows:
    """The receptive fields of a layer's units, and how large they are stored."""

    field: ReceptiveField
    crop: tuple[int, int]
    """Height and width of a stored crop, px; the field's size or less."""

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of a crop for one of the input, down and across."""
        (height, width), (rows, columns) = self.field.size, self.crop
        return rows / height, columns / width

    def boxes(self, places: np.ndarray) -> np.ndarray:
        """Give top, left, bottom, right in pixels of the input, int32 (…, 4), for units (…, 2)."""
        offset, stride = np.array(self.field.offset), np.array(self.field.stride)
        first = np.floor(offset + stride * places).astype(np.int32)
        return np.concatenate([first, first + np.array(self.field.size, np.int32)], axis=-1)


def windows_of(
    field: ReceptiveField | None, image: tuple[int, int], *, crops: int, colours: int, most: int
) -> Windows:
    """Decide how large crops are stored.

    Args:
        field: of the layer; None where it is not known: the whole image then.
        image: height and width of the input, px.
        crops: how many there will be.
        colours: of a crop.
        most: bytes of all crops together.
    """
    known = field or ReceptiveField(size=image, stride=(0, 0), offset=(0, 0), is_global=True)
    height, width = known.size
    share = math.sqrt(most / max(crops * colours * height * width, 1))
    if share >= 1:
        return Windows(field=known, crop=(height, width))
    return Windows(field=known, crop=(max(1, int(height * share)), max(1, int(width * share))))


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
    for crop, (top, left, _, _) in zip(crops, boxes.tolist(), strict=True):
        first, start = round(top * down), round(left * across)
        above, before = max(first, 0), max(start, 0)
        part = picture[above : max(first + rows, 0), before : max(start + columns, 0)]
        y, x = above - first, before - start
        crop[y : y + part.shape[0], x : x + part.shape[1]] = part
    return crops
