"""Where the networks lie that jobs of a run have trained."""

from __future__ import annotations

from contextlib import suppress

from cnnviz.contract.names import JOBS_FOLDER
from cnnviz.errors import RecordError
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.jobs import Job
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.storage.shelf import Shelf
from cnnviz.worker.nets import place_of_run

__all__ = ["shelf_of_job", "shelf_of_run"]


def shelf_of_job(job: Job, folder: LocalFolder, run: str) -> Shelf:
    """Give a job the networks beside it, and those of its run where it lies in the cache.

    Args:
        job: the one at hand, whose network is kept.
        folder: the logdir.
        run: the run's name.
    """
    beside = JobsFolder(job.folder.parent, inside=job.folder.parent)
    also = []
    with suppress(RecordError):  # a link leads out of the logdir: nothing there is used
        of_run = _jobs_of(folder, run)
        also = [of_run] if of_run.folder != beside.folder else []
    return Shelf(beside, job.id, also=also)


def shelf_of_run(folder: LocalFolder, run: str) -> Shelf:
    """Give the networks of a run to what is no job, and keeps none.

    Raises:
        RecordError: the run's jobs lead out of the logdir.
    """
    return Shelf(_jobs_of(folder, run))


def _jobs_of(folder: LocalFolder, run: str) -> JobsFolder:
    return JobsFolder(folder.root / place_of_run(run) / JOBS_FOLDER, inside=folder.root)
