"""`cnnviz run`: one method, now, on a recorded network or on a model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cnnviz.cli.parameters import read_parameters
from cnnviz.cli.saving import file_stems, save_pictures
from cnnviz.cli.screen import out, progress_console, warn
from cnnviz.errors import ParamsError

if TYPE_CHECKING:
    from cnnviz.contract.jobs import JobRequest
    from cnnviz.core.context import Objective, Picture, Report
    from cnnviz.core.requests import Request
    from cnnviz.worker.scenes import Scene

    Chunks = Iterator[bytes | memoryview]

__all__ = ["run"]

DRAWN_EVERY = 0.1
"""Seconds between two states of the progress bar."""


def run(
    method: Annotated[str, typer.Argument(help="One of `cnnviz methods`.")],
    logdir: Annotated[Path | None, typer.Option(help="Look at a network recorded here …")] = None,
    run: Annotated[
        str | None, typer.Option(help="Of the logdir; not needed where there is one.")
    ] = None,
    step: Annotated[
        int | None, typer.Option(min=0, help="Of a checkpoint; else the last one.")
    ] = None,
    examples: Annotated[
        str | None, typer.Option(help="Rows of the run's examples: 0,3; else all.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="… or at this model, named as for `cnnviz inspect`.")
    ] = None,
    weights: Annotated[
        str, typer.Option(help="Of --model: a file, default or random.")
    ] = "default",
    images: Annotated[Path | None, typer.Option(help="A folder of images, or one image.")] = None,
    mean: Annotated[str | None, typer.Option(help="Of --model: 0.485,0.456,0.406")] = None,
    std: Annotated[str | None, typer.Option(help="Of --model: 0.229,0.224,0.225")] = None,
    size: Annotated[str | None, typer.Option(help="Of --model's input, px: 224")] = None,
    class_names: Annotated[
        Path | None, typer.Option(help="Of --model: one name a line, or a JSON list.")
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="May be given several times."),
    ] = None,
    preset: Annotated[str | None, typer.Option(help="A named set of parameters.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same picture.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda:0")] = "cpu",
    limit: Annotated[int, typer.Option(min=1, max=256, help="Images at most.")] = 16,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Where to write; else METHOD-RUN.")
    ] = None,
) -> None:
    """Run a method and write pictures (PNG) and exact arrays; Ctrl-C keeps the last picture."""
    if (logdir is None) == (model is None):
        raise ParamsError("give --logdir or --model, one of them", field="logdir")
    with progress_console.status("loading"):
        from cnnviz.cli import scenes
        from cnnviz.core.registry import find

        found = find(method)
        values = read_parameters(found, parameters or [], preset)
        if logdir is not None:
            name, at, scene = scenes.recorded(
                logdir,
                run,
                step,
                examples=examples,
                images=images,
                device=device,
                limit=limit,
                all_by_default=found.needs_examples,
                with_dataset=found.needs_dataset,
                dataset_beside=found.needs_dataset and not found.collects,
            )
        else:
            name, at, scene = scenes.of_model(
                str(model),
                weights=weights,
                images=images,
                prepared={"mean": mean, "std": std, "size": size},
                class_names=class_names,
                device=device,
                limit=limit,
            )
    asked = _asked(method, values, name, at, seed)
    request = _request(scene, asked)
    so_far = _SoFar()
    try:
        chunks = _finished(scene, asked, request, so_far)
    except KeyboardInterrupt:
        chunks = _stopped(scene, asked, request, so_far)
    _save(folder or Path(f"{method}-{Path(name).name}"), asked, chunks)
    if so_far.stopped:
        raise typer.Exit(1)


def _asked(
    method: str, params: dict[str, Any], run: str, step: int | None, seed: int
) -> JobRequest:
    from cnnviz.contract.jobs import JobRequest
    from cnnviz.storage.jobs_folder import new_job_id

    return JobRequest(id=new_job_id(), method=method, params=params, run=run, step=step, seed=seed)


@dataclass
class _SoFar:
    """What a run has reported."""

    done: int = 0
    total: int = 0
    preview: Picture = None
    stopped: bool = False


def _request(scene: Scene, asked: JobRequest) -> Request:
    from cnnviz.core.requests import method, parse_requests

    (request,) = parse_requests([method(asked.method, **asked.params)], scene.net)
    if request.method.needs_examples and not len(scene.examples):
        raise ParamsError(f"{asked.method} looks at pictures: give --images", field="images")
    return request


def _finished(scene: Scene, asked: JobRequest, request: Request, so_far: _SoFar) -> Chunks:
    """Run the method; give its result as a snapshot file."""
    from cnnviz.worker.memory import execute_within_memory
    from cnnviz.worker.results import encode_result

    def again(limit: int) -> None:
        warn(f"the memory of {scene.net.device} was full: again with {limit} at once")

    with _progress(request, so_far) as report:
        ctx = scene.context(seed=asked.seed, on_report=report)
        execution = execute_within_memory(request, ctx, on_retry=again)
    facts = {"examples": scene.captions} if scene.captions else {}
    return encode_result(asked, scene.net, execution, facts)[1]


def _stopped(scene: Scene, asked: JobRequest, request: Request, so_far: _SoFar) -> Chunks:
    """Give the last picture of a run that Ctrl-C has stopped as a snapshot file.

    Raises:
        KeyboardInterrupt: there is none yet.
    """
    from cnnviz.worker.results import encode_picture_so_far

    preview = so_far.preview() if callable(so_far.preview) else so_far.preview
    if preview is None:
        raise KeyboardInterrupt
    picture = preview.detach().cpu().float().numpy()
    done, total = so_far.done, so_far.total
    encoded = encode_picture_so_far(asked, request, scene.net, picture, done=done, total=total)
    if encoded is None:
        raise KeyboardInterrupt
    so_far.stopped = True
    warn(f"stopped at iteration {done} of {total}: the picture so far is kept")
    return encoded[1]


@contextmanager
def _progress(request: Request, so_far: _SoFar) -> Iterator[Report]:
    """Draw a bar while the block runs; it takes what the method reports."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[objective]}"),
    )
    next_drawn = 0.0
    with Progress(*columns, console=progress_console, transient=True) as bar:
        task = bar.add_task(request.method.name, total=None, objective="")

        def report(done: int, total: int, preview: Picture, objective: Objective) -> None:
            nonlocal next_drawn
            so_far.done, so_far.total, so_far.preview = done, total, preview
            now = time.monotonic()
            if now < next_drawn and done < total:
                return
            next_drawn = now + DRAWN_EVERY
            text = _objective_text(request, objective)
            bar.update(task, completed=done, total=total, objective=text)

        yield report


def _objective_text(request: Request, objective: Objective) -> str:
    from cnnviz.worker.reporting import number_of

    if objective is None:
        return ""
    return f"{request.method.objective_name or 'objective'} {number_of(objective):.4g}"


def _save(folder: Path, asked: JobRequest, chunks: Chunks) -> None:
    from cnnviz.storage.snapshot_records import records_of
    from cnnviz.storage.snapshots import SnapshotFile
    from cnnviz.storage.whole_files import write_whole

    step = "" if asked.step is None else f"_step{asked.step}"
    path = folder / f"{asked.method}{step}.safetensors"
    write_whole(path, chunks)
    out.print(str(path))
    records = records_of(SnapshotFile(path))
    for record, stem in zip(records, file_stems(records), strict=True):
        for picture in save_pictures(record, folder / stem):
            out.print(str(picture))
