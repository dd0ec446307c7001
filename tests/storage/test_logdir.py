from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing

import msgspec
import numpy as np
import pytest

from cnnviz.contract.layers import Layer
from cnnviz.errors import MissingError, MissingPackageError, ParamsError, RecordError
from cnnviz.storage import RunWriter, open_logdir, strictly_increasing
from cnnviz.storage.event_files import EventFile
from tests.storage.made import LAYERS, make_capture, make_event, same, write_run


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    root = tmp_path_factory.mktemp("logdir")
    arrays = write_run(root / "a" / "b", (0, 5, 10))
    write_run(root / "c", (1,))
    return root, arrays


def graph_json():
    layers = [Layer(name=name, kind="conv2d", shape=[4, 8, 8]) for name in reversed(LAYERS)]
    return msgspec.json.encode({"version": 1, "model": "Net", "layers": layers, "weights": {}})


def test_runs_are_named_by_their_folder(logdir):
    log = open_logdir(logdir[0])
    assert log.runs == ["a/b", "c"]
    assert [run.name for run in log] == log.runs
    assert open_logdir(logdir[0] / "c").runs == ["."]
    assert open_logdir(logdir[0] / "c").run().steps == [1]


def test_a_run_tells_its_steps_methods_and_layers(logdir):
    run = open_logdir(str(logdir[0])).run("a/b")
    assert run.steps == [0, 5, 10]
    assert run.methods == ["saliency", "filters", "activations", "layer_statistics", "predictions"]
    assert run.layers == ["conv1", "relu1", "conv2"]
    assert run.skipped(5)[0].reason == "too dear"
    assert (run.examples, run.graph, run.checkpoints, run.problems) == (None, None, [], [])


def test_a_record_is_the_latest_at_or_before_the_step(logdir):
    root, arrays = logdir
    run = open_logdir(root).run("a/b")
    for asked, given in ((None, 10), (10, 10), (9, 5), (5, 5), (10**12, 10), (0, 0)):
        record = run.record("activations", layer="relu1", step=asked)
        assert (record.step, record.source) == (given, "bulk")
        assert same(record.arrays["activations"], arrays[given]["activations/relu1"]["activations"])
    assert record.provenance.run == "a/b"
    assert record.provenance.step == record.step == 0
    assert (record.method, record.kind, record.layer) == ("activations", "feature_maps", "relu1")


def test_arrays_behave_as_a_mapping_with_the_main_one_first(logdir):
    record = open_logdir(logdir[0]).run("c").record("layer_statistics")
    assert list(record.arrays) == ["energy", "sparsity", "channel_max"]
    assert len(record.arrays) == 3
    assert "energy" in record.arrays
    assert record.arrays["channel_max"] is record.arrays["channel_max"]
    assert "energy: float32 [3]" in repr(record.arrays)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda log: log.run("nope"), r"no run 'nope'; it has \['a/b', 'c'\]"),
        (lambda log: log.run("c").record("occlusion"), r"no records of 'occlusion'.*'saliency'"),
        (lambda log: log.run("c").record("activations"), r"per layer: give layer=.*'relu1'"),
        (lambda log: log.run("c").record("activations", "fc"), r"no activations of 'fc'.*'conv2'"),
        (lambda log: log.run("c").record("saliency", "fc"), "not per layer: leave layer='fc' out"),
        (
            lambda log: log.run("c").record("saliency", step=0),
            r"at or before step 0; .*steps are 1",
        ),
        (lambda log: log.run("c").skipped(3), "nothing at step 3"),
    ],
)
def test_what_is_missing_is_named_beside_what_is_there(logdir, ask, message):
    with pytest.raises(MissingError, match=message) as error:
        ask(open_logdir(logdir[0]))
    assert isinstance(error.value, KeyError)


def test_the_only_layer_of_a_method_need_not_be_named(logdir):
    assert open_logdir(logdir[0]).run("c").record("filters").layer == "conv1"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingError, match="there is no folder"):
        open_logdir(tmp_path / "nope")
    assert open_logdir(tmp_path).runs == []


@pytest.mark.parametrize("kept", ["snapshots", "events"])
def test_a_capture_written_only_to_one_of_both_places_is_there(tmp_path, kept):
    write_run(tmp_path / "run", (0,))
    write_run(tmp_path / "run", (1,), events=kept == "events", snapshots=kept == "snapshots")
    write_run(tmp_path / "run", (2,))
    run = open_logdir(tmp_path).run("run")
    assert run.steps == [0, 1, 2]
    assert [run.record("saliency", step=s).source for s in run.steps] == [
        "bulk",
        "bulk" if kept == "snapshots" else "preview",
        "bulk",
    ]


