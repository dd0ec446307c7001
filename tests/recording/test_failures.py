"""What goes wrong in training is warned of once, and training goes on."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings

import pytest
import torch
from safetensors.numpy import load_file
from torch.utils.tensorboard import SummaryWriter

import cnnviz
from cnnviz.recording import Recorder
from cnnviz.storage import RunWriter
from cnnviz.storage.event_files import scan_events
from cnnviz.storage.snapshots import SnapshotFile

from .conftest import wait_for_disk
from .test_bit_identity import FailsHalfWay  # noqa: F401 - registers the method
from .test_recorder import events, manifest, steps_on_disk


def loop(net, writer, images, steps, **arguments):
    with Recorder(
        net, writer, examples=images, normalize=(0.0, 1.0), every=1, **arguments
    ) as recorder:
        for step in steps:
            recorder.step(step)
            wait_for_disk(recorder)
    return recorder


def test_a_failing_method_is_switched_off_and_the_others_go_on(net, images, tmp_path):
    with pytest.warns(RuntimeWarning) as caught:
        loop(net, tmp_path, images, range(3), methods=["fails_half_way", "filters"])
    assert [str(w.message) for w in caught if "fails_half_way" in str(w.message)] == [
        f"cnnviz recorder of {tmp_path.name}: fails_half_way is switched off at step 0: "
        "ZeroDivisionError: half-way"
    ]
    assert [skipped.method for skipped in manifest(tmp_path, 0).skipped] == ["fails_half_way"]
    assert {entry.method for entry in manifest(tmp_path, 2).records} == {"filters"}


def test_warnings_made_errors_do_not_reach_the_loop(net, images, tmp_path, caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loop(net, tmp_path, images, range(2), methods=["fails_half_way", "filters"])
    assert "fails_half_way is switched off" in caplog.text


def test_nan_weights_are_recorded(net, images, tmp_path):
    with torch.no_grad():
        net[4].weight[0].fill_(float("nan"))
    recorder = loop(net, tmp_path, images, range(2))
    assert recorder.captures == 2
    assert manifest(tmp_path, 1).skipped == []


def test_a_model_moved_to_another_type_is_recorded_on(net, images, tmp_path):
    recorder = Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0), every=1)
    recorder.step(0)
    net.double()
    net[1].running_mean.fill_(3.0)
    recorder.step(1)
    recorder.close()
    stored = load_file(tmp_path / "plugins" / "cnnviz" / "checkpoints" / "1.safetensors")
    assert stored["1.running_mean"].tolist() == [3.0] * 4
    assert stored["0.weight"].dtype == "float64"
    assert manifest(tmp_path, 1).skipped == []


def test_a_model_taken_apart_is_warned_of_and_training_goes_on(net, images, tmp_path):
    recorder = Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0), every=1)
    recorder.step(0)
    net[0].weight.data = torch.rand(4, 2, 3, 3)  # for two colours, where the images have one
    with pytest.warns(RuntimeWarning, match="is switched off at step 1"):
        recorder.step(1)
    recorder.step(2)
    recorder.close()
    assert 0 in steps_on_disk(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_warned_of_and_training_goes_on(net, images, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.warns(RuntimeWarning, match="nothing is recorded"):
        recorder = loop(net, tmp_path / "run", images, range(3))
    assert recorder.captures == 0


def test_a_folder_that_cannot_be_made_is_warned_of_and_training_goes_on(net, images, tmp_path):
    (tmp_path / "plugins").touch()
    with pytest.warns(RuntimeWarning, match="nothing is recorded, the run's folder cannot be"):
        recorder = loop(net, tmp_path, images, range(3))
    assert recorder.captures == 0


def test_a_full_disk_is_warned_of_once_and_tried_again(net, images, tmp_path, monkeypatch):
    write, full = RunWriter.write_snapshot, threading.Event()
    full.set()

    def failing(self, manifest, arrays):
        if full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, manifest, arrays)

    monkeypatch.setattr(RunWriter, "write_snapshot", failing)
    recorder = Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0), every=1)
    with pytest.warns(RuntimeWarning) as caught:  # noqa: PT031
        for step in range(3):
            recorder.step(step)
            wait_for_disk(recorder)
    full.clear()
    recorder.step(3)
    recorder.close()
    assert len(caught) == 1
    assert "No space left on device" in str(caught[0].message)
    assert steps_on_disk(tmp_path) == events(tmp_path / "cnnviz") == [3]


def test_a_checkpoint_that_cannot_be_written_leaves_the_capture(net, images, tmp_path, monkeypatch):
    def failing(*arguments, **named):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RunWriter, "write_checkpoint", failing)
    with pytest.warns(RuntimeWarning, match="No space left"):
        loop(net, tmp_path, images, [0])
    assert steps_on_disk(tmp_path) == events(tmp_path / "cnnviz") == [0]


def test_a_slow_disk_leaves_captures_out_instead_of_waiting(net, images, tmp_path, monkeypatch):
    write, gate = RunWriter.write_snapshot, threading.Event()

    def slow(self, manifest, arrays):
        gate.wait(30)
        return write(self, manifest, arrays)

    monkeypatch.setattr(RunWriter, "write_snapshot", slow)
    recorder = Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0), every=1)
    says = "the disk is too slow: the capture at step 3"
    with pytest.warns(RuntimeWarning, match=says):  # noqa: PT031
        for step in range(8):
            recorder.step(step)
    gate.set()
    recorder.close()
    assert recorder.skipped == 5
    assert steps_on_disk(tmp_path) == [0, 1, 2, 7]


def test_a_writer_closed_too_early_gets_no_new_file(net, images, tmp_path):
    writer = SummaryWriter(str(tmp_path))
    recorder = Recorder(net, writer, examples=images, normalize=(0.0, 1.0), every=1)
    recorder.step(0)
    wait_for_disk(recorder)
    writer.close()
    with pytest.warns(RuntimeWarning, match="was closed before the rec"):  # noqa: PT031
        recorder.step(1)
        recorder.close()
    assert len(list(tmp_path.glob("*tfevents*"))) == 1
    assert events(tmp_path) == [0]
    assert steps_on_disk(tmp_path) == [0, 1]


KILLED = """
import os, sys, torch, cnnviz
from torch import nn

