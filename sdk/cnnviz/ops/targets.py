"""Which class a picture is about: the label where it is known, else what the model says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from cnnviz.errors import ParamsError

__all__ = ["Targets", "are_probabilities", "choose_targets", "class_scores"]


class Targets(NamedTuple):
    """A class index an example, and where each comes from."""

    classes: tuple[int, ...]
    origins: tuple[str, ...]
    """`given`, `label` or `top-1`, one an example."""


def choose_targets(
    scores: Tensor, *, target: int | None = None, labels: Sequence[int] | None = None
) -> Targets:
    """Choose the class that each example is asked about.

    Args:
        scores: (N, classes).
        target: one class for all examples, or None for each example's own.
        labels: (N,) class indices, -1 where not known; or None.

    Raises:
        ParamsError: a target that the model does not have.
    """
    count, classes = scores.shape
    if target is not None:
        if not 0 <= target < classes:
            message = f"target must be in 0 … {classes - 1} (the model's classes), got {target}"
            raise ParamsError(message, field="target")
        return Targets((target,) * count, ("given",) * count)
    # argmax takes NaN for the highest; a class whose score is broken is nobody's answer.
    top = scores.detach().masked_fill(scores.isnan(), -torch.inf).argmax(dim=1).tolist()
    known = [-1] * count if labels is None else list(labels)
    # A label beyond the model's classes cannot be explained; the top-1 stands in, and says so.
    is_known = [0 <= label < classes for label in known]
    chosen = [k if ok else t for k, ok, t in zip(known, is_known, top, strict=True)]
    return Targets(tuple(chosen), tuple("label" if ok else "top-1" for ok in is_known))


def class_scores(scores: Tensor, classes: Sequence[int]) -> Tensor:
    """Pick each example's score of its class: (N, classes) -> (N,)."""
    index = torch.tensor(classes, device=scores.device).unsqueeze(1)
    return scores.gather(1, index).squeeze(1)


def are_probabilities(scores: Tensor) -> bool:
    """Tell whether a model ends in a softmax of its own: scores (N, classes) that sum to 1."""
    if scores.shape[1] < 2:
        return False
    detached = scores.detach()
    return bool((detached >= 0).all() & ((detached.sum(dim=1) - 1).abs() < 1e-3).all())
