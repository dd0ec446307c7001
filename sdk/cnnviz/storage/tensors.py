"""The safetensors container: named arrays in one file, read by byte range, its header checked.

Format: https://github.com/huggingface/safetensors#format. We frame it ourselves because we write
without a second copy in memory, read single slices, and must bound everything that an untrusted
header claims before memory is taken.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import google_crc32c
import msgspec
import numpy as np

from cnnviz.errors import RecordError

__all__ = [
    "Claim",
    "Header",
    "Slot",
    "check_claim",
    "crc32c",
    "encode_tensors",
    "header_text",
    "pack_tensors",
    "read_header",
    "to_array",
    "unpack_tensors",
]

_NUMPY: Final[dict[str, np.dtype[Any]]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
    "BF16": np.dtype("<u2"),
}
_NUMPY_NAMES: Final = {name: dtype.name for name, dtype in _NUMPY.items()}
_NAMES: Final = {dtype: name for name, dtype in _NUMPY.items() if name != "BF16"}

_MAX_HEADER: Final = 64 << 20
_MAX_TENSORS: Final = 200_000
_MAX_RANK: Final = 16
_FIRST_READ: Final = 64 << 10
_CRC_CHUNK: Final = 1 << 20


class Readable(Protocol):
    """What a header is read from: a stored file, or bytes in memory."""

    @property
    def label(self) -> str:
        """Name for messages."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    def read(self, start: int, length: int) -> bytes:
        """Read exactly `length` bytes."""


@dataclass(frozen=True)
class Slot:
    """Where one array lies; `start` counts from the beginning of the file, in bytes."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    nbytes: int

    @property
    def numpy(self) -> np.dtype[Any]:
        """The array's type when it is read; bfloat16 is widened to float32, which is exact."""
        return _NUMPY["F32" if self.dtype == "BF16" else self.dtype]

    @property
    def numpy_name(self) -> str:
        """That type's name, without numpy's slow way of making it."""
        return "float32" if self.dtype == "BF16" else _NUMPY_NAMES[self.dtype]


@dataclass(frozen=True)
class Header:
    """A checked header."""

    metadata: dict[str, str]
    slots: dict[str, Slot]


class Claim(msgspec.Struct):
    """What a header says of one array, before it is checked."""

    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def crc32c(data: bytes | np.ndarray) -> int:
    """Sum bytes, or an array's bytes in C order and little endian, with CRC-32C (Castagnoli)."""
    if isinstance(data, bytes):
        return int(google_crc32c.value(data))
    total, view = 0, _bytes_of(data)
    for start in range(0, view.nbytes, _CRC_CHUNK):
        total = google_crc32c.extend(total, view[start : start + _CRC_CHUNK].tobytes())
    return int(total)


def encode_tensors(
    arrays: Mapping[str, np.ndarray],
    metadata: Mapping[str, str],
    *,
    dtypes: Mapping[str, str] | None = None,
) -> Iterator[bytes | memoryview]:
    """Give the chunks of a safetensors file, without copying arrays that are contiguous.

    Wide types lie first, so that every array starts at a multiple of its item size.

    Args:
        arrays: name to array, in the order wanted within one item size.
        metadata: the header's `__metadata__`.
        dtypes: for arrays that hold another type's bits, e.g. `{"w": "BF16"}` for uint16 words.

    Raises:
        RecordError: a type that safetensors or numpy cannot name, such as complex or object.
    """
    given = dtypes or {}
    names = sorted(arrays, key=lambda name: -arrays[name].dtype.itemsize)
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    position = 0
    for name in names:
        array = arrays[name]
        end = position + array.nbytes
        dtype = given.get(name) or _dtype_name(array, name)
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [position, end]}
        position = end
    text = msgspec.json.encode(header)
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text)) + text
    for name in names:
        yield _bytes_of(arrays[name])


