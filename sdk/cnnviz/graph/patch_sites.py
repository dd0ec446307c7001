"""An operator with the values around it, and how it is computed for windows of an image."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnnviz.graph.interpreter import Call
from cnnviz.graph.patches import Patches
from cnnviz.graph.program import Node, references
from cnnviz.graph.spans import Area

__all__ = ["Site", "Windows", "Work"]

Windows = list[tuple[int, int]]
"""Places in a grid of windows, (row, column)."""

Run = Callable[[Mapping[int, Patches], Windows], Any]


@dataclass(frozen=True)
class Work:
    """How a node is computed for a batch of windows."""

    area: Area
    run: Run


@dataclass(frozen=True)
class Site:
    """One operator, with the values of one image around it."""

    node: Node
    nodes: Sequence[Node]
    call: Call
    """On the values of the image without windows."""
    base: Mapping[int, Any]
    """Those values."""
    result: Any
    """The operator's own."""
    areas: Mapping[int, Area]
    """Of the nodes that are computed as patches."""
    changing: Collection[int]
    """Nodes that depend on the image."""
    reach: float = 1.0
    """Side that a patch may grow to, as a share of the map's; below 1 approximate."""

    @property
    def sources(self) -> list[int]:
        """The nodes it reads that depend on the image."""
        read = references([self.node.args, self.node.kwargs])
        return list(dict.fromkeys(index for index in read if index in self.changing))

    def argument(self, position: int, default: Any) -> Any:
        """An argument's value."""
        return self.call.args[position] if len(self.call.args) > position else default

    def pair(self, position: int, default: int) -> tuple[int, int]:
        """An argument that is one number for height and width, or one for each."""
        given = self.argument(position, default)
        if isinstance(given, int):
            return given, given
        numbers = given or [default]
        return numbers[0], numbers[-1]

    def area_of_first(self) -> Area | None:
        """The first argument's, if that is all of the image that is read, and patches."""
        sources = self.sources
        if len(sources) != 1 or self.node.args[:1] != [{"node": sources[0]}]:
            return None
        return self.areas.get(sources[0])

    def keeps_maps(self) -> bool:
        """Whether batch, height and width of the first argument stay where they are."""
        source = self.sources[0]
        before, after = self.base[source].shape, self.result.shape
        # At capture there were several images: the first dimension is then the batch's for sure.
        batches = [(self.nodes[source].shape or [0])[0], (self.node.shape or [1])[0]]
        return (
            min(len(before), len(after)) > 2
            and before[-2:] == after[-2:]
            and batches[0] == batches[1]
            and after[0] == 1
        )
