from __future__ import annotations

import contextlib
import threading
import time

import numpy as np
import pytest

from tb_cnnviz import reader
from tests.tb_cnnviz.logdirs import START, Recording, arrays_at, write_run
from tests.tb_cnnviz.opened import Opened


def test_new_captures_appear_while_the_run_is_written(tmp_path, no_waiting):
    with Recording(tmp_path / "run") as recording:
        recording.capture(0)
        board = Opened("--logdir", str(tmp_path))
        first = board.index("run")
        recording.capture(10)
        assert board.index("run")["steps"] == [0]
        board.reload(tmp_path)
        second = board.index("run")
        assert second["steps"] == [0, 10]
        assert second["rev"] != first["rev"]
        _facts, arrays = board.tensors("maps", run="run", step=10, key="activations/relu1", exact=1)
        assert arrays["values"][0, 0, 0] == 1010


def test_a_refresh_decodes_only_what_is_new(tmp_path, no_waiting, monkeypatch):
    with Recording(tmp_path / "run") as recording:
        for step in range(5):
            recording.capture(step)
        board = Opened("--logdir", str(tmp_path))
        board.json("runs")
        decoded = []
        decode = reader.read_captures.__globals__["decode_event"]
        monkeypatch.setitem(
            reader.read_captures.__globals__,
            "decode_event",
            lambda data, **more: decoded.append(1) or decode(data, **more),
        )
        recording.capture(5)
        board.reload(tmp_path)
        assert board.json("runs")["runs"][0]["steps"] == 6
        assert len(decoded) == 1


