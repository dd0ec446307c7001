"""What one unit of a value sees of the image, axis by axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

__all__ = ["Axis", "Sight", "overlay", "regroup"]


@dataclass(frozen=True)
class Axis:
    """A dimension that still lies along the image's height (0) or width (1).

    Unit i sees the pixels from `low + i * stride` on, `size` of them; borders are not cut off.
    """

    along: int
    stride: Fraction = Fraction(1)
    low: Fraction = Fraction(0)
    size: int = 1

    def window(self, kernel: int, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> Axis:
        """Slide a window over it, as a convolution or a pool does."""
        return replace(
            self,
            stride=self.stride * stride,
            low=self.low - padding * self.stride,
            size=self.size + math.ceil(dilation * (kernel - 1) * self.stride),
        )

    def spread(self, kernel: int, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> Axis:
        """Spread units out, as a transposed convolution does; the size is the largest unit's."""
        reach = dilation * (kernel - 1)
        first = math.ceil(Fraction(padding - reach, stride))
        return replace(
            self,
            stride=self.stride / stride,
            low=self.low + first * self.stride,
            size=self.size + math.ceil((reach // stride) * self.stride),
        )

    def finer(self, factor: Fraction, *, neighbours: int = 1) -> Axis:
        """Interpolate between units, `neighbours` of them for each new one."""
        low = self.low - ((neighbours - 1) // 2) * self.stride
        size = self.size + math.ceil((neighbours - 1) * self.stride)
        return replace(self, stride=self.stride / factor, low=low, size=size)

    def shifted(self, start: int, *, step: int = 1) -> Axis:
        """Begin at another unit, and take every `step`-th."""
        return replace(self, low=self.low + start * self.stride, stride=self.stride * step)


@dataclass(frozen=True)
class Sight:
    """What one value's units see: an axis for each dimension that lies along one of the image's."""

    axes: tuple[Axis | None, ...]
    whole: bool = False
    """Whether something on the way looked at the whole image (global pooling, attention, …)."""

    def with_axes(self, axes: Sequence[Axis | None], *, whole: bool = False) -> Sight:
        """The same with other axes; an axis that got lost makes it see the whole image."""
        before = {axis.along for axis in self.axes if axis is not None}
        after = {axis.along for axis in axes if axis is not None}
        return Sight(tuple(axes), whole=self.whole or whole or not before <= after)


def overlay(sights: Sequence[tuple[Sight, list[int]]], shape: list[int]) -> Sight:
    """Combine values of equal or broadcast shapes, unit by unit.

    Args:
        sights: what each sees, with its shape.
        shape: of the result.
    """
    axes: list[Axis | None] = []
    whole = any(sight.whole for sight, _ in sights)
    for position in range(-len(shape), 0):
        met = [sight.axes[position] for sight, _ in sights if len(sight.axes) >= -position]
        there = [axis for axis in met if axis is not None]
        axes.append(_union(there))
        lost = len(there) < len(sights)
        mixed = len({(axis.along, axis.stride) for axis in there}) > 1
        whole = whole or (bool(there) and (lost or mixed))
    return Sight(tuple(axes), whole=whole)


def _union(axes: list[Axis]) -> Axis | None:
    """The smallest axis that sees what each of them sees."""
    if not axes:
        return None
    low = min(axis.low for axis in axes)
    high = max(axis.low + axis.size for axis in axes)
    return replace(axes[0], low=low, size=math.ceil(high - low))


def regroup(axes: Sequence[Axis | None], before: list[int], after: list[int]) -> list[Axis | None]:
    """Follow axes through a change of shape: those whose dimension stays one of its own are kept.

    Args:
        axes: one a dimension of `before`.
        before: shape.
        after: shape of the same number of elements.
    """
    result: list[Axis | None] = []
    i = j = 0
    while j < len(after):
        i_end, j_end = _next_group(before, after, i, j)
        kept = [
            axis
            for axis, size in zip(axes[i:i_end], before[i:i_end], strict=True)
            if size > 1 and axis is not None
        ]
        others = [
            size
            for axis, size in zip(axes[i:i_end], before[i:i_end], strict=True)
            if size > 1 and axis is None
        ]
        group = after[j:j_end]
        if len(group) == 1 and i_end - i == 1:
            result.append(axes[i])
        elif len(kept) == 1 and not others and sum(size > 1 for size in group) == 1:
            result += [kept[0] if size > 1 else None for size in group]
        else:
            result += [None] * len(group)
        i, j = i_end, j_end
    return result


def _next_group(before: list[int], after: list[int], i: int, j: int) -> tuple[int, int]:
    """The ends of the shortest runs of dimensions from i and j on with equally many elements."""
    if i >= len(before):
        return i, len(after)
    left, right = before[i], after[j]
    i, j = i + 1, j + 1
    while left != right and (i < len(before) or j < len(after)):
        if left < right and i < len(before):
            left, i = left * before[i], i + 1
        elif j < len(after):
            right, j = right * after[j], j + 1
        else:
            break
    return i, j
