"""Prints the JSON Schemas of what the page reads; `make contract` turns them into TypeScript."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import msgspec

from tb_cnnviz import wire, wire_jobs, wire_layout

__all__ = ["SHAPES", "answer_schema"]

SHAPES: Final = (
    wire.RunsAnswer,
    wire.RunAnswer,
    wire.RecordAnswer,
    wire.ErrorAnswer,
    wire.MapsFacts,
    wire.StripFacts,
    wire.StatisticsFacts,
    wire.ChannelsFacts,
    wire.ScoresFacts,
    wire.ExamplesFacts,
    wire.ScalarFacts,
    wire_jobs.SessionAnswer,
    wire_jobs.CatalogueAnswer,
    wire_jobs.JobAsk,
    wire_jobs.MoveAsk,
    wire_jobs.JobAnswer,
    wire_jobs.JobsAnswer,
    wire_jobs.ResultAnswer,
    wire_jobs.ImagesFacts,
    wire_layout.DatasetFacts,
    wire_layout.ThumbnailsFacts,
    wire_layout.LayoutFacts,
    wire_layout.NeighboursAnswer,
    wire_layout.PatchesFacts,
    wire_layout.ReactionFacts,
    wire_layout.UnitsAnswer,
)
"""The answers' bodies and the facts in tensors answers' headers; what they hold comes along."""


def answer_schema() -> dict[str, Any]:
    """Give one JSON Schema document: `$defs` holds every shape, with exactly its fields."""
    _, definitions = msgspec.json.schema_components(SHAPES, ref_template="#/$defs/{name}")
    for definition in definitions.values():
        if definition.get("type") == "object":
            definition["additionalProperties"] = False
            definition["required"] = _always_written(definition)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Wire",
        "$defs": dict(sorted(definitions.items())),
    }


def _always_written(definition: dict[str, Any]) -> list[str]:
    # Fields with a default are written too, except the error's `field`, left out when absent.
    names = list(definition.get("properties", {}))
    return [name for name in names if not (definition["title"] == "ErrorBody" and name == "field")]


if __name__ == "__main__":
    json.dump(answer_schema(), sys.stdout, indent=1)
    sys.stdout.write("\n")
