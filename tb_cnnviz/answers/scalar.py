"""One scalar of the run, such as the loss, for the step strip's sparkline."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import MissingError
from tb_cnnviz.body import Body, Cache, tensors_body
from tb_cnnviz.queries import ScalarQuery
from tb_cnnviz.reader import Logs
from tb_cnnviz.wire import ScalarFacts

__all__ = ["scalar"]

POINTS: Final = 1_000
READ: Final = 100_000
"""Asked of the provider, whose own thinning may drop the first point."""


def scalar(logs: Logs, query: ScalarQuery) -> Body:
    """Give at most 1,000 points, first and last included; a resumed run's later points count.

    Raises:
        MissingError: the run has no such scalar.
    """
    run = logs.run(query.run)
    if query.tag not in run.scalars:
        message = (
            f"run {run.name!r} has no scalar {query.tag[:200]!r}; it has {list(run.scalars[:20])}"
        )
        raise MissingError(message)
    points: dict[int, tuple[float, float]] = {}
    for source in run.scalar_runs:
        for step, value, wall_time in logs.provider.scalar(source, query.tag, at_most=READ):
            if step not in points or points[step][1] <= wall_time:
                points[step] = (value, wall_time)
    steps = sorted(points)
    shown = [steps[i] for i in thinned(len(steps), POINTS)]
    arrays: dict[str, NDArray[np.generic]] = {
        "steps": np.array(shown, np.float64),
        "values": np.array([points[step][0] for step in shown], np.float32),
        "wall_times": np.array([points[step][1] for step in shown], np.float64),
    }
    facts = ScalarFacts(run=run.name, tag=query.tag, points=len(steps))
    return tensors_body(arrays, facts, cache=Cache.BRIEF)


def thinned(count: int, limit: int) -> list[int]:
    """Choose at most `limit` of `count` positions, evenly, the first and the last among them."""
    if count <= limit:
        return list(range(count))
    return [round(i * (count - 1) / (limit - 1)) for i in range(limit)]
