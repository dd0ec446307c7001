from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import GradientShap
from torch import nn

import cnnviz
from cnnviz.errors import ParamsError
from tests import nets

TARGET = 1


def drawn(x, samples, noise, others):
    """The same random numbers, in the order that the method draws them."""
    generator = torch.Generator().manual_seed(0)
    count = len(x)
    for _ in range(samples):
        further = torch.randint(1, count, (count,), generator=generator) if others else None
        normal = torch.randn(x.shape, generator=generator, dtype=x.dtype) if noise else 0
        place = torch.rand((count, 1, 1, 1), generator=generator, dtype=x.dtype)
        yield further, normal, place


@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("baseline", ["examples", "zero", "mean"])
def test_it_equals_a_slow_version_from_the_paper(baseline, noise):
    model, x = nets.residual().double().eval(), nets.images(height=9, width=12).double()
    record = cnnviz.run(
        "gradient_shap", model, x, target=TARGET, samples=5, baseline=baseline, noise=noise
    )
    total = torch.zeros_like(x)
    spread = noise * (x.amax((1, 2, 3)) - x.amin((1, 2, 3))).view(-1, 1, 1, 1)
    for further, normal, place in drawn(x, 5, noise, baseline == "examples"):
        for index, image in enumerate(x):
            start = {"zero": 0 * image, "mean": image.mean((1, 2), keepdim=True)}.get(baseline)
            if start is None:
                start = x[(index + int(further[index])) % len(x)]
            end = image + (spread[index] * normal[index] if noise else 0)
            point = (start + place[index] * (end - start))[None].requires_grad_()
            (gradient,) = torch.autograd.grad(model(point)[0, TARGET], point)
            total[index] += (end - start) * gradient[0]
    np.testing.assert_allclose(record.arrays["map"], (total / 5).sum(1), rtol=0, atol=1e-12)


def test_on_average_it_is_captums():
    model, x = nets.sequential().double().eval(), nets.images(2).double()
    record = cnnviz.run("gradient_shap", model, x, target=TARGET, samples=1500)
    state = np.random.get_state()
    np.random.seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        both = [
            GradientShap(model).attribute(one, baselines=other, target=TARGET, n_samples=1500)
            for one, other in ((x[:1], x[1:]), (x[1:], x[:1]))
        ]
    np.random.set_state(state)
    expected = torch.cat(both).sum(1).numpy()
    scale = np.abs(expected).max()
    np.testing.assert_allclose(record.arrays["map"], expected, rtol=0, atol=0.05 * scale)


def test_of_a_linear_model_the_sum_is_what_the_score_gained_whatever_is_drawn():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 5, 2)).double()
    x = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    record = cnnviz.run("gradient_shap", model, x, target=0, samples=1)
    weights = model[1].weight[0].view(3, 4, 5)
    expected = (weights * (x - x.flip(0))).sum(1).detach()
    np.testing.assert_allclose(record.arrays["map"], expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(record.facts["sums"], record.facts["score_gains"], atol=1e-12)


def test_the_maps_sum_to_the_mean_gain_nearly():
    model, x = nets.sequential().double().eval(), nets.images().double()
    record = cnnviz.run("gradient_shap", model, x, target=2, samples=1000)
    with torch.no_grad():
        scores = model(x)[:, 2].numpy()
    gains = [scores[i] - np.delete(scores, i).mean() for i in range(len(x))]
    np.testing.assert_allclose(record.facts["score_gains"], gains, rtol=0, atol=1e-9)
    np.testing.assert_allclose(record.facts["sums"], gains, rtol=0, atol=0.1 * np.ptp(scores))


def test_a_unit_may_stand_in_for_the_class():
    model, x = nets.sequential().double().eval(), nets.images().double()
    options = {"layer": "4", "channel": 3, "samples": 2000, "baseline": "zero"}
    record = cnnviz.run("gradient_shap", model, x, **options)
    with torch.no_grad():
        gains = (model[:5](x) - model[:5](0 * x))[:, 3].mean((1, 2))
    np.testing.assert_allclose(record.facts["score_gains"], gains, rtol=0, atol=1e-9)
    np.testing.assert_allclose(record.arrays["map"].sum((1, 2)), gains, rtol=0.2)


def test_one_example_alone_starts_at_zero_and_says_so():
    model, x = nets.sequential(), nets.images(1)
    alone = cnnviz.run("gradient_shap", model, x, target=0, samples=3)
    zero = cnnviz.run("gradient_shap", model, x, target=0, samples=3, baseline="zero")
    assert np.array_equal(alone.arrays["map"], zero.arrays["map"])
    assert "one example alone has no others" in alone.facts["note"]
    assert "note" not in zero.facts


def test_parameters_that_do_not_fit_are_refused_in_a_sentence():
    with pytest.raises(ParamsError, match="black is not known without normalize"):
        cnnviz.run("gradient_shap", nets.sequential(), nets.images(), baseline="black")
    with pytest.raises(ParamsError, match="samples"):
        cnnviz.run("gradient_shap", nets.sequential(), nets.images(), samples=0)
    with pytest.raises(ParamsError, match="target must be in 0 … 4, got 7"):
        cnnviz.run("gradient_shap", nets.sequential(), nets.images(), target=7)
