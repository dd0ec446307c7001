"""A job is a request run outside training: what is asked, how it goes, what a worker can run.

A job is a folder `jobs/<id>/` of its run: `request.json` (JobRequest, never changed), `status.json`
(JobStatus, replaced atomically), `claim.json` (Claim, made once, exclusively, by the worker that
takes it), `cancel` (its presence asks the worker to stop), `preview.png`, `result.safetensors` (a
snapshot file: docs/format.md), `log.txt`, and the request's own pictures `input_<n>.png`.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal, get_args

import msgspec

from cnnviz.contract.names import FORMAT_VERSION
from cnnviz.contract.records import Origin

__all__ = [
    "CANCEL_FILE",
    "CLAIM_FILE",
    "FINAL_STATES",
    "JOB_ID",
    "LOG_FILE",
    "MAX_CURVE",
    "PREVIEW_FILE",
    "REQUEST_FILE",
    "RESULT_FILE",
    "STATES",
    "STATUS_FILE",
    "Catalogue",
    "Claim",
    "JobRequest",
    "JobStatus",
    "MethodCard",
    "Preset",
    "State",
    "input_name",
]

REQUEST_FILE: Final = "request.json"
STATUS_FILE: Final = "status.json"
CLAIM_FILE: Final = "claim.json"
CANCEL_FILE: Final = "cancel"
PREVIEW_FILE: Final = "preview.png"
RESULT_FILE: Final = "result.safetensors"
LOG_FILE: Final = "log.txt"

JOB_ID: Final = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")
"""What a job's name must match as a whole."""

MAX_CURVE: Final = 200
"""Points of an objective's curve that a status holds."""

State = Literal["queued", "starting", "running", "cancelling", "done", "failed", "cancelled"]
STATES: tuple[str, ...] = get_args(State)
FINAL_STATES = ("done", "failed", "cancelled")


class JobRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked; two requests with the same `digest` ask for the same picture."""

    version: int = FORMAT_VERSION
    id: str
    """Name of the job's folder: [0-9a-z-], at most 64 characters."""
    method: str
    params: dict[str, Any]
    run: str
    step: int | None
    """The checkpoint's step; None for the weights stored with the graph."""
    examples: list[int] = []
    """Rows of the run's examples that the method looks at; [] for all, or for none of them where
    there are own pictures or the method needs no examples."""
    inputs: int = 0
    """Count of own pictures `input_0.png`, … in the job's folder; they come after the examples."""
    input_digests: list[str] = []
    """SHA-256 of each, so that requests for the same pictures are known."""
    origins: list[Origin | None] = []
    """Where each came from, as far as it is known; None for a file."""
    seed: int = 0
    created: float = 0.0
    """Seconds since the epoch."""
    digest: str = ""
    """SHA-256 over method, params (defaults filled in), run, step, examples, the inputs' bytes,
    seed and model digest."""


class JobStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a job goes; written by the server until a worker claims it, by that worker afterwards."""

    version: int = FORMAT_VERSION
    state: State
    position: float = 0.0
    """Place in the queue while queued: the smallest is next."""
    iteration: int = 0
    total: int = 0
    rate: float = 0.0
    """Iterations a second, over the last seconds."""
    remaining: float | None = None
    """Seconds to go, an estimate."""
    objective: list[tuple[int, float | None]] = []
    """Curve of (iteration, value), thinned to 200 points at most; None where not finite."""
    objective_name: str = ""
    preview: str | None = None
    """Digest of `preview.png` as it is now; changes with the picture."""
    result: str | None = None
    """Digest of the result's manifest, when done (or cancelled with something to show)."""
    kind: str | None = None
    """On failure: the error's class."""
    message: str = ""
    """What goes on, or why it failed, one sentence."""
    log_tail: str = ""
    device: str = ""
    pid: int | None = None
    started: float | None = None
    updated: float = 0.0
    """When this was written; a worker that lives writes at least twice a second."""
    progressed: float | None = None
    """When the method last reported, or a part of the work was finished: it hangs if that is long
    ago."""
    finished: float | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Which process took a job."""

    version: int = FORMAT_VERSION
    pid: int
    host: str
    birth: str = ""
    """When the process started, as the system tells it: process ids are used again."""
    device: str = ""
    claimed: float = 0.0
    """Seconds since the epoch."""


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of parameters, with where it comes from."""

    name: str
    title: str
    params: dict[str, Any]
    source: str = ""


class MethodCard(msgspec.Struct, frozen=True, kw_only=True):
    """A method as the page offers it."""

    name: str
    title: str
    version: int
    kind: str
    help: str
    """The class docstring."""
    schema: dict[str, Any]
    """JSON Schema of the parameters: one object, no references."""
    presets: list[Preset] = []
    in_training: bool = False
    needs_examples: bool = True
    """Whether it looks at pictures; without, a run that has none is fine."""
    makes: str = ""
    """Kind of the network that its jobs train and leave (contract.trained); empty for none."""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker can run."""

    version: int = FORMAT_VERSION
    versions: dict[str, str]
    devices: list[str]
    """As `--device` takes them: cpu, cuda:0, …"""
    methods: list[MethodCard]


def input_name(index: int) -> str:
    """Name one of a request's own pictures."""
    return f"input_{index}.png"
