"""Receptive fields, exact, from the graph."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from cnnviz.graph.program import INPUT, Program, references
from cnnviz.graph.sight import Axis, Sight
from cnnviz.graph.sight_rules import Seen, see

__all__ = ["ReceptiveField", "find_receptive_field"]

Number = int | float


@dataclass(frozen=True)
class ReceptiveField:
    """Which pixels a unit sees: unit (i, j) `size` of them from `offset + stride · (i, j)` on.

    Each is a pair (height, width) in input pixels. The field is that of the convolutions and pools,
    and reaches beyond the image's border where padding does.
    """

    size: tuple[int, int]
    stride: tuple[Number, Number]
    """Whole numbers, but after upsampling; 0 where the layer has no such axis."""
    offset: tuple[Number, Number]
    """First pixel that unit (0, 0) sees; negative where padding lies before the image."""
    is_global: bool
    """Whether something on the way looks at the whole image too (global pooling, attention, …)."""


def find_receptive_field(program: Program, node: int) -> ReceptiveField:
    """Follow a node's units back to the pixels that they see.

    A layer without spatial axes (after global pooling or flattening) sees the whole image: size is
    then the image's. Adaptive pools are taken at the captured image size.

    Args:
        program: the network.
        node: whose units are meant.
    """
    sights: dict[int, Sight] = {}
    for index in range(node + 1):
        step = program.nodes[index]
        sources = [source for source in references([step.args, step.kwargs]) if source in sights]
        if step.op == INPUT:
            sights[index] = Sight((None, None, Axis(0), Axis(1)))
        elif sources and step.op != "aten.sym_size.int":
            sights[index] = see(Seen(step, program.nodes, sights))
    sight = sights.get(node) or Sight((), whole=True)
    found = {axis.along: axis for axis in sight.axes if axis is not None}
    height, width = program.input.shape[1:]
    along_height = found.get(0) or Axis(0, stride=Fraction(0), size=height)
    along_width = found.get(1) or Axis(1, stride=Fraction(0), size=width)
    return ReceptiveField(
        size=(along_height.size, along_width.size),
        stride=(_number(along_height.stride), _number(along_width.stride)),
        offset=(_number(along_height.low), _number(along_width.low)),
        is_global=sight.whole,
    )


def _number(value: Fraction) -> Number:
    return value.numerator if value.denominator == 1 else float(value)
