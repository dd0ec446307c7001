"""Which of several processes records: one, found without a word to the others."""

from __future__ import annotations

import os

import torch.distributed as dist

__all__ = ["is_recording_rank"]


def is_recording_rank() -> bool:
    """Tell whether this process is rank 0, or the only one.

    No collective is called, so nothing can wait for another process. Before the process group is
    made, the environment that torchrun sets is asked.
    """
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank() == 0
    if "WORLD_SIZE" in os.environ:
        return os.environ.get("RANK", "0") == "0"
    return True
