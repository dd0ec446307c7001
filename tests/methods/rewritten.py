"""Copies of networks in which every rectifier is a module, for oracles that know modules only."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

_FUNCTIONS = {F.relu, torch.relu, torch.relu_, F.relu_}


def with_modules(model: nn.Module, make: Callable[[], nn.Module] = nn.ReLU) -> nn.Module:
    """Trace a copy and put a module of its own wherever a ReLU or ReLU6 is called, in any way."""
    traced = fx.symbolic_trace(copy.deepcopy(model).eval())
    modules = dict(traced.named_modules())
    for number, node in enumerate(list(traced.graph.nodes)):
        called = modules.get(str(node.target)) if node.op == "call_module" else None
        if not (
            isinstance(called, nn.ReLU | nn.ReLU6)
            or (node.op == "call_function" and node.target in _FUNCTIONS)
            or (node.op == "call_method" and node.target in {"relu", "relu_"})
        ):
            continue
        name = f"rectifier_{number}"
        six = isinstance(called, nn.ReLU6)
        traced.add_submodule(name, nn.Sequential(make(), Cut()) if six else make())
        with traced.graph.inserting_after(node):
            new = traced.graph.call_module(name, (node.args[0],))
        node.replace_all_uses_with(new)
        traced.graph.erase_node(node)
    traced.recompile()
    return traced


class Cut(nn.Module):
    """The upper end of a ReLU6, which keeps its derivative."""

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp(max=6)


class _Guided(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * (x > 0)

    @staticmethod
    def backward(ctx, relevance):
        (x,) = ctx.saved_tensors
        return relevance * (x > 0) * (relevance > 0)


class _Deconvnet(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * (x > 0)

    @staticmethod
    def backward(ctx, relevance):
        return relevance * (relevance > 0)


class Slow(nn.Module):
    """A ReLU whose backward pass is the paper's formula, word by word."""

    def __init__(self, rule: str) -> None:
        super().__init__()
        self.function = {"guided_backprop": _Guided, "deconvnet": _Deconvnet}[rule]

    def forward(self, x: Tensor) -> Tensor:
        return self.function.apply(x)


def slow_gradient(model: nn.Module, x: Tensor, target: int, rule: str) -> Tensor:
    """Go back through a copy with slow rectifiers: (N, C, H, W)."""
    leaf = x.clone().requires_grad_()
    scores = with_modules(model, lambda: Slow(rule))(leaf)
    (gradient,) = torch.autograd.grad(scores[:, target].sum(), leaf)
    return gradient
