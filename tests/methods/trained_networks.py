"""A shelf of jobs for tests, and tiny networks on it that methods need."""

from __future__ import annotations

from pathlib import Path

from cnnviz.contract.jobs import JobRequest
from cnnviz.core.context import Context
from cnnviz.core.execute import Done, execute
from cnnviz.core.requests import method
from cnnviz.storage.jobs_folder import JobsFolder, new_job_id
from cnnviz.storage.shelf import Shelf

TINY_STYLE = {"width": 2, "residual_blocks": 1, "iterations": 2, "batch": 2, "size": 8}


def shelf_with_a_job(folder: Path, name: str = "fit_style") -> Shelf:
    """A new job in a folder, and the shelf as that job sees it."""
    jobs = JobsFolder(folder, inside=folder)
    request = JobRequest(id=new_job_id(), method=name, params={}, run="run", step=None)
    return Shelf(jobs, jobs.create(request, []).id)


def fitted(ctx: Context, folder: Path, name: str = "fit_style", **params) -> tuple[str, Done]:
    """Train a network in a new job; its name, and what the job gave."""
    ctx.shelf = shelf_with_a_job(folder, name)
    (done,) = execute([method(name, **params)], ctx, on_error="raise").results
    return str(ctx.shelf.job), done
