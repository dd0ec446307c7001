"""From the body of `POST jobs` to a job in the queue, or to the one that was there already."""

from __future__ import annotations

import difflib
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from cnnviz.contract.forms import complete
from cnnviz.contract.jobs import Catalogue, JobRequest, MethodCard
from cnnviz.contract.names import CHECKPOINTS_FOLDER, WEIGHTS_FILE
from cnnviz.contract.records import Origin
from cnnviz.errors import CnnvizError, MissingError, ParamsError, UnsuitableError
from cnnviz.storage.jobs_folder import new_job_id, request_digest
from cnnviz.storage.tensors import read_header
from tb_cnnviz.jobs.book import Book
from tb_cnnviz.jobs.entries import Entry
from tb_cnnviz.jobs.housing import Housing, home_of, local_place
from tb_cnnviz.jobs.origins import origin_of, own_origin
from tb_cnnviz.jobs.pictures import own_picture, picture_of_result
from tb_cnnviz.jobs.uploads import MAX_COUNT, check_picture, decode_base64
from tb_cnnviz.reader import Logs, Run
from tb_cnnviz.run_files import RunFiles
from tb_cnnviz.security import RefusedError
from tb_cnnviz.wire_jobs import InputAsk, JobAsk

__all__ = ["MAX_WAITING", "ask"]

MAX_WAITING: Final = 100
MAX_EXAMPLES: Final = 4096
MAX_NAME: Final = 1000
MAX_SEED: Final = 2**63 - 1
MAX_REQUEST: Final = 512 << 10
"""Bytes of a request as JSON."""


def ask(
    asked: JobAsk, logs: Logs, book: Book, catalogue: Catalogue, devices: Sequence[str]
) -> tuple[Entry, bool]:
    """Put a job into the queue.

    Args:
        asked: from the page; nothing in it is trusted.
        logs: the runs.
        book: the jobs there are.
        catalogue: the methods.
        devices: where jobs run.

    Returns:
        The job, and whether the same was asked for before.

    Raises:
        ParamsError: something in the request does not fit; `field` names it.
        MissingError: there is no such run, step or method.
        UnsuitableError: no job can be run on that run.
        RefusedError: too many wait already (409).
    """
    if len(asked.run) > MAX_NAME:
        raise ParamsError(f"a run's name has at most {MAX_NAME} characters", field="run")
    run = logs.run(asked.run)
    card = _card(catalogue, asked.method)
    params = complete(card.schema, asked.params, of=card.name)
    files = logs.files_of(run)
    _check_scene(asked, run, files, devices)
    step = max(files.checkpoints, default=None) if asked.step is None else asked.step
    home = home_of(run)
    looked_at = [_picture(one, index, book) for index, one in enumerate(asked.inputs)]
    pictures = [data for data, _ in looked_at]
    request = JobRequest(
        id=new_job_id(),
        method=card.name,
        params=params,
        run=home.inner_run,
        step=step,
        examples=asked.examples,
        seed=asked.seed,
        created=time.time(),
        origins=[origin for _, origin in looked_at] if any(o for _, o in looked_at) else [],
    )
    digest = request_digest(
        request,
        params,
        method_version=card.version,
        model_digest=_weights_digest(run, files, step),
        inputs=pictures,
    )
    request = msgspec.structs.replace(request, digest=digest)
    if len(msgspec.json.encode(request)) > MAX_REQUEST:
        message = f"the parameters take more than {MAX_REQUEST >> 10} KiB"
        raise ParamsError(message, field="params")
    with book.lock:
        known = _same(book, home, request, pictures)
        if known is not None:
            return known, True
        return _create(book, home, request, pictures, asked.device), False


def _create(
    book: Book, home: Housing, request: JobRequest, pictures: list[bytes], device: str | None
) -> Entry:
    # A copied logdir's queue neither counts nor says where ours ends.
    waiting = book.entries(lambda entry: entry.waits and entry.asked_here)
    if len(waiting) >= MAX_WAITING:
        message = f"{len(waiting)} jobs wait already: cancel some, or wait"
        raise RefusedError(message, status=409)
    book.tidy(home)
    position = max((entry.status.position for entry in waiting), default=0.0) + 1.0
    try:
        job = home.folder.create(request, pictures, position=position)
        if device is not None:
            status = msgspec.structs.replace(job.status(), device=device)
            job.write_status(status)
    except OSError as error:
        message = f"the job cannot be written to {home.folder.folder}: {error.strerror or error}"
        raise UnsuitableError(message) from None
    return book.add(job, home)


