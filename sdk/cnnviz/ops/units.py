"""Units of layers, and how the colours of a derivative become one map."""

from __future__ import annotations

from torch import Tensor

__all__ = ["largest_magnitude", "strongest_colour", "unit_values"]


def unit_values(output: Tensor, channel: int, position: tuple[int, int] | None) -> Tensor:
    """Pick one unit a example, or the mean of its channel: (N, K) or (N, K, h, w) -> (N,)."""
    chosen = output[:, channel]
    if position is not None:
        return chosen[:, position[0], position[1]]
    return chosen.flatten(1).mean(dim=1) if chosen.ndim > 1 else chosen


def largest_magnitude(gradient: Tensor) -> Tensor:
    """Take the absolute value, and of the colours the largest: (N, C, H, W) -> (N, H, W)."""
    return gradient.abs().amax(dim=1)


def strongest_colour(gradient: Tensor) -> Tensor:
    """Take of the colours the one of the largest magnitude: (N, C, H, W) -> (N, H, W), signed."""
    strongest = gradient.abs().argmax(dim=1, keepdim=True)
    return gradient.gather(1, strongest).squeeze(1)
