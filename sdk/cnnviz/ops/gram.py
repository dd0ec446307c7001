"""Gram matrices of feature maps: which channels are on together, wherever in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

__all__ = ["blended", "gram", "shares"]


def gram(features: Tensor) -> Tensor:
    """Average the products of channels over all places.

    Gatys, Ecker, Bethge 2015 (https://arxiv.org/abs/1505.07376, eq. 1). Differs from the paper:
    over h · w, so that pictures of different sizes can be compared.

    Args:
        features: (N, K, h, w).

    Returns:
        (N, K, K).
    """
    if features.is_contiguous(memory_format=torch.channels_last):
        # A view there; flattened the other way it would be copied, and its gradient again.
        places = features.permute(0, 2, 3, 1).flatten(1, 2)
    else:
        places = features.flatten(2).transpose(1, 2)
    found: Tensor = _Products.apply(places)
    return found / places.shape[1]


class _Products(torch.autograd.Function):
    """Gives XᵀX; going back it multiplies once, where autograd would for each of the factors."""

    @staticmethod
    def forward(ctx: Any, places: Tensor) -> Tensor:
        ctx.save_for_backward(places)
        return places.transpose(1, 2) @ places

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (places,) = ctx.saved_tensors
        found: Tensor = places @ (gradient + gradient.transpose(1, 2))
        return found


def blended(grams: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """Mix Gram matrices (N, K, K) by weights that are brought to a sum of 1."""
    return torch.stack(
        [share * one for share, one in zip(shares(weights), grams, strict=True)]
    ).sum(0)


def shares(weights: Sequence[float]) -> list[float]:
    """Bring weights, none below 0 and one above, to a sum of 1."""
    total = sum(weights)
    return [weight / total for weight in weights]
