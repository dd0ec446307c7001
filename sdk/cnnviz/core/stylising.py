"""Making a picture with one picture's content and the style of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor

from cnnviz.core.context import Context
from cnnviz.core.picture_descent import Descended, go_down, rounded
from cnnviz.core.pictures_made import inputs_of, random_numbers
from cnnviz.core.style_layers import (
    check_maps,
    check_shares,
    check_size,
    content_layer,
    style_layers,
    takes,
)
from cnnviz.core.style_loss import Dream, StyleLoss, content_terms, style_terms
from cnnviz.core.style_params import StyleTransferParams
from cnnviz.core.tiled_loss import TiledLoss
from cnnviz.core.tiles import Tiles, plan_tiles
from cnnviz.errors import ParamsError
from cnnviz.ops.colours import with_colours_of
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.resizing import resized

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["ChosenLayers", "Stylist", "style_rows"]

_NOISE: Final = 32.0
"""Deviation of a start from noise, of 255."""
_SMALLEST_SIDE: Final = 32
"""Of a coarse size, px; a picture smaller than that is made at its own size alone."""


class ChosenLayers(NamedTuple):
    """Layers and their weights."""

    content: list[str]
    content_weights: list[float]
    style: list[str]
    style_weights: list[float]
    dream: str

    @classmethod
    def of(cls, net: Net, params: StyleTransferParams) -> ChosenLayers:
        """Take those that are named, or the network's defaults.

        Raises:
            MissingError: a layer is not there.
            UnsuitableError: the network has no layer that gives maps.
            ParamsError: a layer gives no maps, or there are not as many weights as layers.
        """
        of = "style_transfer"
        content = list(dict.fromkeys(params.content_layers)) or [content_layer(net)]
        style = list(dict.fromkeys(params.style_layers)) or style_layers(net)
        check_maps(net, content, of=of, field="content_layers")
        check_maps(net, style, of=of, field="style_layers")
        field = "content_layer_weights"
        content_weights = check_shares(
            params.content_layer_weights, len(content), of=of, field=field
        )
        field = "style_layer_weights"
        style_weights = check_shares(params.style_layer_weights, len(style), of=of, field=field)
        if params.dream_layer is not None:
            check_maps(net, [params.dream_layer], of=of, field="dream_layer")
        return cls(content, content_weights, style, style_weights, params.dream_layer or content[0])


def style_rows(count: int, params: StyleTransferParams) -> list[int]:
    """List the examples whose style is taken."""
    if count < 2 and not params.styles:
        message = (
            "style_transfer: needs two pictures, one for the content and one for the style, got "
            f"{count}: choose another example or add a picture"
        )
        raise ParamsError(message, field="styles")
    rows = list(params.styles) or [(params.content + 1) % count]
    for field, asked in (("content", [params.content]), ("styles", rows)):
        wrong = [row for row in asked if row >= count]
        if wrong:
            message = f"style_transfer: {field} must be among the {count} examples, got {wrong[0]}"
            raise ParamsError(message, field=field)
    return rows


class Stylist(NamedTuple):
    """What a picture is made with."""

    ctx: Context
    params: StyleTransferParams
    space: PixelSpace
    chosen: ChosenLayers
    rows: list[int]

    @property
    def blend(self) -> list[float]:
        """How much of each style."""
        return check_shares(self.params.blend, len(self.rows), of="style_transfer", field="blend")

    def errors(self, pixels: Tensor) -> dict[str, float | None]:
        """Give the relative error of each layer, of pictures that are made at their own size."""
        loss = self.loss(_size_of(pixels), pixels)
        found = {}
        for term, error in zip(loss.terms, loss.errors(pixels), strict=True):
            found[f"{'style' if term.style else 'content'} {term.layer}"] = error
        return {name: rounded(error) for name, error in found.items()}

    def _style_weights(self) -> list[float]:
        """Give the layers' weights; Gatys' code has 1 / K² unless others are given."""
        if self.params.scaling == "relative" or self.params.style_layer_weights:
            return self.chosen.style_weights
        return [1 / self.ctx.net.layer(name).shape[0] ** 2 for name in self.chosen.style]

    def make(self) -> Descended:
        """Make the picture, small to large."""
        sizes = self._sizes()
        pixels = self._start(sizes[0])
        for number, size in enumerate(sizes):
            pixels = resized(pixels, size)
            progress = _Progress(self, number, len(sizes))
            loss = self.loss(size, pixels, between=progress.between)
            contrasts = self.contrasts(size)
            found = go_down(loss, pixels, self.params, progress.report, contrasts=contrasts)
            pixels = found.pixels
            if found.stopped and not found.evaluations > 1:
                pixels = resized(pixels, sizes[-1])
                return found._replace(pixels=pixels)
        return found

    def contrasts(self, size: tuple[int, int]) -> list[Tensor]:
        """Give the pictures whose contrasts the steps have: content and styles, at a size."""
        mixed = [row for row, share in zip(self.rows, self.blend, strict=True) if share]
        return [self._content(size), *(self._style(row, size) for row in mixed)]

    def finished(self, pixels: Tensor) -> Tensor:
        """Give the picture's luminance and the content's colours, if that is asked."""
        if not self.params.original_colors:
            return pixels
        unit = self.space.to_unit(pixels)
        content = self.space.to_unit(self._content(_size_of(pixels)))
        return self.space.from_unit(with_colours_of(unit, content))

    def _sizes(self) -> list[tuple[int, int]]:
        """List the sizes, small to large."""
        height, width = self.ctx.examples.shape[2:]
        if self.params.side is not None:
            scale = self.params.side / max(height, width)
            height, width = (max(1, round(side * scale)) for side in (height, width))
        check_size(self.ctx.net, (height, width), of="style_transfer", field="side")
        sizes = [
            (height // 2**halved, width // 2**halved)
            for halved in reversed(range(self.params.sizes))
        ]
        kept = [one for one in sizes if min(one) >= _SMALLEST_SIDE and takes(self.ctx.net, one)]
        return kept or [(height, width)]

    def _content(self, size: tuple[int, int]) -> Tensor:
        row = self.params.content
        return resized(self.space.from_input(self.ctx.examples[row : row + 1]), size)

    def _style(self, row: int, size: tuple[int, int]) -> Tensor:
        """Give a style picture, scaled with the size that is made now."""
        own = self.space.from_input(self.ctx.examples[row : row + 1])
        scale = self.params.style_scale * max(size) / max(own.shape[2:])
        wanted = (max(1, round(own.shape[2] * scale)), max(1, round(own.shape[3] * scale)))
        if not takes(self.ctx.net, wanted):
            message = (
                "style_transfer: the network takes pictures of one size only, so style_scale must "
                f"be 1, got {self.params.style_scale}"
            )
            raise ParamsError(message, field="style_scale")
        return resized(own, wanted)

    def _start(self, size: tuple[int, int]) -> Tensor:
        content = self._content(size)
        if self.params.start == "content":
            return content
        noise = torch.randn(content.shape, generator=random_numbers(self.ctx))
        return self.space.clip(_NOISE * noise.to(content))

    def loss(
        self,
        size: tuple[int, int],
        start: Tensor,
        *,
        between: Callable[[], None] = lambda: None,
    ) -> StyleLoss | TiledLoss:
        """Give what is made small at a size.

        Args:
            size: height and width.
            start: (1, C, H, W): a dream is measured by where it starts.
            between: called before each window, where there are any.

        Raises:
            ParamsError: windows are asked for that the network or a layer does not allow.
        """
        params, net, space = self.params, self.ctx.net, self.space
        terms = content_terms(
            net,
            space,
            self._content(size),
            self.chosen.content,
            weights=self.chosen.content_weights,
            weight=params.content_weight,
            scaling=params.scaling,
            plan=self._plan,
        ) + style_terms(
            net,
            space,
            [self._style(row, size) for row in self.rows],
            self.chosen.style,
            blend=self.blend,
            weights=self._style_weights(),
            weight=params.style_weight,
            scaling=params.scaling,
            plan=self._plan,
        )
        loss = StyleLoss(net, space, terms, tv=params.tv, dream=self._dream(start))
        tiles = self._plan(size)
        return loss if tiles is None else TiledLoss(loss, tiles, between)

    def _plan(self, size: tuple[int, int]) -> Tiles | None:
        chosen = self.chosen
        layers = [*chosen.content, *chosen.style, *([chosen.dream] if self.params.dream else [])]
        return plan_tiles(self.ctx.net, layers, size, self.params.tile, of="style_transfer")

    def _dream(self, start: Tensor) -> Dream | None:
        if not self.params.dream:
            return None
        layer, net = self.chosen.dream, self.ctx.net
        tiles = self._plan(_size_of(start))
        if tiles is None:
            with torch.no_grad():
                maps = net.features(inputs_of(self.space, start), [layer])[layer]
            square = float(maps.square().sum())
        else:
            seen = tiles.look(net, self.space, start, [layer])
            square = sum(float(maps[layer].square().sum()) for _, maps in seen)
        return Dream(layer, self.params.dream, square or 1.0)


class _Progress:
    """How far the work at one of several sizes is."""

    def __init__(self, stylist: Stylist, number: int, count: int) -> None:
        self._stylist = stylist
        self._total = count * stylist.params.iterations
        self._done = self._before = number * stylist.params.iterations

    def report(self, done: int, pixels: Tensor, loss: float) -> None:
        """Tell of an evaluation."""
        stylist = self._stylist
        self._done = self._before + done
        stylist.ctx.report(
            self._done,
            self._total,
            lambda: stylist.space.to_unit(stylist.finished(pixels)),
            objective=loss,
        )

    def between(self) -> None:
        """Hear a wish to cancel in the middle of an evaluation."""
        self._stylist.ctx.report(self._done, self._total)


def _size_of(pixels: Tensor) -> tuple[int, int]:
    return pixels.shape[2], pixels.shape[3]
