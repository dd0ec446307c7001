"""One job from its claim to its last word."""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from cnnviz.contract.jobs import JobRequest, JobStatus, State
from cnnviz.core.requests import Request, method, parse_requests
from cnnviz.errors import CnnvizError, JobCancelled, ParamsError, UnsuitableError
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.jobs import Job
from cnnviz.worker.earlier_maps import earlier_map
from cnnviz.worker.memory import execute_within_memory, free_memory, is_out_of_memory
from cnnviz.worker.nets import Nets
from cnnviz.worker.orphans import is_forgotten, leave
from cnnviz.worker.reporting import Reporter
from cnnviz.worker.results import encode_result, write_picture_so_far
from cnnviz.worker.scenes import PictureFiles, Scene, open_scene
from cnnviz.worker.shelves import shelf_of_job
from cnnviz.worker.streams import job_log, keep_log_short

__all__ = ["perform"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Work:
    """A job whose parts are all there."""

    asked: JobRequest
    request: Request
    scene: Scene
    places: list[LocalFolder]
    """Where maps of other steps may lie."""


def perform(
    job: Job, folder: LocalFolder, run: str, nets: Nets, *, files: PictureFiles | None = None
) -> State | None:
    """Do a job and leave its last status; what goes wrong is said there, never raised.

    Args:
        job: a queued one.
        folder: the logdir.
        run: the run that the server means.
        nets: those that are loaded; their device is where the work is done.
        files: pictures that are looked through instead of the run's data set.

    Returns:
        How it ended; None when another worker has it.
    """
    if not job.claim(nets.device):
        return None
    with job_log(job.folder):
        status = _begin(nets.device)
        reporter = Reporter(job, status, on_tick=lambda: _look_around(job, reporter))
        with reporter:
            ending = _ending(job, partial(_prepare, job, folder, run, nets, files), nets, reporter)
        last = msgspec.structs.replace(reporter.status(), remaining=None, **ending)
        if last.state == "failed":
            last = msgspec.structs.replace(last, log_tail=job.log_tail())
        try:
            job.write_status(msgspec.structs.replace(last, finished=time.time()))
        except OSError as error:
            log.warning("the last status of %s could not be written: %s", job.id, error)
    return last.state


def _look_around(job: Job, reporter: Reporter) -> None:
    keep_log_short(job.folder)
    if is_forgotten(reporter.status()):
        leave(job, reporter.status())


def _begin(device: str) -> JobStatus:
    now = time.time()
    return JobStatus(
        state="starting",
        message="loading the network",
        device=device,
        pid=os.getpid(),
        started=now,
        updated=now,
    )


def _ending(
    job: Job, prepare: Callable[[], _Work], nets: Nets, reporter: Reporter
) -> dict[str, Any]:
    """Work on the job; give what its last status says."""
    work: _Work | None = None
    try:
        with reporter.working():
            work = prepare()
            digest = _run(job, work, reporter)
    except JobCancelled:
        return {"state": "cancelled", "message": "", "result": _rescued(job, work, reporter)}
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends this job and no other
        with suppress(OSError):  # the log's disk may be full
            traceback.print_exc()
        if is_out_of_memory(error):
            nets.clear()
        expected = isinstance(error, CnnvizError)
        text = str(error) if expected else f"{type(error).__name__}: {error}"
        return {"state": "failed", "kind": type(error).__name__, "message": text[:2000]}
    finally:
        if work is not None:
            free_memory(work.scene.net.device)
    return {"state": "done", "message": "", "result": digest}


def _prepare(
    job: Job, folder: LocalFolder, run: str, nets: Nets, files: PictureFiles | None
) -> _Work:
    asked = job.request()
    if asked.run != run:
        message = f"the job asks about run {asked.run!r} but lies in {run!r}"
        raise ParamsError(message, field="run")
    wanted = method(asked.method, **asked.params)
    net = nets.load(folder, run, asked.step)
    (request,) = parse_requests([wanted], net)
    pictures = [job.input(index) for index in range(asked.inputs)]
    scene = open_scene(
        net,
        folder,
        run,
        step=asked.step,
        rows=asked.examples,
        pictures=pictures,
        files=files,
        all_by_default=request.method.needs_examples,
        with_dataset=request.method.needs_dataset,
        dataset_beside=request.method.needs_dataset and not request.method.collects,
        shelf=shelf_of_job(job, folder, run),
    )
    if request.method.needs_examples and not len(scene.examples):
        message = f"{asked.method} looks at pictures and run {run!r} stores none: add one"
        raise ParamsError(message, field="examples")
    places = [LocalFolder(job.folder.parent), folder]
    return _Work(asked=asked, request=request, scene=scene, places=places)


def _run(job: Job, work: _Work, reporter: Reporter) -> str:
    asked, scene = work.asked, work.scene
    name = work.request.method.objective_name
    reporter.say("", state="running", objective_name=name)

    def try_again(limit: int) -> None:
        reporter.begin_again()
        reporter.say(f"the device's memory was full: again with {limit} at once")

    ctx = scene.context(seed=asked.seed, on_report=reporter)
    ctx.earlier_map = lambda dataset, layer: earlier_map(
        work.places, asked.run, asked.step or 0, dataset=dataset, layer=layer
    )
    execution = execute_within_memory(work.request, ctx, on_retry=try_again)
    if not execution.results:
        message = f"{asked.method} found nothing to show in this network"
        raise UnsuitableError(message)
    reporter.say("writing the result")
    facts: dict[str, Any] = {"examples": scene.captions} if scene.captions else {}
    if scene.dataset is not None and not work.request.method.collects:
        facts["data_set"] = scene.dataset.source.reference
    digest, chunks = encode_result(asked, scene.net, execution, facts)
    job.write_result(chunks)
    return digest


def _rescued(job: Job, work: _Work | None, reporter: Reporter) -> str | None:
    """Keep the last picture of a job that was taken back."""
    if work is None:
        return None
    try:
        return write_picture_so_far(job, work.asked, work.request, work.scene.net, reporter)
    except OSError as error:
        log.warning("the last picture of %s could not be kept: %s", job.id, error)
        return None
