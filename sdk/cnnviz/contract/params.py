"""Parameters of a method: one frozen struct gives validation, defaults and the form's JSON Schema.

Example:
    class OcclusionParams(Params):
        window: Annotated[int, Meta(ge=1, le=512, description="Side of the square, px.")] = 32
        layer: Annotated[str | None, Meta(extra_json_schema={"x-widget": "layer"})] = None
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from cnnviz.errors import ParamsError

__all__ = ["Params", "json_schema", "parse"]


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every method's parameters; fields carry bounds and help in `Annotated[…, Meta]`."""


P = TypeVar("P", bound=Params)


def parse(params_type: type[P], values: Mapping[str, Any], *, of: str) -> P:
    """Build checked parameters from plain values.

    Args:
        params_type: the struct to build.
        values: field names to plain JSON-like values; absent ones take their defaults.
        of: the method's name, for the message.

    Raises:
        ParamsError: an unknown field, a wrong type, or a value out of bounds; `field` names it.
    """
    known = [field.name for field in msgspec.structs.fields(params_type)]
    for name in values:
        if name not in known:
            message = f"{of} has no parameter {name!r}; it has {known or 'none'}"
            raise ParamsError(message, field=name)
    try:
        return msgspec.convert(dict(values), params_type)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$.")
        field = path.rstrip("`").split("[")[0].split(".")[0] or None
        text = text.partition(", got ")[0]  # the value itself says more than its type
        got = f", got {reprlib.repr(values[field])}" if field and field in values else ""
        where = f"{of}.{field}" if field else of
        raise ParamsError(f"{where}: {text[:1].lower()}{text[1:]}{got}", field=field) from None


def json_schema(params_type: type[Params]) -> dict[str, Any]:
    """Give the JSON Schema that the page draws its form from (one object, no references)."""
    schema = msgspec.json.schema(params_type)
    definition: dict[str, Any] = _inlined({"$ref": schema["$ref"]}, schema["$defs"], ())
    return definition


def _inlined(part: Any, definitions: Mapping[str, Any], inside: tuple[str, ...]) -> Any:
    """Put what a reference names in its place; one into itself allows anything."""
    if isinstance(part, list):
        return [_inlined(item, definitions, inside) for item in part]
    if not isinstance(part, dict):
        return part
    name = str(part.get("$ref", "")).rpartition("/")[2]
    if not name:
        kept = {key: value for key, value in part.items() if key != "discriminator"}
        return {key: _inlined(value, definitions, inside) for key, value in kept.items()}
    if name in inside:
        return {}
    beside = {key: value for key, value in part.items() if key != "$ref"}
    return _inlined(definitions[name], definitions, (*inside, name)) | beside
