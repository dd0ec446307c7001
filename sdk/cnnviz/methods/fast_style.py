"""Pictures in a style that a network has learnt, in one pass."""

from __future__ import annotations

from typing import Annotated, Any

import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import batches, images_result, space_of
from cnnviz.core.registry import register
from cnnviz.core.style_applying import StylePainter
from cnnviz.core.style_params import Weights
from cnnviz.errors import ParamsError
from cnnviz.ops.colours import with_colours_of
from cnnviz.ops.median import median_of_nine
from cnnviz.ops.resizing import resized

__all__ = ["FastStyle", "FastStyleParams"]


class FastStyleParams(Params, frozen=True):
    """Which network, how much of each of its styles, how large."""

    network: Annotated[
        str,
        Meta(
            max_length=64,
            description="Job that trained the network (fit_style); empty for the newest.",
            extra_json_schema={"x-widget": "network", "x-kind": "style", "x-empty": "newest"},
        ),
    ] = ""
    blend: Annotated[
        Weights,
        Meta(
            description="How much of each of its styles, brought to a sum of 1; empty: alike.",
            extra_json_schema={"x-widget": "blend"},
        ),
    ] = ()
    side: Annotated[
        Annotated[int, Meta(ge=8, le=4096)] | None,
        Meta(
            description="Longer side of the pictures; empty for their own.",
            extra_json_schema={"x-unit": "px"},
        ),
    ] = None
    original_colors: Annotated[
        bool, Meta(description="Take the luminance of the result, the colours of the picture.")
    ] = False
    median: Annotated[
        bool, Meta(description="Take the median of 3 × 3 pixels at the end: no single bright ones.")
    ] = False


@register
class FastStyle(Method[FastStyleParams]):
    """Pictures in a style that a network has learnt, in milliseconds each.

    Applies a network that `fit_style` trained (Johnson, Alahi, Fei-Fei 2016,
    https://arxiv.org/abs/1603.08155); several styles are blended by a weighted sum of their
    parameters (Dumoulin, Shlens, Kudlur 2017, https://arxiv.org/abs/1610.07629). Differs from the
    papers: the weights of a blend are brought to a sum of 1.
    """

    name, title, kind = "fast_style", "Fast style", "images"
    Params = FastStyleParams
    batched = True

    def run(self, ctx: Context, params: FastStyleParams) -> list[Result]:
        """Give `images` (N, H, W, 3)."""
        painter, space = StylePainter.open(ctx, params.network, params.blend), space_of(ctx)
        if params.original_colors and ctx.examples.shape[1] != 3:
            message = (
                "fast_style: original_colors needs pictures of 3 colours, these have "
                f"{ctx.examples.shape[1]}"
            )
            raise ParamsError(message, field="original_colors")
        made: list[Tensor] = []
        for some in batches(ctx, len(ctx.examples)):
            unit = space.to_unit(space.from_input(ctx.examples[some]))
            made.append(_painted(painter, _sized(unit, params.side), params))
            ctx.report(some.stop, len(ctx.examples), made[-1])
        rows = painter.rows or list(range(len(painter.blend)))
        styles = " + ".join(
            f"{part:.0%} of style {row}" if len(rows) > 1 else f"style {row}"
            for part, row in zip(painter.blend, rows, strict=True)
            if part
        )
        facts: dict[str, Any] = {
            "network": painter.name,
            "blend": [float(f"{part:.6g}") for part in painter.blend],
            "styles": painter.rows,
        }
        captions = [f"example {row} in {styles}" for row in range(len(ctx.examples))]
        pixels = space.from_unit(torch.cat(made))
        return [images_result(space, pixels, layer=None, captions=captions, facts=facts)]


def _sized(unit: Tensor, side: int | None) -> Tensor:
    """Bring pictures to a longer side."""
    if side is None:
        return unit
    height, width = unit.shape[2:]
    scale = side / max(height, width)
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    return resized(unit, size).clamp(0, 1)


def _painted(painter: StylePainter, unit: Tensor, params: FastStyleParams) -> Tensor:
    made = painter.paint(unit)
    if params.original_colors:
        made = with_colours_of(made, unit)
    return median_of_nine(made) if params.median else made
