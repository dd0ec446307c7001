"""An operator with what its inputs see of the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnnviz.graph.program import Node, references
from cnnviz.graph.sight import Sight

__all__ = ["Seen"]


@dataclass(frozen=True)
class Seen:
    """One operator with what its inputs see."""

    node: Node
    nodes: Sequence[Node]
    sights: Mapping[int, Sight]
    """Of the nodes that depend on the image."""

    @property
    def first(self) -> Sight:
        """What the first argument sees; nothing when it does not depend on the image."""
        source = references(self.node.args[:1])[0]
        return self.sights.get(source) or Sight((None,) * len(self.shape_of(source)))

    @property
    def before(self) -> list[int]:
        """Shape of the first argument."""
        return self.shape_of(references(self.node.args[:1])[0])

    @property
    def after(self) -> list[int]:
        """Shape of the result; for a list of tensors, of the first argument."""
        return self.node.shape if self.node.shape is not None else self.before

    def shape_of(self, index: int) -> list[int]:
        """Shape of another node's value."""
        return self.nodes[index].shape or []

    def argument(self, position: int, default: Any = None) -> Any:
        """An argument in its JSON form."""
        return self.node.args[position] if len(self.node.args) > position else default

    def numbers(self, position: int, count: int, default: int) -> list[int]:
        """An argument that is one number a spatial axis; one number stands for all."""
        given = self.argument(position)
        given = [given] if isinstance(given, int) else given or [default]
        numbers = [number if isinstance(number, int) else default for number in given]
        return numbers * count if len(numbers) == 1 else numbers

    def dimension(self, position: int, default: int = 0) -> int:
        """An argument that names a dimension, counted from the front."""
        dimension: int = self.argument(position, default)
        return dimension % max(len(self.before), 1)
