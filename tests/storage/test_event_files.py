from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.storage.event_files import EventFile, read_preview, scan_events
from cnnviz.storage.previews import read_preview as decode_preview
from cnnviz.storage.snapshots import encode_snapshot
from tests.storage.made import make_capture, make_event
from tests.storage.test_run_writer import files_of_at_most
from tests.storage.test_snapshots import Counting

STEPS = (0, 3, 7)


def encoded(step, **kwargs):
    manifest, arrays = make_capture(step)
    stored, digest, _ = encode_snapshot(manifest, arrays)
    return make_event(stored, digest, arrays, budget=6000, **kwargs)


def write_file(folder, steps=STEPS):
    file = EventFile(folder)
    for step in steps:
        file.add(encoded(step), step=step, wall_time=1000.0 + step)
    file.close()
    return file.path


def steps_of(scan):
    return [event.capture.step for event in scan.events]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_file(tmp_path_factory.mktemp("events"))


def test_tensorboard_reads_what_we_write(path):
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    events = list(EventFileLoader(str(path)).Load())
    assert events[0].file_version == "brain.Event:2"
    assert [event.step for event in events[1:]] == list(STEPS)
    assert [value.tag for value in events[1].summary.value] == ["cnnviz/index", "cnnviz/preview"]


def test_a_scan_finds_every_capture_and_its_preview(path):
    scan = scan_events(path)
    assert steps_of(scan) == list(STEPS)
    assert (scan.records, scan.problems) == (4, [])
    for event in scan.events:
        assert event.own_folder
        preview = decode_preview(read_preview(path, event.preview_at))
        assert preview.digest == event.capture.digest


@pytest.mark.parametrize("package", ["torch.utils.tensorboard", "tensorboardX"])
def test_a_scan_finds_captures_between_the_users_own_events(tmp_path, package):
    module = pytest.importorskip(package)
    writer = module.SummaryWriter(str(tmp_path))
    summary = encoded(5, own_folder=False)
    if package == "tensorboardX":
        from tensorboardX.proto.summary_pb2 import Summary

        summary = Summary.FromString(summary.SerializeToString())
    for step in range(20):
        writer.add_scalar("loss", 1 / (step + 1), step)
        if step == 5:
            writer._get_file_writer().add_summary(summary, step, 1005.0)
    writer.close()
    scan = scan_events(next(tmp_path.glob("*tfevents*")))
    assert steps_of(scan) == [5]
    assert not scan.events[0].own_folder
    assert scan.records >= 22
    assert scan.problems == []


def test_other_peoples_large_records_are_passed_over_unread(tmp_path):
    from tensorboard.compat.proto.summary_pb2 import Summary

    path = write_file(tmp_path, steps=(1,))
    picture = Summary.Image(encoded_image_string=bytes(8 << 20))
    with path.open("ab") as file:
        for frame in records(Summary(value=[Summary.Value(tag="big", image=picture)]), 8):
            file.write(frame)
        file.write(path.read_bytes())
    counting = Counting(path)
    scan = scan_events(counting)
    assert steps_of(scan) == [1, 1]
    assert scan.problems == []
    assert counting.count < counting.size / 4


def records(summary, count):
    from tensorboard.compat.proto.event_pb2 import Event

    from cnnviz.storage.event_files import _frame

    return [_frame(Event(step=step, summary=summary).SerializeToString()) for step in range(count)]


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_cut_file_gives_the_captures_before_the_cut(path, data):
    content = path.read_bytes()
    length = data.draw(st.integers(0, len(content)))
    cut = path.with_name("cut")
    cut.write_bytes(content[:length])
    scan = scan_events(cut)
    whole = scan_events(path)
    ends = [start + size + 4 for start, size in (event.preview_at for event in whole.events)]
    assert steps_of(scan) == [s for s, end in zip(STEPS, ends, strict=True) if end <= length]
    inside = length not in (0, whole.events[0].preview_at[0] - 12, *ends)
    assert bool(scan.problems) == inside


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_flipped_byte_costs_one_capture_at_most_and_is_reported(path, data):
    content = bytearray(path.read_bytes())
    starts = [event.preview_at[0] - 12 for event in scan_events(path).events]
    near = [
        start + offset for start in starts for offset in range(12)
    ]  # framing is rare: aim at it
    place = data.draw(st.one_of(st.integers(0, len(content) - 1), st.sampled_from(near)))
    content[place] ^= data.draw(st.integers(1, 255))
    damaged = path.with_name("flipped")
    damaged.write_bytes(content)
    found = steps_of(scan_events(damaged))
    assert len(found) >= len(STEPS) - 1
    assert set(found) <= set(STEPS)
    assert scan_events(damaged, check_all=True).problems


def test_garbage_is_reported_and_not_a_crash(tmp_path):
    path = tmp_path / "events.out.tfevents.1"
    for content in (b"", b"\0" * 5000, b"\xff" * 5000, struct.pack("<Q", 1 << 60) * 100):
        path.write_bytes(content)
        scan = scan_events(path)
        assert scan.events == []
        assert bool(scan.problems) == bool(content)


def test_a_write_that_fails_half_way_does_not_hide_what_follows(tmp_path):
    file = EventFile(tmp_path)
    file.add(encoded(1), step=1, wall_time=1.0)
    size = file.path.stat().st_size
    with files_of_at_most(size + 1000), pytest.raises(OSError, match="too large"):
        file.add(encoded(2), step=2, wall_time=2.0)
    assert file.path.stat().st_size == size
    file.add(encoded(3), step=3, wall_time=3.0)
    file.close()
    scan = scan_events(file.path)
    assert steps_of(scan) == [1, 3]
    assert scan.problems == []
