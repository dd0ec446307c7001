"""Gradients redirected at rectifiers that are off, against Lucid's definition by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz.ops.redirected import redirect_blocked, redirect_own

RELUS = {
    "module": nn.ReLU(),
    "function": F.relu,
    "in place": lambda x: x.clone().relu_(),
    "clamp": lambda x: x.clamp(min=0),
    "clamp by a tensor": lambda x: x.clamp(min=torch.zeros(())),
    "clamp_min": lambda x: x.clamp_min(0),
    "threshold": nn.Threshold(0, 0),
}
BOUNDED = {
    "ReLU6": nn.ReLU6(),
    "hardtanh": nn.Hardtanh(0, 6),
    "clamp": lambda x: x.clamp(0, 6),
    "clamp by tensors": lambda x: x.clamp(torch.zeros(()), torch.full((), 6.0)),
}


def gradient_of(function, x, wanted, redirect):
    leaf = x.clone().requires_grad_()
    output = function(leaf)
    found = redirect(output)
    (gradient,) = torch.autograd.grad(output, leaf, wanted)
    return gradient, found


@pytest.mark.parametrize("spelling", RELUS)
def test_a_unit_that_is_off_passes_what_would_raise_it(spelling):
    x, wanted = torch.tensor([[2.0, 2, -2, -2]]), torch.tensor([[3.0, -3, 3, -3]])
    gradient, found = gradient_of(RELUS[spelling], x, wanted, redirect_own)
    assert found is True
    torch.testing.assert_close(gradient, torch.tensor([[3.0, -3, 3, 0]]))


@pytest.mark.parametrize("spelling", BOUNDED)
def test_a_unit_at_its_upper_bound_passes_what_would_lower_it(spelling):
    x = torch.tensor([[2.0, -2, -2, 7, 7]])
    wanted = torch.tensor([[3.0, 3, -3, 3, -3]])
    gradient, _ = gradient_of(BOUNDED[spelling], x, wanted, redirect_own)
    torch.testing.assert_close(gradient, torch.tensor([[3.0, 3, 0, 0, -3]]))


def redirect_all(output):
    return redirect_blocked(output, torch.ones(len(output), dtype=torch.bool))


def test_blocked_ones_are_redirected_picture_by_picture():
    x = torch.tensor([[1.0, -1], [-1, -1], [-1, -1]])
    wanted = torch.tensor([[1.0, 1], [1, -1], [1, 1]])
    only = torch.tensor([True, True, False])
    gradient, found = gradient_of(F.relu, x, wanted, lambda output: redirect_blocked(output, only))
    assert found == 1
    torch.testing.assert_close(gradient, torch.tensor([[1.0, 0], [1, 0], [0, 0]]))


def test_every_rectifier_on_the_way_is_opened():
    def function(x):
        return F.relu(F.relu6(x) - 9)

    gradient, found = gradient_of(function, torch.tensor([[-1.0]]), torch.ones(1, 1), redirect_all)
    assert found == 2
    torch.testing.assert_close(gradient, torch.ones(1, 1))


@pytest.mark.parametrize(
    "after", [nn.MaxPool2d(2), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
)
def test_a_layers_own_rectifier_is_found_through_what_pools_and_moves(after):
    leaf = torch.full((1, 1, 2, 2), -1.0, requires_grad=True)
    output = after(F.relu(leaf))
    assert redirect_own(output) is True
    (gradient,) = torch.autograd.grad(output.sum(), leaf)
    assert gradient.any()


def test_a_rectifier_before_a_convolution_is_not_the_layers_own():
    output = nn.Conv2d(1, 1, 1)(F.relu(torch.ones(1, 1, 2, 2, requires_grad=True)))
    assert redirect_own(output) is False


@pytest.mark.parametrize("function", [nn.SiLU(), nn.LeakyReLU(0.1), lambda x: 2 * x])
def test_what_blocks_nothing_is_left_as_it_is(function):
    x, wanted = torch.tensor([[2.0, -2]]), torch.tensor([[1.0, 1]])
    expected, _ = gradient_of(function, x, wanted, lambda _: None)
    gradient, _ = gradient_of(function, x, wanted, redirect_own)
    torch.testing.assert_close(gradient, expected)


def test_the_next_pass_is_the_plain_one():
    x, wanted = torch.tensor([[-2.0]]), torch.tensor([[3.0]])
    gradient_of(F.relu, x, wanted, redirect_own)
    gradient, _ = gradient_of(F.relu, x, wanted, lambda _: None)
    assert not gradient.any()
