"""A run that meets the end of the device's memory is tried again in smaller batches."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Final

import torch

from cnnviz.core.context import Context
from cnnviz.core.execute import Execution, execute
from cnnviz.core.requests import Request
from cnnviz.errors import WorkerError

__all__ = ["device_works", "execute_within_memory", "free_memory", "is_out_of_memory"]

LIMITS: Final = (None, 16, 4, 1)
"""Pictures at once, in the order they are tried; None: as many as the method likes."""


def execute_within_memory(
    request: Request, ctx: Context, *, on_retry: Callable[[int], None]
) -> Execution:
    """Run one method; where it allows that, again in smaller batches when memory runs out.

    Args:
        request: the method and its parameters.
        ctx: its `batch_limit` is set.
        on_retry: called with the limit before a further try.

    Raises:
        WorkerError: the device's memory does not do, and what would help.
    """
    limits = LIMITS if request.method.batched else LIMITS[:1]
    for limit in limits:
        if limit is not None:
            on_retry(limit)
        ctx.batch_limit = limit
        try:
            return execute([request], ctx, on_error="raise")
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            reason = str(error).partition("\n")[0][:300]
        free_memory(ctx.net.device)  # the failed run's tensors went with its traceback
    help_ = "one picture at once is too much" if request.method.batched else "try fewer examples"
    message = f"the memory of {ctx.net.device} does not do for {request.method.name} ({reason})"
    raise WorkerError(f"{message}: {help_}, a smaller size, or another device")


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether a device or this machine had no memory left."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def free_memory(device: torch.device) -> None:
    """Give back to a GPU what this process keeps but does not use."""
    if device.type == "cuda":
        gc.collect()
        torch.cuda.empty_cache()


def device_works(device: str) -> bool:
    """Tell whether a device still obeys; a failed kernel takes its process's whole context."""
    if device == "cpu":
        return True
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        return False
    return True
