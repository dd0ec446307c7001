"""Checks of what a user hands over with their images, and the pictures that are shown of them."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from cnnviz.errors import ParamsError

__all__ = [
    "Normalize",
    "check_class_names",
    "check_example_names",
    "check_images",
    "check_labels",
    "check_normalize",
    "in_unit_range",
    "range_hint",
    "to_pictures",
]


class Normalize(NamedTuple):
    """What was subtracted from, and divided out of, images in [0, 1]; one number a colour."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


def check_images(images: Any, *, what: str = "images") -> Tensor:
    """Check a batch of images as the model takes them.

    Pictures of uint8 are refused on purpose: how they must be scaled is the model's secret, and a
    wrong guess changes predictions without a word.

    Args:
        images: a float tensor (N, C, H, W), finite, on any device.
        what: the argument's name, for the message.

    Returns:
        The same tensor, detached.

    Raises:
        ParamsError: no dense tensor, other shape or type, no image at all, NaN or infinite values.
    """
    if not isinstance(images, Tensor):
        got = type(images).__name__
        raise ParamsError(f"{what} must be a torch tensor (N, C, H, W), got {got}", field=what)
    shape = tuple(images.shape)
    if images.ndim == 3:
        message = f"{what} must be a batch (N, C, H, W), got one image {shape}: pass {what}[None]"
        raise ParamsError(message, field=what)
    if images.ndim != 4 or 0 in shape:
        message = f"{what} must be (N, C, H, W) with no empty dimension, got shape {shape}"
        raise ParamsError(message, field=what)
    if not images.is_floating_point():
        message = (
            f"{what} must be floats as the model takes them, got {images.dtype}: scale and "
            f"normalise them as in training, for instance ({what}.float() / 255 - mean) / std"
        )
        raise ParamsError(message, field=what)
    if images.layout != torch.strided:
        message = f"{what} must be a dense tensor, got {images.layout}: pass {what}.to_dense()"
        raise ParamsError(message, field=what)
    bad = int((~torch.isfinite(images)).sum())
    if bad:
        message = f"{what} must be finite, got {bad} NaN or infinite values of {images.numel()}"
        raise ParamsError(message, field=what)
    return images.detach()


def check_labels(labels: Any, count: int, *, classes: int | None = None) -> tuple[int, ...] | None:
    """Check one class index an example; -1 stands for "not known".

    Args:
        labels: a tensor, array or sequence of `count` integers, or None.
        count: how many examples there are.
        classes: how many classes the model has, where that is known.

    Raises:
        ParamsError: a wrong count, no whole numbers, or an index out of range.
    """
    if labels is None:
        return None
    try:
        values = labels.detach().cpu().numpy() if isinstance(labels, Tensor) else np.asarray(labels)
    except (TypeError, ValueError, OverflowError):  # lists of different lengths, bfloat16, …
        message = f"labels must be one whole number an example, got {reprlib.repr(labels)}"
        raise ParamsError(message, field="labels") from None
    if values.shape != (count,):
        message = f"labels must be one class index an example, ({count},), got shape {values.shape}"
        raise ParamsError(message, field="labels")
    if values.dtype.kind not in "iu":
        message = f"labels must be whole numbers (class indices), got {values.dtype}"
        raise ParamsError(message, field="labels")
    for index, label in enumerate(values.tolist()):
        if label < -1 or (classes is not None and label >= classes):
            highest = "" if classes is None else f" to {classes - 1}"
            message = f"labels must be 0{highest} (or -1 for not known), got {label} at {index}"
            raise ParamsError(message, field="labels")
    return tuple(values.tolist())


def check_class_names(names: Any, *, classes: int | None = None) -> tuple[str, ...] | None:
    """Check the names of the classes, in the order of the scores.

    Raises:
        ParamsError: no sequence of texts that can be stored, or not one for each class.
    """
    if names is None:
        return None
    _check_texts(names, "class_names")
    if classes is not None and len(names) != classes:
        message = f"class_names must be one a class: the model has {classes}, got {len(names)}"
        raise ParamsError(message, field="class_names")
    return tuple(names)


def check_example_names(names: Any, count: int) -> tuple[str, ...] | None:
    """Check the names of the examples.

    Args:
        names: one text an example; or None.
        count: of the examples.

    Raises:
        ParamsError: no sequence of texts that can be stored, or not one for each example.
    """
    if names is None:
        return None
    _check_texts(names, "example_names")
    if len(names) != count:
        message = f"example_names must be one an example: there are {count}, got {len(names)}"
        raise ParamsError(message, field="example_names")
    return tuple(names)


