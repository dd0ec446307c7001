"""Job folders that somebody else wrote: what they say is shown, bounded, and never obeyed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time

import msgspec
import pytest

from cnnviz.contract.jobs import Claim, JobRequest, JobStatus
from cnnviz.storage.claims import make_claim
from cnnviz.storage.jobs_folder import JobsFolder, new_job_id
from tb_cnnviz.jobs import book
from tests.worker.conftest import make_job, wait_for

HTML = "<img src=x onerror=alert(1)>\x1b]0;evil\x07\u202e"


def look(fortress):
    fortress.office._next_look = float("-inf")
    return fortress.json("jobs")


def rewrite(job, name, **changes):
    path = job.folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def bystander():
    """A process that has nothing to do with us."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    assert process.poll() is None, "a process that a logdir named was ended"
    process.kill()
    process.wait()


@pytest.mark.parametrize("state", ["queued", "starting", "running", "cancelling", "done"])
def test_a_process_that_a_folder_names_is_left_alone(fortress, bystander, state):
    fortress.json("catalogue")  # an attack before this one may have ended the worker
    worker = wait_for(fortress.pid)
    for pid in (bystander.pid, os.getpid(), os.getppid(), worker, 1, 0, -1):
        job = make_job(fortress.logdir, "saliency", seed=pid % 1000)
        rewrite(job, "status.json", state=state, pid=pid, updated=0.0, progressed=-1e9)
        claim = msgspec.structs.replace(make_claim("cpu"), pid=pid)
        (job.folder / "claim.json").write_bytes(msgspec.json.encode(claim))
        look(fortress)
        assert fortress.post(f"jobs/{job.id}/cancel", {})[0] == 200
        fortress.post(f"jobs/{job.id}/move", {"before": None})
        fortress.post(f"jobs/{job.id}/remove", {})
    time.sleep(0.3)
    assert fortress.pid() is not None


STATUSES = [
    {"state": "done", "result": "../../../etc/passwd", "preview": "../x"},
    {"state": "running", "iteration": 2**63 - 1, "total": -5, "rate": -1e300, "remaining": 1e308},
    {"state": "running", "objective": [[n, None] for n in range(200)], "objective_name": HTML},
    {"state": "failed", "kind": HTML, "message": HTML * 500, "log_tail": HTML * 500},
    {"state": "queued", "position": -1e308, "device": "cuda:0; touch sprung"},
    {"state": "queued", "position": 1e308, "device": HTML, "attempts": 2**62},
    {"state": "cancelling", "pid": 2**62, "updated": 1e300, "progressed": -1e300},
    {"state": "done", "finished": 1e300, "started": -1e300},
]
BROKEN = [
    *({"state": "root"}, {"state": None}, {"iteration": 1.5}, {"objective": [[0, 0.1]] * 201}),
    *(
        {"position": 10**400},
        {"version": 99},
        {"preview": 5},
        {"pid": "1"},
        {"message": "x" * 400_000},
    ),
]


def test_whatever_a_status_says_is_shown_or_is_a_failed_job(fortress):
    shown, broken = [], []
    for number, changes in enumerate([*STATUSES, *BROKEN]):
        job = make_job(fortress.logdir, "saliency", seed=7000 + number)
        rewrite(job, "status.json", **changes)
        (shown if number < len(STATUSES) else broken).append(job.id)
    views = {view["request"]["id"]: view for view in look(fortress)["jobs"]}
    for job in broken:
        assert (views[job]["status"]["state"], views[job]["status"]["kind"]) == (
            "failed",
            "RecordError",
        )
    fortress.visit_jobs()
    for job in [*shown, *broken]:
        assert job in views
        for change in ("move", "cancel", "remove"):
            assert fortress.post(f"jobs/{job}/{change}", {})[0] in (200, 409), (job, change)


def test_a_queue_of_absurd_positions_still_takes_and_orders_ours(fortress):
    for position in (-1e308, 1e308, 1e-320, 0.0):
        job = make_job(fortress.logdir, "saliency")
        rewrite(job, "status.json", position=position)
    look(fortress)
    running = fortress.ask("toy_painter", seed=next(fortress._seeds), iterations=100_000)
    fortress.until(running, "running")
    ours = [fortress.ask("toy_random", seed=10_000 + n) for n in range(3)]
    for before in (ours[0], None, ours[1]):
        status, _ = fortress.post(f"jobs/{ours[2]}/move", {"before": before})
        assert status == 200
    fortress.post(f"jobs/{running}/cancel", {})
    assert {fortress.until(job)["state"] for job in ours} == {"done"}


