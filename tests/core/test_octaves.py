"""The climb by octaves against a literal transcription of its steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.core.context import Context
from cnnviz.core.octaves import OCTAVES, OctaveClimb
from cnnviz.core.pictures_made import space_of
from cnnviz.graph import capture
from cnnviz.ops.objectives import Objective, Part

SIDE = 20


def linear_net() -> nn.Module:
    """Scores whose gradient is the same everywhere: a step is known beforehand."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 4)).double()


@pytest.fixture(scope="module")
def prepared():
    model = linear_net()
    net = capture(model, torch.zeros(1, 3, SIDE, SIDE, dtype=torch.float64))
    ctx = Context(net, torch.zeros(0, 3, SIDE, SIDE, dtype=torch.float64))
    space = space_of(ctx)
    objective = Objective([Part(None, "mean", [[2], [2]], [[1.0], [1.0]])])
    pixels = torch.rand(2, 3, SIDE, SIDE, dtype=torch.float64) * 255
    return model, ctx, space, objective, pixels


def climbed(prepared, **params):
    _, ctx, space, objective, pixels = prepared
    climb = OctaveClimb(ctx, space, objective, **{"count": 2, "iterations": 370, **params})
    told: list[tuple[int, torch.Tensor, torch.Tensor]] = []
    found = climb.climb(pixels, slice(0, 2), lambda *step: told.append(step))
    return found, told


def test_the_octaves_are_the_published_ones():
    assert [one.steps for one in OCTAVES] == [190, 150, 20, 10]
    assert [one.rates for one in OCTAVES] == [(1, 2), (1, 1), (2, 2), (2, 2)]
    assert [one.weights for one in OCTAVES] == [(0.4, 0.4), (0.01, 2), (0.1, 2), (0.4, 2)]


def test_the_first_steps_follow_the_paper_without_denoising(prepared):
    model, _, space, _, pixels = prepared
    _, told = climbed(prepared, denoising=0.0)
    gradient = model[1].weight[2].detach().view(3, SIDE, SIDE).numpy() / space.std.numpy()
    picture, low = pixels[0].numpy().copy(), -space.mean.numpy()
    for step in range(5):
        rate = 1 + (2 - 1) * step / 190
        picture = picture + rate * gradient / np.abs(gradient).mean()
        picture = np.clip(picture, low, 255 + low)
        np.testing.assert_allclose(told[step][1][0].numpy(), picture, atol=1e-8)


def test_the_border_of_the_third_octave_stays_as_it_is(prepared):
    _, told = climbed(prepared, denoising=0.0)
    before, after = (told[step - 1][1] for step in (340, 360))
    changed = (after - before).abs().amax(dim=(0, 1))
    assert changed[SIDE // 2, SIDE // 2] > 1
    assert float(changed[0].max()) < 1e-9
    assert float(changed[:, 0].max()) < 1e-9


@pytest.mark.parametrize("params", [{"power": 1.5}, {"robust": True}])
def test_a_batch_in_parts_is_climbed_as_a_whole(prepared, params):
    _, ctx, space, objective, pixels = prepared
    both, _ = climbed(prepared, iterations=20, denoising=0.0, **params)
    climb = OctaveClimb(ctx, space, objective, count=2, iterations=20, denoising=0.0, **params)
    alone = climb.climb(pixels[1:], slice(1, 2), lambda *_: None)
    torch.testing.assert_close(alone, both[1:], atol=1e-9, rtol=0)


def test_power_moves_large_shapes_more_and_grain_less(prepared):
    def roughness(picture):
        steps = picture[:, :, 1:] - picture[:, :, :-1]
        return float(steps.square().mean() / (picture - picture.mean()).square().mean())

    _, _, _, _, pixels = prepared
    plain, smooth = (climbed(prepared, denoising=0.0, power=power)[1][4][1] for power in (0, 2))
    assert roughness(smooth - pixels) < 0.3 * roughness(plain - pixels)


@pytest.mark.parametrize("iterations", [1, 3, 7, 40])
def test_few_steps_are_shared_out_and_each_is_told(prepared, iterations):
    found, told = climbed(prepared, iterations=iterations)
    assert [step for step, *_ in told] == list(range(1, iterations + 1))
    assert found.shape == (2, 3, SIDE, SIDE)


def test_the_objective_rises_and_colours_exist(prepared):
    _, _, space, _, _ = prepared
    found, told = climbed(prepared, iterations=40, denoising=0.2)
    assert (told[-1][2] > told[0][2]).all()
    pixels = found + space.mean
    assert float(pixels.min()) >= 0
    assert float(pixels.max()) <= 255


def test_a_picture_without_a_finite_gradient_stays_and_spoils_no_other(prepared):
    _, ctx, space, objective, pixels = prepared
    broken = pixels.clone()
    broken[0] = torch.nan
    climb = OctaveClimb(ctx, space, objective, count=2, iterations=3, denoising=0.0)
    found = climb.climb(broken, slice(0, 2), lambda *_: None)
    assert torch.isfinite(found[1]).all()
