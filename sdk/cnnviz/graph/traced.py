"""A model made by torch.jit.trace as a plain module: its recorded operations, run from Python."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

from cnnviz.errors import UnsuitableError

__all__ = ["plain_module"]

Function = Callable[..., Any]


@dataclass(frozen=True)
class Step:
    """One recorded operation: what it reads and gives, by the names of values."""

    function: Function
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Recording:
    """What one call of a module does."""

    inputs: tuple[str, ...]
    """The module itself first."""
    steps: tuple[Step, ...]
    output: str


class _Replayed(nn.Module):
    """A module that does what was recorded, on the traced module's own weights."""

    recordings: dict[str, Recording]

    def forward(self, x: Any = None, *more: Any, recording: str = "forward") -> Any:
        """Run the recorded operations in their order; a module that passes on takes nothing."""
        told = self.recordings[recording]
        given = (self, x, *more)[: len(told.inputs)]
        values: dict[str, Any] = dict(zip(told.inputs, given, strict=True))
        for step in told.steps:
            result = step.function(*(values[name] for name in step.inputs))
            if len(step.outputs) == 1:
                values[step.outputs[0]] = result
            else:
                values.update(zip(step.outputs, result, strict=True))
        return values[told.output]


def plain_module(traced: torch.jit.ScriptModule) -> nn.Module:
    """Turn a traced model into modules of the same names, classes and weights.

    Args:
        traced: made by torch.jit.trace, of a model in eval mode.

    Returns:
        A module on the same weights, by reference.

    Raises:
        UnsuitableError: code that was compiled instead of traced, a model that was traced in
            training mode, or an operation that Python cannot call.
    """
    return _module(traced, {}, "")


def _module(script: Any, known: dict[int, nn.Module], path: str) -> nn.Module:
    if id(script) in known:
        return known[id(script)]
    module = _class_of(script)()
    known[id(script)] = module
    for name, tensor in script._parameters.items():
        own = tensor if isinstance(tensor, nn.Parameter) or tensor is None else nn.Parameter(tensor)
        module.register_parameter(name, own)
    for name, tensor in script._buffers.items():
        module.register_buffer(name, tensor)
    for name, child in script._modules.items():
        module.add_module(name, _module(child, known, f"{path}.{name}" if path else name))
    names = [name for name in script._c._method_names() if name.startswith("forward")]
    module.recordings = {
        name: _recording(script._c._get_method(name).graph, path) for name in names
    }
    module.training = getattr(script, "training", False)
    return module


def _class_of(script: Any) -> type[_Replayed]:
    """Make a class that bears the name of the traced module's own."""
    parts = script._c._type().qualified_name().split(".")
    clean = [p for p in parts if p != "__torch__" and not p.startswith("___torch_mangle")]
    return type(clean[-1], (_Replayed,), {"__module__": ".".join(clean[:-1]) or "__main__"})


def _recording(graph: Any, path: str) -> Recording:
    steps = tuple(_step(node, path) for node in graph.nodes())
    (output,) = graph.outputs()
    return Recording(
        inputs=tuple(value.debugName() for value in graph.inputs()),
        steps=steps,
        output=output.debugName(),
    )


def _step(node: Any, path: str) -> Step:
    return Step(
        function=_function(node, path),
        inputs=tuple(value.debugName() for value in node.inputs()),
        outputs=tuple(value.debugName() for value in node.outputs()),
    )


def _function(node: Any, path: str) -> Function:
    """Give what computes a node's outputs from its inputs."""
    kind: str = node.kind()
    if kind == "prim::Constant":
        return _Constant(node.output().toIValue())
    if kind == "prim::GetAttr":
        return operator.attrgetter(node.s("name"))
    if kind == "prim::CallMethod":
        return _Call(node.s("name"))
    if kind in _TRAINS and _is_training(node, kind):
        message = "the model was traced in training mode: trace it after model.eval()"
        raise UnsuitableError(message)
    found = _PLAIN.get(kind) or (_operator(node) if kind.startswith("aten::") else None)
    if found is None:
        where = f"in {path!r}" if path else "in its forward"
        message = (
            f"the TorchScript model has {kind!r} {where}, which is code and no recorded operation: "
            "give the module that it was made from"
        )
        raise UnsuitableError(message)
    return found


