"""What a run stores of a data set: gathered while the first pass goes through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cnnviz.core.spool import Spool
from cnnviz.errors import RecordError
from cnnviz.ops.pixels import PixelSpace, pixel_space
from cnnviz.storage.dataset_encoding import DatasetFacts, encode_dataset

if TYPE_CHECKING:
    from cnnviz.core.datasets import Batch, Dataset
    from cnnviz.ops.images import Normalize

__all__ = ["MOST_PROBLEMS", "Gathered", "Gathering", "codes_of"]

SIDE: Final = 64
"""Longest side of a thumbnail, px."""
MOST_IMAGE_BYTES: Final = 64 << 20
"""Of whole images beside their thumbnails."""
MOST_THUMBNAIL_BYTES: Final = 256 << 20
"""Of all thumbnails, where the number of images is known; they get smaller, down to 16 px."""
SMALLEST_SIDE: Final = 16
MOST_PROBLEMS: Final = 20
"""That are told one by one."""
_EXACT: Final = 0.02
"""How far an input may lie from a whole number of 255 to be one."""

Exact = Literal["thumbnails", "images"]


class Gathered(NamedTuple):
    """A data set's file, ready to be written."""

    name: str
    chunks: Iterator[bytes | memoryview]
    positions: np.ndarray
    labels: np.ndarray
    thumbnails: np.ndarray


class Gathering:
    """Gathers thumbnails, labels and places, and the images themselves where they are small."""

    def __init__(self, source: Dataset, examples: Tensor, normalize: Normalize | None) -> None:
        """Begin.

        Args:
            source: what is gone through.
            examples: (N, C, H, W) of the same size and range, N may be 0.
            normalize: what the images were normalised with, if known.
        """
        channels, height, width = examples.shape[1:]
        cpu = torch.device("cpu")
        self._space = pixel_space(normalize, examples, device=cpu, dtype=torch.float32)
        self._source, self._shape = source, list(examples.shape[1:])
        colours = 3 if channels >= 3 else 1
        self._size = _thumbnail_size(height, width, colours, source.total)
        self._shrinks = self._size != (height, width)
        self._thumbnails = Spool((*self._size, colours), np.uint8)
        self._is_exact = channels in (1, 3)
        size = source.total or 0
        small = 0 < size * channels * height * width <= MOST_IMAGE_BYTES
        self._images = (
            Spool((height, width, channels), np.uint8) if small and self._shrinks else None
        )
        self._positions: list[np.ndarray] = []
        self._labels: list[np.ndarray] = []

    def take(self, batch: Batch) -> None:
        """Keep what a batch shows.

        Raises:
            OSError: the temporary folder is full.
        """
        if not len(batch.positions):
            return
        self._positions.append(batch.positions)
        self._labels.append(batch.labels)
        if self._shrinks:
            small = F.interpolate(batch.images, self._size, mode="area")
            self._thumbnails.append(codes_of(small, self._space))
        else:
            self._thumbnails.append(codes_of(batch.images, self._space))
        if self._is_exact and (self._images is not None or not self._shrinks):
            codes, self._is_exact = _whole_codes(batch.images, self._space)
            if self._images is not None:
                self._images.append(codes)

    def state(self) -> dict[str, np.ndarray]:
        """Give all that it holds."""
        held = {
            "thumbnails": self._thumbnails.rows(),
            "positions": np.concatenate([*self._positions, np.zeros(0, np.int64)]),
            "labels": np.concatenate([*self._labels, np.zeros(0, np.int32)]),
            "is_exact": np.array([self._is_exact]),
        }
        return held if self._images is None else held | {"images": self._images.rows()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave.

        Raises:
            RecordError: it does not fit.
        """
        self._thumbnails.restore(arrays["thumbnails"])
        self._positions = [arrays["positions"].astype(np.int64)]
        self._labels = [arrays["labels"].astype(np.int32)]
        self._is_exact = bool(arrays["is_exact"][0])
        if self._images is not None:
            self._images.restore(arrays["images"])
        lengths = {len(self._thumbnails), len(self._positions[0]), len(self._labels[0])}
        if len(lengths) != 1:
            raise RecordError("a pass was stored with unequal numbers of images")

    def finish(
        self, *, class_names: Sequence[str] | None, left_out: int, problems: list[str]
    ) -> Gathered:
        """Give the file.

        Args:
            class_names: of the network's classes.
            left_out: how many images could not be read.
            problems: a sentence each, as many as are told.
        """
        labels = np.concatenate([*self._labels, np.zeros(0, np.int32)]).astype(np.int32)
        positions = np.concatenate([*self._positions, np.zeros(0, np.int64)]).astype(np.int64)
        arrays = {
            "thumbnails": self._thumbnails.rows(),
            "labels": labels,
            "positions": positions,
        }
        exact: Exact | None = None
        if self._is_exact and not self._shrinks:
            exact = "thumbnails"
        elif self._is_exact and self._images is not None:
            exact = "images"
            arrays["images"] = self._images.rows()
        facts = DatasetFacts(
            count=len(labels),
            total=self._source.total,
            shape=self._shape,
            reference=self._source.reference,
            class_names=None if class_names is None else list(class_names),
            mean=(self._space.mean / 255).flatten().tolist(),
            std=(self._space.std / 255).flatten().tolist(),
            exact=exact,
            left_out=left_out,
            problems=problems,
        )
        names = [self._source.name_of(int(at)) for at in positions]
        known = [name for name in names if name is not None]
        name, chunks = encode_dataset(
            facts, arrays, names=known if known and len(known) == len(names) else None
        )
        return Gathered(name, chunks, positions, labels, arrays["thumbnails"])


def codes_of(images: Tensor, space: PixelSpace) -> np.ndarray:
    """Give images in their true colours: uint8 (n, h, w, 3), or (n, h, w, 1) of fewer colours."""
    shown = images[:, :3] if images.shape[1] >= 3 else images[:, :1]
    count = shown.shape[1]
    pixels = torch.addcmul(space.mean[:count], shown.detach().to(space.std), space.std[:count])
    codes = pixels.clamp_(0, 255).round_().permute(0, 2, 3, 1).to("cpu", torch.uint8)
    return np.ascontiguousarray(codes.numpy())


def _whole_codes(images: Tensor, space: PixelSpace) -> tuple[np.ndarray, bool]:
    """Give images as 8 bits a colour, uint8 (n, H, W, C), and whether nothing is lost by it."""
    pixels = torch.addcmul(space.mean, images.to(space.std), space.std)
    whole = pixels.round()
    low, high = whole.aminmax()
    exact = float(pixels.sub_(whole).abs_().max()) < _EXACT and low >= 0 and high <= 255
    codes = whole.clamp_(0, 255).permute(0, 2, 3, 1).to(torch.uint8)
    return np.ascontiguousarray(codes.numpy()), bool(exact)


def _thumbnail_size(height: int, width: int, colours: int, total: int | None) -> tuple[int, int]:
    """Bring the longer side to 64 px or less."""
    side = float(SIDE)
    if total:
        side = min(side, (MOST_THUMBNAIL_BYTES / (total * colours)) ** 0.5)
    scale = min(1.0, max(side, SMALLEST_SIDE) / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))
