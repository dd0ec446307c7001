"""A data set as a training takes it: some images held out, the others in random batches."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.datasets import Arrays, DataSet, Dataset
from cnnviz.errors import ParamsError

__all__ = ["TrainingImages"]

IN_MEMORY: Final = 1 << 30
"""Bytes of images that are read once and kept; more are read again for every batch."""
_READ: Final = 64
"""Images read at once."""
MOST_HELD_OUT: Final = 1024


class TrainingImages:
    """A data set parted in two, gone through in an order that depends on seed and step alone."""

    def __init__(self, data: DataSet, *, held_out: float, seed: int, fewest: int, of: str) -> None:
        """Part it.

        Args:
            data: with its rows, where they are fixed already.
            held_out: share of the images that no batch has, in 0 … 1; 1024 at most.
            seed: of the order.
            fewest: images that are needed in all.
            of: the method's name, for the message.

        Raises:
            ParamsError: too few images, or none that can be read.
        """
        self._seed, self._of = seed, of
        self._source, positions = _kept(data, of)
        if len(positions) < fewest:
            message = f"{of} needs at least {fewest} images to learn from, got {len(positions)}: "
            raise ParamsError(f"{message}record a data set with the run, or give a larger folder")
        random = np.random.default_rng([seed, 0])
        order = random.permutation(positions)
        out = min(max(round(len(order) * held_out), 1), MOST_HELD_OUT)
        self.held_out = np.sort(order[:out])
        """int64: places of the images that are held out."""
        self.trained = np.sort(order[out:])
        """int64: places of those that batches have."""
        self.reference = data.source.reference

    def take(self, positions: np.ndarray) -> Tensor:
        """Give images, (n, C, H, W) on the CPU, in increasing order of their places.

        Raises:
            ParamsError: none of them can be read; the message says why.
        """
        batches = list(self._source.batches(max(len(positions), 1), np.sort(positions)))
        images = torch.cat([batch.images for batch in batches])
        if not len(images):
            problems = [text for batch in batches for text in batch.problems]
            reason = problems[0] if problems else "the data set gives none of them"
            raise ParamsError(f"{self._of}: no image of a batch can be read: {reason}")
        return images.float()

    def batch(self, step: int, size: int) -> Tensor:
        """Give the images of a step, from 0; each image comes once an epoch.

        Raises:
            ParamsError: none of them can be read.
        """
        size = min(size, len(self.trained))
        epoch, place = divmod(step, len(self.trained) // size)
        order = np.random.default_rng([self._seed, 1, epoch]).permutation(self.trained)
        return self.take(order[place * size : (place + 1) * size])


def _kept(data: DataSet, of: str) -> tuple[Dataset, np.ndarray]:
    """Read small sets into memory, and those whose length only going through tells."""
    source, positions = data.source, data.positions
    if source.total is None:
        return _in_memory(source, None, of)
    if positions is None:
        positions = np.arange(source.total, dtype=np.int64)
    if not len(positions):
        return source, positions
    first = next(iter(source.batches(1, positions[:1])))
    size = math.prod(first.images.shape[1:]) * 4
    return (
        _in_memory(source, positions, of)
        if size * len(positions) <= IN_MEMORY
        else (
            source,
            positions.astype(np.int64),
        )
    )


def _in_memory(
    source: Dataset, positions: np.ndarray | None, of: str
) -> tuple[Dataset, np.ndarray]:
    images: list[Tensor] = []
    held, problem = 0, ""
    for batch in source.batches(_READ, positions):
        problem = problem or next(iter(batch.problems), "")
        if len(batch.images):
            images.append(batch.images.float().cpu())
            held += images[-1].nbytes
        if positions is None and held > IN_MEMORY:
            break
    if not images:
        reason = f": {problem}" if problem else ""
        raise ParamsError(f"{of}: the data set has no image that can be read{reason}")
    together = torch.cat(images)
    shape: tuple[int, int, int] = tuple(together.shape[1:])  # type: ignore[assignment]
    return Arrays(together, None, shape), np.arange(len(together), dtype=np.int64)
