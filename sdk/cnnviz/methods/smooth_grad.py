"""The gradient averaged over noisy copies of the image: less speckle."""

from __future__ import annotations

from typing import Annotated

import torch
from msgspec import Meta

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams
from cnnviz.core.explaining import ExplainingMethod
from cnnviz.core.registry import register
from cnnviz.ops.units import largest_magnitude

__all__ = ["SmoothGrad", "SmoothGradParams"]


class SmoothGradParams(ExplainedParams, frozen=True):
    """What is derived by the input, and how often with how much noise."""

    samples: Annotated[
        int, Meta(ge=1, le=1000, description="Noisy copies of each image that are averaged over.")
    ] = 50
    noise: Annotated[
        float,
        Meta(
            gt=0,
            le=1,
            description="Standard deviation of the noise, as a share of the image's range.",
        ),
    ] = 0.15


@register
class SmoothGrad(ExplainingMethod[SmoothGradParams]):
    """Saliency without its speckle: the derivative averaged over noisy copies of the image.

    SmoothGrad (Smilkov, Thorat, Kim, Viégas, Wattenberg 2017, https://arxiv.org/abs/1706.03825,
    section 3): Gaussian noise of a share of each image's range; derivatives are averaged with their
    signs. Differs from the paper: shown as saliency is, absolute, and of the colours the largest.
    """

    name, title = "smooth_grad", "SmoothGrad"
    Params = SmoothGradParams

    def run(self, ctx: Context, params: SmoothGradParams) -> list[Result]:
        """Give `map` (N, H, W), at least 0."""
        explained = Explained.of(ctx, params)
        images = ctx.examples.detach()
        deviation = params.noise * (images.amax((1, 2, 3)) - images.amin((1, 2, 3)))
        total = torch.zeros_like(images, dtype=torch.promote_types(images.dtype, torch.float32))
        for done in range(params.samples):
            ctx.report(done, params.samples)
            noise = torch.randn(
                images.shape, generator=ctx.generator, device=images.device, dtype=images.dtype
            )
            total += explained.gradient_at(ctx, images + deviation.view(-1, 1, 1, 1) * noise)
        facts = explained.facts | {"signed": False, "noise": deviation.tolist()}
        facts["unit"] = "|mean of ∂ score / ∂ pixel|, maximum over colours"
        arrays = {"map": largest_magnitude(total / params.samples)}
        return [Result(kind="heatmap", layer=params.layer, arrays=arrays, facts=facts)]
