"""Gradient ascent from given pictures, on a canvas that grows: crops of it are climbed in turn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.core.pictures_made import inputs_of, uphill
from cnnviz.ops.denoising import tv_denoised
from cnnviz.ops.objectives import Objective
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.quasi_newton import by_frequency
from cnnviz.ops.redirected import redirect_blocked
from cnnviz.ops.steps import mean_magnitude
from cnnviz.ops.transforms import Views, draw_crop, draw_views, seen

if TYPE_CHECKING:
    from cnnviz.core.context import Context

__all__ = ["OCTAVES", "Octave", "OctaveClimb"]


class Octave(NamedTuple):
    """One stretch of a climb. Sizes are shares of the network's input."""

    steps: int
    canvas: float
    """Side of the picture of which each step sees a crop of the input's size."""
    spread: float
    """Standard deviation of the crop's place around the middle, as a share of the room."""
    margin: float
    """What is left as it is on each side of the crop."""
    rates: tuple[float, float]
    """Mean change of a pixel in a step, of 0 … 255, from and to."""
    weights: tuple[float, float]
    """How closely denoising keeps to the picture, from and to; for an input of 227 px."""


_SIDE: Final = 227
OCTAVES: Final = (
    Octave(190, 1.0, 0.3, 0.0, (1.0, 2.0), (0.4, 0.4)),
    Octave(150, 1.2, 0.3, 0.0, (1.0, 1.0), (0.01, 2.0)),
    Octave(20, 1.2, 0.2, 50 / _SIDE, (2.0, 2.0), (0.1, 2.0)),
    Octave(10, 1.2, 0.3, 0.0, (2.0, 2.0), (0.4, 2.0)),
)
"""Nguyen, Yosinski, Clune 2016, https://arxiv.org/abs/1602.03616, from mean images on AlexNet."""
REDIRECTED: Final = 16
"""First steps in which a picture that no gradient reaches gets it through closed rectifiers."""

Report = Callable[[int, Tensor, Tensor], None]
"""Takes steps done, pixels (N, C, H, W) and their values, (N,)."""


