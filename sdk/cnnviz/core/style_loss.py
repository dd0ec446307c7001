"""How far a picture is from one picture's content and from the style of others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import torch
from torch import Tensor

from cnnviz.core.pictures_made import inputs_of
from cnnviz.core.tiles import Plan, whole
from cnnviz.errors import UnsuitableError
from cnnviz.ops.gram import blended, gram, shares
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.regularisers import total_variation

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Dream", "Scaling", "StyleLoss", "Term", "content_terms", "relative", "style_terms"]

Scaling = Literal["relative", "gatys"]
"""What a term is divided by: its target's squared norm, or what Gatys' code divides by."""

_SMALLEST = 1e-30


class Term(NamedTuple):
    """One layer's part: weight · ‖found − target‖²."""

    layer: str
    target: Tensor
    """(1, K, h, w) features, or a (1, K, K) Gram matrix."""
    weight: float
    share: float
    """Of `weight`: what is left when it is counted relative to the target's squared norm."""
    style: bool
    """Whether Gram matrices are compared."""


class Dream(NamedTuple):
    """A layer that is to be on as well, as DeepDream has it."""

    layer: str
    weight: float
    square: float
    """Squared norm of the layer where the descent begins; the loss has its logarithm."""

    def gain(self, square: float) -> float:
        """Say by how much a squared norm lowers the loss."""
        return self.weight * math.log(square / self.square + _SMALLEST)

    def slope(self, square: float) -> float:
        """Derive the gain by the squared norm."""
        return self.weight / (square + _SMALLEST * self.square)


class StyleLoss(NamedTuple):
    """What is made small for one picture."""

    net: Net
    space: PixelSpace
    terms: tuple[Term, ...]
    tv: float = 0.0
    """Weight of the total variation of neighbours, a mean over pixels of colours in 0 … 1."""
    dream: Dream | None = None

    @property
    def layers(self) -> list[str]:
        """The layers that are looked at, each once."""
        names = [term.layer for term in self.terms]
        return list(dict.fromkeys([*names, *([self.dream.layer] if self.dream else [])]))

    def value(self, pixels: Tensor) -> Tensor:
        """Give the loss of pixels (1, C, H, W), a scalar."""
        found = self.net.features(inputs_of(self.space, pixels), self.layers)
        total = pixels.new_zeros(())
        for term in self.terms:
            total = total + term.weight * _distance(term, found[term.layer])
        if self.tv:
            total = total + self.tv * total_variation(pixels / 255).sum() / pixels.numel()
        if self.dream:
            square = found[self.dream.layer].square().sum()
            total = total - self.dream.weight * (square / self.dream.square + _SMALLEST).log()
        return total

    def evaluate(self, pixels: Tensor) -> tuple[float, Tensor]:
        """Give the loss and its gradient, shaped as the pixels.

        Raises:
            UnsuitableError: the network is not differentiable at its input.
        """
        leaf = pixels.detach().requires_grad_()
        with torch.enable_grad():
            value = self.value(leaf)
            if not value.requires_grad:
                message = "the model is not differentiable at its input: nothing to go down"
                raise UnsuitableError(message)
            (gradient,) = torch.autograd.grad(value, [leaf], materialize_grads=True)
        return float(value.detach()), gradient.contiguous()

    def errors(self, pixels: Tensor) -> list[float]:
        """Give each term's ‖found − target‖² / ‖target‖², in the order of the terms."""
        with torch.no_grad():
            found = self.net.features(inputs_of(self.space, pixels), self.layers)
            return [
                relative(term, float(_distance(term, found[term.layer]))) for term in self.terms
            ]


