"""Probabilities of classes, whatever a model's scores are."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from cnnviz.ops.targets import are_probabilities

__all__ = ["Reading", "probabilities", "reading_of"]

Reading = Literal["softmax", "sigmoid", "scores"]
"""What turns scores into probabilities; `scores`: they are."""


def reading_of(scores: Tensor) -> Reading:
    """Say how a model's scores, (N, classes), are read: sigmoid where there is but one class."""
    if scores.shape[1] == 1:
        return "sigmoid"
    return "scores" if are_probabilities(scores) else "softmax"


def probabilities(scores: Tensor, reading: Reading, *, log: bool = False) -> Tensor:
    """Turn scores into probabilities, or their logarithms: (N, classes), at least float32."""
    wide = scores.to(torch.promote_types(scores.dtype, torch.float32))
    if reading == "softmax":
        return wide.log_softmax(dim=1) if log else wide.softmax(dim=1)
    if reading == "sigmoid":
        return torch.nn.functional.logsigmoid(wide) if log else wide.sigmoid()
    return wide.clamp(min=torch.finfo(wide.dtype).tiny).log() if log else wide
