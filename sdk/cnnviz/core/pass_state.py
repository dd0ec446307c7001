"""What a pass over a data set has found so far, in a file, so that one that was stopped goes on."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
import numpy as np
import torch
from torch import Tensor

from cnnviz.errors import CnnvizError, RecordError
from cnnviz.storage.files import StoredFile, open_file
from cnnviz.storage.manifests import digest_of, encode_json, sealed_text
from cnnviz.storage.tensors import Slot, crc32c, encode_tensors, read_header, to_array
from cnnviz.storage.whole_files import write_whole

if TYPE_CHECKING:
    from cnnviz.core.requests import Request
    from cnnviz.graph.net import Net

__all__ = ["STATE_FILE", "Keeps", "PassState", "Progress", "fill", "key_of_pass"]

STATE_FILE: Final = ".pass.safetensors"
"""In `<run>/plugins/cnnviz`; names that begin with a dot are no part of a run."""
EVERY: Final = 20.0
"""Seconds between two saves …"""
COST: Final = 20
"""… and at least so many times what a save takes."""
LARGEST: Final = 8 << 30
"""Bytes of a state that is read."""


class Keeps(Protocol):
    """Something that fills up during a pass."""

    def state(self) -> Mapping[str, np.ndarray]:
        """Give all that it holds."""

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave; RecordError, KeyError or ValueError where it does not fit."""


class Progress(msgspec.Struct, frozen=True):
    """How far a pass is."""

    key: str
    """Names network, weights, requests and images: another pass is never gone on with."""
    seen: int
    left_out: int
    problems: list[str]
    crc32c: dict[str, int]


class PassState:
    """The file of one pass."""

    def __init__(self, path: Path, key: str, parts: Callable[[], Mapping[str, Keeps]]) -> None:
        """Prepare; nothing is read or written yet.

        Args:
            path: of the file.
            key: of the pass.
            parts: gives what is saved, by name.
        """
        self._path, self._key, self._parts = path, key, parts
        self._next = time.monotonic() + EVERY

    def load(self) -> Progress | None:
        """Restore the parts of a pass that was stopped; None where there is none that fits.

        Raises:
            RecordError: it fits, and cannot be restored; it is removed, so that the next try begins
                anew.
        """
        try:
            file = open_file(self._path)
            header = read_header(file) if file.size <= LARGEST else None
            if header is None:
                return None
            text = sealed_text(header.metadata, label=file.label)
            found = msgspec.json.decode(text, type=Progress)
        except (OSError, CnnvizError, msgspec.MsgspecError):
            return None
        if found.key != self._key:
            return None
        try:
            arrays = {
                name: _checked(file, slot, found.crc32c.get(name))
                for name, slot in header.slots.items()
            }
            for name, part in self._parts().items():
                start = f"{name}|"
                own = {
                    key.removeprefix(start): a for key, a in arrays.items() if key.startswith(start)
                }
                part.restore(own)
        except (OSError, CnnvizError, KeyError, ValueError) as error:
            self.remove()
            message = f"the pass that was stopped cannot be gone on with ({error}): start it again"
            raise RecordError(message) from error
        return found

    def save(self, seen: int, left_out: int, problems: Sequence[str]) -> None:
        """Write how far the pass is, if it is time to; a disk that is full does not end a pass."""
        began = time.monotonic()
        if began < self._next:
            return
        arrays = {
            f"{name}|{key}": array
            for name, part in self._parts().items()
            for key, array in part.state().items()
        }
        sums = {name: crc32c(array) for name, array in arrays.items()}
        text = encode_json(Progress(self._key, seen, left_out, list(problems), sums))
        metadata = {"cnnviz": text.decode(), "sha256": digest_of(text)}
        with contextlib.suppress(OSError):
            write_whole(self._path, encode_tensors(arrays, metadata), durable=False)
        now = time.monotonic()
        self._next = now + max(EVERY, COST * (now - began))

    def remove(self) -> None:
        """Forget it: the pass is done."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _checked(file: StoredFile, slot: Slot, expected: int | None) -> np.ndarray:
    data = file.read(slot.start, slot.nbytes)
    if crc32c(data) != expected:
        raise RecordError("its bytes are not those that were written")
    return to_array(data, slot, slot.shape)


def key_of_pass(
    net: Net, requests: Sequence[Request], reference: str, positions: np.ndarray
) -> str:
    """Name a pass by all that its outcome depends on, the weights too."""
    digest = hashlib.sha256(net.digest.encode())
    for name, tensor in sorted(net.weights().items()):
        digest.update(name.encode())
        digest.update(
            tensor.detach().to("cpu").contiguous().reshape(-1).view(torch.uint8).numpy().data
        )
    for request in requests:
        digest.update(encode_json({request.key: msgspec.to_builtins(request.params)}))
    digest.update(reference.encode())
    digest.update(positions.astype("<i8").tobytes())
    return digest.hexdigest()


def fill(tensor: Tensor, array: np.ndarray) -> None:
    """Put stored values into a tensor of the same shape and type.

    Raises:
        RecordError: they do not fit.
    """
    values = torch.from_numpy(array.copy())
    if values.shape != tensor.shape or values.dtype != tensor.dtype:
        message = f"a pass was stored with {list(values.shape)}, expected {list(tensor.shape)}"
        raise RecordError(message)
    tensor.copy_(values)
