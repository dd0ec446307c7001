"""A picture file as a network takes it: decoded within bounds, resized, cut, normalised."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from PIL import Image, ImageOps

from cnnviz.errors import ParamsError

__all__ = ["Preparation", "read_picture"]

MODES: Final = {1: "L", 3: "RGB", 4: "RGBA"}
LONGEST: Final = 16
"""Times its width that a picture may be long before its ends are cut off, and the other way."""


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
        picture = _without_ends(picture)
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


def _without_ends(picture: Image.Image) -> Image.Image:
    """Cut a ribbon short: resized by its narrow side it could take any amount of memory."""
    longest = LONGEST * min(picture.size)
    width, height = min(picture.width, longest), min(picture.height, longest)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def read_picture(source: Path | BinaryIO, *, formats: tuple[str, ...] | None = None) -> Image.Image:
    """Read one picture upright, as RGB or RGBA of 8 bits a channel.

    Args:
        source: the file.
        formats: Pillow's names of those that may be decoded; None for all.

    Raises:
        OSError: not an image, cut short, or of a size that no photograph has; ValueError likewise.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(source, formats=formats) as file:
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
