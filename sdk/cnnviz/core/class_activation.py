"""A class activation map on the passes that all due methods share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import Tensor

from cnnviz.errors import UnsuitableError
from cnnviz.ops.class_activation import enlarge, last_feature_map, weigh_maps

if TYPE_CHECKING:
    from cnnviz.core.context import Context
    from cnnviz.graph.net import Net

__all__ = ["class_activation", "map_layer", "no_feature_map"]


def no_feature_map(net: Net) -> str | None:
    """Say that a network has no feature map to weigh, or None."""
    if last_feature_map(net.layers) is None:
        return "it has no convolution whose output has places"
    return None


def map_layer(net: Net, layer: str | None, *, of: str) -> str:
    """Name the layer whose feature maps are weighed: the one given, else the last.

    Raises:
        MissingError: no layer of that name.
        UnsuitableError: a layer without feature maps.
    """
    name = last_feature_map(net.layers) if layer is None else layer
    if name is None:
        raise UnsuitableError(f"{of}: {no_feature_map(net)}")
    shape = net.layer(name).shape
    if len(shape) != 3:
        raise UnsuitableError(f"{of}: layer {name!r} gives {shape}, expected feature maps")
    return name


def class_activation(ctx: Context, classes: Sequence[int], layer: str) -> tuple[Tensor, str]:
    """Weigh a layer's feature maps by the gradient of each example's score.

    Args:
        ctx: the network and its examples.
        classes: one an example.
        layer: that the method named in `gradient_layers`.

    Returns:
        Maps in the size of the images, (N, H, W), at least 0, and a note on how they were enlarged.
    """
    maps = ctx.activation(layer).detach()
    small = weigh_maps(maps, ctx.layer_gradient(layer, classes))
    height, width = small.shape[1:]
    note = f"enlarged from {height} × {width}, bilinear"
    return enlarge(small, ctx.examples.shape[2:]), note
