from __future__ import annotations

import gc
import subprocess
import sys
import textwrap
import threading
import weakref

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn
from torch.utils.tensorboard import SummaryWriter

import cnnviz
from cnnviz.recording import Recorder
from cnnviz.storage.event_files import scan_events
from cnnviz.storage.snapshots import SnapshotFile

from .conftest import tiny_net, wait_for_disk


def steps_on_disk(run, part="snapshots"):
    folder = run / "plugins" / "cnnviz" / part
    return sorted(int(path.stem) for path in folder.glob("*.safetensors"))


def manifest(run, step):
    return SnapshotFile(run / "plugins" / "cnnviz" / "snapshots" / f"{step}.safetensors").manifest


def events(folder):
    found = [
        event for file in sorted(folder.glob("*tfevents*")) for event in scan_events(file).events
    ]
    return [event.capture.step for event in found]


def record(model, writer, images, *, steps, **arguments):
    with Recorder(model, writer, examples=images, normalize=(0.0, 1.0), **arguments) as recorder:
        for step in steps:
            recorder.step(step)
            wait_for_disk(recorder)
    return recorder


def test_every_capture_is_on_the_disk_the_first_and_the_last_included(net, images, tmp_path):
    recorder = record(net, tmp_path, images, steps=range(23), every=5)
    assert steps_on_disk(tmp_path) == [0, 5, 10, 15, 20, 22]
    assert events(tmp_path / "cnnviz") == [0, 5, 10, 15, 20, 22]
    assert (recorder.captures, recorder.skipped) == (6, 0)


def test_the_default_methods_all_give_records(net, images, tmp_path):
    record(net, tmp_path, images, steps=[0])
    found = manifest(tmp_path, 0)
    assert {entry.method for entry in found.records} == {
        "activations",
        "filters",
        "layer_statistics",
        "predictions",
        "saliency",
    }
    assert found.skipped == []
    assert len({entry.key for entry in found.records}) == len(found.records)
    titles = {entry.method: entry.facts["title"] for entry in found.records}
    assert titles["layer_statistics"] == "Layer statistics"


def test_records_hold_the_weights_of_their_own_step(net, images, tmp_path):
    kernels = []
    with Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0), every=1) as recorder:
        for step in range(3):
            with torch.no_grad():
                net[0].weight.mul_(0.5)
            kernels.append(net[0].weight.detach().clone().numpy())
            recorder.step(step)
            wait_for_disk(recorder)
    for step, kernel in enumerate(kernels):
        file = SnapshotFile(tmp_path / "plugins" / "cnnviz" / "snapshots" / f"{step}.safetensors")
        (entry,) = [e for e in file.manifest.records if e.key == "filters/0"]
        assert np.array_equal(file.array(entry.key, next(iter(entry.arrays))), kernel)


def test_checkpoints_hold_the_state_dict_of_their_step(net, images, tmp_path):
    record(net, tmp_path, images, steps=[7])
    stored = load_file(tmp_path / "plugins" / "cnnviz" / "checkpoints" / "7.safetensors")
    expected = net.state_dict()
    assert set(stored) == set(expected)
    assert all(np.array_equal(stored[name], expected[name].numpy()) for name in expected)


