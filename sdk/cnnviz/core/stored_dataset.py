"""A data set that a run stores, to look through again without the training's code."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from cnnviz.core.datasets import Batch, DataSet
from cnnviz.errors import UnsuitableError
from cnnviz.storage.datasets import DatasetFile

__all__ = ["StoredDataset", "stored_data_set"]


class StoredDataset:
    """The inputs of a data set's file; a position is a row."""

    def __init__(self, file: DatasetFile) -> None:
        """Take an open file.

        Raises:
            UnsuitableError: it has thumbnails only.
        """
        if not file.stores_inputs:
            message = (
                f"the run keeps thumbnails of its data set ({file.facts.reference}), not the "
                "inputs: look through it with cnnviz inspect --dataset, or while training"
            )
            raise UnsuitableError(message)
        self._file = file
        self.total: int | None = len(file)
        self.reference = file.facts.reference

    def batches(self, size: int, positions: np.ndarray | None = None) -> Iterator[Batch]:
        """Go through it."""
        wanted = np.arange(len(self._file)) if positions is None else positions
        for start in range(0, len(wanted), size):
            part = wanted[start : start + size].astype(np.int64)
            images = torch.from_numpy(self._file.inputs(part.tolist()))
            yield Batch(part, images, self._file.labels[part])

    def name_of(self, position: int) -> str | None:
        """Give the file's name that was stored."""
        names = self._file.names
        return None if names is None else names[position]


def stored_data_set(file: DatasetFile) -> DataSet:
    """Give a stored data set with the rows that it has.

    Raises:
        UnsuitableError: it has thumbnails only.
    """
    return DataSet(
        StoredDataset(file),
        name=file.name,
        positions=np.arange(len(file), dtype=np.int64),
        labels=file.labels,
        thumbnails=file.thumbnails,
    )
