"""Parameters that no form would send, made from the schema of every method there is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

NO_JSON = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "0x10", "'a'", "undefined")
DEEP: Any = None
for _ in range(60):
    DEEP = [DEEP]
NESTED: Any = None
for _ in range(60):
    NESTED = {"a": NESTED}
ANY_TYPE = [
    None,
    True,
    -1,
    2**31,
    2**63,
    10**40,
    0.5,
    1e308,
    "",
    "x" * 10_001,
    [],
    {},
    DEEP,
    NESTED,
]
ANY_TYPE += [[0] * 10_001, ["a"] * 10_001, {str(n): n for n in range(10_001)}, "\0", "<script>"]
ANY_TYPE += [[[1, 2], [3, 4]], [None], {"__class__": "os"}, {"$ref": "file:///etc/passwd"}]


def choices_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return schema.get("anyOf", [schema])


def beyond(schema: dict[str, Any]) -> Iterator[object]:
    """Values just outside of what each choice of a schema allows."""
    for choice in choices_of(schema):
        whole = choice.get("type") == "integer"
        step = 1 if whole else 1e-3
        for word, way in (("minimum", -1), ("maximum", 1)):
            if word in choice:
                yield choice[word] + way * step
                yield choice[word] + way * (2**40)
        for word in ("exclusiveMinimum", "exclusiveMaximum"):
            if word in choice:
                yield choice[word]
        if whole:
            yield choice.get("minimum", 0) + 0.5
        if "enum" in choice:
            yield from (str(choice["enum"][0]) + " ", str(choice["enum"][0]).upper() + "!")
        if choice.get("type") == "array":
            inner = choice.get("items") or choice.get("prefixItems", [{}])[0]
            yield from ([one] for one in beyond(inner))
            yield [0] * (choice.get("maxItems", 10_000) + 1)
        if choice.get("type") == "object":
            yield {"no such field": 1}


def fits(schema: dict[str, Any], value: object) -> bool:
    """A second opinion of what a schema allows, by jsonschema's reading of it, as far as needed."""
    return any(_fits_one(choice, value) for choice in choices_of(schema))


TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


def _fits_one(schema: dict[str, Any], value: Any) -> bool:
    if "enum" in schema:
        return any(value == one and type(value) is type(one) for one in schema["enum"])
    kind = schema["type"]
    if not isinstance(value, TYPES[kind]) or isinstance(value, bool) != (kind == "boolean"):
        return False
    if kind in {"integer", "number"}:
        low, high = schema.get("minimum", -(2**63)), schema.get("maximum", 2**63)
        above = value > schema.get("exclusiveMinimum", -(2**64))
        return low <= value <= high and above and value < schema.get("exclusiveMaximum", 2**63)
    if kind == "string":
        return len(value) <= schema.get("maxLength", 10_000)
    if kind == "array":
        inner = schema.get("prefixItems") or [schema["items"]] * len(value)
        bounded = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10_000)
        return bounded and all(fits(one, item) for one, item in zip(inner, value, strict=False))
    if kind == "object":
        return value in (
            {},
            {"__class__": "os"},
            {"$ref": "file:///etc/passwd"},
            {"no such field": 1},
        )
    return True


@pytest.fixture(scope="module")
def cards(stronghold):
    """The methods of the real catalogue, toys left out."""
    methods = stronghold.json("catalogue")["catalogue"]["methods"]
    return [card for card in methods if not card["name"].startswith("toy_")]


def test_no_method_takes_a_value_that_its_schema_does_not_allow(fortress, cards):
    before = set(fortress.json("jobs")["order"])  # some may end meanwhile
    tried = 0
    seen = set()  # many methods share a parameter: each kind of it is tried once
    for card in cards:
        for name, schema in card["schema"]["properties"].items():
            if (name, json.dumps(schema)) in seen:
                continue
            seen.add((name, json.dumps(schema)))
            for value in [*ANY_TYPE, *beyond(schema)]:
                if fits(schema, value):
                    continue
                body = {"run": "first", "method": card["name"], "params": {name: value}, "step": 3}
                status, answer = fortress.post("jobs", body)
                said = (card["name"], name, str(value)[:60], answer)
                assert status == 400, said
                assert answer["error"]["kind"] == "ParamsError", said
                assert len(answer["error"]["message"]) < 1500, said
                tried += 1
    assert tried > 1000
    assert set(fortress.json("jobs")["order"]) == before


def test_no_method_takes_what_is_no_json_or_no_field_of_it(fortress, cards):
    before = set(fortress.json("jobs")["order"])  # some may end meanwhile
    for card in cards:
        for name in card["schema"]["properties"]:
            for text in NO_JSON:
                params = f'{{"{name}": {text}}}'
                body = f'{{"run": "first", "method": "{card["name"]}", "params": {params}}}'
                assert fortress.post("jobs", body.encode())[0] == 400, body
        for name in ("", "no_such", "__init__", "params", "x" * 5000, "\0", "constructor"):
            body = {"run": "first", "method": card["name"], "params": {name: 1}}
            assert fortress.post("jobs", body)[0] == 400, (card["name"], name)
    assert set(fortress.json("jobs")["order"]) == before


def extreme(schema: dict[str, Any], word: str) -> object:
    """The largest or smallest value that a schema allows; the default where there is none."""
    for choice in choices_of(schema):
        if choice.get("type") in {"integer", "number"}:
            inner = "exclusiveMinimum" if word == "minimum" else "exclusiveMaximum"
            away = 1e-9 if word == "minimum" else -1e-9
            if word in choice:
                return choice[word]
            if inner in choice:
                return choice[inner] + away
            return 2**62 if word == "maximum" else -(2**62)
    return schema.get("default")


@pytest.mark.parametrize("word", ["maximum", "minimum"])
def test_the_largest_and_smallest_allowed_values_end_no_worker(fortress, cards, word):
    """Long ones are cancelled, which they obey; others are done, or fail in a sentence."""
    pid = fortress.pid()
    kinds = set()
    for card in cards:
        fields = card["schema"]["properties"]
        allowed = {name: extreme(schema, word) for name, schema in fields.items()}
        allowed = {name: v for name, v in allowed.items() if fits(fields[name], v)}
        # A class or a layer that is not there would be all that is found out.
        known = {
            "target": 1,
            "layer": None,
            "channel": None,
            "position": fields.get("position", {}).get("default"),
        }
        params = {name: known.get(name, value) for name, value in allowed.items()}
        status, answer = fortress.post(
            "jobs", {"run": "first", "method": card["name"], "params": params, "step": 3}
        )
        assert status == 200, (card["name"], answer)
        job = answer["job"]["request"]["id"]
        began = time.monotonic()
        while fortress.status(job)["state"] not in {"done", "failed", "cancelled"}:
            if time.monotonic() - began > 1.0:
                fortress.post(f"jobs/{job}/cancel", {})
            assert time.monotonic() - began < 60
            time.sleep(0.02)
        last = fortress.status(job)
        assert last["kind"] not in {"WorkerError"}, (card["name"], params, last)
        kinds.add(last["state"])
        if last["state"] == "failed":
            assert last["message"], card["name"]
        assert json.dumps(fortress.json(f"jobs/{job}"))
    assert fortress.pid() == pid
    assert "done" in kinds
