"""A result as a manifest lists it."""

from __future__ import annotations

import msgspec

from cnnviz.contract.records import Entry, entry_key
from cnnviz.core.execute import Done

__all__ = ["entry_of", "key_of"]


def key_of(done: Done) -> str:
    """Name a result in its capture."""
    return entry_key(done.request.method.name, done.result.layer, variant=done.request.variant)


def entry_of(done: Done, seed: int) -> Entry:
    """List a result as the manifest does; its arrays are filled in when they are written."""
    return Entry(
        key=key_of(done),
        method=done.request.method.name,
        method_version=done.request.method.version,
        kind=done.result.kind,
        layer=done.result.layer,
        params=msgspec.to_builtins(done.request.params),
        facts={"title": done.request.method.title, **done.result.facts},
        seed=seed,
        duration=done.seconds,
        arrays={},
    )
