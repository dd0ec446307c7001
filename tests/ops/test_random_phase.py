from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.ops.random_phase import random_phase


def noise(height: int, width: int) -> torch.Tensor:
    return torch.randn(1, 1, height, width, generator=torch.Generator().manual_seed(0))


def stripes(side: int) -> torch.Tensor:
    """Waves of four pixels, in red twice as strong as in green, and no blue."""
    wave = torch.sin(torch.arange(side) * torch.pi / 2).expand(1, 1, side, side)
    return wave * torch.tensor([2.0, 1.0, 0.0]).view(1, 3, 1, 1) + 0.5


def test_it_has_the_frequencies_of_the_picture():
    power = torch.fft.rfft2(random_phase(stripes(64), noise(64, 64)))[0, 0].abs().square()
    # Sixteen waves across, spread a little by the window.
    assert float(power[:, 14:19].sum() / power.sum()) > 0.99


def test_it_has_the_covariance_of_its_colours():
    found = np.cov(random_phase(stripes(64), noise(64, 64))[0].flatten(1))
    expected = np.array([[4, 2, 0], [2, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(found / found[1, 1], expected, atol=1e-3)


@pytest.mark.parametrize("size", [(20, 31), (9, 5), (1, 1)])
def test_it_has_the_size_of_the_noise(size):
    found = random_phase(stripes(16), noise(*size))
    assert found.shape == (1, 3, *size)
    assert abs(float(found.mean())) < 1e-5


def test_a_picture_of_one_colour_gives_nothing():
    assert random_phase(torch.full((1, 3, 8, 8), 0.3), noise(8, 8)).abs().max() < 1e-5
