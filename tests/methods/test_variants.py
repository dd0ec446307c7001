"""One network in every wrapping and spelling, one map: equal to the last bit in float64."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

import cnnviz
from tests import nets
from tests.core.networks import state_of

METHODS = {
    "saliency": {},
    "guided_backprop": {},
    "deconvnet": {},
    "gradient_input": {},
    "smooth_grad": {"samples": 2},
    "integrated_gradients": {"steps": 3},
    "gradient_shap": {"samples": 2},
    "grad_cam": {},
    "guided_grad_cam": {},
    "kernel_shap": {"segments": 4, "cut": "grid"},
    "occlusion": {"window": 5, "stride": 4},
}
RECTIFIERS = "3 of 3"


class Spelled(nn.Module):
    """Two convolutions, one of them called twice, with their rectifiers in one spelling."""

    def __init__(self, spelling: str) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.conv = nn.Conv2d(6, 6, 3, padding=1, groups=2)
        self.head = nn.Linear(6, nets.CLASSES)
        self.relus = nn.ModuleList(nn.ReLU(inplace=spelling == "in place") for _ in range(3))
        self.spelling = spelling

    def rectified(self, x: torch.Tensor, number: int) -> torch.Tensor:
        if self.spelling == "functions":
            return F.relu(x)
        if self.spelling == "functions in place":
            return x.relu_()
        return self.relus[0 if self.spelling == "shared" else number](x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.rectified(self.norm(self.stem(x)), 0)
        x = self.rectified(self.conv(F.max_pool2d(x, 2)), 1)
        x = self.rectified(self.conv(x) + x, 2)
        return self.head(x.mean((2, 3)))


class Checkpointed(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return checkpoint(self.model, x, use_reentrant=False)


def spelled(spelling: str) -> nn.Module:
    return nets.seeded(lambda: Spelled(spelling)).double().eval()


def images() -> torch.Tensor:
    return nets.images(2).double()


def compiled(whole: str) -> nn.Module:
    model = spelled("modules")
    if whole == "wrapped":
        return torch.compile(model, backend="eager")
    (model if whole == "itself" else model.conv).compile(backend="eager")
    return model


def traced(wrap=lambda model: model) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return wrap(torch.jit.trace(spelled("modules"), images()))


VARIANTS = {
    "frozen": lambda: spelled("modules").requires_grad_(False),
    "in training mode": lambda: spelled("modules").train(),
    "DataParallel": lambda: nn.DataParallel(spelled("modules")),
    "channels_last": lambda: spelled("modules").to(memory_format=torch.channels_last),
    "traced by fx": lambda: torch.fx.symbolic_trace(spelled("modules")),
    "traced by jit": traced,
    "traced by jit, DataParallel": lambda: traced(nn.DataParallel),
    "compiled": lambda: compiled("wrapped"),
    "compiled itself": lambda: compiled("itself"),
    "compiled in part": lambda: compiled("part"),
    "checkpointed": lambda: Checkpointed(spelled("modules")),
    "shared rectifier": lambda: spelled("shared"),
    "rectifiers in place": lambda: spelled("in place"),
    "functions": lambda: spelled("functions"),
    "functions in place": lambda: spelled("functions in place"),
}


@pytest.fixture(scope="module")
def expected():
    net = cnnviz.capture(spelled("modules"), images())
    return {
        name: cnnviz.run(name, net, images(), target=1, **params)
        for name, params in METHODS.items()
    }


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_map_is_the_same_to_the_last_bit_in_every_variant(variant, expected):
    model = VARIANTS[variant]()
    before = None if "jit" in variant else state_of(model)
    net = cnnviz.capture(model, images())
    x = images().contiguous(memory_format=torch.channels_last) if "last" in variant else images()
    for name, params in METHODS.items():
        record = cnnviz.run(name, net, x, target=1, **params)
        assert record.arrays["map"].any()
        assert np.array_equal(record.arrays["map"], expected[name].arrays["map"]), name
        assert record.facts.get("rectifiers") in {None, RECTIFIERS}
    assert before is None or state_of(model) == before
