"""A few bytes of one snapshot file among hundreds: for film strips and curves over all steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import msgspec
import numpy as np

from cnnviz.contract.records import array_name
from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.files import StoredFile
from cnnviz.storage.tensors import Claim, Slot, check_claim, header_text, to_array

__all__ = ["Glance"]


class _Stated(msgspec.Struct):
    sha256: str = ""


class Glance:
    """A snapshot file opened five times as fast as `SnapshotFile`, for a caller with its manifest.

    The manifest in the file is not decoded and nothing is summed: what is read is as it lies there.
    """

    def __init__(self, file: StoredFile, digest: str) -> None:
        """Read the header.

        Args:
            file: of an opened logdir.
            digest: of the capture that it must be.

        Raises:
            RecordError: damaged, cut, or another capture's.
        """
        self._file, self.label = file, file.label
        text, self._data_start = header_text(file)
        try:
            self._claims = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
            metadata = self._claims.pop("__metadata__", msgspec.Raw(b"{}"))
            stated = msgspec.json.decode(metadata, type=_Stated).sha256
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            message = f"{self.label} is damaged: its header is not JSON ({error})"
            raise RecordError(message) from None
        if stated != digest:
            message = f"{self.label} is another capture's: its manifest is not the one asked for"
            raise RecordError(message)

    def shape(self, key: str, name: str) -> tuple[int, ...]:
        """Give an array's shape.

        Raises:
            MissingError: no such array.
            RecordError: its place in the file cannot be as it says.
        """
        return self._slot(array_name(key, name)).shape

    def part(
        self, key: str, name: str, where: Sequence[int], *, span: tuple[int, int] | None = None
    ) -> np.ndarray:
        """Read what lies at a position on the first axes; its sum is not checked.

        Args:
            key: the record's key.
            name: the array's name in the record.
            where: position on each of the first axes, >= 0; may be empty.
            span: first and last position (not included) on the next axis; None for all of it.

        Returns:
            The array, read-only, without the axes that `where` names.

        Raises:
            MissingError: no such array or position.
            RecordError: the file is cut.
        """
        full = array_name(key, name)
        slot = self._slot(full)
        start, nbytes, shape = slot.start, slot.nbytes, slot.shape
        for position in where:
            if not shape or not 0 <= position < shape[0]:
                self._no_part(full, slot, where)
            nbytes //= shape[0]
            start, shape = start + position * nbytes, shape[1:]
        if span is not None:
            if not shape or not 0 <= span[0] <= span[1] <= shape[0]:
                self._no_part(full, slot, [*where, *span])
            each = nbytes // max(shape[0], 1)
            start, nbytes = start + span[0] * each, (span[1] - span[0]) * each
            shape = (span[1] - span[0], *shape[1:])
        return to_array(self._file.read(start, nbytes), slot, shape)

    def _slot(self, full: str) -> Slot:
        raw = self._claims.get(full)
        if raw is None:
            message = f"{self.label} has no array {full!r}"
            raise MissingError(message)
        try:
            claim = msgspec.json.decode(raw, type=Claim)
        except msgspec.MsgspecError as error:
            message = f"{self.label} is damaged: array {full!r}: {error}"
            raise RecordError(message) from None
        start, end = claim.data_offsets
        if start < 0 or self._data_start + end > self._file.size:
            message = f"{self.label} is cut: array {full!r} lies beyond its end"
            raise RecordError(message)
        return check_claim(self._file, full, claim, position=start, data_start=self._data_start)

    def _no_part(self, full: str, slot: Slot, where: Sequence[int]) -> NoReturn:
        message = f"{self.label}: {full} of shape {list(slot.shape)} has no part {list(where)}"
        raise MissingError(message)
