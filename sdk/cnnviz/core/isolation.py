"""Random state, autocast and grad mode around a run: as they were afterwards, also on error."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import torch

__all__ = ["cpu_by_default", "isolated", "seed_all"]


@contextmanager
def cpu_by_default() -> Iterator[None]:
    """Make new tensors on the CPU unless told otherwise, whatever `set_default_device` said."""
    if torch.get_default_device().type == "cpu":
        yield
        return
    with torch.device("cpu"):
        yield


@contextmanager
def isolated(device: torch.device, seed: int) -> Iterator[None]:
    """Run a block with autocast off and its own random numbers.

    The global generators (torch's on the CPU and on `device`, numpy's, Python's) are seeded with
    `seed` inside, so that a method that draws from them repeats itself, and get their state back
    afterwards. Inference mode is left, because nothing could be derived in it, and so is a default
    device.
    """
    python_state, numpy_state = random.getstate(), np.random.get_state()
    with ExitStack() as stack:
        stack.enter_context(cpu_by_default())
        stack.enter_context(torch.inference_mode(mode=False))
        stack.enter_context(torch.random.fork_rng(devices=_cuda(device)))
        for kind in {"cpu", device.type} & {"cpu", "cuda", "xpu", "mps"}:
            stack.enter_context(torch.autocast(kind, enabled=False))
        try:
            seed_all(device, seed)
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)


def seed_all(device: torch.device, seed: int) -> None:
    """Seed the generators that `isolated` gives back their state; only inside of it."""
    # torch.manual_seed would seed the generators of every device, forked or not.
    torch.default_generator.manual_seed(seed)
    for index in _cuda(device):
        torch.cuda.default_generators[index].manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


def _cuda(device: torch.device) -> list[int]:
    return [device.index or 0] if device.type == "cuda" else []
