"""Pictures that a layer cannot tell from the example."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.jobs import Preset
from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import (
    batches,
    images_result,
    middle_layer,
    numbers,
    random_numbers,
    space_of,
    uphill,
)
from cnnviz.core.registry import register
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.regularisers import alpha_norm, total_variation
from cnnviz.ops.steps import make_step

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Energy", "Inversion", "InversionParams", "descend"]

_SMALLEST = 1e-30
_PHASES = ((0.25, 1.0), (0.75, 0.1), (1.0, 0.01))
"""Until which share of the iterations the rate is multiplied with what."""

_MAHENDRAN = "Mahendran, Vedaldi 2015, https://arxiv.org/abs/1412.0035, table 2"


class InversionParams(Params, frozen=True):
    """What is inverted, and how. Pixels count in 0 … 255, the mean taken off."""

    layers: Annotated[
        tuple[str, ...],
        Meta(
            max_length=64,
            description="Layers, a result each; empty for the one half-way.",
            extra_json_schema={"x-widget": "layers"},
        ),
    ] = ()
    restarts: Annotated[
        int, Meta(ge=1, le=16, description="Pictures an example, each from noise of its own.")
    ] = 1
    iterations: Annotated[int, Meta(ge=1, le=100_000, description="Steps.")] = 400
    rule: Annotated[
        Literal["adam", "momentum"],
        Meta(description="The step: Adam, or the paper's gradient descent with momentum 0.9."),
    ] = "adam"
    rate: Annotated[
        float,
        Meta(
            gt=0,
            description="Of the step: px of 0 … 255 for Adam, 0.004 in the paper; a tenth of it "
            "after a quarter of the steps, a hundredth in the last.",
        ),
    ] = 8.0
    tv: Annotated[
        float,
        Meta(ge=0, description="Weight of total variation; the paper: 1, 10, 100, early to late."),
    ] = 1.0
    beta: Annotated[float, Meta(gt=0, le=4, description="Power of total variation.")] = 2.0
    norm: Annotated[float, Meta(ge=0, description="Weight of Σ |x|^alpha.")] = 8e-10
    alpha: Annotated[int, Meta(ge=2, le=12, description="Power of the norm.")] = 6


def _published(name: str, title: str, tv: float) -> Preset:
    params = {"rule": "momentum", "rate": 0.004, "tv": tv}
    return Preset(name=name, title=title, params=params, source=_MAHENDRAN)


@register
class Inversion(Method[InversionParams]):
    """What a layer still knows: a picture that it answers like the example.

    Feature inversion (Mahendran and Vedaldi 2015, https://arxiv.org/abs/1412.0035): the squared
    distance of the features over their squared norm, plus an α-norm and total variation over the
    squared norm of the picture. Differs from the paper: Adam unless `rule` is `momentum`; the
    example's own norm scales the penalties, the paper takes a data set's; the picture is clipped to
    colours that exist after each step of Adam.
    """

    name, title, kind = "inversion", "Feature inversion", "images"
    Params = InversionParams
    needs_gradient = True
    batched = True
    objective_name = "normalised feature error"
    presets = (
        _published("mahendran_early", "Mahendran and Vedaldi, early layers", 1.0),
        _published("mahendran_middle", "Mahendran and Vedaldi, middle layers", 10.0),
        _published("mahendran_late", "Mahendran and Vedaldi, late layers", 100.0),
    )

    def layers(self, net: Net, params: InversionParams) -> list[str]:
        """Name the layers that are inverted; each once."""
        return list(dict.fromkeys(params.layers)) or [middle_layer(net)]

    def run(self, ctx: Context, params: InversionParams) -> list[Result]:
        """Give `images` (N · restarts, H, W, 3) for each layer."""
        chosen = self.layers(ctx.net, params)
        return [
            self._invert(ctx, params, layer, place=place, places=len(chosen))
            for place, layer in enumerate(chosen)
        ]

    def _invert(
        self, ctx: Context, params: InversionParams, layer: str, *, place: int, places: int
    ) -> Result:
        space = space_of(ctx)
        examples = space.from_input(ctx.examples).repeat_interleave(params.restarts, dim=0)
        noise = torch.randn(examples.shape, generator=random_numbers(ctx)).to(examples)
        cut = batches(ctx, len(examples))
        found: list[Tensor] = []
        errors: list[Tensor] = []
        for number, rows in enumerate(cut):
            energy = Energy.of(ctx.net, layer, space, params, examples[rows])
            done = place * len(cut) + number
            report = partial(_report, ctx, params, done, places * len(cut), space, list(found))
            pixels = descend(energy, noise[rows], report)
            found.append(space.clip(pixels))
            with torch.no_grad():
                errors.append(energy.error(found[-1]).sqrt())
        captions = [
            f"example {row}" + (f" · {again}" if params.restarts > 1 else "")
            for row in range(len(ctx.examples))
            for again in range(params.restarts)
        ]
        facts = {
            "objective": numbers(torch.cat(errors)),
            "objective_name": self.objective_name,
            "restarts": params.restarts,
        }
        pixels = torch.cat(found)
        return images_result(space, pixels, layer=layer, captions=captions, facts=facts)


class Energy(NamedTuple):
    """What is made small for some pictures."""

    net: Net
    layer: str
    space: PixelSpace
    params: InversionParams
    features: Tensor
    """(N, …): of the examples."""
    feature_square: Tensor
    """(N,): their squared norm."""
    pixel_square: Tensor
    """(N,): the squared norm of the examples."""

    @classmethod
    def of(
        cls, net: Net, layer: str, space: PixelSpace, params: InversionParams, examples: Tensor
    ) -> Energy:
        """Look at the examples, pixels (N, C, H, W)."""
        with torch.no_grad():
            features = net.features(space.to_input(examples), [layer])[layer]
        squares = [part.flatten(1).square().sum(dim=1) for part in (features, examples)]
        feature_square, pixel_square = (square.clamp(min=_SMALLEST) for square in squares)
        return cls(net, layer, space, params, features, feature_square, pixel_square)

    def error(self, pixels: Tensor) -> Tensor:
        """Give ‖Φ − Φ₀‖² / ‖Φ₀‖², (N,)."""
        features = self.net.features(self.space.to_input(pixels), [self.layer])[self.layer]
        distance = (features - self.features).flatten(1).square().sum(dim=1)
        return distance / self.feature_square

    def values(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Give the error, and the energy times the picture's squared norm, negative: (N,) each."""
        params = self.params
        error = self.error(pixels)
        penalty = torch.zeros_like(self.pixel_square)
        if params.tv:
            penalty = penalty + params.tv / 2 * total_variation(pixels, params.beta)
        if params.norm:
            penalty = penalty + params.norm / 2 * alpha_norm(pixels, params.alpha)
        return error, -(self.pixel_square * error + penalty)


def _report(
    ctx: Context,
    params: InversionParams,
    done: int,
    parts: int,
    space: PixelSpace,
    before: list[Tensor],
    step: int,
    pixels: Tensor,
    errors: Tensor,
) -> None:
    ctx.report(
        done * params.iterations + step,
        parts * params.iterations,
        lambda: space.to_unit(torch.cat([*before, pixels])),
        objective=lambda: errors.sqrt(),
    )


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
        rate = params.rate * _share(step / params.iterations)
        if params.rule == "adam":
            pixels = energy.space.clip(pixels + rate * adam(gradient))
        else:
            # A momentum gathered at a larger rate overshoots: the paper forgets it.
            momentum = rate * gradient + (0.9 * momentum if rate == before else 0.0)
            pixels, before = pixels + momentum, rate
        report(step + 1, pixels, errors)
    return pixels


def _share(done: float) -> float:
    return next(share for until, share in _PHASES if done < until)
