"""A data set that methods look through: images and labels by their place in it, batch by batch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.batches import Batch
from cnnviz.core.dataset_items import Items, Stream
from cnnviz.errors import ParamsError

__all__ = ["Arrays", "Batch", "DataSet", "Dataset", "open_dataset", "spread"]

Shape = tuple[int, int, int]


class Dataset(Protocol):
    """Where images come from; can be gone through as often as one likes."""

    reference: str
    """What it is, in words."""
    total: int | None
    """Images in all; None where only going through tells."""

    def batches(self, size: int, positions: np.ndarray | None = None) -> Iterator[Batch]:
        """Go through it.

        Args:
            size: images at once, at most.
            positions: those wanted, increasing; None for all.
        """
        ...

    def name_of(self, position: int) -> str | None:
        """Give an image's file name; None where it comes from no file."""
        ...


@dataclass
class DataSet:
    """A data set with the rows that its images have in the records."""

    source: Dataset
    seconds: float = math.inf
    """What a pass may take; where all images take longer, the first pass chooses fewer."""
    is_stored: bool = True
    """Whether records speak of it by a file's name."""
    name: str | None = None
    """Of that file."""
    state: Path | None = None
    """File by which a pass that was stopped goes on; None for passes that are short."""
    positions: np.ndarray | None = None
    """int64 (M,): place of each row's image; None before the first pass, which fixes the rows."""
    labels: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int32))
    """int32 (M,), -1 where not known."""
    thumbnails: Callable[[], np.ndarray] | None = None
    """Gives uint8 (M, h, w, 3 or 1), by which pixels are compared."""


def spread(total: int, count: int) -> np.ndarray:
    """Choose `count` of `total` places evenly, increasing: int64."""
    count = min(count, total)
    return np.arange(count, dtype=np.int64) * total // max(count, 1)


def open_dataset(source: Any, shape: Shape) -> Dataset:
    """Make a data set of what a user has, and look at its first image.

    Args:
        source: a torch Dataset, a DataLoader (its set, image by image and in its own order), a pair
            (images, labels) of tensors, or anything of (image, label) pairs or batches of them that
            can be gone through again.
        shape: of one image, as the network takes it.

    Raises:
        ParamsError: nothing of this kind, empty, or of images that the network does not take.
    """
    if all(hasattr(source, name) for name in ("batches", "name_of", "total")):
        opened: Dataset = source
        return opened
    loader = isinstance(source, torch.utils.data.DataLoader)
    inner = source.dataset if loader else source
    if isinstance(inner, torch.utils.data.TensorDataset):
        inner = tuple(inner.tensors[:2])
    found: Dataset
    if _is_pair(inner):
        found = Arrays(inner[0], inner[1] if len(inner) > 1 else None, shape)
    elif hasattr(inner, "__getitem__") and hasattr(inner, "__len__"):
        found = Items(inner, shape)
    elif hasattr(source, "__iter__") and not hasattr(source, "__next__"):
        found = Stream(source, shape)
    else:
        again = " that can be gone through only once" if hasattr(source, "__next__") else ""
        message = (
            "dataset must be a torch Dataset, a DataLoader, a pair of tensors or a list of (image, "
            f"label), got {type(source).__name__}{again}"
        )
        raise ParamsError(message, field="dataset")
    _check_first(found)
    return found


def _is_pair(source: object) -> bool:
    return isinstance(source, tuple) and isinstance(source[0] if source else None, Tensor)


def _check_first(dataset: Dataset) -> None:
    """Look at the first image: what is wrong with it is most likely wrong with all."""
    if dataset.total == 0:
        raise ParamsError("dataset is empty: it needs at least one image", field="dataset")
    first = None if dataset.total is None else np.zeros(1, np.int64)
    batch = next(iter(dataset.batches(1, first)), None)
    if batch is None:
        raise ParamsError("dataset is empty: it needs at least one image", field="dataset")
    if not len(batch.positions):
        raise ParamsError(f"dataset: {batch.problems[0]}", field="dataset")


class Arrays:
    """Images that lie in memory, all in one tensor."""

    def __init__(self, images: Tensor, labels: Any, shape: Shape) -> None:
        """Take them by reference.

        Raises:
            ParamsError: images that the network does not take, or not a label each.
        """
        if images.ndim != 4 or tuple(images.shape[1:]) != shape or not images.is_floating_point():
            message = (
                f"dataset: its images must be floats of shape {shape} as the model takes them, got "
                f"{images.dtype} {tuple(images.shape[1:])}"
            )
            raise ParamsError(message, field="dataset")
        self._images = images.detach()
        self._labels = np.full(len(images), -1, np.int32)
        if labels is not None:
            given = torch.as_tensor(labels).detach().cpu().numpy()
            if given.shape != (len(images),):
                message = f"dataset: {len(images)} images need a label each, got {given.shape}"
                raise ParamsError(message, field="dataset")
            self._labels = given.astype(np.int32)
        self.total: int | None = len(images)
        self.reference = f"{len(images)} images in memory"

    def batches(self, size: int, positions: np.ndarray | None = None) -> Iterator[Batch]:
        """Go through it."""
        wanted = np.arange(len(self._images)) if positions is None else positions
        for start in range(0, len(wanted), size):
            some = wanted[start : start + size]
            images = self._images[torch.from_numpy(some).to(self._images.device)]
            finite = torch.isfinite(images).flatten(1).all(1).cpu().numpy()
            bad = [
                f"image {at} is left out: it has values that are not finite" for at in some[~finite]
            ]
            if bad:
                images, some = images[torch.from_numpy(finite)], some[finite]
            yield Batch(some, images, self._labels[some], bad)

    def name_of(self, position: int) -> str | None:  # noqa: ARG002 - of the protocol
        """Give None: there are no files."""
        return None
