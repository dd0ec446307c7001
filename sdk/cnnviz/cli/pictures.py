"""Reads pictures from a folder as a network takes them; a bad file is named, never fatal."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from cnnviz.errors import ParamsError

__all__ = ["Preparation", "find_pictures", "read_picture", "read_pictures"]

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """How a picture becomes a network's input; what is transparent lies on white."""

    size: tuple[int, int]
    """Height and width of the input, px."""
    resize: int
    """The shorter side is brought to this, px, before the centre is cut out."""
    mean: tuple[float, ...]
    """Per channel, taken from values in 0 … 1; a single one stands for all channels."""
    std: tuple[float, ...]
    channels: int = 3

    def __post_init__(self) -> None:
        """Check what the command line gave.

        Raises:
            ParamsError: a size, mean, std or number of channels that no network has.
        """
        if self.channels not in MODES:
            message = f"pictures have 1, 3 or 4 channels, the model takes {self.channels}"
            raise ParamsError(message)
        if min(self.size) < 1 or max(self.size) > 4096:
            raise ParamsError(f"--size must lie in 1 … 4096, got {self.size}", field="size")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in {1, self.channels} or not np.isfinite(values).all():
                message = f"--{name} takes {self.channels} finite numbers or one, got {values}"
                raise ParamsError(message, field=name)
        if min(self.std) <= 0:
            raise ParamsError(f"--std must be positive, got {self.std}", field="std")

    def __call__(self, picture: Image.Image) -> np.ndarray:
        """Give the input, (C, H, W) float32."""
        height, width = self.size
        scale = max(self.resize / min(picture.size), height / picture.height, width / picture.width)
        sides = (round(picture.width * scale), round(picture.height * scale))
        resized = picture.resize(sides, Image.Resampling.BICUBIC, reducing_gap=3.0)
        left, top = (resized.width - width) // 2, (resized.height - height) // 2
        cut = resized.crop((left, top, left + width, top + height))
        if cut.mode == "RGBA" and self.channels < 4:
            cut = Image.alpha_composite(Image.new("RGBA", cut.size, "white"), cut)
        cut = cut.convert(MODES[self.channels])
        values = np.asarray(cut, dtype=np.float32).reshape(height, width, self.channels) / 255
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return np.ascontiguousarray(((values - mean) / std).transpose(2, 0, 1))


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


def read_picture(path: Path) -> Image.Image:
    """Read one picture upright, as RGB or RGBA of 8 bits a channel.

    Raises:
        OSError: not an image, cut short, or of a size that no photograph has; ValueError likewise.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as file:
                file.load()
                picture = ImageOps.exif_transpose(file)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning, SyntaxError) as error:
            raise OSError(str(error)) from None
    if picture.mode.startswith(("I", "F")):
        return _eight_bits(picture)
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Bring 16-bit, 32-bit and float grey to 8 bits; PIL alone would cut them off at 255."""
    values = np.asarray(picture, dtype=np.float64)
    top = 65535.0 if values.max() > 255 else 255.0 if values.max() > 1 else 1.0
    return Image.fromarray(np.uint8(np.clip(values / top, 0, 1) * 255 + 0.5)).convert("RGB")


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


def labels_of(paths: Sequence[Path]) -> tuple[list[int], list[str]]:
    """Take the name of each picture's folder as its class: labels and the sorted class names."""
    names = sorted({path.parent.name for path in paths})
    return [names.index(path.parent.name) for path in paths], names
