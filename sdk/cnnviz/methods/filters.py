"""The kernels of the convolutions, as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta
from torch import Tensor

from cnnviz.contract.layers import Layer
from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Filters", "FiltersParams"]


class FiltersParams(Params, frozen=True):
    """Which convolutions, and how much of the large ones."""

    layers: Annotated[
        list[str] | None,
        Meta(
            description="Convolutions by name; empty for all.",
            extra_json_schema={"x-widget": "layers"},
        ),
    ] = None
    max_filters: Annotated[
        int, Meta(ge=1, le=65536, description="Filters shown of a layer but the first.")
    ] = 64
    max_slices: Annotated[
        int, Meta(ge=1, le=65536, description="Slices shown of a filter, one an input channel.")
    ] = 64


@register
class Filters(Method[FiltersParams]):
    """The weights of every convolution: the first layer's filters in colour, slices of the others.

    Kernels as images (Krizhevsky et al. 2012,
    https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks,
    figure 3; Zeiler and Fergus 2013, https://arxiv.org/abs/1311.2901, figure 6). Differs from the
    papers: values are kept as they are and drawn on one scale symmetric around zero; of layers
    after the first, the first filters and slices are shown, and the facts say how many there are.
    """

    name, title, kind = "filters", "Filters", "kernels"
    Params = FiltersParams
    in_training = True

    def unsuitable(self, net: Net) -> str | None:
        """Networks without a two-dimensional convolution have no filters to show."""
        return None if convolutions(net) else "it has no two-dimensional convolution"

    def check(self, net: Net, params: FiltersParams) -> None:
        """Check that the layers asked for are convolutions.

        Raises:
            ParamsError: one of them is not.
        """
        known = [layer.name for layer in convolutions(net)]
        for name in params.layers or []:
            if net.layer(name).name not in known:
                message = f"filters: layer {name!r} has no kernels; the convolutions are {known}"
                raise ParamsError(message, field="layers")

    def run(self, ctx: Context, params: FiltersParams) -> list[Result]:
        """Give one record a convolution: `weights` (F, S, kh, kw)."""
        found = convolutions(ctx.net)
        first = found[0].name
        return [
            _kernels(ctx.net, layer, params, whole=layer.name == first)
            for layer in found
            if params.layers is None or layer.name in params.layers
        ]


def convolutions(net: Net) -> list[Layer]:
    """List the two-dimensional convolutions in forward order, one that is called twice once."""
    found: dict[str, Layer] = {}
    for layer in net.layers:
        if layer.container or not layer.weights or "conv" not in layer.kind:
            continue
        if net.weight(layer.weights[0]).ndim == 4:
            found.setdefault(layer.weights[0], layer)
    return list(found.values())


def by_output_channel(weight: Tensor, *, groups: int, transposed: bool) -> Tensor:
    """Order a convolution's weight as filters: one an output channel, one slice an input channel.

    Args:
        weight: (out, in / groups, kh, kw); of a transposed convolution (in, out / groups, kh, kw).
        groups: of the convolution; a filter sees in / groups channels.
        transposed: whether the convolution is a transposed one.

    Returns:
        (out, in / groups, kh, kw), a view or a reordered copy.
    """
    if not transposed:
        return weight
    inputs, outputs_a_group, *size = weight.shape
    grouped = weight.reshape(groups, inputs // groups, outputs_a_group, *size)
    return grouped.transpose(1, 2).reshape(groups * outputs_a_group, inputs // groups, *size)


def _kernels(net: Net, layer: Layer, params: FiltersParams, *, whole: bool) -> Result:
    weight = net.weight(layer.weights[0])
    filters = by_output_channel(weight, groups=layer.groups, transposed=layer.transposed)
    shown = filters if whole else filters[: params.max_filters, : params.max_slices]
    facts: dict[str, Any] = {
        "weight": layer.weights[0],
        "filters_shown": shown.shape[0],
        "filters_total": filters.shape[0],
        "slices_shown": shown.shape[1],
        "slices_total": filters.shape[1],
        "groups": layer.groups,
        "transposed": layer.transposed,
        "rgb": whole and filters.shape[1] == 3 and layer.groups == 1,
        "signed": True,
    }
    return Result(kind="kernels", layer=layer.name, arrays={"weights": shown}, facts=facts)
