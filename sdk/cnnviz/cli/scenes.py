"""What `cnnviz run` looks at: a network of a logdir, or a model with images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from cnnviz.cli.exporting import open_log, the_run
from cnnviz.cli.models import load_model
from cnnviz.cli.pictures import find_pictures, read_pictures
from cnnviz.cli.preparing import make_preparation, read_class_names
from cnnviz.cli.screen import warn
from cnnviz.errors import ParamsError
from cnnviz.graph import Graph, capture, load_graph
from cnnviz.ops.images import check_class_names, check_normalize
from cnnviz.storage.files import LocalFolder
from cnnviz.worker.devices import check_device
from cnnviz.worker.nets import Nets
from cnnviz.worker.scenes import Scene, open_scene
from cnnviz.worker.shelves import shelf_of_run

__all__ = ["of_model", "recorded"]


def recorded(
    logdir: Path,
    run: str | None,
    step: int | None,
    *,
    examples: str | None,
    images: Path | None,
    device: str,
    limit: int,
    all_by_default: bool,
    with_dataset: bool = False,
    dataset_beside: bool = False,
) -> tuple[str, int | None, Scene]:
    """Open a recorded network with its examples, or with other images.

    Args:
        logdir: where it was recorded.
        run: the run's name; None for the only one.
        step: of the checkpoint; None for the last one.
        examples: rows of the run's examples, with commas between.
        images: a folder or a file of other pictures.
        device: where it runs.
        limit: pictures at most.
        all_by_default: whether all examples are meant where none are named.
        with_dataset: whether the run's data set is meant where none are named.
        dataset_beside: whether it is looked through beside those that are named.

    Returns:
        The run's name, the checkpoint's step (None for the weights stored with the graph), and
        what a method looks at.

    Raises:
        ParamsError: an option that does not fit.
        CnnvizError: as for a job.
    """
    check_device(device)
    chosen = the_run(open_log(logdir), run)
    if step is None and chosen.checkpoints:
        step = chosen.checkpoints[-1]
    folder = LocalFolder(logdir)
    net = Nets(device).load(folder, chosen.name, step)
    paths = find_pictures(images)[:limit] if images else []
    pictures = [path.read_bytes() for path in paths]
    rows = _rows(examples) if examples else []
    scene = open_scene(
        net,
        folder,
        chosen.name,
        step=step,
        rows=rows,
        pictures=pictures,
        all_by_default=all_by_default,
        with_dataset=with_dataset,
        dataset_beside=dataset_beside,
        shelf=shelf_of_run(folder, chosen.name),
    )
    return chosen.name, step, scene


def of_model(
    spec: str,
    *,
    weights: str,
    images: Path | None,
    prepared: Mapping[str, str | None],
    class_names: Path | None,
    device: str,
    limit: int,
) -> tuple[str, None, Scene]:
    """Load a model with images.

    Args:
        spec: as `load_model` takes it.
        weights: likewise.
        images: a folder or a file; None for none.
        prepared: what the command line says of mean, std and size.
        class_names: a file; None: what the model's maker says.
        device: where it runs.
        limit: images at most.

    Returns:
        The model's name, no step, and what a method looks at.

    Raises:
        ParamsError: an option that does not fit.
    """
    check_device(device)
    loaded = load_model(spec, weights=weights)
    preparation = make_preparation(
        loaded, mean=prepared["mean"], std=prepared["std"], size=prepared["size"]
    )
    paths = find_pictures(images) if images else []
    inputs, read, problems = read_pictures(paths, preparation, limit=limit)
    for problem in problems:
        warn(problem)
    if paths and not read:
        message = f"none of the {len(paths)} files in {images} could be read"
        raise ParamsError(message, field="images")
    net = loaded.model
    if isinstance(net, Graph):
        net = net if device == "cpu" else load_graph(spec, device=device)
    else:
        shape = (1, preparation.channels, *preparation.size)
        net = capture(net.to(device), torch.zeros(shape, device=device))
    names = read_class_names(class_names) if class_names else loaded.class_names
    pair = (preparation.mean, preparation.std) if loaded.mean or prepared["mean"] else None
    return (
        loaded.name,
        None,
        Scene(
            net=net,
            examples=torch.from_numpy(inputs),
            class_names=check_class_names(names, classes=net.classes),
            normalize=check_normalize(pair, preparation.channels),
            captions=[path.name for path in read],
        ),
    )


def _rows(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        message = f"--examples takes rows with commas between, got {text!r}"
        raise ParamsError(message, field="examples") from None
