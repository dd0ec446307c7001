"""The manifest as bytes: JSON both ways, its digest, and the check of versions from the future."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np

from cnnviz.contract.names import FORMAT_VERSION
from cnnviz.contract.records import Manifest, Origin
from cnnviz.errors import RecordError

__all__ = [
    "check_origins",
    "check_version",
    "decode_json",
    "decode_manifest",
    "digest_of",
    "encode_json",
    "encode_manifest",
    "sealed_text",
]

MAX_MANIFEST = 32 << 20
"""Bytes of JSON that a manifest may take; ResNet-152 with every method takes under 1 MiB."""

LONGEST_CHAIN = 32
"""Jobs one after the other that made a picture; ours name fewer."""

T = TypeVar("T")


class _Version(msgspec.Struct):
    version: int


def encode_manifest(manifest: Manifest) -> bytes:
    """Write a manifest as JSON; numpy scalars in facts become numbers, NaN and infinities null."""
    return encode_json(manifest)


def encode_json(value: Any) -> bytes:
    """Write a struct or plain values as JSON."""
    return msgspec.json.encode(value, enc_hook=_plain)


def digest_of(data: bytes) -> str:
    """Name bytes by their SHA-256, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def sealed_text(metadata: Mapping[str, str], *, label: str) -> bytes:
    """Give the JSON that a safetensors header of ours carries, checked by the sum beside it.

    Raises:
        RecordError: damaged, or not ours.
    """
    text = metadata.get("cnnviz", "").encode()
    if metadata.get("sha256") != digest_of(text):
        message = f"{label} is damaged, or not ours: its header does not have its SHA-256"
        raise RecordError(message)
    return text


def decode_manifest(data: bytes, *, label: str) -> Manifest:
    """Read a manifest.

    Args:
        data: the JSON.
        label: where it comes from, for messages.

    Raises:
        RecordError: too large, not the JSON of a manifest, or of a version from the future.
    """
    if len(data) > MAX_MANIFEST:
        message = (
            f"{label}: a manifest of {len(data)} bytes is not read; at most {MAX_MANIFEST} are"
        )
        raise RecordError(message)
    manifest = decode_json(data, Manifest, label=label)
    keys = [entry.key for entry in manifest.records]
    if manifest.step < 0 or manifest.step >= 1 << 63 or len(keys) != len(set(keys)):
        message = f"{label} is damaged: step {manifest.step}, or two records of one key"
        raise RecordError(message)
    check_origins(manifest.origins, label=label)
    return manifest


def check_origins(origins: Sequence[Origin | None], *, label: str) -> None:
    """Refuse a chain of jobs longer than ours are: what is nested too deep cannot be sent on.

    Raises:
        RecordError: it is.
    """
    links = list(origins)
    for _ in range(LONGEST_CHAIN + 1):
        if not links:
            return
        links = [further for one in links if one is not None for further in one.inputs]
    message = f"{label} is damaged: a chain of more than {LONGEST_CHAIN} jobs"
    raise RecordError(message)


def decode_json(data: bytes, struct: type[T], *, label: str) -> T:
    """Read a versioned struct from JSON; a version from the future is named as that.

    Raises:
        RecordError: not the JSON of that struct, or newer than this version reads.
    """
    try:
        check_version(msgspec.json.decode(data, type=_Version).version, label=label)
        return msgspec.json.decode(data, type=struct)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        message = f"{label} is damaged: {error}"
        raise RecordError(message) from None


def check_version(version: int, *, label: str) -> None:
    """Refuse what a later CNN Viz wrote in a way that this one does not know.

    Raises:
        RecordError: the version is newer, and what to do.
    """
    if version > FORMAT_VERSION:
        message = (
            f"{label} has version {version}, newer than this CNN Viz reads ({FORMAT_VERSION}): "
            "pip install --upgrade tb-cnnviz"
        )
        raise RecordError(message)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    message = f"{type(value).__name__} is no JSON value"
    raise TypeError(message)
