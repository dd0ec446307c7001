"""What every captured network offers, whichever way it was captured."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, overload, runtime_checkable

import torch
from torch import Tensor

from cnnviz.contract.layers import Layer
from cnnviz.errors import MissingError, ParamsError

__all__ = ["Net", "check_images", "check_taps", "find_layer", "without_autocast"]


@runtime_checkable
class Net(Protocol):
    """A network whose layers can be looked at; runs on live or loaded weights."""

    @property
    def model(self) -> str:
        """The model's class name."""
        ...

    @property
    def captured(self) -> str:
        """`graph` or `hooks`."""
        ...

    @property
    def reason(self) -> str:
        """Why the model is run with hooks; empty for a graph."""
        ...

    @property
    def layers(self) -> list[Layer]:
        """All layers in forward order, a container before what it holds."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 that names the architecture."""
        ...

    @property
    def output(self) -> str:
        """Which of the model's outputs the scores are."""
        ...

    @property
    def classes(self) -> int | None:
        """Number of classes; None when the output is not (N, classes)."""
        ...

    @property
    def input_shape(self) -> tuple[int, int | None, int | None]:
        """Channels, height, width; None for a size that may be anything."""
        ...

    @property
    def example_shape(self) -> tuple[int, int, int]:
        """Channels, height, width of the example it was captured with."""
        ...

    @property
    def device(self) -> torch.device:
        """Where the weights are now."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """The weights' float type now."""
        ...

    def layer(self, name: str) -> Layer:
        """Find a layer by its name; MissingError names close ones."""
        ...

    def upstream(self, layer: str | None = None) -> list[Layer]:
        """List the layers that a layer's output, or the scores, may be computed from."""
        ...

    @overload
    def __call__(self, x: Tensor) -> Tensor: ...
    @overload
    def __call__(self, x: Tensor, taps: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]: ...

    def features(self, x: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        """Give layers' outputs, computing no further than they need."""
        ...

    def weight(self, name: str) -> Tensor:
        """Give a weight by its name in `Layer.weights` or `state_dict()`."""
        ...

    def weights(self) -> dict[str, Tensor]:
        """Give all parameters and buffers by their names in `state_dict()`."""
        ...

    def with_weights(self, tensors: Mapping[str, Tensor]) -> Net:
        """Give the same network with some weights replaced; the model keeps its own."""
        ...

    def save(self, folder: str | Path) -> None:
        """Write `graph.json` and `weights.safetensors`."""
        ...


def find_layer(layers: Sequence[Layer], name: str, *, model: str) -> Layer:
    """Find a layer by its name.

    Raises:
        MissingError: there is none of that name; the message gives the closest ones.
    """
    for layer in layers:
        if layer.name == name:
            return layer
    names = [layer.name for layer in layers]
    close = difflib.get_close_matches(str(name), names, n=5, cutoff=0.5)
    hint = (
        f"close ones are {close}"
        if close
        else f"its layers are {names[:12]}{' …' if len(names) > 12 else ''}"
    )
    message = f"{model} has no layer {name!r}; {hint}"
    raise MissingError(message)


def check_images(
    x: object, *, where: str, channels: int | None, device: torch.device | None
) -> Tensor:
    """Check a batch of images before a network gets it.

    Args:
        x: what was given.
        where: who asks, for the message.
        channels: how many the network takes, if known.
        device: where they must be, if that matters.

    Returns:
        The same tensor.

    Raises:
        ParamsError: not a float tensor (N, C, H, W) with at least one image, of the right channels
            and device.
    """
    if not isinstance(x, Tensor):
        message = f"{where}: images must be a tensor (N, C, H, W), got {type(x).__name__}"
    elif x.dim() != 4 or 0 in x.shape:
        message = f"{where}: images must be (N, C, H, W), none of them 0, got {tuple(x.shape)}"
    elif not x.dtype.is_floating_point:
        message = (
            f"{where}: images must be floating point, as the model takes them, got {x.dtype}: "
            "scale and normalise them"
        )
    elif channels is not None and x.shape[1] != channels:
        message = f"{where}: the model takes {channels}-channel images, got {tuple(x.shape)}"
    elif device is not None and x.device != device:
        message = (
            f"{where}: images are on {x.device} but the model's weights on {device}: move them "
            f"with .to({str(device)!r})"
        )
    else:
        return x
    raise ParamsError(message)


def check_taps(taps: Sequence[str]) -> Sequence[str]:
    """Refuse a text where a list of layer names is meant."""
    if isinstance(taps, str):
        message = f"taps must be a list of layer names, got the text {taps!r}"
        raise ParamsError(message)
    return taps


@contextmanager
def without_autocast(device: torch.device) -> Iterator[None]:
    """Run in the weights' own precision, whatever surrounds the call."""
    kinds = {"cpu", device.type}
    on = [kind for kind in kinds if kind != "meta" and torch.is_autocast_enabled(kind)]
    if not on:
        yield
        return
    with torch.autocast(on[0], enabled=False), torch.autocast(on[-1], enabled=False):
        yield
