"""A worker that fails takes its own job with it, says why, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest

from tb_cnnviz.jobs import device_worker
from tests.worker.conftest import wait_for


def test_a_crash_fails_its_job_with_the_reason_and_the_log(shared_board):
    job, status = shared_board.do("toy_crash", seed=1)
    assert (status["state"], status["kind"]) == ("failed", "WorkerError")
    assert "crashed (SIGSEGV)" in status["message"]
    assert "the last words of a method" in status["log_tail"]
    assert "the last words" in shared_board.get(f"jobs/{job}/log").text
    assert shared_board.do("toy_random", seed=2)[1]["state"] == "done"


def test_a_killed_worker_fails_its_job_and_the_next_runs(shared_board):
    job = shared_board.ask("toy_painter", iterations=100_000, seed=3)
    waits = shared_board.ask("toy_random", seed=4)
    pid = shared_board.until(job, "running")["pid"]
    os.kill(pid, signal.SIGKILL)
    status = shared_board.until(job)
    assert status["state"] == "failed"
    assert "killed (SIGKILL" in status["message"]
    assert shared_board.until(waits)["state"] == "done"
    assert len(shared_board.workers()) == 1
    assert not psutil.pid_exists(pid)


def test_a_stopped_worker_is_ended(shared_board, monkeypatch):
    monkeypatch.setattr(device_worker, "SILENT_SECONDS", 3.0)
    job = shared_board.ask("toy_painter", iterations=100_000, seed=5)
    pid = shared_board.until(job, "running")["pid"]
    os.kill(pid, signal.SIGSTOP)
    status = shared_board.until(job)
    assert status["state"] == "failed"
    assert "not heard of for 3 s" in status["message"]
    assert not psutil.pid_exists(pid)


def test_a_method_that_hangs_is_ended(shared_board, monkeypatch):
    monkeypatch.setattr(device_worker, "HANGING_SECONDS", 2.0)
    _, status = shared_board.do("toy_silent", seed=6)
    assert status["state"] == "failed"
    assert "did not report for 2 s" in status["message"]
    assert not psutil.pid_exists(status["pid"])


def test_a_method_that_does_not_obey_is_ended_and_its_picture_kept(shared_board, monkeypatch):
    monkeypatch.setattr(device_worker, "CANCEL_SECONDS", 1.0)
    job = shared_board.ask("toy_deaf", seed=7)
    wait_for(lambda: shared_board.status(job)["preview"])
    time.sleep(0.8)
    shared_board.post(f"jobs/{job}/cancel", {})
    status = shared_board.until(job, seconds=10)
    assert (status["state"], status["message"]) == ("cancelled", "stopped by force")
    preview = shared_board.get(f"jobs/{job}/preview", digest=status["preview"])
    assert "immutable" in preview.headers["Cache-Control"]
    assert not psutil.pid_exists(status["pid"])


@pytest.mark.skipif(os.name != "posix", reason="a limit of POSIX systems")
def test_a_full_disk_is_said_where_the_worker_could_not(logs, open_board):
    board = open_board(logs)
    _, status = board.do("toy_full")
    assert status["state"] == "failed"
    assert "could not be written" in status["message"]


def test_a_device_that_is_not_there_is_said(logs, open_board):
    board = open_board(logs, "--cnnviz_devices=cuda:77")
    assert board.json("session")["devices"] == ["cuda:77"]
    _, status = board.do("toy_random")
    assert (status["state"], status["kind"]) == ("failed", "WorkerError")
    assert "no device 'cuda:77'" in status["message"]
    assert board.json("catalogue")["catalogue"]["devices"][0] == "cpu"
    wait_for(lambda: not board.workers())


def test_a_worker_that_is_killed_while_it_starts_takes_one_job_with_it(logs, open_board):
    board = open_board(logs)
    wait_for(lambda: board.json("catalogue")["state"] == "ready", seconds=60)
    running = board.ask("toy_painter", iterations=100_000)
    first, second = board.ask("toy_random", seed=1), board.ask("toy_random", seed=2)
    old = board.until(running, "running")["pid"]
    os.kill(old, signal.SIGKILL)
    board.until(running)
    young = wait_for(lambda: set(board.workers()) - {old})
    os.kill(young.pop(), signal.SIGKILL)
    assert "could be started" in board.until(first)["message"]
    assert board.until(second)["state"] == "done"


def test_a_worker_that_cannot_start_is_said(logs, open_board, monkeypatch, tmp_path):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise ImportError('a broken installation')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ['PYTHONPATH']}")
    board = open_board(logs)
    wait_for(lambda: board.json("catalogue")["state"] == "failed", seconds=60)
    assert "a broken installation" in board.json("catalogue")["reason"]
    status, answer = board.post("jobs", {"run": "first", "method": "saliency"})
    assert (status, answer["error"]["kind"]) == (503, "WorkerError")


def test_an_idle_worker_ends_and_comes_back(logs, open_board):
    board = open_board(logs, "--cnnviz_idle_timeout=0.3")
    handles, pids = set(), []
    for seed in range(3):
        _, status = board.do("toy_random", seed=seed)
        assert status["state"] == "done"
        pids.append(status["pid"])
        wait_for(lambda: not psutil.pid_exists(pids[-1]))
        handles.add(psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else 0)
    assert len(handles) == 1


def test_a_folder_that_is_removed_under_a_running_job_is_forgotten(shared_board):
    job = shared_board.ask("toy_painter", iterations=100_000, seed=8)
    shared_board.until(job, "running")
    folder = shared_board.folder(job)
    folder.rename(folder.parent / ".gone-by-hand")
    wait_for(lambda: shared_board.get(f"jobs/{job}").status_code == 404)
    assert shared_board.do("toy_random", seed=9)[1]["state"] == "done"


def test_what_lies_where_tensorboard_was_started_is_not_imported(logs, open_board, monkeypatch):
    for name in ("torch.py", "cnnviz.py", "json.py"):
        (logs / name).write_text("raise SystemExit('imported from the logdir')")
    monkeypatch.chdir(logs)
    board = open_board(logs)
    assert board.do("toy_random")[1]["state"] == "done"
