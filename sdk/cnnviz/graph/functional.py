"""In-place operators written as plain ones, so that no value of the graph is ever overwritten.

`relu_(x)` becomes `relu(x)` and everything that read `x` afterwards reads the result. That is right
as long as nothing else that shares x's memory is read afterwards; a graph where something is takes
the slow road, `run_decompositions`.
"""

from __future__ import annotations

import torch
from torch import fx

from cnnviz.graph.operators import IDENTITIES, RANDOM, VIEWS, is_known

__all__ = ["name_of", "plain_spelling", "replace_in_place_ops"]

_PYTHON_NAMES = {
    "sym_max": "max",
    "sym_min": "min",
    "sym_int": "int",
    "sym_float": "float",
    "sym_not": "not",
    "and_": "and",
    "or_": "or",
    "not_": "not",
}


def name_of(node: fx.Node) -> str:
    """Name a call's operator as the graph spells it, whether or not it is allowed there."""
    target = node.target
    if isinstance(target, torch._ops.OpOverload):
        return f"{target.namespace}.{target._opname}.{target._overloadname}"
    name = getattr(target, "__name__", str(target))
    return f"python.{_PYTHON_NAMES.get(name, name)}"


def plain_spelling(op: str) -> str | None:
    """Give the plain operator of an in-place one (`aten.relu.default` of `aten.relu_.default`)."""
    space, name, overload = op.split(".") if op.count(".") == 2 else ("", op, "")
    if space != "aten" or not name.endswith("_") or name.startswith("__"):
        return None
    return f"aten.{name[:-1]}.{overload}"


# Return their argument itself; `to` and `contiguous` may or may not.
_PASSING = (RANDOM & IDENTITIES) | {"aten.detach.default", "aten.alias.default"}


class _Memory:
    """Which nodes may share memory with each other."""

    def __init__(self) -> None:
        self._group: dict[fx.Node, set[fx.Node]] = {}

    def add(self, node: fx.Node, base: fx.Node | None) -> None:
        """Note that a node's value may share memory with `base`'s."""
        group = self._group.setdefault(base, {base}) if base is not None else set()
        group.add(node)
        self._group[node] = group

    def of(self, node: fx.Node) -> set[fx.Node]:
        """All nodes that may share memory with this one, itself included."""
        return self._group.setdefault(node, {node})


def replace_in_place_ops(graph: fx.Graph) -> dict[fx.Node, str] | None:
    """Rewire an exported graph, in place, so that its in-place operators can run as plain ones.

    Args:
        graph: of an ExportedProgram; readers of an overwritten value are rewired to the result.

    Returns:
        The operator to run for every call, by node; calls without an effect on the result (the
        write-back of a buffer) are left out. None when two names for the same memory make plain
        spelling wrong.
    """
    position = {node: index for index, node in enumerate(graph.nodes)}
    memory = _Memory()
    spelling: dict[fx.Node, str] = {}
    for node in list(graph.nodes):
        if node.op != "call_function":
            continue
        op = name_of(node)
        plain = plain_spelling(op)
        if plain is None:
            base = node.args[0] if node.args and (op in VIEWS or op in IDENTITIES) else None
            memory.add(node, base if isinstance(base, fx.Node) else None)
            spelling[node] = op
            continue
        written = node.args[0]
        if not isinstance(written, fx.Node):
            return None
        if op == "aten.copy_.default" and written.op == "placeholder" and not node.users:
            continue
        if not is_known(plain) or not _rewire(node, written, memory, position, spelling):
            return None
        spelling[node] = plain
    return spelling


def _rewire(
    node: fx.Node,
    written: fx.Node,
    memory: _Memory,
    position: dict[fx.Node, int],
    spelling: dict[fx.Node, str],
) -> bool:
    """Let later readers of what `node` overwrites read `node`; False when one reads a view."""
    for other in list(memory.of(written)):
        later = [user for user in other.users if position[user] > position[node]]
        if not later:
            continue
        same = other is written or _is_same_value(other, written, spelling)
        if not same:
            return False
        other.replace_all_uses_with(
            node, delete_user_cb=lambda user: position[user] > position[node]
        )
    memory.add(node, None)
    return True


def _is_same_value(one: fx.Node, other: fx.Node, spelling: dict[fx.Node, str]) -> bool:
    """Whether two nodes are one value for certain, passed on by operators that do nothing to it."""

    def source(node: fx.Node) -> fx.Node:
        while (op := spelling.get(node)) in _PASSING and isinstance(node.args[0], fx.Node):
            if op in RANDOM and node.args[2] is not False:
                break
            node = node.args[0]
        return node

    return source(one) is source(other)
