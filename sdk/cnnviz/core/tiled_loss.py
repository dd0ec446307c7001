"""The loss of style transfer of pictures that the network cannot look at at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from cnnviz.core.style_loss import StyleLoss, Term, relative
from cnnviz.core.tiles import Tiles, Window
from cnnviz.errors import UnsuitableError
from cnnviz.ops.gram import gram
from cnnviz.ops.regularisers import total_variation

if TYPE_CHECKING:
    from cnnviz.ops.pixels import PixelSpace

__all__ = ["TiledLoss"]


class _Seen(NamedTuple):
    """What the first pass over the windows finds."""

    grams: dict[str, Tensor]
    """Of the whole picture, by style layer."""
    places: dict[str, int]
    """Units that each is a mean over."""
    contents: dict[str, float]
    """‖found − target‖² by content layer."""
    square: float
    """Squared norm of the layer that dreams."""


class TiledLoss(NamedTuple):
    """The same loss and gradient as `StyleLoss`, in two passes over windows.

    The first pass, which keeps nothing for a way back, sums Gram matrices over the windows; in the
    second each window is derived alone, with the Gram residual of the whole picture. Windows
    overlap by as much as the units see and keep only the units that are theirs, so that the
    gradient is the untiled one. Costs a pass forward more, and what overlaps.
    """

    loss: StyleLoss
    tiles: Tiles
    between: Callable[[], None]
    """Called before each window, so that a wish to cancel is heard."""

    @property
    def space(self) -> PixelSpace:
        """Of the pixels."""
        return self.loss.space

    @property
    def terms(self) -> tuple[Term, ...]:
        """The parts of the loss."""
        return self.loss.terms

    def evaluate(self, pixels: Tensor) -> tuple[float, Tensor]:
        """Give the loss and its gradient, shaped as the pixels.

        Raises:
            UnsuitableError: the network is not differentiable at its input.
        """
        seen = self._look(pixels)
        value = self._value(seen)
        gradient = torch.zeros_like(pixels)
        for window in self.tiles.windows:
            self.between()
            part = window.of(gradient)
            part += self._derived(window, window.of(pixels), seen)
        if self.loss.tv:
            leaf = pixels.detach().requires_grad_()
            with torch.enable_grad():
                rough = self.loss.tv * total_variation(leaf / 255).sum() / leaf.numel()
                gradient += torch.autograd.grad(rough, [leaf])[0]
            value += float(rough.detach())
        return value, gradient

    def errors(self, pixels: Tensor) -> list[float]:
        """Give each term's ‖found − target‖² / ‖target‖², in the order of the terms."""
        seen = self._look(pixels)
        return [relative(term, self._distance(term, seen)) for term in self.loss.terms]

    def _look(self, pixels: Tensor) -> _Seen:
        loss = self.loss
        grams: dict[str, Tensor] = {}
        places: dict[str, int] = {}
        contents: dict[str, float] = {}
        square = 0.0
        for window, maps in self.tiles.look(loss.net, loss.space, pixels, loss.layers):
            self.between()
            for term in loss.terms:
                found = maps[term.layer]
                count = found.shape[2] * found.shape[3]
                if term.style and count:
                    places[term.layer] = places.get(term.layer, 0) + count
                    grams[term.layer] = grams.get(term.layer, 0) + count * gram(found)
                elif count:
                    apart = float((found - self._target(term, window, found)).square().sum())
                    contents[term.layer] = contents.get(term.layer, 0.0) + apart
            if loss.dream:
                square += float(maps[loss.dream.layer].square().sum())
        return _Seen(
            {layer: total / places[layer] for layer, total in grams.items()},
            places,
            contents,
            square,
        )

    def _target(self, term: Term, window: Window, found: Tensor) -> Tensor:
        return window.place(term.target, self.tiles.strides[term.layer], found.shape[2:])

    def _distance(self, term: Term, seen: _Seen) -> float:
        if not term.style:
            return seen.contents[term.layer]
        return float((seen.grams[term.layer] - term.target).square().sum())

    def _value(self, seen: _Seen) -> float:
        total = sum(term.weight * self._distance(term, seen) for term in self.loss.terms)
        return total - (self.loss.dream.gain(seen.square) if self.loss.dream else 0.0)

    def _derived(self, window: Window, part: Tensor, seen: _Seen) -> Tensor:
        """Derive the whole picture's loss by a window's pixels, through its own units."""
        loss = self.loss
        leaf = part.detach().clone().requires_grad_()
        with torch.enable_grad():
            maps = self.tiles.maps(loss.net, loss.space, leaf, window, loss.layers)
            if not any(found.numel() for found in maps.values()):
                return torch.zeros_like(part)  # without padding, units end before the picture does
            total = leaf.new_zeros(())
            for term in loss.terms:
                found = maps[term.layer]
                count = found.shape[2] * found.shape[3]
                if term.style and count:
                    # d‖G − T‖² = 2 (G − T) · dG, and G is the mean over all windows' places.
                    share = 2 * term.weight * count / seen.places[term.layer]
                    residual = seen.grams[term.layer] - term.target
                    total = total + share * (residual * gram(found)).sum()
                elif count:
                    apart = found - self._target(term, window, found)
                    total = total + term.weight * apart.square().sum()
            if loss.dream:
                own = maps[loss.dream.layer].square().sum()
                total = total - loss.dream.slope(seen.square) * own
            if not total.requires_grad:
                message = "the model is not differentiable at its input: nothing to go down"
                raise UnsuitableError(message)
            (gradient,) = torch.autograd.grad(total, [leaf], materialize_grads=True)
        return gradient
