"""What goes wrong with a job is said in its status, and the next job runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from cnnviz.storage.claims import claim_lives
from tests.worker.conftest import record_run, wait_for
from tests.worker.test_jobs import png


@pytest.mark.parametrize(
    ("method", "changes", "kind", "said"),
    [
        ("salience", {}, "MissingError", "did you mean 'saliency'"),
        ("saliency", {"target": 99}, "ParamsError", "0 … 4, got 99"),
        ("saliency", {"target": "x"}, "ParamsError", "saliency.target"),
        ("saliency", {"other": 1}, "ParamsError", "no parameter 'other'"),
        ("saliency", {"layer": "9", "channel": 1}, "MissingError", "9"),
        ("saliency", {"step": 4}, "MissingError", "those there are of step 3, 7"),
        ("saliency", {"examples": [3]}, "ParamsError", "examples 0 … 2, got 3"),
        ("saliency", {"pictures": [b"GIF89a"]}, "ParamsError", "no PNG, JPEG or WebP"),
        ("saliency", {"pictures": [png(30_000, 30_000)]}, "ParamsError", "picture 0"),
        ("saliency", {"pictures": [png(8, 8)[:50]]}, "ParamsError", "picture 0"),
        ("saliency", {"run": "hooks", "step": None}, "UnsuitableError", "cnnviz run METHOD"),
        ("saliency", {"run": "bare", "step": None}, "ParamsError", "looks at pictures"),
        ("toy_failing", {}, "ZeroDivisionError", "a wheel came off"),
        ("toy_glutton", {}, "WorkerError", "try fewer examples"),
    ],
)
def test_a_job_that_cannot_be_done_says_why(shared, logdir, ask, method, changes, kind, said):
    job = ask(method, **changes)
    status = shared.do(logdir, job, run=changes.get("run", "first"))
    assert (status.state, status.kind, status.result) == ("failed", kind, None)
    assert said in status.message
    assert kind in status.log_tail
    assert shared.do(logdir, ask("toy_random")).state == "done"


def test_what_a_method_prints_goes_to_the_log_and_not_to_the_server(shared, logdir, ask):
    job = ask("toy_chatty", iterations=200, pause=0.005)
    assert shared.do(logdir, job).state == "done"
    log = job.folder / "log.txt"
    assert log.stat().st_size < 5 << 20
    assert shared.do(logdir, ask("toy_random")).state == "done"


def test_a_damaged_order_is_refused(shared, logdir, ask):
    shared.process.stdin.write(b"[1, 2\n")
    shared.process.stdin.flush()
    assert "damaged" in shared.hear("refused")["reason"]
    shared.order(logdir, ask("saliency"), name="../../etc")
    assert "no job" in shared.hear("refused")["reason"]
    shared.order(logdir, ask("saliency"), jobs_root=logdir / "hooks")
    assert "leads out" in shared.hear("refused")["reason"]


def test_a_job_is_done_in_its_own_run_only(shared, logdir, ask):
    status = shared.do(logdir, ask("saliency"), run="bare")
    assert (status.state, status.kind) == ("failed", "ParamsError")


def test_a_job_whose_folder_is_removed_takes_nothing_else_with_it(shared, logdir, ask):
    job = ask("toy_painter", iterations=100_000)
    shared.order(logdir, job)
    shared.hear("started")
    wait_for(lambda: job.status().state == "running")
    job.folder.rename(job.folder.parent / ".gone")
    assert shared.hear("finished")["state"] == "cancelled"
    assert not job.folder.exists()
    assert shared.do(logdir, ask("toy_random")).state == "done"


def test_a_crash_leaves_last_words_and_a_claim_that_does_not_live(start_worker, logdir, ask):
    worker = start_worker()
    job = ask("toy_crash")
    worker.hear("ready")
    worker.order(logdir, job)
    worker.hear("started")
    worker.hear("end")
    assert worker.process.wait() == -signal.SIGSEGV
    assert job.status().state == "running"
    assert claim_lives(job.claimed_by()) is False
    assert "the last words of a method" in job.log_tail()
    assert "Segmentation fault" in job.log_tail()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_stopped_worker_shows_by_its_status_and_a_killed_one_leaves_nothing_half_written(
    start_worker, logdir, ask
):
    worker = start_worker()
    job = ask("toy_painter", iterations=100_000, pause=0.0)
    worker.hear("ready")
    worker.order(logdir, job)
    worker.hear("started")
    wait_for(lambda: job.status().preview)
    worker.process.send_signal(signal.SIGSTOP)
    time.sleep(0.2)
    before = job.status().updated
    time.sleep(0.8)
    assert job.status().updated == before
    worker.process.kill()
    worker.hear("end")
    worker.process.wait()
    assert job.status().state == "running"
    assert claim_lives(job.claimed_by()) is False
    assert job.preview().startswith(b"\x89PNG")
    assert not (job.folder / "result.safetensors").exists()


def test_a_method_that_hangs_shows_by_its_status(shared, logdir, ask):
    job = ask("toy_silent")
    shared.order(logdir, job)
    shared.hear("started")
    wait_for(lambda: job.status().state == "running")
    time.sleep(1.5)
    status = job.status()
    assert status.updated - status.progressed > 1
    job.ask_to_cancel()
    shared.hear("finished")


def test_without_a_server_the_job_at_hand_is_finished(start_worker, logdir, ask):
    worker = start_worker()
    job = ask("toy_painter", iterations=60)
    worker.hear("ready")
    worker.order(logdir, job)
    worker.process.stdin.close()
    assert worker.process.wait(timeout=30) == 0
    assert job.status().state == "done"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_in_the_terminal_does_not_end_a_job(shared, logdir, ask):
    job = ask("toy_painter", iterations=60)
    shared.process.send_signal(signal.SIGINT)
    shared.order(logdir, job)
    wait_for(lambda: job.status().state == "running")
    shared.process.send_signal(signal.SIGINT)
    shared.hear("started")
    assert shared.hear("finished")["state"] == "done"


def test_a_device_that_is_not_there_is_named():
    found = subprocess.run(
        [sys.executable, "-m", "cnnviz.worker", "--device", "cuda:99"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert "there is no device 'cuda:99'; there are cpu" in found.stderr


@pytest.mark.skipif(os.name != "posix", reason="links")
@pytest.mark.parametrize("name", ["graph.json", "weights.safetensors", "examples.safetensors"])
def test_a_link_out_of_the_logdir_is_not_followed(shared, tmp_path, ask_in, name):
    outside = tmp_path / "outside"
    outside.mkdir()
    logdir = tmp_path / "logs"
    place = record_run(logdir, steps=())
    (place / name).rename(outside / name)
    (place / name).symlink_to(outside / name)
    status = shared.do(logdir, ask_in(logdir, "saliency", step=None))
    assert (status.state, status.kind) == ("failed", "RecordError")
    assert "leads out of the logdir" in status.message


@pytest.mark.parametrize("name", ["graph.json", "weights.safetensors", "examples.safetensors"])
def test_a_pickle_under_any_name_is_not_opened_as_one(shared, tmp_path, ask_in, name):
    import pickle

    trap = tmp_path / "sprung"

    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(trap),)

    place = record_run(tmp_path / "logs", steps=())
    (place / name).write_bytes(pickle.dumps(Trap()))
    status = shared.do(tmp_path / "logs", ask_in(tmp_path / "logs", "saliency", step=None))
    assert (status.state, status.kind) == ("failed", "RecordError")
    assert not trap.exists()


def test_a_damaged_checkpoint_is_not_run(shared, tmp_path, ask_in):
    logdir = tmp_path / "logs"
    place = record_run(logdir)
    file = place / "checkpoints" / "3.safetensors"
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)
    status = shared.do(logdir, ask_in(logdir, "saliency"))
    assert (status.state, status.kind) == ("failed", "RecordError")
    assert "CRC-32C" in status.message


def test_another_networks_checkpoint_is_not_run(shared, tmp_path, ask_in):
    logdir = tmp_path / "logs"
    place = record_run(logdir, steps=(3,))
    graph = place / "graph.json"
    graph.write_bytes(graph.read_bytes().replace(b'"Sequential"', b'"Sequentiel"'))
    status = shared.do(logdir, ask_in(logdir, "saliency"))
    assert (status.state, status.kind) == ("failed", "RecordError")
    assert "another network" in status.message


def test_a_huge_file_of_weights_is_refused_before_it_is_read(shared, tmp_path, ask_in):
    logdir = tmp_path / "logs"
    place = record_run(logdir, steps=(3,))
    with (place / "checkpoints" / "3.safetensors").open("r+b") as file:
        file.truncate(1 << 40)
    status = shared.do(logdir, ask_in(logdir, "saliency"))
    assert (status.state, status.kind) == ("failed", "RecordError")


def _with_graph(place, change):
    graph = json.loads((place / "graph.json").read_bytes())
    change(graph)
    (place / "graph.json").write_text(json.dumps(graph))


def _call_the_shell(graph):
    graph["nodes"][-1]["op"] = "os.system"


def _depend_on_itself(graph):
    for node in graph["nodes"]:
        node["args"] = [{"node": len(graph["nodes"]) - 1}]


def _be_huge(graph):
    for info in graph["weights"].values():
        info["shape"] = [1 << 30] * max(len(info["shape"]), 1)


def _be_endless(graph):
    graph["nodes"] *= 100_000


@pytest.mark.parametrize(
    "change", [_call_the_shell, _depend_on_itself, _be_huge, _be_endless], ids=lambda f: f.__name__
)
def test_a_hostile_graph_is_refused_and_the_worker_lives(shared, tmp_path, ask_in, change):
    logdir = tmp_path / "logs"
    place = record_run(logdir, steps=())
    _with_graph(place, change)
    status = shared.do(logdir, ask_in(logdir, "saliency", step=None))
    assert status.state == "failed"
    assert status.kind in {"RecordError", "UnsuitableError"}
