"""`cnnviz methods`: which ways of looking there are."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from cnnviz.cli.screen import out
from cnnviz.contract.params import json_schema

__all__ = ["methods"]


def methods(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON list, parameters' schemas included.")
    ] = False,
) -> None:
    """List the methods: ways of looking at a network, own and third-party."""
    rows = _rows()
    if as_json:
        out.print_json(msgspec.json.encode(rows).decode())
        return
    table = Table("method", "shows", "parameters", "by default", box=None, pad_edge=False)
    for row in rows:
        params = ", ".join(row["params"].get("properties", {})) or "–"
        table.add_row(row["name"], row["help"], params, "yes" if row["in_training"] else "no")
    out.print(table)


def _rows() -> list[dict[str, Any]]:
    from cnnviz.core.registry import discover

    return [
        {
            "name": name,
            "title": method.title,
            "version": method.version,
            "kind": method.kind,
            "in_training": method.in_training,
            "help": inspect.getdoc(method).splitlines()[0],  # type: ignore[union-attr] # checked on registration
            "params": json_schema(method.Params),
        }
        for name, method in discover().items()
    ]
