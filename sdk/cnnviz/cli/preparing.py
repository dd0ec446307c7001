"""How a model's pictures are prepared and its classes named: the command line and its maker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnviz.cli.screen import note, warn
from cnnviz.errors import ParamsError
from cnnviz.ops.pictures import Preparation

if TYPE_CHECKING:
    from cnnviz.cli.models import LoadedModel

__all__ = ["make_preparation", "read_class_names"]


def make_preparation(
    loaded: LoadedModel, *, mean: str | None, std: str | None, size: str | None
) -> Preparation:
    """Join what the command line says with what the model's maker says."""
    sides = _parse_size(size) if size else loaded.size
    resize = min(sides) if size or loaded.resize is None else loaded.resize
    mean_values = _parse_numbers(mean, "mean") if mean else loaded.mean
    std_values = _parse_numbers(std, "std") if std else loaded.std
    if mean_values is None or std_values is None:
        warn("nobody says how the model's input is normalised: taking values in 0 … 1 as they are")
        note("if it was trained otherwise, give --mean and --std")
    return Preparation(
        size=sides,
        resize=resize,
        mean=mean_values or (0.0,),
        std=std_values or (1.0,),
        channels=_channels(loaded.model),
    )


def _parse_numbers(text: str, option: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        message = f"--{option} takes numbers with commas between, got {text!r}"
        raise ParamsError(message, field=option) from None


def _parse_size(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) not in {1, 2} or not all(part.isdecimal() for part in parts):
        raise ParamsError(f"--size takes 224 or 180x320, got {text!r}", field="size")
    return int(parts[0]), int(parts[-1])


def _channels(model: Any) -> int:
    """Give the number of image channels that the model's first convolution takes."""
    from torch import nn

    convolutions = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d)
    if isinstance(model, nn.Module):
        for module in model.modules():
            if isinstance(module, convolutions):
                return module.in_channels
        return 3
    channels: int = model.input_shape[0]
    return channels


def read_class_names(file: Path) -> list[str]:
    """Read class names, one a line or a JSON list of text."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"the class names {file} could not be read: {error}"
        raise ParamsError(message, field="class_names") from None
    if not text.lstrip().startswith("["):
        return text.splitlines()
    try:
        names = json.loads(text)
    except ValueError as error:
        raise ParamsError(f"{file} is not JSON: {error}", field="class_names") from None
    return [str(name) for name in names]
