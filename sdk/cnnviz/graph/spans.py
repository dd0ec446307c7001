"""Where on a feature map windows of the image make a difference, axis by axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Area", "Places", "Sliding", "Span"]

Places: TypeAlias = "NDArray[np.int64]"
Middles: TypeAlias = "NDArray[np.float64]"


@dataclass(frozen=True)
class Sliding:
    """How a convolution or a pool slides along one axis."""

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def seen(self, count: int) -> int:
        """How many inputs `count` neighbouring outputs read."""
        return (count - 1) * self.stride + self.dilation * (self.kernel - 1) + 1


@dataclass(frozen=True)
class Span:
    """The part of one axis that each of n windows can change, and patches that contain it.

    Patches of all windows are equally long, so that they can be computed together; they lie within
    the map, and may hold units that do not change.
    """

    low: Places
    """(n,) first unit that changes."""
    high: Places
    """(n,) one beyond the last unit that changes; not above `low` where none does."""
    begin: Places
    """(n,) first unit of each patch."""
    length: int
    """Units of a patch, at least 1."""
    size: int
    """Of the map."""
    centre: Middles
    """(n,) where the windows' middles lie on the map, though what changes may be cut off there."""

    @staticmethod
    def of(low: Places, high: Places, size: int, centre: Middles | None = None) -> Span:
        """Place the shortest patches that hold what changes and lie within the map."""
        length = min(size, max(1, int((high - low).max())))
        middle = (low + high - 1) / 2 if centre is None else centre
        return Span(low, high, low.clip(0, size - length), length, size, middle)

    def slide(self, sliding: Sliding, size: int) -> Span:
        """The units of the next map, of a given size, that see a changed one."""
        reach = sliding.dilation * (sliding.kernel - 1)
        low = -((reach - sliding.padding - self.low) // sliding.stride)
        high = (self.high - 1 + sliding.padding) // sliding.stride + 1
        centre = (self.centre + sliding.padding - reach / 2) / sliding.stride
        return Span.of(low.clip(min=0), high.clip(max=size), size, centre)

    def within(self, reach: float) -> Span:
        """Keep of what changes the part around the window, a share of the map at most."""
        most = max(1, math.ceil(reach * self.size))
        if self.length <= most:
            return self
        first = np.rint(self.centre - (most - 1) / 2).astype(np.int64).clip(0, self.size - most)
        low, high = np.maximum(self.low, first), np.minimum(self.high, first + most)
        return Span.of(low, high, self.size, self.centre)

    def shift(self, by: int, size: int) -> Span:
        """The same patches on a map that continues beyond this one's ends."""
        begin, centre = self.begin + by, self.centre + by
        return Span(self.low + by, self.high + by, begin, self.length, size, centre)

    @staticmethod
    def union(spans: Sequence[Span]) -> Span:
        """What changes in any of several maps of one size."""
        low = np.min([span.low for span in spans], axis=0)
        high = np.max([span.high for span in spans], axis=0)
        return Span.of(low, high, spans[0].size, spans[0].centre)

    def same_patches(self, other: Span) -> bool:
        """Whether both have the same patches."""
        return self.length == other.length and np.array_equal(self.begin, other.begin)


@dataclass(frozen=True)
class Area:
    """A span of the rows and one of the columns: windows lie on a grid."""

    rows: Span
    columns: Span

    @property
    def share(self) -> float:
        """The part of the map that a patch covers, 0 … 1."""
        patch = self.rows.length * self.columns.length
        return patch / (self.rows.size * self.columns.size)

    @staticmethod
    def union(areas: Sequence[Area]) -> Area:
        """What changes in any of several maps of one size."""
        return Area(
            Span.union([area.rows for area in areas]), Span.union([area.columns for area in areas])
        )

    def same_patches(self, other: Area) -> bool:
        """Whether both have the same patches."""
        return self.rows.same_patches(other.rows) and self.columns.same_patches(other.columns)
