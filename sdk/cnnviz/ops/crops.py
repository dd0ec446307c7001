"""What a unit sees of an image: its receptive field cut out, aligned, filled up beyond the edge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from cnnviz.contract.layers import ReceptiveField

__all__ = ["Scissors", "Windows", "stored_sizes", "windows_of"]


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


class Scissors:
    """Cuts windows of one layer out of pictures of one size."""

    def __init__(self, windows: Windows, picture: tuple[int, int], *, beyond: np.ndarray) -> None:
        """Prepare.

        Args:
            windows: of the layer.
            picture: height and width, px.
            beyond: uint8 (c,), the colour beyond the picture.
        """
        self._windows = windows
        height, width = picture
        down, across = windows.scale
        self._size = max(1, round(height * down)), max(1, round(width * across))
        self._shrinks = (down, across) != (1, 1)
        rows, columns = windows.crop
        self._around = rows, columns
        padded = (self._size[0] + 2 * rows, self._size[1] + 2 * columns, len(beyond))
        self._padded = np.empty(padded, np.uint8)
        self._padded[:] = beyond
        crop = (rows, columns, len(beyond))
        self._views = sliding_window_view(self._padded, crop)[:, :, 0]

    def cut(self, picture: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """Cut windows out of one picture.

        Where crops are smaller than the windows the picture is shrunk by averaging first, and cut
        at the nearest pixel.

        Args:
            picture: uint8 (H, W, c).
            boxes: int32 (n, 4), as `Windows.boxes` gives them.

        Returns:
            uint8 (n, h, w, c).
        """
        (height, width), (above, before) = self._size, self._around
        middle = self._padded[above : above + height, before : before + width]
        middle[:] = self._shrunk(picture) if self._shrinks else picture
        down, across = self._windows.scale
        top, left, bottom, right = boxes.T
        window = self._windows.window
        first = np.rint((top + (bottom - top - window[0]) // 2) * down).astype(np.int64)
        start = np.rint((left + (right - left - window[1]) // 2) * across).astype(np.int64)
        inside_y = np.clip(first + above, 0, above + height)
        inside_x = np.clip(start + before, 0, before + width)
        crops: np.ndarray = self._views[inside_y, inside_x]
        return crops

    def _shrunk(self, picture: np.ndarray) -> np.ndarray:
        height, width = self._size
        flat = picture[..., 0] if picture.shape[-1] == 1 else picture
        shrunk = Image.fromarray(flat).resize((width, height), Image.Resampling.BOX)
        return np.asarray(shrunk).reshape(height, width, picture.shape[-1])
