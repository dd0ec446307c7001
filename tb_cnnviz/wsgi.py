"""From a request to a response: guard, arguments, answer, errors, compression and cache headers."""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from tensorboard import plugin_util
from tensorboard.plugins.base_plugin import TBContext
from werkzeug import wrappers

from cnnviz.errors import (
    CnnvizError,
    MissingError,
    ParamsError,
    RecordError,
    UnsuitableError,
    WorkerError,
)
from tb_cnnviz.answers import ANSWERS
from tb_cnnviz.body import Body, json_body
from tb_cnnviz.built import built_file
from tb_cnnviz.jobs.office import Office
from tb_cnnviz.jobs.routes import CHANGES, READS, Call, JobRoute, find_route, read_body
from tb_cnnviz.jobs.settings import JobSettings
from tb_cnnviz.locate import Locator
from tb_cnnviz.provider import Provider
from tb_cnnviz.queries import parse_query
from tb_cnnviz.reader import Logs
from tb_cnnviz.recent import Recent
from tb_cnnviz.security import Guard, RefusedError
from tb_cnnviz.wire import ErrorAnswer, ErrorBody

__all__ = ["Site"]

logger = logging.getLogger(__name__)

PREFIX: Final = "/data/plugin/cnnviz/"
STATIC: Final = "static/"
STATUS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (ParamsError, 400),
    (MissingError, 404),
    (RecordError, 422),
    (UnsuitableError, 422),
    (WorkerError, 503),
)
MAX_EXPERIMENTS: Final = 8
"""How many experiments (`/experiment/<id>/`) are kept indexed; local TensorBoards have one."""
SMALLEST_COMPRESSED: Final = 1_400
"""Bytes; less fits one network packet anyway."""
SAMPLE: Final = 32_768
WORTH: Final = 0.5
"""Tensors are compressed when a sample shrinks to less than this: the maps of a ReLU layer shrink
to 0.7, and take longer to compress than to send over most networks."""


class Site:
    """The WSGI application behind all our routes."""

    def __init__(self, context: TBContext) -> None:
        """Look at the flags; no data is read yet."""
        self._context = context
        self._guard = Guard.from_flags(context.flags)
        self._locator = Locator.from_context(context)
        local = self._locator.is_local
        self.office = Office(JobSettings.from_flags(context.flags, local=local))
        self._logs: Recent[Logs] = Recent(MAX_EXPERIMENTS)
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        request = wrappers.Request(environ)
        response = _response(request, self._body(request, environ))
        return response(environ, start)

    def _body(self, request: wrappers.Request, environ: dict[str, Any]) -> Body:
        try:
            # TensorBoard has taken its prefix and /experiment/<id> off the path.
            route = request.path.removeprefix(PREFIX).rstrip("/")
            job_route = find_route(route)
            allowed = ("GET",) if job_route is None else job_route.methods
            self._guard.check(request.method, request.headers, allowed=allowed)
            if job_route is not None:
                return self._job_body(request, job_route, environ)
            if route.startswith(STATIC):
                return built_file(route.removeprefix(STATIC))
            query, answer = ANSWERS[route]
            arguments = parse_query(query, request.args.to_dict())
            return answer(self._logs_of(environ), arguments)
        except RefusedError as error:
            return _failure(error, status=error.status, allowed=error.allowed)
        except CnnvizError as error:
            status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
            return _failure(error, status=status)
        except Exception:
            logger.exception("CNN Viz could not answer %s", request.path)
            message = "unexpected error: TensorBoard's output has the details"
            body = ErrorBody(kind="InternalError", message=message)
            return json_body(ErrorAnswer(error=body), status=500)

    def _job_body(
        self, request: wrappers.Request, route: JobRoute, environ: dict[str, Any]
    ) -> Body:
        office = self.office
        if request.method == "GET":
            query, answer = READS[route.name]
            given: Any = parse_query(query, request.args.to_dict())
        else:
            if not office.settings.on:
                raise RefusedError(office.settings.reason, status=403)
            self._guard.check_change(request.headers, token=office.token)
            answer = CHANGES[route.name][1]
            given = read_body(request, route.name)
        logs = self._logs_of(environ)
        return answer(Call(office=office, logs=logs, job=route.job, given=given))

    def _logs_of(self, environ: dict[str, Any]) -> Logs:
        experiment = plugin_util.experiment_id(environ)
        with self._lock:
            logs = self._logs.get(experiment)
            if logs is None:
                # TensorBoard serves one user: the first request's context stands for all.
                request_context = plugin_util.context(environ)
                source = Provider(self._context.data_provider, request_context, experiment)
                logs = Logs(source, self._locator)
                self._logs.keep(experiment, logs)
            return logs


def _failure(error: Exception, *, status: int, allowed: Sequence[str] = ()) -> Body:
    field = error.field if isinstance(error, ParamsError) else None
    body = ErrorBody(kind=type(error).__name__, message=str(error), field=field)
    answer = json_body(ErrorAnswer(error=body), status=status)
    return replace(answer, allowed=tuple(allowed))


def _response(request: wrappers.Request, body: Body) -> wrappers.Response:
    headers = {
        "Cache-Control": body.cache.value,
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
    }
    if body.status == 405:
        headers["Allow"] = ", ".join(body.allowed)
    content = body.content
    if request.accept_encodings["gzip"] > 0 and _shrinks(body):
        content = _gzip(content)
        headers["Content-Encoding"] = "gzip"
    return wrappers.Response(
        content, status=body.status, headers=headers, content_type=body.content_type
    )


def _shrinks(body: Body) -> bool:
    if len(body.content) < SMALLEST_COMPRESSED:
        return False
    if not body.content_type.endswith("/octet-stream"):
        return True
    middle = len(body.content) // 2
    sample = body.content[middle : middle + SAMPLE]
    return len(zlib.compress(sample, 1)) < WORTH * len(sample)


def _gzip(content: bytes) -> bytes:
    packer = zlib.compressobj(level=1, wbits=31)
    return packer.compress(content) + packer.flush()
