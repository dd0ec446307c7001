"""The object that a score is about, cut out of the image where saliency points to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams, noted
from cnnviz.core.explaining import ExplainingMethod
from cnnviz.core.registry import register
from cnnviz.core.saliency_map import saliency_map
from cnnviz.errors import ParamsError
from cnnviz.ops.images import to_pictures
from cnnviz.ops.occluders import blurred
from cnnviz.ops.segmentation import Box, cut_out, largest_component, seeds_of

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["SaliencySegmentation", "SaliencySegmentationParams"]

Share = Annotated[float, Meta(gt=0, lt=1)]


class SaliencySegmentationParams(ExplainedParams, frozen=True):
    """What is derived by the input, and what of its saliency marks the object."""

    foreground: Annotated[
        Share, Meta(description="Quantile of saliency above which a pixel is the object's.")
    ] = 0.95
    background: Annotated[
        Share, Meta(description="Quantile below which it is the background's; the rest is open.")
    ] = 0.3
    smoothing: Annotated[
        float,
        Meta(ge=0, le=0.2, description="Blur of saliency, a sigma as a share of the shorter side."),
    ] = 0.02
    iterations: Annotated[
        int, Meta(ge=1, le=50, description="Graph cuts; 1 is the paper's, more refine colours.")
    ] = 5
    views: Annotated[
        Literal[1, 10],
        Meta(description="10 takes the mean saliency over shifted and mirrored views."),
    ] = 1


@register
class SaliencySegmentation(ExplainingMethod[SaliencySegmentationParams]):
    """The object that the score is about: cut out of the image where saliency points to it.

    Weakly supervised localisation (Simonyan, Vedaldi, Zisserman 2013,
    https://arxiv.org/abs/1312.6034, section 3.2): the most salient pixels teach the object's
    colours, the least salient those of the background, a graph cut parts the two, the largest
    component stays. Differs from the paper: saliency is blurred a little, and the cut repeated with
    colours learned from the last one (GrabCut, Rother, Kolmogorov, Blake 2004).
    """

    name, title = "saliency_segmentation", "Saliency segmentation"
    Params = SaliencySegmentationParams

    def check(self, net: Net, params: SaliencySegmentationParams) -> None:
        """Check that the class or the unit is there, and that the quantiles leave something open.

        Raises:
            ParamsError: a class or unit that the network does not have, or a background quantile
                that is not below the foreground's.
        """
        super().check(net, params)
        if params.background >= params.foreground:
            message = "saliency_segmentation: background must be below foreground"
            got = f"{params.background} and {params.foreground}"
            raise ParamsError(f"{message}, got {got}", field="background")

    def run(self, ctx: Context, params: SaliencySegmentationParams) -> list[Result]:
        """Give `map` (N, H, W), 1 on the object and 0 elsewhere, and the `saliency` behind it."""
        explained = Explained.of(ctx, params)
        heat = saliency_map(ctx, explained, views=params.views).detach()
        if params.smoothing:
            sigma = params.smoothing * min(heat.shape[1:])
            heat = blurred(heat.unsqueeze(1), sigma).squeeze(1)
        pictures = to_pictures(ctx.examples, ctx.normalize)
        facts, masks, boxes = explained.facts, [], []
        for index, (picture, one) in enumerate(zip(pictures, heat, strict=True)):
            ctx.report(index, len(pictures))
            mask, box, trouble = _object(picture, one, params, seed=ctx.seed)
            masks.append(mask)
            boxes.append(box)
            facts = noted(facts, f"example {index}: {trouble}") if trouble else facts
        facts |= {"signed": False, "unit": "1 on the object, 0 elsewhere", "boxes": boxes}
        arrays = {"map": np.stack(masks).astype(np.float32), "saliency": heat}
        return [Result(kind="heatmap", layer=params.layer, arrays=arrays, facts=facts)]


def _object(
    picture: NDArray[np.uint8], heat: Tensor, params: SaliencySegmentationParams, *, seed: int
) -> tuple[NDArray[np.bool_], Box, str]:
    """Cut one object out; where that cannot be, give an empty mask and say why."""
    values = heat.double().cpu().numpy()
    empty = np.zeros(values.shape, dtype=bool), [0, 0, 0, 0]
    if not np.isfinite(values).all():
        return *empty, "saliency is not finite, nothing is cut out"
    if values.max() == values.min():
        where = "zero" if not values.any() else "the same"
        return *empty, f"saliency is {where} everywhere, nothing is cut out"
    if (picture == picture[:1, :1]).all():
        return *empty, "the image has one colour, nothing is cut out"
    of = SaliencySegmentation.name
    seeds = seeds_of(values, foreground=params.foreground, background=params.background)
    coloured = np.ascontiguousarray(np.broadcast_to(picture, (*picture.shape[:2], 3)))
    cut = cut_out(coloured, seeds, iterations=params.iterations, seed=seed, of=of)
    mask, box = largest_component(cut, of=of)
    return mask, box, "" if mask.any() else "the cut leaves no object"
