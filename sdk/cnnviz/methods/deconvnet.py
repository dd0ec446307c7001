"""The pattern in the image that a score or a unit answers to, projected back."""

from __future__ import annotations

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams, noted
from cnnviz.core.explaining import RuledMethod
from cnnviz.core.registry import register
from cnnviz.core.ruled import ruled_gradient
from cnnviz.ops.rectifiers import deconvnet_rule
from cnnviz.ops.units import strongest_colour

__all__ = ["Deconvnet"]


@register
class Deconvnet(RuledMethod):
    """The pattern that a score or unit answers to, projected back: unpool, rectify, filter.

    Deconvnet (Zeiler, Fergus 2013, https://arxiv.org/abs/1311.2901, section 2.1), as a backward
    pass: at every rectifier what is negative is set to zero, whatever the rectifier's input was;
    max-pooling is undone by its switches, where pools overlap their shares are summed. Differs from
    the paper: starts from a class score or any unit or channel, not from one map's maximum; batch
    normalisation, which the paper's network has none of, passes with its derivative; of the colours
    the one of the largest magnitude is shown, with its sign. Without max-pools there are no
    switches, and the map hardly depends on the image; it says so.
    """

    name, title = "deconvnet", "Deconvnet"

    def run(self, ctx: Context, params: ExplainedParams) -> list[Result]:
        """Give `map` (N, H, W), signed."""
        gradient, facts = ruled_gradient(ctx, Explained.of(ctx, params), deconvnet_rule)
        if not facts["switches"]:
            facts = noted(facts, "no max-pool on the way: the map hardly depends on the image")
        facts["signed"] = True
        facts["unit"] = (
            f"deconvnet signal of each pixel's strongest colour, {facts['rectifiers']} rectifiers"
        )
        arrays = {"map": strongest_colour(gradient)}
        return [Result(kind="heatmap", layer=params.layer, arrays=arrays, facts=facts)]
