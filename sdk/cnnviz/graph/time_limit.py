"""Running a long computation that can be given up.

torch.export may take minutes to solve for free image sizes (measured: 187 s for one transformer).
It runs in a thread of ours; when its time is over, an exception is raised in that thread, which
undoes what the exporter has set up on its way out. A signal would reach the user's own thread, a
child process would need the user's code to be importable.
"""

from __future__ import annotations

import contextvars
import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

__all__ = ["OutOfTime", "run_within"]

T = TypeVar("T")

_POLL_SECONDS = 0.2
_CLEAN_UP_SECONDS = 2.0
"""Before the exception is raised again; long enough to undo what was set up."""


class OutOfTime(Exception):  # noqa: N818 - it is an outcome, not a failure
    """The time that was given is over."""


class _GiveUp(BaseException):
    """Raised inside the thread; no Exception, so that the exporter's own handlers let it pass."""


class _Work(threading.Thread, Generic[T]):
    """A thread that keeps what its function gave."""

    def __init__(self, function: Callable[[], T]) -> None:
        super().__init__(name="cnnviz-capture", daemon=True)
        self._function = function
        self._context = contextvars.copy_context()
        self.value: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.value.append(self._context.run(self._function))
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            self.error = error

    def give_up(self) -> None:
        """Raise in the thread until it has ended: one exception can be lost in a destructor."""
        with _quiet_about_giving_up():
            while self.is_alive():
                identity = ctypes.c_ulong(self.ident or 0)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(_GiveUp))
                self.join(_CLEAN_UP_SECONDS)


@contextmanager
def _quiet_about_giving_up() -> Iterator[None]:
    """Keep Python from printing that our exception was lost in a destructor."""
    before = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        if unraisable.exc_type is not _GiveUp:
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def run_within(seconds: float, function: Callable[[], T]) -> T:
    """Call a function in a thread of its own and give it up when its time is over.

    Args:
        seconds: time given; giving up takes a moment more, until the function is back in Python
            code.
        function: takes nothing; must leave the caller's objects alone, for it may stop anywhere.

    Returns:
        What the function returned.

    Raises:
        OutOfTime: it took too long.
    """
    work = _Work(function)
    deadline = time.monotonic() + seconds
    work.start()
    try:
        while work.is_alive() and time.monotonic() < deadline:
            work.join(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic())))
    finally:
        if work.is_alive():
            work.give_up()
    if work.value:
        return work.value[0]
    if work.error is None or isinstance(work.error, _GiveUp):
        message = f"not done within {seconds:g} s"
        raise OutOfTime(message)
    raise work.error
