"""Gradient ascent on pictures: one climb, its steps as the papers give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from cnnviz.core.ascent_params import AscentParams
from cnnviz.core.pictures_made import height_and_width, inputs_of, random_numbers, uphill
from cnnviz.errors import ParamsError
from cnnviz.ops.objectives import Objective
from cnnviz.ops.parameterisations import Fourier
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.redirected import redirect_blocked
from cnnviz.ops.regularisers import (
    blurred,
    total_variation,
    without_small_contributions,
    without_small_norms,
)
from cnnviz.ops.steps import make_step
from cnnviz.ops.transforms import Views, draw_crop, draw_shift, draw_views, seen

if TYPE_CHECKING:
    from cnnviz.core.context import Context

__all__ = ["Ascent", "Climbed", "between_steps"]

CANVAS: Final = 1.2
"""Side of the picture that crops of the input's size are drawn from, as a multiple of it."""


class Climbed(NamedTuple):
    """What a climb came to."""

    pixels: Tensor
    """(N, C, H, W)."""
    values: Tensor
    """(N,): the objective of the pictures as they are, unturned and without penalties."""
    blocked: Tensor
    """(N,) bool: no gradient reached the picture at the last step."""


class Ascent:
    """Climbs with some parameters on a network; batches one after the other."""

    def __init__(
        self,
        ctx: Context,
        params: AscentParams,
        space: PixelSpace,
        objective: Objective,
        count: int,
    ) -> None:
        """Draw where each picture begins, so that it does not depend on the batches.

        Raises:
            ParamsError: it shall begin at an example and there is none.
        """
        self._ctx, self._params, self._space, self._objective = ctx, params, space, objective
        self._count = count
        self._size = height_and_width(ctx)
        biased = params.centre_bias > 0
        canvas = [round(side * CANVAS) if biased else side for side in self._size]
        self._canvas = (canvas[0], canvas[1])
        channels = ctx.examples.shape[1]
        device, dtype = space.mean.device, space.mean.dtype
        self._fourier = (
            Fourier(self._canvas, channels, device=device, dtype=dtype)
            if params.parameterisation == "fourier"
            else None
        )
        self._around = 127.5 - space.mean
        self._starts = self._draw_starts(random_numbers(ctx), channels)

    def climb(
        self, rows: slice, *, before: Sequence[Tensor] = (), begun: int = 0, batches: int = 1
    ) -> Climbed:
        """Climb for some of the pictures.

        Args:
            rows: which of them.
            before: pixels of earlier batches, for the preview.
            begun: number of this batch.
            batches: how many there are.
        """
        params, ctx = self._params, self._ctx
        random = torch.Generator().manual_seed(ctx.seed + 1)
        step = make_step(params.rule, params.rate, desired=params.desired)
        leaf = self._starts[rows].clone()
        gradient = torch.zeros_like(leaf)
        dead = torch.zeros(len(leaf), dtype=torch.bool, device=leaf.device)
        for iteration in range(params.iterations):
            if self._fourier is None:
                leaf = self._space.clip(leaf)
            # The last step is the plain one: it tells which pictures no gradient reaches.
            revived = dead if iteration < params.iterations - 1 and dead.any() else None
            shown, gradient = uphill(self._watched(rows, random, revived), leaf)
            dead = (dead | _is_blocked(gradient)) & (iteration < params.redirect)
            leaf = leaf + step(gradient)
            if self._fourier is None:
                leaf = between_steps(leaf, gradient, iteration, params)
            ctx.report(
                begun * params.iterations + iteration + 1,
                batches * params.iterations,
                partial(self._preview, before, leaf),
                objective=shown,
            )
        pixels = self._space.clip(self._pixels(leaf).detach())
        with torch.no_grad():
            inputs = inputs_of(self._space, self._part(pixels, None))
            values = self._objective.values(ctx.net, inputs, rows)
        return Climbed(pixels, values, _is_blocked(gradient))

    def _watched(
        self, rows: slice, random: torch.Generator, revived: Tensor | None
    ) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        """Draw how the pictures are seen at a step; give what their leaf is worth there.

        Args:
            rows: which of the pictures.
            random: numbers for what is drawn.
            revived: (N,) bool, pictures for which rectifiers that pass nothing are opened.
        """
        params = self._params
        views = draw_views(self._count, self._size, random)[rows] if params.robust else None
        shift = draw_shift(params.jitter, random) if params.jitter else None

        def value(leaf: Tensor) -> tuple[Tensor, Tensor]:
            pixels = self._pixels(leaf)
            looked = self._seen(self._part(pixels, random), views, shift)
            inputs = inputs_of(self._space, looked)
            values = self._objective.values(self._ctx.net, inputs, rows)
            if revived is not None:
                redirect_blocked(values, revived)
            return values, _penalised(values, pixels, params)

        return value

    def _pixels(self, leaf: Tensor) -> Tensor:
        if self._fourier is None:
            return leaf
        return self._space.from_unit(self._fourier.to_unit(leaf))

    def _part(self, pixels: Tensor, random: torch.Generator | None) -> Tensor:
        """Cut out what the network sees of a larger picture; its middle without random numbers."""
        if self._canvas == self._size:
            return pixels
        height, width = self._size
        room = (self._canvas[0] - height, self._canvas[1] - width)
        top, left = (
            (room[0] // 2, room[1] // 2)
            if random is None
            else draw_crop(room, self._params.centre_bias, random)
        )
        return pixels[:, :, top : top + height, left : left + width]

    def _seen(self, pixels: Tensor, views: Views | None, shift: tuple[int, int] | None) -> Tensor:
        if shift is not None:
            pixels = pixels.roll(shift, dims=(2, 3))
        return pixels if views is None else seen(pixels, views, self._around)

    def _preview(self, before: Sequence[Tensor], leaf: Tensor) -> Tensor:
        return self._space.to_unit(torch.cat([*before, self._pixels(leaf)]))

    def _draw_starts(self, random: torch.Generator, channels: int) -> Tensor:
        params = self._params
        if params.start == "example":
            pixels = self._examples()
            if self._fourier is None:
                return pixels
            return self._fourier.from_unit(self._space.to_unit(pixels))
        if self._fourier is not None:
            if params.start == "zeros":
                return self._fourier.zeros(self._count)
            return self._fourier.noise(self._count, random)
        shape = (self._count, channels, *self._canvas)
        if params.start == "zeros":
            return self._space.mean.new_zeros(shape)
        return torch.randn(shape, generator=random).to(self._space.mean) * params.noise

    def _examples(self) -> Tensor:
        examples = self._ctx.examples
        if not len(examples):
            message = "start='example' needs an example to begin at, there is none"
            raise ParamsError(message, field="start")
        chosen = examples[torch.arange(self._count) % len(examples)]
        pixels = self._space.clip(self._space.from_input(chosen))
        if self._canvas == self._size:
            return pixels
        return functional.interpolate(pixels, self._canvas, mode="bilinear")


def _is_blocked(gradient: Tensor) -> Tensor:
    """Tell of which pictures the gradient is 0: (N, …) -> (N,) bool."""
    return gradient.flatten(1).abs().amax(dim=1) == 0


def _penalised(values: Tensor, pixels: Tensor, params: AscentParams) -> Tensor:
    """Take the penalties off: Simonyan's λ‖x‖², and total variation."""
    if params.l2:
        values = values - params.l2 * pixels.square().sum(dim=(1, 2, 3))
    if params.tv:
        values = values - params.tv * total_variation(pixels)
    return values


def between_steps(pixels: Tensor, gradient: Tensor, iteration: int, params: AscentParams) -> Tensor:
    """Decay, blur and clip pixels after a step, in Yosinski's order.

    Args:
        pixels: (N, C, H, W), after the step.
        gradient: likewise, of the step.
        iteration: from 0; the first step blurs.
        params: how strongly.
    """
    if params.decay:
        pixels = pixels * (1 - params.decay)
    if params.blur and iteration % params.blur_every == 0:
        pixels = blurred(pixels, params.blur)
    if params.small_norm:
        pixels = without_small_norms(pixels, params.small_norm)
    if params.small_contribution:
        pixels = without_small_contributions(pixels, gradient, params.small_contribution)
    return pixels
