"""Throughput of training with the recorder at its default budget, against without: at least 0.98.

    python benchmarks/training_throughput.py [--full] [--seconds S] [--pairs P]

ResNet-18 on random images, blocks with and without the recorder in turn. The time of the blocks
without it counts as wall time for its budget too, so it is given half of the default: its share of
the blocks that it runs in is then the default. A block must be long enough to hold captures; the
ratio of all blocks together is printed beside the median, because the median cannot see a cost that
falls into few blocks.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time

import torch
from torch import nn
from torchvision.models import resnet18

import cnnviz
from cnnviz.recording.arguments import DEFAULT_BUDGET


class Loop:
    """A training loop that counts its steps."""

    def __init__(self, *, batch: int, size: int) -> None:
        self.model = resnet18(num_classes=10)
        self.optimiser = torch.optim.SGD(self.model.parameters(), 0.01, momentum=0.9)
        self.images = torch.rand(batch, 3, size, size)
        self.labels = torch.randint(0, 10, (batch,))
        self.steps = 0

    def run(self, seconds: float, recorder: cnnviz.Recorder | None) -> float:
        """Train for some seconds; give steps a second."""
        begin, before = time.perf_counter(), self.steps
        while (elapsed := time.perf_counter() - begin) < seconds:
            loss = nn.functional.cross_entropy(self.model(self.images), self.labels)
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
            if recorder is not None:
                recorder.step(self.steps)
            self.steps += 1
        return (self.steps - before) / elapsed


def main() -> None:
    """Alternate blocks and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="ten pairs of 30 s, batch 32")
    parser.add_argument("--seconds", type=float, help="of a block")
    parser.add_argument("--pairs", type=int)
    arguments = parser.parse_args()
    seconds = arguments.seconds or (30.0 if arguments.full else 4.0)
    pairs = arguments.pairs or (10 if arguments.full else 3)
    torch.manual_seed(0)
    loop = Loop(batch=32 if arguments.full else 8, size=64)
    with tempfile.TemporaryDirectory() as folder:
        recorder = cnnviz.Recorder(
            loop.model,
            folder,
            examples=torch.rand(8, 3, 64, 64),
            normalize=(0.0, 1.0),
            budget=DEFAULT_BUDGET / 2,
        )
        loop.run(seconds, recorder)  # warms up, and pays for the early steps
        taken, took = recorder.captures, recorder.seconds
        rates = [(loop.run(seconds, None), loop.run(seconds, recorder)) for _ in range(pairs)]
        taken, took = recorder.captures - taken, recorder.seconds - took
        recorder.close()
    ratios = [on / off for off, on in rates]
    total = sum(on for _, on in rates) / sum(off for off, _ in rates)
    share = took / pairs / seconds
    print(f"{taken} captures in {pairs} blocks of {seconds:.0f} s took {share:.2%} of them")
    median = statistics.median(ratios)
    print(f"throughput with / without: {median:.3f} median of blocks, {total:.3f} in all")
    print(f"target ≥ 0.98: {'holds' if median >= 0.98 else 'MISSED'}")


if __name__ == "__main__":
    main()
