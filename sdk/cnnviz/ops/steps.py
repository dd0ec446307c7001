"""How far a picture is moved along the gradient; each picture of a batch by its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor

__all__ = ["RULES", "Rule", "Step", "make_step", "mean_magnitude"]

Rule = Literal["gradient", "normalised", "progress", "adam"]
RULES: tuple[str, ...] = get_args(Rule)

Step = Callable[[Tensor], Tensor]
"""Takes the gradient, (N, …), and gives what is added."""

_SMALLEST = 1e-30


def make_step(rule: Rule, rate: float, *, desired: float) -> Step:
    """Make a rule; it remembers what it needs from one step to the next.

    Args:
        rule: `gradient` adds rate · g; `normalised` divides g by its mean magnitude; `progress`
            (Yosinski) takes the rate that promises `desired`, at most `rate`; `adam` is Kingma and
            Ba's with betas 0.9 and 0.999.
        rate: of the rule.
        desired: rise of the objective that a step of `progress` aims at.
    """
    if rule == "normalised":
        return lambda gradient: rate * gradient / mean_magnitude(gradient)
    if rule == "progress":
        return lambda gradient: _promising(gradient, desired).clamp(max=rate) * gradient
    if rule == "adam":
        return _Adam(rate)
    return lambda gradient: rate * gradient


def mean_magnitude(gradient: Tensor) -> Tensor:
    """Average |g| over each picture, above 0; shaped to divide the gradient by."""
    found = gradient.flatten(1).abs().mean(dim=1).clamp(min=_SMALLEST)
    return found.view(-1, *(1,) * (gradient.ndim - 1))


def _promising(gradient: Tensor, desired: float) -> Tensor:
    """Give the rate at which a linear objective would rise by what is desired."""
    squares = gradient.flatten(1).square().sum(dim=1).clamp(min=_SMALLEST)
    return (desired / squares).view(-1, *(1,) * (gradient.ndim - 1))


class _Adam:
    """Kingma and Ba 2015 (https://arxiv.org/abs/1412.6980), algorithm 1, uphill."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._count = 0
        self._first: Tensor | None = None
        self._second: Tensor | None = None

    def __call__(self, gradient: Tensor) -> Tensor:
        if self._first is None or self._second is None:
            self._first, self._second = torch.zeros_like(gradient), torch.zeros_like(gradient)
        self._count += 1
        self._first.lerp_(gradient, 0.1)
        self._second.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
        first = self._first / (1 - 0.9**self._count)
        second = self._second / (1 - 0.999**self._count)
        return self._rate * first / (second.sqrt() + 1e-8)
