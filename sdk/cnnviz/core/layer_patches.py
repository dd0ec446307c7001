"""The images that excite each channel of one layer most, cut to what the channel sees of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.layer_maxima import LayerMaxima
from cnnviz.core.pass_state import fill
from cnnviz.ops.channels import channels_first
from cnnviz.ops.crops import Scissors, Windows
from cnnviz.ops.strongest import Newcomers, Strongest
from cnnviz.ops.together import Together

if TYPE_CHECKING:
    from cnnviz.contract.layers import Layer
    from cnnviz.core.collecting import Pass
    from cnnviz.ops.pixels import PixelSpace

__all__ = ["LayerPatches"]

ALIKE: Final = 8
"""Channels that are named as going up and down with one."""


class LayerPatches:
    """The strongest images of each channel of one layer."""

    def __init__(
        self,
        layer: Layer,
        windows: Windows,
        *,
        image: tuple[int, int],
        beyond: np.ndarray,
        channels_last: bool,
        count: int,
        classes: int | None,
    ) -> None:
        """Begin with none.

        Args:
            layer: whose channels are looked at.
            windows: what they see.
            image: height and width of the pictures, px.
            beyond: uint8 (c,), the colour beyond a picture.
            channels_last: whether the layer's output has its channels last.
            count: images a channel.
            classes: of the network; None where labels mean nothing.
        """
        channels = layer.shape[-1] if channels_last else layer.shape[0]
        self.layer = layer
        self.windows, self._image, self._channels_last = windows, image, channels_last
        self._strongest = Strongest(channels, count)
        self._together = Together(channels, classes)
        self._places = torch.full((channels, count, 2), -1, dtype=torch.int64)
        self._is_cut = torch.ones(channels, count, dtype=torch.bool)
        self._crops = np.zeros((channels, count, *windows.crop, len(beyond)), np.uint8)
        self._scissors = Scissors(windows, image, beyond=beyond)
        self._maxima = LayerMaxima(channels)

    def take(self, output: Tensor, rows: Tensor, labels: Tensor) -> Newcomers:
        """Rank a batch's maps, (n, K, …); give what entered the lists."""
        maps = channels_first(output, last=self._channels_last)
        flat = maps.flatten(2) if maps.ndim > 2 else maps[..., None]
        values = flat.amax(2).float().cpu()
        self._together.add(values, labels)
        self._maxima.take(values, rows)
        entered = self._strongest.merge(values, rows)
        if len(entered.channels):
            width = maps.shape[-1] if maps.ndim == 4 else 1
            chosen = flat[entered.images.to(flat.device), entered.channels.to(flat.device)]
            at = chosen.argmax(1).cpu()
            places = torch.stack([at // width, at % width], 1)
            self._places[entered.channels, entered.slots] = places
            self._is_cut[entered.channels, entered.slots] = False
        return entered

    def cut(self, pictures: Mapping[int, np.ndarray]) -> None:
        """Cut what is in a list and is not cut yet.

        Args:
            pictures: uint8 (H, W, c) by row, of all images that entered since the last time.
        """
        slots = self._strongest.slots
        waiting = ~self._is_cut.gather(1, slots) & (self._strongest.rows >= 0)
        channels, ranks = waiting.nonzero(as_tuple=True)
        rows = self._strongest.rows[channels, ranks].numpy()
        order = np.argsort(rows, kind="stable")
        slot = slots[channels, ranks]
        boxes = self.windows.boxes(self._places[channels, slot].numpy())[order]
        channel, place = channels.numpy()[order], slot.numpy()[order]
        found, starts = np.unique(rows[order], return_index=True)
        edges = [*starts.tolist(), len(order)]
        for row, first, end in zip(found.tolist(), edges[:-1], edges[1:], strict=True):
            crops = self._scissors.cut(pictures[row], boxes[first:end])
            self._crops[channel[first:end], place[first:end]] = crops
        self._is_cut[:] = True

    def state(self) -> dict[str, np.ndarray]:
        """Give all that it holds; everything in a list is cut."""
        held = {name: tensor.numpy() for name, tensor in self._tensors().items()}
        held["crops"] = self._crops
        return held | self._maxima.state()

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave."""
        for name, tensor in self._tensors().items():
            fill(tensor, arrays[name])
        fill(torch.from_numpy(self._crops), arrays["crops"])
        self._maxima.restore(arrays)

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
        maxima = self._maxima.table(done.count)
        if maxima is not None:
            arrays["maxima"] = maxima
        facts = self._facts(done, space) | {"maxima": maxima is not None}
        return Result(kind="patches", layer=self.layer.name, arrays=arrays, facts=facts)

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
        }
