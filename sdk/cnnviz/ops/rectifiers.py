"""Rules for the rectifiers of a recorded autograd graph: guided backpropagation and the deconvnet.

A rule changes what flows back through each rectifier. It is laid on the nodes of the autograd graph
and not on modules, so that it meets a rectifier in any spelling: `nn.ReLU`, `F.relu`, `x.relu_()`,
`clamp(min=0)`, ReLU6, LeakyReLU, one module called many times. What the rule does not define is
refused. A rectifier that is spelled as a product with a mask, `x * (x > 0)`, is not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.autograd.graph import Node

from cnnviz.contract.layers import Layer
from cnnviz.errors import UnsuitableError

__all__ = [
    "Rectifiers",
    "Rule",
    "deconvnet_rule",
    "find_rectifiers",
    "guided_rule",
    "is_rectifier",
    "rectifiers_of",
    "ruled",
    "undefined_reason",
]

Rule = Callable[[Tensor, Tensor], Tensor]
"""Takes the gradient by a rectifier's input and by its output; gives what flows on instead."""

DEFINED: Final = "the rule is defined for rectifiers (ReLU, ReLU6, LeakyReLU, clamp at 0)"

_UNDEFINED: Final = {
    "silu": "SiLU",
    "gelu": "GELU",
    "hardswish": "Hardswish",
    "mish": "Mish",
    "elu": "ELU",
    "selu": "SELU",
    "celu": "CELU",
    "prelu": "PReLU",
    "rrelu": "RReLU",
    "glu": "GLU",
    "hardtanh": "Hardtanh",
    "tanh": "tanh",
    "tanhshrink": "Tanhshrink",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "log_sigmoid": "LogSigmoid",
    "softshrink": "Softshrink",
    "hardshrink": "Hardshrink",
}
"""Nonlinearities without a rule, by the kind of their layers."""

_UNDEFINED_NODES: Final = {
    "SiluBackward0": "SiLU",
    "GeluBackward0": "GELU",
    "HardswishBackward0": "Hardswish",
    "MishBackward0": "Mish",
    "EluBackward0": "ELU or SELU",
    "CeluBackward0": "CELU",
    "PreluKernelBackward0": "PReLU",
    "RreluWithNoiseBackward0": "RReLU",
    "GluBackward0": "GLU",
    "TanhBackward0": "tanh",
    "SoftplusBackward0": "Softplus",
    "LogSigmoidBackward0": "LogSigmoid",
    "SoftshrinkBackward0": "Softshrink",
    "HardshrinkBackward0": "Hardshrink",
    "AbsBackward0": "absolute value",
    "ExpBackward0": "exponential",
    "ErfBackward0": "error function",
    "SinBackward0": "sine",
    "CosBackward0": "cosine",
    "WhereBackward0": "torch.where",
    "MaskedFillBackward0": "masked_fill",
    "torch::autograd::CopySlices": "operation in place on a part of a tensor",
}
"""Autograd nodes that the rule is not defined for, and what they are called."""

_GATES: Final = frozenset({"SigmoidBackward0", "HardsigmoidBackward0", "SoftmaxBackward0"})
"""Squashes that may weigh something else: attention over channels or places."""

_ENDINGS: Final = _GATES | {"LogSoftmaxBackward0"}
"""Squashes that a model may end in."""

_MOVES: Final = frozenset(
    f"{name}Backward0"
    for name in (
        *("View", "UnsafeView", "ReshapeAlias", "Expand", "Unsqueeze", "Squeeze", "Permute"),
        *("Transpose", "T", "Slice", "Select", "Split", "Alias", "Clone", "ToCopy", "Repeat"),
    )
) | {"SqueezeBackward1", "SqueezeBackward2"}
"""Nodes that only move values."""

