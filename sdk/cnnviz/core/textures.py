"""Making textures: by Gram matrices of layers, or by windows of the picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.picture_descent import Descended, go_down, rounded
from cnnviz.core.pictures_made import height_and_width, images_result, random_numbers, space_of
from cnnviz.core.style_layers import check_shares, style_layers
from cnnviz.core.style_loss import StyleLoss, style_terms
from cnnviz.core.texture_params import TextureParams
from cnnviz.errors import ParamsError
from cnnviz.ops.colours import match_histograms
from cnnviz.ops.patch_synthesis import Picture, efros_leung, wei_levoy
from cnnviz.ops.random_phase import random_phase
from cnnviz.ops.resizing import resized

__all__ = ["TexturesByGram", "TexturesByWindows"]

MOST_WINDOWS: Final = 1 << 30
"""Bytes of all windows of a picture, which are compared at once."""


class TexturesByGram:
    """Textures whose Gram matrices are those of the examples."""

    def __init__(self, ctx: Context, params: TextureParams) -> None:
        """Choose the layers."""
        self.ctx = ctx
        self.params = params
        self.space = space_of(ctx)
        self.layers = list(dict.fromkeys(params.layers)) or style_layers(ctx.net)
        self.weights = check_shares(
            params.layer_weights, len(self.layers), of="texture", field="layer_weights"
        )
        self.examples = self.space.from_input(ctx.examples)
        self.size = params.size or height_and_width(ctx)
        self.made: list[Tensor] = []

    def make(self) -> Result:
        """Make a texture an example, or its picture and a texture a depth."""
        count = len(self.layers)
        depths = list(range(1, count + 1)) if self.params.depths else [count]
        total = len(self.examples) * len(depths)
        captions: list[str] = []
        found: list[Descended | None] = []
        for row in range(len(self.examples)):
            example = self.examples[row : row + 1]
            if self.params.depths:
                self.made.append(resized(example, self.size))
                captions.append(f"example {row}")
                found.append(None)
            for depth in depths:
                done = sum(one is not None for one in found)
                found.append(self._texture(example, depth, self._reporter(done, total)))
                captions.append(self._caption(row, depth, found[-1]))
        return images_result(
            self.space,
            torch.cat(self.made),
            layer=None,
            captions=captions,
            facts=self._facts(found, columns=1 + len(depths)),
        )

    def _texture(
        self, example: Tensor, depth: int, report: Callable[[int, Tensor, float], None]
    ) -> Descended:
        terms = style_terms(
            self.ctx.net,
            self.space,
            [example],
            self.layers[:depth],
            blend=[1.0],
            weights=self.weights[:depth] if sum(self.weights[:depth]) else [1.0] * depth,
            weight=1.0,
            scaling="relative",
        )
        loss = StyleLoss(self.ctx.net, self.space, terms)
        start = match_histograms(self._noise(example), example)
        found = go_down(loss, start, self.params, report)
        pixels = found.pixels
        if self.params.histogram:
            pixels = match_histograms(pixels, example)
        self.made.append(pixels)
        return found

    def _noise(self, example: Tensor) -> Tensor:
        """Draw noise with the example's spectrum: of white noise a grain would stay."""
        noise = torch.randn(1, 1, *self.size, generator=random_numbers(self.ctx))
        return random_phase(example, noise.to(example))

    def _reporter(self, done: int, total: int) -> Callable[[int, Tensor, float], None]:
        def report(step: int, pixels: Tensor, loss: float) -> None:
            self.ctx.report(
                done * self.params.iterations + step,
                total * self.params.iterations,
                lambda: self.space.to_unit(torch.cat([*self.made, pixels])),
                objective=loss,
            )

        return report

    def _caption(self, row: int, depth: int, found: Descended | None) -> str:
        loss = "" if found is None else found.failure or f" · {found.loss:.1e}"
        if not self.params.depths:
            return f"texture of example {row}{loss}"
        return f"{'to ' if depth > 1 else ''}{self.layers[depth - 1]}{loss}"

    def _facts(self, found: list[Descended | None], *, columns: int) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "by": self.params.by,
            "layers": self.layers,
            "objective": [None if one is None else rounded(one.loss) for one in found],
            "lowered": [None if one is None else rounded(one.lowered) for one in found],
            "curves": [one.curve for one in found if one is not None],
        }
        notes = list(dict.fromkeys(one.stopped for one in found if one and one.stopped))
        if notes:
            facts["note"] = "; ".join(notes)
        if self.params.depths:
            facts["columns"] = columns
        return facts


