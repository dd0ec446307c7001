"""What a method looks at: a recorded network, the run's examples, pictures of one's own."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cnnviz.contract.names import DATASETS_FOLDER, EXAMPLES_FILE
from cnnviz.core.context import Context, Report
from cnnviz.core.datasets import DataSet
from cnnviz.core.pass_state import STATE_FILE
from cnnviz.core.stored_dataset import stored_data_set
from cnnviz.errors import ParamsError, RecordError
from cnnviz.graph.net import Net
from cnnviz.ops.images import Normalize, check_images, check_labels, check_normalize
from cnnviz.ops.pictures import Preparation, read_picture
from cnnviz.storage.datasets import DATASET_NAME, DatasetFile
from cnnviz.storage.examples import ExamplesFile
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.shelf import Shelf
from cnnviz.worker.nets import place_of_run

__all__ = ["FORMATS", "Scene", "open_scene"]

FORMATS: Final = ("PNG", "JPEG", "WEBP")
LARGEST_EXAMPLES: Final = 4 << 30
"""Bytes of an examples file that is read."""
MOST_PIXELS: Final = 40_000_000
"""Of one of one's own pictures."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A network and what it looks at, as a `Context` takes it."""

    net: Net
    examples: Tensor
    """(N, C, H, W), as the network takes them; N may be 0."""
    labels: Sequence[int] | None = None
    class_names: Sequence[str] | None = None
    normalize: Normalize | None = None
    captions: list[str] = field(default_factory=list)
    """Where each example comes from, N texts."""
    dataset: DataSet | None = None
    """What data-set methods look through; None for the examples."""
    shelf: Shelf | None = None
    """Networks that jobs of the run have trained."""

    def context(self, *, seed: int, on_report: Report | None) -> Context:
        """Make what methods see."""
        ctx = Context(
            self.net,
            self.examples,
            labels=self.labels,
            class_names=self.class_names,
            normalize=self.normalize,
            seed=seed,
            on_report=on_report,
            dataset=self.dataset,
        )
        ctx.shelf = self.shelf
        return ctx


def open_scene(
    net: Net,
    folder: LocalFolder,
    run: str,
    *,
    rows: Sequence[int] = (),
    pictures: Sequence[bytes] = (),
    all_by_default: bool = True,
    with_dataset: bool = False,
    dataset_beside: bool = False,
    shelf: Shelf | None = None,
) -> Scene:
    """Bring a recorded network together with its run's examples and with further pictures.

    Args:
        net: from the same run.
        folder: the logdir.
        run: the run's name.
        rows: which of the run's examples.
        pictures: encoded PNG, JPEG or WebP; they are brought to the examples' size.
        all_by_default: whether all examples are meant where neither rows nor pictures are given.
        with_dataset: whether the run's data set is looked through where neither are given.
        dataset_beside: whether it is looked through also where they are given, and beside them.
        shelf: networks that jobs of the run have trained.

    Raises:
        ParamsError: a row that is not there, or a picture that cannot be read.
        RecordError: the examples, or the data set, are damaged.
        UnsuitableError: of the data set there are only thumbnails.
    """
    stored = _examples(folder, run)
    dataset = None
    if dataset_beside:
        dataset = _data_set(folder, run)
    elif with_dataset and not rows and not pictures:
        dataset, all_by_default = _data_set(folder, run), True
    if stored is None:
        if rows:
            message = f"run {run!r} stores no examples: give pictures of your own"
            raise ParamsError(message, field="examples")
        normalize = None
        inputs, labels, class_names = _no_examples(net), None, None
    else:
        count = len(stored)
        everything = all_by_default and not rows and not pictures
        chosen = list(range(count)) if everything else list(rows)
        beyond = [row for row in chosen if not 0 <= row < count]
        if beyond:
            message = f"run {run!r} has examples 0 … {count - 1}, got {beyond[0]}"
            raise ParamsError(message, field="examples")
        rows = chosen
        inputs = torch.from_numpy(np.ascontiguousarray(stored.inputs[chosen]))
        labels = None if stored.labels is None else [stored.labels[row] for row in chosen]
        class_names = stored.class_names
        pair = (stored.facts.mean, stored.facts.std)
        normalize = check_normalize(None if None in pair else pair, inputs.shape[1])
    own = _own_pictures(pictures, tuple(inputs.shape[1:]), normalize)
    examples = torch.cat([inputs.float(), own])
    labels = [*labels, *[-1] * len(own)] if labels is not None and len(examples) else None
    return Scene(
        net=net,
        examples=check_images(examples, what="examples") if len(examples) else examples,
        labels=check_labels(labels, len(examples), classes=net.classes),
        class_names=class_names,
        normalize=normalize,
        captions=[]
        if dataset is not None and not dataset_beside
        else [f"example {row}" for row in rows] + [f"picture {n}" for n in range(len(own))],
        dataset=dataset,
        shelf=shelf,
    )


def _examples(folder: LocalFolder, run: str) -> ExamplesFile | None:
    try:
        file = folder.file(f"{place_of_run(run)}/{EXAMPLES_FILE}")
    except FileNotFoundError:
        return None
    if file.size > LARGEST_EXAMPLES:
        message = f"{file.label} has {file.size} bytes; at most {LARGEST_EXAMPLES} are read"
        raise RecordError(message)
    return ExamplesFile(file)


def _data_set(folder: LocalFolder, run: str) -> DataSet | None:
    """Open the largest data set of a run that can be looked through; None where it stores none."""
    place = f"{place_of_run(run)}/{DATASETS_FOLDER}"
    found: list[DatasetFile] = []
    for item in folder.items(place):
        if DATASET_NAME.fullmatch(item.name.removesuffix(".safetensors")):
            if item.size > LARGEST_EXAMPLES:
                message = f"{place}/{item.name} has {item.size} bytes; at most "
                raise RecordError(f"{message}{LARGEST_EXAMPLES} are read")
            found.append(DatasetFile(folder.file(f"{place}/{item.name}")))
    if not found:
        return None
    data = stored_data_set(max(found, key=lambda file: (file.stores_inputs, len(file))))
    data.state = folder.root / place_of_run(run) / STATE_FILE
    return data


def _no_examples(net: Net) -> Tensor:
    shape = getattr(net, "example_shape", None) or (3, 224, 224)
    return torch.zeros(0, *shape)


def _own_pictures(
    pictures: Sequence[bytes], shape: tuple[int, ...], normalize: Normalize | None
) -> Tensor:
    channels, height, width = shape
    if not pictures:
        return torch.zeros(0, channels, height, width)
    mean, std = normalize or ((0.0,), (1.0,))
    preparation = Preparation(
        size=(height, width), resize=min(height, width), mean=mean, std=std, channels=channels
    )
    inputs = [preparation(_decode(data, number)) for number, data in enumerate(pictures)]
    return torch.from_numpy(np.stack(inputs))


def _decode(data: bytes, number: int) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as file:
            pixels = file.width * file.height
        if pixels <= MOST_PIXELS:
            return read_picture(io.BytesIO(data), formats=FORMATS)
        reason = f"it has {pixels} pixels, at most {MOST_PIXELS} are taken"
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = "it is no PNG, JPEG or WebP" if "identify" in str(error) else str(error)
    raise ParamsError(f"picture {number} cannot be read: {reason}", field="inputs")
