"""Checks of a graph that comes from a file, before anything of it runs on real tensors.

A logdir is untrusted: every name, number and reference is checked, then the whole program is run on
`meta` tensors, which have shapes and no memory. That shows wrong arguments, and values too large to
allocate, without computing anything.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from cnnviz.errors import CnnvizError, RecordError
from cnnviz.graph.dry_run import MOST_ELEMENTS, SizeGuard
from cnnviz.graph.operators import is_known
from cnnviz.graph.program import FLOATS, INPUT, WEIGHT, Node, Program, references

__all__ = ["check_program"]

_DTYPES = (*FLOATS, "int64", "int32", "int16", "int8", "uint8", "bool", "complex64")
_FORMATS = ("contiguous_format", "channels_last", "channels_last_3d", "preserve_format")
_CONTENTS = {
    "dtype": _DTYPES,
    "memory_format": _FORMATS,
    "device": ("own",),
    "float": ("inf", "-inf", "nan"),
}

MOST_NODES = 50_000
LARGEST_SIDE = 2**16
DEEPEST_LIST = 4


def check_program(program: Program) -> SizeGuard:
    """Check a program from a file in every respect that can be checked without its weights.

    Args:
        program: as decoded, its version known to be ours.

    Returns:
        The guard that checks sizes again for images of other shapes.

    Raises:
        RecordError: anything in it is wrong or out of bounds; the message says what.
    """
    if not 0 < len(program.nodes) <= MOST_NODES:
        message = f"graph: it must have 1 to {MOST_NODES} nodes, got {len(program.nodes)}"
        raise RecordError(message)
    _check_input(program)
    for name, info in program.weights.items():
        _check_tensor(name, info.dtype, info.shape)
    for name, constant in program.constants.items():
        _check_tensor(name, constant.dtype, constant.shape)
        size = math.prod(constant.shape) * getattr(torch, constant.dtype).itemsize
        if len(constant.data) != size:
            message = f"graph: constant {name!r} has {len(constant.data)} bytes, {size} were stated"
            raise RecordError(message)
    for index, node in enumerate(program.nodes):
        _check_node(index, node, program)
    _check_tables(program)
    guard = _make_guard(program)
    guard.check_stated_shapes()
    return guard


def _make_guard(program: Program) -> SizeGuard:
    try:
        return SizeGuard(program)
    except CnnvizError as error:
        raise RecordError(f"graph: {error}") from error


def _check_input(program: Program) -> None:
    shape = program.input.shape
    if len(shape) != 3 or not all(0 < side <= LARGEST_SIDE for side in shape):
        message = f"graph: input must be [C, H, W] of 1 to {LARGEST_SIDE}, got {shape}"
        raise RecordError(message)


def _check_tensor(name: str, dtype: str, shape: list[int]) -> None:
    if dtype not in _DTYPES:
        message = f"graph: {name!r} has the unknown type {dtype!r}"
    elif any(size < 0 for size in shape) or len(shape) > 8 or math.prod(shape) > MOST_ELEMENTS:
        message = f"graph: {name!r} has a shape out of bounds, {shape}"
    else:
        return
    raise RecordError(message)


def _check_node(index: int, node: Node, program: Program) -> None:
    where = f"graph: node {index} ({node.op[:80]!r})"
    if node.op in {INPUT, WEIGHT, "constant"}:
        table: dict[str, Any] = program.weights if node.op == WEIGHT else program.constants
        if node.op != INPUT and node.name not in table:
            raise RecordError(f"{where} names {node.name!r}, which is not listed")
        if node.args or node.kwargs:
            raise RecordError(f"{where} takes no arguments")
        return
    if not is_known(node.op):
        raise RecordError(f"{where} is not an operator that a graph may use")
    _check_argument(where, [*node.args, *node.kwargs.values()], depth=0)
    for source in references([node.args, node.kwargs]):
        if not 0 <= source < index:
            raise RecordError(f"{where} reads node {source}, which does not come before it")


def _check_argument(where: str, value: Any, *, depth: int) -> None:
    if isinstance(value, list):
        if depth > DEEPEST_LIST:
            raise RecordError(f"{where} has lists too deep in its arguments")
        for item in value:
            _check_argument(where, item, depth=depth + 1)
    elif isinstance(value, dict):
        kind, content = next(iter(value.items()), ("", None))
        known = type(content) is int if kind == "node" else content in _CONTENTS.get(kind, ())
        if len(value) != 1 or not known:
            raise RecordError(f"{where} has an argument that is not understood: {str(value)[:80]}")
    elif isinstance(value, str):
        if len(value) > 64:
            raise RecordError(f"{where} has a text of {len(value)} letters as argument")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise RecordError(f"{where} has a number beyond 64 bits as argument")


def _check_tables(program: Program) -> None:
    """Check what points into the list of nodes."""
    inputs = [index for index, node in enumerate(program.nodes) if node.op == INPUT]
    if len(inputs) != 1:
        raise RecordError(f"graph: it must have one input, got {len(inputs)}")
    names = [layer.name for layer in program.layers]
    if len(set(names)) != len(names):
        raise RecordError("graph: two layers have the same name")
    for table in (program.taps, program.derived, {"output": program.output}):
        for name, place in table.items():
            if not 0 <= place < len(program.nodes) or program.nodes[place].shape is None:
                raise RecordError(
                    f"graph: {name!r} is said to be node {place}, which gives no tensor"
                )
    unknown = set(program.taps) - set(names)
    if unknown:
        raise RecordError(f"graph: taps of layers that are not listed: {sorted(unknown)[:5]}")
    moving = set(inputs)
    for index, node in enumerate(program.nodes):
        if moving.intersection(references([node.args, node.kwargs])):
            moving.add(index)
    for name, place in program.derived.items():
        if place in moving:
            raise RecordError(f"graph: weight {name!r} is said to be computed from the image")
