from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import Saliency
from torch import nn

import cnnviz
from cnnviz.errors import ParamsError, UnsuitableError
from tests import nets


def test_it_averages_captums_signed_saliency_over_noisy_copies():
    model, x = nets.residual().double().eval(), nets.images(height=12, width=16).double()
    record = cnnviz.run("smooth_grad", model, x, target=1, samples=7, noise=0.2, seed=5)
    generator = torch.Generator().manual_seed(5)
    captum, total = Saliency(model), torch.zeros_like(x)
    for _ in range(7):
        noise = torch.randn(x.shape, generator=generator, dtype=torch.float64)
        for index in range(len(x)):
            deviation = 0.2 * (x[index].max() - x[index].min())
            noisy = (x[index] + deviation * noise[index])[None]
            gradient = captum.attribute(noisy.requires_grad_(), target=1, abs=False)
            total[index] += gradient[0].detach()
    expected = (total / 7).abs().amax(1)
    np.testing.assert_allclose(record.arrays["map"], expected, rtol=0, atol=1e-10)


def test_of_a_linear_model_noise_makes_no_difference():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 5, 2)).double()
    x = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    smooth = cnnviz.run("smooth_grad", model, x, target=1, samples=3).arrays["map"]
    saliency = cnnviz.run("saliency", model, x, target=1).arrays["map"]
    np.testing.assert_allclose(smooth, saliency, rtol=1e-12)


def test_the_class_is_that_of_the_image_without_noise():
    model, x = nets.sequential().eval(), nets.images()
    facts = cnnviz.run("smooth_grad", model, x, samples=2, noise=1.0).facts
    assert facts["targets"] == model(x).argmax(1).tolist()
    assert facts["origins"] == ["top-1"] * 3


def test_a_constant_image_has_no_range_and_gets_its_plain_gradient():
    model, x = nets.sequential().eval(), torch.full((1, 3, 16, 16), 0.5)
    record = cnnviz.run("smooth_grad", model, x, target=0, samples=2)
    assert record.facts["noise"] == [0.0]
    saliency = cnnviz.run("saliency", model, x, target=0).arrays["map"]
    np.testing.assert_allclose(record.arrays["map"], saliency, atol=1e-7)


def test_a_unit_may_stand_in_for_the_class():
    model, x = nets.sequential(), nets.images()
    record = cnnviz.run("smooth_grad", model, x, layer="4", channel=1, samples=2)
    assert record.layer == "4"
    assert record.arrays["map"].max() > 0


@pytest.mark.parametrize("wrong", [{"samples": 0}, {"noise": 0.0}, {"noise": 2.0}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ParamsError, match=next(iter(wrong))):
        cnnviz.run("smooth_grad", nets.sequential(), nets.images(), **wrong)


def test_a_model_without_a_gradient_is_told_so():
    class Steps(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(3, 2)

        def forward(self, x):
            with torch.no_grad():
                return self.head((x.mean((2, 3)) > 0).float())

    with pytest.raises(UnsuitableError, match="not differentiable"):
        cnnviz.run("smooth_grad", Steps(), nets.images(), samples=2)
