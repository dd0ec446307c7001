"""How much a score, or a unit inside the network, loses when a part of the image is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams, Index, noted
from cnnviz.core.explaining import ExplainingMethod
from cnnviz.core.hidden_windows import Grid, Short, hidden_passes
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError
from cnnviz.ops.approximation import Error, checked_windows, error_text
from cnnviz.ops.occluders import Baseline, mean_over_windows, occluder, window_places
from cnnviz.ops.units import unit_values
from cnnviz.ops.window_sizes import Sides, window_and_stride

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Occlusion", "OcclusionParams"]


class OcclusionParams(ExplainedParams, frozen=True):
    """What hides the image, and what is asked about."""

    channel: Annotated[
        Index | None,
        Meta(
            description="The layer's channel; empty for each example's strongest.",
            extra_json_schema={"x-widget": "channel"},
        ),
    ] = None
    window: Annotated[
        Sides | None,
        Meta(description="Side, or height and width, px; empty for a seventh of the image."),
    ] = None
    stride: Annotated[
        Sides | None,
        Meta(description="From one window to the next, px; empty for half a window."),
    ] = None
    baseline: Annotated[
        Baseline,
        Meta(description="What is seen in the window: mean colour, zero, blur or noise."),
    ] = "mean"
    reach: Annotated[
        float,
        Meta(
            gt=0,
            le=1,
            description="Part of a feature map's side that a window's effect is followed over; "
            "below 1 sooner and approximate, with its error measured.",
        ),
    ] = 1.0
    precision: Annotated[
        Literal["own", "bfloat16"],
        Meta(
            description="Float type to compute in: the network's own, or bfloat16, sooner and "
            "approximate, with its error measured."
        ),
    ] = "own"


@register
class Occlusion(ExplainingMethod[OcclusionParams]):
    """What a score loses when a part of the image is hidden: a window slides over it.

    Occlusion sensitivity (Zeiler, Fergus 2013, https://arxiv.org/abs/1311.2901, section 4.2). Each
    pixel gets the mean, over the windows that cover it, of score minus score with the window
    hidden. A layer alone asks about the channel that answers most to the whole image. Differs from
    the paper: the unnormalised score instead of the probability, its loss instead of what is left,
    the mean of a channel instead of its sum, and any unit of any layer may stand in for it. Of a
    captured network only what a window can change is computed again: the same numbers, sooner; or
    less than that (Krypton, Nakandala et al. 2019), sooner still, with the error measured.
    """

    name, title = "occlusion", "Occlusion"
    Params = OcclusionParams
    needs_gradient = False
    batched = True

    def check(self, net: Net, params: OcclusionParams) -> None:
        """Check that the class or the unit is there, and that the window fits.

        Raises:
            ParamsError: a channel without a layer, both a class and a layer, a class or unit that
                the network does not have, a window larger than its images, a stride that leaves
                gaps.
        """
        _check_asked(net, params)
        _, height, width = net.input_shape
        if height is not None and width is not None:
            window_and_stride(params.window, params.stride, (height, width))

    def run(self, ctx: Context, params: OcclusionParams) -> list[Result]:
        """Give `map` (N, H, W), signed, and one value a window: `drops` (N, rows, columns).

        `top_classes` (N, rows, columns) are the classes seen with the window hidden, where scores
        are asked about.
        """
        explained = Explained.of(ctx, params)
        size = ctx.examples.shape[2], ctx.examples.shape[3]
        window, stride = window_and_stride(params.window, params.stride, size)
        grid = (
            window_places(size[0], window[0], stride[0]),
            window_places(size[1], window[1], stride[1]),
        )
        fill, what = occluder(
            ctx.examples.detach(),
            params.baseline,
            window=window,
            normalize=ctx.normalize,
            generator=ctx.generator,
        )
        facts = explained.facts | {
            "signed": True,
            "unit": "mean loss of the score when the pixel is hidden",
            "window": list(window),
            "stride": list(stride),
            "hidden_by": what,
        }
        arrays, own = _hide(ctx, explained, fill, grid, Short(params.reach, params.precision))
        return [Result(kind="heatmap", layer=params.layer, arrays=arrays, facts=facts | own)]


def _check_asked(net: Net, params: OcclusionParams) -> None:
    """Check the class or the unit; a layer's channel may be left open, without a position."""
    if params.layer is None or params.channel is not None:
        params.check(net, of="occlusion")
    elif params.position is not None:
        raise ParamsError("occlusion: a position needs a channel", field="channel")
    else:
        msgspec.structs.replace(params, channel=0).check(net, of="occlusion")


def _hide(
    ctx: Context, explained: Explained, fill: Tensor, grid: Grid, short: Short
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Slide the window over all examples."""
    images = ctx.examples.detach()
    places = [(row, column) for row in range(len(grid[0])) for column in range(len(grid[1]))]
    channels = _channels(ctx, explained.params)
    before = [
        _pick(explained, output[None], index, channels)
        for index, output in enumerate(explained.output(ctx).detach())
    ]
    drops = torch.zeros(len(images), len(places), dtype=torch.float64)
    top = torch.zeros(len(images), len(places), dtype=torch.float64)
    step = ctx.at_once
    shares, alike, errors = [], [], []
    for index in range(len(images)):
        if torch.equal(images[index], fill[index]):
            alike.append(index)
        found = hidden_passes(ctx, explained, images[index], fill[index], grid, short)
        shares.append(found.share)
        own = before[index]
        if found.unchanged is not None:
            own = _pick(explained, found.unchanged, index, channels)
        for start in range(0, len(places), step):
            ctx.report(index * len(places) + start, len(images) * len(places))
            batch = slice(start, start + step)
            with torch.no_grad():
                output = found.see(places[batch])
            values = _pick(explained, output, index, channels)
            drops[index, batch] = (own.double() - values.double()).cpu()
            if explained.classes:
                top[index, batch] = output.reshape(len(output), -1).argmax(1).to(top)
        if found.unchanged is not None:
            exact = hidden_passes(ctx, explained, images[index], fill[index], grid, Short())
            chosen = checked_windows(len(places))
            with torch.no_grad():
                output = exact.see([places[i] for i in chosen])
            truth = before[index].double() - _pick(explained, output, index, channels).double()
            errors.append(Error.between(drops[index, chosen], truth.cpu()))
    drops[alike] = 0  # not the rounding of another order of sums
    facts = _own_facts(explained, shares, alike)
    if errors:
        facts = noted(facts, error_text(errors))
        facts["errors"] = [one.largest for one in errors]
    if channels and explained.params.channel is None:
        facts["channels"] = channels
    return _arrays(ctx, explained, drops, top, grid), facts


def _channels(ctx: Context, params: ExplainedParams) -> list[int]:
    """Say which channel each example is asked about: given, or the one that answers most."""
    if params.layer is None:
        return []
    output = ctx.activation(params.layer).detach()
    if params.channel is not None:
        return [params.channel] * len(output)
    total = output.flatten(2).sum(dim=2) if output.ndim > 2 else output
    found: list[int] = total.argmax(dim=1).tolist()
    return found


def _pick(explained: Explained, output: Tensor, index: int, channels: list[int]) -> Tensor:
    """Pick the value that an example is asked about: (B, …) -> (B,)."""
    if explained.classes:
        return output.reshape(len(output), -1)[:, explained.classes[index]]
    return unit_values(output, channels[index], explained.params.position)


def _arrays(
    ctx: Context, explained: Explained, drops: Tensor, top: Tensor, grid: Grid
) -> dict[str, Tensor]:
    shape = (len(drops), len(grid[0]), len(grid[1]))
    drops = drops.reshape(shape)
    maps = torch.stack([mean_over_windows(values, *grid) for values in drops])
    kind = torch.float64 if ctx.place.dtype == torch.float64 else torch.float32
    arrays = {"map": maps.to(kind), "drops": drops.to(kind)}
    return arrays | ({"top_classes": top.reshape(shape).to(kind)} if explained.classes else {})


def _own_facts(explained: Explained, shares: list[float], alike: list[int]) -> dict[str, Any]:
    facts: dict[str, Any] = {"share_computed": round(sum(shares) / len(shares), 4)}
    notes = []
    if "note" in explained.facts:
        notes.append("the model ends in a softmax: this is the loss of a probability")
    if alike:
        which = ", ".join(map(str, alike))
        notes.append(
            f"example {which} looks everywhere like what hides it, so that nothing changes: take "
            "another baseline"
        )
    return facts | ({"note": "; ".join(notes)} if notes else {})
