"""Which layers tell the style of a picture and which its content, chosen from the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from cnnviz.errors import ParamsError, UnsuitableError

if TYPE_CHECKING:
    from cnnviz.contract.layers import Layer
    from cnnviz.graph.net import Net

__all__ = ["by_resolution", "check_maps", "check_shares", "content_layer", "style_layers"]

_RESOLUTIONS: Final = 5
"""Of style layers by default: relu1_1 … relu5_1 of a VGG."""


def style_layers(net: Net) -> list[str]:
    """Name the first nonlinearity at each resolution, the five finest; on a VGG relu1_1 … relu5_1.

    Raises:
        UnsuitableError: the network has no layer that gives maps.
    """
    return [group[0].name for group in by_resolution(net)[:_RESOLUTIONS]]


def content_layer(net: Net) -> str:
    """Name the second nonlinearity at the last but one of those resolutions: VGG's relu4_2.

    Where there is one resolution or one such layer, the nearest that there is.

    Raises:
        UnsuitableError: the network has no layer that gives maps.
    """
    groups = by_resolution(net)[:_RESOLUTIONS]
    group = groups[max(len(groups) - 2, 0)]
    return group[min(1, len(group) - 1)].name


def by_resolution(net: Net) -> list[list[Layer]]:
    """Group the nonlinearities that give maps, fine to coarse; else all layers that give maps.

    Raises:
        UnsuitableError: the network has no layer that gives maps.
    """
    spatial = [
        layer
        for layer in net.layers
        if not layer.container and len(layer.shape) == 3 and layer.shape[1] * layer.shape[2] > 1
    ]
    chosen = [layer for layer in spatial if layer.nonlinearity] or spatial
    if not chosen:
        raise UnsuitableError("the network has no layer that gives maps: it knows no style")
    groups: dict[tuple[int, int], list[Layer]] = {}
    for layer in chosen:
        groups.setdefault((layer.shape[1], layer.shape[2]), []).append(layer)
    return sorted(groups.values(), key=lambda group: -group[0].shape[1] * group[0].shape[2])


def check_maps(net: Net, layers: Sequence[str], *, of: str, field: str) -> None:
    """Check that layers are there and give maps.

    Raises:
        MissingError: one is not there.
        ParamsError: one gives no maps.
    """
    for name in layers:
        shape = net.layer(name).shape
        if len(shape) != 3:
            message = f"{of}: layer {name!r} gives {shape}, expected maps (K, h, w)"
            raise ParamsError(message, field=field)


def check_shares(given: Sequence[float], count: int, *, of: str, field: str) -> list[float]:
    """Give weights of `count` things: those given, or 1 each.

    Raises:
        ParamsError: not as many as things, or none above 0.
    """
    if not given:
        return [1.0] * count
    if len(given) != count or not sum(given) > 0:
        message = f"{of}: {field} must be {count} weights, one above 0, got {list(given)}"
        raise ParamsError(message, field=field)
    return list(given)


def takes(net: Net, size: tuple[int, int]) -> bool:
    """Whether a network takes pictures of this height and width."""
    _, height, width = net.input_shape
    return height in {None, size[0]} and width in {None, size[1]}


def check_size(net: Net, size: tuple[int, int], *, of: str, field: str) -> None:
    """Check that a network takes pictures of a size.

    Raises:
        ParamsError: it takes one size only, another.
    """
    if not takes(net, size):
        _, height, width = net.input_shape
        message = (
            f"{of}: the network takes pictures of {height} × {width} px only, got "
            f"{size[0]} × {size[1]}: leave {field} empty"
        )
        raise ParamsError(message, field=field)