class TexturesByWindows:
    """Textures grown from windows of the examples; the network is not asked."""

    def __init__(self, ctx: Context, params: TextureParams) -> None:
        """Shrink the examples.

        Raises:
            ParamsError: they are too small for the window.
        """
        self.ctx = ctx
        self.params = params
        self.space = space_of(ctx)
        self.size = params.size or height_and_width(ctx)
        examples = self.space.from_input(ctx.examples)
        height, width = height_and_width(ctx)
        scale = min(1.0, params.source_side / max(height, width))
        self.shape = (max(1, round(height * scale)), max(1, round(width * scale)))
        self.examples = self.space.to_unit(resized(examples, self.shape))
        self._check()
        self.made: list[Tensor] = []

    def make(self) -> Result:
        """Grow a texture an example."""
        count = len(self.examples)
        for row in range(count):
            source = self.examples[row].permute(1, 2, 0).double().numpy(force=True)
            random = np.random.default_rng([self.ctx.seed, row])
            for done, texture in self._grow(source, random):
                self._report(row * self._parts + done, count * self._parts, texture)
            self.made.append(self._pixels(texture))
        captions = [f"texture of example {row}" for row in range(count)]
        facts = {"by": self.params.by, "source": list(self.shape)}
        return images_result(
            self.space, torch.cat(self.made), layer=None, captions=captions, facts=facts
        )

    def _grow(self, source: Picture, random: np.random.Generator) -> Iterator[tuple[int, Picture]]:
        params = self.params
        if params.by == "efros_leung":
            return efros_leung(source, self.size, params.window, random)
        return wei_levoy(source, self.size, params.window, params.levels, random)

    @property
    def _parts(self) -> int:
        """Pixels that a texture takes, of all levels."""
        levels = 1 if self.params.by == "efros_leung" else self.params.levels
        height, width = self.size
        return sum(-(-height // 2**level) * -(-width // 2**level) for level in range(levels))

    def _check(self) -> None:
        levels = 1 if self.params.by == "efros_leung" else self.params.levels
        least = (
            self.params.window + 1 if levels == 1 else 2 ** (levels - 1) * (self.params.window + 1)
        )
        if min(self.shape) < least:
            message = (
                f"texture: windows of {self.params.window} px need a picture of at least {least} × "
                f"{least} px with {levels} levels, got {self.shape[0]} × {self.shape[1]}: take a "
                "smaller window, fewer levels or a larger source_side"
            )
            raise ParamsError(message, field="window")
        window, (height, width) = self.params.window, self.shape
        places = (height - window + 1) * (width - window + 1)
        needed = places * window * window * self.examples.shape[1] * 8
        if needed > MOST_WINDOWS:
            message = (
                f"texture: {places} windows of {window} px take {needed / 2**30:.1f} GiB, at most "
                f"{MOST_WINDOWS / 2**30:.0f} are allowed: take a smaller window or source_side"
            )
            raise ParamsError(message, field="window")

    def _report(self, done: int, total: int, texture: Picture) -> None:
        self.ctx.report(done, total, lambda: self.space.to_unit(self._pixels(texture)))

    def _pixels(self, texture: Picture) -> Tensor:
        unit = torch.from_numpy(texture.transpose(2, 0, 1).copy())[None]
        return self.space.from_unit(unit.to(self.space.mean))