def test_bfloat16_weights_are_stored_to_the_bit(images, tmp_path):
    from safetensors.torch import load_file as load_torch

    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3)).bfloat16()
    record(model, tmp_path, images, steps=[0], methods=["filters"])
    stored = load_torch(tmp_path / "plugins" / "cnnviz" / "checkpoints" / "0.safetensors")
    assert all(torch.equal(stored[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("rule", "kept"),
    [("all", [0, 1, 2, 3, 4]), ("last:2", [3, 4]), ("every:3", [0, 3, 4]), ("none", [])],
)
def test_checkpoints_stay_as_the_rule_says(net, images, tmp_path, rule, kept):
    record(net, tmp_path, images, steps=range(5), every=1, checkpoints=rule, methods=["filters"])
    assert steps_on_disk(tmp_path, "checkpoints") == kept


def test_graph_and_examples_are_stored_before_the_first_step(net, images, tmp_path):
    recorder = Recorder(net, tmp_path, examples=images, labels=[0, 1, 2], normalize=(0.0, 1.0))
    names = {path.name for path in (tmp_path / "plugins" / "cnnviz").iterdir()}
    assert {"graph.json", "examples.safetensors"} <= names
    recorder.close()


def test_a_summary_writer_keeps_its_scalars_and_gets_our_events(net, images, tmp_path):
    with (
        SummaryWriter(str(tmp_path)) as writer,
        Recorder(net, writer, examples=images, normalize=(0.0, 1.0), every=4) as recorder,
    ):
        for step in range(20):
            writer.add_scalar("loss", 1 / (step + 1), step)
            recorder.step(step)
            wait_for_disk(recorder)
    assert len(list(tmp_path.glob("*tfevents*"))) == 1
    assert not (tmp_path / "cnnviz").exists()
    assert events(tmp_path) == [0, 4, 8, 12, 16, 19]
    loader = EventAccumulator(str(tmp_path), size_guidance={"scalars": 0}).Reload()
    assert [scalar.step for scalar in loader.Scalars("loss")] == list(range(20))


def test_a_path_where_the_user_writes_too_leaves_their_scalars_complete(net, images, tmp_path):
    with (
        SummaryWriter(str(tmp_path)) as writer,
        Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0), every=4) as recorder,
    ):
        loader = EventAccumulator(str(tmp_path), size_guidance={"scalars": 0})
        for step in range(20):
            writer.add_scalar("loss", 1.0, step)
            recorder.step(step)
            wait_for_disk(recorder)
            if step % 5 == 0:  # as TensorBoard does while training goes on
                writer.flush()
                loader.Reload()
    assert [scalar.step for scalar in loader.Reload().Scalars("loss")] == list(range(20))
    assert events(tmp_path / "cnnviz") == [0, 4, 8, 12, 16, 19]


def test_tensorboardx_gets_our_events_too(net, images, tmp_path):
    tensorboardX = pytest.importorskip("tensorboardX")
    with (
        tensorboardX.SummaryWriter(str(tmp_path)) as writer,
        Recorder(net, writer, examples=images, normalize=(0.0, 1.0), every=2) as recorder,
    ):
        for step in range(5):
            writer.add_scalar("loss", 1.0, step)
            recorder.step(step)
            wait_for_disk(recorder)
    assert events(tmp_path) == [0, 2, 4]


def test_a_tensorboardx_writer_that_writes_nothing_records_nothing(net, images, tmp_path):
    tensorboardX = pytest.importorskip("tensorboardX")
    writer = tensorboardX.SummaryWriter(str(tmp_path / "run"), write_to_disk=False)
    recorder = record(net, writer, images, steps=range(3), every=1)
    assert recorder.captures == 0
    assert not (tmp_path / "run" / "plugins").exists()


def test_steps_that_do_not_increase_are_ignored_with_one_warning(net, images, tmp_path):
    with Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0), every=1) as recorder:
        recorder.step(3)
        with pytest.warns(RuntimeWarning, match=r"step\(3\) is ignored.*one before was 3"):
            recorder.step(3)
        for wrong in (2, -1, None, "4", 4.5, 2**63, torch.ones(2)):
            recorder.step(wrong)
        recorder.step(4)
    assert steps_on_disk(tmp_path) == [3, 4]


class NoNumber:
    """A step that fails whatever is asked of it."""

    def __lt__(self, other):
        raise RuntimeError

    __gt__ = __lt__

    def __index__(self):
        raise ValueError

    def __repr__(self):
        raise KeyError


def test_a_step_that_only_raises_is_ignored(net, images, tmp_path):
    with Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0), every=1) as recorder:
        recorder.step(0)
        with pytest.warns(RuntimeWarning, match="is ignored.*one before was 0"):
            recorder.step(NoNumber())
        recorder.step(1)
    assert steps_on_disk(tmp_path) == [0, 1]


def test_whole_numbers_of_any_type_are_steps(net, images, tmp_path):
    record(net, tmp_path, images, steps=[np.int64(0), torch.tensor(1), True + 1], every=1)
    assert steps_on_disk(tmp_path) == [0, 1, 2]


