"""What TensorBoard's flags say about jobs, and whether they are on."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tb_cnnviz.security import is_loopback

__all__ = ["JobSettings"]

DEVICE: Final = re.compile(r"cpu|cuda:\d{1,3}")
IDLE_SECONDS: Final = 600.0
NO_TORCH: Final = (
    "jobs need PyTorch in TensorBoard's environment: pip install torch torchvision, then start "
    "TensorBoard again"
)
SWITCHED_OFF: Final = "jobs are switched off by --cnnviz_jobs=off"
OPEN_TO_OTHERS: Final = (
    "other machines can reach this TensorBoard, so jobs are off: start it with --cnnviz_jobs=on to "
    "let whoever opens it use this machine"
)


@dataclass(frozen=True, kw_only=True)
class JobSettings:
    """Whether jobs may be asked for, and where they run."""

    reason: str
    """Why they are off, one sentence; empty when they are on."""
    devices: tuple[str, ...]
    """Those named by the user; none: what the worker finds."""
    idle_seconds: float
    """How long a worker without a job stays."""

    @property
    def on(self) -> bool:
        """Tell whether jobs may be asked for."""
        return not self.reason

    @classmethod
    def from_flags(cls, flags: Any, *, local: bool) -> JobSettings:
        """Read the flags; those that are absent count as not given.

        Args:
            flags: TensorBoard's.
            local: whether there is a logdir on this machine's disk.
        """
        mode = str(getattr(flags, "cnnviz_jobs", None) or "auto")
        idle = getattr(flags, "cnnviz_idle_timeout", None)
        text = str(getattr(flags, "cnnviz_devices", None) or "auto")
        names = () if text.strip() == "auto" else _names(text)
        return cls(
            reason=_reason(mode, flags, names, local=local),
            devices=tuple(name for name in names if DEVICE.fullmatch(name)),
            idle_seconds=max(float(IDLE_SECONDS if idle is None else idle), 0.0),
        )


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _reason(mode: str, flags: Any, names: Sequence[str], *, local: bool) -> str:
    if mode == "off":
        return SWITCHED_OFF
    if importlib.util.find_spec("torch") is None:
        return NO_TORCH
    if not local:
        return "jobs need the logdir as a folder of this machine: copy it here, or mount it"
    wrong = [name for name in names if not DEVICE.fullmatch(name)]
    if wrong:
        return f"--cnnviz_devices names {wrong[0][:40]!r}: it takes auto, cpu, cuda:0,cuda:1, …"
    host = str(getattr(flags, "host", None) or "localhost")
    exposed = bool(getattr(flags, "bind_all", False)) or not is_loopback(host)
    return OPEN_TO_OTHERS if exposed and mode != "on" else ""
