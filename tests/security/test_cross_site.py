"""What another web site, or a name that points here, can make a browser send over a socket."""

from __future__ import annotations

import json
import socket
import threading

import pytest
from werkzeug.serving import make_server

ASK = json.dumps({"run": "first", "method": "toy_random", "step": 3, "seed": 77}).encode()
JOBS = "/data/plugin/cnnviz/jobs"
SESSION = "/data/plugin/cnnviz/session"


@pytest.fixture(scope="module")
def port(stronghold):
    """The TensorBoard behind the HTTP server that TensorBoard itself uses."""
    server = make_server("127.0.0.1", 0, stronghold.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def send(port: int, line: str, *headers: str, body: bytes = b"") -> tuple[int, bytes]:
    """Send these very bytes; gives the status and everything that came back."""
    head = "\r\n".join([line, *headers, f"Content-Length: {len(body)}", "Connection: close"])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode("latin-1") + b"\r\n\r\n" + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split()[1]), answer


def token_of(port: int) -> str:
    _, answer = send(port, f"GET {SESSION} HTTP/1.1", f"Host: localhost:{port}")
    return json.loads(answer.partition(b"\r\n\r\n")[2])["token"]


def as_the_page(port: int, **changes: str | None) -> list[str]:
    """The headers that the page sends, some of them changed or left out."""
    headers: dict[str, str | None] = {
        "Host": f"localhost:{port}",
        "Origin": f"http://localhost:{port}",
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/json",
        "X-Cnnviz-Token": token_of(port),
    }
    headers.update({name.replace("_", "-"): value for name, value in changes.items()})
    return [f"{name}: {value}" for name, value in headers.items() if value is not None]


ELSEWHERE = [
    {"Origin": "http://evil.test", "Sec_Fetch_Site": "cross-site"},
    {"Origin": "http://evil.test", "Sec_Fetch_Site": None},
    {"Origin": "null", "Sec_Fetch_Site": None},
    {"Origin": "http://localhost:1", "Sec_Fetch_Site": None},
    {"Origin": "https://localhost.evil.test", "Sec_Fetch_Site": None},
    {"Origin": "http://localhost@evil.test", "Sec_Fetch_Site": None},
    {"Origin": "file://", "Sec_Fetch_Site": None},
    {"Sec_Fetch_Site": "same-site"},
    {"Sec_Fetch_Site": "SAME-ORIGIN, cross-site"},
    {"Content_Type": "text/plain"},
    {"Content_Type": "text/plain; application/json"},
    {"Content_Type": "application/x-www-form-urlencoded"},
    {"Content_Type": "multipart/form-data; boundary=x"},
    {"Content_Type": "application/json-patch+json"},
    {"Content_Type": None},
    {"X_Cnnviz_Token": None},
    {"X_Cnnviz_Token": "undefined"},
    {"X_Cnnviz_Token": None, "X-Cnnviz-Token\t": "x"},
]


@pytest.mark.filterwarnings("ignore")
def test_a_change_that_another_site_can_send_is_refused(fortress, port):
    before = set(fortress.json("jobs")["order"])
    assert send(port, f"POST {JOBS} HTTP/1.1", *as_the_page(port), body=b"{}")[0] == 400
    for changes in ELSEWHERE:
        status, answer = send(
            port, f"POST {JOBS} HTTP/1.1", *as_the_page(port, **changes), body=ASK
        )
        assert status in (400, 403, 415), (changes, answer)
        assert b"access-control" not in answer.lower(), changes
    assert set(fortress.json("jobs")["order"]) == before


def test_a_token_counts_in_its_header_alone(fortress, port):
    before = set(fortress.json("jobs")["order"])
    token = token_of(port)
    bare = as_the_page(port, X_Cnnviz_Token=None)
    with_token = json.dumps({**json.loads(ASK), "token": token, "X-Cnnviz-Token": token}).encode()
    for query, more, body in (
        (f"?token={token}&X-Cnnviz-Token={token}", [], ASK),
        ("", [f"Cookie: X-Cnnviz-Token={token}; token={token}"], ASK),
        ("", [f"Authorization: Bearer {token}"], ASK),
        ("", [f"X-CnnvizToken: {token}", f"X_Cnnviz-Tokens: {token}"], ASK),
        ("", [], with_token),
        ("", [f"X-Cnnviz-Token: {token[:-1]}"], ASK),
        ("", [f"X-Cnnviz-Token: {token.swapcase()}"], ASK),
        ("", [f"X-Cnnviz-Token: {token}{token}"], ASK),
    ):
        line = f"POST {JOBS}{query} HTTP/1.1"
        assert send(port, line, *bare, *more, body=body)[0] == 403, (query, more)
    assert set(fortress.json("jobs")["order"]) == before


