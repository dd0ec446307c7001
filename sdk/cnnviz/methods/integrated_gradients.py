"""What each pixel adds to a score on the way from a baseline to the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import Explained, ExplainedParams, noted
from cnnviz.core.explaining import ExplainingMethod
from cnnviz.core.registry import register
from cnnviz.ops.baselines import Start, starting_images

__all__ = ["IntegratedGradients", "IntegratedGradientsParams"]

FEWEST, MOST = 20, 540
"""Points on a path to begin with, and at most, where their number is left open."""

Steps = Annotated[int, Meta(ge=1, le=1000)]


class IntegratedGradientsParams(ExplainedParams, frozen=True):
    """What is derived by the input, and the path that is averaged over."""

    steps: Annotated[
        Steps | None,
        Meta(description="Points on the path; empty for as many as the tolerance needs, 20 … 540."),
    ] = None
    tolerance: Annotated[
        float,
        Meta(gt=0, le=1, description="How far a map's sum may be off, as a share of the gain."),
    ] = 0.05
    baseline: Annotated[
        Start,
        Meta(
            description="Where the path starts: 0 as the model takes it, black (needs normalize), "
            "or each image's mean colour."
        ),
    ] = "zero"


@register
class IntegratedGradients(ExplainingMethod[IntegratedGradientsParams]):
    """What each pixel adds to the score between a baseline and the image; the map sums to it.

    Integrated gradients (Sundararajan, Taly, Yan 2017, https://arxiv.org/abs/1703.01365,
    section 3): the gradient averaged along the straight line from the baseline, times the way.
    Differs from the paper: midpoint rule, with as many points as the sum needs; summed over the
    colours; the baseline is 0 in the units that the model takes, which is the mean colour of
    normalised images, unless black is chosen.
    """

    name, title = "integrated_gradients", "Integrated gradients"
    version = 2
    Params = IntegratedGradientsParams

    def run(self, ctx: Context, params: IntegratedGradientsParams) -> list[Result]:
        """Give `map` (N, H, W), signed; each sums to what its score gained on the way, nearly."""
        explained = Explained.of(ctx, params)
        images = ctx.examples.detach()
        start = starting_images(images, params.baseline, normalize=ctx.normalize, of=self.name)
        with torch.no_grad():
            gains = explained.values(ctx) - explained.values_at(ctx, start)
        path = _Path(ctx, explained, start, gains.double())
        if params.steps is not None:
            path.walk(params.steps)
        else:
            path.walk_until(params.tolerance)
        arrays = {"map": path.maps().to(path.total.dtype)}
        facts = _completeness(explained, path, params)
        facts |= {"signed": True, "unit": "share of the score's gain, summed over the colours"}
        return [Result(kind="heatmap", layer=params.layer, arrays=arrays, facts=facts)]


class _Path:
    """The straight ways of all examples, and their gradients' sums at the points met so far."""

    def __init__(self, ctx: Context, explained: Explained, start: Tensor, gains: Tensor) -> None:
        self._ctx, self._explained, self._start = ctx, explained, start
        self._way = ctx.examples.detach() - start
        self.gains = gains
        """(N,), of the scores."""
        self.total = torch.zeros_like(start, dtype=torch.promote_types(start.dtype, torch.float32))
        """(N, C, H, W), sum of the gradients."""
        self.steps = [0] * len(start)
        """One an example: how many they are."""

    def walk(self, steps: int) -> None:
        """Derive at the middle of each of so many equal parts."""
        self._derive(range(len(self.steps)), [(i + 0.5) / steps for i in range(steps)])

    def walk_until(self, tolerance: float) -> None:
        """Cut the parts in three, whose middles lie in the old ones', until the sums come out."""
        self.walk(FEWEST)
        while rows := self._open(tolerance):
            steps = 3 * self.steps[rows[0]]
            self._derive(rows, [(i + 0.5) / steps for i in range(steps) if i % 3 != 1])

    def maps(self) -> Tensor:
        """Give the mean gradients times the ways, summed over the colours: (N, H, W)."""
        steps = torch.tensor(self.steps, device=self.total.device).view(-1, 1, 1, 1)
        return (self._way * self.total / steps).sum(dim=1)

    def misses(self) -> Tensor:
        """Say by how much each map's sum is off, (N,)."""
        return self.maps().flatten(1).double().sum(dim=1) - self.gains

    def _open(self, tolerance: float) -> list[int]:
        """Name the examples that need more points and may have them; all have equally many."""
        off = (self.misses().abs() > tolerance * self.gains.abs()).tolist()
        return [i for i, steps in enumerate(self.steps) if off[i] and steps < MOST]

    def _derive(self, rows: Sequence[int], places: Sequence[float]) -> None:
        explained, chosen = self._explained.only(rows), list(rows)
        for done, place in enumerate(places):
            self._ctx.report(done, len(places))
            points = self._start[chosen] + place * self._way[chosen]
            self.total[chosen] += explained.gradient_at(self._ctx, points)
        for row in chosen:
            self.steps[row] += len(places)


def _completeness(
    explained: Explained, path: _Path, params: IntegratedGradientsParams
) -> dict[str, Any]:
    """Say how far the maps' sums are from the scores' gains: equal for infinitely many steps."""
    gains, misses = path.gains.tolist(), path.misses().tolist()
    worst = max(range(len(gains)), key=lambda i: abs(misses[i]))
    note = (
        f"the maps sum to the scores' gains but for {abs(misses[worst]):.2g} at most "
        f"(gain {gains[worst]:.3g})"
    )
    beyond = [i for i, gain in enumerate(gains) if abs(misses[i]) > params.tolerance * abs(gain)]
    if beyond:
        which = ", ".join(map(str, beyond))
        note += f"; beyond the tolerance of {params.tolerance:.0%} is example {which}"
    return noted(explained.facts, note) | {
        "sums": [gain + miss for gain, miss in zip(gains, misses, strict=True)],
        "score_gains": gains,
        "steps": path.steps,
        "tolerance": params.tolerance,
    }
