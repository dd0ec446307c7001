from __future__ import annotations

import numpy as np
import torch
from captum.attr import InputXGradient
from torch import nn

import cnnviz
from tests import nets


def test_it_equals_captums_summed_over_the_colours():
    model, x = nets.residual().double().eval(), nets.images().double()
    expected = InputXGradient(model).attribute(x.clone().requires_grad_(), target=1).sum(1)
    record = cnnviz.run("gradient_input", model, x, target=1)
    np.testing.assert_allclose(record.arrays["map"], expected.detach(), rtol=0, atol=1e-10)
    assert record.facts["signed"] is True


def test_of_a_linear_model_it_sums_to_the_score():
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 5, 2, bias=False)).double()
    x = torch.rand(3, 3, 4, 5, dtype=torch.float64)
    record = cnnviz.run("gradient_input", model, x, target=1)
    scores = model(x)[:, 1].detach()
    np.testing.assert_allclose(record.arrays["map"].sum((1, 2)), scores, rtol=1e-12)


def test_a_unit_may_stand_in_for_the_class():
    model, x = nets.sequential().double().eval(), nets.images().double()
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model[:5](leaf)[:, 3, 1, 2].sum(), leaf)
    record = cnnviz.run("gradient_input", model, x, layer="4", channel=3, position=(1, 2))
    np.testing.assert_allclose(record.arrays["map"], (gradient * x).sum(1), rtol=0, atol=1e-12)
    assert record.facts["channel"] == 3
