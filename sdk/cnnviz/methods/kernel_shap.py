"""How a score is shared among the parts of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import numpy as np
import torch
from msgspec import Meta
from numpy.typing import NDArray
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams, noted
from cnnviz.core.explaining import ExplainingMethod
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError
from cnnviz.ops.images import to_pictures
from cnnviz.ops.occluders import occluder
from cnnviz.ops.segments import Cut, Labels, cut_image
from cnnviz.ops.shapley import all_coalitions, drawn_coalitions, exact_values, fitted_values

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["KernelShap", "KernelShapParams"]

EXACT = 12
"""Segments up to which every coalition is computed: 4096 passes."""

Samples = Annotated[int, Meta(ge=4, le=1 << 17)]


class KernelShapParams(ExplainedParams, frozen=True):
    """What is explained, and how the image is cut and hidden."""

    segments: Annotated[
        int,
        Meta(ge=2, le=256, description="Parts of the image at most; up to 12 are solved exactly."),
    ] = 10
    cut: Annotated[
        Cut, Meta(description="Along what is seen (SLIC superpixels), or into a grid.")
    ] = "superpixels"
    baseline: Annotated[
        Literal["mean", "zero", "blur"],
        Meta(description="What is seen where a part is hidden: mean colour, zero or blur."),
    ] = "mean"
    samples: Annotated[
        Samples | None,
        Meta(
            description="Coalitions of parts that are drawn above 12 parts; "
            "empty for 2048 and two a part."
        ),
    ] = None


class _Shared(NamedTuple):
    """How the score of one example is shared among its segments."""

    values: NDArray[np.float64]
    nobody: float
    everybody: float
    passes: int
    exact: bool


@register
class KernelShap(ExplainingMethod[KernelShapParams]):
    """How the score is shared among the parts of the image: each part's Shapley value.

    KernelSHAP (Lundberg, Lee 2017, https://arxiv.org/abs/1705.07874, section 4.1) over superpixels:
    what a part adds to the score, averaged over all orders in which the hidden parts of the image
    can be shown. Up to 12 parts every coalition is computed and the values are exact; above, some
    are drawn and the values fitted by the paper's weights. Differs from the paper: a hidden part
    shows one baseline, not the mean over a data set.
    """

    name, title = "kernel_shap", "Superpixel SHAP"
    Params = KernelShapParams
    needs_gradient = False
    batched = True

    def check(self, net: Net, params: KernelShapParams) -> None:
        """Check that the class or the unit is there, and that the samples are enough.

        Raises:
            ParamsError: a class or unit that the network does not have, or fewer samples than are
                needed to tell the parts apart.
        """
        super().check(net, params)
        if params.samples is not None and params.samples < 2 * params.segments:
            message = f"kernel_shap: samples must be at least two a segment, {2 * params.segments}"
            raise ParamsError(f"{message}, got {params.samples}", field="samples")

    def run(self, ctx: Context, params: KernelShapParams) -> list[Result]:
        """Give `map` (N, H, W), signed, each pixel its segment's value.

        Beside it `segments` (N, H, W), and `values` (N, M), 0 where an example has fewer than M.
        """
        explained = Explained.of(ctx, params)
        images = ctx.examples.detach()
        pictures = to_pictures(images, ctx.normalize)
        labels = [cut_image(one, params.segments, params.cut, of=self.name) for one in pictures]
        fill, what = occluder(
            images,
            params.baseline,
            window=(images.shape[2] // 4, images.shape[3] // 4),
            normalize=ctx.normalize,
            generator=ctx.generator,
        )
        games = [_Game(ctx, explained, index, fill[index], one) for index, one in enumerate(labels)]
        shared = [game.solve(params.samples) for game in games]
        facts = _facts(explained, shared, [int(one.max()) + 1 for one in labels])
        facts |= {"signed": True, "hidden_by": what, "unit": "share of the score's gain, a segment"}
        arrays = _arrays(labels, shared, double=ctx.place.dtype == torch.float64)
        return [Result(kind="heatmap", layer=params.layer, arrays=arrays, facts=facts)]


class _Game:
    """One example, whose segments are players; coalitions are worth the score of what they show."""

    def __init__(
        self, ctx: Context, explained: Explained, index: int, fill: Tensor, labels: Labels
    ) -> None:
        self._ctx, self._explained, self._index = ctx, explained, index
        self._image, self._fill = ctx.examples.detach()[index], fill
        self._labels = torch.from_numpy(labels).to(fill.device, torch.int64)
        self._players = int(labels.max()) + 1

    def solve(self, samples: int | None) -> _Shared:
        """Share the score, exactly where the players are few."""
        players = self._players
        if players <= EXACT:
            worth = self._worth(all_coalitions(players))
            return _Shared(exact_values(worth), worth[0], worth[-1], len(worth), exact=True)
        ends = self._worth(np.repeat([[False], [True]], players, axis=1))
        generator = np.random.default_rng((self._ctx.seed, self._index))
        budget = samples or 2 * players + 2048
        coalitions, weights = drawn_coalitions(players, budget, generator)
        nobody, everybody = float(ends[0]), float(ends[1])
        values = fitted_values(
            coalitions, self._worth(coalitions), weights, nobody=nobody, everybody=everybody
        )
        return _Shared(values, nobody, everybody, len(coalitions) + 2, exact=False)

    def _worth(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Compute the score with only some segments shown: (B, M) -> (B,)."""
        ctx, found = self._ctx, []
        count = len(ctx.examples)
        for start in range(0, len(coalitions), ctx.at_once):
            ctx.report(self._index * len(coalitions) + start, count * len(coalitions))
            rows = torch.from_numpy(coalitions[start : start + ctx.at_once])
            shown = rows.to(self._labels.device)[:, self._labels].unsqueeze(1)
            with torch.no_grad():
                seen = torch.where(shown, self._image, self._fill)
                values = self._explained.values_of(ctx, seen, self._index)
            found.append(values.double().cpu())
        worth: NDArray[np.float64] = torch.cat(found).numpy()
        return worth


def _facts(explained: Explained, shared: list[_Shared], counts: list[int]) -> dict[str, Any]:
    facts = explained.facts | {
        "segments": counts,
        "exact": all(one.exact for one in shared),
        "passes": [one.passes for one in shared],
        "sums": [float(one.values.sum()) for one in shared],
        "score_gains": [float(one.everybody - one.nobody) for one in shared],
    }
    whole = [index for index, count in enumerate(counts) if count == 1]
    if whole:
        which = ", ".join(map(str, whole))
        return noted(facts, f"example {which} could not be cut: it looks the same everywhere")
    return facts


def _arrays(
    labels: list[Labels], shared: list[_Shared], *, double: bool
) -> dict[str, NDArray[np.generic]]:
    kind = np.float64 if double else np.float32
    longest = max(len(one.values) for one in shared)
    values = np.stack([np.pad(one.values, (0, longest - len(one.values))) for one in shared])
    maps = np.stack([one.values[cut] for one, cut in zip(shared, labels, strict=True)])
    return {"map": maps.astype(kind), "segments": np.stack(labels), "values": values.astype(kind)}
