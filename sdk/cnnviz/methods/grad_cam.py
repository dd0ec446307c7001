"""Where in the image the evidence for a class lies, as the last feature maps tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from cnnviz.contract.results import Result
from cnnviz.core.class_activation import class_activation, map_layer, no_feature_map
from cnnviz.core.context import Context
from cnnviz.core.explained import TargetParams, check_target, noted, target_facts
from cnnviz.core.method import Method
from cnnviz.core.registry import register

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["GradCam", "GradCamParams"]


class GradCamParams(TargetParams, frozen=True):
    """The class, and the layer whose feature maps are weighed."""

    layer: Annotated[
        str | None,
        Meta(
            description="Layer whose feature maps are weighed; empty for the last convolution's.",
            extra_json_schema={"x-widget": "layer"},
        ),
    ] = None


@register
class GradCam(Method[GradCamParams]):
    """Where the evidence for a class lies: the last feature maps, weighed by their gradients.

    Grad-CAM (Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra 2017,
    https://arxiv.org/abs/1610.02391, section 3). Differs from the paper: the feature maps are those
    behind the last convolution's normalisation, sum and rectifier unless a layer is named.
    """

    name, title, kind = "grad_cam", "Grad-CAM", "heatmap"
    Params = GradCamParams
    needs_gradient = True

    def unsuitable(self, net: Net) -> str | None:
        """Say that there is no feature map."""
        return no_feature_map(net)

    def check(self, net: Net, params: GradCamParams) -> None:
        """Check that the class and the layer's feature maps are there."""
        check_target(net, params, of=self.name)
        map_layer(net, params.layer, of=self.name)

    def layers(self, net: Net, params: GradCamParams) -> list[str]:
        """Name the layer of the feature maps."""
        return [map_layer(net, params.layer, of=self.name)]

    def gradient_layers(self, net: Net, params: GradCamParams) -> list[str]:
        """Name the same: the scores are derived by its output."""
        return self.layers(net, params)

    def run(self, ctx: Context, params: GradCamParams) -> list[Result]:
        """Give `map` (N, H, W), at least 0."""
        layer = map_layer(ctx.net, params.layer, of=self.name)
        found, note = class_activation(ctx, ctx.targets(params.target).classes, layer)
        facts = noted(target_facts(ctx, params), note)
        facts |= {"signed": False, "unit": "evidence for the class"}
        return [Result(kind="heatmap", layer=layer, arrays={"map": found}, facts=facts)]
