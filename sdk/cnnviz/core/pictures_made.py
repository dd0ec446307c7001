"""What methods share that make pictures: their space, their batches and their results."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.ops.pixels import PixelSpace, pixel_space

if TYPE_CHECKING:
    from cnnviz.core.context import Context
    from cnnviz.graph.net import Net

__all__ = [
    "batches",
    "check_position",
    "height_and_width",
    "images_result",
    "inputs_of",
    "middle_layer",
    "numbers",
    "random_numbers",
    "space_of",
    "uphill",
    "width_of",
]


def space_of(ctx: Context) -> PixelSpace:
    """Give the space of a context's pictures: float64 for a network in that, else float32."""
    dtype = torch.float64 if ctx.place.dtype == torch.float64 else torch.float32
    return pixel_space(ctx.normalize, ctx.examples, device=ctx.place.device, dtype=dtype)


def height_and_width(ctx: Context) -> tuple[int, int]:
    """Give the size of the pictures that are made: that of the examples, px."""
    height, width = ctx.examples.shape[2:]
    return height, width


def inputs_of(space: PixelSpace, pixels: Tensor) -> Tensor:
    """Give what the network takes of pixels (N, C, H, W); on a CPU in the faster memory order."""
    inputs = space.to_input(pixels)
    if inputs.device.type != "cpu":
        return inputs
    # oneDNN passes through a network in this order in 0.75 to 0.9 of the time.
    return inputs.contiguous(memory_format=torch.channels_last)


def random_numbers(ctx: Context) -> torch.Generator:
    """Begin the random numbers of a run; on the CPU, so that no device gives others."""
    return torch.Generator().manual_seed(ctx.seed)


def batches(ctx: Context, count: int) -> list[slice]:
    """Cut pictures into as many at once as the device's memory allows."""
    size = ctx.batch_limit or count
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def uphill(values: Callable[[Tensor], tuple[Tensor, Tensor]], at: Tensor) -> tuple[Tensor, Tensor]:
    """Derive what is to be raised by a picture alone; no weight's gradient is computed.

    Args:
        values: takes a leaf (N, …); gives what is shown and what is derived, (N,) each.
        at: (N, …), where.

    Returns:
        What is shown, detached, and the gradient, shaped as `at`.

    Raises:
        UnsuitableError: the network is not differentiable at its input.
    """
    leaf = at.detach().requires_grad_()
    shown, derived = values(leaf)
    if not derived.requires_grad:
        raise UnsuitableError("the model is not differentiable at its input: nothing to climb")
    (gradient,) = torch.autograd.grad(derived.sum(), [leaf], materialize_grads=True)
    return shown.detach(), gradient


def images_result(
    space: PixelSpace,
    pixels: Tensor,
    *,
    layer: str | None,
    captions: Sequence[str],
    facts: Mapping[str, Any],
) -> Result:
    """Make a result of kind `images` from pixels (N, C, H, W)."""
    known = {"captions": list(captions), **facts, "colours": space.origin}
    return Result(
        kind="images", layer=layer, arrays={"images": space.to_pictures(pixels)}, facts=known
    )


def numbers(values: Tensor, *, digits: int = 6) -> list[float | None]:
    """Give values as facts hold them: rounded to some digits, None where not finite."""
    return [
        float(f"{value:.{digits}g}") if math.isfinite(value) else None
        for value in values.detach().double().tolist()
    ]


def middle_layer(net: Net) -> str:
    """Name the layer half-way through the maps of a network.

    Raises:
        UnsuitableError: none gives maps.
    """
    spatial = [layer.name for layer in net.layers if not layer.container and len(layer.shape) == 3]
    if not spatial:
        raise UnsuitableError("the network has no layer that gives maps: name a layer")
    return spatial[len(spatial) // 2]


def width_of(net: Net, layer: str | None, *, of: str) -> int:
    """Count a layer's channels, or the classes.

    Raises:
        MissingError: no such layer.
        UnsuitableError: it gives neither channels nor maps.
    """
    if layer is None:
        if net.classes is None:
            raise UnsuitableError(f"{of}: the model gives no class scores: name a layer")
        return net.classes
    shape = net.layer(layer).shape
    if len(shape) not in {1, 3}:
        message = f"{of}: layer {layer!r} gives {shape}, expected channels or maps"
        raise UnsuitableError(message)
    return shape[0]


def check_position(net: Net, layer: str | None, position: tuple[int, int], *, of: str) -> None:
    """Check that a position lies in a layer's maps.

    Raises:
        ParamsError: it does not.
    """
    maps = [] if layer is None else list(net.layer(layer).shape[1:])
    inside = len(maps) == 2 and all(0 <= p < s for p, s in zip(position, maps, strict=True))
    if not inside:
        message = f"{of}: position must lie in the layer's maps {maps}, got {list(position)}"
        raise ParamsError(message, field="position")
