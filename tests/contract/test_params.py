from __future__ import annotations

from typing import Annotated

import pytest
from msgspec import Meta

from cnnviz.contract.params import Params, json_schema, parse
from cnnviz.errors import CnnvizError, ParamsError


class Window(Params):
    size: Annotated[int, Meta(ge=1, le=512, description="Side, px.")] = 32
    layer: Annotated[str | None, Meta(extra_json_schema={"x-widget": "layer"})] = None
    weights: tuple[float, ...] = ()


def test_absent_values_take_their_defaults():
    assert parse(Window, {}, of="occlusion") == Window()
    assert parse(Window, {"size": 8}, of="occlusion").size == 8


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"sise": 1}, "sise", "occlusion has no parameter 'sise'; it has .*'size'"),
        ({"size": 0}, "size", "occlusion.size: expected `int` >= 1, got 0"),
        ({"size": 513}, "size", "<= 512, got 513"),
        ({"size": "8"}, "size", "expected `int`, got '8'"),
        ({"weights": [1.0, "x"]}, "weights", "occlusion.weights: expected `float`"),
    ],
)
def test_a_value_that_does_not_fit_is_named(values, field, message):
    with pytest.raises(ParamsError, match=message) as error:
        parse(Window, values, of="occlusion")
    assert error.value.field == field
    assert isinstance(error.value, ValueError)
    assert isinstance(error.value, CnnvizError)


def test_the_schema_is_one_object_with_bounds_and_help():
    schema = json_schema(Window)
    assert schema["properties"]["size"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 512,
        "description": "Side, px.",
        "default": 32,
    }
    assert schema["properties"]["layer"]["x-widget"] == "layer"
    assert schema["additionalProperties"] is False


def test_a_method_without_params_has_an_empty_form():
    class Nothing(Params):
        pass

    assert json_schema(Nothing)["properties"] == {}
    with pytest.raises(ParamsError, match="it has none"):
        parse(Nothing, {"a": 1}, of="filters")
