"""Whether a map of another method is to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
import torch
from torch import Tensor

from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.judged import find_judged
from cnnviz.core.method import Method
from cnnviz.core.pictures_made import batches, numbers
from cnnviz.core.registry import register
from cnnviz.core.trial import Progress, Trial
from cnnviz.core.trial_params import TrustParams
from cnnviz.errors import ParamsError

if TYPE_CHECKING:
    from cnnviz.core.requests import Request
    from cnnviz.graph.net import Net

__all__ = ["THRESHOLD", "Trust", "TrustParams"]

THRESHOLD: Final = 0.6
"""Mean rank correlation from which on a map counts as the same with its last layer drawn anew."""


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
        progress = Progress(ctx, params, len(cut))
        trials = [Trial.of(ctx, params, request, rows, progress) for rows in cut]
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


def _facts(request: Request, trials: Sequence[Trial], arrays: dict[str, Tensor]) -> dict[str, Any]:
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