def test_events_alone_show_everything_at_display_quality(tmp_path):
    arrays = write_run(tmp_path / "run", (4,))[4]
    shutil.rmtree(tmp_path / "run" / "plugins")
    run = open_logdir(tmp_path).run("run")
    for key, main in (("saliency", "map"), ("filters/conv1", "weights")):
        method, _, layer = key.partition("/")
        record = run.record(method, layer or None)
        exact = arrays[key][main]
        assert record.source == "preview"
        assert record.arrays[main].shape == exact.shape
        assert np.abs(record.arrays[main] - exact).max() <= np.ptp(exact) / 255
    flat = run.record("activations", "conv2").arrays["activations"]
    assert np.abs(flat - arrays["activations/conv2"]["activations"]).max() < 0.01
    energy = run.record("layer_statistics").arrays["energy"]
    assert same(energy, arrays["layer_statistics"]["energy"])
    assert "top_classes" in run.record("predictions").arrays


def test_what_the_preview_left_out_is_said(tmp_path):
    manifest, arrays = make_capture(1)
    stored, digest = RunWriter(tmp_path / "plugins" / "cnnviz").write_snapshot(manifest, arrays)
    with closing(EventFile(tmp_path / "cnnviz")) as file:
        file.add(make_event(stored, digest, arrays, budget=1600), step=1, wall_time=1.0)
    shutil.rmtree(tmp_path / "plugins")
    with pytest.raises(MissingError, match="not in the event's preview, and the snapshot file"):
        open_logdir(tmp_path).run().record("saliency")


def test_a_resumed_run_shows_only_what_counts(tmp_path):
    run = tmp_path / "run"
    write_run(run, (100, 200, 300, 400), wall_time=1000.0)
    again = write_run(run, (200, 250), wall_time=2000.0, seed=9)
    found = open_logdir(tmp_path).run("run")
    assert found.steps == [100, 200, 250]
    assert same(found.record("saliency", step=200).arrays["map"], again[200]["saliency"]["map"])
    # The files of 300 and 400 are still there, and so are their events: they are of before.
    assert (run / "plugins" / "cnnviz" / "snapshots" / "400.safetensors").exists()


def test_the_rule_for_resumed_runs_is_that_later_writing_wins():
    class At:
        def __init__(self, step, wall_time):
            self.step, self.wall_time = step, wall_time

    captures = [At(3, 30), At(1, 10), At(2, 20), At(2, 40), At(5, 50), At(4, 45)]
    assert [(c.step, c.wall_time) for c in strictly_increasing(captures)] == [
        (1, 10),
        (2, 40),
        (4, 45),
        (5, 50),
    ]
    assert strictly_increasing([]) == []


def test_events_of_the_users_writer_belong_to_its_own_run(tmp_path):
    manifest, arrays = make_capture(1)
    stored, digest = RunWriter(tmp_path / "r" / "plugins" / "cnnviz").write_snapshot(
        manifest, arrays
    )
    for folder, own in (("r", False), ("cnnviz", False)):  # a run may well be named as our folder
        with closing(EventFile(tmp_path / folder)) as file:
            event = make_event(stored, digest, arrays, own_folder=own)
            file.add(event, step=1, wall_time=1.0)
    assert open_logdir(tmp_path).runs == ["cnnviz", "r"]


def test_damaged_files_are_named_and_the_rest_is_shown(tmp_path):
    arrays = write_run(tmp_path, (0, 1, 2))
    place = tmp_path / "plugins" / "cnnviz"
    (place / "snapshots" / "1.safetensors").write_bytes(b"\0" * 100)
    (place / "snapshots" / "7.safetensors").write_bytes(
        (place / "snapshots" / "2.safetensors").read_bytes()
    )
    (place / "snapshots" / "notes.txt").write_text("mine")
    (place / "graph.json").write_text('{"version": 2}')
    (place / "examples.safetensors").write_bytes(b"x")
    run = open_logdir(tmp_path).run()
    assert run.steps == [0, 1, 2]
    assert run.record("saliency", step=1).source == "preview"
    assert same(run.record("saliency").arrays["map"], arrays[2]["saliency"]["map"])
    assert (run.graph, run.examples) == (None, None)
    texts = "\n".join(run.problems)
    for part in (
        "1.safetensors",
        "7.safetensors is misnamed: it holds step 2",
        "newer",
        "examples",
    ):
        assert part in texts
    assert len(run.problems) == 4


def test_flipped_bytes_of_an_array_are_an_error_and_no_other_picture(tmp_path):
    write_run(tmp_path, (0,))
    path = tmp_path / "plugins" / "cnnviz" / "snapshots" / "0.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1  # the last array is the narrowest: float16
    path.write_bytes(content)
    run = open_logdir(tmp_path).run()
    with pytest.raises(RecordError, match=r"activations/conv2\|activations does not have its CRC"):
        run.record("activations", "conv2").arrays["activations"]
    run.record("saliency").arrays["map"]


