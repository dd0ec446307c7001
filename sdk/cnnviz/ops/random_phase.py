"""Noise with a picture's frequencies and colours, and nothing of its shapes."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["random_phase"]


def random_phase(like: Tensor, noise: Tensor) -> Tensor:
    """Lay a picture at random places, over and over, on top of itself.

    Galerne, Gousseau, Morel 2011, https://doi.org/10.1109/TIP.2010.2052822, section IV: what is
    left has the picture's spectrum and the covariance of its colours. Differs from the paper: a
    Hann window instead of a smooth border keeps the picture's edges out.

    Args:
        like: (1, C, H, W); what of it is larger than the noise is cut off.
        noise: (1, 1, h, w), standard normal.

    Returns:
        (1, C, h, w), of mean 0.
    """
    height, width = noise.shape[2:]
    spot = like[:, :, :height, :width]
    spot = spot - spot.mean(dim=(2, 3), keepdim=True)
    rows, columns = (
        torch.hann_window(side + 2, periodic=False, device=like.device, dtype=like.dtype)[1:-1]
        for side in spot.shape[2:]
    )
    spectrum = torch.fft.rfft2(spot * rows.view(-1, 1) * columns, s=(height, width))
    spectrum[:, :, 0, 0] = 0
    found: Tensor = torch.fft.irfft2(spectrum * torch.fft.rfft2(noise), s=(height, width))
    return found
