"""A bar that shows how a job goes which this process does, drawn from its status file."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cnnviz.cli.screen import visible
from cnnviz.errors import CnnvizError
from cnnviz.storage.jobs import Job

__all__ = ["watched"]

EVERY = 0.3
"""Seconds between two looks at the status."""


@contextmanager
def watched(job: Job, objective_name: str) -> Iterator[None]:
    """Draw a bar while the block does the job.

    What the block prints goes to the job's log, so the bar has the terminal by a handle of its own.
    """
    ended = threading.Event()
    with _terminal() as console, _bar(console) as bar:
        thread = threading.Thread(
            target=_draw, args=(job, objective_name, bar, ended), daemon=True, name="bar"
        )
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _bar(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[objective]}"),
    )
    return Progress(*columns, console=console, transient=True, redirect_stdout=False,
                    redirect_stderr=False)  # fmt: skip


def _draw(job: Job, objective_name: str, bar: Progress, ended: threading.Event) -> None:
    task = bar.add_task("starting", total=None, objective="")
    short = objective_name.partition(",")[0] or "objective"
    while not ended.wait(EVERY):
        with suppress(CnnvizError, OSError):
            status = job.status()
            value = status.objective[-1][1] if status.objective else None
            bar.update(
                task,
                description=visible(status.message or status.state),
                completed=status.iteration,
                total=status.total or None,
                objective="" if value is None else f"{short} {value:.4g}",
            )


@contextmanager
def _terminal() -> Iterator[Console]:
    """Give a console on a copy of standard error, which is about to lead elsewhere."""
    try:
        handle = os.dup(sys.stderr.fileno())
    except (OSError, ValueError):  # no such file: a notebook, a test
        yield Console(quiet=True)
        return
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        yield Console(file=file, highlight=False, soft_wrap=True, markup=False)
