"""Logdirs for the end-to-end tests, written by the recorder itself."""

from __future__ import annotations

import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter

import cnnviz

STEPS = 24
DEATH = 10
"""Step at which channel DEAD of `block.relu` is switched off for good."""
DEAD = 5
CLASSES = ["circle", "square", "cross"]


class Block(nn.Module):
    """A convolution and its rectifier."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.relu(self.conv(x))


class Net(nn.Module):
    """The first layer tells the step: see `mark`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.block = Block(4, 8)
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.fc = nn.Linear(8 * 16, len(CLASSES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.pool(self.block(self.stem(x))).flatten(1))


def mark(net: Net, step: int) -> None:
    """Write the step into the weights, so that a picture of them says which step it is of.

    Filter 0 of the stem is all positive at even steps (drawn red) and all negative at odd ones.
    """
    with torch.no_grad():
        net.stem.weight[0].fill_(0.5 if step % 2 == 0 else -0.5)
        net.block.conv.bias.clamp_(min=0.05)
        if step >= DEATH:
            net.block.conv.weight[DEAD].zero_()
            net.block.conv.bias[DEAD] = -1.0


def pictures(count: int) -> tuple[torch.Tensor, list[int]]:
    """Draw circles, squares and crosses: (N, 1, 20, 20) in 0…1, and their labels."""
    rows, columns = torch.meshgrid(torch.arange(20), torch.arange(20), indexing="ij")
    labels = [index % len(CLASSES) for index in range(count)]
    images = torch.zeros(count, 1, 20, 20)
    for index, label in enumerate(labels):
        y, x = rows - 9 - index % 3, columns - 9 + index % 2
        shapes = [
            (x**2 + y**2 - 36).abs() < 12,
            torch.maximum(x.abs(), y.abs()) == 6,
            (x == 0) | (y == 0),
        ]
        images[index, 0] = shapes[label].float()
    return images, labels


def train(folder: Path, *, steps: int = STEPS, every: int = 1, pause: float = 0.0) -> None:
    """Train for a few steps with the recorder on, the writer's scalars beside it."""
    torch.manual_seed(0)
    net = Net()
    images, labels = pictures(12)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.05)
    writer = SummaryWriter(str(folder))
    recorder = cnnviz.Recorder(
        net, writer, examples=images, labels=labels, class_names=CLASSES, every=every
    )
    with recorder:
        for step in range(steps):
            loss = nn.functional.cross_entropy(net(images), torch.tensor(labels))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            mark(net, step)
            writer.add_scalar("train/loss", loss.item(), step)
            writer.add_scalar("train/rate", 0.05, step)
            recorder.step(step)
            wait_for(folder / f"plugins/cnnviz/snapshots/{step}.safetensors", step % every == 0)
            time.sleep(pause)
    writer.close()


def wait_for(snapshot: Path, is_due: bool) -> None:
    """Let the background writer keep up: on a slow machine it would leave captures out."""
    deadline = time.monotonic() + 20
    while is_due and not snapshot.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def write_training(logdir: Path) -> None:
    """Two runs: `first` with a capture a step, `second` with every fourth."""
    train(logdir / "first")
    train(logdir / "second", every=4)
