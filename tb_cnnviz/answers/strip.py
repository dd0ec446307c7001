"""One channel's picture over many steps: the film strip."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnviz.contract.records import Entry
from cnnviz.errors import CnnvizError, MissingError, ParamsError, RecordError
from cnnviz.storage.codes import Codes, quantise
from cnnviz.storage.glance import Glance
from tb_cnnviz.answers.listing import find_entry
from tb_cnnviz.answers.maps import is_signed
from tb_cnnviz.body import Body, Cache, tensors_body
from tb_cnnviz.bulk import glance_at
from tb_cnnviz.captures import Capture
from tb_cnnviz.planes import Wanted, as_planes, bounded, check_index, preview_planes
from tb_cnnviz.queries import StripQuery
from tb_cnnviz.reader import Logs, Run
from tb_cnnviz.run_index import revision
from tb_cnnviz.wire import StripFacts

__all__ = ["strip"]

MAX_BYTES: Final = 32 << 20
"""Of codes in one answer."""

Array = NDArray[np.generic]


@dataclass(frozen=True)
class Frame:
    """One step's picture, the first axis of each column being of length 1."""

    step: int
    columns: Codes
    exact: bool


def strip(logs: Logs, query: StripQuery) -> Body:
    """Give one channel, filter or heatmap at the steps asked for that have it.

    Steps whose picture has another size than most, or cannot be read, are left out; `steps` names
    the rest.

    Raises:
        MissingError: no such record, image, channel or slice.
        RecordError: no picture can be read.
    """
    run = logs.run(query.run)
    captures = _captures(run, query)
    latest = find_entry(logs.manifest(captures[-1]), query.key, run=run.name)
    channel = None if latest.kind == "heatmap" else query.channel
    wanted = Wanted.of(latest, query.array, image=query.image, channel=channel)
    _check_size(latest, wanted, len(captures), every_slice=query.slice is None)
    signed = is_signed(latest)
    read = partial(_frame, logs, run, wanted, query.slice, signed=signed)
    frames = logs.provider.side_by_side(read, captures)
    kept = _of_one_shape([frame for frame in frames if isinstance(frame, Frame)])
    if not kept:
        last = frames[-1]
        kind = MissingError if isinstance(last, MissingError) else RecordError
        raise kind(f"no picture of {query.key!r} can be read: {last}")
    arrays = {name: np.concatenate([f.columns[name] for f in kept]) for name in kept[0].columns}
    steps = [frame.step for frame in kept]
    facts = StripFacts(run=run.name, key=query.key, array=wanted.array, steps=steps, signed=signed)
    exact = len(kept) == len(captures) and all(frame.exact for frame in kept)
    current = bool(query.rev) and query.rev == revision(run, logs.files_of(run))
    return tensors_body(arrays, facts, cache=Cache.FOREVER if current and exact else Cache.BRIEF)


def _captures(run: Run, query: StripQuery) -> list[Capture]:
    steps = query.wanted()
    chosen = run.captures if not steps else [run.at[step] for step in steps if step in run.at]
    captures = [capture for capture in chosen if query.key in capture.keys]
    if not captures:
        asked = "" if not steps else " at the steps asked for"
        raise MissingError(f"run {run.name!r} has no record {query.key!r}{asked}")
    return captures


def _check_size(entry: Entry, wanted: Wanted, steps: int, *, every_slice: bool) -> None:
    shape = entry.arrays[wanted.array].shape
    # What one step gives: a map (h, w), a slice (kh, kw), or all slices of a filter.
    axes = shape[1:] if entry.kind == "kernels" and every_slice else shape[2:]
    picture = int(np.prod(shape[1:] if entry.kind == "heatmap" else axes))
    if picture * steps > MAX_BYTES:
        much = f"{steps} pictures of {picture} values"
        message = f"{much} are more than one answer holds: ask for fewer steps"
        raise ParamsError(message, field="steps")


def _frame(
    logs: Logs, run: Run, wanted: Wanted, which: int | None, capture: Capture, *, signed: bool
) -> Frame | CnnvizError:
    place = run.places.get(capture.event_run)
    picture: Array | None = None
    try:
        if place is not None:
            with contextlib.suppress(RecordError):
                picture = _glimpse(glance_at(place, capture), wanted, which)
        exact = picture is not None
        if picture is None:
            picture = _previewed(logs, capture, wanted, which)
    except CnnvizError as error:
        return error
    return Frame(capture.step, quantise(picture, symmetric=signed), exact)


def _glimpse(glance: Glance, wanted: Wanted, which: int | None) -> Array:
    positions = {
        "feature_maps": [wanted.image, wanted.channel or 0],
        "kernels": [wanted.channel or 0, *([] if which is None else [which])],
        "heatmap": [wanted.image],
    }[wanted.kind]
    bounded(glance.shape(wanted.key, wanted.array), skip=len(positions), what=repr(wanted.key))
    picture = np.asarray(glance.part(wanted.key, wanted.array, positions))
    every_slice = wanted.kind == "kernels" and which is None
    return as_planes(picture[None], 4 if every_slice else 3)


def _previewed(logs: Logs, capture: Capture, wanted: Wanted, which: int | None) -> Array:
    picture = preview_planes(logs, capture, wanted).restored()
    if wanted.kind == "kernels" and which is not None:
        check_index("slice", which, picture.shape[1], repr(wanted.key))
        return np.asarray(picture[:, which])
    return picture


def _of_one_shape(frames: list[Frame]) -> list[Frame]:
    shapes = Counter(frame.columns["codes"].shape for frame in frames).most_common(1)
    return [frame for frame in frames if frame.columns["codes"].shape == shapes[0][0]]
