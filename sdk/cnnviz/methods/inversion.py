"""Pictures that a layer cannot tell from the example."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.jobs import Preset
from cnnviz.contract.results import Result
from cnnviz.core.code_ascent import OpenDecoder, open_decoder
from cnnviz.core.context import Context
from cnnviz.core.decoder_learning import codes_of
from cnnviz.core.descent import DescentParams, Energy, descend
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import (
    batches,
    images_result,
    middle_layer,
    numbers,
    random_numbers,
    space_of,
)
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError
from cnnviz.ops.pixels import PixelSpace

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Inversion", "InversionParams"]

_MAHENDRAN = "Mahendran, Vedaldi 2015, https://arxiv.org/abs/1412.0035, table 2"


class InversionParams(DescentParams, frozen=True):
    """What is inverted, and how."""

    layers: Annotated[
        tuple[str, ...],
        Meta(
            max_length=64,
            description="Layers; of several, a sheet with a row an example, its photograph first. "
            "Empty for the layer half-way, or the decoder's.",
            extra_json_schema={"x-widget": "layers"},
        ),
    ] = ()
    restarts: Annotated[
        int, Meta(ge=1, le=16, description="Pictures an example, each from noise of its own.")
    ] = 1
    network: Annotated[
        str,
        Meta(
            description="A decoder, by the job that trained it: what it makes of its layer's "
            "answer stands beside the pictures found for that layer. Empty for none.",
            extra_json_schema={"x-widget": "network", "x-kind": "decoder"},
        ),
    ] = ""


def _published(name: str, title: str, tv: float) -> Preset:
    params = {"rule": "momentum", "rate": 0.004, "redirect": False, "tv": tv, "norm": 8e-10}
    return Preset(name=name, title=title, params=params, source=_MAHENDRAN)


@register
class Inversion(Method[InversionParams]):
    """What a layer still knows: a picture that it answers like the example.

    Feature inversion (Mahendran and Vedaldi 2015, https://arxiv.org/abs/1412.0035): the squared
    distance of the features over their squared norm, plus an α-norm and total variation over the
    squared norm of the picture. Differs from the paper: Adam at a falling rate unless `rule` is
    `momentum`; a layer's own rectifier passes the gradient of units that are to be turned on; total
    variation grows with the depth; the example's own norm scales the penalties, the paper takes a
    data set's; after each step of Adam the picture is clipped to colours that exist, so that the
    α-norm may weigh a tenth. With a decoder (Dosovitskiy and Brox 2016,
    https://arxiv.org/abs/1506.02753) its picture stands beside, with its own error.
    """

    name, title, kind = "inversion", "Feature inversion", "images"
    version = 2
    Params = InversionParams
    needs_gradient = True
    batched = True
    objective_name = "normalised feature error"
    presets = (
        _published("mahendran_early", "Mahendran and Vedaldi, early layers", 1.0),
        _published("mahendran_middle", "Mahendran and Vedaldi, middle layers", 10.0),
        _published("mahendran_late", "Mahendran and Vedaldi, late layers", 100.0),
    )

    def check(self, net: Net, params: InversionParams) -> None:
        """Check that the layers are there.

        Raises:
            MissingError: one is not.
        """
        for name in params.layers:
            net.layer(name)

    def run(self, ctx: Context, params: InversionParams) -> list[Result]:
        """Give `images`: (N · restarts, H, W, 3) for one layer, a sheet for several."""
        decoder = open_decoder(ctx, params.network) if params.network else None
        chosen = _chosen_layers(ctx, params, decoder)
        space = space_of(ctx)
        photographs = space.clip(space.from_input(ctx.examples))
        noise = torch.randn(
            len(photographs) * params.restarts, *photographs.shape[1:],
            generator=random_numbers(ctx),
        ).to(photographs)  # fmt: skip
        as_sheet = len(chosen) > 1 or decoder is not None
        work = _Work(ctx, params, space, photographs, noise, len(chosen), as_sheet)
        found: list[_Inverted] = []
        for layer in chosen:
            found.append(work.invert(layer, found))
            if decoder is not None and layer == decoder.layer:
                found.append(work.decode(decoder))
        facts: dict[str, Any] = {
            "objective_name": self.objective_name,
            "restarts": params.restarts,
            "tv": [one.tv for one in found if one.tv is not None],
        }
        if not as_sheet:
            return [_of_one_layer(space, found[0], len(photographs), facts)]
        facts["layers"] = chosen
        if decoder is not None:
            facts |= decoder.provenance(ctx)
        return [_sheet(space, photographs, found, facts)]


def _chosen_layers(ctx: Context, params: InversionParams, decoder: OpenDecoder | None) -> list[str]:
    """Name the layers that are inverted; the decoder's must be one of them."""
    if decoder is None:
        return list(dict.fromkeys(params.layers)) or [middle_layer(ctx.net)]
    if not decoder.encodes(ctx.net):
        message = f"the decoder of job {decoder.name} is of layer {decoder.layer!r}, which this "
        raise ParamsError(f"inversion: {message}network does not have as it was", field="network")
    chosen = list(dict.fromkeys(params.layers)) or [decoder.layer]
    if decoder.layer not in chosen:
        message = f"the decoder of job {decoder.name} is of layer {decoder.layer!r}: add it to "
        raise ParamsError(f"inversion: {message}layers, or leave layers empty", field="layers")
    return chosen


class _Inverted(NamedTuple):
    """What came of one layer."""

    layer: str
    tv: float | None
    """Weight of total variation; None of a decoder."""
    pixels: Tensor
    """(N · restarts, C, H, W); of a decoder (N, C, H, W)."""
    errors: Tensor
    """One a picture."""

    @property
    def name(self) -> str:
        """As captions say it."""
        return f"decoder of {self.layer}" if self.tv is None else self.layer


class _Work(NamedTuple):
    """What every layer is inverted with."""

    ctx: Context
    params: InversionParams
    space: PixelSpace
    photographs: Tensor
    noise: Tensor
    layers: int
    as_sheet: bool

    def invert(self, layer: str, before: Sequence[_Inverted]) -> _Inverted:
        """Invert a layer; what was made before is shown with it."""
        examples = self.photographs.repeat_interleave(self.params.restarts, dim=0)
        before = [one for one in before if one.tv is not None]
        shown = [self.photographs, *(one.pixels for one in before)] if self.as_sheet else []
        cut = batches(self.ctx, len(examples))
        found: list[Tensor] = []
        errors: list[Tensor] = []
        tv = 0.0
        for number, rows in enumerate(cut):
            energy = Energy.of(self.ctx.net, layer, self.space, self.params, examples[rows])
            done = len(before) * len(cut) + number
            report = partial(self._report, done, self.layers * len(cut), [*shown, *found])
            found.append(self.space.clip(descend(energy, self.noise[rows], report)))
            with torch.no_grad():
                errors.append(energy.error(found[-1]).sqrt())
            tv = energy.tv
        return _Inverted(layer, tv, torch.cat(found), torch.cat(errors))

    @torch.no_grad()
    def decode(self, decoder: OpenDecoder) -> _Inverted:
        """Give what the decoder makes of its layer's answers."""
        found: list[Tensor] = []
        errors: list[Tensor] = []
        for rows in batches(self.ctx, len(self.photographs)):
            examples = self.photographs[rows]
            energy = Energy.of(self.ctx.net, decoder.layer, self.space, self.params, examples)
            codes = codes_of(self.ctx, decoder.layer, self.space.to_input(examples))
            decoded = self.space.from_input(decoder.net(codes))
            found.append(self.space.clip(decoded))
            errors.append(energy.error(found[-1]).sqrt())
        return _Inverted(decoder.layer, None, torch.cat(found), torch.cat(errors))

    def _report(
        self,
        done: int,
        parts: int,
        before: list[Tensor],
        step: int,
        pixels: Tensor,
        errors: Tensor,
    ) -> None:
        self.ctx.report(
            done * self.params.iterations + step,
            parts * self.params.iterations,
            lambda: self.space.to_unit(torch.cat([*before, pixels])),
            objective=lambda: errors.sqrt(),
        )


def _of_one_layer(space: PixelSpace, found: _Inverted, count: int, facts: dict[str, Any]) -> Result:
    restarts = len(found.pixels) // count
    captions = []
    for place, error in enumerate(found.errors.tolist()):
        row, again = divmod(place, restarts)
        which = f", {again + 1} of {restarts}" if restarts > 1 else ""
        captions.append(f"example {row}{which} · {error:.2f}")
    facts = {"objective": numbers(found.errors), **facts}
    return images_result(space, found.pixels, layer=found.layer, captions=captions, facts=facts)


def _sheet(
    space: PixelSpace, photographs: Tensor, found: Sequence[_Inverted], facts: dict[str, Any]
) -> Result:
    """Lay out a row an example: its photograph, then what each layer knows of it."""
    count = len(photographs)
    pixels: list[Tensor] = []
    captions: list[str] = []
    objective: list[float | None] = []
    for row in range(count):
        pixels.append(photographs[row : row + 1])
        captions.append(f"example {row}")
        objective.append(None)
        for one in found:
            each = len(one.pixels) // count
            part = slice(row * each, (row + 1) * each)
            pixels.append(one.pixels[part])
            captions += [f"{one.name} · {error:.2f}" for error in one.errors[part].tolist()]
            objective += numbers(one.errors[part])
    sheet = torch.cat(pixels)
    more = {"objective": objective, "columns": len(sheet) // count}
    return images_result(space, sheet, layer=None, captions=captions, facts={**facts, **more})
