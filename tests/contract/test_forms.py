"""Parameters checked by their schema agree with the struct that the schema was made from."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from cnnviz.contract.forms import complete
from cnnviz.contract.params import Params, json_schema, parse
from cnnviz.errors import ParamsError


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    layer: str
    weight: Annotated[float, Meta(gt=0, le=10)] = 1.0


class Everything(Params, frozen=True):
    count: Annotated[int, Meta(ge=1, le=512)] = 32
    share: Annotated[float, Meta(ge=0, lt=1)] = 0.5
    layer: str | None = None
    mode: Literal["one", "two", 3] = "one"
    flag: bool = False
    place: tuple[Annotated[int, Meta(ge=0)], Annotated[int, Meta(ge=0)]] | None = None
    names: Literal["auto"] | list[str] = "auto"
    parts: Annotated[list[Part], Meta(max_length=3)] = msgspec.field(default_factory=list)


SCHEMA = json_schema(Everything)


def test_absent_parameters_take_their_defaults():
    filled = complete(SCHEMA, {"count": 3}, of="m")
    assert filled == msgspec.to_builtins(parse(Everything, {"count": 3}, of="m")) | {"place": None}


def test_a_schema_has_no_references_left():
    assert "$ref" not in str(SCHEMA)
    assert SCHEMA["properties"]["parts"]["items"]["properties"]["layer"] == {"type": "string"}


@pytest.mark.parametrize(
    ("values", "field", "word"),
    [
        ({"count": 0}, "count", "at least 1"),
        ({"count": 513}, "count", "at most 512"),
        ({"count": "3"}, "count", "an integer"),
        ({"count": True}, "count", "an integer"),
        ({"count": 1.5}, "count", "an integer"),
        ({"count": None}, "count", "an integer"),
        ({"count": 1 << 80}, "count", "2⁶³"),
        ({"share": 1.0}, "share", "less than 1"),
        ({"share": float("nan")}, "share", "finite"),
        ({"mode": "three"}, "mode", "one of"),
        ({"flag": 1}, "flag", "a boolean"),
        ({"place": [1]}, "place", "2 items"),
        ({"place": [1, -1]}, "place", "item 1"),
        ({"names": "all"}, "names", "auto"),
        ({"names": [1]}, "names", "item 0"),
        ({"parts": [{"layer": "a", "weight": 0}]}, "parts", "weight"),
        ({"parts": [{}]}, "parts", "layer"),
        ({"parts": [{"layer": "a", "other": 1}]}, "parts", "other"),
        ({"parts": [{"layer": "a"}] * 4}, "parts", "at most 3"),
        ({"layer": "x" * 20_000}, "layer", "characters"),
        ({"other": 1}, "other", "no parameter"),
    ],
)
def test_what_does_not_fit_is_named(values, field, word):
    with pytest.raises(ParamsError, match=word) as caught:
        complete(SCHEMA, values, of="m")
    assert caught.value.field == field


FREE = {"properties": {"any": {"type": "object"}, "what": {}}}


@pytest.mark.parametrize("value", [float("nan"), 2**70, "x" * 10_001, [0] * 10_001, {"a": [2**70]}])
def test_what_may_be_anything_is_bounded_too(value):
    for values in ({"any": {"a": value}}, {"what": value}):
        with pytest.raises(ParamsError):
            complete(FREE, values, of="m")
    allowed = {"any": {"a": [None, True, {"b": 0.5}]}, "what": "text"}
    assert complete(FREE, allowed, of="m") == allowed
    deep: object = 1
    for _ in range(20):
        deep = {"a": deep}
    with pytest.raises(ParamsError, match="less nesting"):
        complete(FREE, {"any": deep}, of="m")


def test_deep_nesting_is_refused_before_it_can_hurt():
    values: object = 1
    for _ in range(10_000):
        values = [values]
    with pytest.raises(ParamsError):
        complete(SCHEMA, {"parts": values}, of="m")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-600, 600)
    | st.floats(-2, 12)
    | st.sampled_from(["one", "two", "auto", "", "conv1"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["layer", "weight"]), inner)
    ),
    max_leaves=4,
)


@given(
    st.dictionaries(
        st.sampled_from([f.name for f in msgspec.structs.fields(Everything)]),
        json_values,
        max_size=2,
    )
)
def test_schema_and_struct_accept_the_same(values):
    try:
        parse(Everything, values, of="m")
        fits = True
    except ParamsError:
        fits = False
    try:
        complete(SCHEMA, values, of="m")
    except ParamsError:
        # msgspec takes 3.0 for an integer, JSON Schema's writers differ about it.
        assert not fits or "an integer" in str(values) or _has_whole_float(values)
    else:
        assert fits


def _has_whole_float(value):
    if isinstance(value, dict):
        return any(map(_has_whole_float, value.values()))
    if isinstance(value, list):
        return any(map(_has_whole_float, value))
    return isinstance(value, float) and value.is_integer()
