"""What in the image drives a score or a unit up, in fine lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.core.ruled import ruled_gradient, unsuitable_for_rules
from cnnviz.ops.rectifiers import guided_rule
from cnnviz.ops.units import strongest_colour

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["GuidedBackprop"]


@register
class GuidedBackprop(Method[ExplainedParams]):
    """Fine structure that drives a score up: only what is positive flows back through rectifiers.

    Guided backpropagation (Springenberg, Dosovitskiy, Brox, Riedmiller 2014,
    https://arxiv.org/abs/1412.6806, section 3.4): the gradient by the image, set to zero at every
    rectifier where it or the rectifier's input is negative. Differs from the paper: of the colours
    the one of the largest magnitude is shown, with its sign; max-pooling keeps its derivative.
    """

    name, title, kind = "guided_backprop", "Guided backpropagation", "heatmap"
    Params = ExplainedParams
    needs_gradient = True

    def unsuitable(self, net: Net) -> str | None:
        """Say which nonlinearities are no rectifiers."""
        return unsuitable_for_rules(net)

    def check(self, net: Net, params: ExplainedParams) -> None:
        """Check that the class or the unit is there."""
        params.check(net, of=self.name)

    def layers(self, net: Net, params: ExplainedParams) -> list[str]:  # noqa: ARG002
        """Name the layer of the unit, if one is asked about."""
        return params.layers

    def run(self, ctx: Context, params: ExplainedParams) -> list[Result]:
        """Give `map` (N, H, W), signed."""
        gradient, facts = ruled_gradient(ctx, Explained.of(ctx, params), guided_rule)
        facts["signed"] = True
        facts["unit"] = (
            f"guided gradient, {facts['rectifiers']} rectifiers, of the colours the strongest"
        )
        arrays = {"map": strongest_colour(gradient)}
        return [Result(kind="heatmap", layer=params.layer, arrays=arrays, facts=facts)]
