from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.contract.cnnviz_pb2 import CaptureEvent, PluginMetadata
from cnnviz.errors import RecordError
from cnnviz.storage.events import decode_event, decode_metadata, encode_event
from cnnviz.storage.manifests import digest_of, encode_manifest
from cnnviz.storage.snapshots import encode_snapshot
from tests.storage.made import make_capture, make_event

MANIFEST, ARRAYS = make_capture()
STORED, DIGEST, _ = encode_snapshot(MANIFEST, ARRAYS)


def payload(**changes):
    text = encode_manifest(STORED)
    fields = {
        "version": 1,
        "manifest": zlib.compress(text),
        "digest": bytes.fromhex(DIGEST),
        "manifest_size": len(text),
        "summary": b"s",
    }
    return CaptureEvent(**(fields | changes)).SerializeToString()


def test_a_capture_comes_back_from_its_event():
    summary = make_event(STORED, DIGEST, ARRAYS)
    index = summary.value[0]
    assert index.tag == "cnnviz/index"
    capture = decode_event(index.tensor.string_val[0])
    assert (capture.manifest, capture.digest, capture.step) == (STORED, DIGEST, 5)


def test_both_tags_are_what_tensorboard_demands_of_a_plugin():
    from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_BLOB_SEQUENCE, DATA_CLASS_TENSOR
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    index, preview = make_event(STORED, DIGEST, ARRAYS, own_folder=True).value
    for value, data_class in ((index, DATA_CLASS_TENSOR), (preview, DATA_CLASS_BLOB_SEQUENCE)):
        assert value.metadata.plugin_data.plugin_name == "cnnviz"
        assert value.metadata.data_class == data_class
        assert decode_metadata(value.metadata.plugin_data.content) == (1, True)
        assert value.tensor.dtype == DT_STRING
        assert [dim.size for dim in value.tensor.tensor_shape.dim] == [1]
        assert len(value.tensor.string_val) == 1


def test_an_event_of_another_manifest_is_never_written():
    with pytest.raises(RecordError, match="is not the digest of this manifest"):
        encode_event(STORED, "0" * 64, b"", b"")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, r"version 2, newer than this CNN Viz reads \(1\): pip install"),
        ({"manifest_size": 10}, "not the 10 bytes it claims"),
        ({"manifest_size": (1 << 32) - 1}, "is not read; at most"),
        ({"manifest": b"nonsense"}, "cannot be inflated"),
        ({"manifest": b""}, "bytes it claims"),
        ({"digest": bytes(32)}, "does not have its SHA-256"),
    ],
)
def test_a_damaged_event_says_what_is_wrong(changes, message):
    with pytest.raises(RecordError, match=message):
        decode_event(payload(**changes), label="run: the event of step 5")


def test_a_bomb_is_inflated_no_further_than_it_claims():
    bomb = zlib.compress(b" " * (64 << 20), 9)
    with pytest.raises(RecordError, match="not the 100 bytes it claims"):
        decode_event(payload(manifest=bomb, manifest_size=100))


@pytest.mark.parametrize(
    "text", [b"[]", b"{}", b"{" * 100_000, b'{"version": 1}', b'{"version": "1"}', b"\xff"]
)
def test_a_manifest_that_is_none_is_refused(text):
    data = payload(
        manifest=zlib.compress(text),
        manifest_size=len(text),
        digest=bytes.fromhex(digest_of(text)),
    )
    with pytest.raises(RecordError, match="event is damaged"):
        decode_event(data)


def test_plugin_content_of_a_later_version_is_named_as_that():
    with pytest.raises(RecordError, match="the event has version 9, newer than"):
        decode_metadata(PluginMetadata(version=9).SerializeToString())
    with pytest.raises(RecordError, match="damaged"):
        decode_metadata(b"\xff\xff")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_flipped_byte_of_an_event_gives_an_error_or_the_same_manifest(data):
    content = bytearray(payload())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        capture = decode_event(bytes(content))
    except RecordError:
        return
    assert (capture.manifest, capture.digest) == (STORED, DIGEST)
