"""What the model says about each example."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import torch
from msgspec import Meta
from torch import Tensor

from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.ops.targets import are_probabilities

__all__ = ["Predictions", "PredictionsParams"]


class PredictionsParams(Params, frozen=True):
    """How scores become probabilities."""

    probabilities: Annotated[
        Literal["softmax", "sigmoid", "none"],
        Meta(
            description="softmax where the classes exclude each other, sigmoid where several may "
            "hold at once, none to show scores alone."
        ),
    ] = "softmax"


@register
class Predictions(Method[PredictionsParams]):
    """The scores of every class for each example, and the probabilities they stand for.

    Softmax (Bridle 1990, https://doi.org/10.1007/978-3-642-76153-9_28) turns scores into
    probabilities of classes that exclude each other. Differs from the paper: none. Where it is not
    defined (a model of one output) or would be taken twice (scores that are probabilities
    already), the facts say what was done instead.
    """

    name, title, kind = "predictions", "Predictions", "scores"
    Params = PredictionsParams
    in_training = True

    def run(self, ctx: Context, params: PredictionsParams) -> list[Result]:
        """Give `scores` (N, classes) and, where defined, `probabilities` (N, classes)."""
        scores = ctx.scores.float() if ctx.scores.dtype != torch.float64 else ctx.scores
        probabilities, facts = to_probabilities(scores, params.probabilities)
        arrays = {"scores": scores}
        if probabilities is not None:
            arrays["probabilities"] = probabilities
        facts |= _correctness(scores, ctx)
        return [Result(kind="scores", arrays=arrays, facts=facts)]


def to_probabilities(scores: Tensor, how: str) -> tuple[Tensor | None, dict[str, Any]]:
    """Turn scores into probabilities, and say how; None where that is undefined.

    Args:
        scores: (N, classes).
        how: softmax, sigmoid or none.

    Returns:
        Probabilities (N, classes) or None, and facts: `probabilities` (softmax, sigmoid, scores or
        None) and, where something is undefined, `undefined`.
    """
    if how == "sigmoid":
        return scores.sigmoid(), {"probabilities": "sigmoid"}
    if how == "none":
        return None, {"probabilities": None}
    if scores.shape[1] == 1:
        undefined = (
            "softmax over one output is always 1: give probabilities='sigmoid' if the output is "
            "the score of a yes-or-no question"
        )
        return None, {"probabilities": None, "undefined": undefined}
    if are_probabilities(scores):
        return scores, {"probabilities": "scores"}
    return scores.softmax(dim=1), {"probabilities": "softmax"}


def _correctness(scores: Tensor, ctx: Context) -> dict[str, Any]:
    """Give top-1 classes, labels, and whether they agree (None where the label is not known)."""
    finite = torch.isfinite(scores).all(dim=1)
    top = scores.argmax(dim=1).masked_fill(~finite, -1).tolist()
    labels = None if ctx.labels is None else list(ctx.labels)
    correct = (
        None
        if labels is None
        else [None if k < 0 else t == k for t, k in zip(top, labels, strict=True)]
    )
    facts: dict[str, Any] = {"top1": top, "labels": labels, "correct": correct}
    broken = int((~finite).sum())
    if broken:
        facts["nonfinite"] = broken
        facts["undefined"] = f"{broken} of {len(top)} examples have NaN or infinite scores"
    return facts
