"""Gradients that pass a rectifier which is off where following them would turn it on.

A unit that is off passes no gradient, so nothing can be learnt about how to turn it on. Lucid
(https://github.com/tensorflow/lucid, `redirected_relu_grad`) lets the gradient through where it
would raise the unit. What is laid on the autograd graph goes with it after one backward pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor
from torch.autograd.graph import Node

from cnnviz.ops.rectifiers import is_rectifier, rectifiers_of

__all__ = ["redirect_blocked", "redirect_own"]

_PASSED: Final = (
    *("View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Alias", "Clone", "Mean"),
    *("MaxPool2D", "AvgPool2D", "AdaptiveAvgPool2D", "AdaptiveMaxPool2D", "NativeDropout"),
)
"""Begin the names of what may lie between a layer's rectifier and its output."""


def redirect_blocked(objective: Tensor, pictures: Tensor) -> int:
    """Redirect at every rectifier that passes no gradient at all of a picture.

    Args:
        objective: is made larger; with its autograd graph, whose next backward pass is changed.
        pictures: (N,) bool, which of them it is done for.

    Returns:
        The number of rectifiers on the way.
    """
    nodes = rectifiers_of(objective)
    for node in nodes:
        _redirect(node, blocked=pictures)
    return len(nodes)


def redirect_own(output: Tensor) -> bool:
    """Redirect at the rectifier that a layer's output comes from, through poolings at most.

    Args:
        output: of a layer, with its autograd graph; what is derived from it is made larger.

    Returns:
        Whether there is one; a layer may end in something else.
    """
    node = output.grad_fn
    while node is not None and node.name().startswith(_PASSED):
        node = node.next_functions[0][0]
    if node is None or not is_rectifier(node):
        return False
    _redirect(node, blocked=None)
    return True


def _redirect(node: Node, *, blocked: Tensor | None) -> None:
    """Lay it on a node; with `blocked`, for those pictures of which nothing else passes."""
    if node.name() == "LeakyReluBackward0":
        return  # it is never off
    off, full = _closed(node)

    def hook(by_inputs: Sequence[Any], by_outputs: Sequence[Any]) -> tuple[Any, ...]:
        plain, wanted = by_inputs[0], by_outputs[0]
        found = torch.where(off, wanted.clamp(min=0), plain)
        if full is not None:
            found = torch.where(full, wanted.clamp(max=0), found)
        if blocked is not None:
            here = blocked & (plain.flatten(1).abs().amax(dim=1) == 0)
            found = torch.where(here.view(-1, *(1,) * (plain.ndim - 1)), found, plain)
        return (found, *by_inputs[1:])

    node.register_hook(hook)


def _closed(node: Node) -> tuple[Tensor, Tensor | None]:
    """Find where a rectifier passes nothing: below its range, and above it if that has an end."""
    if node.name() == "ReluBackward0":
        return _saved(node, "result") <= 0, None
    before = _saved(node, "self")
    top = _saved(node, "max_val" if node.name() == "HardtanhBackward0" else "max")
    return before <= 0, None if top is None else before >= top


def _saved(node: Node, name: str) -> Any:
    return getattr(node, f"_saved_{name}", None)
