"""A picture in which a layer finds more and more of what it already sees there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import torch
from msgspec import Meta
from torch import Tensor
from torch.nn import functional

from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import (
    batches,
    images_result,
    inputs_of,
    middle_layer,
    space_of,
    uphill,
)
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.steps import Step, make_step
from cnnviz.ops.transforms import draw_shift

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = [
    "DeepDream",
    "DeepDreamParams",
    "Dreamer",
    "guided_objective",
    "norm_objective",
    "octave_sizes",
]

_SMALLEST_SIDE = 16
"""Of an octave, px, unless the picture itself is smaller."""


class DeepDreamParams(Params, frozen=True):
    """How a picture is dreamt. Pixels count in 0 … 255."""

    layer: Annotated[
        str | None,
        Meta(
            description="The layer whose norm grows; empty for the one half-way.",
            extra_json_schema={"x-widget": "layer"},
        ),
    ] = None
    guide: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(
            description="Row of the example whose features are sought; the others dream.",
            extra_json_schema={"x-widget": "example"},
        ),
    ] = None
    iterations: Annotated[int, Meta(ge=1, le=10_000, description="Steps an octave.")] = 10
    octaves: Annotated[int, Meta(ge=1, le=12, description="Sizes, small to large.")] = 4
    scale: Annotated[
        float, Meta(gt=1, le=4, description="Of one octave's side to the one before.")
    ] = 1.4
    rate: Annotated[float, Meta(gt=0, description="Mean change of a pixel in a step, of 255.")] = (
        1.5
    )
    jitter: Annotated[
        int, Meta(ge=0, le=512, description="Each step rolls the picture by up to this, px.")
    ] = 32
    frames: Annotated[
        int, Meta(ge=1, le=200, description="Dreams one after the other, each zoomed into.")
    ] = 1
    zoom: Annotated[float, Meta(ge=0, lt=0.5, description="Share cut off between two frames.")] = (
        0.05
    )


@register
class DeepDream(Method[DeepDreamParams]):
    """What a layer sees in a picture, made stronger until it is plain.

    DeepDream (Mordvintsev, Olah, Tyka 2015, a notebook; Mahendran and Vedaldi 2016,
    https://arxiv.org/abs/1512.02017, describe such pictures as caricatures): the squared norm of a
    layer's output grows, in steps over the gradient's mean magnitude, on a picture rolled at
    random, over octaves from small to large. Differs from the papers: all examples are rolled
    alike, a network of one input size sees smaller octaves enlarged, the guide has the examples'
    size.
    """

    name, title, kind = "deep_dream", "DeepDream", "images"
    Params = DeepDreamParams
    needs_gradient = True
    batched = True
    objective_name = "norm of the layer"

    def check(self, net: Net, params: DeepDreamParams) -> None:
        """Check that the layer is there.

        Raises:
            MissingError: it is not.
        """
        if params.layer is not None:
            net.layer(params.layer)

    def run(self, ctx: Context, params: DeepDreamParams) -> list[Result]:
        """Give `images` (frames · N, H, W, 3), a frame's pictures one after the other."""
        layer = params.layer or middle_layer(ctx.net)
        space = space_of(ctx)
        chosen = _dreaming(len(ctx.examples), params)
        pixels = space.clip(space.from_input(ctx.examples))
        guide = None if params.guide is None else _guide(ctx.net, layer, space, pixels, params)
        cut = batches(ctx, len(chosen))
        made = []
        for number, rows in enumerate(cut):
            dreamer = Dreamer(ctx, layer, params, space, guide)
            start = pixels[chosen[rows]]
            made.append(torch.stack(list(dreamer.frames(start, number, len(cut)))))
        frames = torch.cat(made, dim=1)
        captions = [
            f"example {row}" + (f" · frame {frame}" if params.frames > 1 else "")
            for frame in range(params.frames)
            for row in chosen
        ]
        facts = {"guide": params.guide, "frames": params.frames}
        pictures = frames.flatten(0, 1)
        return [images_result(space, pixels=pictures, layer=layer, captions=captions, facts=facts)]


def _dreaming(count: int, params: DeepDreamParams) -> list[int]:
    """List the examples that dream: all but the guide."""
    if params.guide is None:
        return list(range(count))
    if params.guide >= count:
        message = f"deep_dream: guide must be one of the {count} examples"
        raise ParamsError(f"{message}, got {params.guide}", field="guide")
    others = [row for row in range(count) if row != params.guide]
    return others or [params.guide]


def _guide(
    net: Net, layer: str, space: PixelSpace, pixels: Tensor, params: DeepDreamParams
) -> Tensor:
    row = params.guide or 0
    with torch.no_grad():
        return net.features(space.to_input(pixels[row : row + 1]), [layer])[layer][0].flatten(1)


class Dreamer(NamedTuple):
    """Dreams pictures of one batch."""

    ctx: Context
    layer: str
    params: DeepDreamParams
    space: PixelSpace
    guide: Tensor | None
    """(K, positions): features that are sought."""

    def frames(self, pixels: Tensor, batch: int, count: int) -> Iterator[Tensor]:
        """Dream, zoom in, and dream on; each frame is (N, C, H, W).

        Args:
            pixels: (N, C, H, W), where it begins.
            batch: the number of this batch.
            count: how many there are.
        """
        random = torch.Generator().manual_seed(self.ctx.seed)
        for frame in range(self.params.frames):
            if frame:
                pixels = _zoomed(pixels, self.params.zoom)
            pixels = self._dream(pixels, random, batch * self.params.frames + frame, count)
            yield pixels

    def _dream(self, base: Tensor, random: torch.Generator, dreams: int, count: int) -> Tensor:
        """Dream once over all octaves; the detail is carried from one to the next."""
        params = self.params
        sizes = octave_sizes((base.shape[2], base.shape[3]), params)
        total = count * params.frames * len(sizes) * params.iterations
        step = make_step("normalised", params.rate, desired=0.0)
        detail = torch.zeros_like(_resized(base, sizes[0]))
        pixels = base
        for octave, size in enumerate(sizes):
            below = _resized(base, size)
            pixels = below + _resized(detail, size)
            for iteration in range(params.iterations):
                shift = draw_shift(params.jitter, random) if params.jitter else (0, 0)
                pixels, values = self.step(pixels, shift, step)
                done = (dreams * len(sizes) + octave) * params.iterations + iteration + 1
                self.ctx.report(done, total, partial(self.space.to_unit, pixels), objective=values)
            detail = pixels - below
        return pixels

    def step(self, pixels: Tensor, shift: tuple[int, int], step: Step) -> tuple[Tensor, Tensor]:
        """Move rolled pixels along the gradient, roll them back, clip them; give the norms too."""
        rolled = pixels.roll(shift, dims=(2, 3))
        values, gradient = uphill(self._values, rolled)
        moved = (rolled + step(gradient)).roll((-shift[0], -shift[1]), dims=(2, 3))
        return self.space.clip(moved), values

    def _values(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        _, height, width = self.ctx.net.input_shape
        wanted = (height or pixels.shape[2], width or pixels.shape[3])
        inputs = inputs_of(self.space, _resized(pixels, wanted))
        output = self.ctx.net.features(inputs, [self.layer])[self.layer].flatten(2)
        norms = output.flatten(1).norm(dim=1)
        if self.guide is None:
            return norms, norm_objective(output)
        return norms, guided_objective(output, self.guide)


def norm_objective(output: Tensor) -> Tensor:
    """Give ½ ‖x‖², whose gradient is x: (N, …) -> (N,)."""
    return output.flatten(1).square().sum(dim=1) / 2


def guided_objective(output: Tensor, guide: Tensor) -> Tensor:
    """Sum the products of each position with what matches it best in the guide.

    Args:
        output: (N, K, positions); the gradient by it is what matches best.
        guide: (K, positions of the guide).

    Returns:
        (N,).
    """
    flat = output.flatten(2) if output.ndim > 2 else output.unsqueeze(2)
    best = torch.einsum("nkp,kq->npq", flat.detach(), guide).argmax(dim=2)
    sought = guide.t()[best].transpose(1, 2)
    return (flat * sought).sum(dim=(1, 2))


def octave_sizes(size: tuple[int, int], params: DeepDreamParams) -> list[tuple[int, int]]:
    """List the sizes of the octaves, the smallest first, each once."""
    sizes: list[tuple[int, int]] = []
    for octave in reversed(range(params.octaves)):
        sides = [
            max(min(side, _SMALLEST_SIDE), round(side / params.scale**octave)) for side in size
        ]
        if (sides[0], sides[1]) not in sizes:
            sizes.append((sides[0], sides[1]))
    return sizes


def _resized(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    if (pixels.shape[2], pixels.shape[3]) == size:
        return pixels
    return functional.interpolate(pixels, size, mode="bilinear", antialias=True)


def _zoomed(pixels: Tensor, share: float) -> Tensor:
    """Enlarge the middle of pictures so that a share of each side is lost."""
    matrix = pixels.new_tensor([[1 - share, 0, 0], [0, 1 - share, 0]])
    grid = functional.affine_grid(
        matrix.expand(len(pixels), 2, 3), list(pixels.shape), align_corners=False
    )
    return functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
