"""Gram matrices of feature maps: which channels are on together, wherever in the picture."""

from __future__ import annotations

from collections.abc import Sequence

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
        return places.transpose(1, 2) @ places / places.shape[1]
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def blended(grams: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """Mix Gram matrices (N, K, K) by weights that are brought to a sum of 1."""
    return torch.stack(
        [share * one for share, one in zip(shares(weights), grams, strict=True)]
    ).sum(0)


def shares(weights: Sequence[float]) -> list[float]:
    """Bring weights, none below 0 and one above, to a sum of 1."""
    total = sum(weights)
    return [weight / total for weight in weights]
