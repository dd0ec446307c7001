"""The images that excite each channel most, cut to what the channel sees of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np
import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.layers import Layer, ReceptiveField
from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.dataset_pass import Pass, Seen
from cnnviz.core.gathering import codes_of
from cnnviz.core.guided_crops import guided_crops
from cnnviz.core.method import DatasetMethod
from cnnviz.core.pass_state import fill
from cnnviz.core.registry import register
from cnnviz.core.ruled import unsuitable_for_rules
from cnnviz.core.spool import Spool
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.ops.channels import channels_first, channels_last_layers, is_spatial
from cnnviz.ops.crops import Windows, cut, stored_sizes, windows_of
from cnnviz.ops.pixels import PixelSpace, pixel_space
from cnnviz.ops.strongest import Newcomers, Strongest
from cnnviz.ops.together import Together

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["TopPatches", "TopPatchesParams"]

LAYERS: Final = 4
"""That are chosen automatically."""
ALIKE: Final = 8
"""Channels that are named as going up and down with one."""
MOST_MAXIMA: Final = 64 << 20
"""Bytes of a layer's `maxima`."""
MOST_PICTURES: Final = 64 << 20
"""Bytes of whole pictures that wait to be cut."""
_HIGHEST_HALF: Final = 65504.0


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
        last = channels_last_layers(ctx.net.layers)
        whole = ReceptiveField(size=(height, width), stride=(0, 0), offset=(0, 0), is_global=True)
        fields = [layer.receptive_field or whole for layer in layers]
        windows = windows_of(fields, (height, width))
        pixels = [_width(layer, last) * params.count * colours for layer in layers]
        sizes = stored_sizes(windows, pixels, most=params.max_bytes)
        self._layers = [
            _LayerList(
                layer,
                Windows(field=field, window=window, crop=size),
                image=(height, width),
                colours=colours,
                channels_last=layer.name in last,
                count=params.count,
                classes=ctx.net.classes,
            )
            for layer, field, window, size in zip(layers, fields, windows, sizes, strict=True)
        ]
        self._beyond = codes_of(torch.zeros(1, channels, 1, 1), self._space)[0, 0, 0]
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

    def _with_guided(self, of: _LayerList, result: Result, done: Pass) -> Result:
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
            one.cut(self._pictures, self._beyond)
        self._pictures, self._bytes = {}, 0


