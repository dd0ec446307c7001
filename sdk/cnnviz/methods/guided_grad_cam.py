"""Fine structure where the evidence for a class lies: two maps multiplied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnviz.contract.results import Result
from cnnviz.core.class_activation import class_activation, map_layer, no_feature_map
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams, TargetParams, check_target, noted
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.core.ruled import ruled_gradient, unsuitable_for_rules
from cnnviz.ops.rectifiers import guided_rule
from cnnviz.ops.units import strongest_colour

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["GuidedGradCam"]


@register
class GuidedGradCam(Method[TargetParams]):
    """Fine structure where the evidence for a class lies: guided backpropagation times Grad-CAM.

    Guided Grad-CAM (Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra 2017,
    https://arxiv.org/abs/1610.02391, section 3.2), on the last feature map. Differs from the paper:
    of the colours the one of the largest magnitude is shown, with its sign.
    """

    name, title, kind = "guided_grad_cam", "Guided Grad-CAM", "heatmap"
    Params = TargetParams
    needs_gradient = True

    def unsuitable(self, net: Net) -> str | None:
        """Say which nonlinearities are no rectifiers, or that there is no feature map."""
        return unsuitable_for_rules(net) or no_feature_map(net)

    def check(self, net: Net, params: TargetParams) -> None:
        """Check that the class is there."""
        check_target(net, params, of=self.name)

    def layers(self, net: Net, params: TargetParams) -> list[str]:  # noqa: ARG002
        """Name the layer of the feature maps."""
        return [map_layer(net, None, of=self.name)]

    def gradient_layers(self, net: Net, params: TargetParams) -> list[str]:
        """Name the same: the scores are derived by its output."""
        return self.layers(net, params)

    def run(self, ctx: Context, params: TargetParams) -> list[Result]:
        """Give `map` (N, H, W), signed."""
        (layer,) = self.layers(ctx.net, params)
        explained = Explained.of(ctx, ExplainedParams(target=params.target))
        gradient, facts = ruled_gradient(ctx, explained, guided_rule)
        evidence, note = class_activation(ctx, explained.classes, layer)
        found = strongest_colour(gradient) * evidence
        facts = noted(facts, f"Grad-CAM of {layer}, {note}")
        facts |= {"signed": True, "unit": "guided gradient × Grad-CAM"}
        return [Result(kind="heatmap", arrays={"map": found}, facts=facts)]
