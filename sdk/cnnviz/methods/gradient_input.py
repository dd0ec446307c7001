"""Which pixels speak for a score and which against it, by its local slope."""

from __future__ import annotations

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams
from cnnviz.core.explaining import ExplainingMethod
from cnnviz.core.registry import register

__all__ = ["GradientInput"]


@register
class GradientInput(ExplainingMethod[ExplainedParams]):
    """Which pixels speak for the score and which against it: slope times pixel.

    Gradient × input (Shrikumar, Greenside, Shcherbina, Kundaje 2016,
    https://arxiv.org/abs/1605.01713, section 2.3). The pixel's value is the one that the model
    takes, so that 0 is what normalisation made of the mean colour. Differs from the paper: summed
    over the colours.
    """

    name, title = "gradient_input", "Gradient × input"
    Params = ExplainedParams

    def run(self, ctx: Context, params: ExplainedParams) -> list[Result]:
        """Give `map` (N, H, W), signed."""
        explained = Explained.of(ctx, params)
        found = (explained.gradient(ctx) * ctx.examples.detach()).sum(dim=1)
        facts = explained.facts | {"signed": True}
        facts["unit"] = "∂ score / ∂ pixel × pixel, summed over colours"
        return [Result(kind="heatmap", layer=params.layer, arrays={"map": found}, facts=facts)]
