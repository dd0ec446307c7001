"""A record's arrays as plain pictures, for files: each kind of result in its simplest form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw

from cnnviz.worker.sheets import lay_out, to_codes

__all__ = ["draw", "draw_sheet"]

SMALLEST_TILE: Final = 24
"""Filters smaller than this are enlarged by a whole number, px."""
MAP_SIDE: Final = 512
"""Of the picture of a map, px."""
MOST_TILES: Final = 1024
"""On one sheet, the first ones."""
LINE: Final = 14
"""Height of a caption on a sheet, px."""


def draw(
    kind: str, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]
) -> Iterator[np.ndarray]:
    """Draw a record.

    Args:
        kind: of the record; tables, scores and kinds that are not known have no picture.
        arrays: the main one first.
        facts: of the record.

    Yields:
        uint8 (H, W, 3), or (H, W) for grey: a picture an example, or one sheet of filters.
    """
    values = np.asarray(next(iter(arrays.values())))
    if kind == "images" and values.ndim == 4:
        yield from to_codes(values)
    elif kind == "heatmap" and values.ndim == 3:
        for one in values:
            yield _signed(one) if facts.get("signed") else to_codes(_stretched(one, low=0.0))
    elif kind == "feature_maps" and values.ndim == 4:
        for one in values:
            yield lay_out(np.stack([to_codes(_stretched(channel)) for channel in one[:MOST_TILES]]))
    elif kind == "patches" and values.ndim == 5:
        tiles = values[: MOST_TILES // values.shape[1]].reshape(-1, *values.shape[2:])
        yield lay_out(tiles, columns=values.shape[1])
    elif kind == "embedding":
        yield _points(np.asarray(arrays.get("map", arrays.get("principal", values))))
    elif kind == "kernels" and values.ndim == 4:
        yield _filters(values)


def draw_sheet(pictures: Sequence[np.ndarray], facts: Mapping[str, Any]) -> np.ndarray:
    """Lay pictures of one size out with their captions, in rows of facts["columns"] if it is there.

    Args:
        pictures: uint8 (H, W, 3).
        facts: of their record.

    Returns:
        One picture, uint8 (H', W', 3).
    """
    captions = list(map(str, facts.get("captions") or ()))[: len(pictures)]
    captions += [""] * (len(pictures) - len(captions))
    tiles = [_captioned(one, text) for one, text in zip(pictures, captions, strict=True)]
    columns = facts.get("columns")
    fits = type(columns) is int and 1 <= columns <= MOST_TILES
    return lay_out(np.stack(tiles[:MOST_TILES]), columns=columns if fits else None)


def _captioned(picture: np.ndarray, text: str) -> np.ndarray:
    height, width = picture.shape[:2]
    tile = Image.new("RGB", (width, height + LINE), "white")
    tile.paste(Image.fromarray(np.ascontiguousarray(picture)))
    ImageDraw.Draw(tile).text((2, height + 1), text, fill="black")
    return np.asarray(tile)


def _points(places: np.ndarray) -> np.ndarray:
    """Draw a map, brighter where many points lie."""
    flat = np.zeros((len(places), 2))
    flat[:, : min(2, places.shape[1])] = places[:, :2]
    known = flat[np.isfinite(flat).all(1)]
    if not len(known):
        return np.zeros((MAP_SIDE, MAP_SIDE), np.uint8)
    middle = (known.min(0) + known.max(0)) / 2
    reach = float(np.abs(known - middle).max()) * 1.02 or 1.0
    ends = [[-reach, reach]] * 2
    counts, _, _ = np.histogram2d(-known[:, 1] + middle[1], known[:, 0] - middle[0], MAP_SIDE, ends)
    return to_codes(np.sqrt(counts / counts.max()))


def _stretched(values: np.ndarray, *, low: float | None = None) -> np.ndarray:
    """Bring the finite values to 0 … 1."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros_like(values, dtype=np.float32)
    bottom = float(finite.min()) if low is None else low
    span = float(finite.max()) - bottom
    return (values.astype(np.float32) - bottom) / (span or 1.0)


def _signed(values: np.ndarray) -> np.ndarray:
    """Draw negative values blue, positive ones red, zero white."""
    finite = np.abs(values[np.isfinite(values)])
    share = values.astype(np.float32) / (float(finite.max(initial=0.0)) or 1.0)
    red, blue = 1 - np.clip(-share, 0, 1), 1 - np.clip(share, 0, 1)
    return to_codes(np.stack([red, np.minimum(red, blue), blue], axis=-1))


def _filters(weights: np.ndarray) -> np.ndarray:
    """Draw filters of three colours as colours, others as a row of slices each."""
    count, slices, height, width = weights.shape
    if slices == 3:
        tiles = [_stretched(one).transpose(1, 2, 0) for one in weights[:MOST_TILES]]
        codes, columns = to_codes(np.stack(tiles)), None
    else:
        columns = min(slices, 64)
        rows = min(count, MOST_TILES // columns)
        tiles = [_stretched(one) for one in weights[:rows, :columns]]
        codes = to_codes(np.stack(tiles)).reshape(rows * columns, height, width)
    factor = -(-SMALLEST_TILE // max(height, width))
    return lay_out(codes.repeat(factor, axis=1).repeat(factor, axis=2), columns=columns)
