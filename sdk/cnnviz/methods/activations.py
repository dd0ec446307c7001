"""What each layer makes of the examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta

from cnnviz.contract.layers import Layer
from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError
from cnnviz.ops.channels import channels_first, channels_last_layers, is_spatial

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Activations", "ActivationsParams"]

MIN_EXAMPLES = 2
"""The automatic choice leaves room for this many examples."""


_NEVER_NEGATIVE = frozenset({"relu", "relu6", "sigmoid", "hardsigmoid", "softplus"})


class ActivationsParams(Params, frozen=True):
    """Which layers, and how many bytes of them."""

    layers: Annotated[
        Literal["auto", "all"] | list[str],
        Meta(
            description="auto for the outputs of the nonlinearities, all, or layers by name.",
            extra_json_schema={"x-widget": "layers"},
        ),
    ] = "auto"
    max_bytes: Annotated[
        int,
        Meta(ge=1, le=2**40, description="Of one capture; the first examples that fit are kept."),
    ] = 24 * 2**20


@register
class Activations(Method[ActivationsParams]):
    """The feature maps of each layer for the examples: what every channel reacts to, and where.

    Activation maps as in the deep visualization toolbox (Yosinski et al. 2015,
    https://arxiv.org/abs/1506.06579, section 2). Differs from the paper: all channels are kept with
    their exact values, and scaling is left to who looks at them.

    The automatic choice is the output of each nonlinearity that still has positions; of networks
    with very many of them, the last of every stage and block first, the others thinned evenly, so
    that two examples fit in `max_bytes`. Without such a nonlinearity it is the last convolution,
    and without that the nonlinearities that give vectors, or the last layer.
    """

    name, title, kind = "activations", "Activations", "feature_maps"
    Params = ActivationsParams
    in_training = True

    def layers(self, net: Net, params: ActivationsParams) -> list[str]:
        """Name the layers to keep.

        Raises:
            ParamsError: a layer whose output is no tensor of channels.
        """
        if isinstance(params.layers, list):
            for name in params.layers:
                if len(net.layer(name).shape) not in {1, 2, 3}:
                    message = f"activations: the output of layer {name!r} has no channels to show"
                    raise ParamsError(message, field="layers")
            return params.layers
        shown = [layer for layer in net.layers if not layer.container and _has_channels(layer)]
        if params.layers == "all":
            return [layer.name for layer in shown]
        return [layer.name for layer in choose_layers(shown, params.max_bytes // 4 // MIN_EXAMPLES)]

    def run(self, ctx: Context, params: ActivationsParams) -> list[Result]:
        """Give one record a layer: `activations` (n, K, h, w), or (n, K) without positions."""
        names = self.layers(ctx.net, params)
        last = channels_last_layers(ctx.net.layers)
        kinds = {layer.name: layer.kind for layer in ctx.net.layers}
        outputs = {name: ctx.activation(name) for name in names}
        total = len(ctx.examples)
        bytes_an_example = sum(output[:1].nbytes for output in outputs.values())
        kept = max(1, min(total, params.max_bytes // max(bytes_an_example, 1)))
        facts: dict[str, Any] = {"examples": kept, "examples_total": total}
        return [
            Result(
                kind="feature_maps",
                layer=name,
                arrays={"activations": channels_first(output[:kept], last=name in last)},
                facts=facts | {"signed": kinds[name] not in _NEVER_NEGATIVE},
            )
            for name, output in outputs.items()
        ]


def choose_layers(layers: Sequence[Layer], budget: int) -> list[Layer]:
    """Choose the layers a researcher looks at first, within a number of values an example.

    Args:
        layers: all that have channels, in forward order.
        budget: values an example that all of them together may have; the first choice is kept
            whatever it needs.

    Returns:
        The chosen ones, in forward order; empty only if there is no layer.
    """
    maps = [layer for layer in layers if layer.nonlinearity and is_spatial(layer)]
    if not maps:
        return _without_maps(layers)
    if _values(maps) <= budget:
        return maps
    first = [layer for i, layer in enumerate(maps) if i == 0 or _ends_stage(maps, i)]
    blocks = [layer for i, layer in enumerate(maps) if layer not in first and _ends_block(maps, i)]
    rest = [layer for layer in maps if layer not in first and layer not in blocks]
    chosen = first
    for candidates in (blocks, rest):
        for stride in range(1, len(candidates) + 1):
            thinned = candidates[::-1][::stride]
            if _values(chosen) + _values(thinned) <= budget:
                chosen = chosen + thinned
                break
    return [layer for layer in maps if layer in chosen]


def _without_maps(layers: Sequence[Layer]) -> list[Layer]:
    convolutions = [layer for layer in layers if "conv" in layer.kind and is_spatial(layer)]
    if convolutions:
        return convolutions[-1:]
    return [layer for layer in layers if layer.nonlinearity] or list(layers[-1:])


def _values(layers: Sequence[Layer]) -> int:
    return sum(_size(layer) for layer in layers)


def _size(layer: Layer) -> int:
    size = 1
    for length in layer.shape:
        size *= length
    return size


def _ends_stage(maps: Sequence[Layer], index: int) -> bool:
    """Tell whether the maps get smaller after this layer."""
    following = maps[index + 1 : index + 2]
    return not following or following[0].shape[1:] != maps[index].shape[1:]


def _ends_block(maps: Sequence[Layer], index: int) -> bool:
    """Tell whether the next layer lies in another module."""
    following = maps[index + 1 : index + 2]
    return not following or _parent(following[0]) != _parent(maps[index])


def _parent(layer: Layer) -> str:
    return layer.name.rpartition(".")[0]


def _has_channels(layer: Layer) -> bool:
    return len(layer.shape) in {1, 3} and 0 not in layer.shape
