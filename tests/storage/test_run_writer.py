from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import ParamsError, RecordError
from cnnviz.storage import RunWriter, SnapshotFile
from cnnviz.storage.checkpoints import check_checkpoint, kept_steps
from cnnviz.storage.examples import ExamplesFile
from cnnviz.storage.files import open_file
from tests.storage.made import make_capture, same


@contextmanager
def files_of_at_most(size):
    """What a full disk does to a write: it ends in an OSError after some bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_snapshots_lie_by_step_and_the_last_one_is_known(tmp_path):
    writer = RunWriter(tmp_path / "plugins" / "cnnviz")
    assert writer.last_step() is None
    for step in (0, 20, 3):
        writer.write_snapshot(*make_capture(step, wall_time=step))
    assert names(writer.folder / "snapshots") == [
        "0.safetensors",
        "20.safetensors",
        "3.safetensors",
    ]
    assert writer.last_step() == 20
    writer.write_snapshot(*make_capture(7, wall_time=100.0))
    assert writer.last_step() == 7  # resumed from below 20: that is where the run is now


def test_a_damaged_snapshot_does_not_count_as_the_last(tmp_path):
    writer = RunWriter(tmp_path)
    writer.write_snapshot(*make_capture(1))
    (tmp_path / "snapshots" / "9.safetensors").write_bytes(b"gone")
    assert writer.last_step() == 1


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    writer = RunWriter(tmp_path)
    _, digest = writer.write_snapshot(*make_capture(5))
    manifest, arrays = make_capture(5, seed=1)
    with files_of_at_most(4096), pytest.raises(OSError, match="too large"):
        writer.write_snapshot(manifest, arrays)
    assert names(tmp_path / "snapshots") == ["5.safetensors"]
    assert SnapshotFile(tmp_path / "snapshots" / "5.safetensors").digest == digest


def test_a_folder_that_cannot_be_made_is_an_oserror(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="Not a directory"):
        RunWriter(tmp_path / "file" / "cnnviz")


def test_leftovers_of_a_killed_writer_go_and_those_of_a_living_one_stay(tmp_path):
    host = "".join(c if c.isalnum() or c == "_" else "_" for c in socket.gethostname())
    snapshots = tmp_path / "snapshots"
    snapshots.mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = snapshots / f".5.safetensors.{host}-{gone.pid}-0123abcd.tmp"
    mine = snapshots / f".6.safetensors.{host}-{os.getpid()}-0123abcd.tmp"
    living = snapshots / f".7.safetensors.{host}-{os.getppid()}-0123abcd.tmp"
    elsewhere = snapshots / ".8.safetensors.otherhost-1-0123abcd.tmp"
    old = snapshots / ".9.safetensors.otherhost-2-0123abcd.tmp"
    foreign = snapshots / ".mine.tmp"
    for path in (dead, mine, living, elsewhere, old, foreign):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    RunWriter(tmp_path)
    assert set(names(snapshots)) == {living.name, elsewhere.name, foreign.name}


KILLED = """
import sys
from cnnviz.storage import RunWriter
from tests.storage.made import make_capture
writer = RunWriter(sys.argv[1])
print("ready", flush=True)
for step in range(10**6):
    writer.write_snapshot(*make_capture(step % 20, wall_time=float(step), seed=step))
