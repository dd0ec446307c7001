"""The examples of a run: what every snapshot looks at, as shown and as the model took them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from cnnviz.contract.names import FORMAT_VERSION
from cnnviz.errors import ParamsError, RecordError
from cnnviz.storage.files import StoredFile
from cnnviz.storage.manifests import decode_json, digest_of, encode_json, sealed_text
from cnnviz.storage.tensors import Slot, crc32c, encode_tensors, read_header, to_array

__all__ = ["MAX_NAME", "ExamplesFacts", "ExamplesFile", "encode_examples"]

MAX_NAME: Final = 200
"""Characters of an example's name."""


class ExamplesFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the examples file says about itself, in its header."""

    version: int = FORMAT_VERSION
    count: int
    shape: list[int]
    """Of one input, [C, H, W]."""
    labels: list[int] | None = None
    class_names: list[str] | None = None
    names: list[str] | None = None
    """Of each example; any text, cut by the reader."""
    mean: list[float] | None = None
    std: list[float] | None = None
    crc32c: dict[str, int]


def encode_examples(
    images: np.ndarray,
    inputs: np.ndarray,
    *,
    labels: Sequence[int] | None = None,
    class_names: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    normalize: tuple[Sequence[float], Sequence[float]] | None = None,
) -> tuple[str, Iterator[bytes | memoryview]]:
    """Turn the examples into a digest and a file's chunks; see `RunWriter.write_examples`."""
    shown = images.dtype == np.uint8 and images.ndim == 4 and images.shape[-1] in (1, 3)
    if not shown or inputs.ndim != 4 or len(images) != len(inputs):
        message = (
            f"images must be uint8 (N, H, W, 3 or 1) beside inputs (N, C, H, W), "
            f"got {images.dtype} {list(images.shape)} and {list(inputs.shape)}"
        )
        raise ParamsError(message)
    if labels is not None and len(labels) != len(inputs):
        message = f"{len(inputs)} examples need {len(inputs)} labels, got {len(labels)}"
        raise ParamsError(message)
    if names is not None and len(names) != len(inputs):
        raise ParamsError(f"{len(inputs)} examples need {len(inputs)} names, got {len(names)}")
    arrays = {"images": images, "inputs": inputs}
    mean, std = normalize or (None, None)
    facts = ExamplesFacts(
        count=len(inputs),
        shape=list(inputs.shape[1:]),
        labels=None if labels is None else [int(label) for label in labels],
        class_names=None if class_names is None else [str(name) for name in class_names],
        names=None if names is None else [str(name)[:MAX_NAME] for name in names],
        mean=None if mean is None else [float(value) for value in mean],
        std=None if std is None else [float(value) for value in std],
        crc32c={name: crc32c(array) for name, array in arrays.items()},
    )
    text = encode_json(facts)
    digest = digest_of(text)
    return digest, encode_tensors(arrays, {"cnnviz": text.decode(), "sha256": digest})


class ExamplesFile:
    """The stored examples, opened for reading: facts at once, pictures when asked for."""

    facts: ExamplesFacts
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
        self.facts = decode_json(text, ExamplesFacts, label=file.label)
        self._slots = header.slots
        images, inputs = self._slot("images", np.dtype("u1")), self._slot("inputs", None)
        fits = (
            len(images.shape) == 4
            and images.shape[-1] in (1, 3)
            and images.shape[0] == self.facts.count
        )
        if not fits or list(inputs.shape) != [self.facts.count, *self.facts.shape]:
            message = f"{file.label} is damaged: its arrays are not as its header says"
            raise RecordError(message)
        if self.facts.names is not None and len(self.facts.names) != self.facts.count:
            message = f"{file.label} is damaged: its names are not one an example"
            raise RecordError(message)

    @property
    def images_shape(self) -> tuple[int, ...]:
        """Shape of `images`, before they are read."""
        return self._slots["images"].shape

    @property
    def images(self) -> np.ndarray:
        """As shown, uint8 (N, H, W, 3) or (N, H, W, 1).

        Raises:
            RecordError: the bytes are not those that were written.
        """
        return self._array("images")

    @property
    def inputs(self) -> np.ndarray:
        """As the model took them, float (N, C, H, W).

        Raises:
            RecordError: the bytes are not those that were written.
        """
        return self._array("inputs")

    @property
    def labels(self) -> list[int] | None:
        """Class of each example; None when none were given."""
        return self.facts.labels

    @property
    def class_names(self) -> list[str] | None:
        """Name of each class; None when none were given."""
        return self.facts.class_names

    @property
    def names(self) -> list[str] | None:
        """Name of each example, of at most 200 characters; None when none were given."""
        names = self.facts.names
        return None if names is None else [name[:MAX_NAME] for name in names]

    def __len__(self) -> int:
        """Count the examples."""
        return self.facts.count

    def _slot(self, name: str, dtype: np.dtype[np.uint8] | None) -> Slot:
        slot = self._slots.get(name)
        if slot is None or (dtype is not None and slot.numpy != dtype):
            message = f"{self.label} is damaged: it has no array {name!r} of the right type"
            raise RecordError(message)
        return slot

    def _array(self, name: str) -> np.ndarray:
        slot = self._slots[name]
        data = self._file.read(slot.start, slot.nbytes)
        if crc32c(data) != self.facts.crc32c.get(name):
            message = f"{self.label} is damaged: {name} do not have their CRC-32C"
            raise RecordError(message)
        return to_array(data, slot, slot.shape)
