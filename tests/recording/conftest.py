from __future__ import annotations

import time

import pytest
import torch
from torch import nn


def tiny_net(*, classes=4):
    """Convolution, batch norm, in-place ReLU, dropout: what a capture must not disturb."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(6 * 2 * 2, classes),
    )


def wait_for_disk(recorder):
    """Wait until nothing is queued, so that no later capture is left out."""
    deadline = time.monotonic() + 30
    while recorder.waiting:
        assert time.monotonic() < deadline, "the capture was not written"
        time.sleep(0.001)


@pytest.fixture
def net():
    return tiny_net()


@pytest.fixture
def images():
    return torch.rand(3, 1, 8, 8)
