"""The layer list: module calls and functional ops of a captured graph, named and described."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cnnviz.contract.layers import Layer
from cnnviz.graph.operators import is_nonlinearity, is_rectifier, kind_of
from cnnviz.graph.program import WEIGHT, Node, references

__all__ = ["LayerList", "Names", "Scope", "list_layers"]


@dataclass(frozen=True)
class Scope:
    """One call of a module, as the exporter names it."""

    key: str
    """Unique for the call."""
    path: str
    class_name: str
    """With its Python module, such as `torch.nn.modules.conv.Conv2d`."""


@dataclass
class LayerList:
    """What the graph's nodes amount to, for the person who looks at it."""

    layers: list[Layer] = field(default_factory=list)
    taps: dict[str, int] = field(default_factory=dict)
    derived: dict[str, int] = field(default_factory=dict)


class Names:
    """Gives out layer names: the second and later asks for one name get `:1`, `:2` and so on."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def give(self, name: str) -> str:
        """Name the next call of this name."""
        count = self._given.get(name, 0)
        self._given[name] = count + 1
        return f"{name}:{count}" if count else name


@dataclass
class _Call:
    """A module call with the nodes that it made."""

    scope: Scope
    nodes: list[int] = field(default_factory=list)
    deeper: bool = False
    """Whether other modules were called in it."""


class _Lister:
    """Walks the nodes once and describes each call when its first node comes by."""

    def __init__(
        self,
        nodes: Sequence[Node],
        scopes: Sequence[Sequence[Scope]],
        parameters: set[str],
        output: int,
    ) -> None:
        self.nodes = nodes
        self.scopes = scopes
        self.parameters = parameters
        self.output = output
        self.names = Names()
        self.found = LayerList()
        self.users: list[list[int]] = [[] for _ in nodes]
        self.moving = [node.op == "input" for node in nodes]
        for index, node in enumerate(nodes):
            for source in references([node.args, node.kwargs]):
                self.users[source].append(index)
                self.moving[index] = self.moving[index] or self.moving[source]
        self.calls = self._collect_calls()

    def _collect_calls(self) -> dict[str, _Call]:
        calls: dict[str, _Call] = {}
        for index, scopes in enumerate(self.scopes):
            if not self._is_value(index):
                continue
            for depth, scope in enumerate(scopes):
                call = calls.setdefault(scope.key, _Call(scope))
                call.nodes.append(index)
                call.deeper = call.deeper or depth < len(scopes) - 1
        return calls

    def _is_value(self, index: int) -> bool:
        """Whether the node computes something from the image (not sizes, not weights)."""
        op = self.nodes[index].op
        sizes = op.startswith("python.") and op != "python.getitem"
        return self.moving[index] and op not in {"input", "aten.sym_size.int"} and not sizes

    def run(self) -> LayerList:
        seen: set[str] = set()
        for index in range(len(self.nodes)):
            if not self._is_value(index):
                continue
            for scope in self.scopes[index]:
                if scope.key not in seen:
                    seen.add(scope.key)
                    self._add_call(self.calls[scope.key])
            innermost = self.scopes[index][-1] if self.scopes[index] else None
            if innermost is None or not self._is_leaf(self.calls[innermost.key]):
                self._add_functional(index, innermost.path if innermost else "")
        return self.found

    def _main(self, call: _Call) -> list[int]:
        return [index for index in call.nodes if self._kind(index)]

    def _kind(self, index: int) -> str:
        node = self.nodes[index]
        return kind_of(node.op, node.args)

    def _is_leaf(self, call: _Call) -> bool:
        return not call.deeper and (
            call.scope.class_name.startswith("torch.nn.") or len(self._main(call)) <= 1
        )

    def _result(self, call: _Call) -> int:
        """The node that the call returns: the last one that is read outside it."""
        inside = set(call.nodes)
        for index in reversed(call.nodes):
            if index == self.output or any(user not in inside for user in self.users[index]):
                return index
        return call.nodes[-1]

    def _add_call(self, call: _Call) -> None:
        name = self.names.give(call.scope.path)
        short = call.scope.class_name.rpartition(".")[2]
        if not self._is_leaf(call):
            self._add(name, short, self._result(call), container=True)
            return
        main = self._main(call)
        kind = self._kind(main[0]) if len(main) == 1 else _snake(short)
        self._add(
            name,
            kind,
            self._result(call),
            op=main[0] if len(main) == 1 else None,
            owner=call.scope.path,
        )

    def _add_functional(self, index: int, path: str) -> None:
        kind = self._kind(index)
        if kind:
            name = self.names.give(f"{path}.{kind}" if path else kind)
            self._add(name, kind, self._unpacked(index), op=index, owner=path)

    def _unpacked(self, index: int) -> int:
        """The node itself, or the first value taken out of it where it gives several."""
        if self.nodes[index].shape is not None:
            return index
        first = [user for user in self.users[index] if self.nodes[user].args[1:] == [0]]
        return first[0] if first else index

    def _add(
        self,
        name: str,
        kind: str,
        result: int,
        *,
        op: int | None = None,
        owner: str = "",
        container: bool = False,
    ) -> None:
        shape = self.nodes[result].shape
        facts: dict[str, Any] = {}
        if op is not None:
            node = self.nodes[op]
            facts = {
                "rectifier": is_rectifier(node.op, node.args, node.kwargs),
                "nonlinearity": is_nonlinearity(node.op),
                "weights": list(self._weights(node, owner)),
                "groups": _groups(node),
                "transposed": kind.startswith("conv_transpose"),
            }
        layer = Layer(
            name=name,
            kind=kind,
            shape=list(shape[1:]) if shape else [],
            container=container,
            **facts,
        )
        self.found.layers.append(layer)
        if shape is not None:
            self.found.taps[name] = result

    def _weights(self, node: Node, owner: str) -> Iterator[str]:
        """Names of the parameters that an op reads, the kernel first."""
        for position, argument in enumerate(node.args):
            for source in references(argument):
                read = self.nodes[source]
                if read.op == WEIGHT and read.name in self.parameters:
                    yield read.name
                elif (
                    read.op != WEIGHT
                    and not self.moving[source]
                    and position in _ROLES
                    and read.shape
                ):
                    yield self._derive(f"{owner}.{_ROLES[position]}".lstrip("."), source)

    def _derive(self, name: str, source: int) -> str:
        """Name a weight that is computed from others, unless the state has that name."""
        if name not in self.parameters:
            self.found.derived.setdefault(name, source)
        return name


_ROLES = {1: "weight", 2: "bias"}


def _groups(node: Node) -> int:
    """The groups of a convolution; 1 for all else."""
    position = 8 if node.op == "aten.convolution.default" else 6
    if node.op.startswith("aten.conv") and len(node.args) > position:
        return int(node.args[position])
    return 1


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def list_layers(
    nodes: Sequence[Node], scopes: Sequence[Sequence[Scope]], *, parameters: set[str], output: int
) -> LayerList:
    """Describe the layers of a graph, in forward order, a container before what it holds.

    A module without modules in it is one layer; a functional op is a layer named `<module>.<op>`;
    operators that only move values are none.

    Args:
        nodes: the graph's nodes.
        scopes: for each node the module calls that it was made in, outermost first, without the
            model itself.
        parameters: names of the state that are parameters (not buffers).
        output: the node whose value the network returns.
    """
    return _Lister(nodes, scopes, parameters, output).run()
