"""The different things that one class, or one channel, stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from cnnviz.contract.jobs import Preset
from cnnviz.contract.results import Result
from cnnviz.core.collecting import Pass, Seen
from cnnviz.core.context import Context
from cnnviz.core.datasets import spread
from cnnviz.core.explained import check_class
from cnnviz.core.facet_groups import group_images
from cnnviz.core.facet_params import FacetsParams
from cnnviz.core.facet_pictures import FacetPictures
from cnnviz.core.feature_layer import feature_layer
from cnnviz.core.method import DatasetMethod
from cnnviz.core.pass_state import fill
from cnnviz.core.pictures_made import width_of
from cnnviz.core.registry import register
from cnnviz.core.spool import Spool
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.ops.channels import channels_first, channels_last_layers
from cnnviz.ops.strongest import Strongest
from cnnviz.ops.units import unit_values

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Facets", "FacetsParams"]

_NAMED: Final = 10
"""Labels that an error lists."""


@register
class Facets(DatasetMethod[FacetsParams]):
    """The different things that excite one class or channel: a picture of each, and its images.

    Multifaceted feature visualization (Nguyen, Yosinski, Clune 2016,
    https://arxiv.org/abs/1602.03616): codes of a class's images, reduced by PCA to 50 numbers and
    by t-SNE to 2, fall into groups by k-means; from the mean of the 15 images nearest to the middle
    of each, activation maximisation goes on, on crops near the middle, denoised after each step.
    Differs from the paper: 4 groups instead of 10; the images are those of the run's own data set,
    and a group's middle is that of its codes, not of the map; octaves and denoising are fitted to
    the size of the network's input and, but for the preset, weaker; the gradient's low frequencies
    count more and each crop is turned a little, without which networks later than its AlexNet give
    grain.
    """

    name, title, kind = "facets", "Facets", "images"
    Params = FacetsParams
    needs_gradient = True
    objective_name = "activation"
    presets = (
        Preset(
            name="nguyen",
            title="Nguyen, Yosinski, Clune",
            params={
                "facets": 10,
                "iterations": 370,
                "rate": 1.0,
                "denoising": 1.0,
                "power": 0.0,
                "robust": False,
            },
            source="Nguyen, Yosinski, Clune 2016, https://arxiv.org/abs/1602.03616, and its code, "
            "from mean images",
        ),
    )

    def check(self, net: Net, params: FacetsParams) -> None:
        """Check that the class or the channel is there.

        Raises:
            ParamsError: it is not, or a channel without a layer.
            UnsuitableError: no class scores, or a layer without channels.
        """
        width = width_of(net, params.layer, of=self.name)
        if params.layer is None:
            check_class(net, params.target, of=self.name)
            if params.channel is not None:
                raise ParamsError(f"{self.name}: a channel needs its layer", field="layer")
        elif params.channel is None or params.channel >= width:
            message = f"{self.name}: channel of {params.layer!r} must be in 0 … {width - 1}"
            raise ParamsError(f"{message}, got {params.channel}", field="channel")

    def layers(self, net: Net, params: FacetsParams) -> list[str]:
        """Name the layer of the codes and that of the channel.

        Raises:
            ParamsError: the codes' layer has no channels.
            UnsuitableError: there is none by itself.
        """
        codes = params.codes or feature_layer(net, of=self.name).name
        if len(net.layer(codes).shape) not in {1, 2, 3}:
            message = f"{self.name}: the output of layer {codes!r} has no channels"
            raise ParamsError(message, field="codes")
        return list(dict.fromkeys([codes, *([params.layer] if params.layer else [])]))

    def collector(self, ctx: Context, params: FacetsParams) -> _Collector:
        """Make what keeps the codes of the images that count."""
        return _Collector(ctx, params, self.layers(ctx.net, params)[0])


class _Collector:
    """Keeps the codes of a class's images, and of those that excite it most."""

    def __init__(self, ctx: Context, params: FacetsParams, layer: str) -> None:
        """Begin without an image."""
        self._ctx, self._params, self._layer = ctx, params, layer
        self._last = layer in channels_last_layers(ctx.net.layers)
        shape = ctx.net.layer(layer).shape
        width = shape[-1] if self._last or len(shape) == 2 else shape[0]
        self._codes, self._rows = Spool((width,), np.float32), Spool((), np.int64)
        self._strongest = Strongest(1, params.strongest)
        self._strong_codes = torch.zeros(params.strongest, width)
        self._counts = torch.zeros(0, dtype=torch.int64)

    def take(self, seen: Seen) -> None:
        """Look at a batch."""
        maps = channels_first(seen.outputs[self._layer], last=self._last)
        codes = (maps.flatten(2).mean(2) if maps.ndim > 2 else maps).float().cpu()
        params = self._params
        if params.layer is None:
            labels = torch.from_numpy(seen.labels).long()
            self._count(labels[labels >= 0])
            own = (labels == params.target).numpy()
            self._codes.append(codes.numpy()[own])
            self._rows.append(seen.rows[own])
            values = seen.scores.reshape(len(codes), -1)[:, params.target]
        else:
            values = unit_values(seen.outputs[params.layer], params.channel or 0, None)
        entered = self._strongest.merge(values.float().cpu()[:, None], torch.from_numpy(seen.rows))
        self._strong_codes[entered.slots] = codes[entered.images]

    def _count(self, labels: torch.Tensor) -> None:
        """Count how many images have each label."""
        found = torch.bincount(labels, minlength=len(self._counts))
        found[: len(self._counts)] += self._counts
        self._counts = found

    def state(self) -> dict[str, np.ndarray]:
        """Give all that it holds."""
        held = {name: tensor.numpy() for name, tensor in self._tensors().items()}
        spools = {"codes": self._codes.rows(), "rows": self._rows.rows()}
        return held | spools | {"counts": self._counts.numpy()}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Take what `state` gave."""
        for name, tensor in self._tensors().items():
            fill(tensor, arrays[name])
        self._codes.restore(arrays["codes"])
        self._rows.restore(arrays["rows"])
        self._counts = torch.from_numpy(arrays["counts"].astype(np.int64))

    def _tensors(self) -> dict[str, torch.Tensor]:
        lists = self._strongest
        own = {"values": lists.values, "strong_rows": lists.rows, "slots": lists.slots}
        return own | {"strong_codes": self._strong_codes}

    def results(self, done: Pass) -> list[Result]:
        """Group the images and climb to a picture of each group."""
        params = self._params
        codes, rows, chosen = self._chosen()
        groups = group_images(
            self._ctx, codes, rows, facets=params.facets, perplexity=params.perplexity
        )
        facts = done.facts | {"codes": self._layer, "chosen": chosen, **groups.facts}
        notes = [*done.notes, *groups.notes]
        facts |= {"notes": notes} if notes else {}
        return [FacetPictures(self._ctx, params, done.data, groups.members).make(facts)]

    def _chosen(self) -> tuple[np.ndarray, np.ndarray, str]:
        """Give codes, rows, and how they were chosen: those with the label, or the strongest.

        Raises:
            UnsuitableError: there are labels, but none is the class.
        """
        if self._params.layer is None and len(self._counts):
            if not len(self._rows):
                raise UnsuitableError(self._no_image())
            some = spread(len(self._rows), self._params.images)
            return self._codes.rows()[some], self._rows.rows()[some], "label"
        found = self._strongest
        there = found.rows[0] >= 0
        codes = self._strong_codes[found.slots[0][there]].numpy()
        return codes, found.rows[0][there].numpy(), "strongest"

    def _no_image(self) -> str:
        there = self._counts.nonzero().flatten().tolist()
        named = ", ".join(str(label) for label in there[:_NAMED])
        more = " …" if len(there) > _NAMED else ""
        return (
            f"facets: no image of the data set has the label {self._params.target}: choose one "
            f"of its labels {named}{more}"
        )
