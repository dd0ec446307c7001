"""The arguments of each route, checked before an answer sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from cnnviz.errors import ParamsError

__all__ = [
    "ChannelQuery",
    "ChannelsQuery",
    "ChosenQuery",
    "DatasetQuery",
    "Digest",
    "ExamplesQuery",
    "Index",
    "KeyQuery",
    "LayoutQuery",
    "MapsQuery",
    "Name",
    "NearQuery",
    "NeighboursQuery",
    "PatchesQuery",
    "Query",
    "ReactionQuery",
    "RecordQuery",
    "RunQuery",
    "RunsQuery",
    "ScalarQuery",
    "StripQuery",
    "StrongestQuery",
    "TableQuery",
    "ThumbnailsQuery",
    "UnitsQuery",
    "parse_query",
]

MAX_STEPS = 2_000
"""How many steps one `strip` may name, and images one `thumbnails`."""

Name = Annotated[str, Meta(min_length=1, max_length=1_000)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{0,64}\Z")]
Step = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Index = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Base of a route's arguments."""


class RunsQuery(Query, frozen=True, kw_only=True):
    """What `runs` takes."""

    since: Digest = ""


class RunQuery(Query, frozen=True, kw_only=True):
    """What `run` takes."""

    run: Name
    since: Digest = ""


class MapsQuery(Query, frozen=True, kw_only=True):
    """What `maps` takes."""

    run: Name
    step: Step
    key: Name
    array: Annotated[str, Meta(max_length=1_000)] = ""
    """The record's main array when empty."""
    digest: Digest = ""
    image: Index = 0
    channel: Index | None = None
    """One channel (feature maps) or one filter (kernels); all of them when absent."""
    exact: bool = False


class StripQuery(Query, frozen=True, kw_only=True):
    """What `strip` takes."""

    run: Name
    key: Name
    array: Annotated[str, Meta(max_length=1_000)] = ""
    rev: Digest = ""
    image: Index = 0
    channel: Index = 0
    slice: Index | None = None
    """Kernels only: which input channel's slice; all of the filter's when absent."""
    steps: Annotated[str, Meta(pattern=r"^(-?\d{1,19}(,-?\d{1,19})*)?\Z", max_length=40_000)] = ""
    """Comma-separated; all of the series when empty."""

    def wanted(self) -> list[int]:
        """Give the steps asked for, ascending, without repeats; none means all.

        Raises:
            ParamsError: too many of them.
        """
        steps = sorted({int(text) for text in self.steps.split(",") if text})
        if len(steps) > MAX_STEPS:
            message = f"steps must name at most {MAX_STEPS} steps, got {len(steps)}"
            raise ParamsError(message, field="steps")
        return steps


class TableQuery(Query, frozen=True, kw_only=True):
    """What `statistics` and `scores` take."""

    run: Name
    rev: Digest = ""


class ChannelsQuery(Query, frozen=True, kw_only=True):
    """What `channels` takes."""

    run: Name
    layer: Name
    rev: Digest = ""


class ExamplesQuery(Query, frozen=True, kw_only=True):
    """What `examples` takes."""

    run: Name
    digest: Digest = ""


class ScalarQuery(Query, frozen=True, kw_only=True):
    """What `scalar` takes."""

    run: Name
    tag: Name
    rev: Digest = ""


class RecordQuery(Query, frozen=True, kw_only=True):
    """What `record` takes."""

    run: Name
    step: Step
    key: Name
    digest: Digest = ""


class KeyQuery(Query, frozen=True, kw_only=True):
    """One record of a job's result: what `jobs/<id>/layout`, `…/images` and `…/arrays` take."""

    key: Name
    digest: Digest = ""


class NearQuery(KeyQuery, frozen=True, kw_only=True):
    """What `jobs/<id>/neighbours` takes."""

    row: Index
    k: Annotated[int, Meta(ge=1, le=100)] = 10
    by: Literal["cosine", "l2", "pixels"] = "cosine"


class StrongestQuery(KeyQuery, frozen=True, kw_only=True):
    """What `jobs/<id>/patches` takes."""

    channel: Index = 0
    """The first."""
    count: Annotated[int, Meta(ge=1, le=4_096)] = 1
    """How many channels."""
    top: Annotated[int, Meta(ge=0, le=64)] = 0
    """How many images of each, the strongest; 0 for all there are."""


class ChannelQuery(KeyQuery, frozen=True, kw_only=True):
    """What `jobs/<id>/reaction` takes."""

    channel: Index


class ChosenQuery(KeyQuery, frozen=True, kw_only=True):
    """What `jobs/<id>/units` takes."""

    rows: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]*\Z", max_length=1 << 20)]
    """Bitmap of the chosen images, base64url, the first image in the lowest bit."""


class LayoutQuery(KeyQuery, frozen=True, kw_only=True):
    """What `layout` takes."""

    run: Name
    step: Step


class NeighboursQuery(NearQuery, frozen=True, kw_only=True):
    """What `neighbours` takes."""

    run: Name
    step: Step


class PatchesQuery(StrongestQuery, frozen=True, kw_only=True):
    """What `patches` takes."""

    run: Name
    step: Step


class ReactionQuery(ChannelQuery, frozen=True, kw_only=True):
    """What `reaction` takes."""

    run: Name
    step: Step


class UnitsQuery(ChosenQuery, frozen=True, kw_only=True):
    """What `units` takes."""

    run: Name
    step: Step


class DatasetQuery(Query, frozen=True, kw_only=True):
    """What `dataset` takes."""

    run: Name
    name: Name


class ThumbnailsQuery(DatasetQuery, frozen=True, kw_only=True):
    """What `thumbnails` takes."""

    rows: Annotated[str, Meta(pattern=r"^\d{1,10}(,\d{1,10})*\Z", max_length=24_000)]
    """Comma-separated."""

    def wanted(self) -> list[int]:
        """Give the rows in the order they were named.

        Raises:
            ParamsError: too many of them.
        """
        rows = [int(text) for text in self.rows.split(",")]
        if len(rows) > MAX_STEPS:
            message = f"rows must name at most {MAX_STEPS} images, got {len(rows)}"
            raise ParamsError(message, field="rows")
        return rows


Q = TypeVar("Q", bound=Query)


def parse_query(query: type[Q], values: Mapping[str, str]) -> Q:
    """Turn the query string's values into checked arguments; unknown names are passed over.

    Raises:
        ParamsError: an argument is absent, of another type or out of bounds; `field` names it.
    """
    try:
        return msgspec.convert(dict(values), query, strict=False)
    except msgspec.ValidationError as error:
        message, field = _explained(error, values)
        raise ParamsError(message, field=field) from None


def _explained(error: msgspec.ValidationError, values: Mapping[str, str]) -> tuple[str, str]:
    text, _, path = str(error).partition(" - at `$.")
    if "missing required field `" in text:
        name = text.split("`")[1]
        return f"the argument {name!r} is missing", name
    name = path.rstrip("`").split("[")[0]
    # "Expected `int`, got `str`": every argument comes as text.
    wanted = text.partition(", got `str`")[0].replace("`", "").lower()
    got = values.get(name, "")[:80]
    return f"the argument {name!r}: {wanted}, got {got!r}", name
