"""Pictures that excite a class or a unit, made by a decoder whose code is climbed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.jobs import Preset
from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.code_ascent import (
    CodeClimb,
    OpenDecoder,
    activations,
    class_scores_and_certainty,
    climb_codes,
    open_decoder,
)
from cnnviz.core.context import Context
from cnnviz.core.decoder_learning import codes_of
from cnnviz.core.excited import (
    ExcitedLayer,
    ExcitedPosition,
    ExcitedUnits,
    check_excited,
    names_of,
)
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import batches, images_result, numbers, random_numbers, space_of
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError
from cnnviz.ops.objectives import Objective, Part
from cnnviz.ops.probabilities import probabilities, reading_of

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["CodeMaximization", "CodeMaximizationParams"]


class CodeMaximizationParams(Params, frozen=True):
    """What is excited, by which decoder, and how its code is climbed."""

    network: Annotated[
        str,
        Meta(
            description="The decoder: the job that trained it. Empty for the newest one.",
            extra_json_schema={
                "x-widget": "network",
                "x-kind": "decoder",
                "x-empty": "newest",
            },
        ),
    ] = ""
    layer: ExcitedLayer = None
    units: ExcitedUnits = (0,)
    position: ExcitedPosition = "mean"
    certainty: Annotated[
        float,
        Meta(
            ge=0,
            le=1000,
            description="Of classes: weight of the logarithm of the probability, which holds other "
            "classes down, beside the score; 0 in the paper.",
        ),
    ] = 10.0
    pictures: Annotated[
        int, Meta(ge=1, le=64, description="Of each unit, from starts of their own.")
    ] = 1
    start: Annotated[
        Literal["noise", "mean", "example"],
        Meta(description="The first code: noise, that of the average image, or an example's."),
    ] = "noise"
    noise: Annotated[
        float,
        Meta(
            ge=0,
            le=10,
            description="Of the first code: standard deviation, in those of the units; with "
            "several pictures it is added to any start.",
        ),
    ] = 0.27
    iterations: Annotated[int, Meta(ge=1, le=100_000, description="Steps.")] = 200
    rate: Annotated[
        float,
        Meta(
            gt=0,
            le=1000,
            description="Of the first step, in mean standard deviations of the units; 8 over 3.75 "
            "in the paper.",
        ),
    ] = 2.13
    last_rate: Annotated[
        float, Meta(ge=0, le=1000, description="Of the last step; it falls evenly.")
    ] = 1e-10
    decay: Annotated[
        float, Meta(gt=0, le=1, description="The code is multiplied by this after each step.")
    ] = 0.99
    range: Annotated[
        float,
        Meta(
            gt=0,
            le=100,
            description="Units stay between 0 and so many standard deviations above their mean.",
        ),
    ] = 3.0


@register
class CodeMaximization(Method[CodeMaximizationParams]):
    """What a class or unit looks for, among the pictures that a decoder can make.

    The code of a decoder is climbed instead of pixels (DGN-AM: Nguyen, Dosovitskiy, Yosinski,
    Brox, Clune 2016, https://arxiv.org/abs/1605.09304, and the authors' code). Train the decoder
    with `fit_generator`. Differs from the paper: beside a class's score the logarithm of its
    probability is climbed, so that classes that look alike are told apart; rate and noise count in
    standard deviations of the decoded layer, so that they fit every network (in the paper's own,
    the mean one is 3.75); the step goes along the derivative by the code, which is what the paper's
    two steps come to; the picture shown is that of the last code, without the image step; several
    are climbed at once; codes that can be negative are kept above as many deviations below the
    mean.
    """

    name, title, kind = "code_maximization", "Code maximisation", "images"
    Params = CodeMaximizationParams
    needs_gradient = True
    needs_examples = False
    batched = True
    objective_name = "activation"
    presets = (
        Preset(
            name="dgn_am",
            title="DGN-AM, the score alone",
            params={"certainty": 0.0},
            source="Nguyen et al. 2016, https://arxiv.org/abs/1605.09304, for AlexNet",
        ),
        Preset(
            name="dgn_am_googlenet",
            title="DGN-AM, its rate for GoogLeNet",
            params={"certainty": 0.0, "rate": 0.53},
            source="Nguyen et al. 2016, https://arxiv.org/abs/1605.09304: 2 instead of 8",
        ),
    )

    def check(self, net: Net, params: CodeMaximizationParams) -> None:
        """Check that the units are there.

        Raises:
            ParamsError: a unit, class or position that the network does not have.
            UnsuitableError: a layer without channels, or a model without class scores.
        """
        check_excited(net, params.layer, params.units, params.position, of=self.name)

    def run(self, ctx: Context, params: CodeMaximizationParams) -> list[Result]:
        """Give `images` (N, H, W, 3): `pictures` of each unit, one unit after the other."""
        decoder = open_decoder(ctx, params.network)
        units = [unit for unit in params.units for _ in range(params.pictures)]
        work = _Climbing(ctx, params, decoder, units)
        cut = batches(ctx, len(units))
        found: list[Tensor] = []
        for number, rows in enumerate(cut):
            found.append(work.climb(rows, found, begun=number, batches=len(cut)))
        return [work.result(torch.cat(found))]


class _Climbing:
    """The codes of all pictures, climbed batch by batch."""

    def __init__(
        self, ctx: Context, params: CodeMaximizationParams, decoder: OpenDecoder, units: list[int]
    ) -> None:
        self._ctx, self._params, self._decoder, self._units = ctx, params, decoder, units
        self._space = space_of(ctx)
        part = Part(params.layer, params.position, [[u] for u in units], [[1.0] for _ in units])
        self._objective = Objective([part])
        low, high = decoder.statistics.bounds(params.range)
        self._climb = CodeClimb(
            params.iterations,
            params.rate,
            params.last_rate,
            params.decay,
            low,
            high,
            decoder.statistics.scale,
        )
        self._starts = self._draw_starts()

    def climb(self, rows: slice, before: list[Tensor], *, begun: int, batches: int) -> Tensor:
        """Climb for some of the pictures; give their codes."""
        net = self._decoder.net
        if self._params.layer is None and self._params.certainty:
            values = class_scores_and_certainty(
                self._ctx.net, net, self._units[rows], self._params.certainty
            )
        else:
            values = activations(self._ctx.net, net, self._objective, rows)

        def report(step: int, codes: Tensor, shown: Tensor) -> None:
            self._ctx.report(
                begun * self._params.iterations + step,
                batches * self._params.iterations,
                partial(self._preview, [*before, codes]),
                objective=shown,
            )

        return climb_codes(values, self._starts[rows], self._climb, report)

    @torch.no_grad()
    def result(self, codes: Tensor) -> Result:
        """Decode the codes and ask the network about the pictures."""
        ctx, params = self._ctx, self._params
        images, values, scores = self._looked_at(codes)
        names = names_of(ctx, params.layer, self._units)
        facts: dict[str, Any] = {
            "objective": numbers(values),
            "objective_name": self._objective_name,
            "units": self._units,
            **self._decoder.provenance(ctx),
        }
        if params.layer is None and scores is not None:
            read = probabilities(scores, reading_of(scores))
            chosen = read[torch.arange(len(read)), torch.tensor(self._units)]
            facts["probabilities"] = numbers(chosen)
            said = [f"{value:.1%}" for value in chosen.tolist()]
        else:
            said = [f"{value:.3g}" for value in values.tolist()]
        said = ["no number" if text.startswith("nan") else text for text in said]
        captions = [f"{name} · {text}" for name, text in zip(names, said, strict=True)]
        if params.pictures > 1:
            facts["columns"] = params.pictures
        pixels = self._space.from_input(images)
        return images_result(
            self._space, pixels, layer=params.layer, captions=captions, facts=facts
        )

    @property
    def _objective_name(self) -> str:
        return "score" if self._params.layer is None else "activation"

    def _looked_at(self, codes: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Give the images of all codes, what they are worth, and their scores."""
        images: list[Tensor] = []
        values: list[Tensor] = []
        scores: list[Tensor] = []
        for rows in batches(self._ctx, len(codes)):
            images.append(self._decoder.net(codes[rows]))
            values.append(self._objective.values(self._ctx.net, images[-1], rows))
            if self._ctx.net.classes is not None:
                scores.append(self._ctx.net(images[-1]).cpu())
        return torch.cat(images), torch.cat(values), torch.cat(scores) if scores else None

    def _preview(self, codes: list[Tensor]) -> Tensor:
        with torch.no_grad():
            images = self._decoder.net(torch.cat(codes))
        return self._space.to_unit(self._space.from_input(images))

    def _draw_starts(self) -> Tensor:
        """Draw the first codes, so that they do not depend on the batches."""
        params, statistics = self._params, self._decoder.statistics
        count = len(self._units)
        noise = torch.randn(count, *self._decoder.shape, generator=random_numbers(self._ctx))
        spread = noise.to(statistics.mean) * statistics.scale * params.noise
        if params.start == "noise":
            return spread
        if params.pictures == 1:
            spread = torch.zeros_like(spread)
        if params.start == "mean":
            return statistics.mean + spread
        return self._example_codes(count) + spread

    def _example_codes(self, count: int) -> Tensor:
        ctx, decoder = self._ctx, self._decoder
        if not len(ctx.examples):
            message = "start='example' needs an example to begin at, there is none"
            raise ParamsError(message, field="start")
        if not decoder.encodes(ctx.net):
            message = f"start='example' needs the decoded layer {decoder.layer!r} in this network"
            raise ParamsError(f"{message}: begin with noise", field="start")
        with torch.no_grad():
            codes = codes_of(ctx, decoder.layer, ctx.examples)
        return codes[torch.arange(count) % len(codes)]
