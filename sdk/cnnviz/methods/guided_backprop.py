"""What in the image drives a score or a unit up, in fine lines."""

from __future__ import annotations

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams
from cnnviz.core.explaining import RuledMethod
from cnnviz.core.registry import register
from cnnviz.core.ruled import ruled_gradient
from cnnviz.ops.rectifiers import guided_rule
from cnnviz.ops.units import strongest_colour

__all__ = ["GuidedBackprop"]


@register
class GuidedBackprop(RuledMethod):
    """Fine structure that drives a score up: only what is positive flows back through rectifiers.

    Guided backpropagation (Springenberg, Dosovitskiy, Brox, Riedmiller 2014,
    https://arxiv.org/abs/1412.6806, section 3.4): the gradient by the image, set to zero at every
    rectifier where it or the rectifier's input is negative. Differs from the paper: of the colours
    the one of the largest magnitude is shown, with its sign; max-pooling keeps its derivative.
    """

    name, title = "guided_backprop", "Guided backpropagation"

    def run(self, ctx: Context, params: ExplainedParams) -> list[Result]:
        """Give `map` (N, H, W), signed."""
        gradient, facts = ruled_gradient(ctx, Explained.of(ctx, params), guided_rule)
        facts["signed"] = True
        facts["unit"] = (
            f"guided gradient of each pixel's strongest colour, {facts['rectifiers']} rectifiers"
        )
        arrays = {"map": strongest_colour(gradient)}
        return [Result(kind="heatmap", layer=params.layer, arrays=arrays, facts=facts)]
