"""What an approximate occlusion is off by, measured at some windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from torch import Tensor

__all__ = ["Error", "checked_windows", "error_text"]

MOST: Final = 16
"""Windows of each example at which an approximation is compared with exact passes."""


class Error(NamedTuple):
    """How far approximate drops are from exact ones, at the checked windows of one example."""

    largest: float
    size: float
    """The largest exact drop's."""
    windows: int

    @classmethod
    def between(cls, found: Tensor, truth: Tensor) -> Error:
        """Compare drops, (B,) each."""
        return cls(float((found - truth).abs().max()), float(truth.abs().max()), len(truth))


def checked_windows(count: int) -> list[int]:
    """Choose up to 16 of so many windows, evenly."""
    chosen = min(count, MOST)
    return [(2 * i + 1) * count // (2 * chosen) for i in range(chosen)]


def error_text(errors: Sequence[Error]) -> str:
    """Say what the example is off by that is off most; at least one error."""
    worst = max(errors, key=lambda error: error.largest)
    return (
        f"approximate: at {worst.windows} windows that were computed exactly too a drop "
        f" is off by {worst.largest:.2g} at most, where the largest is {worst.size:.2g}"
    )
