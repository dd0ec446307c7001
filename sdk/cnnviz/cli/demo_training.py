"""Trains the demo's small CNN for real, with the recorder in the loop as a user would have it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.tensorboard import SummaryWriter

import cnnviz
from cnnviz.cli.demo_data import DataSet
from cnnviz.core.datasets import spread
from cnnviz.core.picture_sets import PictureArray

__all__ = ["Report", "SmallNet", "train"]

BATCH = 64
EXAMPLES = 20
LOOKED_THROUGH = 2000
"""Test images for top patches and the embedding."""
LOOK_SECONDS = 5.0
CAPTURES = 60
"""About so many captures a run."""

Progress = Callable[[int, float, float], None]
"""Called with the step, the loss and the test accuracy so far."""


class SmallNet(nn.Module):
    """Three convolutions, two poolings, a linear head; takes (N, C, H, W) of any size from 8 px."""

    def __init__(self, *, channels: int, classes: int) -> None:
        super().__init__()
        self.conv1, self.relu1 = nn.Conv2d(channels, 16, 5, padding=2), nn.ReLU()
        self.conv2, self.relu2 = nn.Conv2d(16, 32, 3, padding=1), nn.ReLU()
        self.conv3, self.relu3 = nn.Conv2d(32, 64, 3, padding=1), nn.ReLU()
        self.head = nn.Linear(64, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Give scores, (N, classes)."""
        x = F.max_pool2d(self.relu1(self.conv1(images)), 2)
        x = F.max_pool2d(self.relu2(self.conv2(x)), 2)
        x = self.relu3(self.conv3(x))
        scores: Tensor = self.head(x.mean((2, 3)))
        return scores


@dataclass(frozen=True, kw_only=True)
class Report:
    """How one run of the demo went."""

    steps: int
    loss: float
    accuracy: float
    """On the test images, 0 … 1."""
    seconds: float


@dataclass(frozen=True)
class _Normalised:
    """The data as the network takes it; normalised batch by batch to keep memory small."""

    data: DataSet
    mean: float
    std: float

    @classmethod
    def of(cls, data: DataSet) -> _Normalised:
        """Take mean and deviation, in 0 … 1, from the training images."""
        sample = data.images[:5000] / 255
        return cls(data, float(sample.mean()), float(sample.std()))

    def looked_through(self) -> PictureArray:
        """Give test images, evenly spread, for top patches and the embedding."""
        at = spread(len(self.data.test_images), LOOKED_THROUGH)
        return PictureArray(
            self.data.test_images[at],
            self.data.test_labels[at],
            mean=[self.mean],
            std=[self.std],
            reference=f"{self.data.name}, {len(at)} test images",
        )

    def train(self, indices: np.ndarray) -> tuple[Tensor, Tensor]:
        return self._pick(self.data.images, self.data.labels, indices)

    def test(self, indices: np.ndarray) -> tuple[Tensor, Tensor]:
        return self._pick(self.data.test_images, self.data.test_labels, indices)

    def _pick(
        self, images: np.ndarray, labels: np.ndarray, at: np.ndarray
    ) -> tuple[Tensor, Tensor]:
        values = (images[at].astype(np.float32) / 255 - self.mean) / self.std
        return torch.from_numpy(values), torch.from_numpy(labels[at])


def train(
    data: DataSet,
    run: Path,
    *,
    learning_rate: float,
    steps: int,
    seconds: float,
    progress: Progress,
) -> Report:
    """Train one small CNN by stochastic gradient descent with momentum.

    Args:
        data: what it learns.
        run: the run's folder in the logdir.
        learning_rate: of the descent; too high a one lets channels die.
        steps: how many, unless the time is over before.
        seconds: how long at most.
        progress: told now and then.
    """
    torch.manual_seed(0)
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))  # the page wants some, too
    numbers = np.random.default_rng(0)
    images = _Normalised.of(data)
    model = SmallNet(channels=data.images.shape[1], classes=len(data.class_names))
    optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    examples, labels = images.test(data.examples(EXAMPLES))
    accuracy, start = 0.0, time.perf_counter()
    with (
        SummaryWriter(str(run)) as writer,
        cnnviz.Recorder(
            model,
            writer,
            examples=examples,
            labels=labels,
            class_names=data.class_names,
            normalize=(images.mean, images.std),
            every=max(1, steps // CAPTURES),
            dataset=images.looked_through(),
            dataset_seconds=LOOK_SECONDS,
        ) as recorder,
    ):
        for step in range(steps):
            x, y = images.train(numbers.integers(len(data.images), size=BATCH))
            loss = F.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            recorder.step(step)
            writer.add_scalar("loss/train", loss.item(), step)
            last = step == steps - 1 or time.perf_counter() - start > seconds
            if last or step % 50 == 0:
                accuracy = _accuracy(model, images)
                writer.add_scalar("accuracy/test", accuracy, step)
            progress(step, loss.item(), accuracy)
            if last:
                break
    return Report(
        steps=step + 1,
        loss=loss.item(),
        accuracy=accuracy,
        seconds=time.perf_counter() - start,
    )


@torch.no_grad()
def _accuracy(model: nn.Module, images: _Normalised) -> float:
    """Share of up to 1,000 test images that are classified rightly."""
    x, y = images.test(np.arange(min(1000, len(images.data.test_labels))))
    return float((model(x).argmax(1) == y).float().mean())