def pack_tensors(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> bytes:
    """Give a whole safetensors file as bytes."""
    return b"".join(encode_tensors(arrays, metadata))


def read_header(file: Readable) -> Header:
    """Read and check a header: sizes, counts, types, shapes and offsets against the file's length.

    Raises:
        RecordError: anything that does not fit; says what.
    """
    text, data_start = header_text(file)
    return _check(file, text, data_start=data_start)


def header_text(file: Readable) -> tuple[bytes, int]:
    """Read a header's JSON, and say where the arrays' bytes begin.

    Raises:
        RecordError: the file is cut.
    """
    first = file.read(0, min(file.size, _FIRST_READ))
    if len(first) < 8:
        message = f"{file.label} is cut: {file.size} bytes are no safetensors file"
        raise RecordError(message)
    (length,) = struct.unpack("<Q", first[:8])
    if length > min(_MAX_HEADER, file.size - 8):
        message = (
            f"{file.label} is damaged or cut: its header claims {length} bytes, "
            f"the file has {file.size}"
        )
        raise RecordError(message)
    text = first[8 : 8 + length]
    if len(text) < length:
        text += file.read(8 + len(text), length - len(text))
    return text, 8 + length


def _check(file: Readable, text: bytes, *, data_start: int) -> Header:
    try:
        raw = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        metadata = msgspec.json.decode(raw.pop("__metadata__", b"{}"), type=dict[str, str])
        if len(raw) > _MAX_TENSORS:
            message = f"{file.label} claims {len(raw)} arrays; at most {_MAX_TENSORS} are read"
            raise RecordError(message)
        claims = {name: msgspec.json.decode(value, type=Claim) for name, value in raw.items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        message = (
            f"{file.label} is damaged: its header is not the JSON of a safetensors file ({error})"
        )
        raise RecordError(message) from None
    slots: dict[str, Slot] = {}
    position = 0
    for name, claim in sorted(claims.items(), key=lambda item: item[1].data_offsets):
        slots[name] = check_claim(file, name, claim, position=position, data_start=data_start)
        position = claim.data_offsets[1]
    if data_start + position != file.size:
        message = (
            f"{file.label} is cut or damaged: it has {file.size} bytes, "
            f"its header says {data_start + position}"
        )
        raise RecordError(message)
    return Header(metadata, slots)


def check_claim(file: Readable, name: str, claim: Claim, *, position: int, data_start: int) -> Slot:
    """Check what a header says of one array.

    Args:
        file: for messages.
        name: the array's.
        claim: what the header says.
        position: where its bytes must begin, counted from `data_start`.
        data_start: where the arrays' bytes begin in the file.

    Raises:
        RecordError: it cannot be so.
    """
    start, end = claim.data_offsets
    known = _NUMPY.get(claim.dtype)
    if known is None:
        message = (
            f"{file.label}: array {name!r} has the unknown type {claim.dtype!r}; "
            f"known are {sorted(_NUMPY)}"
        )
        raise RecordError(message)
    fits = len(claim.shape) <= _MAX_RANK and all(0 <= size < 1 << 48 for size in claim.shape)
    if not fits or start != position or end - start != math.prod(claim.shape) * known.itemsize:
        message = (
            f"{file.label} is damaged: array {name!r} of shape {claim.shape} and type "
            f"{claim.dtype} cannot lie at bytes {start} to {end}"
        )
        raise RecordError(message)
    return Slot(claim.dtype, tuple(claim.shape), data_start + start, end - start)


def to_array(data: bytes, slot: Slot, shape: tuple[int, ...]) -> np.ndarray:
    """View bytes of a slot as an array, read-only; bfloat16 becomes float32."""
    array: np.ndarray = np.frombuffer(data, dtype=_NUMPY[slot.dtype]).reshape(shape)
    if slot.dtype == "BF16":
        array = (array.astype("<u4") << 16).view("<f4")
        array.flags.writeable = False
    return array


@dataclass(frozen=True)
class _Memory:
    data: bytes
    label: str

    @property
    def size(self) -> int:
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]


def unpack_tensors(data: bytes, *, label: str) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Read a whole safetensors file from memory: metadata and arrays.

    Raises:
        RecordError: anything that does not fit.
    """
    header = read_header(_Memory(data, label))
    arrays = {
        name: to_array(data[slot.start : slot.start + slot.nbytes], slot, slot.shape)
        for name, slot in header.slots.items()
    }
    return header.metadata, arrays


def _bytes_of(array: np.ndarray) -> memoryview:
    little = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
    return little.reshape(-1).view(np.uint8).data


def _dtype_name(array: np.ndarray, name: str) -> str:
    known = _NAMES.get(array.dtype.newbyteorder("<"))
    if known is None:
        message = (
            f"array {name!r} has type {array.dtype}, which cannot be stored; "
            f"stored are {sorted(_NAMES.values())}"
        )
        raise RecordError(message)
    return known
