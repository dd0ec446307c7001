"""`cnnviz demo`: a small CNN, trained for real on real images, shown in TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from cnnviz.cli.host import free_port, how_to_open, open_tensorboard
from cnnviz.cli.screen import note, out, progress_console
from cnnviz.errors import ParamsError

if TYPE_CHECKING:
    from cnnviz.cli.demo_data import DataSet
    from cnnviz.cli.demo_training import Report

__all__ = ["demo"]

LEARNING_RATES = (0.05, 0.2)
"""One that suits the network, and one so high that some of its channels die."""

DEFAULT_LOGDIR = Path("runs") / "cnnviz-demo"


def demo(
    data: Annotated[
        str,
        typer.Option(help="fashion-mnist, cifar10, digits, or a folder with a sub-folder a class."),
    ] = "fashion-mnist",
    logdir: Annotated[
        Path | None,
        typer.Option(help=f"Where to write. [default: {DEFAULT_LOGDIR}, or the next free]"),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Training steps of each run.")] = 600,
    seconds: Annotated[float, typer.Option(min=1, help="Training time of both runs at most.")] = 60,
    tensorboard: Annotated[bool, typer.Option(help="Show the logdir in TensorBoard.")] = True,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the tab in the browser.")
    ] = True,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Of TensorBoard. [default: first free]")
    ] = None,
) -> None:
    """Train a small CNN twice, for about a minute, and look at it in TensorBoard.

    The two runs differ in their learning rate only; the higher one lets channels die.
    """
    from cnnviz.cli.demo_data import load_data_set

    chosen_port = free_port(port) if tensorboard else 0
    folder = _folder_for(logdir)
    loaded = load_data_set(data)
    note(f"{loaded.name}: {len(loaded.images):,} images, {len(loaded.class_names)} classes")
    note(f"writing {folder}; to watch meanwhile: {how_to_open(folder)}")
    for learning_rate in LEARNING_RATES:
        name = f"lr-{learning_rate}"
        share = seconds / len(LEARNING_RATES)
        report = _train_shown(loaded, folder / name, learning_rate, steps=steps, seconds=share)
        out.print(
            f"{name}: {report.steps} steps in {report.seconds:.0f} s, "
            f"loss {report.loss:.3f}, test accuracy {report.accuracy:.1%}"
        )
    if tensorboard:
        open_tensorboard(folder, port=chosen_port, browser=browser)
    else:
        out.print(f"{how_to_open(folder)}, then the tab CNN Viz")


def _folder_for(logdir: Path | None) -> Path:
    """Give an empty folder: the one asked for, or the first free one of the default's name.

    Raises:
        ParamsError: the folder that was asked for holds something.
    """
    if logdir is not None:
        if logdir.exists() and (not logdir.is_dir() or any(logdir.iterdir())):
            raise ParamsError(f"{logdir} is not empty: give another --logdir", field="logdir")
        return logdir
    number, folder = 1, DEFAULT_LOGDIR
    while folder.exists():
        number += 1
        folder = DEFAULT_LOGDIR.with_name(f"{DEFAULT_LOGDIR.name}-{number}")
    return folder


def _train_shown(
    data: DataSet, run: Path, learning_rate: float, *, steps: int, seconds: float
) -> Report:
    """Train one run under a progress bar."""
    from cnnviz.cli.demo_training import train

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("step {task.completed}/{task.total}"),
        TextColumn("loss {task.fields[loss]:.3f}  accuracy {task.fields[accuracy]:.1%}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=progress_console, transient=True) as bar:
        task = bar.add_task(run.name, total=steps, loss=float("nan"), accuracy=0.0)

        def show(step: int, loss: float, accuracy: float) -> None:
            bar.update(task, completed=step + 1, loss=loss, accuracy=accuracy)

        return train(
            data, run, learning_rate=learning_rate, steps=steps, seconds=seconds, progress=show
        )
