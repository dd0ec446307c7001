"""Whether a map of another method is to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.explained import TargetParams
from cnnviz.core.faithfulness import Curves, Watched, curves, watched
from cnnviz.core.judged import JudgedMap, find_judged, map_of
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import batches, numbers
from cnnviz.core.randomised import cascade, layers_from_the_top
from cnnviz.core.registry import register
from cnnviz.errors import ParamsError
from cnnviz.ops.occluders import Baseline, occluder
from cnnviz.ops.perturbation import area, importance_order, smoothed
from cnnviz.ops.ranks import rank_correlation

if TYPE_CHECKING:
    from cnnviz.core.requests import Request
    from cnnviz.graph.net import Net

__all__ = ["THRESHOLD", "Trust", "TrustParams"]

THRESHOLD: Final = 0.6
"""Mean rank correlation from which on a map counts as the same with its last layer drawn anew."""

_SIGMA = 5 / 224
_MAP_COSTS = 20
"""What making the maps once counts in the progress, in batches of a curve."""

Count = Annotated[int, Meta(ge=1, le=10_000)]
Blur = Annotated[float, Meta(ge=0, le=1000)]


class TrustParams(TargetParams, frozen=True):
    """Whose map is judged, and how long."""

    method: Annotated[
        str,
        Meta(
            max_length=64,
            description="Whose map is judged: a method of kind heatmap.",
            extra_json_schema={"x-widget": "method"},
        ),
    ] = "saliency"
    params: Annotated[
        dict[str, Any],
        Meta(description="That method's parameters, as an object; what is absent as by default."),
    ] = msgspec.field(default_factory=dict)
    steps: Annotated[
        int, Meta(ge=2, le=1000, description="Of the deletion and insertion curves.")
    ] = 28
    baseline: Annotated[
        Baseline,
        Meta(description="What stands where a pixel is hidden: blur, mean colour, zero or noise."),
    ] = "blur"
    sigma: Annotated[
        Blur | None,
        Meta(description="Blur of the map before its pixels are ordered, px; empty for 5 of 224."),
    ] = None
    samples: Annotated[
        int, Meta(ge=0, le=1000, description="Noisy copies that the sensitivity is measured on.")
    ] = 10
    radius: Annotated[
        float,
        Meta(gt=0, le=100, description="Largest change by that noise, as the network's input is."),
    ] = 0.02
    randomised: Annotated[
        tuple[Count, ...],
        Meta(
            max_length=16,
            description="Numbers of last layers drawn anew, rising; empty for 1, 10 (of a small "
            "network, half) and all.",
        ),
    ] = ()


@register
class Trust(Method[TrustParams]):
    """Whether a map may be believed: does it find what counts, and does it need the weights?

    Deletion and insertion curves (Petsiuk, Das, Saenko 2018, https://arxiv.org/abs/1806.07421)
    beside those of a random order; the largest relative change under small noise (Yeh, Hsieh,
    Suggala, Inouye, Ravikumar 2019, https://arxiv.org/abs/1901.09392); cascading randomisation
    (Adebayo et al. 2018, https://arxiv.org/abs/1810.03292): rank correlation of the absolute map
    with that of the same network whose last layers were drawn anew. Differs from the papers: both
    curves have one baseline, maps are blurred before their pixels are ordered, kernels are drawn
    with their own mean and spread.
    """

    name, title, kind = "trust", "Trust", "trust"
    Params = TrustParams
    batched = True

    def check(self, net: Net, params: TrustParams) -> None:
        """Check that the judged method is there, gives maps, and takes its parameters here.

        Raises:
            ParamsError: it does not.
            UnsuitableError: it does not suit this network.
        """
        _judged(net, params)

    def run(self, ctx: Context, params: TrustParams) -> list[Result]:
        """Give `areas` (N, 4), the curves, `sensitivity` (N,), `rank_correlation` (N, R)."""
        request = _judged(ctx.net, params)
        cut = batches(ctx, len(ctx.examples))
        progress = _Progress(ctx, params, len(cut))
        trials = [_Trial.of(ctx, params, request, rows, progress) for rows in cut]
        arrays = {
            name: torch.cat([trial.arrays[name] for trial in trials]) for name in trials[0].arrays
        }
        fraction = torch.linspace(0, 1, params.steps + 1, dtype=torch.float64)
        arrays = {"areas": arrays.pop("areas"), "fraction": fraction, **arrays}
        kind = torch.float64 if ctx.place.dtype == torch.float64 else torch.float32
        facts = _facts(request, trials, arrays)
        plain = {name: array.to(kind) for name, array in arrays.items()}
        return [Result(kind="trust", arrays=plain, facts=facts)]


def _judged(net: Net, params: TrustParams) -> Request:
    """Find the judged method; the target goes to it."""
    given = dict(params.params)
    if params.target is not None:
        if given.get("target", params.target) != params.target:
            message = f"trust: target is {params.target} here and {given['target']} in params"
            raise ParamsError(message, field="target")
        given["target"] = params.target
    return find_judged(params.method, given, net, of="trust")


class _Progress:
    """Counts what is done: maps that were made, and batches of curves."""

    def __init__(self, ctx: Context, params: TrustParams, parts: int) -> None:
        self._ctx = ctx
        self._done = 0.0
        maps = 1 + params.samples + len(_counts(ctx.net, params, None))
        self._total = parts * (maps * _MAP_COSTS + 4 * (params.steps - 1))

    def curve_point(self) -> None:
        self._say(1.0)

    def map_made(self) -> None:
        self._say(_MAP_COSTS)

    def within_map(self, share: float) -> None:
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
class _Trial:
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
        progress: _Progress,
    ) -> _Trial:
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
    progress: _Progress

    def faithfulness(self) -> tuple[str, float, dict[str, Tensor]]:
        """Give what hides pixels, the blur of the map, and areas (N, 4) with their curves."""
        images, params = self.images, self.params
        height, width = images.shape[2:]
        window = (max(1, round(height / 7)), max(1, round(width / 7)))
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


def _facts(request: Request, trials: Sequence[_Trial], arrays: dict[str, Tensor]) -> dict[str, Any]:
    first = trials[0]
    means = numbers(arrays["rank_correlation"].nanmean(dim=0), digits=4)
    asked = "class" if "targets" in first.map.facts else "unit"
    verdict, explanation = judgement(means[0] if means else None, asked)
    facts: dict[str, Any] = {
        "method": request.method.name,
        "method_title": request.method.title,
        "params": msgspec.to_builtins(request.params),
        "verdict": verdict,
        "explanation": explanation,
        "randomised": first.randomised,
        "mean_rank_correlation": means,
        "threshold": THRESHOLD,
        "value": first.watched.name,
        "hidden_by": first.hidden_by,
        "sigma": round(first.sigma, 4),
    }
    if "targets" in first.map.facts:
        facts["targets"] = [c for trial in trials for c in trial.map.facts["targets"]]
    note = _note(torch.cat([trial.map.values for trial in trials]))
    return facts | ({"note": note} if note else {})


def judgement(correlation: float | None, asked: str) -> tuple[str, str]:
    """Say what a mean rank correlation after drawing the last layer anew means.

    Args:
        correlation: None where none is defined.
        asked: `class` or `unit`, what the map explains.

    Returns:
        `changes with weights`, `insensitive to weights` or `undecided`, and a sentence.
    """
    if correlation is None:
        return "undecided", (
            "The randomisation test is not defined here: a map has one value everywhere or holds "
            "what is no number, or the network has no layers to draw anew."
        )
    measured = f"(rank correlation {correlation:.2f})"
    if correlation < THRESHOLD:
        return "changes with weights", (
            f"With the last layer drawn anew the map becomes another {measured}: it depends on "
            "what that layer has learned."
        )
    return "insensitive to weights", (
        f"With the last layer drawn anew the map stays almost the same {measured}: it shows what "
        f"the image is made of, not what the network has learned about the {asked}."
    )


def _note(maps: Tensor) -> str:
    """Say which maps order nothing."""
    flat = maps.flatten(1)
    constant = (flat.amin(1) == flat.amax(1)).nonzero()[:, 0].tolist()
    broken = flat.isnan().any(dim=1).nonzero()[:, 0].tolist()
    said = []
    if constant:
        which = ", ".join(map(str, constant))
        said.append(f"the map of example {which} has one value everywhere: its order is by lot")
    if broken:
        which = ", ".join(map(str, broken))
        said.append(f"the map of example {which} holds values that are no numbers")
    return "; ".join(said)
