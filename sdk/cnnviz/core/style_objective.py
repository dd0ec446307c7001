"""How far pictures of several styles at once are from their contents and their styles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from cnnviz.core.pictures_made import inputs_of
from cnnviz.core.style_loss import style_terms
from cnnviz.ops.gram import gram, shares
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.regularisers import total_variation

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Losses", "StyleObjective", "content_weights", "style_targets"]

_SMALLEST = 1e-30


class StyleTarget(NamedTuple):
    """One layer's Gram matrix in each style."""

    layer: str
    grams: Tensor
    """(S, K, K)."""
    scales: Tensor
    """(S,): what ‖found − target‖² is multiplied with."""


class Losses(NamedTuple):
    """The parts of each picture's loss, (N,) each, with their weights."""

    content: Tensor
    style: Tensor
    variation: Tensor

    @property
    def total(self) -> Tensor:
        """All of them, (N,)."""
        return self.content + self.style + self.variation


class StyleObjective(NamedTuple):
    """The loss of style transfer, relative errors and all, for a batch of contents and styles."""

    net: Net
    space: PixelSpace
    content: tuple[tuple[str, float], ...]
    """Layers and their weights."""
    style: tuple[StyleTarget, ...]
    tv: float = 0.0

    def losses(self, made: Tensor, wanted: Tensor, styles: Tensor) -> Losses:
        """Compare pictures with their contents and styles.

        Args:
            made: true colours (N, C, H, W) in 0 … 1; what is derived.
            wanted: contents, shaped alike.
            styles: which style each is to have, (N,).
        """
        contents = [layer for layer, _ in self.content]
        layers = list(dict.fromkeys([*contents, *(target.layer for target in self.style)]))
        with torch.no_grad():
            kept = self._features(wanted, contents)
        found = self._features(made, layers)
        content = torch.stack(
            [
                weight * _distances(found[layer], kept[layer]) / _squares(kept[layer])
                for layer, weight in self.content
            ]
        ).sum(0)
        style = torch.stack(
            [
                target.scales[styles] * _distances(gram(found[target.layer]), target.grams[styles])
                for target in self.style
            ]
        ).sum(0)
        variation = self.tv * total_variation(made) / made[0].numel()
        return Losses(content, style, variation)

    def _features(self, unit: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        pixels = self.space.from_unit(unit.to(self.space.mean))
        return self.net.features(inputs_of(self.space, pixels), layers) if layers else {}


def style_targets(
    net: Net,
    space: PixelSpace,
    pictures: Sequence[Tensor],
    layers: Sequence[str],
    *,
    weights: Sequence[float],
    weight: float,
) -> tuple[StyleTarget, ...]:
    """Look at the styles once.

    Args:
        net: the network.
        space: of the pixels.
        pictures: one a style, (1, C, H, W) pixels of any sizes.
        layers: each with its weight.
        weights: of the layers; brought to a sum of 1.
        weight: of all together.
    """
    styles = [
        style_terms(
            net,
            space,
            [one],
            layers,
            blend=[1.0],
            weights=weights,
            weight=weight,
            scaling="relative",
        )
        for one in pictures
    ]
    found = []
    for terms in zip(*styles, strict=True):
        grams = torch.cat([term.target for term in terms])
        scales = torch.tensor(
            [term.weight for term in terms], dtype=grams.dtype, device=grams.device
        )
        found.append(StyleTarget(terms[0].layer, grams, scales))
    return tuple(found)


def content_weights(
    layers: Sequence[str], weights: Sequence[float], weight: float
) -> tuple[tuple[str, float], ...]:
    """Share a weight among layers."""
    return tuple(
        (layer, weight * part) for layer, part in zip(layers, shares(weights), strict=True)
    )


def _distances(found: Tensor, target: Tensor) -> Tensor:
    return (found - target).square().flatten(1).sum(1)


def _squares(target: Tensor) -> Tensor:
    return target.square().flatten(1).sum(1).clamp(min=_SMALLEST)