def _check_texts(names: Any, field: str) -> None:
    sequence = isinstance(names, Sequence) and not isinstance(names, str)
    if not sequence or not all(isinstance(name, str) for name in names):
        message = f"{field} must be a list of texts, got {type(names).__name__} {names!r:.80}"
        raise ParamsError(message, field=field)
    for index, name in enumerate(names):
        if not name.isascii() and name != name.encode(errors="replace").decode():
            message = f"{field} must be texts that UTF-8 can hold, got {name!r:.80} at {index}"
            raise ParamsError(message, field=field)


def check_normalize(normalize: Any, channels: int) -> Normalize | None:
    """Check the mean and standard deviation that the images were normalised with.

    Args:
        normalize: (mean, std) of images in [0, 1], each one number or one a colour; or None.
        channels: colours of an image, C.

    Raises:
        ParamsError: no pair, another count of numbers, not finite, or a std that is not positive.
    """
    if normalize is None:
        return None
    try:
        mean, std = (_per_channel(part, channels) for part in normalize)
    except (TypeError, ValueError):
        message = (
            "normalize must be (mean, std), each one number or one a colour "
            f"({channels} here), got {normalize!r:.120}"
        )
        raise ParamsError(message, field="normalize") from None
    if not all(map(math.isfinite, mean + std)) or min(std) <= 0:
        message = f"normalize needs finite numbers and a std above 0, got {mean} and {std}"
        raise ParamsError(message, field="normalize")
    return Normalize(mean, std)


def _per_channel(part: Any, channels: int) -> tuple[float, ...]:
    values = part.tolist() if isinstance(part, Tensor | np.ndarray) else part
    if isinstance(values, int | float):
        return (float(values),) * channels
    numbers = tuple(float(value) for value in values)
    if len(numbers) == 1:
        return numbers * channels
    if len(numbers) != channels:
        raise ValueError
    return numbers


def in_unit_range(images: Tensor, normalize: Normalize | None) -> Tensor:
    """Undo the normalisation: (N, C, H, W) float32 on the CPU, in [0, 1] if that was right."""
    pictures = images.detach().to("cpu", torch.float32)
    if normalize is None:
        return pictures
    mean = torch.tensor(normalize.mean).view(1, -1, 1, 1)
    std = torch.tensor(normalize.std).view(1, -1, 1, 1)
    return pictures * std + mean


def range_hint(images: Tensor, normalize: Normalize | None) -> str | None:
    """Say what looks wrong with the range of images, or None.

    With `normalize`, images must come back to [0, 1]; a twentieth beyond is let pass (rounding,
    augmentation). Without it, anything goes but 0…255, which hardly any model takes.
    """
    pictures = in_unit_range(images, normalize)
    low, high = float(pictures.min()), float(pictures.max())
    if normalize is not None and (low < -0.05 or high > 1.05):
        return (
            f"images run from {low:.3g} to {high:.3g} once normalize is undone, expected 0 to 1: "
            "give the mean and std they were normalised with; pictures are clipped"
        )
    if normalize is None and low >= 0 and high > 2:
        return (
            f"images run from {low:.3g} to {high:.3g}: most models take normalised images; if this "
            "one does too, normalise them and give normalize=(mean, std)"
        )
    return None


def to_pictures(images: Tensor, normalize: Normalize | None) -> np.ndarray:
    """Turn images into what a person sees.

    With `normalize`, or where all values already lie in [0, 1], true colours; otherwise the range
    of all images is stretched over black to white, so that they still compare.

    Args:
        images: (N, C, H, W) float.
        normalize: what they were normalised with.

    Returns:
        (N, H, W, 3) uint8 for 3 colours or more (the first three), (N, H, W, 1) for fewer.
    """
    pictures = in_unit_range(images, normalize)
    low, high = float(pictures.min()), float(pictures.max())
    if normalize is None and (low < 0 or high > 1):
        pictures = (pictures - low) / max(high - low, 1e-12)
    shown = pictures[:, :3] if pictures.shape[1] >= 3 else pictures[:, :1]
    codes = (shown.clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(codes.permute(0, 2, 3, 1).numpy())
