from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from cnnviz.errors import ParamsError
from cnnviz.graph import Graph, HookNet, capture
from tests import nets


def hooks_of(model: nn.Module) -> list[int]:
    return [
        len(vars(module)[store])
        for module in model.modules()
        for store in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    ]


def test_an_in_place_relu_does_not_overwrite_the_tap_before_it() -> None:
    model, x = nets.value_dependent().eval(), nets.images()
    net = HookNet(model, x)
    scores, taps = net(x, ["bn", "relu"])
    assert (taps["bn"] < 0).any()
    assert torch.equal(taps["bn"], model.bn(model.conv(x)))
    assert torch.equal(taps["relu"], torch.relu(taps["bn"]))
    assert torch.equal(scores, model(x))


def test_gradients_of_the_scores_reach_a_tap() -> None:
    model, x = nets.value_dependent().eval(), nets.images()
    net = HookNet(model, x)
    scores, taps = net(x.clone().requires_grad_(), ["bn"])
    (gradient,) = torch.autograd.grad(scores[:, 2].sum(), taps["bn"])
    seen = model.bn(model.conv(x)).detach().requires_grad_()
    expected = model.fc(torch.relu(seen).mean((2, 3)))[:, 2].sum()
    assert torch.equal(gradient, torch.autograd.grad(expected, seen)[0])


def test_the_images_given_are_not_overwritten() -> None:
    model, x = nn.Sequential(nn.ReLU(inplace=True), nn.Flatten()), nets.images()
    given = x.clone().requires_grad_()
    scores = HookNet(model, x)(given)
    assert torch.equal(given, x)
    scores.sum().backward()
    assert torch.equal(given.grad, (x > 0).float())


class _Fails(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(3)
        self.relu = nn.ReLU()
        self.fail = False

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn(x))
        torch.rand(1)
        if self.fail:
            raise ValueError("half-way")
        return x.mean((2, 3))


def test_everything_is_put_back_when_the_model_fails_half_way() -> None:
    model, x = _Fails().train(), nets.images()
    model.relu.eval()
    model.register_forward_hook(lambda *_: None)
    net = HookNet(model, x)
    model.fail = True
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    hooks, random = hooks_of(model), torch.get_rng_state()
    with pytest.raises(ValueError, match="half-way"):
        net(x, ["relu"])
    assert [module.training for module in model.modules()] == [True, True, False]
    assert hooks_of(model) == hooks
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
    assert all(isinstance(parameter, nn.Parameter) for parameter in model.parameters())


def test_an_example_that_the_model_cannot_run_is_said_so() -> None:
    model = _Fails()
    model.fail = True
    with pytest.raises(ParamsError, match="_Fails cannot run images of shape .*half-way"):
        HookNet(model, nets.images())


def test_hooks_do_not_pile_up() -> None:
    model, x = nets.value_dependent(), nets.images()
    net = HookNet(model, x)
    before = hooks_of(model)
    for _ in range(20):
        net(x, ["relu"])
    assert hooks_of(model) == before


class _Checkpointed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.fc = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = checkpoint(self.block, x, use_reentrant=False)
        return self.fc(x.mean((2, 3)))


def test_activation_checkpointing_is_no_special_case_for_the_graph() -> None:
    model, x = nets.seeded(_Checkpointed), nets.images()
    net = capture(model, x)
    assert isinstance(net, Graph), net.reason
    inputs, own = x.clone().requires_grad_(), x.clone().requires_grad_()
    gradient = torch.autograd.grad(net(inputs)[:, 0].sum(), inputs)[0]
    expected = torch.autograd.grad(model.eval()(own)[:, 0].sum(), own)[0]
    assert torch.equal(gradient, expected)


def test_a_model_compiled_after_the_hooks_were_made_still_shows_its_layers() -> None:
    model, x = nets.residual(), nets.images()
    net = HookNet(model, x)
    expected = net(x, ["layer1.0.relu"])
    model.compile(backend="eager")
    scores, taps = net(x, ["layer1.0.relu"])
    assert torch.equal(scores, expected[0])
    assert torch.equal(taps["layer1.0.relu"], expected[1]["layer1.0.relu"])


def test_buffers_and_modes_of_a_model_in_training_stay_as_they_are() -> None:
    model, x = nets.value_dependent().train(), nets.images()
    net = HookNet(model, x)
    mean: Any = model.bn.running_mean
    before, version = mean.clone(), mean._version
    net(x)
    assert model.bn.running_mean is mean
    assert torch.equal(mean, before)
    assert mean._version == version
    assert model.training
    assert int(model.bn.num_batches_tracked) == 0
