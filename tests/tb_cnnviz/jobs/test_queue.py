"""The queue is the server's: ordered, bounded, changed from any tab."""

from __future__ import annotations

import pytest

from cnnviz.contract.jobs import JobRequest
from cnnviz.storage.jobs_folder import JobsFolder, new_job_id
from tests.worker.conftest import wait_for

LONG = {"iterations": 100_000, "pause": 0.01}


@pytest.fixture
def busy(shared_board):
    """A job that runs, so that others wait."""
    job = shared_board.ask("toy_painter", **LONG, seed=1000)
    shared_board.until(job, "running")
    yield job
    for one in shared_board.json("jobs")["jobs"]:
        if one["status"]["state"] in ("queued", "starting", "running"):
            shared_board.post(f"jobs/{one['request']['id']}/cancel", {})
    shared_board.until(job)


def waiting(board):
    """Give the waiting jobs in turn."""
    answer = board.json("jobs")
    states = {one["request"]["id"]: one["status"]["state"] for one in answer["jobs"]}
    return [job for job in answer["order"] if states[job] == "queued"]


def test_jobs_wait_their_turn_and_can_change_places(shared_board, busy):
    first, second, third = (shared_board.ask("toy_random", seed=100 + n) for n in range(3))
    assert waiting(shared_board) == [first, second, third]
    for job, before, order in (
        (third, first, [third, first, second]),
        (third, None, [first, second, third]),
        (first, third, [second, first, third]),
        (first, first, [second, first, third]),
    ):
        status, answer = shared_board.post(f"jobs/{job}/move", {"before": before})
        assert (status, answer["job"]["request"]["id"]) == (200, job)
        assert waiting(shared_board) == order
    for _ in range(70):  # halving the gap each time leaves no number between two
        order = waiting(shared_board)
        shared_board.post(f"jobs/{order[2]}/move", {"before": order[1]})
        assert waiting(shared_board) == [order[0], order[2], order[1]]
    order = waiting(shared_board)
    shared_board.post(f"jobs/{busy}/cancel", {})
    ends = [shared_board.until(job)["started"] for job in order]
    assert ends == sorted(ends)


def test_only_waiting_jobs_move(shared_board, busy):
    job = shared_board.ask("toy_random", seed=200)
    for moved, before in ((busy, job), (job, busy), (job, "nothing"), (job, "../x")):
        status, answer = shared_board.post(f"jobs/{moved}/move", {"before": before})
        assert (status, answer["error"]["kind"]) == (409, "RefusedError")
    assert shared_board.post(f"jobs/{job}/move", {"before": 3})[0] == 400
    assert shared_board.post("jobs/nothing/move", {})[0] == 404


def test_a_waiting_job_is_cancelled_at_once(shared_board, busy):
    job = shared_board.ask("toy_random", seed=300)
    status, answer = shared_board.post(f"jobs/{job}/cancel", {})
    assert (status, answer["job"]["status"]["state"]) == (200, "cancelled")
    assert shared_board.status(job)["finished"] is not None
    assert shared_board.post(f"jobs/{job}/cancel", {})[1]["job"]["status"]["state"] == "cancelled"
    assert shared_board.status(busy)["state"] == "running"


def test_a_running_job_is_cancelled_and_keeps_its_last_picture(shared_board):
    job = shared_board.ask("toy_painter", **LONG, seed=301)
    wait_for(lambda: shared_board.status(job)["preview"])
    status, answer = shared_board.post(f"jobs/{job}/cancel", {})
    assert (status, answer["job"]["status"]["state"]) == (200, "cancelling")
    last = shared_board.until(job, seconds=5)
    assert last["state"] == "cancelled"
    assert shared_board.get(f"jobs/{job}/preview").status_code == 200
    (record,) = shared_board.json(f"jobs/{job}/result")["records"]
    assert record["kind"] == "images"
    _, arrays = shared_board.tensors(f"jobs/{job}/images", key=record["key"])
    assert arrays["images"].shape == (2, 8, 8, 3)