def _operator(node: Any) -> Function | None:
    """Give the operator of torch that a node calls, or None where Python has none."""
    name = node.kind().removeprefix("aten::")
    schema = torch._C.parse_schema(node.schema())
    packet = getattr(torch.ops.aten, name, None)
    overload = getattr(packet, schema.overload_name or "default", None)
    by_name = tuple(argument.name for argument in schema.arguments if argument.kwarg_only)
    called = None if overload is None else _Operator(overload, by_name)
    return _Numbers(_ARITHMETIC[name], called) if name in _ARITHMETIC else called


def _is_training(node: Any, kind: str) -> bool:
    given = list(node.inputs())[_TRAINS[kind]]
    return bool(given.node().kind() == "prim::Constant" and given.toIValue())


@dataclass(frozen=True)
class _Constant:
    value: Any

    def __call__(self) -> Any:
        return self.value


@dataclass(frozen=True)
class _Call:
    """Calls a module; one that was called several times has a recording for each."""

    recording: str

    def __call__(self, module: nn.Module, *inputs: Any) -> Any:
        if self.recording == "forward":
            return module(*inputs)
        return module(*inputs, recording=self.recording)


@dataclass(frozen=True)
class _Operator:
    """Calls an operator of torch, its last arguments by their names where it wants them so."""

    overload: Function
    by_name: tuple[str, ...]

    def __call__(self, *inputs: Any) -> Any:
        count = len(inputs) - len(self.by_name)
        return self.overload(
            *inputs[:count], **dict(zip(self.by_name, inputs[count:], strict=True))
        )


@dataclass(frozen=True)
class _Numbers:
    """Python's arithmetic for sizes, which a trace keeps as tensors; torch's for tensors."""

    of_numbers: Function
    of_tensors: Function | None

    def __call__(self, *inputs: Any) -> Any:
        if any(isinstance(value, Tensor) for value in inputs[:2]) and self.of_tensors is not None:
            return self.of_tensors(*inputs)
        return self.of_numbers(*inputs[:2])


def _convolution(x: Tensor, weight: Tensor, bias: Tensor | None, *rest: Any) -> Any:
    """Call the convolution by the name that it has in a model that was not traced."""
    stride, padding, dilation, transposed, more, groups = rest[:6]
    if not transposed and x.dim() == 4:
        return torch.ops.aten.conv2d.default(x, weight, bias, stride, padding, dilation, groups)
    return torch.ops.aten.convolution.default(
        x, weight, bias, stride, padding, dilation, transposed, more, groups
    )


def _batch_norm(*inputs: Any) -> Any:
    """Leave it to this machine, not to the one that traced, whether cuDNN is used."""
    return torch.ops.aten.batch_norm.default(*inputs[:8], torch.backends.cudnn.enabled)


def _dictionary(*parts: Any) -> dict[Any, Any]:
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _size(x: Tensor, *dimension: int) -> Any:
    return x.size(*dimension)


def _same(value: Any) -> Any:
    return value


def _listed(*values: Any) -> list[Any]:
    return list(values)


def _together(*values: Any) -> tuple[Any, ...]:
    return values


def _apart(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else values


_PLAIN: Final[dict[str, Function]] = {
    "prim::ListConstruct": _listed,
    "prim::DictConstruct": _dictionary,
    "prim::TupleConstruct": _together,
    "prim::TupleUnpack": _apart,
    "prim::ListUnpack": _apart,
    "prim::NumToTensor": _same,
    "aten::Int": _same,
    "aten::ScalarImplicit": _same,
    "aten::IntImplicit": _same,
    "aten::__getitem__": operator.getitem,
    "aten::size": _size,
    "aten::_convolution": _convolution,
    "aten::batch_norm": _batch_norm,
}

_ARITHMETIC: Final[dict[str, Function]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "floor_divide": operator.floordiv,
    "floordiv": operator.floordiv,
    "remainder": operator.mod,
}

_TRAINS: Final = {"aten::batch_norm": 5, "aten::dropout": 2}
"""Operations that do something else in training, and where their recorded mode stands."""
