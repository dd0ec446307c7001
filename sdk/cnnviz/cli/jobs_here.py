"""A job that is made in a run's folder and done in the shell's own process."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

import msgspec

from cnnviz.cli.exporting import open_log, the_run
from cnnviz.cli.parameters import read_parameters
from cnnviz.cli.pictures import find_pictures
from cnnviz.cli.watching import watched
from cnnviz.contract.jobs import JobRequest, JobStatus
from cnnviz.contract.names import JOBS_FOLDER
from cnnviz.core.registry import find
from cnnviz.core.requests import Request, method, parse_requests
from cnnviz.errors import MissingError, ParamsError, RecordError, WorkerError
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.jobs import Job
from cnnviz.storage.jobs_folder import JobsFolder, new_job_id
from cnnviz.storage.shelf import Shelf
from cnnviz.worker.devices import choose_device
from cnnviz.worker.nets import Nets, place_of_run
from cnnviz.worker.performing import perform
from cnnviz.worker.scenes import PictureFiles

__all__ = ["Asked", "ask"]

MOST_BYTES: Final = 32 << 20
"""Of one of a job's own pictures."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A job that fits the network, and is not made yet."""

    logdir: Path
    run: str
    step: int | None
    request: Request
    seed: int
    pictures: list[bytes]
    """The job's own, encoded."""
    files: PictureFiles | None
    """Looked through instead of the run's data set."""
    nets: Nets

    @property
    def going_on(self) -> str:
        """What to do after it was stopped."""
        return "what was learnt is kept, the same command goes on from there"

    def make(self) -> Job:
        """Make the job's folder in the run.

        Raises:
            OSError: it cannot be written.
            RecordError: the run's jobs lead out of the logdir.
        """
        asked = JobRequest(
            id=new_job_id(),
            method=self.request.method.name,
            params=msgspec.to_builtins(self.request.params),
            run=self.run,
            step=self.step,
            seed=self.seed,
            created=time.time(),
        )
        return self._jobs.create(asked, self.pictures)

    def do(self, job: Job) -> JobStatus:
        """Do it with a bar that moves; Ctrl-C cancels it. Give its last status.

        Raises:
            WorkerError: somebody else took it.
        """

        def cancel(_number: int, _frame: FrameType | None) -> None:
            job.ask_to_cancel()

        before = signal.signal(signal.SIGINT, cancel)
        try:
            with watched(job, self.request.method.objective_name):
                ended = perform(
                    job, LocalFolder(self.logdir), self.run, self.nets, files=self.files
                )
        finally:
            signal.signal(signal.SIGINT, before)
        if ended is None:
            raise WorkerError(f"another process does job {job.id}")
        return job.status()

    def is_kept(self, job: Job) -> bool:
        """Tell whether it has left a network."""
        try:
            Shelf(self._jobs).about(job.id)
        except (MissingError, RecordError):
            return False
        return True

    @property
    def _jobs(self) -> JobsFolder:
        root = LocalFolder(self.logdir).root
        return JobsFolder(root / place_of_run(self.run) / JOBS_FOLDER, inside=root)


def ask(
    name: str,
    logdir: Path,
    run: str | None,
    step: int | None,
    *,
    pictures: Sequence[Path] = (),
    images: Path | None,
    parameters: Sequence[str],
    preset: str | None,
    seed: int,
    device: str,
) -> Asked:
    """Check what a command line asks for; nothing is written yet.

    Args:
        name: of the method.
        logdir: where the network was recorded.
        run: the run's name; None for the only one.
        step: of the checkpoint; None for the last one.
        pictures: the job's own.
        images: a folder to be looked through instead of the run's data set.
        parameters: each `name=value`.
        preset: a named set of parameters.
        seed: of the job.
        device: as `choose_device` takes it.

    Raises:
        ParamsError: an option that does not fit.
        CnnvizError: a network that is not there, damaged, or does not suit the method.
    """
    chosen = the_run(open_log(logdir), run)
    if step is None and chosen.checkpoints:
        step = chosen.checkpoints[-1]
    nets = Nets(choose_device(device))
    wanted = method(name, **_plain(name, parameters, preset))
    net = nets.load(LocalFolder(logdir), chosen.name, step)
    (request,) = parse_requests([wanted], net)
    return Asked(
        logdir=logdir,
        run=chosen.name,
        step=step,
        request=request,
        seed=seed,
        pictures=[_read(path) for path in pictures],
        files=PictureFiles(images, find_pictures(images)) if images else None,
        nets=nets,
    )


def _plain(name: str, parameters: Sequence[str], preset: str | None) -> dict[str, Any]:
    return read_parameters(find(name), parameters, preset)


def _read(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MOST_BYTES:
        message = f"{path} has {size} bytes, at most {MOST_BYTES} are taken of a picture"
        raise ParamsError(message, field="pictures")
    return path.read_bytes()
