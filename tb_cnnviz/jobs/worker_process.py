"""A worker's process as TensorBoard sees it: orders go in, events come out, its end is noticed."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

__all__ = ["WorkerProcess"]

LONGEST_EVENT: Final = 16 << 20
"""Bytes of a line; the catalogue takes about 50 KB."""
TAIL: Final = 2000


class WorkerProcess:
    """One `python -m cnnviz.worker`, in a session of its own."""

    def __init__(self, device: str, *, on_event: Callable[[], None]) -> None:
        """Start it; it says `ready` when it can take orders.

        Args:
            device: cpu, cuda:N, or auto for the best one.
            on_event: called by a thread when there is something to hear, or the end of it.

        Raises:
            OSError: no process can be started.
        """
        self.started = time.monotonic()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cnnviz.worker", "--device", device],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=_environment(),
                cwd=sys.prefix,  # -m puts it first on the path: it must not be a logdir
                start_new_session=True,
            )
        except OSError:
            self._errors.close()
            raise
        self.pid = self._process.pid
        self._on_event = on_event
        self._events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True, name="cnnviz worker")
        self._listener.start()

    def order(self, order: dict[str, str]) -> bool:
        """Send an order; False when nobody is there to take it."""
        return self._write(msgspec.json.encode(order) + b"\n")

    def heard(self) -> list[dict[str, Any]]:
        """Give the events since the last call."""
        events: list[dict[str, Any]] = []
        with contextlib.suppress(queue.Empty):
            while True:
                events.append(self._events.get_nowait())
        return events

    def rest(self) -> list[dict[str, Any]]:
        """Give the last events of a process that is gone."""
        self._listener.join(timeout=2.0)
        return self.heard()

    def status(self) -> int | None:
        """Give the exit status; None while it lives. What it had started goes with it."""
        if self._process.returncode is None and hasattr(os, "waitid"):
            with contextlib.suppress(ChildProcessError):
                how = os.WEXITED | os.WNOHANG | os.WNOWAIT
                if os.waitid(os.P_PID, self.pid, how) is None:
                    return None
                self._kill()  # its id is taken until it is waited for
        return self._process.poll()

    def let_go(self) -> None:
        """Take no more orders to it: it finishes the job at hand and ends."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def end(self) -> None:
        """Kill it with everything that it started, and leave no zombie and no open file."""
        if self.status() is None:
            self._kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # stuck in a driver: reaped later
            self._process.wait(timeout=10.0)
        self.let_go()
        self._listener.join(timeout=5.0)
        if self._process.stdout is not None and not self._listener.is_alive():
            self._process.stdout.close()
        self._errors.close()

    def how_it_ended(self) -> str:
        """Say how a process that is gone went, one clause."""
        code = self._process.poll()
        if code is None or code >= 0:
            return f"ended with status {code}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        if -code == getattr(signal, "SIGKILL", 9):
            return f"was killed ({name}: by hand, or by the system because memory ran out)"
        return f"crashed ({name})"

    def last_words(self) -> str:
        """Give the end of what it printed outside any job."""
        try:
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(size - TAIL, 0))
            return self._errors.read().decode("utf-8", errors="replace").strip()
        except (OSError, ValueError):
            return ""

    def _write(self, data: bytes) -> bool:
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            return False
        try:
            pipe.write(data)
            pipe.flush()
        except OSError:
            return False
        return True

    def _listen(self) -> None:
        pipe = self._process.stdout
        if pipe is None:
            return
        with contextlib.suppress(OSError, ValueError):
            while line := pipe.readline(LONGEST_EVENT):
                with contextlib.suppress(msgspec.MsgspecError):
                    self._events.put(msgspec.json.decode(line, type=dict[str, Any]))
                self._on_event()
        self._on_event()

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.pid, signal.SIGKILL)
            else:
                self._process.kill()


def _environment() -> dict[str, str]:
    """Keep the environment, but make PYTHONPATH mean the same in another folder."""
    paths = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, paths))}
