"""A file in which long work keeps what it has, so that it goes on there when it was stopped."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from cnnviz.errors import CnnvizError, RecordError
from cnnviz.storage.files import StoredFile, open_file
from cnnviz.storage.manifests import digest_of, encode_json, sealed_text
from cnnviz.storage.tensors import Slot, crc32c, encode_tensors, read_header, to_array
from cnnviz.storage.whole_files import write_whole

__all__ = ["StateFile"]

EVERY: Final = 20.0
"""Seconds between two saves …"""
COST: Final = 20
"""… and at least so many times what a save takes."""
LARGEST: Final = 8 << 30
"""Bytes of a state that is read."""


class _Said(msgspec.Struct, frozen=True):
    """What the file's header says."""

    key: str
    facts: dict[str, Any]
    crc32c: dict[str, int]


class StateFile:
    """Arrays and facts under a key; written whole, its bytes checked when it is read."""

    def __init__(self, path: Path, key: str, *, what: str) -> None:
        """Prepare; nothing is read or written yet.

        Args:
            path: of the file.
            key: names all that the work's outcome depends on: another work's state is not used.
            what: the work, in a word, for messages: pass, training.
        """
        self._path, self._key, self._what = path, key, what
        self._next = time.monotonic() + EVERY

    @property
    def is_due(self) -> bool:
        """Whether it is time to save: 20 s, and 20 times what a save takes, after the last one."""
        return time.monotonic() >= self._next

    def load(self) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Read the state of work that was stopped; None where there is none that fits.

        Raises:
            RecordError: it fits, and is damaged; it is removed, so that the next try begins anew.
        """
        try:
            file = open_file(self._path)
            header = read_header(file) if file.size <= LARGEST else None
            if header is None:
                return None
            said = msgspec.json.decode(sealed_text(header.metadata, label=file.label), type=_Said)
        except (OSError, CnnvizError, msgspec.MsgspecError):
            return None
        if said.key != self._key:
            return None
        try:
            arrays = {
                name: _checked(file, slot, said.crc32c.get(name))
                for name, slot in header.slots.items()
            }
        except (OSError, CnnvizError) as error:
            raise self.useless(error) from error
        return arrays, said.facts

    def save(
        self, gather: Callable[[], Mapping[str, np.ndarray]], facts: Mapping[str, Any]
    ) -> None:
        """Write it now, arrays and what is said of them; a full disk does not end the work."""
        began = time.monotonic()
        arrays = gather()
        sums = {name: crc32c(array) for name, array in arrays.items()}
        text = encode_json(_Said(self._key, dict(facts), sums))
        metadata = {"cnnviz": text.decode(), "sha256": digest_of(text)}
        with contextlib.suppress(OSError):
            write_whole(self._path, encode_tensors(arrays, metadata), durable=False)
        now = time.monotonic()
        self._next = now + max(EVERY, COST * (now - began))

    def remove(self) -> None:
        """Forget it: the work is done."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def useless(self, error: Exception) -> RecordError:
        """Remove a state that cannot be used; give what is to be raised."""
        self.remove()
        return RecordError(
            f"the {self._what} that was stopped cannot be gone on with ({error}): start it again"
        )


def _checked(file: StoredFile, slot: Slot, expected: int | None) -> np.ndarray:
    data = file.read(slot.start, slot.nbytes)
    if crc32c(data) != expected:
        raise RecordError("its bytes are not those that were written")
    return to_array(data, slot, slot.shape)