def test_reading_never_changes_anything(fortress, port):
    job = fortress.ask("toy_random", seed=991)
    fortress.until(job)
    before = set(fortress.json("jobs")["order"])
    for what in ("cancel", "remove", "move"):
        for line in (
            f"GET {JOBS}/{job}/{what} HTTP/1.1",
            f"GET {JOBS}/{job}/{what}?_method=POST HTTP/1.1",
            f"HEAD {JOBS}/{job}/{what} HTTP/1.1",
            f"OPTIONS {JOBS}/{job}/{what} HTTP/1.1",
            f"DELETE {JOBS}/{job} HTTP/1.1",
        ):
            override = ["X-HTTP-Method-Override: POST", "X-Method-Override: DELETE"]
            assert send(port, line, *as_the_page(port), *override)[0] == 405, line
    assert set(fortress.json("jobs")["order"]) == before


def test_a_preflight_is_not_answered(fortress, port):
    status, answer = send(
        port,
        f"OPTIONS {JOBS} HTTP/1.1",
        f"Host: localhost:{port}",
        "Origin: http://evil.test",
        "Access-Control-Request-Method: POST",
        "Access-Control-Request-Headers: content-type,x-cnnviz-token",
    )
    assert status == 405
    assert b"access-control-allow" not in answer.lower()


STRANGE_HOSTS = [
    "evil.test",
    "evil.test:6006",
    "localhost.evil.test",
    "evil.test#localhost",
    "localhost@evil.test",
    "localhost:80@evil.test",
    "127.0.0.1.nip.io",
    "127.0.0.1.evil.test",
    "xn--localhost-9za.test",
    "localhost\\.evil.test",
    "localhost,evil.test",
    "evil.test,localhost",
    "evil.test localhost",
    "[::1].evil.test",
    "[evil.test]",
    "",
    ".",
    "a" * 5000,
    "\xe9.test",
]


@pytest.mark.parametrize("more", [(), ("X-Forwarded-Host: localhost", "Forwarded: host=localhost")])
def test_a_name_that_points_here_reads_nothing(fortress, port, more):
    for host in STRANGE_HOSTS:
        for line in (f"GET {SESSION} HTTP/1.1", f"GET {JOBS} HTTP/1.1"):
            status, answer = send(port, line, f"Host: {host}", *more)
            assert status in (400, 403), (host, answer)
            assert b'"token"' not in answer
            assert b'"order"' not in answer


def test_one_strange_name_is_enough_to_be_refused(fortress, port):
    evil, own = "Host: evil.test", f"Host: localhost:{port}"
    for line, headers in (
        (f"GET http://evil.test{SESSION} HTTP/1.1", [own]),
        (f"GET {SESSION} HTTP/1.1", [evil, own]),
        (f"GET {SESSION} HTTP/1.1", [own, evil]),
        (f"GET //localhost{SESSION} HTTP/1.1", [evil]),
        (f"GET {SESSION} HTTP/1.0", []),
    ):
        status, answer = send(port, line, *headers)
        assert status >= 400, (line, headers, answer)
        assert b'"token"' not in answer


def test_a_rebound_name_changes_nothing_although_its_origin_fits(fortress, port):
    before = set(fortress.json("jobs")["order"])
    headers = as_the_page(port, Host="evil.test", Origin="http://evil.test")
    assert send(port, f"POST {JOBS} HTTP/1.1", *headers, body=ASK)[0] == 403
    headers = as_the_page(port, Host="evil.test", Origin="http://evil.test", Sec_Fetch_Site=None)
    assert send(port, f"POST {JOBS} HTTP/1.1", *headers, body=ASK)[0] == 403
    assert set(fortress.json("jobs")["order"]) == before


def test_answers_cannot_be_used_as_a_script_or_a_page(fortress, port):
    for route in ("session", "jobs", "runs", "run?run=%3Cscript%3E"):
        _, answer = send(
            port, f"GET /data/plugin/cnnviz/{route} HTTP/1.1", f"Host: localhost:{port}"
        )
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert b"x-content-type-options: nosniff" in head
        assert b"content-type: application/json" in head
        assert b"access-control" not in head
    cross = send(
        port, f"GET {SESSION} HTTP/1.1", f"Host: localhost:{port}", "Sec-Fetch-Site: cross-site"
    )
    assert cross[0] == 403
