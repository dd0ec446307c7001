"""How a network lays out a data set: the points of a map, and one image's neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from cnnviz.errors import MissingError, ParamsError
from cnnviz.storage.nearest import Metric
from cnnviz.storage.neighbourhood import Neighbourhood
from tb_cnnviz.answers.datasets import open_dataset
from tb_cnnviz.body import Body, Cache, json_body, tensors_body
from tb_cnnviz.held import Array, Held, held_capture
from tb_cnnviz.queries import KeyQuery, LayoutQuery, NearQuery, NeighboursQuery
from tb_cnnviz.reader import Logs
from tb_cnnviz.wire_layout import LayoutFacts, NeighboursAnswer

__all__ = ["layout", "layout_of", "neighbours", "neighbours_of"]

POINTS: Final = ("map", "principal", "grid", "predicted", "loss")
"""What the page draws; features stay here."""


def layout(logs: Logs, query: LayoutQuery) -> Body:
    """Give the places of all images at one step."""
    return layout_of(held_capture(logs, query), query)


def layout_of(held: Held, query: KeyQuery) -> Body:
    """Give the places that an embedding record holds."""
    held.check_kind("embedding")
    arrays = {name: held.array(name) for name in POINTS if held.has(name)}
    facts = LayoutFacts(
        run=held.run,
        step=held.step,
        key=held.entry.key,
        layer=held.entry.layer,
        digest=held.digest,
        facts=held.entry.facts,
    )
    return tensors_body(arrays, facts, cache=Cache.FOREVER if query.digest else Cache.BRIEF)


def neighbours(logs: Logs, query: NeighboursQuery) -> Body:
    """Name the images that are nearest to one, at one step."""
    return neighbours_of(logs, held_capture(logs, query), query)


def neighbours_of(logs: Logs, held: Held, query: NearQuery) -> Body:
    """Name the images nearest to one: from the record, or found anew among its features."""
    held.check_kind("embedding")
    count = held.shape("features", 2)[0]
    if query.row >= count:
        raise MissingError(f"{held.entry.key!r} has images 0 … {count - 1}, got {query.row}")
    rows, distances = _stored(held, query) or _found(logs, held, query)
    near = [(int(r), float(d)) for r, d in zip(rows, distances, strict=True) if r >= 0]
    answer = NeighboursAnswer(
        row=query.row,
        by=query.by,
        rows=[row for row, _ in near],
        distances=[distance for _, distance in near],
    )
    return json_body(answer, cache=Cache.FOREVER if query.digest else Cache.BRIEF)


def _stored(held: Held, query: NearQuery) -> tuple[Array, Array] | None:
    """Take them from the record where it has as many, by the same measure."""
    before = "pixel_" if query.by == "pixels" else ""
    if query.by not in ("pixels", held.entry.facts.get("metric")):
        return None
    info = held.entry.arrays.get(f"{before}neighbours")
    if info is None or len(info.shape) != 2 or info.shape[1] < query.k:
        return None
    found = (held.array(f"{before}{what}", query.row) for what in ("neighbours", "distances"))
    rows, distances = (one[: query.k] for one in found)
    return rows, distances


def _found(logs: Logs, held: Held, query: NearQuery) -> tuple[Array, Array]:
    if query.by == "pixels":
        name = held.entry.facts.get("dataset")
        if not isinstance(name, str):
            message = "neighbours by pixels need a data set that is stored with the run"
            raise MissingError(message)
        key = (held.run, name, "thumbnails")
        near = _neighbourhood(logs, key, lambda: open_dataset(logs, held.run, name).thumbnails())
    else:
        key = (held.digest, held.entry.key, "features")
        near = _neighbourhood(logs, key, lambda: held.array("features"))
    metric: Metric = "cosine" if query.by == "cosine" else "l2"
    return near.nearest(query.row, query.k, metric=metric)


def _neighbourhood(
    logs: Logs, key: tuple[str, str, str], vectors: Callable[[], Array]
) -> Neighbourhood:
    def read() -> Neighbourhood:
        found = vectors()
        if found.ndim < 2 or not np.issubdtype(found.dtype, np.number):
            raise ParamsError(f"{key[1]!r} holds no vectors to compare", field="key")
        return Neighbourhood(found)

    return logs.neighbourhoods.get_or_make(key, read)
