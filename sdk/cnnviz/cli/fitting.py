"""`cnnviz fit-generator` and `cnnviz fit-style`: a job that trains a network, done in the shell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnnviz.cli.pictures import find_pictures
from cnnviz.cli.screen import note, out, progress_console, warn
from cnnviz.errors import CnnvizError, ParamsError

if TYPE_CHECKING:
    from cnnviz.cli.jobs_here import Asked

__all__ = ["fit_generator", "fit_style"]

USED_BY = {
    "fit_generator": "cnnviz run code_maximization --logdir {logdir} --run {run} -p network={name}",
    "fit_style": "cnnviz apply-style PICTURES --logdir {logdir} --run {run} --network {name}",
}
MOST_STYLES = 16

Logdir = Annotated[Path, typer.Option(help="Where the network was recorded; the job goes there.")]
RunName = Annotated[str | None, typer.Option("--run", help="Not needed where there is one.")]
Step = Annotated[int | None, typer.Option(min=0, help="Of a checkpoint; else the last one.")]
Images = Annotated[
    Path | None,
    typer.Option(help="Learn from the pictures in this folder; else from the run's data set."),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="May be given several times."),
]
PresetName = Annotated[str | None, typer.Option(help="A named set of parameters.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same network.")]
Device = Annotated[str, typer.Option(help="cpu, cuda:0, or auto for the first GPU.")]


def fit_generator(
    logdir: Logdir,
    run: RunName = None,
    step: Step = None,
    images: Images = None,
    parameters: Parameters = None,
    preset: PresetName = None,
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Train a decoder, from a layer back to pictures; Ctrl-C keeps it, the same call goes on."""
    with progress_console.status("loading"):
        from cnnviz.cli.jobs_here import ask

        asked = ask(
            "fit_generator",
            logdir,
            run,
            step,
            images=images,
            parameters=parameters or [],
            preset=preset,
            seed=seed,
            device=device,
        )
    _do(asked)


def fit_style(
    styles: Annotated[list[Path], typer.Argument(help="Pictures: one style, or several.")],
    logdir: Logdir,
    run: RunName = None,
    step: Step = None,
    images: Images = None,
    parameters: Parameters = None,
    preset: PresetName = None,
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Train a network that paints in styles; Ctrl-C keeps it, the same call goes on."""
    pictures = [path for place in styles for path in find_pictures(place)]
    if len(pictures) > MOST_STYLES:
        message = f"at most {MOST_STYLES} styles are learnt at once, got {len(pictures)}"
        raise ParamsError(message, field="styles")
    with progress_console.status("loading"):
        from cnnviz.cli.jobs_here import ask

        asked = ask(
            "fit_style",
            logdir,
            run,
            step,
            pictures=pictures,
            images=images,
            parameters=[f"styles={list(range(len(pictures)))}", *(parameters or [])],
            preset=preset,
            seed=seed,
            device=device,
        )
    _do(asked)


def _do(asked: Asked) -> None:
    """Do the job; say where its network lies and what it is good for.

    Raises:
        CnnvizError: it failed, and why.
        Exit: it was stopped.
    """
    job = asked.make()
    status = asked.do(job)
    if status.state == "failed":
        raise CnnvizError(status.message or "the job failed; its folder has a log")
    stopped = status.state == "cancelled"
    if stopped:
        warn(f"stopped at iteration {status.iteration} of {status.total}: {asked.going_on}")
    if asked.is_kept(job):
        out.print(str(job.folder))
        use = USED_BY[asked.request.method.name]
        note(use.format(logdir=asked.logdir, run=asked.run, name=job.id))
    if stopped:
        raise typer.Exit(1)
