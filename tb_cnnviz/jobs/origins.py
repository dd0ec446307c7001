"""Where a request's own pictures come from: the chain of jobs, as long as there is room for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from cnnviz.contract.records import Origin
from tb_cnnviz.jobs.entries import Entry

__all__ = ["origin_of", "own_origin"]

MAX_BYTES: Final = 32 << 10
"""Of one chain as JSON: eight of them still leave room in a request."""
MAX_LINKS: Final = 24
"""Jobs one after the other that a chain names."""


def origin_of(entry: Entry, image: int) -> Origin:
    """Name the job that made a picture, and the jobs before it.

    Args:
        entry: the job; its request may be a stranger's.
        image: which of its pictures.

    Returns:
        The chain; where it would be too long, its oldest part is left out and `cut` says so.
    """
    asked = entry.request
    whole = Origin(
        job=entry.id,
        image=image,
        method=asked.method,
        params=asked.params,
        run=asked.run,
        step=asked.step,
        examples=asked.examples,
        seed=asked.seed,
        inputs=_fitting(asked.origins, asked.inputs),
    )
    for links in range(MAX_LINKS, 0, -1):
        chain = _shortened(whole, links)
        if len(msgspec.json.encode(chain)) <= MAX_BYTES:
            return chain
    return msgspec.structs.replace(whole, params={}, examples=[], inputs=[], cut=True)


def own_origin(entry: Entry, index: int) -> Origin | None:
    """Tell where an own picture of a job's request came from; None for a file."""
    return _fitting(entry.request.origins, entry.request.inputs)[index]


def _fitting(origins: Sequence[Origin | None], count: int) -> list[Origin | None]:
    """Give one for each own picture, whatever a stranger's request says."""
    return [*origins[:count], *[None] * (count - len(origins))]


def _shortened(origin: Origin, links: int) -> Origin:
    """Leave out what lies more than `links` jobs back."""
    if links <= 1:
        goes_on = any(one is not None for one in origin.inputs)
        return msgspec.structs.replace(origin, inputs=[], cut=origin.cut or goes_on)
    inputs = [None if one is None else _shortened(one, links - 1) for one in origin.inputs]
    return msgspec.structs.replace(origin, inputs=inputs)
