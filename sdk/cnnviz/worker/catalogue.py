"""What this installation can run, as the page offers it."""

from __future__ import annotations

import inspect
from typing import Any

from cnnviz.contract.jobs import Catalogue, MethodCard
from cnnviz.contract.params import json_schema
from cnnviz.core.method import Method
from cnnviz.core.registry import discover
from cnnviz.core.versions import versions
from cnnviz.worker.devices import list_devices

__all__ = ["make_catalogue"]


def make_catalogue() -> Catalogue:
    """List methods, own and third-party, and devices."""
    return Catalogue(
        versions=versions(),
        devices=list_devices(),
        methods=[_card(method) for method in discover().values()],
    )


def _card(method: Method[Any]) -> MethodCard:
    return MethodCard(
        name=method.name,
        title=method.title,
        version=method.version,
        kind=method.kind,
        help=inspect.getdoc(method) or "",
        schema=json_schema(method.Params),
        presets=list(method.presets),
        in_training=method.in_training,
        needs_examples=method.needs_examples,
        makes=method.makes,
    )
