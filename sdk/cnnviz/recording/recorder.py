"""`cnnviz.Recorder`: three lines in a training loop."""

from __future__ import annotations

import atexit
import math
import operator
import os
import secrets
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import msgspec
import numpy as np
from torch import Tensor

from cnnviz.contract.names import PLUGIN_NAME
from cnnviz.contract.records import Entry, Manifest, Skipped, entry_key
from cnnviz.core.execute import Execution, execute
from cnnviz.core.forward import wait_for
from cnnviz.core.requests import parse_requests
from cnnviz.core.versions import versions
from cnnviz.errors import ParamsError
from cnnviz.graph import Graph
from cnnviz.ops.images import to_pictures
from cnnviz.recording.arguments import (
    DEFAULT_BUDGET,
    Settings,
    capture_net,
    check_examples,
    make_context,
    make_schedule,
)
from cnnviz.recording.background import BackgroundWriter
from cnnviz.recording.destination import Destination, open_destination
from cnnviz.recording.journal import Capture, Journal
from cnnviz.recording.ranks import is_recording_rank
from cnnviz.recording.troubles import Troubles
from cnnviz.recording.weights import copy_weights
from cnnviz.storage import RunWriter

__all__ = ["Recorder"]

_CLOSE_SECONDS: Final = 120.0
"""How long closing waits for the disk."""

_open: weakref.WeakValueDictionary[Path, Recorder] = weakref.WeakValueDictionary()
"""The recorders of this process by their run's folder."""