def content_terms(
    net: Net,
    space: PixelSpace,
    pixels: Tensor,
    layers: Sequence[str],
    *,
    weights: Sequence[float],
    weight: float,
    scaling: Scaling,
    plan: Plan = whole,
) -> tuple[Term, ...]:
    """Ask for the features of a picture (1, C, H, W).

    Args:
        net: the network.
        space: of the pixels.
        pixels: (1, C, H, W).
        layers: each with its weight.
        weights: of the layers; brought to a sum of 1.
        weight: of all together.
        scaling: `gatys` takes the mean over the features.
        plan: in which windows a large picture is looked at.
    """
    found = _features(net, space, pixels, list(layers), plan)
    terms = []
    for layer, share in zip(layers, shares(weights), strict=True):
        target = found[layer]
        scale = _square(target) if scaling == "relative" else target.numel()
        terms.append(Term(layer, target, weight * share / scale, weight * share, style=False))
    return tuple(terms)


def style_terms(
    net: Net,
    space: PixelSpace,
    pictures: Sequence[Tensor],
    layers: Sequence[str],
    *,
    blend: Sequence[float],
    weights: Sequence[float],
    weight: float,
    scaling: Scaling,
    plan: Plan = whole,
) -> tuple[Term, ...]:
    """Ask for the Gram matrices of pictures, each (1, C, H, W) of a size of its own.

    Args:
        net: the network.
        space: of the pixels.
        pictures: their Gram matrices are mixed.
        layers: each with its weight.
        blend: of the pictures; brought to a sum of 1.
        weights: of the layers; brought to a sum of 1 if relative, else as they are.
        weight: of all together.
        scaling: `gatys` takes the mean over the matrix.
        plan: in which windows large pictures are looked at.
    """
    found = [_grams(net, space, one, list(layers), plan) for one in pictures]
    parts = shares(weights) if scaling == "relative" else list(weights)
    terms = []
    for layer, share in zip(layers, parts, strict=True):
        target = blended([one[layer] for one in found], blend)
        scale = _square(target) if scaling == "relative" else target.numel()
        terms.append(Term(layer, target, weight * share / scale, weight * share, style=True))
    return tuple(terms)


def relative(term: Term, distance: float) -> float:
    """Give ‖found − target‖² / ‖target‖² of a term."""
    return distance / _square(term.target)


def _grams(
    net: Net, space: PixelSpace, pixels: Tensor, layers: list[str], plan: Plan
) -> dict[str, Tensor]:
    """Find the Gram matrices of a picture, the sum of its windows'."""
    tiles = plan((pixels.shape[2], pixels.shape[3]))
    if tiles is None:
        with torch.no_grad():
            seen = net.features(inputs_of(space, pixels), layers)
            return {layer: gram(seen[layer]) for layer in layers}
    totals: dict[str, Tensor] = {}
    places = dict.fromkeys(layers, 0)
    for _, maps in tiles.look(net, space, pixels, layers):
        for layer, found in maps.items():
            count = found.shape[2] * found.shape[3]
            if count:
                places[layer] += count
                totals[layer] = totals.get(layer, 0) + count * gram(found)
    return {layer: total / places[layer] for layer, total in totals.items()}


def _features(
    net: Net, space: PixelSpace, pixels: Tensor, layers: list[str], plan: Plan
) -> dict[str, Tensor]:
    """Find layers' maps of a picture, put together from its windows'."""
    tiles = plan((pixels.shape[2], pixels.shape[3]))
    if tiles is None:
        with torch.no_grad():
            return net.features(inputs_of(space, pixels), layers)
    rows: dict[str, dict[int, list[Tensor]]] = {layer: {} for layer in layers}
    for window, maps in tiles.look(net, space, pixels, layers):
        for layer, found in maps.items():
            # Copied: a part would keep the whole window's map.
            rows[layer].setdefault(window.rows.first, []).append(found.clone())
    return {
        layer: torch.cat([torch.cat(parts, dim=3) for parts in found.values()], dim=2)
        for layer, found in rows.items()
    }


def _distance(term: Term, features: Tensor) -> Tensor:
    found = gram(features) if term.style else features
    return (found - term.target).square().sum()


def _square(target: Tensor) -> float:
    square = float(target.square().sum())
    return square if math.isnan(square) else max(square, _SMALLEST)
