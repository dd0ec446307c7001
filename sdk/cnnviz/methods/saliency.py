"""Which pixels a score, or a unit inside the network, reacts to most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams
from cnnviz.core.explaining import ExplainingMethod
from cnnviz.core.registry import register
from cnnviz.core.saliency_map import saliency_map
from cnnviz.errors import ParamsError

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Saliency", "SaliencyParams"]


class SaliencyParams(ExplainedParams, frozen=True):
    """What is derived by the input: a class score, or a unit of a layer."""

    views: Annotated[
        Literal[1, 10],
        Meta(
            description="10 averages over five shifts, mirrored and not: less speckle, ten passes."
        ),
    ] = 1


@register
class Saliency(ExplainingMethod[SaliencyParams]):
    """How strongly each pixel can change the class score: its absolute derivative.

    Saliency maps (Simonyan, Vedaldi, Zisserman 2013, https://arxiv.org/abs/1312.6034, section 3):
    the derivative of the unnormalised class score by the image, absolute, and of the colours the
    largest. Differs from the paper: one view of the image unless `views` is 10, the average that
    the paper's figures show (the paper crops a larger image; here the image is shifted by a
    fourteenth, its border mirrored); and any unit of any layer may stand in for the class score.
    """

    name, title = "saliency", "Saliency"
    Params = SaliencyParams
    in_training = True

    def check(self, net: Net, params: SaliencyParams) -> None:
        """Check that the class or the unit is there.

        Raises:
            ParamsError: a channel without a layer, both a class and a layer, or a class or unit
                that the network does not have.
        """
        params.check(net, of=self.name)
        if params.views > 1 and params.position is not None:
            message = "saliency: a unit at one position has one view, give no views"
            raise ParamsError(f"{message}; got views={params.views}", field="views")

    def run(self, ctx: Context, params: SaliencyParams) -> list[Result]:
        """Give `map` (N, H, W), at least 0."""
        explained = Explained.of(ctx, params)
        facts = explained.facts | {"signed": False, "views": params.views}
        facts["unit"] = "|∂ score / ∂ pixel|, maximum over colours"
        found = saliency_map(ctx, explained, views=params.views)
        return [Result(kind="heatmap", layer=params.layer, arrays={"map": found}, facts=facts)]
