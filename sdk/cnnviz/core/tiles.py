"""A network's maps of a large picture, window by window, as if it had been looked at at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor

from cnnviz.core.pictures_made import inputs_of
from cnnviz.errors import ParamsError
from cnnviz.ops.pixels import PixelSpace

if TYPE_CHECKING:
    from cnnviz.contract.layers import Layer
    from cnnviz.graph.net import Net

__all__ = ["Plan", "Tiles", "Window", "plan_tiles", "whole"]

_BUDGET: Final = 2 * 2**30
"""Bytes that an evaluation of one window may take, where no side is given."""
_HELD: Final = 1.6
"""Bytes at the peak of a pass forward and back, of those of all layers' maps (measured)."""


class Span(NamedTuple):
    """Rows or columns that are looked at together, and those of them whose maps are kept."""

    start: int
    stop: int
    first: int
    last: int | None
    """None at the picture's end."""

    def kept(self, stride: int) -> slice:
        """Say which units of a layer's map of the span are kept."""
        first = (self.first - self.start) // stride
        return slice(first, None if self.last is None else (self.last - self.start) // stride)


class Window(NamedTuple):
    """A part of a picture that is looked at at once."""

    rows: Span
    columns: Span

    def of(self, pixels: Tensor) -> Tensor:
        """Give the window's pixels, a view."""
        rows, columns = self.rows, self.columns
        return pixels[:, :, rows.start : rows.stop, columns.start : columns.stop]

    def kept(self, maps: Tensor, stride: tuple[int, int]) -> Tensor:
        """Cut a layer's map of the window to what belongs to it alone."""
        return maps[:, :, self.rows.kept(stride[0]), self.columns.kept(stride[1])]

    def place(self, maps: Tensor, stride: tuple[int, int], size: Sequence[int]) -> Tensor:
        """Find the same part of a layer's map (1, K, h, w) of the picture; `size` is the part's."""
        top, left = self.rows.first // stride[0], self.columns.first // stride[1]
        return maps[:, :, top : top + size[0], left : left + size[1]]


class Tiles(NamedTuple):
    """Windows that overlap by as much as a unit of any layer sees.

    Each begins at a multiple of all layers' strides and, but for those at the picture's end, ends
    as far from it as a multiple: units lie and borders are padded as in the whole picture. What a
    window's border disturbs is cut off, so that maps, and what is derived from them, are exact.
    """

    windows: tuple[Window, ...]
    strides: dict[str, tuple[int, int]]
    """Of the layers."""

    def look(
        self, net: Net, space: PixelSpace, pixels: Tensor, layers: Sequence[str]
    ) -> Iterator[tuple[Window, dict[str, Tensor]]]:
        """Give each window's own part of layers' maps, without their derivatives."""
        for window in self.windows:
            with torch.no_grad():
                yield window, self.maps(net, space, window.of(pixels), window, layers)

    def maps(
        self, net: Net, space: PixelSpace, part: Tensor, window: Window, layers: Sequence[str]
    ) -> dict[str, Tensor]:
        """Give a window's own part of layers' maps; `part` is its pixels."""
        found = net.features(inputs_of(space, part), layers)
        return {layer: window.kept(found[layer], self.strides[layer]) for layer in layers}


Plan = Callable[[tuple[int, int]], Tiles | None]
"""Gives the windows of pictures of a height and width; None: looked at at once."""


def whole(_: tuple[int, int]) -> None:
    """Look at pictures of any size at once."""


def plan_tiles(
    net: Net, layers: Sequence[str], size: tuple[int, int], tile: int | None, *, of: str
) -> Tiles | None:
    """Cut a picture into windows.

    Args:
        net: the network.
        layers: whose maps are wanted.
        size: of the picture.
        tile: longest side of a window, px; None: as the memory of one evaluation has it.
        of: the method, for the message.

    Returns:
        None where the picture is looked at at once.

    Raises:
        ParamsError: windows are asked for that the network or a layer does not allow.
    """
    known = [net.layer(name) for name in layers]
    reason = _reason(net, known)
    if tile is None and (reason or math.prod(size) <= _pixels(net, layers)):
        return None
    if tile is not None and max(size) <= tile:
        return None
    if reason:
        raise ParamsError(f"{of}: {reason}: leave tile empty", field="tile")
    axes = [_Axis.of(net, known, axis, size[axis]) for axis in (0, 1)]
    least = max(axis.before + axis.after + 2 * axis.step for axis in axes)
    side = max(2 * least, math.isqrt(_pixels(net, layers))) if tile is None else tile
    if side < least:
        message = (
            f"{of}: tile must be at least {least} px, got {side}: units of the chosen layers see "
            "that far"
        )
        raise ParamsError(message, field="tile")
    rows, columns = (axis.spans(length, side) for axis, length in zip(axes, size, strict=True))
    strides = {layer.name: _strides(layer) for layer in known}
    return Tiles(tuple(Window(row, column) for row in rows for column in columns), strides)


class _Axis(NamedTuple):
    """What windows must keep to along the height or the width."""

    step: int
    """Windows begin at multiples of it."""
    before: int
    """How far units see before the pixels that are theirs, a multiple of the step."""
    after: int

    @classmethod
    def of(cls, net: Net, layers: Sequence[Layer], axis: int, length: int) -> _Axis:
        """Find it for pictures of a length."""
        step = math.lcm(*(_strides(layer)[axis] for layer in layers))
        before = after = 0
        for layer in layers:
            field = layer.receptive_field
            if field is not None:
                low, stride = math.floor(field.offset[axis]), _strides(layer)[axis]
                before = max(before, -low)
                after = max(after, low + field.size[axis] - stride)
        # Padding that follows the picture's size, as TensorFlow's does, shifts what units see by
        # less than a step where sizes leave another remainder than the one that is known of.
        spare = step - 1 if (length - net.example_shape[1 + axis]) % step else 0
        before, after = (-(-(reach + spare) // step) * step for reach in (before, after))
        return cls(step, before, after)

    def spans(self, length: int, side: int) -> list[Span]:
        """Cut a length into spans of at most a side."""
        if length <= side:
            return [Span(0, length, 0, None)]
        # One step is left for ends, which lie a multiple of it from the picture's, and for the rest
        # of less than a step, which belongs to the last.
        most = ((side - self.before - self.after) // self.step - 1) * self.step
        count = -(-length // most)
        own = -(-length // count // self.step) * self.step
        spans = []
        for first in range(0, length - self.step + 1, own):
            last = first + own
            last = last if length - last >= self.step else length
            stop = length - max(0, length - last - self.after) // self.step * self.step
            # The last may be short: it is to be no smaller than what a unit sees.
            least = (stop - self.before - self.after - self.step) // self.step * self.step
            start = max(0, min(first - self.before, least))
            spans.append(Span(start, stop, first, last if last < length else None))
        return spans


def _strides(layer: Layer) -> tuple[int, int]:
    field = layer.receptive_field
    return (0, 0) if field is None else (int(field.stride[0]), int(field.stride[1]))


def _reason(net: Net, layers: Sequence[Layer]) -> str:
    """Say why a network's maps cannot be found in windows; empty where they can."""
    if None not in net.input_shape[1:]:
        return "the network takes pictures of one size only"
    for layer in layers:
        field = layer.receptive_field
        if field is None or field.is_global:
            return f"units of layer {layer.name!r} see the whole picture"
        if any(stride != int(stride) or stride < 1 for stride in field.stride):
            return f"layer {layer.name!r} enlarges its maps"
    return ""


def _pixels(net: Net, layers: Sequence[str]) -> int:
    """Say how many pixels of a picture the budget is enough for."""
    names = {layer.name: layer for name in layers for layer in net.upstream(name)}
    held = sum(
        math.prod(layer.shape)
        for layer in names.values()
        if not layer.container and len(layer.shape) == 3
    )
    size = torch.empty((), dtype=net.dtype).element_size()
    _, height, width = net.example_shape
    return int(_BUDGET / (_HELD * size * max(held, 1) / (height * width)))
