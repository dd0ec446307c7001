"""From torch's exported program to ours: plain nodes, layers, and what image sizes may be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from msgspec.structs import replace
from torch import fx
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind
from torch.utils import _pytree as pytree

from cnnviz.errors import UnsuitableError
from cnnviz.graph.dry_run import restate_shapes
from cnnviz.graph.functional import name_of, replace_in_place_ops
from cnnviz.graph.layers import Scope, list_layers
from cnnviz.graph.operators import ATEN_KINDS, is_known
from cnnviz.graph.output import find_scores
from cnnviz.graph.program import INPUT, WEIGHT, Constant, Node, Program
from cnnviz.graph.sizes import concrete, read_image_input
from cnnviz.graph.tensors import dtype_name, tensor_info

__all__ = ["convert"]

_CHECKS = (
    "aten._assert_scalar.default",
    "aten._assert_async.msg",
    "aten._assert_tensor_metadata.default",
    "aten.sym_constrain_range.default",
    "aten.sym_constrain_range_for_size.default",
)

# What run_decompositions makes of a batch norm in eval mode: the result and two empty statistics.
_DECOMPOSED_BATCH_NORM = "aten._native_batch_norm_legit_no_training.default"

# Tensors without values get zeros: a graph never shows what lay in memory before.
_FILLED = {
    "aten.empty_like.default": "aten.zeros_like.default",
    "aten.new_empty.default": "aten.new_zeros.default",
    "aten.empty.memory_format": "aten.zeros.default",
}


class _Converter:
    """Turns the nodes of one exported program into ours."""

    def __init__(self, exported: ExportedProgram, spelling: Mapping[fx.Node, str]) -> None:
        self.exported = exported
        self.spelling = spelling
        self.inputs = {spec.arg.name: spec for spec in exported.graph_signature.input_specs}
        self.nodes: list[Node] = []
        self.scopes: list[list[Scope]] = []
        self.index: dict[fx.Node, int] = {}
        self.constants: dict[str, Constant] = {}

    def run(self) -> None:
        alive = _alive(self.exported.graph, self.spelling)
        for node in self.exported.graph.nodes:
            if node not in alive:
                continue
            if _takes_from_batch_norm(node):
                self.index[node] = self.index[node.args[0]]
                continue
            self.index[node] = len(self.nodes)
            self.nodes.append(
                self._placeholder(node) if node.op == "placeholder" else self._call(node)
            )
            self.scopes.append(_scopes(node))

    def _placeholder(self, node: fx.Node) -> Node:
        spec = self.inputs[node.name]
        shape = _shape(node)
        if spec.kind is InputKind.USER_INPUT:
            return Node(op=INPUT, shape=shape)
        if spec.kind in (InputKind.PARAMETER, InputKind.BUFFER) and spec.target is not None:
            return Node(op=WEIGHT, name=spec.target, shape=shape)
        if spec.kind is InputKind.CONSTANT_TENSOR and spec.target is not None:
            self.constants[spec.target] = _constant(self.exported.constants[spec.target])
            return Node(op="constant", name=spec.target, shape=shape)
        message = (
            f"the model takes an input that a graph cannot hold: {node.name} ({spec.kind.name})"
        )
        raise UnsuitableError(message)

    def _call(self, node: fx.Node) -> Node:
        op = self.spelling.get(node) or name_of(node)
        scopes = _scopes(node)
        path = scopes[-1].path if scopes else ""
        args = [self._argument(value) for value in node.args]
        kwargs = {
            name: self._argument(value) for name, value in node.kwargs.items() if name != "layout"
        }
        op = _FILLED.get(op, op)
        if op == _DECOMPOSED_BATCH_NORM:
            args = [*args[:5], False, *args[5:], False]
            return Node(
                op="aten.batch_norm.default", args=args, module=path, shape=_first_shape(node)
            )
        if node.op != "call_function" or not is_known(op):
            message = (
                f"the model uses {op!r} in {path or 'its forward'!r}, which a graph cannot hold"
            )
            raise UnsuitableError(message)
        return Node(op=op, args=args, kwargs=kwargs, module=path, shape=_shape(node))

    def _argument(self, value: Any) -> Any:
        if isinstance(value, fx.Node):
            return {"node": self.index[value]}
        if isinstance(value, float) and not math.isfinite(value):
            return {"float": str(value)}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, tuple | list):
            return [self._argument(item) for item in value]
        if isinstance(value, torch.dtype):
            return {"dtype": dtype_name(value)}
        if isinstance(value, torch.device):
            return {"device": "own"}
        if isinstance(value, torch.memory_format):
            return {"memory_format": str(value).removeprefix("torch.")}
        message = f"an operator takes a {type(value).__name__}, which a graph cannot hold"
        raise UnsuitableError(message)


def _takes_from_batch_norm(node: fx.Node) -> bool:
    """Whether a node only takes the result out of a decomposed batch norm's three values."""
    source = node.args[0] if node.args else None
    return (
        name_of(node) == "python.getitem"
        and isinstance(source, fx.Node)
        and name_of(source) == _DECOMPOSED_BATCH_NORM
    )


