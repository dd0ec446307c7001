"""One function a route: from the logs and checked arguments to a body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tb_cnnviz.answers.datasets import dataset, thumbnails
from tb_cnnviz.answers.examples import examples
from tb_cnnviz.answers.layouts import layout, neighbours
from tb_cnnviz.answers.listing import record, run, runs
from tb_cnnviz.answers.maps import maps
from tb_cnnviz.answers.patches import patches, reaction, units
from tb_cnnviz.answers.scalar import scalar
from tb_cnnviz.answers.strip import strip
from tb_cnnviz.answers.tables import channels, scores, statistics
from tb_cnnviz.body import Body
from tb_cnnviz.queries import (
    ChannelsQuery,
    DatasetQuery,
    ExamplesQuery,
    LayoutQuery,
    MapsQuery,
    NeighboursQuery,
    PatchesQuery,
    Query,
    ReactionQuery,
    RecordQuery,
    RunQuery,
    RunsQuery,
    ScalarQuery,
    StripQuery,
    TableQuery,
    ThumbnailsQuery,
    UnitsQuery,
)
from tb_cnnviz.reader import Logs

__all__ = ["ANSWERS"]

ANSWERS: Final[dict[str, tuple[type[Query], Callable[[Logs, Any], Body]]]] = {
    "runs": (RunsQuery, runs),
    "run": (RunQuery, run),
    "maps": (MapsQuery, maps),
    "strip": (StripQuery, strip),
    "statistics": (TableQuery, statistics),
    "channels": (ChannelsQuery, channels),
    "scores": (TableQuery, scores),
    "examples": (ExamplesQuery, examples),
    "scalar": (ScalarQuery, scalar),
    "record": (RecordQuery, record),
    "dataset": (DatasetQuery, dataset),
    "thumbnails": (ThumbnailsQuery, thumbnails),
    "layout": (LayoutQuery, layout),
    "neighbours": (NeighboursQuery, neighbours),
    "patches": (PatchesQuery, patches),
    "reaction": (ReactionQuery, reaction),
    "units": (UnitsQuery, units),
}
