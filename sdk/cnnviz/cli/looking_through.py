"""What `cnnviz inspect` looks through for top patches and embeddings, with a bar that moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cnnviz.cli.demo_data import load_data_set
from cnnviz.cli.pictures import find_pictures
from cnnviz.cli.screen import progress_console
from cnnviz.errors import ParamsError
from cnnviz.ops.pictures import Preparation

if TYPE_CHECKING:
    from cnnviz.core.datasets import Batch, Dataset

__all__ = ["Watched", "folder_of_pictures", "named_set"]

NAMED = ("fashion-mnist", "cifar10", "digits")


class Watched:
    """A data set that draws a bar while it is gone through."""

    def __init__(self, inner: Dataset) -> None:
        """Take the data set."""
        self._inner, self.total, self.reference = inner, inner.total, inner.reference

    def batches(self, size: int, positions: np.ndarray | None = None) -> Iterator[Batch]:
        """Go through it."""
        columns = (
            TextColumn("looking through the data set"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        total = self.total if positions is None else len(positions)
        with Progress(*columns, console=progress_console, transient=True) as bar:
            task = bar.add_task("", total=total)
            for batch in self._inner.batches(size, positions):
                yield batch
                bar.advance(task, len(batch.positions) + len(batch.problems))

    def name_of(self, position: int) -> str | None:
        """Give the file's name."""
        return self._inner.name_of(position)


def named_set(name: str, preparation: Preparation) -> Dataset:
    """Load one of the demo's data sets, its test images, or with `:train` those for training.

    Raises:
        ParamsError: no such set, or of images that the model does not take.
    """
    from cnnviz.core.picture_sets import PictureArray

    known, _, part = name.partition(":")
    if known not in NAMED or part not in {"", "test", "train"}:
        message = f"--dataset takes a folder or one of {', '.join(NAMED)}, got {name!r}"
        raise ParamsError(message, field="dataset")
    data = load_data_set(known)
    train = part == "train"
    images, labels = (data.images, data.labels) if train else (data.test_images, data.test_labels)
    wanted = (preparation.channels, *preparation.size)
    if images.shape[1:] != wanted:
        message = f"the images of {name} are {images.shape[1:]}, the model takes {wanted}"
        raise ParamsError(message, field="dataset")
    mean, std = preparation.mean, preparation.std
    reference = f"{data.name}, {'training' if train else 'test'} images"
    return PictureArray(images, labels, mean=mean, std=std, reference=reference)


def folder_of_pictures(
    folder: Path, preparation: Preparation, class_names: Sequence[str] | None
) -> Dataset:
    """Take a folder; sub-folders with the names of classes give labels.

    Raises:
        ParamsError: there is no such folder, or no picture in it.
    """
    from cnnviz.core.picture_sets import PictureFolder

    paths = find_pictures(folder)
    known = {name.lower(): index for index, name in enumerate(class_names or [])}
    labels = [known.get(path.parent.name.lower(), -1) for path in paths]
    return PictureFolder(paths, preparation, folder=folder, labels=labels)
