"""Climbing a code equals the authors' two steps, written out literally."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.core.code_ascent import (
    CodeClimb,
    activations,
    class_scores_and_certainty,
    climb_codes,
)
from cnnviz.graph import capture
from cnnviz.ops.objectives import Objective, Part
from tests.core.networks import images, plain

STEPS, RATE, LAST = 5, 8.0, 1e-10


@pytest.fixture(scope="module")
def nets():
    """A network, and a decoder of codes of 9 units that makes its images; float64."""
    torch.manual_seed(5)
    decoder = nn.Sequential(
        nn.Flatten(), nn.Linear(9, 40), nn.LeakyReLU(0.3), nn.Linear(40, 3 * 12 * 12)
    ).append(nn.Unflatten(1, (3, 12, 12)))
    codes = torch.rand(2, 9, 1, 1)
    return (
        capture(plain().double().eval(), images().double()),
        capture(decoder.double().eval(), codes.double()),
    )


def transcribed(net, decoder, code, unit, upper):
    """act_max.py: step in the image, the difference back through the generator, step, clip, L2."""
    code, low = code.copy(), np.zeros_like(code)
    for i in range(STEPS):
        step_size = RATE + ((LAST - RATE) * i) / STEPS
        leaf = torch.tensor(code)[None].requires_grad_()
        x0 = decoder(leaf)
        image = x0.detach().requires_grad_()
        net(image)[0, unit].backward()
        g = image.grad[0].numpy()
        x = x0[0].detach().numpy() + step_size / np.abs(g).mean() * g
        x0.backward(torch.tensor(x)[None] - x0.detach())
        g = leaf.grad[0].numpy()
        code = code + step_size / np.abs(g).mean() * g
        code = np.minimum(np.maximum(code, low), upper)
        code = code * 0.99
    return code


def test_climbing_equals_the_authors_two_steps(nets):
    net, decoder = nets
    random = torch.Generator().manual_seed(2)
    start = torch.randn(3, 9, 1, 1, generator=random).double()
    upper = torch.rand(9, 1, 1, generator=random).double() * 20
    units = [1, 4, 0]
    objective = Objective([Part(None, "mean", [[u] for u in units], [[1.0]] * 3)])
    climb = CodeClimb(STEPS, RATE, LAST, 0.99, torch.zeros_like(upper), upper, 1.0)
    seen = []
    found = climb_codes(
        activations(net, decoder, objective, slice(0, 3)),
        start,
        climb,
        lambda step, codes, shown: seen.append((step, codes.shape, shown.shape)),
    )
    assert seen == [(n, (3, 9, 1, 1), (3,)) for n in range(1, STEPS + 1)]
    for row, unit in enumerate(units):
        expected = transcribed(net, decoder, start[row].numpy(), unit, upper.numpy())
        np.testing.assert_allclose(found[row].numpy(), expected, rtol=0, atol=1e-8)


def test_a_gradient_that_is_no_number_moves_nothing():
    climb = CodeClimb(3, 1.0, 0.0, 1.0, torch.zeros(2, 1, 1), torch.ones(2, 1, 1), 1.0)
    start = torch.full((1, 2, 1, 1), 0.5)

    def nothing(codes):
        found = codes.sum((1, 2, 3)) * torch.nan
        return found, found

    found = climb_codes(nothing, start, climb, lambda *_: 0)
    assert torch.equal(found, start)


def test_a_class_is_climbed_by_its_score_and_the_logarithm_of_its_probability(nets):
    net, decoder = nets
    codes = torch.rand(2, 9, 1, 1, generator=torch.Generator().manual_seed(3)).double()
    shown, raised = class_scores_and_certainty(net, decoder, [4, 2], 3.0)(codes)
    scores = net(decoder(codes)).detach()
    chosen, likely = (of[[0, 1], [4, 2]].numpy() for of in (scores, scores.softmax(1)))
    np.testing.assert_allclose(shown.detach().numpy(), likely, rtol=1e-12)
    np.testing.assert_allclose(raised.detach().numpy(), chosen + 3 * np.log(likely), rtol=1e-12)