def test_only_what_has_ended_is_removed(shared_board, busy):
    status, answer = shared_board.post(f"jobs/{busy}/remove", {})
    assert (status, answer["error"]["kind"]) == (409, "RefusedError")
    job = shared_board.ask("toy_random", seed=400)
    assert shared_board.post(f"jobs/{job}/remove", {})[0] == 409
    shared_board.post(f"jobs/{job}/cancel", {})
    folder = shared_board.folder(job)
    before = shared_board.json("jobs")["rev"]
    assert shared_board.post(f"jobs/{job}/remove", {}) == (200, {})
    assert not folder.exists()
    answer = shared_board.json("jobs", since=before)
    assert answer["rev"] != before
    assert job not in answer["order"]
    assert shared_board.error(f"jobs/{job}")[0] == 404
    assert shared_board.post(f"jobs/{job}/remove", {})[0] == 404


def test_only_what_changed_is_told(shared_board):
    job, _ = shared_board.do("toy_random", seed=500)
    before = shared_board.json("jobs")
    assert job in before["order"]
    nothing = shared_board.json("jobs", since=before["rev"])
    assert (nothing["rev"], nothing["jobs"]) == (before["rev"], [])
    assert nothing["order"] == before["order"]
    other, _ = shared_board.do("toy_random", seed=501)
    after = shared_board.json("jobs", since=before["rev"])
    assert [one["request"]["id"] for one in after["jobs"]] == [other]
    for since in ("0-0", "nonsense", "ab-é", "-", f"{before['rev'].split('-')[0]}-x"):
        assert len(shared_board.json("jobs", since=since)["jobs"]) == len(after["order"])


def test_running_jobs_come_first_and_the_latest_of_the_ended(shared_board, busy):
    old = next(
        one["request"]["id"]
        for one in shared_board.json("jobs")["jobs"]
        if one["status"]["state"] == "done"
    )
    waits = shared_board.ask("toy_random", seed=600)
    order = shared_board.json("jobs")["order"]
    assert order[:2] == [busy, waits]
    assert old in order[2:]
    shared_board.post(f"jobs/{waits}/cancel", {})
    assert shared_board.json("jobs")["order"][:2] == [busy, waits]


def test_at_most_a_hundred_jobs_wait(shared_board, busy):
    token = shared_board.json("session")["token"]
    body = {"run": "first", "method": "toy_random", "step": 3}
    there = len(waiting(shared_board))
    for seed in range(100 - there):
        status, _ = shared_board.post("jobs", {**body, "seed": 1000 + seed}, token=token)
        assert status == 200
    status, answer = shared_board.post("jobs", {**body, "seed": 777}, token=token)
    assert (status, answer["error"]["kind"]) == (409, "RefusedError")
    assert "100 jobs wait" in answer["error"]["message"]
    status, answer = shared_board.post("jobs", {**body, "seed": 1000}, token=token)
    assert (status, answer["existing"]) == (200, True)
    for job in waiting(shared_board):
        shared_board.post(f"jobs/{job}/cancel", {}, token=token)
    status, answer = shared_board.post("jobs", {**body, "seed": 777}, token=token)
    assert (status, answer["existing"]) == (200, False)


def test_a_copied_queue_does_not_fill_ours(shared_board, busy):
    place = shared_board.folder(busy).parent
    made = []
    for seed in range(101):
        request = JobRequest(
            id=new_job_id(), method="toy_random", params={}, run="first", step=3, seed=seed
        )
        made.append(JobsFolder(place, inside=place).create(request, position=1e308).id)
    wait_for(lambda: len(waiting(shared_board)) >= 101)
    job = shared_board.ask("toy_random", seed=888)
    assert waiting(shared_board)[0] == job
    for one in made:
        shared_board.post(f"jobs/{one}/cancel", {})
        shared_board.post(f"jobs/{one}/remove", {})
