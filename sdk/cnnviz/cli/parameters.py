"""Parameters as they are written on a command line: `-p name=value`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnnviz.contract.forms import complete
from cnnviz.contract.params import json_schema
from cnnviz.errors import ParamsError

if TYPE_CHECKING:
    from cnnviz.core.method import Method

__all__ = ["read_parameters"]


def read_parameters(
    method: Method[Any], assignments: Sequence[str], preset: str | None
) -> dict[str, Any]:
    """Join a preset with what is set one by one.

    Args:
        method: whose parameters they are.
        assignments: each `name=value`; the value is JSON, or else text.
        preset: name of one of the method's, or None.

    Raises:
        ParamsError: no `=`, no such parameter or preset, or a value that does not fit.
    """
    values = _preset(method, preset) if preset else {}
    schema = {**json_schema(method.Params), "required": []}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            message = f"-p takes name=value, got {assignment!r}"
            raise ParamsError(message, field="params")
        values[name] = _value(schema, name, text, of=method.name)
    return values


def _preset(method: Method[Any], name: str) -> dict[str, Any]:
    for preset in method.presets:
        if preset.name == name:
            return dict(preset.params)
    known = [preset.name for preset in method.presets]
    message = f"{method.name} has no preset {name!r}; it has {known or 'none'}"
    raise ParamsError(message, field="preset")


def _value(schema: Mapping[str, Any], name: str, text: str, *, of: str) -> Any:
    """Read a value as JSON where that fits, else as text: layers may be called 4 or null."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    try:
        complete(schema, {name: value}, of=of)
    except ParamsError:
        try:
            complete(schema, {name: text}, of=of)
        except ParamsError:
            pass
        else:
            return text
        raise
    return value
