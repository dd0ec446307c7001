from __future__ import annotations

import gzip
import json
import logging
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnviz.errors import ParamsError
from tb_cnnviz import plugin
from tb_cnnviz.answers import ANSWERS
from tb_cnnviz.built import built_file
from tb_cnnviz.jobs.routes import CHANGES, READS
from tb_cnnviz.queries import MapsQuery, RunsQuery, StripQuery, parse_query
from tb_cnnviz.schema import SHAPES, answer_schema

DOC = (Path(__file__).parents[2] / "docs" / "http_api.md").read_text(encoding="utf-8")


def documented() -> tuple[dict[str, set[str]], set[str]]:
    """Give the GET routes of the table with their arguments, and the POST routes."""
    reads: dict[str, set[str]] = {}
    changes: set[str] = set()
    for line in DOC.splitlines():
        found = re.match(r"\| (POST )?`([\w/*<>]+)` \|(.*?)\|", line)
        if found and found[1]:
            changes.add(found[2])
        elif found:
            reads[found[2]] = set(re.findall(r"`(\w+)`", found[3]))
    return reads, changes


def test_every_route_is_documented_with_its_arguments_and_an_example():
    table, _ = documented()
    for route, (query, _) in ANSWERS.items():
        fields = {field.encode_name for field in msgspec.structs.fields(query)}
        assert table[route] == fields, route
        assert f"\n## {route}\n" in DOC, route
        assert f"GET {route}?" in DOC, route


def test_every_job_route_is_documented_with_its_arguments():
    table, changes = documented()
    for route, (query, _) in READS.items():
        fields = {field.encode_name for field in msgspec.structs.fields(query)}
        assert table[route] == fields, route
    assert changes == set(CHANGES)
    assert set(table) == {*ANSWERS, *READS, "static/*"}


def test_the_table_of_answers_is_the_route_table():
    first_parts = {route.partition("/")[0] for route in READS}
    routes = {*ANSWERS, *first_parts, "jobs/*", "static/*"}
    assert {f"/{route}" for route in routes} == set(plugin.ROUTES)


def test_the_documented_names_of_facts_are_those_of_the_structs():
    for shape in SHAPES:
        if shape.__name__.endswith("Facts") and shape.__name__ != "ExamplesFacts":
            fields = ", ".join(field.name for field in msgspec.structs.fields(shape))
            assert f"{{{fields}}}" in DOC.replace("\n", " "), shape.__name__


def test_the_schema_requires_every_field_that_is_always_written():
    definitions = answer_schema()["$defs"]
    assert set(definitions["RunIndex"]["required"]) == set(definitions["RunIndex"]["properties"])
    assert definitions["ErrorBody"]["required"] == ["kind", "message"]
    assert all(one.__name__ in definitions for one in SHAPES)


def test_an_answer_has_exactly_the_fields_of_its_schema(board):
    definitions = answer_schema()["$defs"]
    index = board.index("a")
    assert list(index) == list(definitions["RunIndex"]["properties"])
    assert list(index["layers"][0]) == list(definitions["Layer"]["properties"])
    facts, _ = board.tensors("maps", run="a", step=0, key="saliency")
    assert list(facts) == list(definitions["MapsFacts"]["properties"])


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "run"),
        ({"run": "a", "key": "k"}, "step"),
        ({"run": "a", "key": "k", "step": "1.5"}, "step"),
        ({"run": "a", "key": "k", "step": str(2**63)}, "step"),
        ({"run": "a", "key": "k", "step": "1", "image": "-1"}, "image"),
        ({"run": "a", "key": "k", "step": "1", "digest": "../x"}, "digest"),
        ({"run": "a", "key": "k", "step": "1", "exact": "maybe"}, "exact"),
    ],
)
def test_a_wrong_argument_is_named(values, field):
    with pytest.raises(ParamsError) as caught:
        parse_query(MapsQuery, values)
    assert caught.value.field == field
    assert field in str(caught.value)


def test_a_strip_takes_a_bounded_list_of_steps():
    query = parse_query(StripQuery, {"run": "a", "key": "k", "steps": "5,-1,5"})
    assert query.wanted() == [-1, 5]
    many = ",".join(map(str, range(2001)))
    with pytest.raises(ParamsError, match="at most 2000"):
        parse_query(StripQuery, {"run": "a", "key": "k", "steps": many}).wanted()
    for steps in ("a", "1,", ",", "1;2", "\n", "1\n"):
        with pytest.raises(ParamsError):
            parse_query(StripQuery, {"run": "a", "key": "k", "steps": steps})


NASTY = st.sampled_from(
    [
        "a",
        "b",
        ".",
        "..",
        "saliency",
        "activations/relu1",
        "filters/conv1",
        "predictions",
        "relu1",
        "loss",
        "0",
        "1",
        "50",
        "-1",
        "2147483647",
        "9223372036854775807",
        "1e9",
        "NaN",
        "\x00",
        "é",
        "%",
    ]
)
ARGUMENTS = [
    "run",
    "step",
    "key",
    "array",
    "digest",
    "image",
    "channel",
    "slice",
    "exact",
    "steps",
    "rev",
    "since",
    "layer",
    "tag",
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    route=st.sampled_from(sorted(ANSWERS)),
    query=st.dictionaries(st.sampled_from(ARGUMENTS), NASTY | st.text(max_size=20), max_size=8),
    run=st.sampled_from(["a", "b"]),
)
def test_no_arguments_make_an_unexpected_error(board, route, query, run):
    response = board.get(route, **{"run": run, **query})
    assert response.status_code in (200, 400, 404, 422), response.text


def test_unknown_arguments_are_passed_over():
    assert parse_query(RunsQuery, {"darkMode": "true"}) == RunsQuery()


def test_json_is_compressed_where_it_is_accepted(board):
    packed = board.get("run", run="a", headers={"Accept-Encoding": "gzip"})
    plain = board.get("run", run="a")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data


def test_every_answer_forbids_guessing_its_type(board):
    for response in (
        board.get("runs"),
        board.get("nothing", run="a"),
        board.get("static/index.js"),
    ):
        if response.status_code != 404:
            assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_an_unexpected_error_is_logged_and_told_without_its_insides(board, monkeypatch, caplog):
    def broken(logs, query):
        raise ZeroDivisionError("secret detail")

    monkeypatch.setitem(ANSWERS, "runs", (RunsQuery, broken))
    with caplog.at_level(logging.ERROR, "tb_cnnviz"):
        status, error = board.error("runs")
    assert status == 500
    assert error["kind"] == "InternalError"
    assert "secret" not in json.dumps(error)
    assert "secret detail" in caplog.text


def test_without_a_build_the_page_says_how_to_make_one(tmp_path):
    body = built_file("index.js", tmp_path)
    assert b"export function render" in body.content
    assert b"npm run build" in body.content


def test_hashed_files_are_kept_for_ever_and_the_entry_is_not(tmp_path):
    for name in ("index.js", "view-BzO9eH6s.js", "notes.txt"):
        (tmp_path / name).write_text("x")
    assert "immutable" in built_file("view-BzO9eH6s.js", tmp_path).cache.value
    assert "no-cache" in built_file("index.js", tmp_path).cache.value
