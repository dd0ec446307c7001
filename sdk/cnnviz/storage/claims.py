"""Who has taken a job, and whether that process still lives."""

from __future__ import annotations

import os
import time
from pathlib import Path

from cnnviz.contract.jobs import Claim
from cnnviz.storage.whole_files import host_name, process_lives

__all__ = ["claim_lives", "make_claim", "process_birth"]


def make_claim(device: str) -> Claim:
    """Say that this process has taken a job."""
    return Claim(
        pid=os.getpid(),
        host=host_name(),
        birth=process_birth(os.getpid()),
        device=device,
        claimed=time.time(),
    )


def claim_lives(claim: Claim) -> bool | None:
    """Tell whether the process that made a claim is there; None where this cannot be known."""
    if claim.host != host_name() or os.name != "posix":
        return None
    if claim.pid < 1 or not process_lives(claim.pid):
        return False
    birth = process_birth(claim.pid)
    if claim.birth and birth:
        return birth == claim.birth
    return None


def process_birth(pid: int) -> str:
    """Say when a process was started, in the system's own words; empty where it does not tell.

    A zombie, which is dead but not yet waited for, has none.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()  # the program's name may hold anything
    return "dead" if fields[0] in "ZX" else f"{boot}-{fields[19]}"
