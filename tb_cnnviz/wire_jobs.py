"""The JSON of the job routes: what the page asks for, and what it is told."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from cnnviz.contract.jobs import Catalogue, JobRequest, JobStatus
from cnnviz.contract.records import Provenance
from tb_cnnviz.wire import ArrayShape, Wire

__all__ = [
    "CatalogueAnswer",
    "ImagesFacts",
    "InputAsk",
    "JobAnswer",
    "JobAsk",
    "JobView",
    "JobsAnswer",
    "MoveAsk",
    "Network",
    "ResultAnswer",
    "ResultRecord",
    "SessionAnswer",
]


class SessionAnswer(Wire, frozen=True, kw_only=True):
    """The route `session`: whether jobs can be asked for, and the token that asking needs."""

    token: str | None
    """For the header `X-Cnnviz-Token`; null while jobs are off."""
    jobs: bool
    reason: str
    """Why jobs are off, with what to do, one sentence; empty when they are on."""
    devices: list[str]
    max_waiting: int
    max_inputs: int
    max_input_bytes: int
    max_input_pixels: int


class CatalogueAnswer(Wire, frozen=True, kw_only=True):
    """The route `catalogue`: what the workers can run."""

    state: Literal["loading", "ready", "failed"]
    """loading: ask again in half a second (the first time PyTorch has to be imported)."""
    reason: str
    catalogue: Catalogue | None


class InputAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture that a job looks at: sent with the request, or made by an earlier job."""

    data: str | None = None
    """Base64 of a PNG, JPEG or WebP file."""
    job: str | None = None
    """Or the id of a job whose result is `images`, …"""
    image: int = 0
    """… and which of its pictures."""
    own: int | None = None
    """Or, of that job's request, which of its own pictures: the same is looked at again."""


class JobAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST jobs`."""

    run: str
    method: str
    params: dict[str, Any] = {}
    step: int | None = None
    """A step with a checkpoint; null for the last one, or, where there is none, for the weights
    stored with the graph."""
    examples: list[int] = []
    inputs: list[InputAsk] = []
    seed: int = 0
    device: str | None = None
    """One of the session's devices; null for any that is free."""


class MoveAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST jobs/<id>/move`."""

    before: str | None = None
    """The waiting job to stand before; null for the end of the queue."""


class Network(Wire, frozen=True, kw_only=True):
    """A network that a job has trained and left: what about.json says of it."""

    kind: str
    """decoder or style, as the picker `x-kind` asks for."""
    facts: dict[str, Any]


class JobView(Wire, frozen=True, kw_only=True):
    """A job as the page sees it."""

    run: str
    request: JobRequest
    status: JobStatus
    in_cache: bool
    """Whether it lies in the user's cache folder, because the logdir cannot be written to."""
    network: Network | None = None
    """What an ended job has trained, where it is whole and there; further jobs take it by this
    job's id."""


class JobAnswer(Wire, frozen=True, kw_only=True):
    """`POST jobs`, `GET jobs/<id>`, `POST jobs/<id>/cancel` and `…/move`."""

    job: JobView
    existing: bool
    """Whether the same request was there already, waiting, running or done."""


class JobsAnswer(Wire, frozen=True, kw_only=True):
    """The route `jobs`."""

    rev: str
    order: list[str]
    """Every job: running ones, then waiting ones in turn, then ended ones, latest first."""
    jobs: list[JobView]
    """Those that changed since the client's revision; all without one."""


class ResultRecord(Wire, frozen=True, kw_only=True):
    """One record of a job's result."""

    key: str
    kind: str
    layer: str | None
    arrays: dict[str, ArrayShape]
    """The main one first."""
    facts: dict[str, Any]
    provenance: Provenance


class ResultAnswer(Wire, frozen=True, kw_only=True):
    """`GET jobs/<id>/result`."""

    digest: str
    records: list[ResultRecord]
    python: str
    """The lines that load it."""


class ImagesFacts(Wire, frozen=True, kw_only=True):
    """Header of `jobs/<id>/images`: pictures in true colours."""

    id: str
    key: str
    captions: list[str]
    facts: dict[str, Any]