class Recorder:
    """Records what a network has learned while it trains.

        with cnnviz.Recorder(model, writer, examples=images) as recorder:
            for step, (x, y) in enumerate(loader):
                ...
                recorder.step(step)

    Training is the same to the last bit with it as without. Nothing that goes wrong later raises:
    it is warned of once. Under DistributedDataParallel only rank 0 records; elsewhere, and in a
    forked worker, the recorder does nothing.

    A run may be resumed into the same folder: a capture at a step that the run had reached before
    takes back what was recorded from that step on.

    Args:
        model: the module that is trained, wrapped or not; it is captured here, once.
        writer: a SummaryWriter of torch.utils.tensorboard or tensorboardX, or the path of a run's
            folder. Close the recorder before the writer.
        examples: (N, C, H, W) float, as the model takes them, on its device; N at most 256.
        labels: (N,) class indices of the examples, -1 where not known.
        class_names: one for each score.
        normalize: (mean, std) that the examples were normalised with, each one number or one a
            colour, for images in [0, 1]; without it their pictures may not have their true colours.
        methods: "default", or a list of names and `cnnviz.method(…)` requests.
        budget: share of wall time that recording may take, in (0, 1). The first capture, which
            warms up, does not count; the first steps may borrow half a minute's budget.
        every: record at the first step and at every multiple of this many steps instead.
        dataset: for methods that look through a whole data set; there are none yet.
        checkpoints: which weights stay: "all", "last:N", "every:N" (steps) or "none".
        preview_bytes: size of the pictures within each event, at most 1 MiB.
        seed: for methods that draw random numbers.

    Raises:
        ParamsError: an argument that does not fit; the message says which, and what to do.
        MissingError: an unknown method or layer.
        UnsuitableError: a model or method that cannot be recorded.
    """

    def __init__(
        self,
        model: Any,
        writer: Any,
        *,
        examples: Tensor,
        labels: Any = None,
        class_names: Any = None,
        normalize: Any = None,
        methods: Any = "default",
        budget: float = DEFAULT_BUDGET,
        every: int | None = None,
        dataset: Any = None,
        checkpoints: str = "last:10",
        preview_bytes: int = 64 << 10,
        seed: int = 0,
    ) -> None:
        self.captures = 0
        """Captures taken."""
        self.skipped = 0
        """Captures that were due while the disk was still busy with earlier ones."""
        self.seconds = 0.0
        """Time that captures took from the loop."""
        self._pid = os.getpid()
        self._background: BackgroundWriter[Capture] | None = None
        self._last: float = -math.inf
        self._next: float = math.inf
        if not is_recording_rank():
            return
        settings = Settings(budget, every, checkpoints, preview_bytes, dataset)
        images = check_examples(examples, model)
        destination = open_destination(writer)
        if destination is None:
            return
        self._folder = destination.run_folder.resolve()
        if self._folder in _open:
            message = f"writer: {self._folder} has an open recorder already: close that one first"
            raise ParamsError(message, field="writer")
        net = capture_net(model, images)
        self._ctx = make_context(
            net,
            images,
            labels=labels,
            class_names=class_names,
            normalize=normalize,
            seed=seed,
        )
        self._requests = dict(enumerate(parse_requests(methods, net)))
        self._settings = settings
        self._schedule = make_schedule(settings, len(self._requests))
        self._troubles = Troubles(self._folder.name)
        self._start(destination)

    @property
    def waiting(self) -> int:
        """Captures taken and not yet written."""
        return 0 if self._background is None else self._background.waiting

    @property
    def writing_seconds(self) -> float:
        """Processor time that writing took beside the loop."""
        return 0.0 if self._background is None else self._background.cpu_seconds

    def step(self, step: int) -> None:
        """Record if a capture is due; call it once a training step, after the optimiser's.

        Args:
            step: number of the step, a whole number that increases from call to call.
        """
        try:
            if self._last < step < self._next:
                self._last = step
                return
        except Exception:  # noqa: BLE001 - not a number: told below
            pass
        self._look(step)

    def close(self) -> None:
        """Record the last step, if it is not, with the weights as they are now; write everything.

        Waits for the disk, two minutes at most. A second call does nothing.
        """
        self._close(record_last=True)

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close; after an error the weights may be half-way, so the last step is not recorded."""
        self._close(record_last=kind is None)

    def _start(self, destination: Destination) -> None:
        """Write what is stored once, and be ready for the first step."""
        try:
            files = RunWriter(destination.run_folder / "plugins" / PLUGIN_NAME)
            self._store_once(files)
        except OSError as error:
            message = f"nothing is recorded, the run's folder cannot be written: {error}"
            self._troubles.say("folder", message)
            return
        journal = Journal(
            files,
            destination,
            retention=self._settings.checkpoints,
            preview_bytes=self._settings.preview_bytes,
            labels=self._ctx.labels,
            troubles=self._troubles,
        )
        self._journal = journal
        self._background = BackgroundWriter(
            journal.write, on_error=journal.report, name=f"cnnviz {self._folder.name}"
        )
        self._session = secrets.token_hex(8)
        self._wall_time = 0.0
        self._charged = 0.0
        self._captured = self._last = -1
        self._next = 0
        _open[self._folder] = self
        # tensorboardX closes its files at exit: what is registered later runs earlier.
        self._at_exit = _AtExit(self._background, journal)
        atexit.register(self._at_exit)

    def _store_once(self, files: RunWriter) -> None:
        ctx = self._ctx
        if isinstance(ctx.net, Graph):
            ctx.net.save(files.folder)
        inputs = ctx.examples.to("cpu")
        files.write_examples(
            to_pictures(inputs, ctx.normalize),
            inputs.float().numpy(),
            labels=ctx.labels,
            class_names=ctx.class_names,
            normalize=ctx.normalize,
        )

    def _look(self, step: Any) -> None:
        """Ask the schedule; out of the way of the calls between captures."""
        background = self._background
        if background is None or self._next == math.inf or os.getpid() != self._pid:
            return
        try:
            number = operator.index(step)
        except TypeError:
            number = -1  # as bad as a step that goes back
        if not self._last < number < 2**63:
            message = (
                f"step({step!r:.40}) is ignored: steps must be whole numbers that increase, the "
                f"one before was {self._last}"
            )
            self._troubles.say("step", message)
            return
        self._last = number
        written = background.cpu_seconds
        self._schedule.charge(written - self._charged)
        self._charged = written
        due = self._schedule.due(number, time.perf_counter())
        if due:
            self._capture(number, due)
        if self._next != math.inf:
            self._next = self._schedule.next_step

    def _capture(self, step: int, due: list[int], *, wait: float = 0.0) -> None:
        """Take a capture and hand it over; whatever fails is warned of."""
        background = self._background
        if background is None or not background.reserve(wait=wait):
            self.skipped += 1
            message = f"the disk is too slow: the capture at step {step} is left out"
            self._troubles.say("queue", message)
            return
        taken = False
        try:
            background.offer(self._take(step, due))
            taken = True
        except Exception as error:  # noqa: BLE001 - nothing may raise into the training loop
            message = f"recording ends at step {step}: {type(error).__name__}: {error}"
            self._troubles.say("capture", message)
            self._switch_off()
        finally:
            if not taken:
                background.give_back()

    def _take(self, step: int, due: list[int]) -> Capture:
        device = self._ctx.net.device
        wait_for(device)  # what training still computes is not our cost
        started = time.perf_counter()
        execution = execute([self._requests[number] for number in due], self._ctx)
        weights: dict[str, np.ndarray] = {}
        dtypes: dict[str, str] = {}
        if self._settings.checkpoints != "none":
            weights, dtypes = copy_weights(self._ctx.net.weights())
        self._wall_time = max(time.time(), self._wall_time + 1e-6)
        manifest = Manifest(
            run=self._folder.name,
            step=step,
            wall_time=self._wall_time,
            session=self._session,
            model_digest=self._ctx.net.digest,
            device=str(device),
            versions=versions(),
            checkpoint=bool(weights),
            records=_entries(execution, self._ctx.seed),
            skipped=execution.skipped,
        )
        arrays = {_key(done): done.result.arrays for done in execution.results}
        self._captured = step
        self.captures += 1
        self._pay(execution, due, step, started)
        return Capture(manifest, arrays, weights, dtypes)

    def _pay(self, execution: Execution, due: list[int], step: int, started: float) -> None:
        """Tell the schedule what each method took, common work in equal parts; drop who failed."""
        now = time.perf_counter()
        own = {done.request.key: done.seconds for done in execution.results}
        common = max(now - started - sum(own.values()), 0.0) / len(due)
        costs = {number: common + own.get(self._requests[number].key, 0.0) for number in due}
        self.seconds += now - started
        self._schedule.paid(costs, step, now)
        for skipped in execution.skipped:
            self._drop(skipped, step)

    def _drop(self, skipped: Skipped, step: int) -> None:
        for number, request in list(self._requests.items()):
            if request.key == skipped.method:
                del self._requests[number]
                self._schedule.drop(number)
        message = f"{skipped.method} is switched off at step {step}: {skipped.reason}"
        self._troubles.say(skipped.method, message)

    def _close(self, *, record_last: bool) -> None:
        background = self._background
        if background is None or os.getpid() != self._pid:
            self._switch_off()
            return
        if record_last and self._last > self._captured and self._requests:
            self._capture(int(self._last), list(self._requests), wait=_CLOSE_SECONDS)
        self._switch_off()
        atexit.unregister(self._at_exit)
        self._at_exit()
        _open.pop(self._folder, None)

    def _switch_off(self) -> None:
        """Make `step` do nothing from now on, at no cost."""
        self._last, self._next = -math.inf, math.inf


class _AtExit:
    """Ends the background writing in time; holds no network."""

    def __init__(self, background: BackgroundWriter[Capture], journal: Journal) -> None:
        self._background = background
        self._journal = journal
        self._pid = os.getpid()

    def __call__(self) -> None:
        if os.getpid() != self._pid:
            return
        if self._background.close(_CLOSE_SECONDS):
            self._journal.close()
        else:
            self._journal.report(TimeoutError(f"not within {_CLOSE_SECONDS:.0f} s"))


def _key(done: Any) -> str:
    return entry_key(done.request.method.name, done.result.layer, variant=done.request.variant)


def _entries(execution: Execution, seed: int) -> list[Entry]:
    """List the results as the manifest does; the arrays are filled in when they are written."""
    return [
        Entry(
            key=_key(done),
            method=done.request.method.name,
            method_version=done.request.method.version,
            kind=done.result.kind,
            layer=done.result.layer,
            params=msgspec.to_builtins(done.request.params),
            facts=dict(done.result.facts),
            seed=seed,
            duration=done.seconds,
            arrays={},
        )
        for done in execution.results
    ]
