from __future__ import annotations

import numpy as np
import pytest

from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.files import open_file
from cnnviz.storage.glance import Glance
from cnnviz.storage.snapshots import encode_snapshot
from tests.storage.made import make_capture

MAPS = ("activations/relu1", "activations")


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    manifest, arrays = make_capture()
    _, digest, chunks = encode_snapshot(manifest, arrays)
    path = tmp_path_factory.mktemp("snapshot") / "5.safetensors"
    path.write_bytes(b"".join(chunks))
    return path, digest, arrays


def test_any_part_is_the_array_s_part(capture):
    path, digest, arrays = capture
    glance = Glance(open_file(path), digest)
    maps = arrays["activations/relu1"]["activations"]
    assert glance.shape(*MAPS) == maps.shape
    np.testing.assert_array_equal(glance.part(*MAPS, ()), maps)
    np.testing.assert_array_equal(glance.part(*MAPS, (2,)), maps[2])
    np.testing.assert_array_equal(glance.part(*MAPS, (1, 7)), maps[1, 7])
    np.testing.assert_array_equal(glance.part(*MAPS, (1, 7, 3, 2)), maps[1, 7, 3, 2])
    np.testing.assert_array_equal(glance.part(*MAPS, (1,), span=(2, 5)), maps[1, 2:5])
    column = arrays["layer_statistics"]["channel_max"]
    found = glance.part("layer_statistics", "channel_max", (), span=(3, 9))
    np.testing.assert_array_equal(found, column[3:9])


@pytest.mark.parametrize(
    ("where", "span"),
    [((3,), None), ((-1,), None), ((0, 8), None), ((0,), (2, 9)), ((0,), (5, 2)), ((0,), (-1, 2))],
)
def test_a_part_that_is_not_there_is_named(capture, where, span):
    path, digest, _ = capture
    with pytest.raises(MissingError, match="has no part"):
        Glance(open_file(path), digest).part(*MAPS, where, span=span)


def test_an_array_that_is_not_there_is_named(capture):
    path, digest, _ = capture
    with pytest.raises(MissingError, match="nothing"):
        Glance(open_file(path), digest).shape("nothing", "map")


def test_another_captures_file_is_refused(capture):
    path, _, _ = capture
    with pytest.raises(RecordError, match="another capture"):
        Glance(open_file(path), "00" * 32)


def test_a_file_cut_or_flipped_in_its_header_is_a_message_or_the_same_place(capture, tmp_path):
    path, digest, _arrays = capture
    whole = path.read_bytes()
    header = int.from_bytes(whole[:8], "little") + 8
    copy = tmp_path / "copy.safetensors"
    for position in range(0, header, 7):
        copy.write_bytes(whole[:position] + bytes([whole[position] ^ 2]) + whole[position + 1 :])
        try:
            part = Glance(open_file(copy), digest).part(*MAPS, (1,))
        except (RecordError, MissingError):
            continue
        assert part.nbytes <= len(whole)
    for length in (0, 7, 100, header - 1, header + 100):
        copy.write_bytes(whole[:length])
        with pytest.raises(RecordError):
            Glance(open_file(copy), digest).part("saliency", "map", (2,))
