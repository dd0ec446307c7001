"""What a pass over a data set has found so far, in a file, so that one that was stopped goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import msgspec
import numpy as np
import torch
from torch import Tensor

from cnnviz.core.state_file import StateFile
from cnnviz.errors import CnnvizError, RecordError
from cnnviz.storage.manifests import encode_json

if TYPE_CHECKING:
    from cnnviz.core.requests import Request
    from cnnviz.graph.net import Net

__all__ = ["STATE_FILE", "Keeps", "PassState", "Progress", "fill", "key_of_pass"]

STATE_FILE: Final = ".pass.safetensors"
"""In `<run>/plugins/cnnviz`; names that begin with a dot are no part of a run."""


class Keeps(Protocol):
    """Something that fills up during a pass."""

    def state(self) -> Mapping[str, np.ndarray]:
        """Give all that it holds."""

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave; RecordError, KeyError or ValueError where it does not fit."""


class Progress(msgspec.Struct, frozen=True):
    """How far a pass is."""

    seen: int
    left_out: int
    problems: list[str]


class PassState:
    """The file of one pass."""

    def __init__(self, path: Path, key: str, parts: Callable[[], Mapping[str, Keeps]]) -> None:
        """Prepare; nothing is read or written yet.

        Args:
            path: of the file.
            key: of the pass: names network, weights, requests and images.
            parts: gives what is saved, by name.
        """
        self._file, self._parts = StateFile(path, key, what="pass"), parts

    def load(self) -> Progress | None:
        """Restore the parts of a pass that was stopped; None where there is none that fits.

        Raises:
            RecordError: it fits, and cannot be restored; it is removed, so that the next try begins
                anew.
        """
        found = self._file.load()
        if found is None:
            return None
        arrays, facts = found
        try:
            progress = msgspec.convert(facts, Progress)
            for name, part in self._parts().items():
                start = f"{name}|"
                own = {
                    key.removeprefix(start): a for key, a in arrays.items() if key.startswith(start)
                }
                part.restore(own)
        except (CnnvizError, KeyError, ValueError, msgspec.MsgspecError) as error:
            raise self._file.useless(error) from error
        return progress

    def save(self, seen: int, left_out: int, problems: Sequence[str]) -> None:
        """Write how far the pass is, if it is time to; a disk that is full does not end a pass."""
        if not self._file.is_due:
            return
        progress = Progress(seen, left_out, list(problems))
        self._file.save(self._gather, msgspec.structs.asdict(progress))

    def remove(self) -> None:
        """Forget it: the pass is done."""
        self._file.remove()

    def _gather(self) -> dict[str, np.ndarray]:
        return {
            f"{name}|{key}": array
            for name, part in self._parts().items()
            for key, array in part.state().items()
        }


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
