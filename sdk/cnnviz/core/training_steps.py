"""Adam as a function: a step gives new weights, so what breaks it off leaves the old ones whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Weights", "begun", "stepped"]

_FIRST, _SECOND = 0.9, 0.999


class Weights(NamedTuple):
    """Where a training stands: replaced as one, never written to."""

    values: Mapping[str, Tensor]
    first: Mapping[str, Tensor]
    """Running means of the gradients."""
    second: Mapping[str, Tensor]
    """And of their squares."""
    steps: int
    """That were made."""


def begun(values: Mapping[str, Tensor]) -> Weights:
    """Begin with some weights, before the first step."""
    first, second = ({name: torch.zeros_like(v) for name, v in values.items()} for _ in range(2))
    return Weights(dict(values), first, second, 0)


@torch.no_grad()
def stepped(weights: Weights, gradients: Mapping[str, Tensor], rate: float) -> Weights:
    """Step downhill by Adam (Kingma, Ba 2015, https://arxiv.org/abs/1412.6980, algorithm 1).

    Args:
        weights: stay as they are.
        gradients: one a weight.
        rate: of this step, > 0.
    """
    steps = weights.steps + 1
    share, spread = 1 - _FIRST**steps, 1 - _SECOND**steps
    values, first, second = {}, {}, {}
    for name, value in weights.values.items():
        gradient = gradients[name]
        first[name] = weights.first[name].lerp(gradient, 1 - _FIRST)
        square = (weights.second[name] * _SECOND).addcmul_(gradient, gradient, value=1 - _SECOND)
        second[name] = square
        divisor = (square / spread).sqrt_().add_(1e-8)
        values[name] = torch.addcdiv(value, first[name], divisor, value=-rate / share)
    return Weights(values, first, second, steps)
