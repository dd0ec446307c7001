"""What each pixel adds to a score, on average over baselines and over the ways from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams, noted
from cnnviz.core.explaining import ExplainingMethod
from cnnviz.core.registry import register
from cnnviz.ops.baselines import starting_images

__all__ = ["GradientShap", "GradientShapParams"]


class GradientShapParams(ExplainedParams, frozen=True):
    """What is derived by the input, and over what is averaged."""

    samples: Annotated[
        int, Meta(ge=1, le=10000, description="Points at which each image's score is derived.")
    ] = 100
    baseline: Annotated[
        Literal["examples", "zero", "black", "mean"],
        Meta(
            description="Where the ways start: the other examples, 0 as the model takes it, black "
            "(needs normalize), or each image's mean colour."
        ),
    ] = "examples"
    noise: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Noise on the image, a standard deviation as a share of its range.",
        ),
    ] = 0.0


@register
class GradientShap(ExplainingMethod[GradientShapParams]):
    """What each pixel adds to the score, on average over ways from other images to this one.

    GradientSHAP, or expected gradients (Erion, Janizek, Sturmfels, Lundberg, Lee 2019,
    https://arxiv.org/abs/1906.10670, section 2.2; Lundberg, Lee 2017): the gradient at a random
    point on the straight way from a random baseline, times the way, averaged. Differs from the
    paper: the baselines are the other examples, not a whole training set; summed over the colours.
    """

    name, title = "gradient_shap", "GradientSHAP"
    Params = GradientShapParams

    def run(self, ctx: Context, params: GradientShapParams) -> list[Result]:
        """Give `map` (N, H, W), signed; each sums to its score's mean gain, but for chance."""
        explained = Explained.of(ctx, params)
        images = ctx.examples.detach()
        others = params.baseline == "examples" and len(images) > 1
        fixed = "zero" if params.baseline == "examples" else params.baseline
        start = starting_images(images, fixed, normalize=ctx.normalize, of=self.name)
        deviation = params.noise * (images.amax((1, 2, 3)) - images.amin((1, 2, 3)))
        total = torch.zeros_like(images, dtype=torch.promote_types(images.dtype, torch.float32))
        for done in range(params.samples):
            ctx.report(done, params.samples)
            begin = images[_another(ctx, len(images))] if others else start
            way = images - begin
            if params.noise:
                way = way + deviation.view(-1, 1, 1, 1) * _normal(ctx, images)
            place = torch.rand(
                (len(images), 1, 1, 1),
                generator=ctx.generator,
                device=images.device,
                dtype=images.dtype,
            )
            total += way * explained.gradient_at(ctx, begin + place * way)
        found = (total / params.samples).sum(dim=1)
        facts = _facts(ctx, explained, found, None if others else start)
        if params.baseline == "examples" and not others:
            facts = noted(facts, "one example alone has no others: the ways start at 0")
        facts |= {"signed": True, "unit": "share of the score's mean gain, summed over the colours"}
        return [Result(kind="heatmap", layer=params.layer, arrays={"map": found}, facts=facts)]


def _another(ctx: Context, count: int) -> Tensor:
    """Draw for each example one of the others, (N,)."""
    own = torch.arange(count, device=ctx.place.device)
    further = torch.randint(1, count, (count,), generator=ctx.generator, device=ctx.place.device)
    return (own + further) % count


def _normal(ctx: Context, like: Tensor) -> Tensor:
    return torch.randn(like.shape, generator=ctx.generator, device=like.device, dtype=like.dtype)


def _facts(
    ctx: Context, explained: Explained, found: Tensor, start: Tensor | None
) -> dict[str, Any]:
    """Compare the maps' sums with the scores' gains: equal for infinitely many samples."""
    with torch.no_grad():
        output = explained.output(ctx).detach()
        each = torch.stack([explained.pick(output, i) for i in range(len(found))]).double()
        own = each.diagonal()
        if start is None:
            before = (each.sum(dim=1) - own) / (len(found) - 1)
        else:
            before = explained.values_at(ctx, start).double()
        gains = (own - before).tolist()
    sums = found.flatten(1).double().sum(dim=1).tolist()
    return explained.facts | {"sums": sums, "score_gains": gains}
