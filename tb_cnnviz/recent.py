"""A bounded memory of what was asked for lately, shared by threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

__all__ = ["Recent"]

V = TypeVar("V")


class Recent(Generic[V]):
    """Values by key; those not asked for longest go when the limit is passed."""

    def __init__(self, limit: int, *, weigh: Callable[[V], int] = lambda _: 1) -> None:
        """Set the limit.

        Args:
            limit: of the sum of weights; the newest value stays even when it alone weighs more.
            weigh: what a value counts; by default 1, so that `limit` is their number.
        """
        self._limit, self._weigh = limit, weigh
        self._values: OrderedDict[Hashable, V] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable) -> V | None:
        """Give a value, None when it is not kept (any more)."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def keep(self, key: Hashable, value: V) -> None:
        """Keep a value as the newest."""
        with self._lock:
            self._take(key)
            self._values[key] = value
            self._weight += self._weigh(value)
            while self._weight > self._limit and len(self._values) > 1:
                self._take(next(iter(self._values)))

    def get_or_make(self, key: Hashable, make: Callable[[], V]) -> V:
        """Give a value, made if it is not kept; whoever asks meanwhile waits for the same one."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                value = self.get(key)
                if value is None:
                    value = make()
                    self.keep(key, value)
                return value
        finally:
            with self._lock:
                self._making.pop(key, None)

    def drop(self, key: Hashable) -> bool:
        """Forget a value; say whether it was kept."""
        with self._lock:
            return self._take(key)

    def _take(self, key: Hashable) -> bool:
        value = self._values.pop(key, None)
        if value is not None:
            self._weight -= self._weigh(value)
        return value is not None
