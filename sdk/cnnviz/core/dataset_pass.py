"""One streaming forward pass over a data set, for all methods that look through it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from cnnviz.core.collecting import Collector, Pass, Seen
from cnnviz.core.datasets import Batch, DataSet, spread
from cnnviz.core.forward import wait_for
from cnnviz.core.gathering import MOST_PROBLEMS, Gathered, Gathering
from cnnviz.core.pass_state import Keeps, PassState, key_of_pass
from cnnviz.errors import UnsuitableError

if TYPE_CHECKING:
    from cnnviz.contract.results import Result
    from cnnviz.core.context import Context
    from cnnviz.core.requests import Request

__all__ = ["DatasetPass"]

VALUES_AT_ONCE: Final = 5 << 18
"""Numbers of the images in one batch: eight of 224 px. Of larger batches a CPU's caches hold less,
and every large output is memory that the system must clear first: a tenth of the time."""
MORE_ON_GPU: Final = 8
MOST_AT_ONCE: Final = 256
PROBE: Final = 2
"""Batches by which the speed is found; the first warms up."""
SHARE_OF_PASS: Final = 0.7
"""Of the time allowed: the rest is for what methods make of it."""


class DatasetPass:
    """The pass that all due data-set methods share; made when its first result is asked for.

    It fails as a whole where the network does, and for a single method where that one does.
    """

    def __init__(self, ctx: Context, requests: Sequence[Request]) -> None:
        """Prepare; nothing runs yet.

        Args:
            ctx: the network, its data set, or the examples that stand for one.
            requests: of methods that look through it.
        """
        self.seconds = 0.0
        """What it took, until the methods made their results."""
        self.gathered: Gathered | None = None
        """The file of a data set that was new."""
        self._ctx, self._requests = ctx, list(requests)
        self._collectors: dict[str, Collector] = {}
        self._failures: dict[str, Exception] = {}
        self._done: Pass | None = None
        self._failure: Exception | None = None

    def results(self, request: Request) -> list[Result]:
        """Give what came of it for one method.

        Raises:
            Exception: what the network, or this method, raised.
        """
        if self._failure is None and self._done is None:
            started = time.perf_counter()
            try:
                with torch.no_grad():
                    self._done = self._run()
            except Exception as error:  # noqa: BLE001 - raised below, for each who asks
                self._failure = error
            wait_for(self._ctx.place.device)
            self.seconds = time.perf_counter() - started
        failure = self._failure or self._failures.get(request.key)
        if failure is not None:
            raise failure
        assert self._done is not None
        return self._collectors.pop(request.key).results(self._done)

    def _run(self) -> Pass:
        ctx, data = self._ctx, self._ctx.data_set()
        taps: dict[str, None] = {}
        for request in self._requests:
            with self._noted(request.key):
                taps |= dict.fromkeys(request.method.layers(ctx.net, request.params))
                self._collectors[request.key] = request.method.collector(ctx, request.params)
        shape = ctx.examples.shape[1:]
        values = VALUES_AT_ONCE * (1 if ctx.place.device.type == "cpu" else MORE_ON_GPU)
        size = ctx.batch_limit or max(1, min(MOST_AT_ONCE, values // shape.numel()))
        return self._go_through(data, list(taps), size)

    def _go_through(self, data: DataSet, taps: list[str], size: int) -> Pass:
        gathering = None
        if data.positions is None:
            gathering = Gathering(data.source, self._ctx.examples, self._ctx.normalize)
        wanted = data.positions
        if wanted is None and data.source.total is not None:
            wanted = self._choose(data, taps, size)
        total = data.source.total if wanted is None else len(wanted)
        state = self._state(data, wanted, gathering)
        problems: list[str] = []
        seen = left_out = 0
        before = None if state is None else state.load()
        if before is not None and wanted is not None:
            seen, left_out, problems = before.seen, before.left_out, list(before.problems)
            wanted = wanted[seen + left_out :]
        until = time.perf_counter() + (data.seconds if wanted is None else math.inf)
        for batch in data.source.batches(size, wanted):
            left_out += len(batch.problems)
            problems += batch.problems[: MOST_PROBLEMS - len(problems)]
            if len(batch.positions):
                rows = np.arange(seen, seen + len(batch.positions))
                if data.positions is not None:
                    rows = np.searchsorted(data.positions, batch.positions)
                self._look(batch, rows, taps)
                if gathering is not None:
                    gathering.take(batch)
            seen += len(batch.positions)
            self._ctx.report(seen + left_out, total or 0)
            if state is not None:
                state.save(seen, left_out, problems)
            if time.perf_counter() > until:
                break
        if not seen:
            reason = problems[0] if problems else "it is empty"
            raise UnsuitableError(f"no image of the data set could be read: {reason}")
        if gathering is not None:
            self._settle(data, gathering, left_out, problems)
        if state is not None:
            state.remove()
        notes = _notes(data, problems, left_out)
        return Pass(data=data, count=len(data.labels), left_out=left_out, notes=notes)

    def _state(
        self, data: DataSet, wanted: np.ndarray | None, gathering: Gathering | None
    ) -> PassState | None:
        """Give the file by which this pass goes on if it is stopped, where it has one."""
        if data.state is None or wanted is None:
            return None
        key = key_of_pass(self._ctx.net, self._requests, data.source.reference, wanted)

        def parts() -> dict[str, Keeps]:
            own: dict[str, Keeps] = dict(self._collectors)
            return own if gathering is None else own | {"gathering": gathering}

        return PassState(data.state, key, parts)

    def _look(self, batch: Batch, rows: np.ndarray, taps: list[str]) -> None:
        """Run a batch through the network and show it to the methods."""
        place = self._ctx.place
        images = batch.images.to(place.device, place.dtype)
        scores, outputs = self._ctx.net(images, taps=taps)
        seen = Seen(rows, images, batch.labels, scores, outputs)
        for key, collector in list(self._collectors.items()):
            with self._noted(key):
                collector.take(seen)

    def _choose(self, data: DataSet, taps: list[str], size: int) -> np.ndarray:
        """Choose the images of a new data set: all, or as many as there is time for."""
        total = data.source.total or 0
        if data.seconds == math.inf or total <= size:
            return spread(total, total)
        began, count = 0.0, 0
        place = self._ctx.place
        for index, batch in enumerate(data.source.batches(size, spread(total, PROBE * size))):
            self._ctx.net(batch.images.to(place.device, place.dtype), taps=taps)
            wait_for(place.device)
            if index == 0:
                began = time.perf_counter()
            else:
                count += len(batch.positions) + len(batch.problems)
        rate = count / max(time.perf_counter() - began, 1e-9)
        return spread(total, max(size, int(rate * data.seconds * SHARE_OF_PASS)))

    def _settle(
        self, data: DataSet, gathering: Gathering, left_out: int, problems: list[str]
    ) -> None:
        """Fix the rows of a new data set."""
        gathered = gathering.finish(
            class_names=self._ctx.class_names, left_out=left_out, problems=problems
        )
        if data.is_stored:
            self.gathered, data.name = gathered, gathered.name
        data.positions, data.labels = gathered.positions, gathered.labels
        data.thumbnails = lambda: gathered.thumbnails

    @contextmanager
    def _noted(self, key: str) -> Iterator[None]:
        """Let what goes wrong in the block end one method, not the pass."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            self._failures[key] = error
            self._collectors.pop(key, None)


def _notes(data: DataSet, problems: list[str], left_out: int) -> list[str]:
    notes = list(problems)
    if left_out > len(problems):
        notes.append(f"… {left_out} images are left out in all")
    looked, total = len(data.labels) + left_out, data.source.total
    if total is not None and looked < total:
        notes.append(f"{looked} of {total} images were looked at, evenly spread over the set")
    return notes
