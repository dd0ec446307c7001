"""Running a program on tensors that have shapes and no memory, to see what it would take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from msgspec.structs import replace
from torch import Tensor

from cnnviz.errors import CnnvizError, RecordError
from cnnviz.graph.interpreter import Interpreter
from cnnviz.graph.plain_shapes import find_shape_operator
from cnnviz.graph.program import FLOATS, Program
from cnnviz.graph.tensors import shape_of

__all__ = ["MOST_ELEMENTS", "SizeGuard", "restate_shapes"]

MOST_ELEMENTS: Final = 2**30
"""Of one value: 4 GiB in float32."""
MOST_ELEMENTS_IN_ALL: Final = 2**34


def restate_shapes(program: Program, shape: list[int]) -> Program:
    """Give the same program with the shapes that its nodes have for images of another size.

    Args:
        program: whose image sizes are free.
        shape: of the images, (N, C, H, W).

    Raises:
        RecordError: the program cannot run images of that size.
    """
    shapes: dict[int, list[int] | None] = {}

    def note(index: int, value: Any) -> None:
        shapes[index] = shape_of(value)

    run_without_memory(program, _shape_interpreter(program), shape, check=note)
    nodes = [replace(node, shape=shapes[index]) for index, node in enumerate(program.nodes)]
    return replace(program, nodes=nodes, input=replace(program.input, shape=shape[1:]))


def _shape_interpreter(program: Program) -> Interpreter:
    return Interpreter(program, find=find_shape_operator)


def run_without_memory(
    program: Program,
    interpreter: Interpreter,
    shape: Sequence[int],
    *,
    check: Callable[[int, Any], None],
    wanted: Sequence[int] | None = None,
) -> None:
    """Run a program on `meta` tensors.

    Args:
        program: the network.
        interpreter: of the program; may be one that only knows shapes.
        shape: of the images, (N, C, H, W).
        check: gets each node and its value.
        wanted: nodes to compute; all by default.

    Raises:
        CnnvizError: what `check` raises.
        RecordError: an operator refuses its arguments.
    """
    meta = torch.device("meta")
    image = torch.empty(shape, dtype=_float_type(program), device=meta)
    nodes = range(len(program.nodes)) if wanted is None else wanted
    last = -1

    def weight(name: str) -> Tensor:
        info = program.weights[name]
        return torch.empty(info.shape, dtype=getattr(torch, info.dtype), device=meta)

    def watch(index: int, value: Any) -> None:
        nonlocal last
        check(index, value)
        last = index

    try:
        with torch.no_grad():
            interpreter.run(nodes, image=image, weight=weight, device=meta, check=watch)
    except CnnvizError:
        raise
    except Exception as error:
        text = str(error).strip().splitlines()
        reason = text[0] if text else type(error).__name__
        message = f"graph: the node after {last} cannot run on images {tuple(shape)}: {reason}"
        raise RecordError(message) from error


class SizeGuard:
    """Watches that images of a new size do not make a graph's values too large to allocate."""

    def __init__(self, program: Program) -> None:
        """Prepare to run the program; UnsuitableError when this torch lacks an operator."""
        self._program = program
        self._interpreter = _shape_interpreter(program)
        self._seen: set[tuple[int, ...]] = set()

    def __call__(self, x: Tensor) -> None:
        """Try a batch of this shape, unless it was tried before.

        Raises:
            RecordError: the graph cannot run it, or not within bounds.
        """
        shape = tuple(x.shape)
        if shape not in self._seen:
            wanted = sorted({self._program.output, *self._program.taps.values()})
            self._run(shape, wanted, stated=False)
            self._seen.add(shape)

    def check_stated_shapes(self) -> None:
        """Run every node at the captured image size and compare with what the nodes state.

        Raises:
            RecordError: an operator refuses its arguments, or gives something else than stated.
        """
        shape = (2, *self._program.input.shape)
        self._run(shape, list(range(len(self._program.nodes))), stated=True)

    def _run(self, shape: Sequence[int], wanted: list[int], *, stated: bool) -> None:
        watch = _Watch(self._program, stated=stated)
        run_without_memory(self._program, self._interpreter, shape, check=watch, wanted=wanted)


class _Watch:
    """Looks at every value of one run."""

    def __init__(self, program: Program, *, stated: bool) -> None:
        self._program = program
        self._stated = stated
        self._total = 0

    def __call__(self, index: int, value: Any) -> None:
        """Refuse a value that is too large, or not of the shape that its node states."""
        node = self._program.nodes[index]
        where = f"graph: node {index} ({node.op})"
        for tensor in value if isinstance(value, tuple | list) else [value]:
            if isinstance(tensor, Tensor):
                self._total += tensor.numel()
                if tensor.numel() > MOST_ELEMENTS or self._total > MOST_ELEMENTS_IN_ALL:
                    message = f"{where} makes a value of {list(tensor.shape)}, too large to run"
                    raise RecordError(message)
        got = list(value.shape) if isinstance(value, Tensor) else None
        if self._stated and got != node.shape:
            message = f"{where} states the shape {node.shape} but gives {got}"
            raise RecordError(message)


def _float_type(program: Program) -> torch.dtype:
    """The type that images are given in: that of the first float weight."""
    types = [info.dtype for info in program.weights.values() if info.dtype in FLOATS]
    found: torch.dtype = getattr(torch, types[0]) if types else torch.get_default_dtype()
    return found
