"""Receptive fields, exact, from the graph."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from cnnviz.contract.layers import ReceptiveField
from cnnviz.graph.program import INPUT, Program, references
from cnnviz.graph.seen import Seen
from cnnviz.graph.sight import Axis, Sight
from cnnviz.graph.sight_rules import see

__all__ = ["find_receptive_field", "with_receptive_fields"]

Number = int | float


def find_receptive_field(program: Program, node: int) -> ReceptiveField:
    """Follow a node's units back to the pixels that they see.

    A layer without spatial axes (after global pooling or flattening) sees the whole image: size is
    then the image's. Adaptive pools are taken at the captured image size.

    Args:
        program: the network.
        node: whose units are meant.
    """
    return _field(_sights(program, node + 1).get(node), program)


def with_receptive_fields(program: Program) -> Program:
    """Give the program with every layer's receptive field noted."""
    sights = _sights(program, len(program.nodes))
    layers = []
    for layer in program.layers:
        node = program.taps.get(layer.name)
        field = None if node is None else _field(sights.get(node), program)
        layers.append(msgspec.structs.replace(layer, receptive_field=field))
    return msgspec.structs.replace(program, layers=layers)


def _sights(program: Program, count: int) -> dict[int, Sight]:
    """Follow the pixels through the first nodes."""
    sights: dict[int, Sight] = {}
    for index in range(count):
        step = program.nodes[index]
        sources = [source for source in references([step.args, step.kwargs]) if source in sights]
        if step.op == INPUT:
            sights[index] = Sight((None, None, Axis(0), Axis(1)))
        elif sources and step.op != "aten.sym_size.int":
            sights[index] = see(Seen(step, program.nodes, sights))
    return sights


def _field(sight: Sight | None, program: Program) -> ReceptiveField:
    sight = sight or Sight((), whole=True)
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
