from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnnviz.contract.layers import Layer
from cnnviz.errors import UnsuitableError
from cnnviz.ops.rectifiers import (
    deconvnet_rule,
    find_rectifiers,
    guided_rule,
    ruled,
    undefined_reason,
)

SPELLINGS = {
    "module": nn.ReLU(),
    "function": F.relu,
    "method": lambda x: x.relu(),
    "in place": lambda x: x.clone().relu_(),
    "module in place": lambda x: nn.ReLU(inplace=True)(x.clone()),
    "clamp": lambda x: x.clamp(min=0),
    "clamp by a tensor": lambda x: x.clamp(min=torch.zeros(())),
    "clamp_min": lambda x: x.clamp_min(0),
    "clip": lambda x: torch.clip(x, 0),
    "threshold": nn.Threshold(0, 0),
    "ReLU6": nn.ReLU6(),
    "hardtanh": nn.Hardtanh(0, 9),
    "clamp at both ends": lambda x: x.clamp(0, 9),
    "LeakyReLU": nn.LeakyReLU(0.1),
}

# Input and what comes back: all four signs of the pair.
X = torch.tensor([2.0, 2.0, -2.0, -2.0])
BACK = torch.tensor([3.0, -3.0, 3.0, -3.0])


def back_through(function, rule):
    leaf = X.clone().requires_grad_()
    output = function(leaf)
    found = find_rectifiers(output)
    with ruled(found, rule):
        (gradient,) = torch.autograd.grad(output, leaf, BACK, retain_graph=True)
    (plain,) = torch.autograd.grad(output, leaf, BACK)
    return found, gradient, plain


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_guided_backpropagation_needs_a_positive_input_and_a_positive_signal(spelling):
    found, gradient, plain = back_through(SPELLINGS[spelling], guided_rule)
    slope = 0.1 if spelling == "LeakyReLU" else 0.0
    torch.testing.assert_close(gradient, torch.tensor([3.0, 0, 3 * slope, 0]))
    assert len(found.nodes) == len(found.met) == 1
    torch.testing.assert_close(plain, torch.tensor([3.0, -3, 3 * slope, -3 * slope]))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_deconvnet_needs_a_positive_signal_only(spelling):
    _, gradient, _ = back_through(SPELLINGS[spelling], deconvnet_rule)
    torch.testing.assert_close(gradient, torch.tensor([3.0, 0, 3, 0]))


def test_the_signals_of_two_readers_are_added_before_they_are_rectified():
    leaf = torch.tensor([1.0]).requires_grad_()
    y = F.relu(leaf)
    output = 3 * y - 2 * y
    with ruled(find_rectifiers(output), guided_rule):
        (gradient,) = torch.autograd.grad(output, leaf)
    assert float(gradient) == 1.0


def test_no_hook_is_left_after_an_error():
    leaf = X.clone().requires_grad_()
    output = F.relu(leaf)
    with pytest.raises(RuntimeError, match="half-way"), ruled(find_rectifiers(output), guided_rule):
        raise RuntimeError("half-way")
    (gradient,) = torch.autograd.grad(output, leaf, BACK)
    assert gradient.tolist() == [3.0, -3.0, 0.0, 0.0]


def mobilenet_swish(x):
    return x * (F.relu6(x + 3) / 6)


UNDEFINED = {
    "SiLU": F.silu,
    "GELU": F.gelu,
    "Hardswish": F.hardswish,
    "ELU or SELU": F.elu,
    "PReLU": nn.PReLU(),
    "Mish": F.mish,
    "tanh": torch.tanh,
    "Sigmoid": lambda x: 2 * torch.sigmoid(x) + 1,
    "Softmax": lambda x: torch.softmax(x, 0).cumsum(0),
    "Hardtanh with a bound": F.hardtanh,
    "Threshold with a bound": nn.Threshold(1, 0),
    "clamp below 0": lambda x: x.clamp(-1, 1),
    "maximum with a constant": lambda x: torch.maximum(x, torch.zeros(())),
    "torch.where": lambda x: torch.where(x > 0, x, 0),
    "absolute value": F.softsign,
    "product of a tensor with its own gate": lambda x: x * torch.sigmoid(1.7 * x),
    "own gate": mobilenet_swish,
    "in place on a part": lambda x: in_place_on_a_part(x),
    "custom autograd function Hidden": lambda x: Hidden.apply(x),
}


def in_place_on_a_part(x):
    copy = x.clone()
    copy[:2].relu_()
    return copy


class Hidden(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


@pytest.mark.parametrize("name", UNDEFINED)
def test_what_the_rule_does_not_define_is_refused_by_name(name):
    with pytest.raises(UnsuitableError, match=name):
        find_rectifiers(UNDEFINED[name](F.relu(X.clone().requires_grad_())) * 2)


def test_gates_pass_and_are_counted():
    x = torch.randn(2, 4, 3, 3).requires_grad_()
    features = F.relu(x)
    squeezed = F.relu(features.mean((2, 3), keepdim=True) + 1)
    found = find_rectifiers(features * torch.sigmoid(squeezed))
    assert (len(found.nodes), found.gates) == (2, 1)
    flat = torch.sigmoid(features.mean((2, 3)))[:, :, None, None].expand_as(features)
    assert find_rectifiers(features * flat).gates == 1


@pytest.mark.parametrize("end", [lambda x: x.softmax(0), lambda x: x.log_softmax(0), torch.sigmoid])
def test_the_squash_that_an_output_ends_in_passes(end):
    found = find_rectifiers(end(F.relu(X.clone().requires_grad_())).view(2, 2))
    assert (len(found.nodes), found.gates) == (1, 0)


def test_clamps_that_guard_a_root_or_cut_the_top_are_no_activations():
    x = F.relu(X.clone().requires_grad_())
    output = x.clamp(min=1e-6).pow(3).mean().pow(1 / 3) + x.clamp(max=1).sum()
    assert len(find_rectifiers(output).nodes) == 1


def layer(kind, name="x", **facts):
    return Layer(name=name, kind=kind, shape=[3, 2, 2], **facts)


def test_the_layers_tell_beforehand_why_the_rule_is_undefined():
    layers = [layer("relu", rectifier=True), layer("silu", "a"), layer("silu", "b"), layer("gelu")]
    reason = undefined_reason(layers, complete=True)
    assert reason is not None
    assert "2 × SiLU, 1 × GELU, the first at 'a'" in reason
    assert undefined_reason(layers[:1], complete=True) is None
    assert "has none" in (undefined_reason([layer("conv2d")], complete=True) or "")
    assert undefined_reason([layer("conv2d")], complete=False) is None
