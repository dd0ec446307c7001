"""Captures as TensorBoard events: two tags, one summary a capture; the bytes both ways."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.message import DecodeError

from cnnviz.contract.cnnviz_pb2 import CaptureEvent, PluginMetadata
from cnnviz.contract.names import FORMAT_VERSION, INDEX_TAG, PLUGIN_NAME, PREVIEW_TAG
from cnnviz.contract.records import Manifest
from cnnviz.errors import RecordError
from cnnviz.storage.manifests import (
    MAX_MANIFEST,
    check_version,
    decode_manifest,
    digest_of,
    encode_manifest,
)

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary

__all__ = ["Capture", "decode_event", "decode_metadata", "encode_event", "first_string"]

_MAX_SUMMARY: Final = 16 << 20


@dataclass(frozen=True, kw_only=True)
class Capture:
    """One capture as its event tells it."""

    manifest: Manifest
    digest: str
    """SHA-256 of the manifest's JSON, in hexadecimal."""
    summary: bytes
    """What a page needs for every step at once; see `summaries.read_summary`."""

    @property
    def step(self) -> int:
        """The training step."""
        return self.manifest.step

    @property
    def wall_time(self) -> float:
        """Seconds since the epoch."""
        return self.manifest.wall_time


def encode_event(
    manifest: Manifest, digest: str, summary: bytes, previews: bytes, *, own_folder: bool = False
) -> Summary:
    """Make the summary of one capture: the index first, so that a reader finds its tag early.

    Args:
        manifest: as `RunWriter.write_snapshot` gave it back.
        digest: as given back beside it.
        summary: of `summaries.make_summary`.
        previews: of `previews.make_previews`.
        own_folder: the event goes to a folder of its own, `<run>/cnnviz/`.

    Returns:
        TensorBoard's protobuf with one value for each of the two tags.

    Raises:
        RecordError: the digest is not the manifest's.
    """
    from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_BLOB_SEQUENCE as BLOBS
    from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_TENSOR as TENSOR
    from tensorboard.compat.proto.summary_pb2 import Summary

    text = encode_manifest(manifest)
    if digest_of(text) != digest:
        message = f"step {manifest.step}: {digest} is not the digest of this manifest"
        raise RecordError(message)
    event = CaptureEvent(
        version=manifest.version,
        manifest=zlib.compress(text, 6),
        digest=bytes.fromhex(digest),
        manifest_size=len(text),
        summary=summary,
    )
    index = _value(INDEX_TAG, event.SerializeToString(), data_class=TENSOR, own_folder=own_folder)
    preview = _value(PREVIEW_TAG, previews, data_class=BLOBS, own_folder=own_folder)
    return Summary(value=[index, preview])


def decode_event(data: bytes, *, label: str = "event") -> Capture:
    """Read one element of the string tensor under the index tag.

    Args:
        data: a serialised CaptureEvent.
        label: where it comes from, for messages.

    Raises:
        RecordError: damaged, or newer than this version reads.
    """
    try:
        event = CaptureEvent.FromString(data)
    except DecodeError:
        message = f"{label} is damaged: it is no CaptureEvent"
        raise RecordError(message) from None
    check_version(event.version, label=label)
    text = _inflate(event.manifest, event.manifest_size, label=label)
    digest = digest_of(text)
    if event.digest.hex() != digest:
        message = f"{label} is damaged: its manifest does not have its SHA-256"
        raise RecordError(message)
    if len(event.summary) > _MAX_SUMMARY:
        got = len(event.summary)
        message = f"{label}: a summary of {got} bytes is not read; at most {_MAX_SUMMARY} are"
        raise RecordError(message)
    return Capture(
        manifest=decode_manifest(text, label=label), digest=digest, summary=event.summary
    )


def decode_metadata(content: bytes, *, label: str = "the event") -> tuple[int, bool]:
    """Read a tag's plugin content: the format's version, and whether the folder is our own.

    Args:
        content: a serialised PluginMetadata.
        label: where it comes from, for messages.

    Raises:
        RecordError: damaged, or newer than this version reads.
    """
    try:
        metadata = PluginMetadata.FromString(content)
    except DecodeError:
        message = f"{label} is damaged: its plugin content is no PluginMetadata"
        raise RecordError(message) from None
    check_version(metadata.version, label=label)
    return metadata.version, metadata.own_folder


def first_string(value: Any) -> bytes | None:
    """Take the one string of a summary's value; None when there is none."""
    strings = value.tensor.string_val
    return strings[0] if len(strings) == 1 else None


def _value(tag: str, data: bytes, *, data_class: int, own_folder: bool) -> Summary.Value:
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    content = PluginMetadata(version=FORMAT_VERSION, own_folder=own_folder).SerializeToString()
    plugin = SummaryMetadata.PluginData(plugin_name=PLUGIN_NAME, content=content)
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    return Summary.Value(
        tag=tag,
        metadata=SummaryMetadata(plugin_data=plugin, data_class=data_class),
        tensor=TensorProto(dtype=DT_STRING, tensor_shape=shape, string_val=[data]),
    )


def _inflate(data: bytes, size: int, *, label: str) -> bytes:
    """Inflate at most the size that was promised, and at most what is read at all."""
    if size > MAX_MANIFEST:
        message = f"{label}: a manifest of {size} bytes is not read; at most {MAX_MANIFEST} are"
        raise RecordError(message)
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(data, size + 1)
    except zlib.error as error:
        message = f"{label} is damaged: its manifest cannot be inflated ({error})"
        raise RecordError(message) from None
    if len(text) != size:
        message = f"{label} is damaged: its manifest is not the {size} bytes it claims"
        raise RecordError(message)
    return text