model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3),
)
images = torch.rand(8, 1, 32, 32)
net = cnnviz.capture(model, images)  # once: the rounds are forks
for folder in sys.stdin:
    if (child := os.fork()) == 0:
        recorder = cnnviz.Recorder(
            net, folder.strip(), examples=images, normalize=(0.0, 1.0), every=1,
            checkpoints="last:2",
        )
        for step in range(10**9):
            recorder.step(step)
    print(child, flush=True)
    os.waitpid(child, 0)
"""


def test_what_was_written_before_a_kill_reads(tmp_path):
    """Kill -9 at random moments: every event's capture is whole, and nothing half-written shows."""
    command = [sys.executable, "-W", "ignore", "-c", KILLED]
    captures = 0
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for number in range(10):
            run = tmp_path / f"run{number}"
            print(run, file=process.stdin, flush=True)
            child = int(process.stdout.readline())
            deadline = time.monotonic() + 60
            while not steps_on_disk(run) and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(random.uniform(0, 0.15))
            os.kill(child, signal.SIGKILL)
            captures += check_whole(run)
        process.stdin.close()
    assert captures >= 10


def check_whole(run):
    steps = steps_on_disk(run)
    named = []
    for file in (run / "cnnviz").glob("*tfevents*"):
        scan = scan_events(file)
        assert scan.problems == []
        named += [event.capture for event in scan.events]
    assert {capture.step for capture in named} <= set(steps)
    assert len(steps) - len(named) <= 1  # the one that was being written
    for step in steps:
        file = SnapshotFile(run / "plugins" / "cnnviz" / "snapshots" / f"{step}.safetensors")
        for entry in file.manifest.records:
            for name in entry.arrays:
                file.array(entry.key, name)
    for step in steps_on_disk(run, "checkpoints"):
        load_file(run / "plugins" / "cnnviz" / "checkpoints" / f"{step}.safetensors")
    assert list(cnnviz.open_logdir(run.parent).run(run.name).steps) == steps
    return len(steps)