class OctaveClimb:
    """Climbs from pictures of the network's input size."""

    def __init__(
        self,
        ctx: Context,
        space: PixelSpace,
        objective: Objective,
        *,
        count: int,
        iterations: int,
        rate: float = 1.0,
        denoising: float = 1.0,
        power: float = 0.0,
        robust: bool = False,
    ) -> None:
        """Fit the octaves to the size of the input and to the steps allowed.

        Args:
            ctx: the network, and the seed by which crops are drawn.
            space: of its pictures.
            objective: what is climbed.
            count: pictures in all, whatever the batches.
            iterations: steps of all octaves together.
            rate: multiplies the octaves' rates.
            denoising: multiplies how much grain is taken off; 0 for none.
            power: frequencies of the gradient are divided by f to this.
            robust: each step sees its crop shifted, scaled and turned a little.
        """
        self._ctx, self._space, self._objective = ctx, space, objective
        height, width = ctx.examples.shape[2:]
        self._size = (height, width)
        self._count, self._robust = count, robust
        self._rate, self._denoising = rate, denoising
        self._around = 127.5 - space.mean
        self._scaled = by_frequency(height, width, power, space.mean)
        # Shapes of a smaller picture are smaller: as much taken off would flatten more of them.
        self._fit = _SIDE / min(self._size)
        total = sum(octave.steps for octave in OCTAVES)
        ends = [sum(one.steps for one in OCTAVES[: at + 1]) for at in range(len(OCTAVES))]
        self._ends = [round(end * iterations / total) for end in ends]

    def climb(self, pixels: Tensor, rows: slice, report: Report) -> Tensor:
        """Climb for some of the pictures; give what the network sees of them in the end.

        Args:
            pixels: (N, C, H, W), where they begin.
            rows: which of the objective's pictures they are.
            report: told at every step.
        """
        random = torch.Generator().manual_seed(self._ctx.seed + 1)
        begin, canvas = 0, pixels
        for octave, end in zip(OCTAVES, self._ends, strict=True):
            canvas = self._resized(canvas, octave.canvas)
            for step in range(begin, end):
                share = (step - begin) / (end - begin)
                place = self._place(canvas, octave.spread, random)
                part, seen_as = canvas[place], self._views(rows, random)
                values, gradient = self._gradient(part, rows, seen_as, revive=step < REDIRECTED)
                part = self._stepped(part, gradient, octave, share)
                canvas = canvas.clone()
                canvas[place] = part
                report(step + 1, self._shown(canvas), values)
            begin = end
        return self._space.clip(self._shown(canvas))

    def _views(self, rows: slice, random: torch.Generator) -> Views | None:
        """Draw how each picture's crop is seen, the same whatever the batches."""
        return draw_views(self._count, self._size, random)[rows] if self._robust else None

    def _stepped(self, part: Tensor, gradient: Tensor, octave: Octave, share: float) -> Tensor:
        """Take a step on a crop, and the grain off it."""
        gradient = _without_margin(self._scaled(gradient), octave.margin)
        rate = self._rate * _between(octave.rates, share)
        part = self._space.clip(part + rate * gradient / mean_magnitude(gradient))
        if self._denoising > 0:
            weight = _between(octave.weights, share) * self._fit / self._denoising
            part = tv_denoised(part, weight)
        return part

    def _gradient(
        self, part: Tensor, rows: slice, views: Views | None, *, revive: bool
    ) -> tuple[Tensor, Tensor]:
        """Derive the objective; where it is not finite there is nothing to climb."""

        def value(leaf: Tensor, revived: Tensor | None = None) -> tuple[Tensor, Tensor]:
            looked = leaf if views is None else seen(leaf, views, self._around)
            inputs = inputs_of(self._space, looked)
            values = self._objective.values(self._ctx.net, inputs, rows)
            if revived is not None:
                redirect_blocked(values, revived)
            return values, values

        values, gradient = uphill(value, part)
        dead = gradient.flatten(1).abs().amax(dim=1) == 0
        if revive and dead.any():
            values, gradient = uphill(lambda leaf: value(leaf, dead), part)
        finite = torch.isfinite(gradient).flatten(1).all(dim=1).view(-1, 1, 1, 1)
        return values, torch.where(finite, gradient, 0)

    def _resized(self, canvas: Tensor, share: float) -> Tensor:
        sides = [max(side, round(side * share)) for side in self._size]
        if list(canvas.shape[2:]) == sides:
            return canvas
        larger = functional.interpolate(canvas, sides, mode="bicubic", align_corners=False)
        return self._space.clip(larger)

    def _place(
        self, canvas: Tensor, spread: float, random: torch.Generator | None
    ) -> tuple[slice, slice, slice, slice]:
        """Choose the crop that is seen; the middle without random numbers."""
        height, width = self._size
        room = (canvas.shape[2] - height, canvas.shape[3] - width)
        middle = (room[0] // 2, room[1] // 2)
        top, left = middle if random is None else draw_crop(room, spread, random)
        every = slice(None)
        return every, every, slice(top, top + height), slice(left, left + width)

    def _shown(self, canvas: Tensor) -> Tensor:
        """Bring the whole canvas to the input's size."""
        if canvas.shape[2:] == self._size:
            return canvas
        return functional.interpolate(canvas, self._size, mode="bilinear", antialias=True)


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share


def _without_margin(gradient: Tensor, margin: float) -> Tensor:
    """Fade a gradient out towards the border, half at the margin: a hard edge would be drawn."""
    if not margin:
        return gradient
    for dim in (2, 3):
        side = gradient.shape[dim]
        place = torch.arange(side, device=gradient.device, dtype=gradient.dtype) + 0.5
        share = torch.minimum(place, side - place) / (side * margin) - 0.5
        kept = 0.5 - 0.5 * (share.clamp(0, 1) * math.pi).cos()
        gradient = gradient * kept.view([-1 if at == dim else 1 for at in range(4)])
    return gradient
