"""The jobs of one run: listed, made whole or not at all, removed; and what names a request."""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import os
import secrets
import shutil
import stat
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from cnnviz.contract import jobs as names
from cnnviz.contract.jobs import JOB_ID, JobRequest, JobStatus
from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.jobs import Job
from cnnviz.storage.manifests import digest_of, encode_json
from cnnviz.storage.whole_files import remove_leftovers, write_whole

__all__ = ["JobsFolder", "new_job_id", "request_digest"]

MAX_JOBS: Final = 2000
"""Jobs of a run that are listed, the newest ones."""
TRAINING_KEPT: Final = 30 * 24 * 3600.0
"""Seconds for which a training that was stopped can be gone on with."""


class JobsFolder:
    """The jobs of one run: `<run>/plugins/cnnviz/jobs`, or a folder in the user's cache."""

    def __init__(self, folder: Path, *, inside: Path) -> None:
        """Take the folder, which need not be there yet.

        Args:
            folder: holds one folder a job.
            inside: what it must not lead out of: the logdir.

        Raises:
            RecordError: a link in it leads out.
        """
        real, root = folder.resolve(), inside.resolve()
        if real != root and root not in real.parents:
            message = f"{folder} leads out of {inside} and is not used"
            raise RecordError(message)
        self.folder = real

    def ids(self) -> list[str]:
        """Name the jobs, the oldest first; of more than 2,000 the newest."""
        found: list[str] = []
        if not self._is_in_place():
            return found
        try:
            with os.scandir(self.folder) as entries:
                found = heapq.nlargest(
                    MAX_JOBS,
                    (
                        entry.name
                        for entry in entries
                        if JOB_ID.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)
                    ),
                )
        except OSError:
            return []
        return found[::-1]

    def job(self, job_id: str) -> Job:
        """Open a job.

        Raises:
            MissingError: there is none of that name.
        """
        if JOB_ID.fullmatch(job_id) and self._is_in_place():
            folder = self.folder / job_id
            try:
                if stat.S_ISDIR(folder.lstat().st_mode):
                    return Job(folder)
            except OSError:
                pass
        message = f"there is no job {job_id[:80]!r}"
        raise MissingError(message)

    def create(
        self, request: JobRequest, inputs: Sequence[bytes] = (), *, position: float = 0.0
    ) -> Job:
        """Make a job's folder, whole or not at all, queued.

        Args:
            request: its `inputs` and `input_digests` are set to what is given.
            inputs: the request's own pictures, encoded, already looked at.
            position: place in the queue.

        Raises:
            OSError: the folder cannot be written, or the job is there already.
            RecordError: the request's id is no name of a job.
        """
        if not JOB_ID.fullmatch(request.id):
            message = f"a job's name has letters, digits and dashes, got {request.id[:80]!r}"
            raise RecordError(message)
        sums = [hashlib.sha256(picture).hexdigest() for picture in inputs]
        request = msgspec.structs.replace(request, inputs=len(inputs), input_digests=sums)
        status = JobStatus(state="queued", position=position, updated=time.time())
        making = self.folder / f".new-{request.id}-{secrets.token_hex(4)}"
        making.mkdir(parents=True)
        try:
            write_whole(making / names.REQUEST_FILE, [encode_json(request)])
            write_whole(making / names.STATUS_FILE, [encode_json(status)])
            for index, picture in enumerate(inputs):
                write_whole(making / names.input_name(index), [picture])
            making.rename(self.folder / request.id)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        return Job(self.folder / request.id)

    def remove(self, job_id: str) -> None:
        """Remove a job for good; its worker must be gone."""
        gone = self.folder / f".gone-{job_id}-{secrets.token_hex(4)}"
        self.job(job_id).folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def clear_leftovers(self, *, older_than: float = 0.0) -> None:
        """Remove what a kill left half-made or half-removed, and trainings long given up.

        Args:
            older_than: seconds; 0 where nobody else can be making jobs here.
        """
        before = time.time() - older_than
        for path in [*self.folder.glob(".new-*"), *self.folder.glob(".gone-*")]:
            with contextlib.suppress(OSError):
                if stat.S_ISDIR(path.lstat().st_mode) and path.lstat().st_mtime <= before:
                    shutil.rmtree(path, ignore_errors=True)
        for path in self.folder.glob(".training-*.safetensors"):
            with contextlib.suppress(OSError):
                if path.lstat().st_mtime <= time.time() - TRAINING_KEPT:
                    path.unlink()
        for job_id in self.ids():
            remove_leftovers(self.folder / job_id)

    def is_writable(self) -> bool:
        """Find out by trying whether jobs can be made here."""
        if not self._is_in_place():
            return False
        probe = self.folder / f".new-probe-{secrets.token_hex(4)}"
        try:
            probe.mkdir(parents=True)
            probe.rmdir()
        except OSError:
            return False
        return True

    def _is_in_place(self) -> bool:
        """Tell whether no link has taken the folder's place since it was looked at."""
        return os.path.realpath(self.folder) == os.fspath(self.folder)


def new_job_id(now: float | None = None) -> str:
    """Make a job's name: names sort by the second they were made in."""
    moment = time.gmtime(time.time() if now is None else now)
    return f"{time.strftime('%Y%m%d-%H%M%S', moment)}-{secrets.token_hex(4)}"


def request_digest(
    request: JobRequest,
    params: Mapping[str, Any],
    *,
    method_version: int,
    model_digest: str,
    inputs: Sequence[bytes] = (),
) -> str:
    """Name what a request asks for: two with the same digest give the same picture.

    Args:
        request: its id, creation time and digest do not count.
        params: with the defaults filled in (`contract.forms.complete`).
        method_version: from the method's card.
        model_digest: of the run's graph and of the weights, which names both.
        inputs: the request's own pictures.
    """
    asked = {
        "method": request.method,
        "method_version": method_version,
        "params": _canonical(params),
        "run": request.run,
        "step": request.step,
        "examples": request.examples,
        "inputs": [digest_of(picture) for picture in inputs],
        "seed": request.seed,
        "model": model_digest,
    }
    return digest_of(msgspec.json.encode(asked, order="sorted"))


def _canonical(value: Any) -> Any:
    """Write 1.0 as 1: a browser does not tell them apart."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    return value
