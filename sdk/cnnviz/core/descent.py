"""Going down from noise to a picture that a layer cannot tell from an example."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple

import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.params import Params
from cnnviz.core.pictures_made import inputs_of, uphill
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.redirected import redirect_own
from cnnviz.ops.regularisers import alpha_norm, total_variation
from cnnviz.ops.steps import make_step

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["DescentParams", "Energy", "descend", "weight_by_depth"]

_SMALLEST: Final = 1e-30
_PHASES: Final = ((0.25, 1.0), (0.75, 0.1), (1.0, 0.01))
"""Until which share of the iterations the paper's rate is multiplied with what."""
_FIRST_TV: Final = 0.03
_LAST_TV: Final = 100.0
"""Weights of total variation at a network's first layer and at its last."""


class DescentParams(Params, frozen=True):
    """How a layer is inverted. Pixels count in 0 … 255, the mean taken off."""

    iterations: Annotated[int, Meta(ge=1, le=100_000, description="Steps.")] = 400
    rule: Annotated[
        Literal["adam", "momentum"],
        Meta(description="The step: Adam, or the paper's gradient descent with momentum 0.9."),
    ] = "adam"
    rate: Annotated[
        float,
        Meta(
            gt=0,
            description="Of the step: px of 0 … 255 for Adam, falling to 0 as half a cosine; 0.004 "
            "in the paper, a tenth of it after a quarter of the steps, a hundredth in the last.",
        ),
    ] = 8.0
    redirect: Annotated[
        bool,
        Meta(
            description="A unit of the layer that is off where the example's is on lets the "
            "gradient through: nothing else can turn it on."
        ),
    ] = True
    tv: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            description="Weight of total variation; empty: 0.03 at the first layer, growing evenly "
            "with the depth to 100 at the last. The paper: 1, 10, 100, early to late."
        ),
    ] = None
    beta: Annotated[float, Meta(gt=0, le=4, description="Power of total variation.")] = 2.0
    norm: Annotated[
        float,
        Meta(
            ge=0,
            description="Weight of Σ |x|^alpha; ten times that in the paper, whose colours nothing "
            "else bounds.",
        ),
    ] = 8e-11
    alpha: Annotated[int, Meta(ge=2, le=12, description="Power of the norm.")] = 6


class Energy(NamedTuple):
    """What is made small for some pictures."""

    net: Net
    layer: str
    space: PixelSpace
    params: DescentParams
    tv: float
    """Weight of total variation."""
    features: Tensor
    """(N, …): of the examples."""
    feature_square: Tensor
    """(N,): their squared norm."""
    pixel_square: Tensor
    """(N,): the squared norm of the examples."""

    @classmethod
    def of(
        cls, net: Net, layer: str, space: PixelSpace, params: DescentParams, examples: Tensor
    ) -> Energy:
        """Look at the examples, pixels (N, C, H, W)."""
        with torch.no_grad():
            features = net.features(inputs_of(space, examples), [layer])[layer]
        squares = [part.flatten(1).square().sum(dim=1) for part in (features, examples)]
        feature_square, pixel_square = (square.clamp(min=_SMALLEST) for square in squares)
        tv = weight_by_depth(net, layer) if params.tv is None else params.tv
        return cls(net, layer, space, params, tv, features, feature_square, pixel_square)

    def error(self, pixels: Tensor, *, redirect: bool = False) -> Tensor:
        """Give ‖Φ − Φ₀‖² / ‖Φ₀‖², (N,).

        Args:
            pixels: (N, C, H, W).
            redirect: whether the next backward pass may turn the layer's units on that are off.
        """
        features = self.net.features(inputs_of(self.space, pixels), [self.layer])[self.layer]
        if redirect:
            redirect_own(features)
        distance = (features - self.features).flatten(1).square().sum(dim=1)
        return distance / self.feature_square

    def values(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Give the error, and the energy times the picture's squared norm, negative: (N,) each."""
        params = self.params
        error = self.error(pixels, redirect=params.redirect)
        penalty = torch.zeros_like(self.pixel_square)
        if self.tv:
            penalty = penalty + self.tv / 2 * total_variation(pixels, params.beta)
        if params.norm:
            penalty = penalty + params.norm / 2 * alpha_norm(pixels, params.alpha)
        return error, -(self.pixel_square * error + penalty)


def weight_by_depth(net: Net, layer: str) -> float:
    """Choose the weight of total variation: early layers fix every pixel, late ones few things."""
    names = [one.name for one in net.layers if not one.container]
    share = names.index(layer) / max(len(names) - 1, 1) if layer in names else 1.0
    return float(f"{_FIRST_TV * (_LAST_TV / _FIRST_TV) ** share:.2g}")


def descend(energy: Energy, noise: Tensor, report: Callable[[int, Tensor, Tensor], None]) -> Tensor:
    """Go down from noise of the examples' norm.

    Args:
        energy: of the pictures.
        noise: (N, C, H, W), standard normal.
        report: told every step: its number from 1, the pixels, the squared errors.

    Returns:
        Pixels, (N, C, H, W).
    """
    params = energy.params
    norm = noise.flatten(1).square().sum(dim=1).sqrt()
    scale = (energy.pixel_square.sqrt() / norm).view(-1, 1, 1, 1)
    pixels: Tensor = noise * scale
    momentum, before = torch.zeros_like(pixels), 0.0
    adam = make_step("adam", 1.0, desired=0.0)
    for step in range(params.iterations):
        errors, gradient = uphill(energy.values, pixels)
        done = step / params.iterations
        if params.rule == "adam":
            rate = params.rate * (1 + math.cos(math.pi * done)) / 2
            pixels = energy.space.clip(pixels + rate * adam(gradient))
        else:
            # A momentum gathered at a larger rate overshoots: the paper forgets it.
            rate = params.rate * next(share for until, share in _PHASES if done < until)
            momentum = rate * gradient + (0.9 * momentum if rate == before else 0.0)
            pixels, before = pixels + momentum, rate
        report(step + 1, pixels, errors)
    return pixels
