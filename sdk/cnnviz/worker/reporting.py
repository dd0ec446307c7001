"""A method's reports on their way to the status file, and a wish to cancel on its way back."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any, Final

import msgspec
import numpy as np
import torch
from torch import Tensor

from cnnviz.contract.jobs import JobStatus
from cnnviz.core.context import Objective, Picture
from cnnviz.errors import JobCancelled
from cnnviz.storage.jobs import Job
from cnnviz.worker.curves import Curve, Pace
from cnnviz.worker.sheets import make_sheet

__all__ = ["Reporter", "number_of"]

LOOK: Final = 0.05
"""Seconds between two looks at the objective."""
PICTURE: Final = 0.4
"""Seconds between two pictures, if making one takes no more than a twentieth of that."""
SLOWEST_PICTURE: Final = 3.0
TICK: Final = 0.1
"""Seconds between two looks at the wish to cancel."""
WRITE: Final = 0.4
"""Seconds between two statuses on the disk."""


class Reporter:
    """What a `Context` reports to; a thread of its own writes, so that a report costs nothing.

    Used as a context manager around all the work on a job; `working()` is around the part that may
    be broken off.
    """

    def __init__(
        self, job: Job, status: JobStatus, *, on_tick: Callable[[], None] = lambda: None
    ) -> None:
        """Take a job that this process has claimed.

        Args:
            job: where to write.
            status: as it is now.
            on_tick: called by the thread now and then.
        """
        self._job, self._status, self._on_tick = job, status, on_tick
        self.cancelled = False
        self.picture: np.ndarray | None = None
        """(N, C, H, W): the last picture that was taken."""
        self.done = self.total = 0
        self._curve, self._pace = Curve(), Pace()
        self._lock = threading.Lock()
        self._next_look = self._next_picture = 0.0
        self._progressed = time.time()
        self._fresh_picture = False
        self._interruptible = False
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._keep_writing, daemon=True, name="reporter")

    def __enter__(self) -> Reporter:
        """Begin to write."""
        self._write()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop writing; what comes after is the last word."""
        self._ended.set()
        self._wake.set()
        self._thread.join()

    def __call__(self, done: int, total: int, preview: Picture, objective: Objective) -> None:
        """Take a report in the thread that works.

        Raises:
            JobCancelled: the job was taken back.
        """
        self.done, self.total = done, total
        if self.cancelled:
            raise JobCancelled
        now = time.monotonic()
        if now < self._next_look and done < total:
            return
        self._next_look = now + LOOK
        self._progressed = time.time()
        interruptible, self._interruptible = self._interruptible, False  # it holds a lock
        try:
            self._note(now, done, objective)
            if preview is not None and (now >= self._next_picture or done >= total):
                self._take(preview)
        finally:
            self._interruptible = interruptible

    def say(self, message: str, **changes: Any) -> None:
        """Say what goes on; it shows at once."""
        with self._lock:
            self._status = msgspec.structs.replace(self._status, message=message, **changes)
            self._progressed = time.time()
        self._wake.set()

    def begin_again(self) -> None:
        """Forget the curve and the pace: the method is run anew."""
        with self._lock:
            self._curve, self._pace, self.done = Curve(), Pace(), 0

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let a wish to cancel break the block off, also where the method never reports.

        SIGINT goes on to who took it before: that may be a person who wishes it.

        Raises:
            JobCancelled: the job was taken back.
        """
        previous = signal.getsignal(signal.SIGINT)
        signal.signal(signal.SIGINT, partial(self._interrupted, previous))
        self._interruptible = True
        try:
            yield
        finally:
            self._interruptible = False
            signal.signal(signal.SIGINT, previous)

    def status(self) -> JobStatus:
        """Give the status as it is now."""
        with self._lock:
            return msgspec.structs.replace(
                self._status,
                iteration=self.done,
                total=self.total,
                rate=self._pace.rate,
                remaining=self._pace.remaining(self.total),
                objective=self._curve.points(),
                updated=time.time(),
                progressed=self._progressed,
            )

    def _note(self, now: float, done: int, objective: Objective) -> None:
        value = None if objective is None else number_of(objective)
        with self._lock:
            self._pace.mark(now, done)
            if value is not None:
                self._curve.add(done, value)

    def _take(self, preview: Tensor | Callable[[], Tensor]) -> None:
        started = time.monotonic()
        with torch.no_grad():
            tensor = preview() if callable(preview) else preview
            picture = tensor.detach().to("cpu", torch.float32, copy=True).numpy()
        if picture.ndim != 4 or 0 in picture.shape:
            message = f"a preview must be (N, C, H, W), got {picture.shape}"
            raise ValueError(message)
        with self._lock:
            self.picture, self._fresh_picture = picture, True
        now = time.monotonic()
        self._next_picture = now + min(max(PICTURE, 20 * (now - started)), SLOWEST_PICTURE)
        self._wake.set()

    def _interrupted(self, previous: object, number: int, frame: FrameType | None) -> None:
        if self._interruptible and self.cancelled:
            raise JobCancelled
        if callable(previous) and not self.cancelled:
            previous(number, frame)

    def _keep_writing(self) -> None:
        next_write = 0.0
        while not self._ended.is_set():
            with suppress(OSError):  # the disk may be full for a while
                self._look_for_cancel()
                self._on_tick()
                now = time.monotonic()
                if now >= next_write or self._wake.is_set():
                    self._wake.clear()
                    self._write()
                    next_write = now + WRITE
            self._wake.wait(TICK)

    def _write(self) -> None:
        with self._lock:
            picture = self.picture if self._fresh_picture else None
            self._fresh_picture = False
        if picture is not None:
            digest = self._job.write_preview(make_sheet(picture))
            with self._lock:
                self._status = msgspec.structs.replace(self._status, preview=digest)
        self._job.write_status(self.status())

    def _look_for_cancel(self) -> None:
        gone = not self._job.folder.is_dir()
        if not self.cancelled and (gone or self._job.cancel_asked()):
            self.cancelled = True
            self.say("stopping", state="cancelling")
        elif self.cancelled and self._interruptible:
            _thread.interrupt_main()  # it did not come to a report within a tick


def number_of(objective: float | Tensor | Callable[[], float | Tensor]) -> float:
    """Give the one number that an objective comes to."""
    value = objective() if callable(objective) else objective
    return float(value.detach().float().mean()) if isinstance(value, Tensor) else float(value)
