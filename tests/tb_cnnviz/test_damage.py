"""Logdirs cut, flipped, made by hand or by a later version: a message each, the rest works."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto.summary_pb2 import (
    DATA_CLASS_BLOB_SEQUENCE,
    DATA_CLASS_TENSOR,
    Summary,
    SummaryMetadata,
)
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_FLOAT, DT_STRING

from cnnviz.contract.cnnviz_pb2 import CaptureEvent
from cnnviz.contract.names import INDEX_TAG, PREVIEW_TAG
from tb_cnnviz import planes
from tests.tb_cnnviz import logdirs
from tests.tb_cnnviz.logdirs import Recording, append_event, arrays_at, write_run
from tests.tb_cnnviz.opened import Opened


def index_event(payload: bytes, *, tag: str = INDEX_TAG, content: bytes = b"\x08\x01") -> Summary:
    classes = {INDEX_TAG: DATA_CLASS_TENSOR, PREVIEW_TAG: DATA_CLASS_BLOB_SEQUENCE}
    plugin = SummaryMetadata.PluginData(plugin_name="cnnviz", content=content)
    metadata = SummaryMetadata(plugin_data=plugin, data_class=classes[tag])
    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    tensor = TensorProto(dtype=DT_STRING, tensor_shape=shape, string_val=[payload])
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])


def payloads(run: Path, tag: str) -> list[bytes]:
    (path,) = (path for path in run.iterdir() if "tfevents" in path.name)
    return [
        value.tensor.string_val[0]
        for event in EventFileLoader(str(path)).Load()
        for value in event.summary.value
        if value.tag == tag
    ]


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"\xff\xfe garbage", "damaged"),
        (b"", "damaged"),
        (CaptureEvent(version=99).SerializeToString(), "newer"),
        (
            CaptureEvent(version=1, manifest=b"no zlib", manifest_size=9).SerializeToString(),
            "inflate",
        ),
        (CaptureEvent(version=1, manifest_size=2**32 - 1).SerializeToString(), "not read"),
    ],
)
def test_an_event_that_cannot_be_read_is_a_problem_of_its_run_only(tmp_path, payload, words):
    write_run(tmp_path / "run", [0, 1])
    write_run(tmp_path / "other", [0])
    append_event(tmp_path / "run", index_event(payload), step=2)
    board = Opened("--logdir", str(tmp_path))
    index = board.index("run")
    assert index["steps"] == [0, 1]
    assert len(index["problems"]) == 1
    assert words in index["problems"][0]
    assert board.index("other")["problems"] == []
    assert board.get("maps", run="run", step=1, key="saliency").status_code == 200


def test_an_index_that_is_no_text_is_a_problem(tmp_path):
    write_run(tmp_path / "run", [0])
    event = index_event(b"")
    event.value[0].tensor.CopyFrom(TensorProto(dtype=DT_FLOAT, float_val=[1.0]))
    append_event(tmp_path / "run", event, step=1)
    index = Opened("--logdir", str(tmp_path)).index("run")
    assert index["steps"] == [0]
    assert "no bytes" in index["problems"][0]


def test_a_tensor_that_tensorboard_cannot_read_is_a_problem_of_its_run_only(tmp_path):
    write_run(tmp_path / "run", [0])
    write_run(tmp_path / "other", [0])
    event = index_event(b"")
    event.value[0].tensor.dtype = 77
    append_event(tmp_path / "run", event, step=1)
    board = Opened("--logdir", str(tmp_path))
    assert board.index("run")["problems"]
    assert board.index("other")["steps"] == [0]


def test_metadata_from_the_future_is_named_and_the_captures_still_read(tmp_path):
    with Recording(tmp_path / "run") as recording:
        future = index_event(b"", content=b"\x08\x63")
        recording.events.add(future, step=0, wall_time=1.0)
        recording.capture(1)
    index = Opened("--logdir", str(tmp_path)).index("run")
    assert any("newer" in problem for problem in index["problems"])
    assert index["steps"] == [1]


def test_of_hundreds_of_events_that_cannot_be_read_the_first_are_named(tmp_path):
    with Recording(tmp_path / "run") as recording:
        recording.capture(0)
        future = index_event(CaptureEvent(version=99).SerializeToString())
        for step in range(1, 31):
            recording.events.add(future, step=step, wall_time=float(step))
    index = Opened("--logdir", str(tmp_path)).index("run")
    assert index["steps"] == [0]
    assert len(index["problems"]) == 9
    assert index["problems"][-1] == "run: 22 more of its events cannot be read"


def test_an_event_file_cut_anywhere_shows_what_was_whole(tmp_path):
    write_run(tmp_path / "run", [0, 1, 2])
    (path,) = (path for path in (tmp_path / "run").iterdir() if "tfevents" in path.name)
    whole = path.read_bytes()
    for length in range(40, len(whole), len(whole) // 12):
        path.write_bytes(whole[:length])
        board = Opened("--logdir", str(tmp_path))
        for run in board.json("runs")["runs"]:
            index = board.index(run["name"])
            assert index["steps"] == [0, 1, 2][: len(index["steps"])]
            for step in index["steps"]:
                _, arrays = board.tensors("maps", run="run", step=step, key="saliency", exact=1)
                exact = arrays_at(step)["saliency"]["map"][:1]
                np.testing.assert_array_equal(arrays["values"], exact)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fast", [False, True])
def test_an_event_file_flipped_anywhere_never_shows_a_step_under_anothers_label(tmp_path, fast):
    write_run(tmp_path / "whole", [0, 1], examples=False)
    (path,) = (path for path in (tmp_path / "whole").iterdir() if "tfevents" in path.name)
    whole = path.read_bytes()
    for number, position in enumerate(range(60, len(whole), len(whole) // 40)):
        run = tmp_path / f"run{number}"
        shutil.copytree(tmp_path / "whole", run)
        flipped = bytes([whole[position] ^ 4])
        (run / path.name).write_bytes(whole[:position] + flipped + whole[position + 1 :])
    with contextlib.closing(Opened("--logdir", str(tmp_path), fast=fast)) as board:
        board.wait_for("whole", 2)
        if fast:
            time.sleep(3)
        for line in board.json("runs")["runs"]:
            index = board.index(line["name"])
            assert set(index["steps"]) <= {0, 1}
            for step in index["steps"]:
                query = {"run": line["name"], "step": step, "key": "saliency", "exact": 1}
                _facts, arrays = board.tensors("maps", **query)
                exact = arrays_at(step)["saliency"]["map"][:1]
                np.testing.assert_allclose(arrays["values"], exact, atol=0.02)


@pytest.mark.parametrize("change", ["flip", "cut"])
def test_a_damaged_snapshot_never_shows_wrong_values(tmp_path, change):
    with Recording(tmp_path / "run") as recording:
        recording.capture(3)
    path = tmp_path / "run/plugins/cnnviz/snapshots/3.safetensors"
    whole = path.read_bytes()
    exact = arrays_at(3)["activations/relu1"]["activations"][0]
    previews = 0
    for position in range(0, len(whole), len(whole) // 60):
        flipped = whole[:position] + bytes([whole[position] ^ 16]) + whole[position + 1 :]
        path.write_bytes(flipped if change == "flip" else whole[:position])
        board = Opened("--logdir", str(tmp_path))
        facts, arrays = board.tensors("maps", run="run", step=3, key="activations/relu1", exact=1)
        if facts["source"] == "bulk":
            np.testing.assert_array_equal(arrays["values"], exact)
        else:
            previews += 1
            assert facts["problems"]
            assert arrays["values"].max() == pytest.approx(1003, rel=1e-6)
    assert previews > 5


def test_a_damaged_preview_is_a_message_when_it_is_all_there_is(tmp_path):
    with Recording(tmp_path / "whole") as recording:
        recording.capture(0, bulk=False)
    index, blob = (
        payloads(tmp_path / "whole", INDEX_TAG)[0],
        payloads(tmp_path / "whole", PREVIEW_TAG)[0],
    )
    damaged = blob[:-5] + bytes([blob[-5] ^ 1]) + blob[-4:]
    with Recording(tmp_path / "run") as recording:
        for tag, payload in ((INDEX_TAG, index), (PREVIEW_TAG, damaged)):
            recording.events.add(index_event(payload, tag=tag), step=0, wall_time=1.0)
    board = Opened("--logdir", str(tmp_path))
    status, error = board.error("maps", run="run", step=0, key="saliency")
    assert status == 422
    assert "CRC" in error["message"]
    assert board.get("maps", run="whole", step=0, key="saliency").status_code == 200


def test_damaged_examples_are_a_message(tmp_path):
    write_run(tmp_path / "run", [0])
    path = tmp_path / "run/plugins/cnnviz/examples.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])
    board = Opened("--logdir", str(tmp_path))
    assert board.get("examples", run="run").status_code in (200, 422)
    path.write_bytes(whole[:100])
    board = Opened("--logdir", str(tmp_path))
    index = board.index("run")
    assert index["examples"] is None
    assert "examples" in index["problems"][0]
    assert index["steps"] == [0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        json.dumps({"version": 99, "layers": []}),
        json.dumps({"version": 1, "layers": [{"name": 5}]}),
        json.dumps({"version": 1, "layers": {"a": 1}}),
    ],
)
def test_a_graph_file_that_cannot_be_read_leaves_the_layers_that_the_records_name(tmp_path, text):
    write_run(tmp_path / "run", [0])
    (tmp_path / "run/plugins/cnnviz/graph.json").write_text(text)
    index = Opened("--logdir", str(tmp_path)).index("run")
    assert [layer["name"] for layer in index["layers"]] == ["conv1", "relu1", "fc"]
    assert len(index["problems"]) == 1
    assert "layers" in index["problems"][0]


def test_a_damaged_summary_leaves_the_other_steps(tmp_path):
    with Recording(tmp_path / "whole") as recording:
        recording.capture(0)
        recording.capture(1)
    first, second = payloads(tmp_path / "whole", INDEX_TAG)
    event = CaptureEvent.FromString(second)
    event.summary = event.summary[:-1] + bytes([event.summary[-1] ^ 1])
    with Recording(tmp_path / "run") as recording:
        for step, payload in enumerate((first, event.SerializeToString())):
            recording.events.add(index_event(payload), step=step, wall_time=1.0 + step)
    board = Opened("--logdir", str(tmp_path))
    for route in ("statistics", "scores"):
        facts, _ = board.tensors(route, run="run")
        assert facts["steps"] == [0]
        assert "step 1" in facts["problems"][0]


def test_arrays_too_large_to_show_are_refused_before_memory_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(planes, "MAX_VALUES", 100)
    write_run(tmp_path / "run", [0])
    board = Opened("--logdir", str(tmp_path))
    facts, _ = board.tensors("maps", run="run", step=0, key="activations/relu1")
    assert facts["source"] == "preview"
    assert "120 values" in facts["problems"][0]
    assert board.error("examples", run="run")[0] == 422
    facts, _ = board.tensors("strip", run="run", key="activations/relu1", channel=1)
    assert facts["steps"] == [0]


@pytest.mark.parametrize(
    "name", ["../x", "a/../../b", "x" * 900, "<script>", "a|b", "\u0000", "é 漢"]
)
def test_hostile_names_in_a_record_are_only_names(tmp_path, name):
    arrays = {f"activations/{name}": arrays_at(0)["activations/relu1"]}
    with Recording(tmp_path / "run") as recording:
        recording.capture(0, arrays=arrays)
    board = Opened("--logdir", str(tmp_path))
    index = board.index("run")
    assert index["layers"][0]["name"] == name
    facts, _ = board.tensors("maps", run="run", step=0, key=f"activations/{name}")
    assert facts["source"] == "bulk"


def test_tables_that_contradict_themselves_are_messages(tmp_path, monkeypatch):
    for number, facts in enumerate(
        [
            {"layers": ["conv1", "relu1", "fc"]},
            {"layers": ["conv1", "relu1", "fc"], "channels": [4, 4]},
            {"layers": ["conv1", "relu1", "fc"], "channels": [4, -4, 10]},
            {"layers": ["conv1", "relu1", "fc"], "channels": "4,4,10"},
            {"layers": "conv1", "channels": [4]},
            {"layers": [{"a": 1}], "channels": [18]},
            {"layers": ["conv1"] * 3, "channels": [10**9] * 3},
        ]
    ):
        monkeypatch.setitem(logdirs.KINDS, "layer_statistics", ("layer_table", facts))
        with Recording(tmp_path / f"run{number}") as recording:
            recording.capture(0)
    board = Opened("--logdir", str(tmp_path))
    for number in range(7):
        assert board.get("statistics", run=f"run{number}").status_code == 200
        assert board.get("channels", run=f"run{number}", layer="conv1").status_code in (
            200,
            404,
            422,
        )
