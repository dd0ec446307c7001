"""Changes are taken from the page alone, and no more of a body is read than is allowed."""

from __future__ import annotations

import io
import json

import pytest
from werkzeug.test import create_environ, run_wsgi_app

BODY = {"run": "first", "method": "toy_random", "params": {}, "step": 3, "seed": 1}


def jobs_of(board):
    return board.json("jobs")["order"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Cnnviz-Token": ""}, 403),
        ({"X-Cnnviz-Token": "x" * 43}, 403),
        ({"X-Cnnviz-Token": "é"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:8888"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Host": "rebind.test"}, 403),
        ({"Host": "rebind.test", "Origin": "http://rebind.test"}, 403),
        ({"Host": "localhost.evil.test"}, 403),
        ({"Host": ""}, 403),
    ],
)
def test_a_change_from_elsewhere_is_refused(shared_board, headers, expected):
    before = jobs_of(shared_board)
    status, answer = shared_board.post("jobs", BODY, **headers)
    assert (status, answer["error"]["kind"]) == (expected, "RefusedError")
    assert jobs_of(shared_board) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://public.name"},
        {"Content-Type": "application/json; charset=utf-8"},
    ],
)
def test_the_page_itself_is_answered(shared_board, headers):
    status, answer = shared_board.post("jobs", {**BODY, "seed": len(str(headers))}, **headers)
    assert status == 200
    shared_board.until(answer["job"]["request"]["id"])


@pytest.mark.parametrize(
    ("method", "route", "allowed"),
    [
        ("GET", "jobs/20260101-000000-00000000/cancel", "POST"),
        ("GET", "jobs/20260101-000000-00000000/remove", "POST"),
        ("DELETE", "jobs/20260101-000000-00000000", "GET"),
        ("POST", "jobs/20260101-000000-00000000", "GET"),
        ("POST", "session", "GET"),
        ("POST", "runs", "GET"),
        ("PUT", "jobs", "GET, POST"),
        ("OPTIONS", "jobs", "GET, POST"),
        ("HEAD", "jobs", "GET, POST"),
    ],
)
def test_other_methods_are_not_answered(shared_board, method, route, allowed):
    path = f"/data/plugin/cnnviz/{route}"
    response = shared_board.client.open(path, method=method, headers={"Host": "localhost"})
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    "job",
    [
        "..",
        "../../etc/passwd",
        "%2e%2e%2f%2e%2e",
        ".new-20260101",
        "A",
        "a" * 65,
        "a\0",
        "a b",
        "<id>",
        "-a",
        "é",
        "20260101-000000-00000000",
    ],
)
def test_a_job_is_a_name_in_a_list_and_never_a_path(shared_board, job):
    for what in ("", "/preview", "/input", "/result", "/log", "/images", "/maps", "/arrays"):
        assert shared_board.get(f"jobs/{job}{what}", index=0, key="a").status_code == 404, what
    for what in ("cancel", "move", "remove"):
        assert shared_board.post(f"jobs/{job}/{what}", {})[0] == 404, what


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"run": "first", "method": "toy_random", "method"',
        b"[" * 200_000,
        b'{"run":"first","method":"toy_random","params":{"a":' + b"[" * 100_000 + b"}}",
        b'{"run":"first","method":"toy_random","params":' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
        b'{"run":"first","method":"toy_random","params":{"pause":NaN}}',
        b'{"run":"\\ud800","method":"toy_random"}',
    ],
)
def test_what_is_no_request_is_said(shared_board, body):
    status, answer = shared_board.post("jobs", body)
    assert status in (400, 404), answer
    assert answer["error"]["kind"] in ("ParamsError", "MissingError")


def test_a_long_body_is_not_read(shared_board):
    class Endless(io.RawIOBase):
        """A body without an end; tells how much of it was read."""

        taken = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.taken += len(buffer)
            buffer[:] = b" " * len(buffer)
            return len(buffer)

    token = shared_board.json("session")["token"]
    headers = {"Host": "localhost", "X-Cnnviz-Token": token, "Content-Type": "application/json"}
    for route, length, limit in (
        ("jobs", str(10**12), 96 << 20),
        ("jobs", None, 96 << 20),
        ("jobs/a/cancel", str(10**9), 4 << 10),
        ("jobs/a/cancel", None, 4 << 10),
    ):
        endless = Endless()
        path = f"/data/plugin/cnnviz/{route}"
        environ = create_environ(path, method="POST", headers=headers)
        environ.update({"wsgi.input": endless, "wsgi.input_terminated": length is None})
        if length is not None:
            environ["CONTENT_LENGTH"] = length
        content, status, _ = run_wsgi_app(shared_board.app, environ, buffered=True)
        assert status.startswith("413"), route
        assert json.loads(b"".join(content))["error"]["kind"] == "RefusedError"
        assert endless.taken <= limit + (1 << 20)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--cnnviz_jobs=off",), "--cnnviz_jobs=off"),
        (("--bind_all",), "--cnnviz_jobs=on"),
        (("--host=0.0.0.0",), "--cnnviz_jobs=on"),
        (("--host=box.lan",), "--cnnviz_jobs=on"),
        (("--cnnviz_devices=gpu",), "--cnnviz_devices names 'gpu'"),
    ],
)
def test_where_jobs_are_off_none_is_taken_and_the_reason_is_said(logs, open_board, argv, said):
    board = open_board(logs, *argv)
    session = board.json("session")
    assert (session["token"], session["jobs"]) == (None, False)
    assert said in session["reason"]
    assert board.json("catalogue")["state"] == "failed"
    status, answer = board.post("jobs", BODY)
    assert (status, answer["error"]["message"]) == (403, session["reason"])
    assert board.post("jobs/a/cancel", {}, token="None")[0] == 403
    assert board.json("jobs")["jobs"] == []
    assert not board.workers()


@pytest.mark.parametrize("argv", [(), ("--host=127.0.0.1",), ("--host=::1",)])
def test_jobs_are_on_where_only_this_machine_listens(logs, open_board, argv):
    assert open_board(logs, *argv).json("session")["jobs"] is True
    assert open_board(logs, "--bind_all", "--cnnviz_jobs=on").json("session")["jobs"] is True
