"""Numbers of every step at once: layer statistics, one layer's channels, predictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import CnnvizError, MissingError, RecordError
from cnnviz.storage.glance import Glance
from cnnviz.storage.summaries import Summary
from tb_cnnviz.body import Body, Cache, tensors_body
from tb_cnnviz.bulk import glance_at
from tb_cnnviz.captures import Capture
from tb_cnnviz.planes import bounded
from tb_cnnviz.queries import ChannelsQuery, TableQuery
from tb_cnnviz.reader import Logs, Run
from tb_cnnviz.run_index import revision
from tb_cnnviz.wire import ChannelsFacts, ScoresFacts, StatisticsFacts

__all__ = ["channels", "scores", "statistics"]

Array = NDArray[np.generic]

CHANNEL_COLUMNS: Final = {
    "max": "channel_max",
    "mean": "channel_mean",
    "zeros": "channel_zeros",
}
"""Name in the answer, and the per-channel array of a layer_table."""


def statistics(logs: Logs, query: TableQuery) -> Body:
    """Give all layer statistics at every step that has them; NaN where a layer was absent."""
    run = logs.run(query.run)
    summaries, problems = _summaries(run)
    rows = [
        (capture.step, _layers(capture, key), columns)
        for capture, summary in summaries
        for key, columns in list(summary.tables.items())[:1]
    ]
    layers = _union(layers for _, layers, _ in reversed(rows))
    names = _union(tuple(columns) for _, _, columns in reversed(rows))
    position = {layer: index for index, layer in enumerate(layers)}
    table = {name: np.full((len(rows), len(layers)), np.nan, np.float32) for name in names}
    for row, (_, own, columns) in enumerate(rows):
        where = [position[layer] for layer in own]
        for name, column in columns.items():
            if len(column) == len(where):
                table[name][row, where] = column
    rev = revision(run, logs.files_of(run))
    facts = StatisticsFacts(
        run=run.name,
        rev=rev,
        steps=[step for step, _, _ in rows],
        layers=list(layers),
        columns=list(names),
        problems=problems,
    )
    return tensors_body(table, facts, cache=_cache(query.rev, rev))


def scores(logs: Logs, query: TableQuery) -> Body:
    """Give each example's five best classes at every step with predictions of as many examples."""
    run = logs.run(query.run)
    summaries, problems = _summaries(run)
    found = [
        (capture.step, table)
        for capture, summary in summaries
        for table in list(summary.scores.values())[:1]
    ]
    shape = _shapes(found[-1][1]) if found else {}
    kept = [(step, table) for step, table in found if _shapes(table) == shape]
    arrays = {name: np.stack([table[name] for _, table in kept]) for name in shape}
    rev = revision(run, logs.files_of(run))
    steps = [step for step, _ in kept]
    facts = ScoresFacts(run=run.name, rev=rev, steps=steps, problems=problems)
    return tensors_body(arrays, facts, cache=_cache(query.rev, rev))


def channels(logs: Logs, query: ChannelsQuery) -> Body:
    """Give maximum, mean and share of zeros of a layer's channels, at every step with a file.

    Raises:
        MissingError: no statistics of this layer were recorded.
        RecordError: none of them can be read.
    """
    run = logs.run(query.run)
    captures = [c for c in run.captures if any(query.layer in t.layers for t in c.tables.values())]
    if not captures:
        message = f"run {run.name!r} has no layer statistics of {query.layer[:200]!r}"
        raise MissingError(message)
    rows = logs.provider.side_by_side(lambda c: _channels_of(run, c, query.layer), captures)
    read = [(c, row) for c, row in zip(captures, rows, strict=True) if isinstance(row, dict)]
    if not read:
        raise RecordError(f"no channel statistics of {query.layer!r} can be read: {rows[-1]}")
    width = Counter(len(next(iter(row.values()))) for _, row in read).most_common(1)[0][0]
    kept = [(c, row) for c, row in read if len(next(iter(row.values()))) == width]
    arrays = {name: np.stack([row[name] for _, row in kept]) for name in CHANNEL_COLUMNS}
    rev = revision(run, logs.files_of(run))
    steps = [capture.step for capture, _ in kept]
    facts = ChannelsFacts(run=run.name, rev=rev, layer=query.layer, steps=steps)
    whole = len(kept) == len(captures)
    return tensors_body(arrays, facts, cache=_cache(query.rev if whole else "", rev))


def _summaries(run: Run) -> tuple[list[tuple[Capture, Summary]], list[str]]:
    read: list[tuple[Capture, Summary]] = []
    problems: list[str] = []
    for capture in run.captures:
        try:
            read.append((capture, capture.summary))
        except RecordError as error:
            problems.append(str(error))
    return read, problems


def _shapes(table: dict[str, Array]) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in table.items()}


def _layers(capture: Capture, key: str) -> tuple[str, ...]:
    return capture.tables[key].layers if key in capture.tables else ()


def _channels_of(run: Run, capture: Capture, layer: str) -> dict[str, Array] | str:
    place = run.places.get(capture.event_run)
    if place is None:
        return f"the bulk file of step {capture.step} is not there"
    try:
        key = next(key for key, table in capture.tables.items() if layer in table.layers)
        span = capture.tables[key].span(layer)
        bounded([span[1] - span[0]], skip=0, what=f"the channels of {layer!r}")
        glance = glance_at(place, capture)
        columns = CHANNEL_COLUMNS.items()
        return {name: _span(glance, key, column, span) for name, column in columns}
    except CnnvizError as error:
        return str(error)


def _span(glance: Glance, key: str, column: str, span: tuple[int, int]) -> Array:
    if len(glance.shape(key, column)) != 1:
        raise RecordError(f"{column} of {key!r} is not one number a channel")
    return np.asarray(glance.part(key, column, (), span=span), np.float32)


def _union(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for group in groups:
        names |= dict.fromkeys(group)
    return tuple(names)


def _cache(asked: str, rev: str) -> Cache:
    return Cache.FOREVER if asked and asked == rev else Cache.NEVER
