"""Data sets of pictures, prepared as a network takes them: a folder of files, or an array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import torch

from cnnviz.core.datasets import Batch
from cnnviz.ops.pictures import Preparation, read_picture

__all__ = ["PictureArray", "PictureFolder"]

READERS: Final = 2
"""Threads that decode the next batch while the network runs."""


class PictureFolder:
    """Picture files, read when asked for; one that cannot be read is left out and named."""

    def __init__(
        self,
        paths: Sequence[Path],
        preparation: Preparation,
        *,
        folder: Path,
        labels: Sequence[int] | None = None,
    ) -> None:
        """Take the names; nothing is read yet.

        Args:
            paths: of the files.
            preparation: how a picture becomes an input.
            folder: by which files are named.
            labels: one for each file, −1 where not known.
        """
        self._paths, self._preparation, self._folder = list(paths), preparation, folder
        self._labels = np.array([-1] * len(paths) if labels is None else labels, np.int32)
        self.total: int | None = len(self._paths)
        self.reference = f"{len(self._paths)} files in {folder}"

    def batches(self, size: int, positions: np.ndarray | None = None) -> Iterator[Batch]:
        """Go through it; the next batch is read meanwhile."""
        wanted = np.arange(len(self._paths)) if positions is None else positions
        parts = [wanted[start : start + size] for start in range(0, len(wanted), size)]
        with ThreadPoolExecutor(READERS) as pool:
            ahead = [pool.submit(self._read, int(at)) for at in parts[0]] if parts else []
            for part, after in zip(parts, [*parts[1:], parts[0][:0]], strict=True):
                futures = ahead
                ahead = [pool.submit(self._read, int(at)) for at in after]
                yield self._batch(part, futures)

    def name_of(self, position: int) -> str | None:
        """Give a file's path in the folder."""
        path = self._paths[position]
        inside = path.is_relative_to(self._folder) and path != self._folder
        return (path.relative_to(self._folder) if inside else Path(path.name)).as_posix()

    def _read(self, position: int) -> np.ndarray | str:
        try:
            return self._preparation(read_picture(self._paths[position]))
        except (OSError, ValueError) as error:
            text = str(error)
            reason = "it is not an image" if "cannot identify" in text else text
            reason = getattr(error, "strerror", None) or reason
            return f"{self.name_of(position)} is left out: {reason}"

    def _batch(self, part: np.ndarray, futures: list[Future[np.ndarray | str]]) -> Batch:
        read = [future.result() for future in futures]
        there = [index for index, one in enumerate(read) if isinstance(one, np.ndarray)]
        size = (self._preparation.channels, *self._preparation.size)
        inputs = [one for one in read if isinstance(one, np.ndarray)]
        images = torch.from_numpy(np.stack(inputs)) if inputs else torch.zeros(0, *size)
        problems = [one for one in read if isinstance(one, str)]
        return Batch(part[there], images, self._labels[part[there]], problems)


class PictureArray:
    """Pictures of 8 bits a colour that lie in memory, all of the network's own size."""

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        mean: Sequence[float],
        std: Sequence[float],
        reference: str,
    ) -> None:
        """Take them by reference.

        Args:
            images: uint8 (M, C, H, W).
            labels: (M,).
            mean: taken from values in 0 … 1, one number or one a colour.
            std: what they are divided by then.
            reference: what it is, in words.
        """
        self._images, self._labels = images, labels.astype(np.int32)
        self._mean, self._std = (np.array(one, np.float32).reshape(-1, 1, 1) for one in (mean, std))
        self.total: int | None = len(images)
        self.reference = reference

    def batches(self, size: int, positions: np.ndarray | None = None) -> Iterator[Batch]:
        """Go through it."""
        wanted = np.arange(len(self._images)) if positions is None else positions
        for start in range(0, len(wanted), size):
            part = wanted[start : start + size]
            values = self._images[part].astype(np.float32) / np.float32(255)
            images = torch.from_numpy((values - self._mean) / self._std)
            yield Batch(part, images, self._labels[part])

    def name_of(self, position: int) -> str | None:  # noqa: ARG002 - of the protocol
        """Give None: there are no files."""
        return None
