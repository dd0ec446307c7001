"""The JSON that the page reads: answers, and the facts that travel in a tensors answer's header.

`python -m tb_cnnviz.schema` prints their JSON Schemas; the page's types are made from them.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from cnnviz.contract.layers import Layer
from cnnviz.contract.records import Provenance, Skipped

__all__ = [
    "ArrayShape",
    "ChannelsFacts",
    "ErrorAnswer",
    "ErrorBody",
    "ExamplesFacts",
    "ExamplesIndex",
    "MapsFacts",
    "ModelIndex",
    "RecordAnswer",
    "RunAnswer",
    "RunIndex",
    "RunSummary",
    "RunsAnswer",
    "ScalarFacts",
    "ScoresFacts",
    "Series",
    "SkippedAt",
    "Source",
    "StatisticsFacts",
    "StripFacts",
]

Source = Literal["bulk", "preview"]
"""bulk: made from the exact arrays; preview: display quality, from the event."""


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what is written as JSON."""


class ArrayShape(Wire, frozen=True, kw_only=True):
    """Type and shape of one array of a series, as recorded last."""

    dtype: str
    shape: list[int]


class Series(Wire, frozen=True, kw_only=True):
    """The records of one key over the steps of a run."""

    key: str
    method: str
    kind: str
    layer: str | None
    params: dict[str, Any]
    facts: dict[str, Any]
    """Of the latest record; `record` gives those of any step."""
    arrays: dict[str, ArrayShape]
    at: list[int]
    """Positions in `RunIndex.steps` where there is a record, ascending."""


class SkippedAt(Skipped, frozen=True, kw_only=True):
    """A method that was due but gave no record, and at which step."""

    step: int


class ModelIndex(Wire, frozen=True, kw_only=True):
    """What was captured of the model."""

    digest: str
    parameters: int | None
    """Number of values in all parameters; null when the graph file is not there."""
    captured: Literal["graph", "hooks"] | None
    """How layers are read; null when the graph file is not there."""


class ExamplesIndex(Wire, frozen=True, kw_only=True):
    """The images that every capture looks at."""

    digest: str
    count: int
    shape: list[int]
    """[C, H, W] as the model takes them."""
    labels: list[int] | None
    class_names: list[str] | None
    names: list[str] | None
    """Of each image, at most 200 characters of any text; null where none were given."""


class RunIndex(Wire, frozen=True, kw_only=True):
    """All that a run recorded, without the arrays; the lists of S items run parallel to `steps`."""

    rev: str
    name: str
    steps: list[int]
    """Strictly increasing."""
    wall_times: list[float]
    digests: list[str]
    checkpoints: list[bool]
    sources: list[Source]
    """Whether the bulk file of the step is there."""
    series: list[Series]
    skipped: list[SkippedAt]
    layers: list[Layer]
    parents: list[int]
    """For each layer the position of the container it lies in, -1 at the top."""
    model: ModelIndex | None
    examples: ExamplesIndex | None
    scalars: list[str]
    problems: list[str]


class RunAnswer(Wire, frozen=True, kw_only=True):
    """The route `run`."""

    rev: str
    index: RunIndex | None
    """null when the client has this revision already."""


class RunSummary(Wire, frozen=True, kw_only=True):
    """One line of the run picker."""

    name: str
    steps: int
    """Number of captures."""
    first_step: int | None
    last_step: int | None
    scalars: list[str]
    problems: list[str]


class RunsAnswer(Wire, frozen=True, kw_only=True):
    """The route `runs`."""

    rev: str
    logdir: str
    runs: list[RunSummary] | None
    """null when the client has this revision already."""


class RecordAnswer(Wire, frozen=True, kw_only=True):
    """The route `record`: where one picture comes from, and the line of Python that loads it."""

    provenance: Provenance
    facts: dict[str, Any]
    arrays: dict[str, ArrayShape]
    source: Source
    python: str


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, in one sentence."""

    kind: str
    """Name of the class: ParamsError, MissingError, RecordError, RefusedError, InternalError."""
    message: str
    field: str | None = None
    """The argument at fault."""


class ErrorAnswer(Wire, frozen=True, kw_only=True):
    """Any answer whose status is 400 or more."""

    error: ErrorBody


class MapsFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `maps`."""

    run: str
    step: int
    key: str
    array: str
    image: int
    channel: int | None
    images: int
    """How many images this source holds; a preview may hold fewer than the record."""
    digest: str
    source: Source
    signed: bool
    unit: str | None
    shape: list[int]
    """Of the record's whole array; a preview may be smaller."""
    problems: list[str]


class StripFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `strip`."""

    run: str
    key: str
    array: str
    steps: list[int]
    """Those really answered, ascending."""
    signed: bool


class StatisticsFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `statistics`."""

    run: str
    rev: str
    steps: list[int]
    layers: list[str]
    columns: list[str]
    problems: list[str]


class ChannelsFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `channels`."""

    run: str
    rev: str
    layer: str
    steps: list[int]


class ScoresFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `scores`."""

    run: str
    rev: str
    steps: list[int]
    problems: list[str]


class ExamplesFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `examples`."""

    labels: list[int] | None
    class_names: list[str] | None
    names: list[str] | None
    count: int
    problems: list[str]


class ScalarFacts(Wire, frozen=True, kw_only=True):
    """Header of the route `scalar`."""

    run: str
    tag: str
    points: int
    """How many there are before thinning."""
