"""What a picture is made of: a spectrum of decorrelated colours instead of pixels.

Olah, Mordvintsev, Schubert 2017, Feature visualization (https://doi.org/10.23915/distill.00007);
the numbers are those of Lucid's `fft_image` and `to_valid_rgb`.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Fourier"]

# Square root of the colours' covariance over ImageNet, and the largest length of its columns.
_COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
_DEVIATION = 0.01
_CLOSEST = 1e-3
"""To black and white, when a given picture is brought into the spectrum."""


class Fourier:
    """Pictures of one size as spectra: every frequency weighs the same, whatever its energy."""

    def __init__(
        self, size: tuple[int, int], channels: int, *, device: torch.device, dtype: torch.dtype
    ) -> None:
        """Prepare the scale of each frequency, one over it as in photographs.

        Args:
            size: height and width, px.
            channels: colours; three are decorrelated.
            device: where it is computed.
            dtype: float type.
        """
        height, width = size
        self._size = size
        down = torch.fft.fftfreq(height, device=device, dtype=dtype).unsqueeze(1)
        right = torch.fft.rfftfreq(width, device=device, dtype=dtype)
        frequency = (down.square() + right.square()).sqrt()
        lowest = 1 / max(height, width)
        self._scale: Tensor = (height * width) ** 0.5 / frequency.clamp(min=lowest) / 4
        colours = torch.tensor(_COLOURS, device=device, dtype=dtype)
        self._colours = colours / colours.norm(dim=0).max() if channels == 3 else None
        self._shape = (channels, height, width // 2 + 1, 2)

    def noise(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw spectra, (N, C, H, W // 2 + 1, 2), that give nearly grey pictures."""
        drawn = torch.randn((count, *self._shape), generator=generator, device=generator.device)
        spectra: Tensor = drawn.to(self._scale) * _DEVIATION
        return spectra

    def zeros(self, count: int) -> Tensor:
        """Give the spectra of grey pictures."""
        return torch.zeros((count, *self._shape), device=self._scale.device).to(self._scale)

    def to_unit(self, spectra: Tensor) -> Tensor:
        """Turn spectra into colours: (N, C, H, W) between 0 and 1."""
        scaled = torch.view_as_complex(spectra) * self._scale
        values: Tensor = torch.fft.irfft2(scaled, s=self._size)
        if self._colours is not None:
            values = torch.einsum("nchw,dc->ndhw", values, self._colours)
        return values.sigmoid()

    def from_unit(self, unit: Tensor) -> Tensor:
        """Turn colours between 0 and 1 into their spectra; nearly black becomes a thousandth."""
        values = unit.clamp(_CLOSEST, 1 - _CLOSEST).logit()
        if self._colours is not None:
            values = torch.einsum("nchw,dc->ndhw", values, torch.linalg.inv(self._colours))
        spectra: Tensor = torch.fft.rfft2(values) / self._scale
        return torch.view_as_real(spectra).contiguous()
