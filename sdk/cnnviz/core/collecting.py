"""What a method collects of a pass over a data set, and what it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from torch import Tensor

if TYPE_CHECKING:
    from cnnviz.contract.results import Result
    from cnnviz.core.datasets import DataSet

__all__ = ["Collector", "Pass", "Seen"]


@dataclass(frozen=True)
class Seen:
    """A batch that went through the network."""

    rows: np.ndarray
    """int64 (n,): their rows in the records."""
    images: Tensor
    """(n, C, H, W) on the network's device, in its float type."""
    labels: np.ndarray
    """int32 (n,), -1 where not known."""
    scores: Tensor
    outputs: Mapping[str, Tensor]
    """The layers' outputs by name."""


class Collector(Protocol):
    """What a method keeps of a pass; its memory does not grow with the number of images."""

    def take(self, seen: Seen) -> None:
        """Look at a batch; rows increase from batch to batch."""

    def results(self, done: Pass) -> list[Result]:
        """Say what came of it."""

    def state(self) -> Mapping[str, np.ndarray]:
        """Give all that it holds, so that a pass that was stopped goes on."""

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave; RecordError, KeyError or ValueError where it does not fit."""


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What a pass went through."""

    data: DataSet
    """Its rows are fixed."""
    count: int
    """Rows that it has."""
    left_out: int
    """Images that could not be read."""
    notes: list[str]

    @property
    def facts(self) -> dict[str, Any]:
        """What every record of the pass says."""
        facts = {"dataset": self.data.name, "count": self.count, "left_out": self.left_out}
        return facts | ({"notes": self.notes} if self.notes else {})
