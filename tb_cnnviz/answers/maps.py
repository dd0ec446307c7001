"""One record's pictures at one step."""

from __future__ import annotations

import numpy as np

from cnnviz.contract.records import Entry
from cnnviz.storage.codes import Codes, quantise
from tb_cnnviz.answers.listing import find_entry
from tb_cnnviz.body import Body, Cache, tensors_body
from tb_cnnviz.planes import Planes, Wanted, find_planes
from tb_cnnviz.queries import MapsQuery
from tb_cnnviz.reader import Logs
from tb_cnnviz.wire import MapsFacts

__all__ = ["facts_of", "is_signed", "maps", "pictures"]


def maps(logs: Logs, query: MapsQuery) -> Body:
    """Give the pictures of one image (feature maps, heatmaps) or of all filters (kernels)."""
    run, capture = logs.captured(query.run, query.step, query.digest)
    entry = find_entry(logs.manifest(capture), query.key, run=run.name)
    wanted = Wanted.of(entry, query.array, image=query.image, channel=query.channel)
    planes = find_planes(logs, run, capture, wanted)
    facts = facts_of(planes, wanted, entry, run=run.name, step=capture.step, digest=capture.digest)
    final = bool(query.digest) and planes.source == "bulk"
    arrays = pictures(planes, symmetric=facts.signed, exact=query.exact)
    return tensors_body(arrays, facts, cache=Cache.FOREVER if final else Cache.BRIEF)


def facts_of(
    planes: Planes, wanted: Wanted, entry: Entry, *, run: str, step: int, digest: str
) -> MapsFacts:
    """Say what the pictures of an answer are."""
    return MapsFacts(
        run=run,
        step=step,
        key=entry.key,
        array=wanted.array,
        image=wanted.image,
        images=planes.images,
        channel=wanted.channel,
        digest=digest,
        source=planes.source,
        signed=is_signed(entry),
        unit=unit_of(entry),
        shape=entry.arrays[wanted.array].shape,
        problems=list(planes.problems),
    )


def pictures(planes: Planes, *, symmetric: bool, exact: bool) -> Codes:
    """Give the arrays of an answer: codes with their ranges, or values instead of the codes."""
    arrays = planes.codes if planes.values is None else quantise(planes.values, symmetric=symmetric)
    if exact:
        arrays = {name: array for name, array in arrays.items() if name != "codes"}
        arrays["values"] = np.asarray(planes.restored(), np.float32)
    return arrays


def is_signed(entry: Entry) -> bool:
    """Tell whether 0 lies in the middle of the scale."""
    return entry.kind == "kernels" or bool(entry.facts.get("signed", False))


def unit_of(entry: Entry) -> str | None:
    """Tell what the values are, if the record says so."""
    unit = entry.facts.get("unit")
    return unit if isinstance(unit, str) else None
