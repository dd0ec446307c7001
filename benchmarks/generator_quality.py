"""How well a decoder learns Fashion-MNIST, and whether climbing its code reaches every class.

    python benchmarks/generator_quality.py [--full] [--sheet FILE]

Trains a small network and a second one that judges, then a decoder of the first one's penultimate
features, and climbs the code for each class. Targets: on held-out images the decoder's error is at
most a third of the mean image's; every class is reached with a probability of at least 0.99.
What the second network, which neither knows the decoder nor was climbed, takes the pictures for is
printed; it has no target. --full: all 60,000 images and 4,000 steps, minutes on a processor; else
6,000 and 600. --sheet writes held-out images over their reconstructions, then the classes'
pictures.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from cnnviz.cli.demo_data import DataSet as Pictures
from cnnviz.cli.demo_data import load_data_set
from cnnviz.cli.demo_training import SmallNet
from cnnviz.contract.jobs import JobRequest
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.datasets import DataSet
from cnnviz.core.execute import execute
from cnnviz.core.picture_sets import PictureArray
from cnnviz.core.requests import method
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.storage.jobs_folder import JobsFolder, new_job_id
from cnnviz.storage.shelf import Shelf
from cnnviz.worker.allocator import keep_memory
from cnnviz.worker.sheets import lay_out

MEAN, STD = 0.286, 0.353
FACTOR, REACHED = 3.0, 0.99


class Features(nn.Module):
    """Two convolutions and a vector of 128 features before the head."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.features = nn.Linear(32 * 7 * 7, 128)
        self.relu = nn.ReLU()
        self.head = nn.Linear(128, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Give scores, (N, 10)."""
        x = F.max_pool2d(F.relu(self.conv1(images)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        scores: Tensor = self.head(self.relu(self.features(x.flatten(1))))
        return scores


def inputs_of(images: np.ndarray) -> Tensor:
    """Normalise codes of 8 bits, (N, 1, 28, 28)."""
    return (torch.from_numpy(images.astype(np.float32)) / 255 - MEAN) / STD


def trained(model: nn.Module, data: Pictures, *, steps: int, seed: int) -> nn.Module:
    """Train by stochastic gradient descent with momentum; print the share of test images right."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    numbers = np.random.default_rng(seed)
    for _ in range(steps):
        at = numbers.integers(len(data.images), size=128)
        loss = F.cross_entropy(model(inputs_of(data.images[at])), torch.from_numpy(data.labels[at]))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        right = (
            model(inputs_of(data.test_images[:2000])).argmax(1).numpy() == data.test_labels[:2000]
        )
    print(f"{type(model).__name__}: {right.mean():.1%} of test images right")
    return model.eval()


def run(ctx: Context, name: str, folder: Path, **params: object) -> Result:
    """Run a method as a job of its own."""
    jobs = JobsFolder(folder, inside=folder)
    job = jobs.create(JobRequest(id=new_job_id(), run="run", method=name, step=None, params=params))
    ctx.shelf = Shelf(jobs, job.id)
    begin = time.perf_counter()
    (done,) = execute([method(name, **params)], ctx, on_error="raise").results
    print(f"{name}: {time.perf_counter() - begin:.1f} s")
    return done.result


def verdict(*, holds: bool) -> str:
    """Give a word for it."""
    return "holds" if holds else "FAILS"


def write_sheet(path: Path, fitted: Result, made: Result) -> None:
    """Write both results below each other, three times as large."""
    rows = []
    for result, columns in ((fitted, 8), (made, 5)):
        codes = (np.asarray(result.arrays["images"]) * 255).round().astype(np.uint8)
        row = Image.fromarray(lay_out(codes, columns=columns))
        rows.append(row.resize((3 * row.width, 3 * row.height), Image.Resampling.NEAREST))
    sheet = Image.new("RGB", (max(r.width for r in rows), sum(r.height for r in rows)))
    sheet.paste(rows[0], (0, 0))
    sheet.paste(rows[1], (0, rows[0].height))
    sheet.save(path)


def main() -> None:
    """Measure, small or in full."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="60,000 images, 4,000 steps")
    parser.add_argument("--sheet", type=Path, help="PNG to write")
    arguments = parser.parse_args()
    count, steps, iterations = (60_000, 2000, 4000) if arguments.full else (6000, 600, 600)
    keep_memory()
    torch.manual_seed(0)
    data = load_data_set("fashion-mnist")
    model = trained(Features(), data, steps=steps, seed=0)
    judge = trained(SmallNet(channels=1, classes=10), data, steps=steps, seed=1)
    source = PictureArray(
        data.images[:count],
        data.labels[:count],
        mean=[MEAN],
        std=[STD],
        reference="training images",
    )
    ctx = Context(
        capture(model, inputs_of(data.test_images[:2])),
        inputs_of(data.test_images[:20]),
        class_names=data.class_names,
        normalize=Normalize((MEAN,), (STD,)),
        dataset=DataSet(source),
    )
    with tempfile.TemporaryDirectory() as folder:
        fitted = run(ctx, "fit_generator", Path(folder), iterations=iterations)
        made = run(ctx, "code_maximization", Path(folder), units=list(range(10)))
    ratio = fitted.facts["ratio"]
    print(
        f"held-out error {fitted.facts['held_out_error']:.4f}, of the mean image "
        f"{fitted.facts['mean_image_error']:.4f}: {ratio:.2f} × lower "
        f"(target {FACTOR:g}): {verdict(holds=ratio >= FACTOR)}; error of the features "
        f"{fitted.facts['feature_error']:.3f} of the mean code's"
    )
    pictures = torch.from_numpy(made.arrays["images"][..., :1].transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        judged = judge((pictures - MEAN) / STD).softmax(1)
    reached = made.facts["probabilities"]
    for k, name in enumerate(data.class_names):
        taken = int(judged[k].argmax())
        print(
            f"{name:11} {reached[k]:8.4f}   a second network: {judged[k, k]:.3f}"
            + ("" if taken == k else f", takes it for {data.class_names[taken]}")
        )
    independent = int((judged.argmax(1) == torch.arange(10)).sum())
    holds = min(reached) >= REACHED
    print(
        f"lowest probability {min(reached):.4f} (target {REACHED}): {verdict(holds=holds)}; the "
        f"second network agrees with {independent} of 10"
    )
    if arguments.sheet:
        write_sheet(arguments.sheet, fitted, made)
    if ratio < FACTOR or not holds:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
