"""Pictures that a network is certain about and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.jobs import Preset
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Index, TargetParams, check_target
from cnnviz.core.fooled import Aim, Fooled, climb_to, step_by_sign
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import batches, images_result, numbers, random_numbers, space_of
from cnnviz.core.registry import register
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.probabilities import probabilities, reading_of
from cnnviz.ops.targets import class_scores

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Fooling", "FoolingParams"]

_MAGNIFIED = (1, 2, 5, 10, 20, 50, 100, 200)
_ROUNDING = 1e-5
"""Of a probability: a picture alone and in a batch gives two last digits."""


class FoolingParams(TargetParams, frozen=True):
    """Which class is aimed at, and how. Pixels count in 0 … 255."""

    target: Annotated[
        Index | None,
        Meta(
            description="Class to be reached; empty for each example's least likely one, with fgsm "
            "for any but its own, from noise for its own.",
            extra_json_schema={"x-widget": "class"},
        ),
    ] = None
    way: Annotated[
        Literal["ascent", "fgsm", "noise"],
        Meta(
            description="ascent: small steps from the image; fgsm: one by the gradient's sign; "
            "noise: small steps from noise, to a picture of nothing."
        ),
    ] = "ascent"
    confidence: Annotated[
        float, Meta(gt=0, lt=1, description="Probability of the class at which it stops.")
    ] = 0.99
    iterations: Annotated[int, Meta(ge=1, le=10_000, description="Steps at most.")] = 200
    rate: Annotated[
        float, Meta(gt=0, le=255, description="Mean change of a pixel by a step, of 255.")
    ] = 0.25
    epsilon: Annotated[
        float, Meta(gt=0, le=255, description="Change of each pixel by fgsm, of 255.")
    ] = 2.0
    noise: Annotated[
        float, Meta(ge=0, le=255, description="Spread of the noise that is begun with, of 255.")
    ] = 10.0


@register
class Fooling(Method[FoolingParams]):
    """Pictures that a network is certain about and wrong: hardly changed, or of nothing at all.

    Gradient ascent on the probability of a class, from an image until it is reached (Szegedy et al.
    2013, https://arxiv.org/abs/1312.6199); the fast gradient sign method (Goodfellow, Shlens,
    Szegedy 2014, https://arxiv.org/abs/1412.6572); pictures from noise (Nguyen, Yosinski, Clune
    2014, https://arxiv.org/abs/1412.1897, by gradient). Differs from the papers: the ascent takes
    steps of one mean size and stops where the class is reached, instead of minimising the distance
    by L-BFGS; from noise likewise, without weight decay.
    """

    name, title, kind = "fooling", "Fooling", "images"
    Params = FoolingParams
    needs_gradient = True
    batched = True
    objective_name = "probability of the class aimed at"
    presets = (
        Preset(name="least_change", title="To the least likely class", params={}),
        Preset(
            name="fgsm",
            title="One step by the sign",
            params={"way": "fgsm"},
            source="Goodfellow, Shlens, Szegedy 2014, https://arxiv.org/abs/1412.6572",
        ),
        Preset(
            name="from_noise",
            title="A picture of nothing",
            params={"way": "noise"},
            source="Nguyen, Yosinski, Clune 2014, https://arxiv.org/abs/1412.1897",
        ),
    )

    def unsuitable(self, net: Net) -> str | None:
        """Say that there is no other class to be taken for."""
        if net.classes is None:
            return "it gives no class scores (N, classes)"
        return None if net.classes > 1 else "it has one class: there is no other to be taken for"

    def check(self, net: Net, params: FoolingParams) -> None:
        """Check that the class is there.

        Raises:
            ParamsError: the network has fewer classes.
        """
        check_target(net, params, of=self.name)

    def run(self, ctx: Context, params: FoolingParams) -> list[Result]:
        """Give `images` (3 · N, H, W, 3): original, result and magnified difference of each."""
        space = space_of(ctx)
        aim, start = _aim(ctx, params), _start(ctx, params, space)
        found: list[Fooled] = []
        cut = batches(ctx, len(start))
        for number, rows in enumerate(cut):
            if params.way == "fgsm":
                ctx.report(number, len(cut))
                part = step_by_sign(ctx.net, aim.of_rows(rows), space, start[rows], params.epsilon)
            else:
                before = [one.pixels for one in found]
                part = climb_to(
                    ctx.net,
                    aim.of_rows(rows),
                    space,
                    start[rows],
                    params.confidence,
                    rate=params.rate,
                    iterations=params.iterations,
                    told=partial(_report, ctx, params, number, len(cut), space, before),
                )
            found.append(part)
        fooled = Fooled(*(torch.cat(parts) for parts in zip(*found, strict=True)))
        return [_result(ctx, params, space, aim, start, fooled)]


def _aim(ctx: Context, params: FoolingParams) -> Aim:
    """Choose what each example shall be taken for."""
    scores = ctx.scores.detach()
    own, reading = ctx.targets(None).classes, reading_of(scores)
    if params.target is not None:
        return Aim(own, (params.target,) * len(own), reading)
    if params.way == "fgsm":
        return Aim(own, None, reading)
    if params.way == "noise":
        return Aim(own, own, reading)
    others = scores.float().masked_fill(scores.isnan(), torch.inf)
    others[range(len(own)), list(own)] = torch.inf
    return Aim(own, tuple(others.argmin(dim=1).tolist()), reading)


def _start(ctx: Context, params: FoolingParams, space: PixelSpace) -> Tensor:
    """Give the pixels that are begun with, (N, C, H, W)."""
    pixels = space.from_input(ctx.examples)
    if params.way == "noise":
        noise = torch.randn(pixels.shape, generator=random_numbers(ctx))
        pixels = params.noise * noise.to(pixels)
    return space.clip(pixels)


def _report(
    ctx: Context,
    params: FoolingParams,
    part: int,
    parts: int,
    space: PixelSpace,
    before: Sequence[Tensor],
    steps: int,
    pixels: Tensor,
    values: Tensor,
) -> None:
    ctx.report(
        part * params.iterations + steps,
        parts * params.iterations,
        lambda: space.to_unit(torch.cat([*before, pixels])),
        objective=values,
    )


class _Said(NamedTuple):
    """What the network says of some pictures."""

    probabilities: Tensor
    """(N, classes)."""
    aimed: Tensor
    """(N,): of the class aimed at, or of any but the own."""
    top: list[int]

    @classmethod
    def of(cls, ctx: Context, space: PixelSpace, aim: Aim, pixels: Tensor) -> _Said:
        parts: list[Tensor] = []
        values: list[Tensor] = []
        for rows in batches(ctx, len(pixels)):
            with torch.no_grad():
                scores = ctx.net(space.to_input(pixels[rows]))
            parts.append(probabilities(scores, aim.reading))
            values.append(aim.of_rows(rows).values(scores)[0])
        found = torch.cat(parts)
        top = found.masked_fill(found.isnan(), -torch.inf).argmax(dim=1)
        return cls(found, torch.cat(values), top.tolist())

    def name(self, ctx: Context, row: int) -> str:
        """Name the top-1 of a picture, with its probability."""
        number = self.top[row]
        named = ctx.class_names[number] if ctx.class_names else f"class {number}"
        return f"{named} {float(self.probabilities[row, number]):.3g}"


def _result(
    ctx: Context,
    params: FoolingParams,
    space: PixelSpace,
    aim: Aim,
    start: Tensor,
    fooled: Fooled,
) -> Result:
    seen = start, fooled.pixels, space.rounded(fooled.pixels)
    before, after, rounded = (_Said.of(ctx, space, aim, pixels) for pixels in seen)
    change = fooled.pixels - start
    factor = _magnification(change)
    facts = _facts(params, space, aim, fooled, before, after)
    facts |= {
        "objective_rounded": numbers(rounded.aimed),
        "rms": numbers(_rms(change), digits=4),
        "magnified": factor,
    }
    captions: list[str] = []
    for row, steps in enumerate(fooled.steps.tolist()):
        what = "noise" if params.way == "noise" else f"example {row}"
        captions += [
            f"{what} · {before.name(ctx, row)}",
            f"{after.name(ctx, row)} · {steps} step{'s' * (steps != 1)}",
            f"difference × {factor}, RMS {float(_rms(change)[row]):.2g} of 255",
        ]
    grey = space.from_unit(0.5 + factor * change / 255)
    pictures = torch.stack([start, fooled.pixels, grey], dim=1).flatten(0, 1)
    return images_result(space, pictures, layer=None, captions=captions, facts=facts)


def _rms(change: Tensor) -> Tensor:
    """Average a change over pixels and colours: (N, C, H, W) -> (N,)."""
    return change.flatten(1).square().mean(dim=1).sqrt()


def _facts(
    params: FoolingParams,
    space: PixelSpace,
    aim: Aim,
    fooled: Fooled,
    before: _Said,
    after: _Said,
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "columns": 3,
        "way": params.way,
        "own": list(aim.own),
        "aimed": None if aim.aimed is None else list(aim.aimed),
        "top_before": before.top,
        "top_after": after.top,
        "own_before": numbers(class_scores(before.probabilities, aim.own)),
        "own_after": numbers(class_scores(after.probabilities, aim.own)),
        "objective_before": numbers(before.aimed),
        "objective": numbers(after.aimed),
        "objective_name": Fooling.objective_name,
        "reached": _reached(params, aim, after),
        "iterations": fooled.steps.tolist(),
        "pixels": _pixels(space),
    }
    blocked = fooled.blocked.nonzero()[:, 0].tolist()
    if blocked:
        which = ", ".join(map(str, blocked))
        facts["note"] = f"no gradient reaches example {which}: it stayed as it is"
    return facts


def _reached(params: FoolingParams, aim: Aim, after: _Said) -> list[bool]:
    """Say of each picture whether it is taken for what it shall be."""
    if aim.aimed is None:
        return [top != own for top, own in zip(after.top, aim.own, strict=True)]
    if params.way == "fgsm":
        return [top == aimed for top, aimed in zip(after.top, aim.aimed, strict=True)]
    return [value >= params.confidence - _ROUNDING for value in after.aimed.tolist()]


def _magnification(change: Tensor) -> int:
    """Choose one factor for all differences: 99 of 100 pixels stay between black and white."""
    sizes = change.abs().flatten()
    most = float(sizes.kthvalue(max(1, round(0.99 * len(sizes)))).values)
    return max((one for one in _MAGNIFIED if one * most <= 127.5), default=1)


def _pixels(space: PixelSpace) -> str:
    """Say what the 255th part is that changes are measured in."""
    if space.origin == "given":
        return "1 of 255 from black to white, by normalize"
    if space.origin == "assumed 0 … 1":
        return (
            "1 of 255 of the network's input from 0 to 1; give normalize if that is not its range"
        )
    return "1 of 255 of the examples' own range, for normalize is not known"
