"""Tiny seeded networks, and a record of all that must not change in one."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

CLASSES = 5


def plain() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1, groups=2),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, CLASSES),
    )


def inplace() -> nn.Module:
    model = plain()
    for module in model.modules():
        if isinstance(module, nn.ReLU | nn.Dropout):
            module.inplace = True
    return model


def frozen() -> nn.Module:
    model = plain()
    for parameter in list(model.parameters())[:4]:
        parameter.requires_grad_(False)
    return model


def partly_eval() -> nn.Module:
    model = plain().train()
    model[1].eval()
    return model


def mid_accumulation() -> nn.Module:
    model = plain().train()
    model(images(2)).square().mean().backward()
    return model


class Functional(nn.Module):
    """Nonlinearities as functions, a shared convolution, a residual connection."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.shared = nn.Conv2d(6, 6, 3, padding=1)
        self.head = nn.Linear(6, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        x = F.relu(self.shared(x) + x)
        x = F.relu_(self.shared(x))
        return self.head(x.mean((2, 3)))


def functional() -> nn.Module:
    torch.manual_seed(2)
    return Functional()


class Unexportable(nn.Module):
    """Python decides on values, which no capture as data can follow."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = plain()

    def forward(self, x: Tensor) -> Tensor:
        if float(x.detach().sum()) > 1e9:
            return self.inner(x) * 2
        return self.inner(x)


def unexportable() -> nn.Module:
    return Unexportable()


NETWORKS = {
    "plain": plain,
    "inplace": inplace,
    "frozen": frozen,
    "partly_eval": partly_eval,
    "mid_accumulation": mid_accumulation,
    "functional": functional,
    "unexportable": unexportable,
}


def images(count: int = 3, *, size: int = 12, channels: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(7)
    return torch.randn(count, channels, size, size, generator=generator)


def state_of(model: nn.Module) -> dict[str, Any]:
    """Everything about a model and the process that looking at it must leave alone."""
    parameters = dict(model.named_parameters())
    tensors = parameters | dict(model.named_buffers())
    return {
        "values": {n: t.detach().clone().numpy().tobytes() for n, t in tensors.items()},
        "places": {n: (t.data_ptr(), t.stride(), t.requires_grad) for n, t in tensors.items()},
        "versions": {n: t._version for n, t in tensors.items()},
        "gradients": {
            n: None if p.grad is None else (id(p.grad), p.grad.numpy().tobytes())
            for n, p in parameters.items()
        },
        "modes": {n: m.training for n, m in model.named_modules()},
        "hooks": {
            n: {k: len(v) for k, v in vars(m).items() if k.endswith("_hooks")}
            for n, m in model.named_modules()
        },
        "modules": {n: id(m) for n, m in model.named_modules()},
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": np.random.get_state()[1].tobytes(),
        "python": random.getstate(),
        "grad": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "dtype": torch.get_default_dtype(),
    }
