from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.restoration import denoise_tv_bregman

from cnnviz.ops.denoising import tv_denoised


def noisy() -> torch.Tensor:
    numbers = np.random.default_rng(0)
    picture = np.full((2, 3, 24, 26), 60.0)
    picture[:, :, 6:18, 8:20] = 190
    return torch.from_numpy(picture + numbers.normal(0, 12, picture.shape))


def energy(found: torch.Tensor, given: torch.Tensor, weight: float) -> float:
    """The sum that is made small, pixel by pixel."""
    total = 0.0
    for plane, before in zip(found.flatten(0, 1).numpy(), given.flatten(0, 1).numpy(), strict=True):
        for row in range(plane.shape[0]):
            for column in range(plane.shape[1]):
                here = plane[row, column]
                down = plane[row + 1, column] - here if row + 1 < plane.shape[0] else 0.0
                right = plane[row, column + 1] - here if column + 1 < plane.shape[1] else 0.0
                total += (down**2 + right**2) ** 0.5
                total += weight / 2 * (here - before[row, column]) ** 2
    return total


def test_it_gives_what_scikit_image_gives_away_from_the_border():
    given = noisy()[:1]
    planes = given[0].permute(1, 2, 0).numpy()
    peer = denoise_tv_bregman(planes, weight=2.0, max_num_iter=3000, eps=1e-5, channel_axis=-1)
    found = tv_denoised(given, 2.0)[0].permute(1, 2, 0).numpy()
    taken = np.abs(peer - planes)[4:-4, 4:-4].mean()
    assert np.abs(found - peer)[4:-4, 4:-4].mean() < 0.05 * taken


@pytest.mark.parametrize("weight", [2.0, 0.1, 0.01])
def test_nothing_near_it_is_better(weight):
    given = noisy()[:1, :1]
    found = tv_denoised(given, weight)
    lowest = energy(found, given, weight)
    for other in (given, given.mean().expand_as(given), 0.98 * found + 0.02 * given):
        assert lowest < energy(other, given, weight) * 1.0001
    nudge = torch.from_numpy(np.random.default_rng(1).normal(0, 0.5, given.shape))
    assert lowest < energy(found + nudge, given, weight)


def test_a_smaller_weight_takes_off_more_and_the_mean_stays():
    given = noisy()
    changes = [
        float((tv_denoised(given, weight) - given).abs().mean()) for weight in (5, 0.5, 0.05)
    ]
    assert changes == sorted(changes)
    means = tv_denoised(given, 0.5).mean(dim=(2, 3))
    torch.testing.assert_close(means, given.mean(dim=(2, 3)))


def test_a_picture_of_a_batch_is_denoised_as_it_is_alone():
    given = noisy()
    both, alone = tv_denoised(given, 1.0), tv_denoised(given[1:], 1.0)
    torch.testing.assert_close(both[1:], alone, atol=0.1, rtol=0)
