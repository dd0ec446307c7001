"""A worker whose TensorBoard is gone finishes its job; one that hangs then has nobody to end it."""

from __future__ import annotations

import os
import time
from typing import Final

import msgspec

from cnnviz.contract.jobs import JobStatus
from cnnviz.storage.jobs import Job

__all__ = ["is_forgotten", "leave"]

HANGING: Final = 90.0
"""Seconds without a report; longer than TensorBoard's own patience, which comes first."""

_parent: Final = os.getppid()


def is_forgotten(status: JobStatus) -> bool:
    """Tell whether the method hangs and who started this process is gone."""
    if os.name != "posix" or os.getppid() == _parent or status.progressed is None:
        return False
    return time.time() - status.progressed > HANGING


def leave(job: Job, status: JobStatus) -> None:
    """End this process at once, with a last word."""
    message = f"the method did not report for {HANGING:.0f} s, and TensorBoard is gone"
    now = time.time()
    try:
        job.write_status(
            msgspec.structs.replace(
                status, state="failed", kind="WorkerError", message=message, finished=now
            )
        )
    finally:
        os._exit(1)
