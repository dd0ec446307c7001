from __future__ import annotations

import json
import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.files import open_file
from cnnviz.storage.snapshots import SnapshotFile, encode_snapshot
from tests.storage.made import make_capture, same


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    manifest, arrays = make_capture()
    stored, digest, chunks = encode_snapshot(manifest, arrays)
    path = tmp_path_factory.mktemp("snapshot") / "5.safetensors"
    path.write_bytes(b"".join(chunks))
    return path, stored, digest, arrays


class Counting:
    """A file that counts the bytes read from it."""

    def __init__(self, path):
        self.file = open_file(path)
        self.label, self.size, self.stamp = self.file.label, self.file.size, self.file.stamp
        self.count = 0

    def read(self, start, length):
        self.count += length
        return self.file.read(start, length)


def test_a_capture_comes_back_exactly(capture):
    path, stored, digest, arrays = capture
    snapshot = SnapshotFile(path)
    assert snapshot.manifest == stored
    assert snapshot.digest == digest
    for key, named in arrays.items():
        for name, array in named.items():
            assert same(snapshot.array(key, name), array)


def test_the_manifest_keeps_the_main_array_first(capture):
    _, stored, _, arrays = capture
    for entry in stored.records:
        assert list(entry.arrays) == list(arrays[entry.key])


def test_a_row_and_a_channel_are_read_alone(tmp_path):
    manifest, arrays = make_capture()
    arrays["activations/relu1"] = {"activations": np.random.default_rng(0).random((4, 8, 64, 64))}
    _, _, chunks = encode_snapshot(manifest, arrays)
    path = tmp_path / "5.safetensors"
    path.write_bytes(b"".join(chunks))
    file = Counting(path)
    snapshot = SnapshotFile(file)
    whole = arrays["activations/relu1"]["activations"]
    opened = file.count
    assert opened < 70_000
    assert same(snapshot.array("activations/relu1", "activations", index=2), whole[2])
    assert file.count == opened + whole[2].nbytes
    assert same(snapshot.array("activations/relu1", "activations", index=(3, 5)), whole[3, 5])
    assert file.count == opened + whole[2].nbytes + whole[3, 5].nbytes


def test_a_row_of_every_array_is_that_row(capture):
    path, _, _, arrays = capture
    snapshot = SnapshotFile(path)
    for key, named in arrays.items():
        for name, array in named.items():
            for row in range(len(array)):
                assert same(snapshot.array(key, name, index=row), array[row])


def test_what_is_not_there_is_named_beside_what_is(capture):
    snapshot = SnapshotFile(capture[0])
    with pytest.raises(MissingError, match=r"no record 'saliency/x'.*'filters/conv1'"):
        snapshot.array("saliency/x", "map")
    with pytest.raises(MissingError, match=r"no array 'maps'.*\['map'\]"):
        snapshot.array("saliency", "maps")
    for index in (3, -1, (0, 99), (0, 0, 0, 0)):
        with pytest.raises(MissingError, match="has no part"):
            snapshot.array("saliency", "map", index=index)


def test_a_snapshot_of_a_later_version_says_what_to_do(capture, tmp_path):
    data = capture[0].read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    manifest = json.loads(header["__metadata__"]["cnnviz"]) | {"version": 7}
    header["__metadata__"]["cnnviz"] = text = json.dumps(manifest)
    import hashlib

    header["__metadata__"]["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    again = json.dumps(header).encode()
    path = tmp_path / "5.safetensors"
    path.write_bytes(struct.pack("<Q", len(again)) + again + data[8 + length :])
    with pytest.raises(RecordError, match=r"version 7.*newer than.*\(1\): pip install"):
        SnapshotFile(path).manifest  # noqa: B018


def test_a_file_that_the_system_does_not_give_is_no_crash(capture, tmp_path):
    path = tmp_path / "0.safetensors"
    path.write_bytes(capture[0].read_bytes())
    opened = SnapshotFile(path)
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(RecordError, match="cannot be read"):
        opened.array("saliency", "map")


@pytest.mark.skipif(os.name != "posix", reason="pipes")
def test_a_pipe_that_takes_the_files_place_is_not_waited_for(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(100))
    file = open_file(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(RecordError, match="replaced|cannot be read"):
        file.read(0, 10)


def test_a_file_replaced_while_it_is_read_gives_no_mixture(capture, tmp_path):
    path = tmp_path / "5.safetensors"
    path.write_bytes(capture[0].read_bytes())
    snapshot = SnapshotFile(path)
    other = tmp_path / "other"
    other.write_bytes(capture[0].read_bytes())
    other.replace(path)
    with pytest.raises(RecordError, match="replaced or cut while it was read: open it again"):
        snapshot.array("saliency", "map")
    path.unlink()
    with pytest.raises(RecordError, match="replaced or cut"):
        snapshot.array("saliency", "map")


def read_all(path, arrays):
    """Everything that reads, with an error in the place of what does not."""
    try:
        snapshot = SnapshotFile(path)
        manifest = snapshot.manifest
    except RecordError:
        return None
    found = {}
    for key, named in arrays.items():
        for name in named:
            try:
                found[key, name] = snapshot.array(key, name)
                rows = [snapshot.array(key, name, index=row) for row in range(len(named[name]))]
                assert all(map(same, rows, found[key, name]))
            except RecordError:
                found[key, name] = None
    return manifest, found


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_flipped_byte_gives_an_error_or_the_same_data(capture, data):
    path, stored, _, arrays = capture
    content = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", content[:8])
    zone = data.draw(st.sampled_from([8, 8 + length, len(content)]))
    content[data.draw(st.integers(0, zone - 1))] ^= data.draw(st.integers(1, 255))
    damaged = path.with_name("flipped")
    damaged.write_bytes(content)
    check_equal_or_error(read_all(damaged, arrays), stored, arrays)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_cut_file_gives_an_error(capture, data):
    path, _, _, arrays = capture
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    zone = data.draw(st.sampled_from([16, 8 + length, len(content)]))
    damaged = path.with_name("cut")
    damaged.write_bytes(content[: data.draw(st.integers(0, zone - 1))])
    assert read_all(damaged, arrays) is None


def check_equal_or_error(found, stored, arrays):
    if found is not None:
        manifest, read = found
        assert manifest == stored
        for (key, name), array in read.items():
            assert array is None or same(array, arrays[key][name])
