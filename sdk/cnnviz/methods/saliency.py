"""Which pixels a score, or a unit inside the network, reacts to most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.ops.targets import are_probabilities, class_scores
from cnnviz.ops.views import ten_views, times_shown

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Saliency", "SaliencyParams"]


Index = Annotated[int, Meta(ge=0)]


class SaliencyParams(Params, frozen=True):
    """What is derived by the input: a class score, or a unit of a layer."""

    target: Annotated[
        Index | None,
        Meta(
            description="Class index; empty for each example's label or, without one, its top-1.",
            extra_json_schema={"x-widget": "class"},
        ),
    ] = None
    layer: Annotated[
        str | None,
        Meta(
            description="A layer, to explain one of its channels or units instead of a class.",
            extra_json_schema={"x-widget": "layer"},
        ),
    ] = None
    channel: Annotated[
        Index | None, Meta(description="The layer's channel; needed with a layer.")
    ] = None
    position: Annotated[
        tuple[Index, Index] | None,
        Meta(description="Row and column of one unit; empty for the mean of the channel."),
    ] = None
    views: Annotated[
        Literal[1, 10],
        Meta(
            description="10 averages over five shifts, mirrored and not: less speckle, ten passes."
        ),
    ] = 1


@register
class Saliency(Method[SaliencyParams]):
    """How strongly each pixel can change the class score: its absolute derivative.

    Saliency maps (Simonyan, Vedaldi, Zisserman 2013, https://arxiv.org/abs/1312.6034, section 3):
    the derivative of the unnormalised class score by the image, absolute, and of the colours the
    largest. Differs from the paper: one view of the image unless `views` is 10, the average that
    the paper's figures show (the paper crops a larger image; here the image is shifted by a
    fourteenth, its border mirrored); and any unit of any layer may stand in for the class score.
    """

    name, title, kind = "saliency", "Saliency", "heatmap"
    Params = SaliencyParams
    in_training = True
    needs_gradient = True

    def check(self, net: Net, params: SaliencyParams) -> None:
        """Check that the class or the unit is there.

        Raises:
            ParamsError: a channel without a layer, both a class and a layer, or a class or unit
                that the network does not have.
        """
        if params.layer is not None:
            _check_unit(net.layer(params.layer).shape, params)
        elif params.channel is not None or params.position is not None:
            raise ParamsError("saliency: channel and position need a layer", field="layer")
        if params.views > 1 and params.position is not None:
            message = "saliency: a unit at one position has one view, give no views"
            raise ParamsError(f"{message}; got views={params.views}", field="views")
        classes = net.classes
        if params.target is not None and classes is not None and params.target >= classes:
            message = f"saliency: target must be in 0 … {classes - 1}, got {params.target}"
            raise ParamsError(message, field="target")

    def layers(self, net: Net, params: SaliencyParams) -> list[str]:  # noqa: ARG002
        """Name the layer of the unit, if one is asked about."""
        return [] if params.layer is None else [params.layer]

    def run(self, ctx: Context, params: SaliencyParams) -> list[Result]:
        """Give `map` (N, H, W), at least 0."""
        facts = _class_facts(ctx, params) if params.layer is None else _unit_facts(params)
        facts |= {"signed": False, "unit": "|d score / d pixel|, of the colours the largest"}
        facts["views"] = params.views
        found = _over_views(ctx, params) if params.views > 1 else _of_the_image(ctx, params)
        return [Result(kind="heatmap", layer=params.layer, arrays={"map": found}, facts=facts)]


def largest_magnitude(gradient: Tensor) -> Tensor:
    """Take the absolute value, and of the colours the largest: (N, C, H, W) -> (N, H, W)."""
    return gradient.abs().amax(dim=1)


def unit_values(output: Tensor, channel: int, position: tuple[int, int] | None) -> Tensor:
    """Pick one unit a example, or the mean of its channel: (N, K) or (N, K, h, w) -> (N,)."""
    chosen = output[:, channel]
    if position is not None:
        return chosen[:, position[0], position[1]]
    return chosen.flatten(1).mean(dim=1) if chosen.ndim > 1 else chosen


def _of_the_image(ctx: Context, params: SaliencyParams) -> Tensor:
    if params.layer is None:
        return largest_magnitude(ctx.input_gradient(ctx.targets(params.target).classes))
    unit = unit_values(ctx.activation(params.layer), _channel(params), params.position)
    return largest_magnitude(ctx.gradient_of(unit))


def _over_views(ctx: Context, params: SaliencyParams) -> Tensor:
    """Average the maps of ten views, each pixel over the views that show it."""
    classes = None if params.layer is not None else ctx.targets(params.target).classes
    total = torch.zeros_like(ctx.examples[:, 0], requires_grad=False)
    for done, view in enumerate(ten_views(ctx.examples)):
        ctx.report(done, 10)
        if classes is not None:
            objective = class_scores(ctx.net(view).reshape(len(view), -1), classes)
        else:
            (output,) = ctx.net.features(view, [str(params.layer)]).values()
            objective = unit_values(output, _channel(params), None)
        total += largest_magnitude(ctx.gradient_of(objective))
    return total / times_shown(ctx.examples)


def _class_facts(ctx: Context, params: SaliencyParams) -> dict[str, Any]:
    targets = ctx.targets(params.target)
    facts: dict[str, Any] = {"targets": list(targets.classes), "origins": list(targets.origins)}
    if are_probabilities(ctx.scores):
        facts["note"] = (
            "the model ends in a softmax: this is the derivative of a probability, "
            "not of the unnormalised score that the method asks for"
        )
    return facts


def _channel(params: SaliencyParams) -> int:
    if params.channel is None:
        raise ParamsError("saliency: a layer needs a channel", field="channel")
    return params.channel


def _unit_facts(params: SaliencyParams) -> dict[str, Any]:
    position = None if params.position is None else list(params.position)
    return {"channel": params.channel, "position": position}


def _check_unit(shape: list[int], params: SaliencyParams) -> None:
    if params.target is not None:
        message = "saliency: give a target class or a layer with a channel, not both"
        raise ParamsError(message, field="target")
    if len(shape) not in {1, 3}:
        message = f"saliency: layer {params.layer!r} gives {shape}, expected channels or maps"
        raise UnsuitableError(message)
    if params.channel is None or params.channel >= shape[0]:
        message = f"saliency: channel of {params.layer!r} must be in 0 … {shape[0] - 1}"
        raise ParamsError(f"{message}, got {params.channel}", field="channel")
    if params.position is None:
        return
    inside = len(shape) == 3 and all(
        0 <= p < size for p, size in zip(params.position, shape[1:], strict=True)
    )
    if not inside:
        message = f"saliency: position must lie in the maps {shape[1:]} of {params.layer!r}"
        raise ParamsError(f"{message}, got {params.position}", field="position")
