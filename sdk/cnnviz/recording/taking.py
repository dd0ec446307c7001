"""Taking a capture in the loop: run what is due, copy what is live, measure what it took."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cnnviz.contract.records import Manifest
from cnnviz.core.context import Context
from cnnviz.core.entries import entry_of, key_of
from cnnviz.core.execute import Execution, execute
from cnnviz.core.forward import wait_for
from cnnviz.core.requests import Request
from cnnviz.core.versions import versions
from cnnviz.recording.journal import Capture
from cnnviz.recording.weights import WeightCopies

__all__ = ["Taken", "Taker"]


class Taken(NamedTuple):
    """A capture and what it cost the loop."""

    capture: Capture
    own: Mapping[int, float]
    """Seconds of each method by its number."""
    common: float
    """Seconds of what they shared."""
    failed: Mapping[int, str]
    """Why methods gave nothing, by their number."""
    reasons: Mapping[str, str]
    """The same by the requests' keys."""


class Taker:
    """Takes captures of one net for one run.

    Args:
        ctx: the net and its examples.
        requests: the methods, numbered from 0 in this order; those that look through a data set
            have one number, the last, because they share one pass.
        run: the run's name.
        with_weights: whether a capture carries a copy of all weights.
    """

    def __init__(
        self, ctx: Context, requests: Sequence[Request], *, run: str, with_weights: bool
    ) -> None:
        self.ctx = ctx
        self.units = [[one] for one in requests if not one.method.needs_dataset]
        """The requests of each number."""
        of_dataset = [one for one in requests if one.method.needs_dataset]
        self.rare = [len(self.units)] if of_dataset else []
        """The number of the methods that look through a data set."""
        self.units += [of_dataset] * bool(of_dataset)
        self._run = run
        self._with_weights = with_weights
        self._copies = WeightCopies()
        self._session = secrets.token_hex(8)
        self._wall_time = 0.0

    def take(self, step: int, due: Sequence[int]) -> Taken:
        """Run the methods with these numbers once; a failing one does not stop the others."""
        net = self.ctx.net
        wait_for(net.device)  # what training still computes is not our cost
        started = time.perf_counter()
        requests = [request for number in due for request in self.units[number]]
        execution = execute(requests, self.ctx)
        weights = self._copies.copy(net.weights(), net.device) if self._with_weights else None
        capture = Capture(
            self._manifest(step, execution),
            {key_of(done): done.result.arrays for done in execution.results},
            weights,
            execution.gathered,
        )
        seconds = time.perf_counter() - started
        reasons = {skipped.method: skipped.reason for skipped in execution.skipped}
        failed: dict[int, str] = {}
        own: dict[int, float] = {}
        took = {done.request.key: done.seconds for done in execution.results}
        for number in due:
            keys = [request.key for request in self.units[number]]
            self.units[number] = [one for one in self.units[number] if one.key not in reasons]
            if not self.units[number]:
                failed[number] = reasons[keys[0]]
            own[number] = sum(took.get(key, 0.0) for key in keys)
            own[number] += execution.dataset_seconds if number in self.rare else 0.0
        common = max(seconds - sum(own.values()), 0.0)
        return Taken(capture, own, common, failed, reasons)

    def _manifest(self, step: int, execution: Execution) -> Manifest:
        self._wall_time = max(time.time(), self._wall_time + 1e-6)  # readers order by it
        return Manifest(
            run=self._run,
            step=step,
            wall_time=self._wall_time,
            session=self._session,
            model_digest=self.ctx.net.digest,
            device=str(self.ctx.net.device),
            versions=versions(),
            checkpoint=self._with_weights,
            records=[entry_of(done, self.ctx.seed) for done in execution.results],
            skipped=execution.skipped,
        )
