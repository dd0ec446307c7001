"""When to capture, and which methods: a fixed cadence in steps, or a share of wall time.

Both schedules answer `due(step, now)` and name the `next_step` before which nothing can be due, so
that the recorder's own test between captures is one comparison. Methods are numbered as the
recorder lists them.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

__all__ = ["BORROWED_SECONDS", "EARLY_STEPS", "Budget", "FixedCadence", "Schedule"]

TOGETHER_SECONDS: Final = 120.0
"""Methods that fit into the budget of this time are captured together."""

BORROWED_SECONDS: Final = 30.0
"""Early steps may borrow the budget of this time."""

MOST_PER_RUN_TIME: Final = 200
"""Captures are 1/200 of the time since the start apart, or more: a day gives some 1,500."""

EARLY_STEPS: Final = tuple(digit * 10**power for power in range(5) for digit in (1, 2, 5))
"""1, 2, 5, 10 … 50,000: steps that may borrow, because a net changes fastest in the beginning."""


_LAST_STEP: Final = 2**62
"""Stands for never; steps are 64-bit integers in event files."""


class Schedule(Protocol):
    """Decides which methods are due; `next_step` is the first step that is worth asking about."""

    next_step: int

    def due(self, step: int, now: float) -> list[int]:
        """Numbers of the methods to capture at this step; `now` in seconds of a monotonic clock."""

    def paid(self, own: Mapping[int, float], common: float, *, step: int, now: float) -> None:
        """Take note of a capture that ended `now`.

        Args:
            own: seconds that each method took from the loop for itself.
            common: seconds of what they shared: the forward pass, the copy of the weights, …
            step: the capture's.
            now: as of `due`.
        """

    def charge(self, seconds: float) -> None:
        """Take note of seconds that writing the latest capture took beside the loop."""

    def drop(self, method: int) -> None:
        """Never ask for a method again: it failed and was switched off."""


RARE: Final = 10
"""Captures of a fixed cadence, of which the rare methods take one."""


class FixedCadence:
    """All methods at the first step and at every multiple of `every`; rare ones at each tenth."""

    def __init__(self, every: int, methods: Sequence[int], *, rare: Sequence[int] = ()) -> None:
        self.next_step = 0
        self._every = every
        self._methods = list(methods)
        self._rare = frozenset(rare)
        self._asked = 0

    def due(self, step: int, now: float) -> list[int]:  # noqa: ARG002 - of the protocol
        """Give all methods: it is asked at its own `next_step`, or when steps jumped over it."""
        self.next_step = (step // self._every + 1) * self._every
        left_out = frozenset() if self._asked % RARE == 0 else self._rare
        self._asked += 1
        return [method for method in self._methods if method not in left_out]

    def paid(self, own: Mapping[int, float], common: float, *, step: int, now: float) -> None:
        """Do nothing: a fixed cadence has no budget."""

    def charge(self, seconds: float) -> None:
        """Do nothing: a fixed cadence has no budget."""

    def drop(self, method: int) -> None:
        """Leave a method out from now on."""
        self._methods.remove(method)


class Budget:
    """At most `share` of wall time, measured as it goes; the first capture, a warm-up, is free.

    Methods that fit together into the budget of two minutes are captured together, because they
    share the forward pass, and a step that has everything is worth more; so are those that are
    cheaper than what they share, however long that takes. Where not all fit, the cheap ones go
    together on half of the budget, and each of the others saves for itself from the other half: the
    cheap come often, and nothing waits for ever. Each method has a purse for its part; a group is
    due when its purses hold its price. Early steps may borrow half a minute's budget; it is paid
    back before anything else is due.
    """

    def __init__(self, share: float, methods: Sequence[int]) -> None:
        self.next_step = 0
        self.share = share
        self._own = dict.fromkeys(methods, 0.0)
        self._common = 0.0
        self._alone: dict[int, float] = {}
        """What a method took when it was captured alone."""
        self._purse = dict.fromkeys(methods, 0.0)
        self._price = dict.fromkeys(methods, 0.0)
        self._rate = dict.fromkeys(methods, 0.0)
        self._last = dict.fromkeys(methods, 0.0)
        self._groups: list[list[int]] = []
        self._latest: list[int] = []
        self._start = math.inf
        self._checked = (0, 0.0)

    def due(self, step: int, now: float) -> list[int]:
        """Give the methods whose purses hold their cost, as whole groups; at first, all methods."""
        if self._start == math.inf:
            self._start = now
            self._checked = (step, now)
            self.next_step = step + 1
            return list(self._purse)
        seconds = now - self._checked[1]
        for method, rate in self._rate.items():
            # No more than one capture is saved up: a pause never ends in a burst.
            filled = self._purse[method] + rate * seconds
            self._purse[method] = min(filled, max(self._price[method], self._purse[method]))
        early = _early_step_after(self._checked[0]) <= step
        due = [group for group in self._groups if self._wait(group, now, early=early) <= 0]
        self._plan(step, now)
        return [method for group in due for method in group]

    def paid(self, own: Mapping[int, float], common: float, *, step: int, now: float) -> None:
        """Take a capture's cost from the purses, learn from it, and share the budget out anew."""
        first = not self._groups
        captured = [method for method in own if method in self._purse]
        for method in captured:
            self._purse[method] -= 0.0 if first else own[method] + common / len(own)
            self._last[method] = now
        if len(own) == 1 and len(self._purse) > 1:
            self._alone |= {method: own[method] + common for method in captured}
        else:
            # The latest two in equal parts: one slow moment must not hold the next captures up.
            weight = 1.0 if first else 0.5
            self._common += weight * (common - self._common)
            for method in captured:
                self._own[method] += weight * (own[method] - self._own[method])
        self._latest = [] if first else captured
        self._share_out()
        self._checked = (step, now)
        self.next_step = step + 1

    def charge(self, seconds: float) -> None:
        """Take the time of the background writing from the purses of the methods that caused it."""
        for method in self._latest:
            self._purse[method] -= seconds / len(self._latest)

    def drop(self, method: int) -> None:
        """Leave a method out; its part of the budget goes to the others."""
        for table in (self._own, self._alone, self._purse, self._price, self._rate, self._last):
            table.pop(method, None)
        self._latest = [other for other in self._latest if other != method]
        self._share_out()

    def _share_out(self) -> None:
        """Group the methods by what fits together; give each its price and part of the budget."""
        order = sorted(self._own, key=self._own.__getitem__)
        limit = self.share * TOGETHER_SECONDS
        fits = limit if self._common + sum(self._own.values()) <= limit else limit / 2
        together: list[int] = []
        spent = self._common
        for method in order:
            spent += self._own[method]
            # One that is cheaper than what it shares is dearer apart.
            if spent > fits and self._own[method] > self._common:
                break
            together.append(method)
        alone = order[len(together) :]
        half = self.share / 2 if together and alone else self.share
        for method in together:
            self._price[method] = self._own[method] + self._common / len(together)
        total = sum(self._price[method] for method in together)
        for method in together:
            part = self._price[method] / total if total else 1 / len(together)
            self._rate[method] = half * part
        for method in alone:
            self._price[method] = self._alone.get(method, self._own[method] + self._common)
            self._rate[method] = half / len(alone)
        self._groups = [together] * bool(together) + [[method] for method in alone]

    def _wait(self, group: list[int], now: float, *, early: bool = False) -> float:
        """Seconds until a group is due; zero or less when it is."""
        missing = sum(self._price[method] - self._purse[method] for method in group)
        rate = sum(self._rate[method] for method in group)
        if early:
            return missing / rate - BORROWED_SECONDS
        oldest = min(self._last[method] for method in group)
        spacing = (now - self._start) / MOST_PER_RUN_TIME
        return max(missing / rate, oldest + spacing - now)

    def _plan(self, step: int, now: float) -> None:
        """Set the next step worth a look: half of the predicted way, as the loop may speed up."""
        checked_step, checked_at = self._checked
        wait = min((self._wait(group, now) for group in self._groups), default=math.inf)
        seconds_per_step = (now - checked_at) / max(step - checked_step, 1)
        ahead = max(wait / max(seconds_per_step, 1e-9) / 2, 1.0)
        self.next_step = int(min(step + ahead, _early_step_after(step), _LAST_STEP))
        self._checked = (step, now)


def _early_step_after(step: int) -> float:
    """The first of the early steps that is greater, or infinity."""
    index = bisect.bisect_right(EARLY_STEPS, step)
    return EARLY_STEPS[index] if index < len(EARLY_STEPS) else math.inf
