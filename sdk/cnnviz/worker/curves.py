"""What a run's reports come to: its objective's curve, its pace, the time to go."""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from cnnviz.contract.jobs import MAX_CURVE

__all__ = ["Curve", "Pace"]

WINDOW: Final = 5.0
"""Seconds over which the pace is measured."""


class Curve:
    """Points of a curve, thinned evenly when there are too many; the last one is always there."""

    def __init__(self) -> None:
        self._points: list[tuple[int, float | None]] = []
        self._last: tuple[int, float | None] | None = None
        self._gap = 1

    def add(self, iteration: int, value: float) -> None:
        """Note a value; one that is not finite leaves a hole."""
        point = (iteration, value if math.isfinite(value) else None)
        self._last = point
        if self._points and 0 <= iteration - self._points[-1][0] < self._gap:
            return
        self._points.append(point)
        while len(self._points) >= MAX_CURVE:
            self._points = self._points[::2]
            self._gap *= 2

    def points(self) -> list[tuple[int, float | None]]:
        """Give the curve, at most MAX_CURVE points."""
        if self._last is None or self._points[-1] == self._last:
            return list(self._points)
        return [*self._points, self._last]


class Pace:
    """Iterations a second over the last seconds."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def mark(self, moment: float, done: int) -> None:
        """Note how far the run is; one that begins anew is measured anew."""
        if self._marks and done < self._marks[-1][1]:
            self._marks.clear()
        self._marks.append((moment, done))
        while moment - self._marks[0][0] > WINDOW and len(self._marks) > 2:
            self._marks.popleft()

    @property
    def rate(self) -> float:
        """Iterations a second; 0 while it is not known."""
        if len(self._marks) < 2:
            return 0.0
        (first, before), (last, after) = self._marks[0], self._marks[-1]
        return (after - before) / (last - first) if last > first else 0.0

    def remaining(self, total: int) -> float | None:
        """Estimate the seconds to go; None while nothing is known."""
        rate = self.rate
        return max(total - self._marks[-1][1], 0) / rate if rate > 0 else None
