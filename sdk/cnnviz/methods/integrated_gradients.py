"""What each pixel adds to a score on the way from a baseline to the image."""

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
from cnnviz.errors import ParamsError

__all__ = ["IntegratedGradients", "IntegratedGradientsParams"]


class IntegratedGradientsParams(ExplainedParams, frozen=True):
    """What is derived by the input, and the path that is averaged over."""

    steps: Annotated[
        int,
        Meta(ge=1, le=1000, description="Points on the path; more make the sum come out closer."),
    ] = 50
    baseline: Annotated[
        Literal["zero", "black", "mean"],
        Meta(
            description="Where the path starts: 0 as the model takes it, black (needs normalize), "
            "or each image's mean colour."
        ),
    ] = "zero"


@register
class IntegratedGradients(ExplainingMethod[IntegratedGradientsParams]):
    """What each pixel adds to the score between a baseline and the image; the map sums to it.

    Integrated gradients (Sundararajan, Taly, Yan 2017, https://arxiv.org/abs/1703.01365,
    section 3): the gradient averaged along the straight line from the baseline, times the way.
    Differs from the paper: midpoint rule; summed over the colours; the baseline is 0 in the units
    that the model takes, which is the mean colour of normalised images, unless black is chosen.
    """

    name, title = "integrated_gradients", "Integrated gradients"
    Params = IntegratedGradientsParams

    def run(self, ctx: Context, params: IntegratedGradientsParams) -> list[Result]:
        """Give `map` (N, H, W), signed; each sums to what its score gained on the way, nearly."""
        explained = Explained.of(ctx, params)
        images = ctx.examples.detach()
        start = _baseline(ctx, images, params.baseline)
        total = torch.zeros_like(images, dtype=torch.promote_types(images.dtype, torch.float32))
        for done in range(params.steps):
            ctx.report(done, params.steps)
            point = start + (done + 0.5) / params.steps * (images - start)
            total += explained.gradient_at(ctx, point)
        found = ((images - start) * total / params.steps).sum(dim=1)
        facts = _with_completeness(ctx, explained, found, start)
        facts |= {"signed": True, "unit": "share of the score's gain, summed over the colours"}
        return [Result(kind="heatmap", layer=params.layer, arrays={"map": found}, facts=facts)]


def _baseline(ctx: Context, images: Tensor, baseline: str) -> Tensor:
    """Give where the path starts, in the units that the model takes: (N, C, H, W)."""
    if baseline == "zero":
        return torch.zeros_like(images)
    if baseline == "mean":
        return images.mean((2, 3), keepdim=True).expand_as(images)
    if ctx.normalize is None:
        message = "integrated_gradients: black is not known without normalize=(mean, std)"
        raise ParamsError(f"{message}; give it, or choose baseline 'zero'", field="baseline")
    mean, std = (images.new_tensor(part).view(1, -1, 1, 1) for part in ctx.normalize)
    return (-mean / std).expand_as(images)


def _with_completeness(
    ctx: Context, explained: Explained, found: Tensor, start: Tensor
) -> dict[str, Any]:
    """Compare the maps' sums with what the scores gained: equal for infinitely many steps."""
    with torch.no_grad():
        gains = (explained.values(ctx) - explained.values_at(ctx, start)).float().tolist()
    sums = found.flatten(1).sum(dim=1).float().tolist()
    worst = max(range(len(gains)), key=lambda i: abs(sums[i] - gains[i]))
    said = (
        f"the maps sum to the scores' gains but for {abs(sums[worst] - gains[worst]):.2g} at most"
    )
    facts = noted(explained.facts, f"{said} (gain {gains[worst]:.3g})")
    return facts | {"sums": sums, "score_gains": gains}
