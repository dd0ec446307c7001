"""Rows that outgrow the memory: appended to a file without a name, and mapped in the end."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

import numpy as np

from cnnviz.errors import RecordError

__all__ = ["Spool"]


class Spool:
    """Equal rows, one after the other, in a file of the temporary folder that goes with us."""

    def __init__(self, shape: Sequence[int], dtype: Any) -> None:
        """Begin without a row.

        Args:
            shape: of one row.
            dtype: of its numbers.

        Raises:
            OSError: the temporary folder cannot be written.
        """
        self._shape, self._dtype = tuple(shape), np.dtype(dtype)
        self._file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - it lives with us
        self._count = 0
        weakref.finalize(self, self._file.close)  # what is mapped stays without it

    def __len__(self) -> int:
        """Count the rows."""
        return self._count

    def append(self, rows: np.ndarray) -> None:
        """Add rows, (n, …).

        Raises:
            OSError: the disk is full.
        """
        values = np.ascontiguousarray(rows, self._dtype).reshape(len(rows), *self._shape)
        self._file.write(values.reshape(-1).view(np.uint8).data)
        self._count += len(rows)

    def restore(self, rows: np.ndarray) -> None:
        """Begin anew with rows that were stored.

        Raises:
            RecordError: they are of another shape or type.
        """
        if rows.shape[1:] != self._shape or rows.dtype != self._dtype:
            message = f"stored rows are {rows.dtype} {rows.shape[1:]}, expected {self._dtype}"
            raise RecordError(message)
        self._file.seek(0)
        self._file.truncate()
        self._count = 0
        self.append(rows)

    def rows(self) -> np.ndarray:
        """Map all rows, (M, …), read-only; the pages lie in the file."""
        self._file.flush()
        shape = (self._count, *self._shape)
        if not np.prod(shape):
            return np.zeros(shape, self._dtype)
        return np.memmap(self._file, self._dtype, mode="r", shape=shape)
