"""The operators that a graph may use, by name: nothing else is ever looked up or called.

All are free of side effects: in-place spellings become plain ones when a model is captured (see
functional.py).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final

import torch

from cnnviz.errors import UnsuitableError
from cnnviz.graph import aten

__all__ = [
    "ATEN_KINDS",
    "FACTORIES",
    "IDENTITIES",
    "PYTHON",
    "RANDOM",
    "VIEWS",
    "find_operator",
    "is_known",
    "is_nonlinearity",
    "is_rectifier",
    "kind_of",
]

ATEN_KINDS: Final[dict[str, str]] = {
    f"aten.{name}": kind
    for name, kind in {
        **dict.fromkeys(aten.PLUMBING, ""),
        **aten.LAYERS,
        **aten.NONLINEARITIES,
        **aten.ARITHMETIC,
    }.items()
}
"""Every ATen overload that a graph may call, and the kind of layer it makes ("" for none)."""

FACTORIES: Final = frozenset(f"aten.{name}" for name in aten.FACTORIES)
"""Operators that make a tensor from numbers alone."""

VIEWS: Final = frozenset(f"aten.{name}" for name in aten.VIEWS) | {"python.getitem"}
"""Operators whose result may share memory with their first argument, in another shape or order."""

IDENTITIES: Final = frozenset(f"aten.{name}" for name in aten.IDENTITIES)
"""Operators whose result may be their first argument itself."""

RANDOM: Final = frozenset(f"aten.{name}" for name in aten.RANDOM)
"""Operators that draw random numbers when their `training` argument is true."""


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep size arithmetic within 64 bits: a hostile graph cannot grow numbers without end."""

    def call(*args: Any) -> Any:
        result = function(*args)
        if isinstance(result, int) and abs(result) > 2**63:
            message = f"a size in the graph leaves 64 bits: {function.__name__}{args}"
            raise OverflowError(message)
        return result

    return call


PYTHON: dict[str, Callable[..., Any]] = {
    "python.getitem": operator.getitem,
    "python.add": _bounded(operator.add),
    "python.sub": _bounded(operator.sub),
    "python.mul": _bounded(operator.mul),
    "python.floordiv": operator.floordiv,
    "python.truediv": operator.truediv,
    "python.mod": operator.mod,
    "python.neg": operator.neg,
    "python.eq": operator.eq,
    "python.ne": operator.ne,
    "python.lt": operator.lt,
    "python.le": operator.le,
    "python.gt": operator.gt,
    "python.ge": operator.ge,
    "python.and": operator.and_,
    "python.or": operator.or_,
    "python.not": operator.not_,
    "python.max": max,
    "python.min": min,
    "python.int": int,
    "python.float": float,
    "python.floor": math.floor,
    "python.ceil": math.ceil,
    "python.trunc": math.trunc,
}
"""Operators on sizes, and the one that takes a value out of a list."""


def is_known(op: str) -> bool:
    """Whether a graph may use this operator."""
    return op in ATEN_KINDS or op in PYTHON


def find_operator(op: str) -> Callable[..., Any]:
    """Give the function behind an allowed name.

    Raises:
        UnsuitableError: the name is not on the list, or this version of torch does not have it.
    """
    if op in PYTHON:
        return PYTHON[op]
    if op not in ATEN_KINDS:
        message = f"operator {op!r} is not one that a graph may use"
        raise UnsuitableError(message)
    _, name, overload = op.split(".")
    packet = getattr(torch.ops.aten, name, None)
    found = getattr(packet, overload, None)
    if found is None:
        message = (
            f"operator {op!r} is not in torch {torch.__version__}: use the torch that captured "
            "this graph, or newer"
        )
        raise UnsuitableError(message)
    function: Callable[..., Any] = found
    return function


def kind_of(op: str, args: list[Any]) -> str:
    """Name the kind of layer that an operator makes, in the field's word; "" for plumbing.

    Args:
        op: the operator's name in the graph.
        args: its arguments in their JSON form.
    """
    kind = ATEN_KINDS.get(op, "")
    if op == "aten.hardtanh.default" and args[1:3] == [0.0, 6.0]:
        return "relu6"
    if op == "aten.convolution.default":
        transposed, dims = args[6], len(args[3])
        return f"conv_transpose{dims}d" if transposed else f"conv{dims}d"
    return kind


def is_nonlinearity(op: str) -> bool:
    """Whether the operator is a pointwise nonlinearity."""
    return op.removeprefix("aten.") in aten.NONLINEARITIES


def is_rectifier(op: str, args: list[Any], kwargs: dict[str, Any]) -> bool:
    """Whether it is a ReLU in any spelling, a ReLU6, a LeakyReLU or a clamp at zero from below."""
    name = op.removeprefix("aten.")
    if name in {"relu.default", "relu6.default", "leaky_relu.default"}:
        return True
    if name == "hardtanh.default":
        return len(args) > 1 and args[1] == 0
    if name == "threshold.default":
        return args[1:3] == [0, 0]
    if name in {"clamp.default", "clamp_min.default"}:
        return (args[1] if len(args) > 1 else kwargs.get("min")) == 0
    return False