"""


def test_a_killed_writer_leaves_only_whole_files(tmp_path):
    for attempt in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        process.stdout.readline()
        deadline = time.monotonic() + 60
        while not list((tmp_path / "snapshots").glob("*.safetensors")):
            assert time.monotonic() < deadline, "nothing was written within a minute"
            time.sleep(0.005)
        time.sleep(0.05 + 0.03 * attempt)
        process.kill()
        process.communicate()
        found = sorted((tmp_path / "snapshots").glob("*.safetensors"))
        assert found
        for path in found:
            snapshot = SnapshotFile(path)
            for entry in snapshot.manifest.records:
                for name in entry.arrays:
                    snapshot.array(entry.key, name)
    RunWriter(tmp_path)
    assert not list((tmp_path / "snapshots").glob(".*"))


def test_a_checkpoint_is_safetensors_that_anybody_reads(tmp_path):
    writer = RunWriter(tmp_path)
    tensors = {"conv1.weight": np.ones((2, 3), np.float32), "bn.steps": np.array(7)}
    writer.write_checkpoint(12, tensors, model_digest="d")
    path = tmp_path / "checkpoints" / "12.safetensors"
    back = safetensors.numpy.load_file(path)
    assert all(same(back[name], tensors[name]) for name in tensors)
    facts = check_checkpoint(open_file(path))
    assert (facts.step, facts.model_digest) == (12, "d")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(RecordError, match=r"conv1.weight does not have its CRC-32C|bn.steps"):
        check_checkpoint(open_file(path))


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("all", [0, 1, 5, 9, 10, 11, 25, 26]),
        ("none", []),
        ("last:3", [11, 25, 26]),
        ("last:99", [0, 1, 5, 9, 10, 11, 25, 26]),
        ("every:10", [0, 10, 25, 26]),
        ("every:5", [0, 5, 10, 25, 26]),
        ("every:100", [0, 26]),
    ],
)
def test_retention_keeps_what_its_rule_says(tmp_path, rule, kept):
    writer = RunWriter(tmp_path)
    for step in (0, 1, 5, 9, 10, 11, 25, 26):
        writer.write_checkpoint(step, {"w": np.zeros(1, np.float32)})
    assert writer.apply_retention(rule) == kept
    assert sorted(int(name.split(".")[0]) for name in names(tmp_path / "checkpoints")) == kept


@given(st.sets(st.integers(0, 200)), st.integers(1, 50))
def test_thinning_one_by_one_ends_as_thinning_at_once(steps, number):
    rule = f"every:{number}"
    kept: list[int] = []
    for step in sorted(steps):
        kept = kept_steps([*kept, step], rule)
    assert kept == kept_steps(sorted(steps), rule)


@pytest.mark.parametrize("rule", ["", "last", "last:0", "every:-1", "last:3 ", "some", "all:2"])
def test_an_unknown_rule_is_refused_with_those_there_are(tmp_path, rule):
    with pytest.raises(ParamsError, match="'last:N', 'every:N' or 'none'"):
        RunWriter(tmp_path).apply_retention(rule)


def test_a_resumed_run_takes_back_later_checkpoints(tmp_path):
    writer = RunWriter(tmp_path)
    for step in (100, 200, 300):
        writer.write_checkpoint(step, {"w": np.zeros(1, np.float32)})
    writer.take_back(150)
    assert names(tmp_path / "checkpoints") == ["100.safetensors"]


def test_examples_come_back_as_shown_and_as_the_model_took_them(tmp_path):
    random = np.random.default_rng(0)
    images = random.integers(0, 255, (3, 8, 9, 3)).astype(np.uint8)
    inputs = random.normal(size=(3, 3, 8, 9)).astype(np.float32)
    writer = RunWriter(tmp_path)
    digest = writer.write_examples(
        images,
        inputs,
        labels=np.array([2, -1, 0]),
        class_names=["cat", "hund", "Bär"],
        names=["a.png", "ünter/b.png", "x" * 1000],
        normalize=((0.5,) * 3, (0.2,) * 3),
    )
    examples = ExamplesFile(open_file(tmp_path / "examples.safetensors"))
    assert same(examples.images, images)
    assert same(examples.inputs, inputs)
    assert examples.digest == digest
    assert examples.labels == [2, -1, 0]
    assert examples.class_names == ["cat", "hund", "Bär"]
    assert examples.names == ["a.png", "ünter/b.png", "x" * 200]
    assert examples.facts.mean == [0.5] * 3
    assert (len(examples), examples.facts.shape) == (3, [3, 8, 9])


def test_names_that_are_not_one_an_example_are_refused(tmp_path):
    images, inputs = np.zeros((2, 8, 8, 1), np.uint8), np.zeros((2, 1, 8, 8), np.float32)
    with pytest.raises(ParamsError, match="2 examples need 2 names, got 1"):
        RunWriter(tmp_path).write_examples(images, inputs, names=["a"])
    RunWriter(tmp_path).write_examples(images, inputs, names=["a", "b"])
    path = tmp_path / "examples.safetensors"
    content = path.read_bytes()
    text = json.loads(safetensors.safe_open(path, "numpy").metadata()["cnnviz"])
    sealed = [json.dumps(text | {"names": given}) for given in (["a"], ["a", "b", "c"])]
    for changed in sealed:
        digest = hashlib.sha256(changed.encode()).hexdigest()
        arrays = safetensors.numpy.load(content)
        safetensors.numpy.save_file(arrays, path, {"cnnviz": changed, "sha256": digest})
        with pytest.raises(RecordError, match="names are not one an example"):
            read_examples(path)


def read_examples(path):
    examples = ExamplesFile(open_file(path))
    return examples.images, examples.inputs


@pytest.mark.parametrize("place", [20, 200, -1, -600])
def test_damaged_examples_are_refused(tmp_path, place):
    images = np.zeros((2, 8, 8, 1), np.uint8)
    RunWriter(tmp_path).write_examples(images, np.zeros((2, 1, 8, 8), np.float32))
    path = tmp_path / "examples.safetensors"
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)
    with pytest.raises(RecordError, match="damaged"):
        read_examples(path)


def test_examples_of_other_shapes_are_refused(tmp_path):
    writer = RunWriter(tmp_path)
    inputs = np.zeros((2, 1, 8, 8), np.float32)
    with pytest.raises(ParamsError, match=r"images must be uint8 \(N, H, W, 3 or 1\)"):
        writer.write_examples(np.zeros((2, 8, 8, 2), np.uint8), inputs)
    with pytest.raises(ParamsError, match="2 examples need 2 labels, got 1"):
        writer.write_examples(np.zeros((2, 8, 8, 1), np.uint8), inputs, labels=[1])
