"""The parts of made pictures against slow NumPy versions, in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform, gaussian_filter

from cnnviz.ops.parameterisations import Fourier
from cnnviz.ops.pixels import pixel_space
from cnnviz.ops.regularisers import (
    alpha_norm,
    blurred,
    total_variation,
    without_small_norms,
)
from cnnviz.ops.steps import make_step
from cnnviz.ops.transforms import draw_crop, draw_shift, draw_views, seen

CPU = torch.device("cpu")


@pytest.fixture
def pixels():
    return torch.randn(2, 3, 9, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("beta", [1.0, 2.0, 3.0])
def test_total_variation_follows_its_formula(pixels, beta):
    expected = np.zeros(2)
    for n, c, i, j in np.ndindex(*pixels.shape):
        here = pixels[n, c, i, j]
        right = pixels[n, c, i, j + 1] - here if j < 6 else 0.0
        down = pixels[n, c, i + 1, j] - here if i < 8 else 0.0
        expected[n] += float(right**2 + down**2) ** (beta / 2)
    # Where a pixel and both neighbours are equal, a clamp stands in for the infinite slope.
    np.testing.assert_allclose(total_variation(pixels, beta).numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("alpha", [2, 3, 6])
def test_the_alpha_norm_follows_its_formula(pixels, alpha):
    expected = (np.abs(pixels.numpy()) ** alpha).sum((1, 2, 3))
    np.testing.assert_allclose(alpha_norm(pixels, alpha).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("sigma", [0.05, 0.5, 1.0, 4.0])
def test_the_blur_equals_scipys(pixels, sigma):
    expected = gaussian_filter(pixels.numpy(), (0, 0, sigma, sigma))
    np.testing.assert_allclose(blurred(pixels, sigma).numpy(), expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("percentile", [1.0, 37.0, 50.0, 99.0])
def test_clipping_keeps_the_pixels_above_numpys_percentile(pixels, percentile):
    found = without_small_norms(pixels, percentile).numpy()
    for one, ours in zip(pixels.numpy(), found, strict=True):
        norms = np.sqrt((one**2).sum(0))
        expected = one * (norms >= np.percentile(norms, percentile))
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-8)


def test_adam_equals_its_algorithm(pixels):
    step = make_step("adam", 0.05, desired=0.0)
    first, second = np.zeros(pixels.shape), np.zeros(pixels.shape)
    for count in range(1, 5):
        g = pixels.numpy() * count
        first = 0.9 * first + 0.1 * g
        second = 0.999 * second + 0.001 * g**2
        corrected = first / (1 - 0.9**count), second / (1 - 0.999**count)
        expected = 0.05 * corrected[0] / (np.sqrt(corrected[1]) + 1e-8)
        np.testing.assert_allclose(step(pixels * count).numpy(), expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("size", [(9, 7), (8, 12)])
def test_a_spectrum_equals_lucids_formula(size):
    height, width = size
    fourier = Fourier(size, 3, device=CPU, dtype=torch.float64)
    spectra = fourier.noise(2, torch.Generator().manual_seed(0))
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    scale = np.sqrt(width * height) / np.maximum(np.sqrt(fx**2 + fy**2), 1 / max(width, height))
    values = spectra.numpy()
    image = np.fft.irfft2(scale * (values[..., 0] + 1j * values[..., 1]), s=size) / 4
    correlation = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
    correlation /= np.max(np.linalg.norm(correlation, axis=0))
    image = (image.transpose(0, 2, 3, 1) @ correlation.T).transpose(0, 3, 1, 2)
    expected = 1 / (1 + np.exp(-image))
    np.testing.assert_allclose(fourier.to_unit(spectra).numpy(), expected, rtol=0, atol=1e-8)
    back = fourier.to_unit(fourier.from_unit(fourier.to_unit(spectra)))
    np.testing.assert_allclose(back.numpy(), expected, rtol=0, atol=1e-8)


def test_a_view_takes_pixels_from_where_its_matrix_says():
    picture = torch.rand(1, 1, 16, 20, dtype=torch.float64)
    views = draw_views(1, (16, 20), torch.Generator().manual_seed(4))
    found = seen(picture, views, torch.zeros(1, 1, 1, dtype=torch.float64))[0, 0].numpy()
    across = views[0].double().numpy()[::-1]  # row before column
    matrix, shift = across[:, [1, 0]], across[:, 2]
    middle = np.array([7.5, 9.5])
    offset = middle - matrix @ middle + shift
    expected = affine_transform(picture[0, 0].numpy(), matrix, offset, order=1)
    np.testing.assert_allclose(found[3:-3, 3:-3], expected[3:-3, 3:-3], rtol=0, atol=1e-5)


def test_what_is_drawn_keeps_to_its_bounds():
    random = torch.Generator().manual_seed(0)
    shifts = {draw_shift(3, random)[0] for _ in range(200)}
    assert shifts == set(range(-3, 4))
    crops = {draw_crop((4, 4), 0.3, random)[1] for _ in range(300)}
    assert crops == set(range(5))
    views = draw_views(500, (224, 224), random)
    assert float(views[:, :, 2].abs().max()) <= 6
    determinants = torch.linalg.det(views[:, :, :2])
    assert 1 / 1.1**2 - 1e-5 <= float(determinants.min()) <= float(determinants.max()) <= 1.24


def test_pixels_come_back_as_the_colours_they_were():
    examples = torch.tensor([-2.0, 3.0]).view(1, 1, 1, 2)
    space = pixel_space(None, examples, device=CPU, dtype=torch.float32)
    shown = space.to_pictures(space.from_input(examples))
    np.testing.assert_allclose(shown[0, 0], [[0, 0, 0], [1, 1, 1]], atol=1e-6)
    np.testing.assert_allclose(space.to_input(space.from_input(examples)), examples, atol=1e-5)
    outside = space.from_unit(torch.full((1, 1, 1, 1), 1.5))
    assert float(space.to_unit(space.clip(outside))) == 1
