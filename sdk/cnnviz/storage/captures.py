"""A run's captures in order: the one rule for runs that were resumed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

__all__ = ["strictly_increasing"]


class Dated(Protocol):
    """Something recorded at a step and at a time."""

    @property
    def step(self) -> int:
        """The training step."""

    @property
    def wall_time(self) -> float:
        """Seconds since the epoch."""


T = TypeVar("T", bound=Dated)


def strictly_increasing(captures: Iterable[T]) -> list[T]:
    """Order captures by wall time; one at a lower or equal step takes back the later steps.

    A run resumed from step 300 after it had reached 500 goes over 300…500 again: what it records
    then is what counts, and what it had recorded beyond 300 before is not shown beside it.
    """
    kept: list[T] = []
    for capture in sorted(captures, key=lambda one: (one.wall_time, one.step)):
        while kept and kept[-1].step >= capture.step:
            kept.pop()
        kept.append(capture)
    return kept
