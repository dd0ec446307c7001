"""Random number generators, put back as they were."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["random_state_kept"]


@contextmanager
def random_state_kept(kept: bool = True, device: torch.device | None = None) -> Iterator[None]:
    """Restore the generators of Python, NumPy and torch (CUDA's where it is in use) on leaving.

    Args:
        kept: False does nothing.
        device: only this device's generator beside the CPU's; None means all that are in use.
    """
    if not kept:
        yield
        return
    python, cpu = random.getstate(), torch.get_rng_state()
    numpy = sys.modules.get("numpy")
    array = numpy.random.get_state() if numpy is not None else None
    cuda = _cuda_states(device)
    try:
        yield
    finally:
        random.setstate(python)
        torch.set_rng_state(cpu)
        if numpy is not None:
            numpy.random.set_state(array)
        for index, state in cuda.items():
            torch.cuda.set_rng_state(state, index)


def _cuda_states(device: torch.device | None) -> dict[int, torch.Tensor]:
    in_use: bool = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    if not in_use:
        return {}
    if device is None:
        indices = list(range(torch.cuda.device_count()))
    elif device.type == "cuda":
        indices = [device.index]
    else:
        return {}
    return {index: torch.cuda.get_rng_state(index) for index in indices}
