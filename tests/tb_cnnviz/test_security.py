from __future__ import annotations

import argparse

import pytest

from tb_cnnviz.security import Guard, RefusedError, bare_host


def guard(**flags) -> Guard:
    return Guard.from_flags(argparse.Namespace(**flags))


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:6006",
        "LOCALHOST",
        "localhost.",
        "127.0.0.1:6006",
        "[::1]:6006",
        "192.168.1.20",
        "sub.localhost:80",
    ],
)
def test_own_hosts_are_answered(host):
    guard().check("GET", {"Host": host})


@pytest.mark.parametrize(
    "host",
    [
        "rebind.test",
        "rebind.test:6006",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "",
        "a b",
    ],
)
def test_other_names_are_refused_with_the_flag_that_allows_them(host):
    with pytest.raises(RefusedError, match="--cnnviz_allowed_hosts") as caught:
        guard().check("GET", {"Host": host})
    assert caught.value.status == 403


def test_the_bound_host_and_the_listed_ones_are_known():
    known = guard(host="box.lan", cnnviz_allowed_hosts="a.test, .example.com")
    for host in ("box.lan", "a.test:1", "x.example.com", "localhost"):
        known.check("GET", {"Host": host})
    for host in ("b.a.test", "example.com.evil", "evilexample.com"):
        with pytest.raises(RefusedError):
            known.check("GET", {"Host": host})
    guard(cnnviz_allowed_hosts="*").check("GET", {"Host": "any.thing"})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
def test_only_reading_is_answered(board, method):
    response = board.client.open(
        "/data/plugin/cnnviz/runs", method=method, headers={"Host": "localhost"}
    )
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET"


def test_requests_of_other_sites_are_refused(board):
    for site, status in (("cross-site", 403), ("same-origin", 200), ("none", 200)):
        assert board.get("runs", headers={"Sec-Fetch-Site": site}).status_code == status
    status, error = board.error("runs", headers={"Host": "rebind.test"})
    assert status == 403
    assert error["kind"] == "RefusedError"


@pytest.mark.parametrize(
    "path",
    [
        "static/../plugin.py",
        "static/..%2fplugin.py",
        "static/%2e%2e/plugin.py",
        "static//etc/passwd",
        "static/index.js%00",
        "static/.source-sha256",
        "static/",
        "static/" + "a" * 5000,
    ],
)
def test_no_file_but_the_built_ones_is_served(board, path):
    response = board.client.get(f"/data/plugin/cnnviz/{path}", headers={"Host": "localhost"})
    assert response.status_code == 404
    assert b"import" not in response.data


@pytest.mark.parametrize(
    "run", ["../a", "/etc/passwd", "a/../b", "a\0", "%2e%2e", "x" * 1001, "", "a/"]
)
def test_a_run_is_a_name_in_a_list_and_never_a_path(board, run):
    for route, more in (("run", {}), ("maps", {"step": 0, "key": "saliency"}), ("examples", {})):
        status, error = board.error(route, run=run, **more)
        assert status in (400, 404)
        assert error["kind"] in ("ParamsError", "MissingError")


@pytest.mark.parametrize(
    ("header", "host"),
    [
        *(("A.test:80", "a.test"), ("[::1]:6006", "::1"), ("[::1]", "::1"), ("x.", "x"), ("", "")),
        *(("localhost:80@evil.test",) * 2, ("[::1].evil.test",) * 2, ("localhost:x",) * 2),
    ],
)
def test_a_host_header_is_cut_to_its_name(header, host):
    assert bare_host(header) == host
