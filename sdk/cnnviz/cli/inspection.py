"""`cnnviz inspect`: one look at a model with a folder of images, no training."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cnnviz.cli.host import how_to_open
from cnnviz.cli.pictures import find_pictures, picture_names, read_pictures
from cnnviz.cli.preparing import make_preparation, read_class_names
from cnnviz.cli.screen import note, out, progress_console, warn
from cnnviz.errors import CnnvizError, ParamsError
from cnnviz.ops.pictures import Preparation

if TYPE_CHECKING:
    import numpy as np

    from cnnviz.cli.models import LoadedModel
    from cnnviz.core.datasets import Dataset

__all__ = ["inspect"]


def inspect(
    model: Annotated[
        str,
        typer.Argument(
            help="torchvision:NAME, timm:NAME, package.module:factory (its arguments may follow in "
            "parentheses), or the folder of a saved graph."
        ),
    ],
    images: Annotated[Path, typer.Option(help="A folder of images, or one image.")],
    logdir: Annotated[Path, typer.Option(help="Where to write the run.")],
    weights: Annotated[
        str,
        typer.Option(help=".safetensors, .pt or .pth, read as data; or default, or random."),
    ] = "default",
    class_names: Annotated[
        Path | None, typer.Option(help="One name a line, or a JSON list.")
    ] = None,
    mean: Annotated[
        str | None, typer.Option(help="Per channel, of values in 0 … 1: 0.485,0.456,0.406")
    ] = None,
    std: Annotated[str | None, typer.Option(help="Likewise: 0.229,0.224,0.225")] = None,
    size: Annotated[
        str | None, typer.Option(help="Of the input, px: 224, or HEIGHTxWIDTH.")
    ] = None,
    methods: Annotated[
        str, typer.Option(help="default, or names with commas: filters,activations")
    ] = "default",
    run: Annotated[str | None, typer.Option(help="Name of the run; else the model's.")] = None,
    step: Annotated[int, typer.Option(min=0, help="Step to record at.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=256, help="Images at most.")] = 16,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="What top patches and embeddings look through: a folder of images (labels are "
            "sub-folders named as classes), fashion-mnist, fashion-mnist:train, or none. Else all "
            "of --images, if they are more than --limit."
        ),
    ] = None,
) -> None:
    """Look at a model with your own images: filters, activations, saliency, predictions."""
    paths = find_pictures(images)
    with progress_console.status(f"loading {escape(model)}"):
        from cnnviz.cli.models import load_model

        loaded = load_model(model, weights=weights)
    preparation = make_preparation(loaded, mean=mean, std=std, size=size)
    inputs, read, problems = read_pictures(paths, preparation, limit=limit)
    for problem in problems:
        warn(problem)
    if not read:
        raise ParamsError(f"none of the {len(paths)} files in {images} could be read")
    left = f", {len(problems)} left out" if problems else ""
    note(f"{len(read)} images of {preparation.size[0]} × {preparation.size[1]} px{left}")
    names = read_class_names(class_names) if class_names else loaded.class_names
    folder = logdir / (run or loaded.name)
    _check_step(folder, step)
    source = dataset or (str(images) if len(paths) > limit else "none")
    looked_through = _data_set(source, preparation, names)
    note("capturing the network and looking at it")
    skipped, predictions = _record(
        loaded,
        folder,
        inputs,
        preparation,
        names=names,
        files=picture_names(read, images),
        methods=methods,
        step=step,
        dataset=looked_through,
    )
    for reason in skipped:
        warn(reason)
    _show(predictions, read, names)
    out.print(f"{how_to_open(logdir)}, then the tab CNN Viz")


def _data_set(source: str, preparation: Preparation, names: list[str] | None) -> Dataset | None:
    """Open what top patches and embeddings look through."""
    from cnnviz.cli.looking_through import Watched, folder_of_pictures, named_set

    if source == "none":
        return None
    if Path(source).exists():
        return Watched(folder_of_pictures(Path(source), preparation, names))
    return Watched(named_set(source, preparation))


def _check_step(folder: Path, step: int) -> None:
    """Refuse a step that would take back what the run holds already."""
    from cnnviz.storage import open_logdir

    if not folder.is_dir():
        return
    log = open_logdir(folder.parent)
    steps = log.run(folder.name).steps if folder.name in log.runs else []
    if steps and step <= steps[-1]:
        message = f"the run {folder.name} has step {steps[-1]} already"
        remedy = f"give --step {steps[-1] + 1} or another --run"
        raise ParamsError(f"{message}: {remedy}", field="step")


def _record(
    loaded: LoadedModel,
    folder: Path,
    inputs: np.ndarray,
    preparation: Preparation,
    *,
    names: list[str] | None,
    files: list[str],
    methods: str,
    step: int,
    dataset: Dataset | None,
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Record one step; give why methods were skipped, and the predictions."""
    import torch

    import cnnviz

    by_default = _defaults(with_dataset=dataset is not None)
    chosen = by_default if methods == "default" else _ample(methods.split(","))
    with cnnviz.Recorder(
        loaded.model,
        folder,
        examples=torch.from_numpy(inputs),
        class_names=names,
        example_names=files,
        normalize=(preparation.mean, preparation.std),
        methods=chosen,
        every=1,
        dataset=dataset,
        dataset_seconds=math.inf,
    ) as recorder:
        recorder.step(step)
    written = cnnviz.open_logdir(folder.parent).run(folder.name)
    if step not in written.steps:
        raise CnnvizError(f"nothing was recorded at step {step} in {folder}")
    skipped = [f"{each.method} is left out: {each.reason}" for each in written.skipped(step)]
    if "predictions" not in written.methods:
        return skipped, {}
    return skipped, dict(written.record("predictions", step=step).arrays)


def _defaults(*, with_dataset: bool) -> list[Any]:
    """Choose what a training records, and more views of the saliency: it is done once."""
    import cnnviz
    from cnnviz.core.registry import discover

    names = [
        name
        for name, method in discover().items()
        if method.in_training and (with_dataset or not method.needs_dataset)
    ]
    views = {"saliency": cnnviz.method("saliency", views=10)}
    return _ample([views.get(name, name) for name in names])


def _ample(chosen: list[Any]) -> list[Any]:
    """Give activations room for more examples than a capture in a training has."""
    import cnnviz

    roomy = cnnviz.method("activations", max_bytes=256 << 20)
    return [roomy if name == "activations" else name for name in chosen]


def _show(predictions: dict[str, np.ndarray], paths: list[Path], names: list[str] | None) -> None:
    """Print each picture's most probable class."""
    if "probabilities" not in predictions:
        return
    table = Table("image", "class", "probability", box=None, pad_edge=False)
    for path, probabilities in zip(paths, predictions["probabilities"], strict=True):
        best = int(probabilities.argmax())
        table.add_row(path.name, names[best] if names else str(best), f"{probabilities[best]:.3f}")
    out.print(table)
