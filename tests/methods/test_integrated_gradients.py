from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn

import cnnviz
from cnnviz.errors import ParamsError
from tests import nets

NORMALIZE = ([0.4, 0.5, 0.6], [0.2, 0.25, 0.3])


def starts(x):
    black = -torch.tensor(NORMALIZE[0]) / torch.tensor(NORMALIZE[1])
    return {
        "zero": torch.zeros_like(x),
        "black": black.double().view(1, 3, 1, 1).expand_as(x),
        "mean": x.mean((2, 3), keepdim=True).expand_as(x),
    }


@pytest.mark.parametrize("baseline", ["zero", "black", "mean"])
def test_it_equals_captums_midpoint_rule(baseline):
    model, x = nets.residual().double().eval(), nets.images(height=12, width=16).double()
    record = cnnviz.run(
        "integrated_gradients",
        model,
        x,
        target=1,
        steps=16,  # captum keeps the steps in float32, where these are exact
        baseline=baseline,
        normalize=tuple(torch.tensor(part, dtype=torch.float32) for part in NORMALIZE),
    )
    expected = IntegratedGradients(model).attribute(
        x.clone(),
        baselines=starts(x)[baseline],
        target=1,
        n_steps=16,
        method="riemann_middle",
    )
    np.testing.assert_allclose(record.arrays["map"], expected.sum(1), rtol=0, atol=1e-10)


def test_the_maps_sum_to_what_the_scores_gained():
    model, x = nets.sequential().double().eval(), nets.images().double()
    record = cnnviz.run("integrated_gradients", model, x, target=2, steps=300)
    gains = (model(x) - model(torch.zeros_like(x)))[:, 2].detach()
    sums = record.arrays["map"].sum((1, 2))
    np.testing.assert_allclose(record.facts["score_gains"], gains, rtol=1e-5)
    np.testing.assert_allclose(record.facts["sums"], sums, rtol=1e-5)
    np.testing.assert_allclose(sums, gains, rtol=2e-3)
    assert "the maps sum to the scores' gains but for" in record.facts["note"]


def test_steps_are_added_for_those_examples_whose_sum_is_off_until_it_comes_out():
    model, x = curved(), torch.tensor([0.3, 1.0]).double().view(2, 1, 1, 1)
    record = cnnviz.run("integrated_gradients", model, x, target=0, tolerance=0.04)
    assert record.facts["steps"] == [20, 180]
    gains = np.array(record.facts["score_gains"])
    np.testing.assert_allclose(record.facts["sums"], gains, rtol=0.04)
    assert record.facts["tolerance"] == 0.04
    assert "beyond" not in record.facts["note"]
    for index, steps in enumerate(record.facts["steps"]):
        alone = cnnviz.run(
            "integrated_gradients", model, x[index : index + 1], target=0, steps=steps
        )
        np.testing.assert_allclose(record.arrays["map"][index], alone.arrays["map"][0], rtol=1e-12)


def test_what_stays_beyond_the_tolerance_is_said():
    model, x = curved(), torch.tensor([0.3, 1.0]).double().view(2, 1, 1, 1)
    record = cnnviz.run("integrated_gradients", model, x, target=0, tolerance=1e-9)
    assert record.facts["steps"][1] == 540
    assert "beyond the tolerance of 0% is example 1" in record.facts["note"]


def curved():
    """A score that rises from a pixel of 0.93 on: a kink between the points of a path."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(1, 1), nn.ReLU(), nn.Linear(1, 2)).double()
    with torch.no_grad():
        for layer, weight, bias in ((1, 1.0, -0.93), (3, 0.7, 0.1)):
            model[layer].weight.fill_(weight)
            model[layer].bias.fill_(bias)
    return model


def test_of_a_linear_model_one_step_is_exact():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 5, 2)).double()
    x = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    record = cnnviz.run("integrated_gradients", model, x, target=0, steps=1)
    weights = model[1].weight[0].view(3, 4, 5)
    np.testing.assert_allclose(record.arrays["map"], (weights * x).sum(1).detach(), rtol=1e-12)


def test_a_unit_may_stand_in_for_the_class():
    model, x = nets.sequential().double().eval(), nets.images().double()
    record = cnnviz.run("integrated_gradients", model, x, layer="4", channel=3, steps=100)
    gains = model[:5](x)[:, 3].mean((1, 2)) - model[:5](torch.zeros_like(x))[:, 3].mean((1, 2))
    np.testing.assert_allclose(record.arrays["map"].sum((1, 2)), gains.detach(), rtol=1e-2)


def test_black_needs_to_know_how_images_were_normalised():
    with pytest.raises(ParamsError, match="black is not known without normalize"):
        cnnviz.run("integrated_gradients", nets.sequential(), nets.images(), baseline="black")