def test_a_resumed_run_takes_back_what_lies_ahead(net, images, tmp_path):
    record(net, tmp_path, images, steps=range(0, 50, 10), every=10, checkpoints="last:3")
    record(net, tmp_path, images, steps=range(20, 35, 5), every=5, checkpoints="last:3")
    run = cnnviz.open_logdir(tmp_path).runs[0]
    assert list(cnnviz.open_logdir(tmp_path).run(run).steps) == [0, 10, 20, 25, 30]
    assert steps_on_disk(tmp_path, "checkpoints") == [20, 25, 30]


def test_after_an_error_in_the_loop_the_last_step_is_not_recorded(net, images, tmp_path):
    def train():
        with Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0), every=5) as recorder:
            recorder.step(0)
            recorder.step(1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train()
    assert steps_on_disk(tmp_path) == [0]


def test_after_closing_step_does_nothing(net, images, tmp_path):
    recorder = record(net, tmp_path, images, steps=[0])
    recorder.step(1)
    recorder.step("x")
    recorder.close()
    assert steps_on_disk(tmp_path) == [0]


def test_several_recorders_write_side_by_side(images, tmp_path):
    recorders = [
        Recorder(tiny_net(), tmp_path / name, examples=images, normalize=(0.0, 1.0), every=1)
        for name in ("a", "b")
    ]
    for step in range(3):
        for recorder in recorders:
            recorder.step(step)
            wait_for_disk(recorder)
    assert {"cnnviz a", "cnnviz b"} <= {thread.name for thread in threading.enumerate()}
    for recorder in recorders:
        recorder.close()
    assert steps_on_disk(tmp_path / "a") == steps_on_disk(tmp_path / "b") == [0, 1, 2]
    names = {thread.name for thread in threading.enumerate()}
    assert names.isdisjoint({"cnnviz a", "cnnviz b"})


def test_two_recorders_cannot_share_a_run(net, images, tmp_path):
    recorder = Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0))
    with pytest.raises(cnnviz.errors.ParamsError, match="open recorder already"):
        Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0))
    recorder.close()
    Recorder(net, tmp_path, examples=images, normalize=(0.0, 1.0)).close()


def test_a_recorder_does_not_keep_the_model_alive(images, tmp_path):
    model = tiny_net()
    recorder = record(model, tmp_path, images, steps=[0])
    gone = weakref.ref(model[0].weight)
    del model, recorder
    gc.collect()
    assert gone() is None


def test_the_first_capture_comes_at_the_first_step_of_a_budget(net, images, tmp_path):
    record(net, tmp_path, images, steps=range(17, 19))
    assert steps_on_disk(tmp_path)[0] == 17


def test_another_default_device_is_none_of_our_business(net, images, tmp_path):
    torch.set_default_device("meta")  # stands for a GPU: what lands there by mistake fails
    try:
        recorder = record(net, tmp_path, images, steps=range(3), every=1, labels=[0, 1, 2])
    finally:
        torch.set_default_device(None)
    assert recorder.captures == 3
    assert manifest(tmp_path, 2).skipped == []


def test_recording_inside_inference_mode_has_gradients_all_the_same(net, images, tmp_path):
    with torch.inference_mode():
        recorder = record(net, tmp_path, images, steps=[0])
    assert manifest(tmp_path, 0).skipped == []
    assert recorder.captures == 1


def test_a_captured_net_is_recorded_as_it_is(net, images, tmp_path):
    record(cnnviz.capture(net, images), tmp_path, images, steps=[0])
    assert steps_on_disk(tmp_path) == [0]


def test_interpreter_exit_writes_everything(tmp_path):
    program = f"""
        import torch, cnnviz
        from torch import nn
        from torch.utils.tensorboard import SummaryWriter

        model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
        writer = SummaryWriter({str(tmp_path)!r})
        recorder = cnnviz.Recorder(
            model, writer, examples=torch.rand(2, 1, 8, 8), normalize=(0.0, 1.0), every=1
        )
        for step in range(2):
            recorder.step(step)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=120)
    assert steps_on_disk(tmp_path) == [0, 1]
    assert events(tmp_path) == [0, 1]