REQUESTS = [
    *({"run": "../../elsewhere"}, {"run": HTML}, {"method": HTML}, {"method": "x" * 65}),
    *({"step": 2**62}, {"step": -5}, {"examples": [2**62]}, {"examples": [-1]}, {"inputs": 2**40}),
    *({"inputs": 3}, {"seed": 2**62}, {"seed": -1}, {"id": "another"}, {"params": {"layer": HTML}}),
    *({"params": {"views": 10**30}}, {"params": {"a": {"b": [[[[]]]] * 100}}}, {"created": 1e300}),
    *({"method": "toy_random", "params": {"__class__": "x"}}, {"digest": HTML}, {"params": []}),
    *({"input_digests": ["../x"] * 9}, {"method": "cnnviz.cli"}, {"more": 1}, {"version": -1}),
]


def test_a_request_in_a_folder_is_checked_by_the_worker_as_ours_are(fortress):
    """As if the user had asked for it here: it is the worst that a copied folder can try."""
    pid = fortress.pid()
    jobs = []
    for number, changes in enumerate(REQUESTS):
        job = make_job(fortress.logdir, "saliency", seed=8000 + number)
        rewrite(job, "request.json", **changes)
        fortress.office.book.asked.add(job.folder)
        jobs.append((job.id, changes))
    look(fortress)
    for job, changes in jobs:
        status = fortress.until(job)
        assert status["state"] in {"done", "failed"}, (changes, status)
        if status["state"] == "failed":
            assert status["kind"] != "WorkerError", (changes, status)
    assert fortress.pid() == pid
    fortress.visit_jobs()


def test_a_folder_that_lies_about_what_it_asks_is_not_taken_for_the_same(fortress):
    """A waiting job that bears the digest of what a user is about to ask, but asks for another."""
    body = {"run": "first", "method": "toy_random", "params": {}, "step": 3, "seed": 4242}
    _, answer = fortress.post("jobs", body)
    honest = answer["job"]["request"]
    fortress.until(honest["id"])
    fortress.post(f"jobs/{honest['id']}/remove", {})
    jobs = JobsFolder(fortress.logdir / "first/plugins/cnnviz/jobs", inside=fortress.logdir)
    request = msgspec.convert(honest, JobRequest)
    for lie in (
        {"method": "toy_painter", "params": {"iterations": 100_000, "pause": 60.0}},
        {"params": {"iterations": 99, "pause": 0.01}},
        {"seed": 1},
        {"step": 7},
        {"examples": [0]},
    ):
        liar = msgspec.structs.replace(request, id=new_job_id(), **lie)
        jobs.create(liar)
        look(fortress)
        status, answer = fortress.post("jobs", body)
        assert (status, answer["existing"]) == (200, False), lie
        assert answer["job"]["request"]["id"] != liar.id
        assert fortress.status(liar.id)["state"] == "queued", lie
        made = answer["job"]["request"]["id"]
        assert fortress.until(made)["state"] == "done"
        for job in (made, liar.id):
            fortress.post(f"jobs/{job}/cancel", {})
            assert fortress.post(f"jobs/{job}/remove", {})[0] == 200


def test_a_claim_of_anybody_blocks_one_job_alone(fortress):
    elsewhere = Claim(pid=1, host=HTML, birth="", device="cpu", claimed=1e300)
    here = Claim(pid=os.getpid(), host=socket.gethostname(), birth="long ago", device=HTML)
    for claim in (elsewhere, here):
        job = make_job(fortress.logdir, "saliency")
        (job.folder / "claim.json").write_bytes(msgspec.json.encode(claim))
        fortress.office.book.asked.add(job.folder)
        look(fortress)
        fortress.still_works()
        fortress.post(f"jobs/{job.id}/cancel", {})


def test_very_many_folders_are_listed_in_bounded_time_and_number(fortress, monkeypatch):
    monkeypatch.setattr(book, "LARGEST", 1 << 20)
    monkeypatch.setattr("cnnviz.storage.jobs_folder.MAX_JOBS", 500)
    fortress.add_run("crowd")
    place = fortress.logdir / "crowd/plugins/cnnviz/jobs"
    place.mkdir()
    request = JobRequest(id="a", method="saliency", params={}, run="crowd", step=3)
    status = msgspec.json.encode(JobStatus(state="queued", message="x" * 2000))
    for number in range(700):
        folder = place / f"job-{number}"
        folder.mkdir()
        named = msgspec.structs.replace(request, id=folder.name)
        (folder / "request.json").write_bytes(msgspec.json.encode(named))
        (folder / "status.json").write_bytes(status)
    (place / "not a job").mkdir()
    fortress.reload(fortress.logdir)
    began = time.monotonic()
    listed = look(fortress)["order"]
    assert 100 < len(listed) < 600
    assert time.monotonic() - began < 20
    fortress.still_works()
    fortress.drop_run("crowd")
    look(fortress)
