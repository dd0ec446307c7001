"""Training of a style network: one iteration after the other, each known by its number alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

from cnnviz.core.style_net import StyleNetwork
from cnnviz.core.style_objective import StyleObjective
from cnnviz.core.training_crops import TrainingCrops
from cnnviz.core.training_steps import Weights, begun, stepped
from cnnviz.errors import UnsuitableError

__all__ = ["Plan", "Standing", "StyleTraining"]

_MAX_CURVE = 100
"""Points of the losses' curve."""
_LAST_RATE = 0.05
"""Of the rate, in the last iteration."""


class Plan(NamedTuple):
    """How long and how fast."""

    iterations: int
    batch: int
    rate: float
    size: tuple[int, int]
    """Of the crops."""
    at_once: int
    """Pictures of a batch that are on the device together."""

    @property
    def stride(self) -> int:
        """Iterations between two points of the curve."""
        return max(1, -(-self.iterations // _MAX_CURVE))


class Standing(NamedTuple):
    """Where a training stands; replaced as one after each iteration."""

    weights: Weights
    good: Mapping[str, Tensor]
    """The last weights whose loss is known to be a number; where it begins, those."""
    loss: float = math.nan
    """Of the last batch."""
    gathered: tuple[float, int] = (0.0, 0)
    """Sum and number of the losses since the last point of the curve."""
    curve: tuple[tuple[int, float], ...] = ()
    """Iterations done, and the mean loss since the point before."""
    broken: bool = False
    """Whether the loss is no number, so that there is nothing to go on with."""

    @property
    def iteration(self) -> int:
        """Iterations done."""
        return self.weights.steps

    def noted(self, loss: float, weights: Weights, stride: int) -> Standing:
        """Give what comes after an iteration whose loss is a number."""
        total, count = self.gathered[0] + loss, self.gathered[1] + 1
        curve = self.curve
        if count >= stride:
            curve, total, count = (*curve, (weights.steps, total / count)), 0.0, 0
        return Standing(weights, self.weights.values, loss, (total, count), curve)


class StyleTraining:
    """What a network is trained with."""

    def __init__(
        self,
        network: StyleNetwork,
        objective: StyleObjective,
        pictures: TrainingCrops,
        *,
        styles: int,
        plan: Plan,
    ) -> None:
        """Take everything that stays the same.

        Args:
            network: its weights are where the training begins; they stay.
            objective: what is made small.
            pictures: what is learnt from.
            styles: how many.
            plan: how long and how fast.
        """
        self._network, self._objective, self._pictures = network, objective, pictures
        self._styles, self.plan = styles, plan

    def begin(self) -> Standing:
        """Give where it begins."""
        weights = begun({name: v.detach() for name, v in self._network.named_parameters()})
        return Standing(weights, weights.values)

    def advance(self, standing: Standing) -> Standing:
        """Do one iteration; what breaks it off leaves the standing as it was.

        Raises:
            UnsuitableError: the network that judges is not differentiable at its input.
            ParamsError: none of the pictures of a batch can be read.
        """
        weights, plan = standing.weights, self.plan
        wanted, styles = self._pictures.crops(
            weights.steps, count=plan.batch, size=plan.size, styles=self._styles
        )
        leaves = {name: value.detach().requires_grad_() for name, value in weights.values.items()}
        loss, found = 0.0, [torch.zeros_like(leaf) for leaf in leaves.values()]
        for start in range(0, plan.batch, plan.at_once):
            some = slice(start, start + plan.at_once)
            part, gradients = self._derived(leaves, wanted[some], styles[some])
            loss += part
            found = [sum_ + gradient for sum_, gradient in zip(found, gradients, strict=True)]
        if not math.isfinite(loss):
            return standing._replace(loss=math.nan, broken=True)
        if not all(bool(gradient.isfinite().all()) for gradient in found):
            return standing._replace(good=weights.values, loss=loss, broken=True)
        after = stepped(weights, dict(zip(leaves, found, strict=True)), self.rate(weights.steps))
        return standing.noted(loss, after, self.plan.stride)

    def _derived(
        self, leaves: dict[str, Tensor], wanted: Tensor, styles: Tensor
    ) -> tuple[float, tuple[Tensor, ...]]:
        """Give the share that some pictures have in the loss and its gradients."""
        with torch.enable_grad():
            made = self._made(leaves, wanted.float(), functional.one_hot(styles, self._styles))
            loss = self._objective.losses(made, wanted, styles).total.sum() / self.plan.batch
            if not loss.requires_grad:
                message = "the model is not differentiable at its input: nothing to learn from"
                raise UnsuitableError(message)
            found = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
        return float(loss.detach()), found

    def rate(self, iteration: int) -> float:
        """Give the rate of an iteration: it falls as half a cosine."""
        share = _LAST_RATE + (1 - _LAST_RATE) * (
            0.5 + 0.5 * math.cos(math.pi * iteration / self.plan.iterations)
        )
        return self.plan.rate * share

    @torch.no_grad()
    def made(self, values: Mapping[str, Tensor], wanted: Tensor, mix: Tensor) -> Tensor:
        """Give pictures of true colours (N, C, H, W) in mixes (N, S) of the styles."""
        return self._made(dict(values), wanted.float(), mix)

    def _made(self, values: dict[str, Tensor], wanted: Tensor, mix: Tensor) -> Tensor:
        self._network.choose(mix.to(wanted))
        found: Tensor = functional_call(self._network, values, (wanted,))
        return found
