"""`cnnviz export`: what a logdir holds, as files for other programs."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cnnviz.cli.saving import file_stems, save_arrays, save_pictures
from cnnviz.cli.screen import out, warn
from cnnviz.contract.names import JOBS_FOLDER, PLUGIN_NAME
from cnnviz.contract.records import Record
from cnnviz.errors import MissingError, ParamsError
from cnnviz.storage import LogDir, Run, open_logdir
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.storage.snapshot_records import records_of

__all__ = ["export", "open_log", "the_run"]


class Form(str, enum.Enum):
    """What is written."""

    png = "png"
    npz = "npz"
    both = "both"


def export(
    logdir: Annotated[Path, typer.Argument(help="What was given to TensorBoard.")],
    out_folder: Annotated[Path, typer.Option("--out", help="Where to write the files.")],
    run: Annotated[str | None, typer.Option(help="Not needed where there is one.")] = None,
    method: Annotated[str | None, typer.Option(help="Only its records.")] = None,
    layer: Annotated[str | None, typer.Option(help="Only of this layer.")] = None,
    step: Annotated[
        int | None, typer.Option(min=0, help="The latest records at or before it; else the last.")
    ] = None,
    job: Annotated[str | None, typer.Option(help="The result of a job instead.")] = None,
    form: Annotated[Form, typer.Option(help="Pictures, exact arrays, or both.")] = Form.both,
) -> None:
    """Write records as PNG and npz, each with where it comes from."""
    log = open_log(logdir)
    chosen = the_run(log, run)
    records = _of_step(chosen, step) if job is None else _of_job(logdir, chosen, job)
    wanted = [
        record
        for record in records
        if method in {None, record.method} and layer in {None, record.layer}
    ]
    if not wanted:
        known = sorted(
            {f"{one.method}/{one.layer}" if one.layer else one.method for one in records}
        )
        raise MissingError(f"run {chosen.name!r} has no such record; there are {known}")
    _write(wanted, out_folder, form)


def _write(records: Sequence[Record], folder: Path, form: Form) -> None:
    for record, stem in zip(records, file_stems(records), strict=True):
        if form != Form.png and record.source == "bulk":
            out.print(str(save_arrays(record, folder / stem)))
        elif form != Form.png:
            warn(f"{record.method} is there in display quality only: no npz")
        if form != Form.npz:
            for path in save_pictures(record, folder / stem):
                out.print(str(path))


def the_run(log: LogDir, name: str | None) -> Run:
    """Give the run of this name, or the only one.

    Raises:
        ParamsError: there are several, so one must be named.
        MissingError: there is none, or none of that name.
    """
    if name is not None:
        return log.run(name)
    runs = list(log.runs)
    if not runs:
        raise MissingError(f"{log.path} has no run that CNN Viz recorded")
    if len(runs) > 1:
        shown = ", ".join(runs[:12]) + (" …" if len(runs) > 12 else "")
        raise ParamsError(f"there are several runs: give --run, one of {shown}", field="run")
    return log.run(runs[0])


def open_log(logdir: Path) -> LogDir:
    """Open a logdir that must be there.

    Raises:
        ParamsError: it is not.
    """
    if not logdir.is_dir():
        raise ParamsError(f"there is no logdir {logdir}", field="logdir")
    return open_logdir(logdir)


def _of_step(run: Run, step: int | None) -> list[Record]:
    """Give the latest record of every key at or before a step."""
    seen = [
        entry
        for capture in run.captures
        if step is None or capture.step <= step
        for entry in capture.manifest.records
    ]
    if not seen:
        at = "" if step is None else f" at or before step {step}"
        raise MissingError(f"run {run.name!r} has no record{at}")
    keys = dict.fromkeys((entry.key.partition("/")[0], entry.layer) for entry in seen)
    return [run.record(method, layer, step) for method, layer in keys]


def _of_job(logdir: Path, run: Run, job_id: str) -> list[Record]:
    place = logdir / run.name / "plugins" / PLUGIN_NAME / JOBS_FOLDER
    return records_of(JobsFolder(place, inside=logdir).job(job_id).result())
