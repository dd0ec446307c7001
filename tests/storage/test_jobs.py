"""Job folders: made and replaced whole, taken once, and safe to read whoever wrote them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading

import msgspec
import pytest

from cnnviz.contract.jobs import Claim, JobRequest, JobStatus
from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.claims import claim_lives, make_claim
from cnnviz.storage.jobs_folder import JobsFolder, new_job_id, request_digest


def make_request(job_id="a-1", **changes):
    given = {"method": "saliency", "params": {}, "run": "run", "step": 3, "seed": 1} | changes
    return JobRequest(id=job_id, **given)


@pytest.fixture
def jobs(tmp_path):
    return JobsFolder(tmp_path / "run" / "plugins" / "cnnviz" / "jobs", inside=tmp_path)


def test_a_job_is_read_as_it_was_made(jobs):
    request = make_request(params={"target": 2}, examples=[0, 2])
    job = jobs.create(request, [b"first", b"second"], position=4.5)
    again = jobs.job("a-1")
    sums = [hashlib.sha256(picture).hexdigest() for picture in (b"first", b"second")]
    assert again.request() == msgspec.structs.replace(request, inputs=2, input_digests=sums)
    assert (again.status().state, again.status().position) == ("queued", 4.5)
    assert [job.input(0), job.input(1)] == [b"first", b"second"]


def test_names_sort_by_when_they_were_made(jobs):
    made = [new_job_id(now) for now in (1_800_000_000, 1_700_000_000, 1_900_000_000)]
    for name in made:
        jobs.create(make_request(name))
    assert jobs.ids() == [made[1], made[0], made[2]]


def test_the_same_job_is_not_made_twice(jobs):
    jobs.create(make_request(method="first"))
    with pytest.raises(OSError):
        jobs.create(make_request(method="second"))
    assert jobs.job("a-1").request().method == "first"
    assert [path.name for path in jobs.folder.iterdir()] == ["a-1"]


@pytest.mark.parametrize(
    "name", ["../a-1", "a/../a-1", "", ".", "..", "A", "a" * 65, "a\0", "a-1\n", "-a", ".new-a"]
)
def test_a_name_leads_nowhere_else(jobs, name):
    jobs.create(make_request())
    with pytest.raises(MissingError):
        jobs.job(name)
    with pytest.raises(RecordError):
        jobs.create(make_request(name))


def test_only_one_of_many_takes_a_job(jobs):
    job = jobs.create(make_request())
    taken = []
    threads = [threading.Thread(target=lambda: taken.append(job.claim("cpu"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 15 + [True]
    assert job.claimed_by().pid == os.getpid()
    assert not list(job.folder.glob(".*"))


def test_a_claim_lives_as_long_as_its_process():
    code = (
        "from cnnviz.storage.claims import make_claim; import msgspec, sys;"
        "sys.stdout.write(msgspec.json.encode(make_claim('cpu')).decode()); sys.stdout.flush();"
        "sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        data = b""
        while not data.endswith(b"}"):
            data += process.stdout.read1()
        claim = msgspec.json.decode(data, type=Claim)
        assert claim_lives(claim)
        process.kill()
        process.wait()
    assert claim_lives(claim) is False


def test_another_process_of_the_same_number_is_not_taken_for_it():
    if not make_claim("cpu").birth:
        pytest.skip("this system does not tell when a process began")
    claim = msgspec.structs.replace(make_claim("cpu"), birth="some other boot-1")
    assert claim_lives(claim) is False


def test_of_another_machine_nothing_is_known():
    assert claim_lives(msgspec.structs.replace(make_claim("cpu"), host="elsewhere")) is None


def test_a_status_is_never_seen_half_written(jobs):
    job = jobs.create(make_request())
    curve = [(number, number / 7) for number in range(200)]
    done = threading.Event()

    def write():
        for number in range(200):
            job.write_status(JobStatus(state="running", iteration=number, objective=curve))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    while not done.is_set():
        seen.append(job.status().iteration)
    writer.join()
    assert seen == sorted(seen)


def test_a_value_that_is_not_finite_does_not_hide_the_status(jobs):
    job = jobs.create(make_request())
    job.write_status(JobStatus(state="running", objective=[(1, float("nan")), (2, 0.5)]))
    assert job.status().objective == [(1, None), (2, 0.5)]


def test_asking_to_cancel_twice_is_once(jobs):
    job = jobs.create(make_request())
    assert not job.cancel_asked()
    job.ask_to_cancel()
    job.ask_to_cancel()
    assert job.cancel_asked()


def test_a_removed_job_does_not_come_back_with_a_late_status(jobs):
    job = jobs.create(make_request())
    jobs.remove("a-1")
    with pytest.raises(FileNotFoundError):
        job.write_status(JobStatus(state="running"))
    assert jobs.ids() == []
    assert list(jobs.folder.iterdir()) == []


def test_what_a_kill_left_is_cleared(jobs):
    job = jobs.create(make_request())
    (jobs.folder / ".new-b-1-00000000").mkdir()
    (jobs.folder / ".gone-c-1-00000000" / "deep").mkdir(parents=True)
    left = job.folder / ".status.json.nohost-1-00000000.tmp"
    left.write_bytes(b"{")
    os.utime(left, (0, 0))
    jobs.clear_leftovers()
    assert [path.name for path in jobs.folder.iterdir()] == ["a-1"]
    assert not left.exists()


@pytest.mark.parametrize("name", ["request.json", "status.json"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\x80\x04K\x01.",  # a pickle
        b'{"version": 99}',
        b"[" * 100_000,
        b'{"version": 1, "id": "other", "method": "m", "params": {}, "run": "r", "step": 1}',
        b'{"version": 1, "id": "a-1", "method": 7, "params": {}, "run": "r", "step": 1}',
        b" " * (2 << 20),
    ],
)
def test_damaged_files_are_named(jobs, name, content):
    job = jobs.create(make_request())
    (job.folder / name).write_bytes(content)
    with pytest.raises(RecordError):
        job.request() if name == "request.json" else job.status()


@pytest.mark.skipif(os.name != "posix", reason="links and pipes")
@pytest.mark.parametrize("name", ["request.json", "status.json", "claim.json", "preview.png"])
def test_links_and_pipes_are_not_read(jobs, tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_text(json.dumps({"state": "done"}))
    job = jobs.create(make_request())
    readers = {
        "request.json": job.request,
        "status.json": job.status,
        "claim.json": job.claimed_by,
        "preview.png": job.preview,
    }
    for make in (lambda path: path.symlink_to(secret), os.mkfifo, lambda path: path.mkdir()):
        path = job.folder / name
        if path.exists():
            path.unlink()
        make(path)
        with pytest.raises(RecordError):
            readers[name]()
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_writing_replaces_a_link_and_not_what_it_names(jobs, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("precious")
    job = jobs.create(make_request())
    for name in ("status.json", "preview.png", "claim.json", "cancel"):
        (job.folder / name).unlink(missing_ok=True)
        (job.folder / name).symlink_to(precious)
    job.write_status(JobStatus(state="running"))
    job.write_preview(b"picture")
    job.ask_to_cancel()
    assert not job.claim("cpu")
    assert precious.read_text() == "precious"
    assert job.status().state == "running"


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_folder_of_jobs_that_leads_out_is_not_used(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    logdir = tmp_path / "logs"
    place = logdir / "run" / "plugins" / "cnnviz"
    place.mkdir(parents=True)
    (place / "jobs").symlink_to(outside)
    with pytest.raises(RecordError, match="leads out"):
        JobsFolder(place / "jobs", inside=logdir)


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_link_that_takes_the_folders_place_later_is_not_followed(jobs, tmp_path):
    jobs.create(make_request())
    jobs.folder.rename(tmp_path / "elsewhere")
    jobs.folder.symlink_to(tmp_path / "elsewhere")
    assert jobs.ids() == []
    assert not jobs.is_writable()
    with pytest.raises(MissingError):
        jobs.job("a-1")


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_linked_job_is_no_job(jobs, tmp_path):
    jobs.create(make_request())
    (jobs.folder / "b-1").symlink_to(jobs.folder / "a-1")
    assert jobs.ids() == ["a-1"]
    with pytest.raises(MissingError):
        jobs.job("b-1")


def test_the_newest_jobs_are_listed_when_there_are_too_many(jobs, monkeypatch):
    monkeypatch.setattr("cnnviz.storage.jobs_folder.MAX_JOBS", 2)
    for name in ("c-1", "a-1", "b-1"):
        jobs.create(make_request(name))
    assert jobs.ids() == ["b-1", "c-1"]


def test_the_end_of_a_log_has_whole_lines(jobs):
    job = jobs.create(make_request())
    assert job.log_tail() == ""
    (job.folder / "log.txt").write_text("\n".join(f"line {n}" for n in range(1000)))
    tail = job.log_tail(100)
    assert len(tail) <= 100
    assert tail.startswith("line ")
    assert tail.endswith("line 999")


def digest(request, params, inputs=(), **changes):
    facts = {"method_version": 1, "model_digest": "0" * 64} | changes
    return request_digest(request, params, inputs=inputs, **facts)


def test_the_same_request_has_the_same_digest_whoever_asks_and_when():
    first = digest(make_request("a-1", created=1.0), {"a": 1.0, "b": [2.0]})
    assert first == digest(make_request("b-1", created=2.0), {"b": [2], "a": 1})


@pytest.mark.parametrize(
    "changed",
    [
        lambda: digest(make_request(step=4), {"a": 1}),
        lambda: digest(make_request(step=None), {"a": 1}),
        lambda: digest(make_request(run="other"), {"a": 1}),
        lambda: digest(make_request(method="other"), {"a": 1}),
        lambda: digest(make_request(examples=[1]), {"a": 1}),
        lambda: digest(make_request(seed=2), {"a": 1}),
        lambda: digest(make_request(), {"a": 1.5}),
        lambda: digest(make_request(), {"a": 1}, [b"picture"]),
        lambda: digest(make_request(), {"a": 1}, method_version=2),
        lambda: digest(make_request(), {"a": 1}, model_digest="1" * 64),
    ],
)
def test_another_request_has_another_digest(changed):
    assert changed() != digest(make_request(), {"a": 1})