_POINTWISE: Final = (
    _MOVES
    | frozenset(
        f"{name}Backward0"
        for name in ("Add", "Sub", "Rsub", "Mul", "Div", "Neg", "Hardtanh", "Clamp", "Relu")
    )
    | {"ClampBackward1", "SigmoidBackward0", "HardsigmoidBackward0"}
)
"""Nodes by which `x · gate(x)`, a Swish spelled out, comes back to its x."""

_SQUASHES: Final = frozenset(
    {"SigmoidBackward0", "HardsigmoidBackward0", "HardtanhBackward0", "ClampBackward1"}
)


def guided_rule(by_input: Tensor, by_output: Tensor) -> Tensor:  # noqa: ARG001
    """Let through what is positive, where the input was: guided backpropagation."""
    return by_input.clamp(min=0)


def deconvnet_rule(by_input: Tensor, by_output: Tensor) -> Tensor:  # noqa: ARG001
    """Let through what is positive, whatever the input was: the deconvnet."""
    return by_output.clamp(min=0)


@dataclass
class Rectifiers:
    """The rectifiers that an output was computed through."""

    nodes: list[Node] = field(default_factory=list)
    gates: int = 0
    """Sigmoids that weigh another tensor; they pass with their true derivative."""
    switches: int = 0
    """Poolings that pass on to the place of a maximum."""
    met: set[Node] = field(default_factory=set)
    """Those that the rule was applied to, after a backward pass."""


def undefined_reason(layers: Sequence[Layer], *, complete: bool) -> str | None:
    """Say why the rules are not defined for a network, as far as its layers tell, or None.

    Args:
        layers: of the network.
        complete: whether every operation is among them, not modules alone.
    """
    parts = [layer for layer in layers if not layer.container]
    others = [layer for layer in parts if layer.kind in _UNDEFINED and not layer.rectifier]
    if others:
        counts = Counter(_UNDEFINED[layer.kind] for layer in others)
        return f"{DEFINED}, and it has {_listed(counts)}, the first at {others[0].name!r}"
    if complete and not any(layer.rectifier for layer in parts):
        return f"{DEFINED}, and it has none, so that the map would be the plain gradient"
    return None


def find_rectifiers(output: Tensor) -> Rectifiers:
    """Find the rectifiers between an output and what was derived by.

    Sigmoid and softmax gates pass, since they weigh features and do not rectify them; so does the
    one that the output ends in.

    Args:
        output: scores or a layer's output, with its autograd graph.

    Raises:
        UnsuitableError: something on the way that the rules are not defined for; names it.
    """
    found, undefined = Rectifiers(), Counter[str]()
    ending = _ending(output.grad_fn)
    consumers: dict[Node, list[Node]] = {}
    for node in _walk(output.grad_fn):
        sources = _sources(node)
        for source in sources:
            consumers.setdefault(source, []).append(node)
        found.switches += node.name().startswith(("MaxPool", "AdaptiveMaxPool"))
        if is_rectifier(node):
            found.nodes.append(node)
        elif name := _undefined_name(node):
            undefined[name] += 1
        if node.name() == "MulBackward0" and len(sources) == 2 and _is_swish(*sources):
            undefined["product of a tensor with its own gate (SiLU or Hardswish)"] += 1
    for node in consumers:
        if node is ending or node.name() not in _ENDINGS:
            continue
        if node.name() in _GATES and _weighs(node, consumers):
            found.gates += 1
        else:
            undefined[node.name().removesuffix("Backward0")] += 1
    if undefined:
        raise UnsuitableError(f"{DEFINED}, and on the way to the image lie {_listed(undefined)}")
    return found


def rectifiers_of(output: Tensor) -> list[Node]:
    """List the rectifiers that an output was computed through, whatever else lies there."""
    return [node for node in _walk(output.grad_fn) if is_rectifier(node)]


@contextmanager
def ruled(rectifiers: Rectifiers, rule: Rule) -> Iterator[None]:
    """Apply a rule to rectifiers in the backward passes of the block; no hook stays behind."""

    def follow(node: Node) -> Callable[..., Any]:
        def hook(by_inputs: Sequence[Any], by_outputs: Sequence[Any]) -> tuple[Any, ...]:
            rectifiers.met.add(node)
            return (rule(by_inputs[0], by_outputs[0]), *by_inputs[1:])

        return hook

    with ExitStack() as stack:
        for node in rectifiers.nodes:
            stack.callback(node.register_hook(follow(node)).remove)
        yield


