"""Runs a program: one allowed operator after another, keeping only values that are still needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.graph.operators import FACTORIES, find_operator
from cnnviz.graph.program import INPUT, WEIGHT, Constant, Program, references

__all__ = ["Call", "Interpreter"]

Value = Any
"""A tensor, a list of tensors, or a number."""


class Call(NamedTuple):
    """An operator with its arguments, every reference replaced by a value."""

    function: Callable[..., Any]
    args: list[Any]
    kwargs: dict[str, Any]

    def __call__(self) -> Value:
        """Run it."""
        return self.function(*self.args, **self.kwargs)


@dataclass(frozen=True)
class _Reference:
    index: int


class _OwnDevice:
    """Stands in an argument for the device that the network runs on."""


_OWN_DEVICE = _OwnDevice()


@dataclass(frozen=True)
class _Step:
    """One node, ready to run."""

    index: int
    op: str
    name: str
    function: Callable[..., Any] | None
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    plain: bool
    """Whether references stand at the top level of the arguments only."""
    done: tuple[int, ...] = ()
    """Nodes that nothing reads after this step."""


class Interpreter:
    """Executes a program on weights given at each call."""

    def __init__(
        self, program: Program, *, find: Callable[[str], Callable[..., Any]] = find_operator
    ) -> None:
        """Look up every operator; the program must have been checked if it comes from a file.

        Args:
            program: what is run.
            find: gives an operator by its name.

        Raises:
            UnsuitableError: this torch lacks one of the operators.
        """
        self._steps = [_prepare(index, program, find) for index in range(len(program.nodes))]
        self._reads = [references([node.args, node.kwargs]) for node in program.nodes]
        self._constants = {name: _tensor(constant) for name, constant in program.constants.items()}
        self._placed: dict[tuple[str, torch.device], Tensor] = {}
        self._plans: dict[tuple[int, ...], list[_Step]] = {}

    def run(
        self,
        wanted: Sequence[int],
        *,
        image: Tensor | None,
        weight: Callable[[str], Tensor],
        device: torch.device,
        check: Callable[[int, Value], None] | None = None,
    ) -> list[Value]:
        """Compute some nodes and no more than they need.

        Args:
            wanted: nodes to give.
            image: value of the input node; None when the wanted nodes need only weights.
            weight: gives a weight by its name.
            device: where tensors that the graph makes itself go.
            check: called with each node and its value as it is made.

        Returns:
            The values, in the order asked for.
        """
        values: dict[int, Value] = {}
        for step in self._plan(tuple(wanted)):
            if step.function is not None:
                args, kwargs = _fill(step, values, device)
                value = step.function(*args, **kwargs)
            elif step.op == INPUT:
                value = image
            elif step.op == WEIGHT:
                value = weight(step.name)
            else:
                value = self._constant(step.name, device)
            if check is not None:
                check(step.index, value)
            values[step.index] = value
            for index in step.done:
                del values[index]
        return [values[index] for index in wanted]

    def call(self, index: int, values: Mapping[int, Value], device: torch.device) -> Call:
        """Make one operator ready to run on the values of the nodes that it reads.

        Args:
            index: the operator's node; not the input, a weight or a constant.
            values: by node.
            device: where tensors that the graph makes itself go.

        Raises:
            CnnvizError: the node is no operator.
        """
        step = self._steps[index]
        if step.function is None:
            message = f"node {index} ({step.op}) is no operator"
            raise CnnvizError(message)
        return Call(step.function, *_fill(step, values, device))

    def reads(self, index: int) -> list[int]:
        """List the nodes that one reads."""
        return self._reads[index]

    def ancestors(self, wanted: Iterable[int]) -> set[int]:
        """All nodes that the wanted ones need, themselves included."""
        needed: set[int] = set()
        waiting = list(wanted)
        while waiting:
            index = waiting.pop()
            if index not in needed:
                needed.add(index)
                waiting.extend(self._reads[index])
        return needed

    def _plan(self, wanted: tuple[int, ...]) -> list[_Step]:
        plan = self._plans.get(wanted)
        if plan is None:
            plan = self._plans[wanted] = self._make_plan(wanted)
        return plan

    def _make_plan(self, wanted: tuple[int, ...]) -> list[_Step]:
        order = sorted(self.ancestors(wanted))
        last_read = {index: index for index in order}
        for index in order:
            for source in self._reads[index]:
                last_read[source] = index
        done: dict[int, list[int]] = {}
        for source, reader in last_read.items():
            if source not in wanted:
                done.setdefault(reader, []).append(source)
        return [_with_done(self._steps[index], done.get(index, ())) for index in order]

    def _constant(self, name: str, device: torch.device) -> Tensor:
        key = (name, device)
        if key not in self._placed:
            self._placed[key] = self._constants[name].to(device)
        return self._placed[key]


def _prepare(index: int, program: Program, find: Callable[[str], Callable[..., Any]]) -> _Step:
    node = program.nodes[index]
    function = None if node.op in {INPUT, WEIGHT, "constant"} else find(node.op)
    args = tuple(_decode(value) for value in node.args)
    kwargs = {name: _decode(value) for name, value in node.kwargs.items()}
    if node.op in FACTORIES:
        kwargs["device"] = _OWN_DEVICE
    plain = all(_is_plain(value) for value in (*args, *kwargs.values()))
    return _Step(index, node.op, node.name, function, args, kwargs, plain)


def _with_done(step: _Step, done: Sequence[int]) -> _Step:
    return _Step(
        step.index,
        step.op,
        step.name,
        step.function,
        step.args,
        step.kwargs,
        step.plain,
        tuple(done),
    )


def _decode(value: Any) -> Any:
    """Turn an argument's JSON form into what the operator takes, references left open."""
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "node":
        return _Reference(content)
    if kind == "device":
        return _OWN_DEVICE
    return float(content) if kind == "float" else getattr(torch, content)


def _is_plain(value: Any) -> bool:
    return not isinstance(value, list) or not any(
        isinstance(item, _Reference | _OwnDevice) or not _is_plain(item) for item in value
    )


def _fill(
    step: _Step, values: Mapping[int, Value], device: torch.device
) -> tuple[list[Any], dict[str, Any]]:
    def fill(value: Any) -> Any:
        if isinstance(value, _Reference):
            return values[value.index]
        if value is _OWN_DEVICE:
            return device
        if isinstance(value, list) and not step.plain:
            return [fill(item) for item in value]
        return value

    return [fill(value) for value in step.args], {
        name: fill(value) for name, value in step.kwargs.items()
    }


def _tensor(constant: Constant) -> Tensor:
    dtype = getattr(torch, constant.dtype)
    if not constant.data:
        return torch.empty(constant.shape, dtype=dtype)
    return (
        torch.frombuffer(bytearray(constant.data), dtype=torch.uint8)
        .view(dtype)
        .reshape(constant.shape)
    )
