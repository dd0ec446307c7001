"""Reads pictures from a folder as a network takes them; a bad file is named, never fatal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from cnnviz.errors import ParamsError
from cnnviz.ops.pictures import Preparation, read_picture

__all__ = ["find_pictures", "labels_of", "picture_names", "read_pictures"]

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}


def find_pictures(folder: Path) -> list[Path]:
    """Name the picture files in a folder and below it, in order; a single file is itself.

    Raises:
        ParamsError: there is no such folder, or no picture in it.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise ParamsError(f"{folder} is not a folder of images: there is nothing of that name")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise ParamsError(f"{folder} has no image; looked for {', '.join(sorted(SUFFIXES))}")
    return found


def read_pictures(
    paths: Iterable[Path], preparation: Preparation, *, limit: int
) -> tuple[np.ndarray, list[Path], list[str]]:
    """Read the first `limit` pictures that can be read.

    Returns:
        The inputs, (N, C, H, W) float32; their N paths; and a sentence for each file left out.
    """
    inputs: list[np.ndarray] = []
    read: list[Path] = []
    problems: list[str] = []
    for path in paths:
        if len(read) == limit:
            break
        try:
            inputs.append(preparation(read_picture(path)))
        except (OSError, ValueError) as error:
            problems.append(f"{path} is left out: {_reason(error)}")
        else:
            read.append(path)
    shape = (0, preparation.channels, *preparation.size)
    return np.stack(inputs) if inputs else np.zeros(shape, np.float32), read, problems


def _reason(error: Exception) -> str:
    if "cannot identify" in str(error):
        return "it is not an image"
    return getattr(error, "strerror", None) or str(error)


def picture_names(paths: Sequence[Path], folder: Path) -> list[str]:
    """Name pictures by their place in the folder, as UTF-8 can hold it."""
    inside = [path.relative_to(folder) if folder.is_dir() else Path(path.name) for path in paths]
    return [path.as_posix().encode(errors="replace").decode() for path in inside]


def labels_of(paths: Sequence[Path]) -> tuple[list[int], list[str]]:
    """Take the name of each picture's folder as its class: labels and the sorted class names."""
    names = sorted({path.parent.name for path in paths})
    return [names.index(path.parent.name) for path in paths], names
