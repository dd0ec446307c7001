"""One job as the server knows it: read from its folder, never changed but replaced."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from cnnviz.contract.jobs import (
    FINAL_STATES,
    REQUEST_FILE,
    STATUS_FILE,
    JobRequest,
    JobStatus,
)
from cnnviz.errors import CnnvizError, MissingError, RecordError
from cnnviz.storage.jobs import Job
from cnnviz.storage.shelf import Shelf
from tb_cnnviz.jobs.housing import Housing
from tb_cnnviz.wire_jobs import JobView, Network

__all__ = ["Entry", "read_again", "read_entry"]

DAMAGED: Final = "RecordError"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A job: where it lies, what it asks, how it goes."""

    job: Job
    housing: Housing
    request: JobRequest
    status: JobStatus
    stamp: str
    """Of the status file that `status` was read from."""
    seen: float
    """When the status was last seen to change, by this process's own clock."""
    asked_here: bool
    """Whether this user's TensorBoard made it: a job of somebody else's is not begun unasked."""
    weight: int = 0
    """Bytes of its files when they were first read."""
    problem: str = ""
    """Why it can neither be run nor followed, whatever its status says."""
    network: Network | None = None
    """What it has trained, once it is over."""
    changed: int = 0
    """The book's revision when it changed last."""

    @property
    def id(self) -> str:
        """Name the job."""
        return self.job.id

    @property
    def is_over(self) -> bool:
        """Tell whether it has ended, however."""
        return self.status.state in FINAL_STATES

    @property
    def waits(self) -> bool:
        """Tell whether it is in the queue."""
        return self.status.state == "queued"

    def view(self) -> JobView:
        """Show it as the page sees it."""
        status = self.status
        if self.waits and not self.asked_here:
            message = "asked for by another TensorBoard: ask again to run it from here"
            status = msgspec.structs.replace(status, message=message)
        return JobView(
            run=self.housing.run,
            request=self.request,
            status=status,
            in_cache=self.housing.in_cache,
            network=self.network,
        )


def read_entry(job: Job, housing: Housing, *, asked_here: bool) -> Entry:
    """Read a job; a damaged one is a failed one that says so."""
    folder = job.folder
    entry = Entry(
        job=job,
        housing=housing,
        request=JobRequest(id=job.id, method="", params={}, run=housing.inner_run, step=None),
        status=_damaged(""),
        stamp="",
        seen=time.monotonic(),
        asked_here=asked_here,
        weight=sum(_size(folder / name) for name in (REQUEST_FILE, STATUS_FILE)),
    )
    try:
        entry = replace(entry, request=job.request())
    except (CnnvizError, OSError) as error:
        return _useless(entry, f"the request cannot be read: {error}")
    entry = read_again(entry)
    if not entry.is_over and entry.request.run != housing.inner_run:
        run = entry.request.run[:200]
        return _useless(
            entry, f"it asks about run {run!r}, lies in {housing.inner_run!r}: ask again"
        )
    return entry


def read_again(entry: Entry) -> Entry:
    """Read the status if its file changed; the same entry if it did not.

    Raises:
        MissingError: the job's folder is gone.
    """
    try:
        facts = (entry.job.folder / STATUS_FILE).lstat()
        stamp = f"{facts.st_size}-{facts.st_mtime_ns}-{facts.st_ino}"
    except OSError:
        if not entry.job.folder.is_dir():
            message = f"there is no job {entry.id!r} any more"
            raise MissingError(message) from None
        stamp = "gone"
    if stamp == entry.stamp or entry.problem:
        return entry
    try:
        status = entry.job.status()
    except (RecordError, OSError) as error:
        status = _damaged(str(error))
    entry = replace(entry, status=status, stamp=stamp, seen=time.monotonic())
    return replace(entry, network=_network(entry)) if entry.is_over else entry


def _network(entry: Entry) -> Network | None:
    """Say what a job has trained; a damaged network is none, and a job that asks for it says so."""
    try:
        about = Shelf(entry.housing.folder).about(entry.id)
    except (CnnvizError, OSError):
        return None
    return Network(kind=about.kind, facts=about.facts)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _useless(entry: Entry, problem: str) -> Entry:
    return replace(entry, status=_damaged(problem), problem=problem)


def _damaged(problem: str) -> JobStatus:
    return JobStatus(state="failed", kind=DAMAGED, message=problem)
