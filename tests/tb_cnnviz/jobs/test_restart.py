"""What was asked for outlives TensorBoard; what others asked for does not start by itself."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import msgspec
import psutil
import pytest

from cnnviz.contract.jobs import FINAL_STATES
from cnnviz.storage.jobs import Job
from cnnviz.storage.jobs_folder import JobsFolder
from tb_cnnviz.jobs import book
from tests.tb_cnnviz.test_tensorboard import get, started, wait_for_steps
from tests.worker.conftest import make_job, wait_for

LONG = {"iterations": 100_000, "pause": 0.01}


def test_waiting_jobs_are_done_by_the_next_tensorboard(logs, open_board):
    board = open_board(logs)
    running = board.ask("toy_painter", **LONG)
    waits = [board.ask("toy_random", seed=seed) for seed in range(2)]
    board.until(running, "running")
    board.close()
    again = open_board(logs)
    assert again.until(running)["state"] == "failed"
    assert "ended without a last word" in again.status(running)["message"]
    assert [again.until(job)["state"] for job in waits] == ["done", "done"]
    assert set(again.json("jobs")["order"]) == {running, *waits}


def test_the_queue_of_a_copied_logdir_does_not_start_by_itself(logs, open_board, tmp_path):
    board = open_board(logs)
    running = board.ask("toy_painter", **LONG)
    waits = board.ask("toy_random", seed=5)
    board.until(running, "running")
    copied = shutil.copytree(logs, tmp_path / "copied")
    board.post(f"jobs/{waits}/cancel", {})
    board.post(f"jobs/{running}/cancel", {})
    other = open_board(copied)
    wait_for(lambda: other.json("catalogue")["state"] == "ready", seconds=60)
    time.sleep(0.5)  # a worker is there, and nothing is given to it
    assert other.status(waits)["state"] == "queued"
    assert "another TensorBoard" in other.status(waits)["message"]
    body = {"run": "first", "method": "toy_random", "params": {}, "step": 3, "seed": 5}
    _, answer = other.post("jobs", body)
    assert (answer["job"]["request"]["id"], answer["existing"]) == (waits, True)
    assert other.until(waits)["state"] == "done"


def test_a_job_of_a_dead_worker_fails_with_its_log(logs, open_board):
    job = make_job(logs, "saliency")
    code = "import sys; from pathlib import Path; from cnnviz.storage.jobs import Job; "
    code += "Job(Path(sys.argv[1])).claim('cpu')"
    subprocess.run([sys.executable, "-c", code, str(job.folder)], check=True)
    (job.folder / "log.txt").write_text("the end of the log\n")
    status = open_board(logs).until(job.id, seconds=10)
    assert (status["state"], status["kind"]) == ("failed", "WorkerError")
    assert status["log_tail"] == "the end of the log\n"
    assert job.status().state == "failed"


def test_where_jobs_are_off_a_dead_job_is_shown_as_failed_and_not_touched(logs, open_board):
    job = make_job(logs, "saliency")
    code = "import sys; from pathlib import Path; from cnnviz.storage.jobs import Job; "
    code += "Job(Path(sys.argv[1])).claim('cpu')"
    subprocess.run([sys.executable, "-c", code, str(job.folder)], check=True)
    board = open_board(logs, "--cnnviz_jobs=off")
    assert board.until(job.id, seconds=10)["kind"] == "WorkerError"
    assert job.status().state == "queued"


def test_a_job_that_a_living_process_has_is_left_alone(logs, open_board):
    job = make_job(logs, "saliency")
    assert job.claim("cpu")
    before = job.status()
    board = open_board(logs)
    board.until(job.id, "queued")
    time.sleep(2.5)
    assert job.status() == before
    job.write_status(msgspec.structs.replace(before, state="done", message="by another"))
    assert board.until(job.id)["message"] == "by another"


def test_two_tensorboards_on_one_logdir_do_each_job_once(logs, open_board):
    first, second = open_board(logs), open_board(logs)
    wait_for(lambda: first.json("catalogue")["state"] == "ready", seconds=60)
    wait_for(lambda: second.json("catalogue")["state"] == "ready", seconds=60)
    jobs = [board.ask("toy_random", seed=n) for n, board in enumerate([first, second] * 4)]
    for job in jobs:
        assert first.until(job)["state"] == "done"
        assert second.until(job)["state"] == "done"
    assert first.json("jobs")["order"] == second.json("jobs")["order"]
    pids = {first.status(job)["pid"] for job in jobs}
    assert pids <= {*first.workers(), *second.workers()}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("status.json", b"{"),
        ("status.json", b"[" * 100_000),
        ("status.json", b" " * (1 << 19)),
        ("request.json", b"{}"),
        ("request.json", b'{"params":' + b'{"a":' * 50_000),
        ("claim.json", b"nonsense"),
    ],
)
def test_a_damaged_job_is_shown_as_failed(logs, open_board, name, content):
    job = make_job(logs, "saliency")
    (job.folder / name).write_bytes(content)
    os.utime(job.folder / name, (1, 1))
    board = open_board(logs)
    status = board.until(job.id, seconds=10)
    assert status["state"] == "failed"
    assert status["message"]
    assert board.post(f"jobs/{job.id}/remove", {})[0] == 200


def test_a_renamed_run_shows_what_was_done_and_fails_what_was_not(logs, open_board):
    board = open_board(logs)
    done, _ = board.do("toy_random")
    waits = make_job(logs, "toy_random", seed=9)
    board.close()
    (logs / "first").rename(logs / "later")
    again = open_board(logs)
    assert again.status(done)["state"] == "done"
    assert again.json(f"jobs/{done}")["job"]["run"] == "later"
    assert again.json(f"jobs/{done}/result")["records"][0]["provenance"]["run"] == "later"
    assert "lies in 'later'" in again.status(waits.id)["message"]


def test_a_folder_that_cannot_be_written_to_sends_jobs_to_the_cache(logs, open_board, cache):
    (logs / "first/plugins/cnnviz/jobs").write_text("no folder can be made here")
    board = open_board(logs)
    job, status = board.do("toy_sheet")
    assert status["state"] == "done"
    assert board.json(f"jobs/{job}")["job"]["in_cache"] is True
    assert cache in board.folder(job).parents
    board.close()
    again = open_board(logs)
    assert again.status(job)["state"] == "done"
    assert again.json(f"jobs/{job}/result")["digest"] == status["result"]


def test_jobs_beyond_the_limit_of_memory_are_not_listed(logs, open_board, monkeypatch):
    made = [make_job(logs, "saliency", seed=n).id for n in range(6)]
    monkeypatch.setattr(book, "LARGEST", 1500)
    listed = open_board(logs).json("jobs")["order"]
    assert 0 < len(listed) < 6
    assert set(listed) <= set(made)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_logdir_sends_jobs_to_the_cache(logs, open_board):
    place = logs / "first/plugins/cnnviz"
    place.chmod(0o500)
    try:
        board = open_board(logs)
        job, status = board.do("toy_random")
        assert (status["state"], board.json(f"jobs/{job}")["job"]["in_cache"]) == ("done", True)
    finally:
        place.chmod(0o700)


def post(base, route, body):
    token = json.loads(get(f"{base}/session"))["token"]
    headers = {"Content-Type": "application/json", "X-Cnnviz-Token": token}
    request = urllib.request.Request(f"{base}/{route}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=90) as answer:
        return json.loads(answer.read())


@pytest.mark.e2e
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_worker_finishes_its_job_when_tensorboard_ends(logs, how):
    with started("--logdir", str(logs), "--load_fast=false") as root:
        base = f"{root}/data/plugin/cnnviz"
        wait_for_steps(base, "first", 2)
        body = {
            "run": "first",
            "method": "toy_painter",
            "step": 3,
            "params": {"iterations": 200, "pause": 0.02},
        }
        made = post(base, "jobs", body)["job"]["request"]["id"]
        jobs = JobsFolder(logs / "first/plugins/cnnviz/jobs", inside=logs)
        job: Job = jobs.job(made)
        wait_for(lambda: job.status().state == "running", seconds=60)
        worker = psutil.Process(job.status().pid)
        boards = [one for one in psutil.Process().children() if one.pid == worker.ppid()]
        for board in boards:
            assert "libtorch" not in {Path(one.path).stem for one in board.memory_maps()}
            board.send_signal(how)
        wait_for(lambda: not worker.is_running() or worker.status() == "zombie", seconds=30)
    assert job.status().state in FINAL_STATES
    assert job.status().state == "done"
    with contextlib.suppress(psutil.NoSuchProcess):
        worker.wait(timeout=5)
