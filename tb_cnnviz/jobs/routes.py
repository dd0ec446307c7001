"""The job routes: which there are, and what each answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from werkzeug import wrappers
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from cnnviz.contract.jobs import JOB_ID
from cnnviz.errors import MissingError, ParamsError
from tb_cnnviz.answers.layouts import layout_of, neighbours_of
from tb_cnnviz.answers.patches import patches_of, reaction_of, units_of
from tb_cnnviz.body import Body, json_body
from tb_cnnviz.held import Held
from tb_cnnviz.jobs.entries import Entry
from tb_cnnviz.jobs.queries import (
    InputQuery,
    JobMapsQuery,
    JobsQuery,
    NoQuery,
    PreviewQuery,
)
from tb_cnnviz.jobs.results import log, picture, preview
from tb_cnnviz.jobs.uploads import MAX_BYTES, MAX_COUNT
from tb_cnnviz.queries import (
    ChannelQuery,
    ChosenQuery,
    KeyQuery,
    NearQuery,
    Query,
    StrongestQuery,
)
from tb_cnnviz.reader import Logs
from tb_cnnviz.security import RefusedError
from tb_cnnviz.wire_jobs import JobAsk, JobsAnswer, MoveAsk

if TYPE_CHECKING:
    from tb_cnnviz.jobs.office import Office

__all__ = ["CHANGES", "JOB_ROUTES", "READS", "Call", "JobRoute", "find_route", "read_body"]

MAX_ASK: Final = 96 << 20
MAX_SMALL: Final = 4 << 10
BODY_SECONDS: Final = 30.0
"""Between two parts of a body."""
ID: Final = "<id>"


class NoBody(msgspec.Struct, frozen=True):
    """Body of `cancel` and `remove`: `{}`."""


@dataclass(frozen=True)
class JobRoute:
    """A job route that a request's path names."""

    name: str
    """As documented: `jobs/<id>/preview`."""
    job: str
    """The id in it; empty where the route has none."""

    @property
    def methods(self) -> tuple[str, ...]:
        """Name the methods that it answers."""
        found = (("GET", self.name in READS), ("POST", self.name in CHANGES))
        return tuple(method for method, there in found if there)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request to one of these routes."""

    office: Office
    logs: Logs
    job: str
    """The id in the path, or empty."""
    given: Any
    """The checked query, or body."""

    @property
    def entry(self) -> Entry:
        """Give the job as it is now.

        Raises:
            MissingError: there is none of that name.
        """
        return self.office.find(self.logs, self.job)

    @property
    def held(self) -> Held:
        """Give the record of the job's result that the query names."""
        return self.office.results.held(self.entry, self.given)


def _jobs(call: Call) -> Body:
    call.office.see(call.logs)
    rev, order, changed = call.office.book.changes(call.given.since)
    return json_body(JobsAnswer(rev=rev, order=order, jobs=[entry.view() for entry in changed]))


def _move(call: Call) -> Body:
    return call.office.move(call.logs, call.job, before=call.given.before)


READS: Final[dict[str, tuple[type[Query], Callable[[Call], Body]]]] = {
    "session": (NoQuery, lambda call: call.office.session()),
    "catalogue": (NoQuery, lambda call: call.office.catalogue()),
    "jobs": (JobsQuery, _jobs),
    "jobs/<id>": (NoQuery, lambda call: call.office.show(call.logs, call.job)),
    "jobs/<id>/preview": (PreviewQuery, lambda call: preview(call.entry, call.given)),
    "jobs/<id>/input": (InputQuery, lambda call: picture(call.entry, call.given.index)),
    "jobs/<id>/result": (NoQuery, lambda call: call.office.results.result(call.entry)),
    "jobs/<id>/images": (
        KeyQuery,
        lambda call: call.office.results.images(call.entry, call.given),
    ),
    "jobs/<id>/maps": (JobMapsQuery, lambda call: call.office.results.maps(call.entry, call.given)),
    "jobs/<id>/arrays": (
        KeyQuery,
        lambda call: call.office.results.arrays(call.entry, call.given),
    ),
    "jobs/<id>/layout": (KeyQuery, lambda call: layout_of(call.held, call.given)),
    "jobs/<id>/neighbours": (
        NearQuery,
        lambda call: neighbours_of(call.logs, call.held, call.given),
    ),
    "jobs/<id>/patches": (StrongestQuery, lambda call: patches_of(call.held, call.given)),
    "jobs/<id>/reaction": (ChannelQuery, lambda call: reaction_of(call.held, call.given)),
    "jobs/<id>/units": (ChosenQuery, lambda call: units_of(call.held, call.given)),
    "jobs/<id>/log": (NoQuery, lambda call: log(call.entry)),
}
"""Answers to GET."""

CHANGES: Final[dict[str, tuple[type[msgspec.Struct], Callable[[Call], Body]]]] = {
    "jobs": (JobAsk, lambda call: call.office.ask(call.logs, call.given)),
    "jobs/<id>/cancel": (NoBody, lambda call: call.office.cancel(call.logs, call.job)),
    "jobs/<id>/move": (MoveAsk, _move),
    "jobs/<id>/remove": (NoBody, lambda call: call.office.remove(call.logs, call.job)),
}
"""Answers to POST."""

JOB_ROUTES: Final = frozenset(READS) | frozenset(CHANGES)


def find_route(path: str) -> JobRoute | None:
    """Say which job route a path is; None for any other.

    Raises:
        MissingError: it begins like one, but there is none.
    """
    if path in JOB_ROUTES:
        return JobRoute(path, "")
    first, _, rest = path.partition("/")
    if first != "jobs":
        return None
    job, slash, what = rest.partition("/")
    name = f"jobs/{ID}{slash}{what}"
    if name not in JOB_ROUTES:
        raise MissingError(f"there is no route {path[:80]!r}")
    if not JOB_ID.fullmatch(job):
        raise MissingError(f"there is no job {job[:80]!r}")
    return JobRoute(name, job)


def read_body(request: wrappers.Request, route: str) -> msgspec.Struct:
    """Read and check a body; never more of it than is allowed, whatever its length claims to be.

    Raises:
        ParamsError: it is not the JSON that the route takes; `field` names what is at fault.
        RefusedError: it is too long (413), or does not come (408).
    """
    kind = CHANGES[route][0]
    limit = MAX_ASK if kind is JobAsk else MAX_SMALL
    request.max_content_length = limit
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.settimeout(BODY_SECONDS)
    try:
        data = request.stream.read()
        request.stream.read(1)  # which raises where the first one stopped at the limit
    except TimeoutError:
        message = f"nothing more of the body came for {BODY_SECONDS:.0f} s"
        raise RefusedError(message, status=408) from None
    except RequestEntityTooLarge:
        data = None
    except ClientDisconnected:
        raise RefusedError("the body ended early", status=408) from None
    if data is None:
        message = f"at most {limit} bytes are taken: {MAX_COUNT} pictures of {MAX_BYTES >> 20} MiB"
        raise RefusedError(message if kind is JobAsk else message.partition(":")[0], status=413)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        text, _, path = str(error).partition(" - at `$")
        field = re.split(r"[.\[\]`]", path.lstrip("."))[0] if path else ""
        message = f"the body is not what {route} takes: {text or type(error).__name__}"
        raise ParamsError(message[:500], field=field or None) from None
