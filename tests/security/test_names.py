"""Names that lead out, in every argument of every route and in every field of a request."""

from __future__ import annotations

import urllib.parse

import msgspec
import pytest

from tb_cnnviz.answers import ANSWERS
from tb_cnnviz.jobs.routes import CHANGES, READS

SECRET = "a secret that lies outside of the logdir"

HOSTILE = [
    *("..", "../..", "../secret.txt", "../../secret.txt", "first/../../secret.txt"),
    *("/etc/passwd", "//etc/passwd", "\\..\\..\\secret.txt", "..\\secret.txt", "C:\\secret.txt"),
    *("%2e%2e%2fsecret.txt", "%252e%252e%252fsecret.txt", "..%2fsecret.txt", "..%c0%afsecret.txt"),
    *("....//secret.txt", "..;/secret.txt", "./../secret.txt", ".", "", " ", "~", "~root", "-"),
    *("first\0", "\0", "secret.txt\0.png", "file:///etc/passwd", "http://localhost/", "gs://a/b"),
    *("\n", "\r\nX-Evil: 1", "\x1b]0;evil\x07", "\u202e", "\u2025/secret.txt", "\uff0e\uff0e/"),
    *("<script>alert(1)</script>", "{{7*7}}", "${jndi:ldap://a}", "$(touch sprung)", "`id`"),
    *("'; drop table", "a" * 1001, "../" * 300 + "etc/passwd", "é" * 999, "CON", "nul"),
]


@pytest.fixture(scope="module")
def secret(stronghold):
    path = stronghold.logdir.parent / "secret.txt"
    path.write_text(SECRET)
    (stronghold.logdir / "secret.txt").write_text(SECRET)
    yield path
    path.unlink()
    (stronghold.logdir / "secret.txt").unlink()


def sane(run: str, job: str) -> dict[str, object]:
    """Arguments that name something, for every route."""
    return {
        "run": run,
        "step": 3,
        "key": "activations/relu1",
        "layer": "relu1",
        "tag": "loss",
        "name": "0" * 64,
        "rows": "0",
        "row": 0,
        "channel": 0,
        "index": 0,
    }


def test_no_argument_of_any_route_leads_out(fortress, secret):
    job = fortress.ask("toy_random", seed=1234)
    fortress.until(job)
    routes = {name: query for name, (query, _) in ANSWERS.items()}
    routes |= {name.replace("<id>", job): query for name, (query, _) in READS.items()}
    asked = 0
    for route, query in routes.items():
        for field in msgspec.structs.fields(query):
            for name in HOSTILE:
                arguments = sane("first", job) | {field.name: name}
                response = fortress.get(route, **arguments)
                assert response.status_code in (200, 400, 404, 422), (route, field.name, name)
                assert SECRET.encode() not in response.data, (route, field.name, name)
                assert "X-Evil" not in response.headers
                asked += 1
    assert asked > 40 * len(HOSTILE)


def test_no_path_below_the_prefix_leads_out(fortress, secret):
    for name in HOSTILE:
        for path in (
            *(name, f"static/{name}", f"static/../{name}", f"jobs/{name}", f"jobs/{name}/log"),
            *(f"jobs/{name}/input", f"jobs/{name}/../../log", f"../cnnviz/{name}"),
        ):
            for quoted in (path, urllib.parse.quote(path, safe="")):
                response = fortress.client.get(
                    "/data/plugin/cnnviz/"
                    + quoted.replace("\r", "").replace("\n", "").split("#")[0],
                    headers={"Host": "localhost"},
                )
                assert response.status_code in (200, 400, 403, 404, 405), path
                assert SECRET.encode() not in response.data, path
                assert b"root:" not in response.data, path


def test_no_field_of_a_request_leads_out(fortress, secret):
    before = set(fortress.json("jobs")["order"])
    good = {"run": "first", "method": "saliency", "params": {}, "step": 3, "seed": 5}
    for name in HOSTILE:
        for change in (
            *({"run": name}, {"method": name}, {"device": name}, {"step": name}),
            *({"params": {name: 1}}, {"params": {"views": name}}, {"seed": name}, {name: 1}),
            *({"examples": [name]}, {"inputs": [{"job": name}]}, {"inputs": [{"data": name}]}),
            {"inputs": [{"path": name}]},
        ):
            status, answer = fortress.post("jobs", good | change)
            assert status in (400, 404, 422), (change, answer)
            assert len(answer["error"]["message"]) < 2000
        for what in CHANGES:
            if "<id>" in what:
                route = what.replace("<id>", urllib.parse.quote(name, safe=""))
                assert fortress.post(route, {})[0] in (400, 404), (what, name)
    assert set(fortress.json("jobs")["order"]) == before


def test_names_of_layers_reach_the_worker_as_names_alone(fortress, trap):
    """The server does not know a network's layers: the worker looks the name up, or says no."""
    names = [
        "../../secret",
        f"$(touch {trap})",
        "__import__('os')",
        "__class__",
        "0.weight",
        "\x1b[2J",
    ]
    for name in names:
        for method, params in (
            ("saliency", {"layer": name, "channel": 0}),
            ("grad_cam", {"layer": name}),
            ("activations", {"layers": [name]}),
            ("trust", {"method": name}),
        ):
            status = fortress.attempt("first", method, params=params)
            assert status["state"] in {"failed", "refused"}, (method, name, status)
            assert status["kind"] in {"MissingError", "ParamsError"}, status