def test_many_requests_at_once_ask_the_provider_once(tmp_path, monkeypatch):
    write_run(tmp_path / "run", [0, 1])
    board = Opened("--logdir", str(tmp_path))
    asked = []
    listed = board.provider.list_tensors
    monkeypatch.setattr(
        board.provider, "list_tensors", lambda *a, **k: asked.append(1) or listed(*a, **k)
    )
    threads = [threading.Thread(target=board.json, args=("runs",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1


def test_pictures_of_a_known_capture_ask_the_provider_nothing(tmp_path, monkeypatch):
    write_run(tmp_path / "run", [0, 1])
    board = Opened("--logdir", str(tmp_path))
    digest = board.index("run")["digests"][1]
    monkeypatch.setattr(reader, "REFRESH_SECONDS", 0)
    monkeypatch.setattr(board.provider, "list_tensors", pytest.fail)
    board.tensors("maps", run="run", step=1, key="saliency", digest=digest)


def test_a_resumed_run_takes_back_the_steps_it_goes_over_again(tmp_path, no_waiting):
    with Recording(tmp_path / "run") as recording:
        for step in (0, 10, 20, 30):
            recording.capture(step)
    with Recording(tmp_path / "run", session="s1", start=START + 100) as recording:
        arrays = arrays_at(15)
        arrays["saliency"]["map"][:] = 77
        recording.capture(15, arrays=arrays)
        recording.capture(30)
    index = Opened("--logdir", str(tmp_path)).index("run")
    assert index["steps"] == [0, 10, 15, 30]
    assert len(set(index["digests"])) == 4


def test_a_run_resumed_through_another_writer_is_one_run(tmp_path):
    write_run(tmp_path / "run", [0, 10, 20], own_folder=True)
    with Recording(tmp_path / "run", session="s1", start=START + 100) as recording:
        recording.capture(20)
        recording.capture(30)
    board = Opened("--logdir", str(tmp_path))
    assert [run["name"] for run in board.json("runs")["runs"]] == ["run"]
    index = board.index("run")
    assert index["steps"] == [0, 10, 20, 30]
    assert index["sources"] == ["bulk"] * 4
    _, arrays = board.tensors("maps", run="run", step=30, key="activations/relu1", exact=1)
    assert arrays["values"][0, 0, 0] == 1030


def test_the_preview_of_a_taken_back_capture_is_not_shown_as_anothers(tmp_path):
    # Under the Python loader a blob of a step that was written twice is the first one's.
    with Recording(tmp_path / "run") as recording:
        recording.capture(0)
        recording.capture(10)
    with Recording(tmp_path / "run", session="s1", start=START + 100) as recording:
        arrays = arrays_at(10)
        arrays["saliency"]["map"] = np.full((2, 12, 12), 9, np.float32)
        recording.capture(10, arrays=arrays, bulk=False)
    board = Opened("--logdir", str(tmp_path))
    status, error = board.error("maps", run="run", step=10, key="saliency")
    assert status == 422
    assert "another capture" in error["message"]


def test_a_bulk_file_of_another_capture_is_not_taken_for_this_one(tmp_path):
    with Recording(tmp_path / "run") as recording:
        recording.capture(0)
        recording.capture(1)
    snapshots = tmp_path / "run/plugins/cnnviz/snapshots"
    (snapshots / "1.safetensors").write_bytes((snapshots / "0.safetensors").read_bytes())
    board = Opened("--logdir", str(tmp_path))
    facts, _ = board.tensors("maps", run="run", step=1, key="saliency")
    assert facts["source"] == "preview"
    assert "another capture" in facts["problems"][0]


def test_a_file_that_is_replaced_while_it_is_known_is_opened_again(tmp_path):
    write_run(tmp_path / "run", [0])
    board = Opened("--logdir", str(tmp_path))
    query = {"run": "run", "step": 0, "key": "saliency"}
    board.tensors("maps", **query)
    path = tmp_path / "run/plugins/cnnviz/snapshots/0.safetensors"
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)
    facts, _ = board.tensors("maps", **query)
    assert facts["source"] == "bulk"


def test_a_run_that_is_deleted_disappears(tmp_path, no_waiting):
    write_run(tmp_path / "run", [0])
    write_run(tmp_path / "other", [0])
    board = Opened("--logdir", str(tmp_path))
    assert len(board.json("runs")["runs"]) == 2
    (event_file,) = (path for path in (tmp_path / "run").iterdir() if "tfevents" in path.name)
    event_file.unlink()
    board.reload(tmp_path)
    names = [run["name"] for run in board.json("runs")["runs"]]
    assert "other" in names


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_data_server_that_has_gone_is_a_message(tmp_path):
    write_run(tmp_path / "run", [0])
    board = Opened("--logdir", str(tmp_path), fast=True)
    board.close()
    deadline = time.monotonic() + 20
    while board.get("runs").status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    status, error = board.error("runs")
    assert status == 422
    assert "TensorBoard cannot read the runs" in error["message"]
    assert "_InactiveRpcError" not in error["message"]


# TensorBoard itself drops the Rust server's process and folder without waiting for them.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fast", [False, True])
def test_every_step_is_kept_by_both_loaders_and_so_are_the_users_scalars(tmp_path, fast):
    steps = list(range(0, 500, 2))
    write_run(tmp_path / "user", steps)
    write_run(tmp_path / "own", steps[:30], own_folder=True)
    with Recording(tmp_path / "own") as recording:
        for step in range(40):
            recording.scalar("accuracy", step, step)
    with contextlib.closing(Opened("--logdir", str(tmp_path), fast=fast)) as board:
        assert board.wait_for("user", 250)["steps"] == steps
        index = board.wait_for("own", 30)
        assert index["steps"] == steps[:30]
        assert index["scalars"] == ["accuracy"]
        _, loss = board.tensors("scalar", run="user", tag="loss")
        assert loss["steps"].tolist() == steps
        _, accuracy = board.tensors("scalar", run="own", tag="accuracy")
        assert accuracy["steps"].tolist() == list(range(40))
        for step in (0, 250, 498):
            _, maps = board.tensors("maps", run="user", step=step, key="activations/relu1", exact=1)
            assert maps["values"][0, 0, 0] == 1000 + step
