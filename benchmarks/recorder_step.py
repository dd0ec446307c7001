"""What `recorder.step()` costs between captures: under 5 µs.

python benchmarks/recorder_step.py [--full]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time

import torch
from torch import nn

import cnnviz

TARGET = 5e-6


def seconds_per_call(step, *, blocks: int, calls: int, start: int) -> list[float]:
    """Seconds a call takes, one mean for each block of calls with increasing steps."""
    found = []
    for block in range(blocks):
        numbers = range(start + block * calls, start + (block + 1) * calls)
        begin = time.perf_counter()
        for number in numbers:
            step(number)
        found.append((time.perf_counter() - begin) / calls)
    return found


def nothing(step: int) -> None:
    """The peer: an empty call."""


def main() -> None:
    """Measure a fixed cadence between two captures, beside an empty function."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="ten times as many calls")
    full = parser.parse_args().full
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 4))
    size = {"blocks": 200 if full else 20, "calls": 10_000}
    with tempfile.TemporaryDirectory() as folder:
        recorder = cnnviz.Recorder(
            model, folder, examples=torch.rand(2, 3, 8, 8), normalize=(0.0, 1.0), every=10**9
        )
        recorder.step(0)
        ours = seconds_per_call(recorder.step, start=1, **size)
        empty = seconds_per_call(nothing, start=1, **size)
        taken = recorder.captures
        recorder.close()
    assert taken == 1, "a capture was taken while calls between captures were measured"
    median, peer = statistics.median(ours), statistics.median(empty)
    print(
        f"recorder.step off cadence: {median * 1e6:.3f} µs median, {max(ours) * 1e6:.3f} µs at most"
    )
    print(f"an empty call: {peer * 1e6:.3f} µs; ratio {median / peer:.2f}")
    print(f"target < {TARGET * 1e6:.0f} µs: {'holds' if median < TARGET else 'MISSED'}")


if __name__ == "__main__":
    main()
