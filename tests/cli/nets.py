"""Networks that the tests name on a command line."""

from __future__ import annotations

import torch
from torch import nn


def small(channels: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(channels, 4, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )


def grey() -> nn.Module:
    return small(1)
