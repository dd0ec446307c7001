"""Checks parameters against a method's JSON Schema, where the method's code cannot be loaded.

Only what `cnnviz.contract.params.json_schema` writes is understood; a worker checks again against
the struct itself.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from cnnviz.errors import ParamsError

__all__ = ["complete"]

_MAX_DEPTH: Final = 16
_MAX_TEXT: Final = 10_000
_MAX_ITEMS: Final = 10_000
_LARGEST: Final = 1 << 63

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list, tuple),
    "object": (dict,),
}
_BOUNDS: Final[dict[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "minimum": (lambda value, bound: value >= bound, "at least"),
    "maximum": (lambda value, bound: value <= bound, "at most"),
    "exclusiveMinimum": (lambda value, bound: value > bound, "more than"),
    "exclusiveMaximum": (lambda value, bound: value < bound, "less than"),
}


def complete(schema: Mapping[str, Any], values: Mapping[str, Any], *, of: str) -> dict[str, Any]:
    """Check parameters and fill in the defaults of those that are absent.

    Args:
        schema: of the parameters, as a catalogue has it.
        values: what was given, plain JSON values.
        of: the method's name, for the message.

    Returns:
        Every parameter that has a value, in the schema's order.

    Raises:
        ParamsError: an unknown parameter, a missing one, a wrong type, or a value out of bounds;
            `field` names it.
    """
    fields: Mapping[str, Any] = schema.get("properties", {})
    for name in values:
        if name not in fields:
            message = f"{of} has no parameter {str(name)[:80]!r}; it has {list(fields) or 'none'}"
            raise ParamsError(message, field=str(name)[:80])
    for name in schema.get("required", []):
        if name not in values:
            raise ParamsError(f"{of} needs the parameter {name!r}", field=name)
    filled: dict[str, Any] = {}
    for name, field in fields.items():
        if name in values:
            wrong = _misfit(field, values[name], _MAX_DEPTH)
            if wrong:
                message = f"{of}.{name}: expected {wrong}, got {reprlib.repr(values[name])}"
                raise ParamsError(message, field=name)
            filled[name] = values[name]
        elif "default" in field:
            filled[name] = field["default"]
    return filled


def _misfit(schema: Mapping[str, Any], given: object, depth: int) -> str:
    """Say what was expected where a value does not fit; empty where it does."""
    value: Any = given
    if depth == 0:
        return "less nesting"
    if "anyOf" in schema:
        wrongs = [_misfit(choice, value, depth - 1) for choice in schema["anyOf"]]
        return "" if "" in wrongs else " or ".join(dict.fromkeys(wrongs))
    if "enum" in schema:
        return "" if _is_one_of(value, schema["enum"]) else f"one of {schema['enum']}"
    if "const" in schema:
        return "" if _is_one_of(value, [schema["const"]]) else repr(schema["const"])
    kind = schema.get("type")
    if kind is None:
        return _misfit_anything(value, depth)
    known = _TYPES.get(kind, ())
    is_flag = type(given) is bool  # which is an int in Python, and no number in JSON
    if not isinstance(given, known) or is_flag != (kind == "boolean"):
        return f"{'an' if kind[0] in 'aio' else 'a'} {kind}" if kind != "null" else "nothing"
    if kind in {"integer", "number"}:
        return _misfit_number(schema, value)
    if kind == "string":
        return _misfit_text(schema, value)
    if kind == "array":
        return _misfit_array(schema, value, depth)
    return _misfit_object(schema, value, depth) if kind == "object" else ""


def _misfit_anything(value: Any, depth: int) -> str:
    """Bound what may be anything: it is kept, compared and read again as well."""
    if isinstance(value, dict):
        return _misfit_object({}, value, depth)
    if isinstance(value, list | tuple):
        return _misfit_array({"items": {}}, list(value), depth)
    if isinstance(value, str):
        return _misfit_text({}, value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return _misfit_number({}, value) if is_number else ""


def _is_one_of(value: Any, choices: list[Any]) -> bool:
    # 1 == True in Python, not in JSON.
    return any(value == choice and type(value) is type(choice) for choice in choices)


def _misfit_number(schema: Mapping[str, Any], value: float) -> str:
    if not -_LARGEST < value < _LARGEST:  # false for NaN too
        return "a finite number below 2⁶³"
    for word, (fits, text) in _BOUNDS.items():
        if word in schema and not fits(value, schema[word]):
            return f"{text} {schema[word]}"
    return ""


def _misfit_text(schema: Mapping[str, Any], value: str) -> str:
    if len(value) > schema.get("maxLength", _MAX_TEXT):
        return f"at most {schema.get('maxLength', _MAX_TEXT)} characters"
    if len(value) < schema.get("minLength", 0):
        return f"at least {schema['minLength']} characters"
    if "pattern" in schema and not re.search(schema["pattern"], value[:_MAX_TEXT]):
        return f"text like {schema['pattern']}"
    return ""


def _misfit_array(schema: Mapping[str, Any], value: list[Any], depth: int) -> str:
    if len(value) > schema.get("maxItems", _MAX_ITEMS):
        return f"at most {schema.get('maxItems', _MAX_ITEMS)} items"
    if len(value) < schema.get("minItems", 0):
        return f"at least {schema['minItems']} items"
    first = schema.get("prefixItems", [])
    rest = schema.get("items")
    for index, item in enumerate(value):
        inner = first[index] if index < len(first) else rest
        if isinstance(inner, dict) and (wrong := _misfit(inner, item, depth - 1)):
            return f"a list whose item {index} is {wrong}"
    return ""


def _misfit_object(schema: Mapping[str, Any], value: dict[str, Any], depth: int) -> str:
    if len(value) > _MAX_ITEMS:
        return f"at most {_MAX_ITEMS} entries"
    fields: Mapping[str, Any] = schema.get("properties", {})
    missing = [name for name in schema.get("required", []) if name not in value]
    if missing:
        return f"an object with {missing[0]!r}"
    others = schema.get("additionalProperties", True)
    for name, item in value.items():
        inner = fields.get(name, others)
        if inner is False:
            return f"an object without {str(name)[:80]!r}"
        wrong = _misfit(inner if isinstance(inner, dict) else {}, item, depth - 1)
        if wrong:
            return f"an object whose {str(name)[:80]!r} is {wrong}"
    return ""
