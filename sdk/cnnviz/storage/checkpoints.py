"""Checkpoints: the weights at a step, and which of them stay."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from cnnviz.contract.names import FORMAT_VERSION
from cnnviz.errors import ParamsError, RecordError
from cnnviz.storage.files import StoredFile
from cnnviz.storage.manifests import decode_json, digest_of, encode_json, sealed_text
from cnnviz.storage.tensors import crc32c, encode_tensors, read_header

__all__ = [
    "STEP_FILE",
    "CheckpointFacts",
    "check_checkpoint",
    "encode_checkpoint",
    "kept_steps",
    "parse_retention",
    "step_files",
]

STEP_FILE = re.compile(r"(0|[1-9]\d{0,18})\.safetensors")
"""Name of a step's file, of a snapshot and of a checkpoint."""


class CheckpointFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint says about itself, in its header."""

    version: int = FORMAT_VERSION
    step: int
    model_digest: str
    crc32c: dict[str, int]


def encode_checkpoint(
    step: int,
    tensors: Mapping[str, np.ndarray],
    *,
    model_digest: str,
    dtypes: Mapping[str, str] | None,
) -> Iterator[bytes | memoryview]:
    """Turn the weights at a step into a file's chunks."""
    sums = {name: crc32c(array) for name, array in tensors.items()}
    text = encode_json(CheckpointFacts(step=step, model_digest=model_digest, crc32c=sums))
    metadata = {"cnnviz": text.decode(), "sha256": digest_of(text)}
    return encode_tensors(tensors, metadata, dtypes=dtypes)


def check_checkpoint(file: StoredFile) -> CheckpointFacts:
    """Read a checkpoint whole and check every sum.

    Raises:
        RecordError: damaged, cut, or newer than this version reads.
    """
    header = read_header(file)
    text = sealed_text(header.metadata, label=file.label)
    facts = decode_json(text, CheckpointFacts, label=file.label)
    for name, slot in header.slots.items():
        if crc32c(file.read(slot.start, slot.nbytes)) != facts.crc32c.get(name):
            message = f"{file.label} is damaged: {name} does not have its CRC-32C"
            raise RecordError(message)
    return facts


def parse_retention(rule: str) -> tuple[str, int]:
    """Split a retention rule into its word and its number (0 where it has none).

    Raises:
        ParamsError: it is none of `all`, `last:N`, `every:N`, `none` with N >= 1.
    """
    match = re.fullmatch(r"(all|none)|(last|every):([1-9]\d{0,17})", rule)
    if match is None:
        message = (
            f"checkpoints must be 'all', 'last:N', 'every:N' or 'none' with N >= 1, got {rule!r}"
        )
        raise ParamsError(message, field="checkpoints")
    return match[1] or match[2], int(match[3] or 0)


def kept_steps(steps: Sequence[int], rule: str) -> list[int]:
    """Say which checkpoints stay.

    `every:N` keeps the first, then each that is at least N steps after the one kept before, and
    always the newest; asking again after removing the others changes nothing.
    """
    word, number = parse_retention(rule)
    ordered = sorted(steps)
    if word == "all":
        return ordered
    if word == "none":
        return []
    if word == "last":
        return ordered[-number:]
    kept: list[int] = []
    for step in ordered:
        if not kept or step >= kept[-1] + number:
            kept.append(step)
    return kept if kept[-1:] == ordered[-1:] else [*kept, ordered[-1]]


def step_files(folder: Path) -> dict[int, Path]:
    """Find `<step>.safetensors` in a folder, by step; anything else there is not ours."""
    if not folder.is_dir():
        return {}
    found = {
        int(match[1]): path
        for path in folder.iterdir()
        if (match := STEP_FILE.fullmatch(path.name))
    }
    return dict(sorted(found.items()))
