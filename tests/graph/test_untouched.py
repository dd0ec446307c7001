"""Capturing and running leave the user's model, its hooks and all random state as they were."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cnnviz.graph import Graph, HookNet, capture
from tests import nets


def everything(model: nn.Module) -> dict[str, Any]:
    """All that a capture could disturb."""
    return {
        "state": {name: tensor.clone() for name, tensor in model.state_dict().items()},
        "identities": [id(tensor) for tensor in [*model.parameters(), *model.buffers()]],
        "versions": [tensor._version for tensor in [*model.parameters(), *model.buffers()]],
        "gradients": [None if p.grad is None else p.grad.clone() for p in model.parameters()],
        "requires_grad": [p.requires_grad for p in model.parameters()],
        "modes": [module.training for module in model.modules()],
        "hooks": [
            [id(hook) for store in stores for hook in vars(module)[store].values()]
            for module in model.modules()
            for stores in [("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")]
        ],
        "attributes": [sorted(vars(module)) for module in model.modules()],
        "torch": torch.get_rng_state(),
        "python": random.getstate(),
        "numpy": np.random.get_state()[1].copy(),
    }


def assert_unchanged(model: nn.Module, before: dict[str, Any]) -> None:
    after = everything(model)
    for name, value in before.items():
        flat_before, _ = torch.utils._pytree.tree_flatten(value)
        flat_after, _ = torch.utils._pytree.tree_flatten(after[name])
        assert len(flat_before) == len(flat_after), name
        for one, other in zip(flat_before, flat_after, strict=True):
            same = np.array_equal(one, other) if isinstance(one, np.ndarray) else None
            same = torch.equal(one, other) if isinstance(one, Tensor) else same
            assert same if same is not None else one == other, name


@pytest.mark.parametrize("name", nets.ALL)
def test_capture_and_runs_leave_model_and_random_state_bit_identical(name: str) -> None:
    model, x = nets.ALL[name]().train(), nets.images()
    next(model.children()).eval()
    next(model.parameters()).requires_grad_(False)
    handle = model.register_forward_hook(lambda *_: pytest.fail("the user's hook was called"))
    handle.remove()
    model.register_forward_pre_hook(lambda *_: pytest.fail("the user's hook was called"))
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    before = everything(model)
    net = capture(model, x)
    assert_unchanged(model, before)
    inputs = x.clone().requires_grad_()
    scores, taps = net(inputs, [layer.name for layer in net.layers])
    scores.sum().backward()
    assert taps
    assert inputs.grad is not None
    assert_unchanged(model, before)


class _Careless(nn.Module):
    """Counts its calls, keeps its last features, draws random numbers and writes a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4, 5)
        self.register_buffer("seen", torch.zeros(()))
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.seen += 1
        self.last = self.conv(x + random.random() * 0 + float(np.random.rand()) * 0)
        return self.fc(self.last.mean((2, 3)))


@pytest.mark.parametrize("kind", [_Careless, type("_Hooked", (_Careless,), {})])
def test_a_model_that_writes_to_itself_is_not_disturbed(kind: type[_Careless]) -> None:
    model, x = nets.seeded(kind), nets.images()
    model(x)
    before, calls, last = everything(model), model.calls, model.last
    net = capture(model, x) if kind is _Careless else HookNet(model, x)
    net(x)
    assert_unchanged(model, before)
    assert model.calls == calls
    assert model.last is last


def test_a_model_that_keeps_activations_is_copied_all_the_same() -> None:
    model, x = nets.seeded(_Careless), nets.images()
    model(x)
    assert not model.last.is_leaf
    assert isinstance(capture(model, x), Graph)