def _walk(start: Node | None) -> Iterator[Node]:
    """Give every node that a gradient passes, once."""
    waiting = [start] if start is not None else []
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        yield node
        for source in _sources(node):
            if source not in seen:
                seen.add(source)
                waiting.append(source)


def _sources(node: Node) -> list[Node]:
    return [source for source, _ in node.next_functions if source is not None]


def is_rectifier(node: Node) -> bool:
    """Whether an autograd node is a rectifier, in whatever spelling."""
    name = node.name()
    if name == "ReluBackward0":
        return True
    if name == "LeakyReluBackward0":
        return bool(_saved(node, "negative_slope") >= 0)
    if name == "ThresholdBackward0":
        return bool(_saved(node, "threshold") == 0)
    if name == "HardtanhBackward0":
        return bool(_saved(node, "min_val") == 0)
    if name in {"ClampBackward0", "ClampBackward1", "ClampMinBackward0", "ClampMinBackward1"}:
        return _is_all(_saved(node, "min"), lambda low: low == 0)
    return False


def _undefined_name(node: Node) -> str:
    """Name what a node that is no rectifier does, if the rules are not defined for it."""
    name = node.name()
    if issubclass(type(node), BackwardCFunction):
        return f"custom autograd function {name.removesuffix('Backward')}"
    if name in {"LeakyReluBackward0", "ThresholdBackward0", "HardtanhBackward0"}:
        return f"{name.removesuffix('Backward0')} with a bound that is not 0"
    if name.startswith("ClampBackward") and _saved(node, "min") is not None:
        # A bound above zero guards a root or a logarithm; one below is an activation.
        return "" if _is_all(_saved(node, "min"), lambda low: low > 0) else "clamp below 0"
    if name in {"MaximumBackward0", "MinimumBackward0"} and len(_sources(node)) == 1:
        return f"{name.removesuffix('Backward0').lower()} with a constant"
    if name.startswith("ScaledDotProduct"):
        return "attention"
    return _UNDEFINED_NODES.get(name, "")


def _saved(node: Node, name: str) -> Any:
    return getattr(node, f"_saved_{name}", None)


def _is_all(bound: Any, holds: Callable[[Any], Any]) -> bool:
    """Whether a bound, a number or a tensor of them, is there and holds everywhere."""
    if bound is None:
        return False
    answer = holds(bound)
    return bool(answer.all()) if isinstance(answer, Tensor) else bool(answer)


def _ending(node: Node | None) -> Node | None:
    """Give the squash that an output ends in, if it does."""
    while node is not None and node.name() in _MOVES:
        sources = _sources(node)
        node = sources[0] if len(sources) == 1 else None
    return node if node is not None and node.name() in _ENDINGS else None


def _weighs(node: Node, consumers: dict[Node, list[Node]]) -> bool:
    """Whether all that reads a squash multiplies something by it."""
    for reader in consumers.get(node, []):
        if reader.name() in _MOVES:
            if not _weighs(reader, consumers):
                return False
        elif reader.name() != "MulBackward0" or len(_sources(reader)) != 2:
            return False
    return bool(consumers.get(node))


def _is_swish(left: Node, right: Node) -> bool:
    """Whether a product's one factor is a squashed copy of the other."""
    return _comes_from(left, right) or _comes_from(right, left)


def _comes_from(node: Node, origin: Node) -> bool:
    squashed = False
    while node is not origin:
        sources = _sources(node)
        if node.name() not in _POINTWISE or len(sources) != 1:
            return False
        squashed = squashed or node.name() in _SQUASHES
        node = sources[0]
    return squashed


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} × {name}" for name, count in counts.items())
