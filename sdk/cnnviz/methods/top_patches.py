"""The images that excite each channel most, cut to what the channel sees of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
import torch
from msgspec import Meta

from cnnviz.contract.layers import Layer, ReceptiveField
from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.collecting import Pass, Seen
from cnnviz.core.context import Context
from cnnviz.core.gathering import codes_of
from cnnviz.core.guided_crops import guided_crops
from cnnviz.core.layer_patches import LayerPatches
from cnnviz.core.method import DatasetMethod
from cnnviz.core.registry import register
from cnnviz.core.ruled import unsuitable_for_rules
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.ops.channels import channels_last_layers, is_spatial
from cnnviz.ops.crops import Windows, stored_sizes, windows_of
from cnnviz.ops.pixels import pixel_space

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["TopPatches", "TopPatchesParams"]

LAYERS: Final = 4
"""That are chosen automatically."""
MOST_PICTURES: Final = 64 << 20
"""Bytes of whole pictures that wait to be cut."""


class TopPatchesParams(Params, frozen=True):
    """Of which layers, and how many images."""

    layers: Annotated[
        Literal["auto"] | list[str],
        Meta(
            description="auto for the ends of the last four stages, or layers by name.",
            extra_json_schema={"x-widget": "layers"},
        ),
    ] = "auto"
    count: Annotated[int, Meta(ge=1, le=64, description="Images a channel.")] = 9
    guided: Annotated[
        bool,
        Meta(description="Guided backpropagation of each crop beside it; a pass a crop, so slow."),
    ] = False
    max_bytes: Annotated[
        int,
        Meta(ge=1, le=2**32, description="Of all crops; larger receptive fields are shrunk."),
    ] = 48 * 2**20


@register
class TopPatches(DatasetMethod[TopPatchesParams]):
    """The images of a data set that excite each channel most, cut to its receptive field.

    Top patches as in Zeiler, Fergus 2013 (https://arxiv.org/abs/1311.2901, section 4) and the deep
    visualization toolbox (https://arxiv.org/abs/1506.06579): of each image and channel the one
    place of the highest activation. Differs from the papers: the receptive field is read from the
    network's graph, whatever its operations; beyond the image a crop has the colour of an input of
    zeros.
    """

    name, title, kind = "top_patches", "Top patches", "patches"
    Params = TopPatchesParams
    in_training = True

    def layers(self, net: Net, params: TopPatchesParams) -> list[str]:
        """Name the layers.

        Raises:
            ParamsError: a layer whose output has no channels.
            UnsuitableError: there is none that has.
        """
        if params.layers == "auto":
            return [layer.name for layer in _choose(net.layers)]
        for name in params.layers:
            if len(net.layer(name).shape) not in {1, 3}:
                message = f"top_patches: the output of layer {name!r} has no channels to rank by"
                raise ParamsError(message, field="layers")
        return list(dict.fromkeys(params.layers))

    def check(self, net: Net, params: TopPatchesParams) -> None:
        """Check that guided backpropagation is defined, if it is asked for.

        Raises:
            UnsuitableError: a nonlinearity that is no rectifier.
        """
        reason = unsuitable_for_rules(net) if params.guided else None
        if reason is not None:
            raise UnsuitableError(f"top_patches: no guided crops: {reason}")

    def collector(self, ctx: Context, params: TopPatchesParams) -> _Collector:
        """Make what keeps the strongest images of each channel."""
        names = self.layers(ctx.net, params)
        return _Collector(ctx, [ctx.net.layer(name) for name in names], params)


def _choose(layers: Sequence[Layer]) -> list[Layer]:
    """Choose the last nonlinearities before the maps get smaller, four at most."""
    parts = [layer for layer in layers if not layer.container]
    maps = [layer for layer in parts if layer.nonlinearity and is_spatial(layer)]
    maps = maps or [layer for layer in parts if "conv" in layer.kind and is_spatial(layer)]
    if not maps:
        found = [layer for layer in parts if len(layer.shape) in {1, 3} and 0 not in layer.shape]
        if not found:
            raise UnsuitableError("top_patches: the network has no layer with channels")
        return found[-1:]
    sizes = [layer.shape[1:] for layer in maps]
    ends = [
        layer
        for layer, this, after in zip(maps, sizes, [*sizes[1:], None], strict=True)
        if this != after
    ]
    return ends[-LAYERS:]


class _Collector:
    """Keeps the strongest images of each channel of some layers."""

    def __init__(self, ctx: Context, layers: Sequence[Layer], params: TopPatchesParams) -> None:
        """Begin with none."""
        self._ctx, self._guided = ctx, params.guided
        channels, height, width = ctx.examples.shape[1:]
        colours = 3 if channels >= 3 else 1
        cpu = torch.device("cpu")
        self._space = pixel_space(ctx.normalize, ctx.examples, device=cpu, dtype=torch.float32)
        beyond = codes_of(torch.zeros(1, channels, 1, 1), self._space)[0, 0, 0]
        last = channels_last_layers(ctx.net.layers)
        whole = ReceptiveField(size=(height, width), stride=(0, 0), offset=(0, 0), is_global=True)
        fields = [layer.receptive_field or whole for layer in layers]
        windows = windows_of(fields, (height, width))
        pixels = [_width(layer, last) * params.count * colours for layer in layers]
        sizes = stored_sizes(windows, pixels, most=params.max_bytes)
        self._layers = [
            LayerPatches(
                layer,
                Windows(field=field, window=window, crop=size),
                image=(height, width),
                beyond=beyond,
                channels_last=layer.name in last,
                count=params.count,
                classes=ctx.net.classes,
            )
            for layer, field, window, size in zip(layers, fields, windows, sizes, strict=True)
        ]
        self._pictures: dict[int, np.ndarray] = {}
        self._bytes = 0

    def take(self, seen: Seen) -> None:
        """Look at a batch; pictures wait until many can be cut at once."""
        wanted: set[int] = set()
        rows, labels = torch.from_numpy(seen.rows), torch.from_numpy(seen.labels).long()
        for one in self._layers:
            entered = one.take(seen.outputs[one.layer.name], rows, labels)
            wanted |= set(entered.images.tolist())
        chosen = sorted(wanted)
        if chosen:
            codes = codes_of(seen.images[chosen], self._space)
            self._pictures |= zip(seen.rows[chosen].tolist(), codes, strict=True)
            self._bytes += codes.nbytes
        if self._bytes > MOST_PICTURES:
            self._cut()

    def state(self) -> dict[str, np.ndarray]:
        """Give all that it holds."""
        self._cut()
        return {
            f"{index}.{name}": array
            for index, one in enumerate(self._layers)
            for name, array in one.state().items()
        }

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave."""
        for index, one in enumerate(self._layers):
            start = f"{index}."
            own = {
                name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)
            }
            one.restore(own)

    def results(self, done: Pass) -> list[Result]:
        """Give one record a layer."""
        self._cut()
        found = [one.result(done, self._space) for one in self._layers]
        return [self._with_guided(*pair, done) for pair in zip(self._layers, found, strict=True)]

    def _with_guided(self, of: LayerPatches, result: Result, done: Pass) -> Result:
        """Add guided backpropagation of each crop, if it is asked for."""
        if not self._guided:
            return result
        arrays = result.arrays
        guided = guided_crops(
            self._ctx,
            done.data,
            of.layer.name,
            rows=arrays["images"].numpy(),
            places=arrays["places"],
            boxes=arrays["boxes"],
            windows=of.windows,
        )
        return replace(result, arrays={**arrays, "guided": guided})

    def _cut(self) -> None:
        for one in self._layers:
            one.cut(self._pictures)
        self._pictures, self._bytes = {}, 0


def _width(layer: Layer, last: frozenset[str]) -> int:
    return layer.shape[-1] if layer.name in last else layer.shape[0]
