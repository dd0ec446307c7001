"""The recorder's arguments, checked first: misuse is told at once, in one sentence."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from cnnviz.core.context import Context
from cnnviz.core.datasets import DataSet, open_dataset
from cnnviz.core.isolation import isolated
from cnnviz.core.pass_state import STATE_FILE
from cnnviz.errors import ParamsError
from cnnviz.graph import capture
from cnnviz.graph.net import Net
from cnnviz.ops.images import (
    check_class_names,
    check_images,
    check_labels,
    check_normalize,
    in_unit_range,
    range_hint,
)
from cnnviz.recording.schedule import Budget, FixedCadence, Schedule
from cnnviz.storage.checkpoints import parse_retention

__all__ = [
    "DEFAULT_BUDGET",
    "Settings",
    "capture_net",
    "check_examples",
    "make_context",
    "make_data_set",
    "make_schedule",
]

DEFAULT_BUDGET: Final = 0.01
"""Share of wall time."""

DATASET_SECONDS: Final = 10.0
"""Longest that a pass over a data set may hold up a step."""

MAX_EXAMPLES: Final = 256
"""Every capture runs all examples at once: more would be a data set."""

_MAX_PREVIEW: Final = 1 << 20
"""Bytes; TensorBoard keeps the previews of all steps in memory."""


@dataclass(frozen=True)
class Settings:
    """Plain numbers and rules, checked when they are made.

    Raises:
        ParamsError: one that is out of range, or two that exclude each other.
    """

    budget: float
    every: int | None
    checkpoints: str
    preview_bytes: int
    dataset_seconds: float = DATASET_SECONDS

    def __post_init__(self) -> None:
        """Check each."""
        _check_cadence(self.budget, self.every)
        parse_retention(str(self.checkpoints))
        size = self.preview_bytes
        if not _is_whole(size) or not 0 <= size <= _MAX_PREVIEW:
            message = f"preview_bytes must be a whole number from 0 to {_MAX_PREVIEW}, got {size!r}"
            raise ParamsError(message, field="preview_bytes")
        seconds: object = self.dataset_seconds
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not number or not seconds > 0:  # type: ignore[operator]
            message = f"dataset_seconds must be a number above 0, got {seconds!r}"
            raise ParamsError(message, field="dataset_seconds")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_cadence(budget: object, every: object) -> None:
    if every is not None:
        if not _is_whole(every) or not 1 <= every < 2**62:  # type: ignore[operator]
            message = f"every must be a whole number of steps, at least 1, got {every!r}"
            raise ParamsError(message, field="every")
        if budget != DEFAULT_BUDGET:
            message = (
                f"give either budget (here {budget!r}) or every (here {every!r}): a fixed cadence "
                "has no budget"
            )
            raise ParamsError(message, field="budget")
        return
    number = isinstance(budget, int | float) and not isinstance(budget, bool)
    if not number or not 0 < budget < 1:  # type: ignore[operator]
        message = (
            "budget must be a share of wall time between 0 and 1, such as 0.01 for one percent, "
            f"got {budget!r}"
        )
        raise ParamsError(message, field="budget")


def make_schedule(settings: Settings, count: int, *, rare: Sequence[int] = ()) -> Schedule:
    """Make the schedule of `count` methods that the settings ask for.

    Args:
        settings: as the user has them.
        count: methods are numbered from 0.
        rare: those that a fixed cadence takes at some of its captures only.
    """
    if settings.every is not None:
        return FixedCadence(settings.every, range(count), rare=rare)
    return Budget(settings.budget, range(count))


def make_data_set(
    dataset: Any, examples: Tensor, *, device: torch.device, seconds: float, folder: Path
) -> DataSet:
    """Take a data set to look through, after a look at its first image.

    Args:
        dataset: as `open_dataset` takes it.
        examples: (N, C, H, W), of the same size.
        device: of the network, whose random numbers are kept.
        seconds: that a pass may take.
        folder: where one that takes its time leaves what it goes on by when it is stopped.

    Raises:
        ParamsError: nothing to look through, or of images that the model does not take.
    """
    channels, height, width = examples.shape[1:]
    with isolated(device, 0):
        source = open_dataset(dataset, (channels, height, width))
    state = folder / STATE_FILE if seconds == math.inf else None
    return DataSet(source, seconds=float(seconds), state=state)


def check_examples(examples: Any, model: Any) -> Tensor:
    """Check the examples and take a copy that nobody else can change.

    Raises:
        ParamsError: wrong type, device, shape or values, or too many.
    """
    if isinstance(examples, Tensor) and isinstance(model, nn.Module):
        _check_device(model, examples)
    images = check_images(examples, what="examples")
    if len(images) > MAX_EXAMPLES:
        message = (
            f"examples must be at most {MAX_EXAMPLES} images, because every capture runs them "
            f"all, got {len(images)}: pass a few, such as examples[:16]"
        )
        raise ParamsError(message, field="examples")
    return images.clone()


def capture_net(model: Any, examples: Tensor) -> Net:
    """Capture the model and run the examples through it once.

    Args:
        model: a module, or a net that was captured or loaded before.
        examples: (N, C, H, W).

    Raises:
        ParamsError: no model, or examples that it does not take.
    """
    if not isinstance(model, nn.Module | Net):
        message = f"model must be a torch.nn.Module, got {type(model).__name__}"
        raise ParamsError(message, field="model")
    net = capture(model, examples) if isinstance(model, nn.Module) else model
    try:
        with isolated(net.device, 0), torch.no_grad():
            net(examples.to(net.device, net.dtype))
    except Exception as error:
        message = (
            f"examples of shape {tuple(examples.shape)} do not go through the model: "
            f"{type(error).__name__}: {error}"
        )
        raise ParamsError(message, field="examples") from error
    return net


def _check_device(model: nn.Module, examples: Tensor) -> None:
    devices = {parameter.device for parameter in model.parameters()}
    if devices and examples.device not in devices:
        device = min(map(str, devices))
        message = (
            f"examples lie on {examples.device} and the model on {device}: "
            f'pass examples.to("{device}")'
        )
        raise ParamsError(message, field="examples")


def make_context(
    net: Net,
    examples: Tensor,
    *,
    labels: Any,
    class_names: Any,
    normalize: Any,
    seed: int,
    dataset: DataSet | None = None,
) -> Context:
    """Check what is said about the examples, and make what every method sees.

    Raises:
        ParamsError: labels, names or normalisation that do not fit the examples and the model.
    """
    checked = check_normalize(normalize, examples.shape[1])
    hint = range_hint(examples, checked)
    if hint is None and checked is None:
        pictures = in_unit_range(examples, None)
        if float(pictures.min()) < 0 or float(pictures.max()) > 1:
            hint = (
                "examples are not in 0 to 1 and normalize is not given, so their pictures show "
                "stretched colours: give normalize=(mean, std) to see the true ones"
            )
    if hint is not None:
        warnings.warn(f"cnnviz.Recorder: {hint}", UserWarning, stacklevel=4)
    return Context(
        net,
        examples,
        labels=check_labels(labels, len(examples), classes=net.classes),
        class_names=check_class_names(class_names, classes=net.classes),
        normalize=checked,
        seed=seed,
        in_training=True,
        dataset=dataset,
    )