def _same(book: Book, home: Housing, asked: JobRequest, pictures: list[bytes]) -> Entry | None:
    """Find a job that asks for the same and is there, waiting, running or done."""

    def fits(entry: Entry) -> bool:
        gone_wrong = entry.status.state in {"failed", "cancelled", "cancelling"}
        return (
            entry.request.digest == asked.digest
            and entry.housing.run == home.run
            and entry.housing.logdir == home.logdir
            and not gone_wrong
        )

    for entry in book.entries(fits):
        fresh = book.look(entry.id)
        if fresh is None or not fits(fresh) or not _is_whole(fresh):
            continue
        if _asks_for(fresh, asked, pictures):
            return book.adopt(fresh)
    return None


def _asks_for(entry: Entry, asked: JobRequest, pictures: list[bytes]) -> bool:
    """Tell whether a job asks for what its digest says: its folder may be a stranger's."""
    there = entry.request
    same = (
        there.method == asked.method
        and there.params == asked.params
        and (there.step, there.seed) == (asked.step, asked.seed)
        and there.examples == asked.examples
        and there.inputs == len(pictures)
    )
    if not same:
        return False
    try:
        return all(entry.job.input(index) == data for index, data in enumerate(pictures))
    except (CnnvizError, OSError):
        return False


def _is_whole(entry: Entry) -> bool:
    if not entry.is_over:
        return True
    try:
        return entry.job.result().digest == entry.status.result
    except (CnnvizError, OSError):
        return False


def _card(catalogue: Catalogue, name: str) -> MethodCard:
    cards = {card.name: card for card in catalogue.methods}
    if name not in cards:
        near = difflib.get_close_matches(name[:80], cards, n=3) or sorted(cards)
        raise ParamsError(f"there is no method {name[:80]!r}; there are {near}", field="method")
    return cards[name]


def _check_scene(asked: JobAsk, run: Run, files: RunFiles, devices: Sequence[str]) -> None:
    if files.model is not None and files.model.captured == "hooks":
        message = (
            f"run {run.name!r} was recorded without its network's graph, so no job can run it; "
            "in a shell: cnnviz run METHOD --model package.module:factory"
        )
        raise UnsuitableError(message)
    if files.model is None:
        raise UnsuitableError(f"run {run.name!r} has no graph.json, so there is no network to run")
    if asked.step is not None and asked.step not in files.checkpoints:
        steps = sorted(files.checkpoints, key=lambda step: abs(step - (asked.step or 0)))[:5]
        message = f"run {run.name!r} has no checkpoint of step {asked.step}; the nearest: {steps}"
        raise ParamsError(message, field="step")
    if not 0 <= asked.seed <= MAX_SEED:
        raise ParamsError(f"seed must be 0 … 2⁶³ − 1, got {asked.seed}", field="seed")
    count = len(files.examples) if files.examples is not None else 0
    wrong = [row for row in asked.examples if not 0 <= row < count]
    if wrong or len(asked.examples) > MAX_EXAMPLES:
        got = f"got {wrong[0]}" if wrong else f"and at most {MAX_EXAMPLES} are taken"
        message = f"run {run.name!r} has {count} examples, {got}"
        raise ParamsError(message, field="examples")
    if len(asked.inputs) > MAX_COUNT:
        message = f"at most {MAX_COUNT} pictures are taken, got {len(asked.inputs)}"
        raise ParamsError(message, field="inputs")
    if asked.device is not None and asked.device not in devices:
        message = f"there is no device {asked.device[:40]!r}; there are {list(devices)}"
        raise ParamsError(message, field="device")


def _picture(asked: InputAsk, index: int, book: Book) -> tuple[bytes, Origin | None]:
    """Give a picture's bytes, and the chain of jobs that it comes from; None for a file."""
    if (asked.data is None) == (asked.job is None):
        message = f"picture {index} needs data, or the job that made it"
        raise ParamsError(message, field="inputs")
    if asked.data is not None:
        return check_picture(decode_base64(asked.data, index), index), None
    try:
        entry = book.find(asked.job or "")
        if asked.own is not None:
            return own_picture(entry, asked.own), own_origin(entry, asked.own)
        return picture_of_result(entry, asked.image), origin_of(entry, asked.image)
    except MissingError as error:
        raise ParamsError(f"picture {index}: {error}", field="inputs") from None


def _weights_digest(run: Run, files: RunFiles, step: int | None) -> str:
    """Name the graph and the weights: a run that was recorded anew has others at the same step."""
    place = local_place(run)
    if place is None or files.model is None:
        return ""
    part = WEIGHTS_FILE if step is None else f"{CHECKPOINTS_FOLDER}/{step}.safetensors"
    try:
        header = read_header(place.folder.file(f"{place.name}/{part}"))
    except OSError:
        message = f"run {run.name!r} has lost {part}"
        raise MissingError(message) from None
    return f"{files.model.digest}-{header.metadata.get('sha256', '')[:64]}"
