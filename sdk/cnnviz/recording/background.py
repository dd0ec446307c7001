"""One thread that writes captures while training goes on, without holding the loop up."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

__all__ = ["CAPACITY", "BackgroundWriter"]

T = TypeVar("T")

CAPACITY: Final = 2
"""Captures that may wait while one is written; a slow disk skips captures instead."""


class BackgroundWriter(Generic[T]):
    """Writes items in the order they are offered, in one daemon thread.

    The thread starts with the first item.

    Args:
        write: called in the thread with each item.
        on_error: called in the thread with what `write` raised; the next item is tried again.
        name: of the thread.
    """

    def __init__(
        self, write: Callable[[T], None], *, on_error: Callable[[Exception], None], name: str
    ) -> None:
        self.cpu_seconds = 0.0
        """Processor time the thread has used: the most that it can have taken from the loop."""
        self._write = write
        self._on_error = on_error
        self._items: queue.Queue[T | None] = queue.Queue()
        self._slots = threading.BoundedSemaphore(CAPACITY + 1)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._closed = False

    def reserve(self, *, wait: float = 0.0) -> bool:
        """Take a place for one item, or say that there is none within `wait` seconds."""
        return not self._closed and self._slots.acquire(timeout=wait)

    def offer(self, item: T) -> None:
        """Hand over an item for which a place is reserved."""
        if not self._thread.is_alive():
            self._thread.start()
        self._items.put(item)

    @property
    def waiting(self) -> int:
        """Items offered and not yet written."""
        return self._items.unfinished_tasks

    def give_back(self) -> None:
        """Free a reserved place that is not needed after all."""
        self._slots.release()

    def close(self, time_limit: float) -> bool:
        """Write what waits, then end the thread.

        Args:
            time_limit: seconds to wait at most; what is not written by then may be lost.

        Returns:
            Whether everything was written in time.
        """
        self._closed = True
        if not self._thread.is_alive():
            return True
        self._items.put(None)
        self._thread.join(time_limit)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._items.get()) is not None:
            try:
                self._write(item)
            except Exception as error:  # noqa: BLE001 - whatever happens, training goes on
                self._on_error(error)
            del item
            self.cpu_seconds = time.thread_time()
            self._slots.release()
            self._items.task_done()