def test_layers_come_in_the_order_of_the_graph(tmp_path):
    write_run(tmp_path, (0,))
    (tmp_path / "plugins" / "cnnviz" / "graph.json").write_bytes(graph_json())
    run = open_logdir(tmp_path).run()
    assert [layer.name for layer in run.graph.layers] == list(reversed(LAYERS))
    assert run.layers == ["conv2", "relu1", "conv1"]
    assert run.graph.model == "Net"


def test_examples_and_checkpoints_are_listed(tmp_path):
    writer = RunWriter(tmp_path / "plugins" / "cnnviz")
    writer.write_snapshot(*make_capture(1))
    images = np.zeros((2, 4, 4, 1), np.uint8)
    writer.write_examples(images, np.zeros((2, 1, 4, 4), np.float32), labels=[0, 1])
    writer.write_checkpoint(1, {"w": np.zeros(3, np.float32)})
    run = open_logdir(tmp_path).run()
    assert same(run.examples.images, images)
    assert run.checkpoints == [1]


def test_links_that_lead_out_of_the_logdir_are_not_followed(tmp_path):
    outside, root = tmp_path / "outside", tmp_path / "root"
    write_run(outside / "run", (1,))
    write_run(root / "inside", (2,))
    (root / "run").symlink_to(outside / "run")
    (root / "inside" / "plugins" / "cnnviz" / "graph.json").symlink_to("/etc/passwd")
    snapshots = root / "inside" / "plugins" / "cnnviz" / "snapshots"
    (snapshots / "1.safetensors").symlink_to(
        outside / "run" / "plugins" / "cnnviz" / "snapshots" / "1.safetensors"
    )
    log = open_logdir(root)
    assert log.runs == ["inside"]
    assert log.problems == ["run is a link that leads out of the logdir: not read"]
    run = log.run("inside")
    assert run.steps == [2]
    assert "leads out of the logdir" in run.problems[0]


def test_links_inside_the_logdir_are_followed_and_circles_end(tmp_path):
    write_run(tmp_path / "real", (1,))
    (tmp_path / "real" / "up").symlink_to(tmp_path)
    (tmp_path / "zz").symlink_to(tmp_path / "real")
    assert open_logdir(tmp_path).runs == ["real"]


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "a\\..\\b", "a\0b"])
def test_names_that_lead_out_are_refused(tmp_path, name):
    from cnnviz.storage.files import open_folder

    write_run(tmp_path / "in", (1,), events=False)
    for folder in (open_folder(tmp_path / "in"), open_folder(f"file://{tmp_path}/in")):
        with pytest.raises(RecordError, match="no name inside a logdir"):
            folder.file(name)
        assert folder.items(name) == []


def test_a_pipe_in_the_logdir_does_not_hang_the_reader(tmp_path):
    import os

    write_run(tmp_path, (1,))
    os.mkfifo(tmp_path / "plugins" / "cnnviz" / "graph.json")
    os.mkfifo(tmp_path / "events.out.tfevents.pipe")
    run = open_logdir(tmp_path).run()
    assert (run.steps, run.graph) == ([1], None)


def test_a_url_that_cannot_be_opened_says_what_is_missing():
    fsspec = pytest.importorskip("fsspec")
    with pytest.raises(ParamsError, match="Protocol not known: nowhere"):
        open_logdir("nowhere://runs")
    fsspec.register_implementation("needy", "a_package_that_is_not_there.System", clobber=True)
    with pytest.raises(MissingPackageError, match="cannot open needy://runs"):
        open_logdir("needy://runs")


def test_an_fsspec_url_reads_as_a_path_does(logdir):
    fsspec = pytest.importorskip("fsspec")
    root, arrays = logdir
    memory = fsspec.filesystem("memory")
    memory.put(str(root), "/logs", recursive=True)
    for url in (f"file://{root}", "memory://logs"):
        log = open_logdir(url)
        assert log.runs == ["a/b", "c"]
        run = log.run("a/b")
        assert run.steps == [0, 5, 10]
        for key, named in arrays[10].items():
            method, _, layer = key.partition("/")
            record = run.record(method, layer or None)
            assert record.source == "bulk"
            assert all(same(record.arrays[name], array) for name, array in named.items())
    memory.rm("/logs", recursive=True)


def test_an_unknown_kind_of_url_is_refused():
    pytest.importorskip("fsspec")
    with pytest.raises((ParamsError, MissingPackageError), match="nope://x"):
        open_logdir("nope://x")


def test_reading_needs_neither_torch_nor_tensorboard_to_be_imported():
    code = (
        "import sys, cnnviz.storage\n"
        "heavy = {'torch', 'tensorboard', 'fsspec', 'scipy', 'tensorflow'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
