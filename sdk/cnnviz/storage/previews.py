"""Display-quality pictures of one capture in one small blob, for the event.

The blob is a safetensors file with at most five flat arrays, each the pictures' parts one after
the other in the order of the metadata's items: `codes` uint8, `low`, `high`, `mean` float32,
`zeros` uint8 (share of zeros · 255) and, only where something is not finite, `nonfinite` int32.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from cnnviz.contract.names import FORMAT_VERSION
from cnnviz.contract.records import Entry, array_name
from cnnviz.errors import RecordError
from cnnviz.storage.codes import TOP, Array, decode_codes, encode_codes, quantise, shrink
from cnnviz.storage.manifests import decode_json, digest_of, encode_json, sealed_text
from cnnviz.storage.preview_plan import Kept, plan_previews
from cnnviz.storage.snapshots import Arrays
from cnnviz.storage.tensors import crc32c, pack_tensors, unpack_tensors

__all__ = ["PREVIEW_BYTES", "Picture", "Preview", "make_previews", "read_preview"]

PREVIEW_BYTES: Final = 64 << 10
"""Default budget of one blob."""

_TYPES: Final[dict[str, np.dtype[Any]]] = {
    "codes": np.dtype("u1"),
    "low": np.dtype("<f4"),
    "high": np.dtype("<f4"),
    "mean": np.dtype("<f4"),
    "zeros": np.dtype("u1"),
    "nonfinite": np.dtype("<i4"),
}


class _Item(msgspec.Struct, frozen=True, array_like=True):
    key: str
    name: str
    kind: str
    shape: list[int]


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    version: int = FORMAT_VERSION
    digest: str
    cut: list[str]
    items: list[_Item]
    crc32c: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is left of one array: codes of its first items, maybe smaller, with each one's range."""

    kind: str
    codes: Array
    """uint8: feature maps (N', K', h', w'), kernels (F', S', kh, kw), heatmap (N', H', W')."""
    low: Array
    """Lowest finite value in full resolution, float32: (N', K'), (F') or (N')."""
    high: Array
    mean: Array
    zeros: Array
    """Share of exact zeros, 0 … 1, float32."""
    nonfinite: Array
    """Count of NaN and infinite values, int32."""

    def values(self) -> Array:
        """Give back about the values, float32, in the shape of the codes."""
        flat = self.codes.reshape(self.low.size, *self.codes.shape[self.low.ndim :])
        return decode_codes(flat, self.low.ravel(), self.high.ravel()).reshape(self.codes.shape)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The previews of one capture."""

    digest: str
    """Of the capture they belong to."""
    cut: list[str]
    """What was left out, a sentence a kind."""
    pictures: dict[str, Picture]
    """By `array_name(key, name)`."""


def make_previews(
    entries: Iterable[Entry],
    arrays: Arrays,
    budget_bytes: int = PREVIEW_BYTES,
    *,
    digest: str = "",
) -> bytes:
    """Make the previews of a capture.

    Args:
        entries: the manifest's records as stored, with their arrays' shapes.
        arrays: the same arrays that the snapshot holds.
        budget_bytes: at most this many bytes come out; under 2 kB nothing but the frame fits.
        digest: the capture's.
    """
    kept, cut = plan_previews(entries, budget_bytes)
    parts: dict[str, list[Array]] = {name: [] for name in _TYPES}
    for one in kept:
        for name, part in _picture(one, arrays[one.key][one.name]).items():
            parts[name].append(part.ravel())
    flat = {
        name: np.concatenate(parts[name]).astype(dtype) if parts[name] else np.zeros(0, dtype)
        for name, dtype in _TYPES.items()
    }
    if not flat["nonfinite"].any():
        del flat["nonfinite"]
    facts = _Facts(
        digest=digest,
        cut=cut,
        items=[_Item(one.key, one.name, one.kind, list(one.shape)) for one in kept],
        crc32c={name: crc32c(array) for name, array in flat.items()},
    )
    text = encode_json(facts)
    return pack_tensors(flat, {"cnnviz": text.decode(), "sha256": digest_of(text)})


def read_preview(blob: bytes, *, label: str = "preview") -> Preview:
    """Read the previews of a capture.

    Args:
        blob: of `make_previews`.
        label: where it comes from, for messages.

    Raises:
        RecordError: damaged, cut, or newer than this version reads.
    """
    metadata, arrays = unpack_tensors(blob, label=label)
    facts = decode_json(sealed_text(metadata, label=label), _Facts, label=label)
    for name, array in arrays.items():
        if _TYPES.get(name) != array.dtype or facts.crc32c.get(name) != crc32c(array):
            message = f"{label} is damaged: {name} does not have its type or its CRC-32C"
            raise RecordError(message)
    pictures: dict[str, Picture] = {}
    at_codes = at_groups = 0
    for item in facts.items:
        shape = tuple(item.shape)
        groups = shape[:2] if item.kind == "feature_maps" else shape[:1]
        codes, each = math.prod(shape), math.prod(groups)
        pictures[array_name(item.key, item.name)] = Picture(
            kind=item.kind,
            codes=_part(arrays, "codes", at_codes, shape, label),
            low=_part(arrays, "low", at_groups, groups, label),
            high=_part(arrays, "high", at_groups, groups, label),
            mean=_part(arrays, "mean", at_groups, groups, label),
            zeros=(_part(arrays, "zeros", at_groups, groups, label) / np.float32(TOP)),
            nonfinite=_part(arrays, "nonfinite", at_groups, groups, label),
        )
        at_codes += codes
        at_groups += each
    return Preview(digest=facts.digest, cut=facts.cut, pictures=pictures)


def _picture(one: Kept, array: Array) -> dict[str, Array]:
    """Cut, shrink and quantise one array; ranges and counts are those of the full resolution."""
    full = (
        array.reshape(*array.shape, 1, 1)
        if one.kind == "feature_maps" and array.ndim == 2
        else array
    )
    lead = len(one.shape) - 2
    chosen = full[tuple(slice(size) for size in one.shape[:lead])]
    count = math.prod(one.groups)
    values = chosen.reshape(count, *chosen.shape[len(one.groups) :])
    facts = quantise(values, symmetric=one.signed)
    small = shrink(values, max(one.shape[-2:]))
    codes = encode_codes(small, facts["low"], facts["high"])
    zeros = np.rint(facts["zeros"] * TOP)
    return {**facts, "codes": codes, "zeros": zeros}


def _part(
    arrays: dict[str, np.ndarray], name: str, start: int, shape: tuple[int, ...], label: str
) -> Array:
    size = math.prod(shape)
    if name == "nonfinite" and name not in arrays:
        return np.zeros(shape, np.int32)
    part = arrays.get(name, np.zeros(0, np.uint8))[start : start + size]
    if part.size != size or min(shape, default=0) < 0:
        message = f"{label} is damaged: {name} is shorter than its items say"
        raise RecordError(message)
    return part.reshape(shape)
