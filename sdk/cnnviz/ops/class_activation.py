"""Class activation maps: feature maps weighed by what they do for a class."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from cnnviz.contract.layers import Layer

__all__ = ["enlarge", "last_feature_map", "weigh_maps"]

_NO_FEATURES = ("max_pool", "avg_pool", "adaptive_", "dropout")


def last_feature_map(layers: Sequence[Layer]) -> str | None:
    """Name the last layer that still has the size of the last convolution that has places.

    That is the convolution with its normalisation, sum and rectifier behind it, before pooling. A
    convolution on 1×1 maps, as in a gate or a head, has no places.

    Args:
        layers: of the network, in forward order.
    """
    parts = [layer for layer in layers if not layer.container and len(layer.shape) == 3]
    size: list[int] | None = None
    for layer in parts:
        if layer.kind.startswith("conv") and layer.shape[1:] != [1, 1]:
            size = layer.shape[1:]
    fitting = [
        layer.name
        for layer in parts
        if layer.shape[1:] == size and not layer.kind.startswith(_NO_FEATURES)
    ]
    return fitting[-1] if fitting else None


def weigh_maps(maps: Tensor, gradient: Tensor) -> Tensor:
    """Add up feature maps by the mean of their gradients and keep what is positive.

    Args:
        maps: (N, K, h, w).
        gradient: of the class score by the maps, (N, K, h, w).

    Returns:
        (N, h, w), at least 0.
    """
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return (weights * maps).sum(dim=1).clamp(min=0)


def enlarge(maps: Tensor, size: Sequence[int]) -> Tensor:
    """Interpolate maps bilinearly, (N, h, w) -> (N, H, W), edges upon edges."""
    height, width = size
    grown = F.interpolate(
        maps.unsqueeze(1), size=(height, width), mode="bilinear", align_corners=False
    )
    return grown.squeeze(1)
