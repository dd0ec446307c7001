"""A data set that methods looked through: thumbnails, labels and where each image comes from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.dataset_encoding import BLOCK, NAME_LENGTH, DatasetFacts
from cnnviz.storage.files import StoredFile
from cnnviz.storage.manifests import decode_json, digest_of, sealed_text
from cnnviz.storage.tensors import Slot, crc32c, read_header, to_array

__all__ = ["DatasetFile"]


class DatasetFile:
    """A stored data set, opened for reading: facts at once, images when asked for.

    What is handed out was checked by its sums.
    """

    facts: DatasetFacts
    digest: str

    def __init__(self, file: StoredFile) -> None:
        """Read and check the header.

        Raises:
            RecordError: damaged, cut, or newer than this version reads.
        """
        self._file, self.label, self.stamp = file, file.label, file.stamp
        header = read_header(file)
        text = sealed_text(header.metadata, label=file.label)
        self.digest = digest_of(text)
        self.facts = decode_json(text, DatasetFacts, label=file.label)
        self._slots = header.slots
        self._check()

    @property
    def name(self) -> str:
        """By which records speak of it."""
        return self.digest[:NAME_LENGTH]

    def __len__(self) -> int:
        """Count the images."""
        return self.facts.count

    @property
    def thumbnail_shape(self) -> tuple[int, int, int]:
        """Height, width and colours of a thumbnail."""
        _, height, width, colours = self._slots["thumbnails"].shape
        return height, width, colours

    @property
    def stores_inputs(self) -> bool:
        """Whether a network can look at the images again."""
        return self.facts.exact is not None

    @cached_property
    def labels(self) -> np.ndarray:
        """Class of each image, int32 (M,), -1 where not known."""
        return self._array("labels")

    @cached_property
    def positions(self) -> np.ndarray:
        """Where each image lies in the set that was given, int64 (M,)."""
        return self._array("positions")

    @cached_property
    def names(self) -> list[str] | None:
        """The files' names, M of them; None where the images come from no files.

        Raises:
            RecordError: they are damaged.
        """
        if "names" not in self._slots:
            return None
        names = self._array("names").tobytes().decode(errors="replace").split("\n")
        if len(names) != self.facts.count:
            message = f"{self.label} is damaged: it has {len(names)} names of {self.facts.count}"
            raise RecordError(message)
        return names

    def thumbnails(self, rows: Sequence[int] | None = None) -> np.ndarray:
        """Give thumbnails, uint8 (n, h, w, 3 or 1); of some rows only their blocks are read.

        Raises:
            MissingError: a row that is not there.
            RecordError: the bytes are not those that were written.
        """
        if rows is None:
            return self._array("thumbnails")
        wanted = np.asarray(rows, np.int64)
        self._check_rows(wanted)
        found = np.empty((len(wanted), *self.thumbnail_shape), np.uint8)
        for block in np.unique(wanted // BLOCK):
            inside = wanted // BLOCK == block
            found[inside] = self._block(int(block))[wanted[inside] % BLOCK]
        return found

    def inputs(self, rows: Sequence[int]) -> np.ndarray:
        """Give inputs as the network took them, float32 (n, C, H, W).

        Raises:
            MissingError: they are not stored, or a row is not there.
            RecordError: the bytes are not those that were written.
        """
        if self.facts.exact is None:
            message = f"{self.label} does not hold the inputs, only thumbnails"
            raise MissingError(message)
        if self.facts.exact == "thumbnails":
            codes = self.thumbnails(rows)
        else:
            self._check_rows(np.asarray(rows, np.int64))
            slot = self._slots["images"]
            size = slot.nbytes // max(self.facts.count, 1)
            parts = [self._file.read(slot.start + int(row) * size, size) for row in rows]
            codes = to_array(b"".join(parts), slot, (len(parts), *slot.shape[1:]))
        values = codes.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
        if self.facts.mean is not None and self.facts.std is not None:
            mean, std = (np.array(one, np.float32) for one in (self.facts.mean, self.facts.std))
            values = (values - mean[:, None, None]) / std[:, None, None]
        return np.ascontiguousarray(values)

    def check(self) -> None:
        """Read everything and check its sums.

        Raises:
            RecordError: an array that is damaged.
        """
        for name in self._slots:
            self._array(name)
        if self.label.rpartition("/")[2] != f"{self.name}.safetensors":
            message = f"{self.label} is misnamed: it is the data set {self.name}"
            raise RecordError(message)

    def _check_rows(self, rows: np.ndarray) -> None:
        beyond = rows[(rows < 0) | (rows >= self.facts.count)]
        if len(beyond):
            message = f"{self.label} has images 0 … {self.facts.count - 1}, got {int(beyond[0])}"
            raise MissingError(message)

    def _block(self, block: int) -> np.ndarray:
        slot, size = self._slots["thumbnails"], int(np.prod(self.thumbnail_shape))
        first = block * BLOCK
        count = min(BLOCK, self.facts.count - first)
        data = self._file.read(slot.start + first * size, count * size)
        if crc32c(data) != int(self._sums[block]):
            message = f"{self.label} is damaged: thumbnails from {first} on lack their CRC-32C"
            raise RecordError(message)
        return to_array(data, slot, (count, *self.thumbnail_shape))

    @cached_property
    def _sums(self) -> np.ndarray:
        return self._array("sums")

    def _array(self, name: str) -> np.ndarray:
        slot = self._slots[name]
        data = self._file.read(slot.start, slot.nbytes)
        if crc32c(data) != self.facts.crc32c.get(name):
            message = f"{self.label} is damaged: {name} do not have their CRC-32C"
            raise RecordError(message)
        return to_array(data, slot, slot.shape)

    def _check(self) -> None:
        """Check that the arrays are those of the header.

        Raises:
            RecordError: they are not.
        """
        facts, fits = self.facts, len(self.facts.shape) == 3 and min(self.facts.shape) > 0
        expected = {"labels": (facts.count,), "positions": (facts.count,)}
        expected["sums"] = (-(-facts.count // BLOCK),)
        types = {"labels": "int32", "positions": "int64", "sums": "uint32"}
        for name, shape in expected.items():
            slot = self._slots.get(name)
            fits = (
                fits and slot is not None and (slot.shape, slot.numpy_name) == (shape, types[name])
            )
        fits = fits and _is_pictures(self._slots.get("thumbnails"), facts.count)
        if facts.exact is not None and fits:
            fits = self._fits_inputs(facts.exact)
        if not fits:
            message = f"{self.label} is damaged: its arrays are not as its header says"
            raise RecordError(message)

    def _fits_inputs(self, name: str) -> bool:
        slot, channels = self._slots.get(name), self.facts.shape[0]
        if slot is None or not _is_pictures(slot, self.facts.count):
            return False
        size = (*self.facts.shape[1:], channels)
        given = [len(part) for part in (self.facts.mean, self.facts.std) if part is not None]
        return slot.shape[1:] == size and given in ([], [channels] * 2)


def _is_pictures(slot: Slot | None, count: int) -> bool:
    if slot is None or slot.numpy_name != "uint8" or len(slot.shape) != 4:
        return False
    return slot.shape[0] == count and slot.shape[-1] in (1, 3) and 0 not in slot.shape[1:]
