"""Tiny seeded CNNs that every room's tests share: real structure, random weights, quick."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CLASSES = 5


def images(
    count: int = 3, channels: int = 3, height: int = 16, width: int = 16, seed: int = 0
) -> Tensor:
    """Random normalised images, (count, channels, height, width)."""
    return torch.randn(
        count, channels, height, width, generator=torch.Generator().manual_seed(seed)
    )


def seeded(make: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """Build a net from a seed, the caller's generator unmoved; batch norms get uneven state."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = make()
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None:
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 2)
    return net


def sequential(channels: int = 3) -> nn.Module:
    """Conv, batch norm, ReLU, pool, twice; global pooling; linear."""
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(channels, 6, 3, padding=1),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 8, 3),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, CLASSES),
        )
    )


class _Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 8, 3)
        self.fc = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.relu(self.conv2(x), inplace=True)
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


def functional() -> nn.Module:
    """ReLU and pooling as functions, one of them in place."""
    return seeded(_Functional)


class _Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 1)
        self.conv = nn.Conv2d(6, 6, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(6, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.stem(x))
        x = self.relu(self.conv(x))
        x = self.relu(self.conv(x))
        return self.fc(x.mean((2, 3)))


def shared() -> nn.Module:
    """One ReLU called three times and one convolution called twice."""
    return seeded(_Shared)


class _InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(6)
        self.relu1 = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5, inplace=True)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.relu2 = nn.ReLU(inplace=True)
        self.fc = nn.Linear(6, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.drop(self.bn1(self.conv1(x))))
        y = self.conv2(x)
        y += x
        y = self.relu2(y)
        return self.fc(y.mean((2, 3)))


def in_place() -> nn.Module:
    """Batch norm and sum overwritten by what follows them."""
    return seeded(_InPlace)


class _Block(nn.Module):
    def __init__(self, channels: int, *, groups: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        y += x
        return self.relu(y)


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, 8, 3, stride=2, padding=1), nn.ReLU(inplace=True)
        )
        self.layer1 = nn.Sequential(_Block(8), _Block(8, groups=2))
        self.fc = nn.Linear(8, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.layer1(self.stem(x)).mean((2, 3)))


def residual(channels: int = 3) -> nn.Module:
    """Two residual blocks, one of them grouped, with a ReLU that each block calls twice."""
    return seeded(lambda: _Residual(channels))


def depthwise() -> nn.Module:
    """Depthwise and 1×1 convolutions with ReLU6."""
    return seeded(
        lambda: nn.Sequential(
            nn.Conv2d(3, 8, 1),
            nn.ReLU6(inplace=True),
            nn.Conv2d(8, 8, 3, padding=1, groups=8),
            nn.ReLU6(inplace=True),
            nn.Conv2d(8, 8, 1),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, CLASSES),
        )
    )


class _DictOutput(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.SiLU())
        self.head = nn.Linear(6, CLASSES)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = self.body(x).mean((2, 3))
        return {"features": features, "logits": self.head(features)}


def dict_output() -> nn.Module:
    """Returns features and logits by name."""
    return seeded(_DictOutput)


class _ValueDependent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.bn = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(6, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn(self.conv(x)))
        if float(x.detach().sum()) > 1e9:
            x = x / 2
        return self.fc(x.mean((2, 3)))


def value_dependent() -> nn.Module:
    """Branches on a value, which torch.export cannot capture: runs with hooks."""
    return seeded(_ValueDependent)


ALL: dict[str, Callable[[], nn.Module]] = {
    net.__name__: net
    for net in (
        sequential,
        functional,
        shared,
        in_place,
        residual,
        depthwise,
        dict_output,
        value_dependent,
    )
}
"""Every net for three-channel images."""