class _LayerList:
    """The strongest images of each channel of one layer."""

    def __init__(
        self,
        layer: Layer,
        windows: Windows,
        *,
        image: tuple[int, int],
        colours: int,
        channels_last: bool,
        count: int,
        classes: int | None,
    ) -> None:
        """Begin with none."""
        channels = layer.shape[-1] if channels_last else layer.shape[0]
        self.layer = layer
        self.windows, self._image, self._channels_last = windows, image, channels_last
        self._strongest = Strongest(channels, count)
        self._together = Together(channels, classes)
        self._places = torch.full((channels, count, 2), -1, dtype=torch.int64)
        self._is_cut = torch.ones(channels, count, dtype=torch.bool)
        self._crops = np.zeros((channels, count, *windows.crop, colours), np.uint8)
        self._maxima: Spool | None = Spool((channels,), np.float16)

    def take(self, output: Tensor, rows: Tensor, labels: Tensor) -> Newcomers:
        """Rank a batch's maps, (n, K, …); give what entered the lists."""
        maps = channels_first(output, last=self._channels_last)
        flat = maps.flatten(2) if maps.ndim > 2 else maps[..., None]
        values = flat.amax(2).float().cpu()
        self._together.add(values, labels)
        self._keep_maxima(values, rows)
        entered = self._strongest.merge(values, rows)
        if len(entered.channels):
            width = maps.shape[-1] if maps.ndim == 4 else 1
            chosen = flat[entered.images.to(flat.device), entered.channels.to(flat.device)]
            at = chosen.argmax(1).cpu()
            places = torch.stack([at // width, at % width], 1)
            self._places[entered.channels, entered.slots] = places
            self._is_cut[entered.channels, entered.slots] = False
        return entered

    def cut(self, pictures: dict[int, np.ndarray], beyond: np.ndarray) -> None:
        """Cut what is in a list and is not cut yet."""
        slots = self._strongest.slots
        waiting = ~self._is_cut.gather(1, slots) & (self._strongest.rows >= 0)
        channels, ranks = waiting.nonzero(as_tuple=True)
        rows = self._strongest.rows[channels, ranks].numpy()
        where = slots[channels, ranks]
        boxes = self.windows.boxes(self._places[channels, where].numpy())
        for row in np.unique(rows):
            some = rows == row
            crops = cut(pictures[int(row)], boxes[some], self.windows, beyond=beyond)
            self._crops[channels.numpy()[some], where.numpy()[some]] = crops
        self._is_cut[:] = True

    def state(self) -> dict[str, np.ndarray]:
        """Give all that it holds; everything in a list is cut."""
        held = {name: tensor.numpy() for name, tensor in self._tensors().items()}
        held["crops"] = self._crops
        return held if self._maxima is None else held | {"maxima": self._maxima.rows()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave."""
        for name, tensor in self._tensors().items():
            fill(tensor, arrays[name])
        fill(torch.from_numpy(self._crops), arrays["crops"])
        if "maxima" not in arrays:
            self._maxima = None
        elif self._maxima is not None:
            self._maxima.restore(arrays["maxima"])

    def _tensors(self) -> dict[str, Tensor]:
        lists = self._strongest
        own = {"values": lists.values, "rows": lists.rows, "slots": lists.slots}
        return own | {"places": self._places} | self._together.sums()

    def result(self, done: Pass, space: PixelSpace) -> Result:
        """Give the record."""
        found, slots = self._strongest, self._strongest.slots
        there = found.rows >= 0
        found_at = self._places.gather(1, slots[..., None].expand(-1, -1, 2))
        places = torch.where(there[..., None], found_at, -1).numpy()
        boxes = np.where(there.numpy()[..., None], self.windows.boxes(places), 0)
        crops = self._crops
        for channel, order in enumerate(slots.numpy()):  # in place: they are most of the memory
            crops[channel] = crops[channel, order]
        crops[~there.numpy()] = 0
        correlated, correlations = self._together.correlated(ALIKE)
        arrays: dict[str, Any] = {
            "crops": crops,
            "activations": torch.where(there, found.values, torch.nan),
            "images": found.rows.int(),
            "places": places.astype(np.int32),
            "boxes": boxes.astype(np.int32),
            "mean": self._together.mean(),
            "correlated": correlated,
            "correlations": correlations,
        }
        by_class = self._together.class_means()
        if by_class is not None:
            arrays["class_means"] = by_class
        if self._maxima is not None:
            self._fill_up(self._maxima, done.count)
            arrays["maxima"] = np.ascontiguousarray(self._maxima.rows().T)
        return Result(
            kind="patches", layer=self.layer.name, arrays=arrays, facts=self._facts(done, space)
        )

    def _facts(self, done: Pass, space: PixelSpace) -> dict[str, Any]:
        field, known = self.windows.field, self.layer.receptive_field is not None
        shape = self.layer.shape
        sizes = [shape[:2] if self._channels_last else shape[1:]] if len(shape) == 3 else [[1, 1]]
        receptive = {"size": field.size, "stride": field.stride, "offset": field.offset}
        return done.facts | {
            "receptive_field": {key: list(value) for key, value in receptive.items()}
            if known
            else None,
            "whole_image": field.is_global,
            "input": list(self._image),
            "map": list(sizes[0]),
            "window": list(self.windows.window),
            "scale": self.windows.scale[0],
            "colours": space.origin,
            "maxima": self._maxima is not None,
        }

    def _keep_maxima(self, values: Tensor, rows: Tensor) -> None:
        if self._maxima is None:
            return
        if (int(rows[-1]) + 1) * values.shape[1] * 2 > MOST_MAXIMA:
            self._maxima = None
            return
        start = len(self._maxima)
        kept = np.full((int(rows[-1]) + 1 - start, values.shape[1]), np.nan, np.float32)
        kept[rows.numpy() - start] = values.clamp(-_HIGHEST_HALF, _HIGHEST_HALF).numpy()
        self._maxima.append(kept)

    @staticmethod
    def _fill_up(maxima: Spool, count: int) -> None:
        """Give images that could not be read NaN."""
        if len(maxima) < count:
            width = maxima.rows().shape[1]
            maxima.append(np.full((count - len(maxima), width), np.nan, np.float16))


def _width(layer: Layer, last: frozenset[str]) -> int:
    return layer.shape[-1] if layer.name in last else layer.shape[0]
