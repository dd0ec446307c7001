"""Pictures without grain: total variation taken off, as far as the edges allow."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

__all__ = ["tv_denoised"]

STEPS: Final = 100
"""At most."""
_LOOK: Final = 10
"""Steps from one look at what still changes to the next."""
_SETTLED: Final = 0.05
"""Largest change of a pixel of 0 … 255 in so many steps that ends it."""


def tv_denoised(pixels: Tensor, weight: float) -> Tensor:
    """Minimise Σ |∇u| + weight / 2 · Σ (u − f)², each colour by itself.

    The problem of Rudin, Osher, Fatemi 1992 (https://doi.org/10.1016/0167-2789(92)90242-F), that
    scikit-image's `denoise_tv_bregman` solves, by accelerated projection of its dual (Beck,
    Teboulle 2009, https://doi.org/10.1109/TIP.2009.2028250, algorithm FGP) for a whole batch.

    Args:
        pixels: f, (N, C, H, W) in 0 … 255.
        weight: above 0; the larger, the less is taken off.

    Returns:
        u, of the same shape.
    """
    strength = 1 / weight
    down, right = torch.zeros_like(pixels), torch.zeros_like(pixels)
    last_down, last_right = down, right
    momentum = 1.0
    before = pixels
    for step in range(1, STEPS + 1):
        found = pixels + strength * _divergence(down, right)
        if step % _LOOK == 0:
            if float((found - before).abs().max()) < _SETTLED:
                return found
            before = found
        next_down, next_right = _projected(found, down, right, strength)
        after = (1 + (1 + 4 * momentum * momentum) ** 0.5) / 2
        share = (momentum - 1) / after
        down = next_down + share * (next_down - last_down)
        right = next_right + share * (next_right - last_right)
        last_down, last_right, momentum = next_down, next_right, after
    return pixels + strength * _divergence(last_down, last_right)


def _projected(
    found: Tensor, down: Tensor, right: Tensor, strength: float
) -> tuple[Tensor, Tensor]:
    """Step along the gradient of what is found and bring each pair back to a length of 1."""
    rate = 1 / (8 * strength)
    down, right = down.clone(), right.clone()
    down[:, :, :-1] += rate * (found[:, :, 1:] - found[:, :, :-1])
    right[:, :, :, :-1] += rate * (found[:, :, :, 1:] - found[:, :, :, :-1])
    length = (down.square() + right.square()).sqrt_().clamp_(min=1)
    return down.div_(length), right.div_(length)


def _divergence(down: Tensor, right: Tensor) -> Tensor:
    """Sum what flows into each pixel; nothing crosses the border."""
    found = down + right
    found[:, :, 1:] -= down[:, :, :-1]
    found[:, :, :, 1:] -= right[:, :, :, :-1]
    return found
