"""The trials that maps of one method are put to: deletion, insertion, noise, other weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from cnnviz.core.faithfulness import Curves, Watched, curves, watched
from cnnviz.core.judged import JudgedMap, map_of
from cnnviz.core.randomised import cascade, layers_from_the_top
from cnnviz.core.trial_params import TrustParams
from cnnviz.ops.occluders import occluder
from cnnviz.ops.perturbation import area, importance_order, smoothed
from cnnviz.ops.ranks import rank_correlation

if TYPE_CHECKING:
    from cnnviz.core.context import Context
    from cnnviz.core.requests import Request
    from cnnviz.graph.net import Net

__all__ = ["Progress", "Trial", "importance"]

_SIGMA: Final = 5 / 224
_SMALLEST_WINDOW: Final = 16
"""A blur a quarter as wide hides small images too: of 28 px, a seventh hides hardly anything."""
_MAP_COSTS: Final = 20
"""What making the maps once counts in the progress, in batches of a curve."""


class Progress:
    """Counts what is done: maps that were made, and batches of curves."""

    def __init__(self, ctx: Context, params: TrustParams, parts: int) -> None:
        self._ctx = ctx
        self._done = 0.0
        maps = 1 + params.samples + len(_counts(ctx.net, params, None))
        self._total = parts * (maps * _MAP_COSTS + 4 * (params.steps - 1))

    def curve_point(self) -> None:
        """Count a batch of a curve."""
        self._say(1.0)

    def map_made(self) -> None:
        """Count the maps of all examples, made once."""
        self._say(_MAP_COSTS)

    def within_map(self, share: float) -> None:
        """Say how far the maps are that are being made, 0 … 1."""
        self._ctx.report(int(self._done + share * _MAP_COSTS), self._total)

    def _say(self, more: float) -> None:
        self._done = min(self._total, self._done + more)
        self._ctx.report(int(self._done), self._total)


def _counts(net: Net, params: TrustParams, below: str | None) -> list[int]:
    """Say how many layers are drawn anew, each time."""
    layers = len(layers_from_the_top(net, below))
    asked = params.randomised or (1, min(10, (layers + 1) // 2), layers)
    return sorted({min(count, layers) for count in asked} - {0})


@dataclass(frozen=True)
class Trial:
    """What was found about some of the examples."""

    map: JudgedMap
    watched: Watched
    hidden_by: str
    sigma: float
    randomised: list[list[str]]
    arrays: dict[str, Tensor]

    @classmethod
    def of(
        cls,
        ctx: Context,
        params: TrustParams,
        request: Request,
        rows: slice,
        progress: Progress,
    ) -> Trial:
        """Judge the maps of some examples."""
        images = ctx.examples[rows].detach()
        labels = None if ctx.labels is None else ctx.labels[rows]
        found = map_of(request, ctx, images, labels=labels, report=progress.within_map)
        progress.map_made()
        seen = watched(ctx.net, images, request.params, found.facts)
        judge = _Judge(ctx, params, request, images, found, seen, progress)
        hidden_by, sigma, arrays = judge.faithfulness()
        arrays["sensitivity"] = judge.sensitivity()
        layers, arrays["rank_correlation"] = judge.randomisation()
        return cls(found, seen, hidden_by, sigma, layers, arrays)


@dataclass(frozen=True)
class _Judge:
    """Puts one map of each of some examples to the tests."""

    ctx: Context
    params: TrustParams
    request: Request
    images: Tensor
    found: JudgedMap
    seen: Watched
    progress: Progress

    def faithfulness(self) -> tuple[str, float, dict[str, Tensor]]:
        """Give what hides pixels, the blur of the map, and areas (N, 4) with their curves."""
        images, params = self.images, self.params
        height, width = images.shape[2:]
        window = (max(_SMALLEST_WINDOW, height // 7), max(_SMALLEST_WINDOW, width // 7))
        hidden, hidden_by = occluder(
            images,
            params.baseline,
            window=window,
            normalize=self.ctx.normalize,
            generator=self.ctx.generator,
        )
        sigma = min(height, width) * _SIGMA if params.sigma is None else params.sigma
        random = torch.Generator().manual_seed(self.ctx.seed)
        maps = importance(self.found)
        chance = torch.rand(maps.shape, generator=random, dtype=maps.dtype)
        ends = self.seen.value(images), self.seen.value(hidden)
        drawn: list[Curves] = []
        for values in (maps, chance):
            order = importance_order(smoothed(values, sigma), random)
            drawn.append(
                curves(
                    self.seen.value,
                    images,
                    hidden,
                    order,
                    ends=ends,
                    steps=params.steps,
                    report=self.progress.curve_point,
                )
            )
        fraction = torch.linspace(0, 1, params.steps + 1, dtype=torch.float64)
        areas = torch.stack([area(curve, fraction) for pair in drawn for curve in pair], dim=1)
        own, by_chance = drawn
        arrays = {"areas": areas, "deletion": own.deletion, "insertion": own.insertion}
        arrays |= {"random_deletion": by_chance.deletion, "random_insertion": by_chance.insertion}
        return hidden_by, sigma, arrays

    def sensitivity(self) -> Tensor:
        """Give the largest ‖map of x + noise - map of x‖ / ‖map of x‖, (N,)."""
        images, ctx = self.images, self.ctx
        before = self.found.values.flatten(1)
        largest = torch.full((len(images),), torch.nan, dtype=torch.float64)
        norm = before.norm(dim=1)
        for _ in range(self.params.samples):
            noise = torch.rand(
                images.shape, generator=ctx.generator, device=images.device, dtype=images.dtype
            )
            moved = self._again(images + (2 * noise - 1) * self.params.radius)
            change = (moved.flatten(1) - before).norm(dim=1) / norm
            largest = change.fmax(largest)
        return torch.where(norm > 0, largest, torch.nan)

    def randomisation(self) -> tuple[list[list[str]], Tensor]:
        """Give the layers drawn anew, and how alike maps stay: (N, R)."""
        counts = _counts(self.ctx.net, self.params, self.seen.below)
        random = torch.Generator().manual_seed(self.ctx.seed)
        layers: list[list[str]] = []
        columns: list[Tensor] = []
        before = self.found.values.abs()
        for drawn in cascade(self.ctx.net, counts, random, below=self.seen.below):
            after = self._again(self.images, drawn.net)
            columns.append(_likeness(before, after.abs()))
            layers.append(drawn.layers)
        if not columns:
            return [], torch.zeros(len(self.images), 0, dtype=torch.float64)
        return layers, torch.stack(columns, dim=1)

    def _again(self, images: Tensor, net: Net | None = None) -> Tensor:
        """Make the maps of the same classes for other images, or by another network."""
        made = map_of(
            self.request,
            self.ctx,
            images,
            labels=self.found.facts.get("targets"),
            net=net,
            report=self.progress.within_map,
        )
        self.progress.map_made()
        return made.values


def _likeness(before: Tensor, after: Tensor) -> Tensor:
    """Correlate the ranks of maps (N, H, W); one that has become one value is like nothing."""
    found = rank_correlation(before, after)
    ordered = before.flatten(1).amax(1) > before.flatten(1).amin(1)
    nothing_left = after.flatten(1).amax(1) == after.flatten(1).amin(1)
    return torch.where(ordered & nothing_left, 0.0, found)


def importance(found: JudgedMap) -> Tensor:
    """Read a map as importance: what speaks against counts least, a mere direction as much.

    A signed map says for and against, unless its fact `sign` is `direction`: then its sign tells
    which way a pixel would have to change, and only its size counts.
    """
    for_and_against = found.facts.get("signed") and found.facts.get("sign") != "direction"
    return found.values if for_and_against else found.values.abs()
