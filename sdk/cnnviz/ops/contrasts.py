"""How much pictures vary, by how fine their shapes are and by colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from cnnviz.ops.quasi_newton import Scaling

__all__ = ["by_contrast"]

_FAINTEST: Final = 0.01
"""Variance that every colour of a band is taken to have, of the band's strongest."""
_FAINTEST_BAND: Final = 1e-6
"""The same of a band, of the strongest band's."""
_ROWS: Final = 256
"""Of a spectrum that are scaled at once, so that large pictures need little more memory."""


def by_contrast(pictures: Sequence[Tensor], size: tuple[int, int], power: float) -> Scaling:
    """Scale frequencies and colours by the contrast that pictures have there, to a power.

    Each octave of frequencies has a covariance of colours; its matrix power is what a step is
    multiplied by. Steps are large where photographs differ from each other: in large shapes, along
    the colours that the pictures have.

    Args:
        pictures: (1, C, h, w) each of a size of its own, of the same device and float type.
        size: height and width of what is scaled, px.
        power: of the contrast (a standard deviation); 0 leaves all alike.

    Returns:
        A symmetric positive linear map of (N, C, H, W).
    """
    like = pictures[0]
    octaves = max(1, int(math.log2(min(min(one.shape[2:]) for one in pictures))) - 1)
    matrices = _matrices(
        torch.stack([_covariances(one, octaves) for one in pictures]).sum(0), power
    ).to(like)
    height, width = size
    octave = _octave(height, width, octaves, like)

    def scale(points: Tensor) -> Tensor:
        spectrum = torch.fft.rfft2(points)
        for top in range(0, height, _ROWS):
            rows = slice(top, top + _ROWS)
            below = octave[rows].floor().long().clamp(max=octaves - 1)
            share = (octave[rows] - below)[..., None, None]
            mixed = torch.lerp(matrices[below], matrices[below + 1], share).to(spectrum.dtype)
            spectrum[:, :, rows] = torch.einsum("hwcd,ndhw->nchw", mixed, spectrum[:, :, rows])
        scaled: Tensor = torch.fft.irfft2(spectrum, s=size)
        return scaled

    return scale


def _octave(height: int, width: int, octaves: int, like: Tensor) -> Tensor:
    """Say how many octaves a frequency is above the lowest, 0 … octaves: (H, W // 2 + 1)."""
    rows = torch.fft.fftfreq(height, device=like.device, dtype=like.dtype)
    columns = torch.fft.rfftfreq(width, device=like.device, dtype=like.dtype)
    cycles = (rows.view(-1, 1).square() + columns.square()).sqrt()
    found: Tensor = (cycles.clamp(min=1e-9) * 2 ** (octaves + 1)).log2().clamp(0, octaves)
    return found


def _covariances(picture: Tensor, octaves: int) -> Tensor:
    """Find the covariance of colours in each octave: (octaves + 1, C, C)."""
    known = picture[0].nan_to_num(0.0, 0.0, 0.0)
    height, width = known.shape[1:]
    spectrum = torch.fft.rfft2(known - known.mean((1, 2), keepdim=True)) / math.sqrt(height * width)
    octave = _octave(height, width, octaves, known).round().long()
    found = []
    for number in range(octaves + 1):
        chosen = spectrum[:, octave == number]
        product = (chosen @ chosen.conj().T).real
        found.append(product.to("cpu", torch.float64) / max(chosen.shape[1], 1))
    return torch.stack(found)


def _matrices(covariances: Tensor, power: float) -> Tensor:
    """Give covariances to half the power, (bands, C, C); those of nothing are all the identity."""
    variances, axes = torch.linalg.eigh(covariances)
    strongest = variances.amax(1, keepdim=True).clamp(min=0)
    most = float(strongest.max())
    if not most > 0 or not math.isfinite(most):
        return torch.eye(covariances.shape[1], dtype=torch.float64).expand_as(covariances)
    floor = _FAINTEST * strongest.clamp(min=_FAINTEST_BAND * most)
    weights = ((variances.clamp(min=0) + floor) / most).pow(power / 2)
    found: Tensor = (axes * weights[:, None, :]) @ axes.transpose(1, 2)
    return found