def _alive(graph: fx.Graph, spelling: Mapping[fx.Node, str]) -> set[fx.Node]:
    """Leave out checks, write-backs, and sizes or views that nothing reads."""
    alive: set[fx.Node] = set()
    for node in reversed(graph.nodes):
        if node.op == "output":
            continue
        read = any(user in alive or user.op == "output" for user in node.users)
        op = spelling.get(node)
        if node.op == "call_function" and (op is None or op in _CHECKS):
            continue
        if read or (op is not None and ATEN_KINDS.get(op) != "" and not op.startswith("python.")):
            alive.add(node)
        elif node.op == "placeholder" and "val" in node.meta and not node.users:
            continue
    return alive


def _shape(node: fx.Node) -> list[int] | None:
    """Shape of a node's value at the captured image size; None when it is not a tensor."""
    return _shape_of(node.meta.get("val"))


def _first_shape(node: fx.Node) -> list[int] | None:
    return _shape_of(node.meta["val"][0])


def _shape_of(value: object) -> list[int] | None:
    return [concrete(size) for size in value.shape] if isinstance(value, torch.Tensor) else None


def _scopes(node: fx.Node) -> list[Scope]:
    """Module calls that a node was made in, outermost first, the model itself left out."""
    stack: dict[str, tuple[str, Any]] = node.meta.get("nn_module_stack") or {}
    return [
        Scope(
            key=key,
            path=path,
            class_name=kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}",
        )
        for key, (path, kind) in stack.items()
        if path
    ]


def _constant(tensor: torch.Tensor) -> Constant:
    plain = tensor.detach().cpu().contiguous()
    data = plain.reshape(-1).view(torch.uint8).numpy().tobytes() if plain.numel() else b""
    return Constant(dtype=dtype_name(plain.dtype), shape=list(plain.shape), data=data)


def _find_image(exported: ExportedProgram) -> fx.Node:
    """The placeholder of the model's one input."""
    (name,) = exported.graph_signature.user_inputs
    nodes: list[fx.Node] = list(exported.graph.nodes)
    return next(node for node in nodes if node.name == name)


def convert(
    exported: ExportedProgram,
    *,
    model: str,
    shape: list[int],
    state: Mapping[str, torch.Tensor],
    parameters: set[str],
) -> Program:
    """Turn an exported program into ours.

    Args:
        exported: of one image batch; its graph is rewired and may not be used afterwards.
        model: the model's class name.
        shape: of the example, (N, C, H, W), if the program was exported at another size.
        state: the model's whole state by name.
        parameters: the names among them that are parameters.

    Raises:
        UnsuitableError: an operator, argument or output that our graph cannot hold; the message
            names it.
    """
    sizes = read_image_input(_find_image(exported))
    spelling = replace_in_place_ops(exported.graph)
    if spelling is None:
        exported = exported.run_decompositions({})
        spelling = replace_in_place_ops(exported.graph)
        if spelling is None:
            message = (
                "the model writes into a tensor through a view, in a way that a graph cannot hold"
            )
            raise UnsuitableError(message)
    converter = _Converter(exported, spelling)
    converter.run()
    results = list(exported.graph.output_node().args[0])
    first = len(results) - len(exported.graph_signature.user_outputs)
    outputs = pytree.tree_unflatten(results[first:], exported.call_spec.out_spec)
    scores, output_name = find_scores(
        outputs, of=lambda node: _shape(node) if isinstance(node, fx.Node) else None
    )
    program = Program(
        model=model,
        input=sizes,
        output=converter.index[scores],
        output_name=output_name,
        layers=[],
        taps={},
        weights={name: tensor_info(tensor) for name, tensor in state.items()},
        constants=converter.constants,
        nodes=converter.nodes,
    )
    if shape[1:] != sizes.shape:
        program = restate_shapes(program, shape)
    found = list_layers(
        program.nodes, converter.scopes, parameters=parameters, output=program.output
    )
    return replace(program, layers=found.layers, taps=found.taps, derived=found.derived)
