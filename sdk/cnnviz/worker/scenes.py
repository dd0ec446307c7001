"""What a method looks at: a recorded network, the run's examples, pictures of one's own."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cnnviz.contract.names import DATASETS_FOLDER, EXAMPLES_FILE
from cnnviz.core.context import Context, Report
from cnnviz.core.datasets import Arrays, DataSet
from cnnviz.core.pass_state import STATE_FILE
from cnnviz.core.picture_sets import PictureFolder
from cnnviz.core.stored_dataset import stored_data_set
from cnnviz.errors import ParamsError, RecordError
from cnnviz.graph.net import Net
from cnnviz.ops.images import Normalize, check_images, check_labels, check_normalize
from cnnviz.ops.pictures import Preparation, read_picture
from cnnviz.storage.dataset_encoding import DATASET_NAME
from cnnviz.storage.datasets import DatasetFile
from cnnviz.storage.examples import ExamplesFile
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.shelf import Shelf
from cnnviz.worker.nets import place_of_run

__all__ = ["FORMATS", "PictureFiles", "Scene", "open_scene"]

FORMATS: Final = ("PNG", "JPEG", "WEBP")
LARGEST_EXAMPLES: Final = 4 << 30
"""Bytes of an examples file that is read."""
MOST_PIXELS: Final = 40_000_000
"""Of one of one's own pictures."""


class PictureFiles(NamedTuple):
    """Pictures in a folder of the person's own."""

    folder: Path
    paths: list[Path]


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
    run: str = ""
    step: int | None = None

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
        ctx.shelf, ctx.run, ctx.step = self.shelf, self.run, self.step
        return ctx


def open_scene(
    net: Net,
    folder: LocalFolder,
    run: str,
    *,
    step: int | None = None,
    rows: Sequence[int] = (),
    pictures: Sequence[bytes] = (),
    files: PictureFiles | None = None,
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
        step: of the checkpoint whose weights the network has.
        rows: which of the run's examples.
        pictures: encoded PNG, JPEG or WebP; they are brought to the examples' size.
        files: pictures that are looked through instead of the run's data set.
        all_by_default: whether all examples are meant where neither rows nor pictures are given.
        with_dataset: whether the run's data set is looked through where neither are given.
        dataset_beside: whether it is looked through also where they are given, beside them;
            where none is stored, all examples stand for it.
        shelf: networks that jobs of the run have trained.

    Raises:
        ParamsError: a row that is not there, or a picture that cannot be read.
        RecordError: the examples, or the data set, are damaged.
        UnsuitableError: of the data set there are only thumbnails.
    """
    stored = _examples(folder, run)
    instead = with_dataset and not dataset_beside and not rows and not pictures
    wanted = list(rows)
    if not rows and not pictures and (all_by_default or instead):
        wanted = list(range(0 if stored is None else len(stored)))
    inputs, labels, normalize = _inputs(stored, net, run, wanted)
    dataset = None
    if files is not None:
        dataset = DataSet(_folder(files, tuple(inputs.shape[1:]), normalize), is_stored=False)
    elif dataset_beside:
        dataset = _data_set(folder, run) or _of_examples(stored, net)
    elif instead:
        dataset = _data_set(folder, run)
    own = _own_pictures(pictures, tuple(inputs.shape[1:]), normalize)
    examples = torch.cat([inputs, own])
    labels = [*labels, *[-1] * len(own)] if labels is not None and len(examples) else None
    captions = [f"example {row}" for row in wanted] + [f"picture {n}" for n in range(len(own))]
    return Scene(
        net=net,
        examples=check_images(examples, what="examples") if len(examples) else examples,
        labels=check_labels(labels, len(examples), classes=net.classes),
        class_names=None if stored is None else stored.class_names,
        normalize=normalize,
        captions=[] if dataset is not None and not dataset_beside else captions,
        dataset=dataset,
        shelf=shelf,
        run=run,
        step=step,
    )


def _inputs(
    stored: ExamplesFile | None, net: Net, run: str, rows: Sequence[int]
) -> tuple[Tensor, list[int] | None, Normalize | None]:
    """Read some of a run's examples: (N, C, H, W), their labels, and how they are normalised."""
    if stored is None:
        if rows:
            message = f"run {run!r} stores no examples: give pictures of your own"
            raise ParamsError(message, field="examples")
        return _no_examples(net), None, None
    beyond = [row for row in rows if not 0 <= row < len(stored)]
    if beyond:
        message = f"run {run!r} has examples 0 … {len(stored) - 1}, got {beyond[0]}"
        raise ParamsError(message, field="examples")
    inputs = torch.from_numpy(np.ascontiguousarray(stored.inputs[list(rows)])).float()
    labels = None if stored.labels is None else [stored.labels[row] for row in rows]
    pair = (stored.facts.mean, stored.facts.std)
    return inputs, labels, check_normalize(None if None in pair else pair, inputs.shape[1])


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


def _of_examples(stored: ExamplesFile | None, net: Net) -> DataSet:
    """Make a data set of all examples of a run that stores none; it may be empty."""
    inputs = _no_examples(net) if stored is None else torch.from_numpy(stored.inputs[:].copy())
    labels = None if stored is None else stored.labels
    shape: tuple[int, int, int] = tuple(inputs.shape[1:])  # type: ignore[assignment]
    return DataSet(Arrays(inputs.float(), labels, shape), is_stored=False)


def _no_examples(net: Net) -> Tensor:
    shape = getattr(net, "example_shape", None) or (3, 224, 224)
    return torch.zeros(0, *shape)


def _own_pictures(
    pictures: Sequence[bytes], shape: tuple[int, ...], normalize: Normalize | None
) -> Tensor:
    if not pictures:
        return torch.zeros(0, *shape)
    preparation = _preparation(shape, normalize)
    inputs = [preparation(_decode(data, number)) for number, data in enumerate(pictures)]
    return torch.from_numpy(np.stack(inputs))


def _folder(
    files: PictureFiles, shape: tuple[int, ...], normalize: Normalize | None
) -> PictureFolder:
    pictures = PictureFolder(files.paths, _preparation(shape, normalize), folder=files.folder)
    size = 0
    for path in files.paths:
        with suppress(OSError):
            size += path.stat().st_size
    pictures.reference += f", {size} bytes"  # other pictures under the same names are noticed
    return pictures


def _preparation(shape: tuple[int, ...], normalize: Normalize | None) -> Preparation:
    channels, height, width = shape
    mean, std = normalize or ((0.0,), (1.0,))
    return Preparation(
        size=(height, width), resize=min(height, width), mean=mean, std=std, channels=channels
    )


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
