"""A data set's file as it is written: its name, its facts, its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec
import numpy as np

from cnnviz.contract.names import DATASETS_FOLDER, FORMAT_VERSION
from cnnviz.errors import MissingError, ParamsError
from cnnviz.storage.manifests import digest_of, encode_json
from cnnviz.storage.tensors import crc32c, encode_tensors

__all__ = [
    "BLOCK",
    "DATASET_NAME",
    "NAME_LENGTH",
    "DatasetFacts",
    "dataset_file",
    "encode_dataset",
]

BLOCK: Final = 64
"""Thumbnails that are summed together."""

DATASET_NAME: Final = re.compile(r"[0-9a-f]{16}")
"""What a data set's name matches as a whole."""

NAME_LENGTH: Final = 16
"""Digits of a digest by which records speak of a data set."""
_LONGEST_NAMES: Final = 64 << 20
"""Bytes of all file names together."""


class DatasetFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a data set's file says about itself, in its header."""

    version: int = FORMAT_VERSION
    count: int
    total: int | None = None
    """Images of the whole set; None where nobody knows."""
    shape: list[int]
    """Of one input, [C, H, W]."""
    reference: str = ""
    """What was given, in words: a class's name, a folder."""
    class_names: list[str] | None = None
    mean: list[float] | None = None
    std: list[float] | None = None
    exact: Literal["thumbnails", "images"] | None = None
    """The array that is the input itself; None where inputs are not stored."""
    left_out: int = 0
    problems: list[str] = []
    crc32c: dict[str, int] = {}


def dataset_file(name: str) -> str:
    """Name a data set's file, relative to `<run>/plugins/cnnviz`.

    Raises:
        MissingError: no data set can have this name.
    """
    if not DATASET_NAME.fullmatch(name):
        message = f"{name[:40]!r} is not a data set's name: 16 hexadecimal digits"
        raise MissingError(message)
    return f"{DATASETS_FOLDER}/{name}.safetensors"


def encode_dataset(
    facts: DatasetFacts, arrays: Mapping[str, np.ndarray], *, names: Sequence[str] | None = None
) -> tuple[str, Iterator[bytes | memoryview]]:
    """Turn a data set into its name and a file's chunks.

    Args:
        facts: without the sums, which are filled in.
        arrays: thumbnails, labels, positions and maybe images, as docs/format.md has them.
        names: of the files, M of them; None where the images come from no files.

    Raises:
        ParamsError: arrays that do not fit the facts.
    """
    thumbnails, count = arrays["thumbnails"], facts.count
    shown = thumbnails.dtype == np.uint8 and thumbnails.ndim == 4
    lengths = {len(array) for array in arrays.values()} | ({len(names)} if names else set())
    if not shown or thumbnails.shape[-1] not in (1, 3) or lengths != {count}:
        message = f"a data set of {count} images needs {count} of everything, got {lengths}"
        raise ParamsError(message)
    stored = dict(arrays)
    stored["sums"] = np.array(
        [crc32c(thumbnails[start : start + BLOCK]) for start in range(0, count, BLOCK)], np.uint32
    )
    text = "\n".join(name.replace("\n", " ") for name in names or []).encode(errors="replace")
    if names and len(text) <= _LONGEST_NAMES:
        stored["names"] = np.frombuffer(text, np.uint8)
    sums = {name: crc32c(array) for name, array in stored.items()}
    sealed = encode_json(msgspec.structs.replace(facts, crc32c=sums))
    digest = digest_of(sealed)
    metadata = {"cnnviz": sealed.decode(), "sha256": digest}
    return digest[:NAME_LENGTH], encode_tensors(stored, metadata)
