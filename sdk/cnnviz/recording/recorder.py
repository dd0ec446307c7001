"""`cnnviz.Recorder`: three lines in a training loop."""

from __future__ import annotations

import atexit
import math
import operator
import os
import reprlib
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import torch
from torch import Tensor

from cnnviz.contract.names import PLUGIN_NAME
from cnnviz.core.context import Context
from cnnviz.core.isolation import cpu_by_default
from cnnviz.core.requests import parse_requests
from cnnviz.errors import ParamsError
from cnnviz.ops.images import check_example_names, to_pictures
from cnnviz.recording.arguments import (
    DATASET_SECONDS,
    DEFAULT_BUDGET,
    Settings,
    capture_net,
    check_examples,
    make_context,
    make_data_set,
    make_schedule,
)
from cnnviz.recording.background import BackgroundWriter
from cnnviz.recording.destination import Destination, open_destination
from cnnviz.recording.journal import Capture, Journal
from cnnviz.recording.ranks import is_recording_rank
from cnnviz.recording.taking import Taken, Taker
from cnnviz.recording.troubles import Troubles
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
        example_names: one for each example, such as its file's name; the page shows 200 characters.
        normalize: (mean, std) that the examples were normalised with, each one number or one a
            colour, for images in [0, 1]; without it their pictures may not have their true colours.
        methods: "default", or a list of names and `cnnviz.method(…)` requests.
        budget: share of wall time that recording may take, in (0, 1). The first capture, which
            warms up, does not count; the first steps may borrow half a minute's budget.
        every: record at the first step and at every multiple of this many steps instead.
        dataset: what top patches and embeddings look through: a torch Dataset, a DataLoader, a pair
            of tensors, or anything of (image, label) pairs that can be gone through again.
        dataset_seconds: how long one look through it may hold up a step; of a larger data set fewer
            images are looked at, evenly spread over it. `math.inf` for all of them.
        checkpoints: which weights stay: "all", "last:N", "every:N" (steps) or "none".
        preview_bytes: size of the pictures within each event, at most 1 MiB.
        seed: for methods that draw random numbers.

    Raises:
        ParamsError: an argument that does not fit; the message says which, and what to do.
        MissingError: an unknown method or layer.
        UnsuitableError: a model or method that cannot be recorded.
    """

    @cpu_by_default()
    @torch.inference_mode(mode=False)  # what is made there cannot be derived
    def __init__(
        self,
        model: Any,
        writer: Any,
        *,
        examples: Tensor,
        labels: Any = None,
        class_names: Any = None,
        example_names: Any = None,
        normalize: Any = None,
        methods: Any = "default",
        budget: float = DEFAULT_BUDGET,
        every: int | None = None,
        dataset: Any = None,
        dataset_seconds: float = DATASET_SECONDS,
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
        settings = Settings(budget, every, checkpoints, preview_bytes, dataset_seconds)
        images = check_examples(examples, model)
        destination = open_destination(writer)
        if destination is None:
            return
        self._folder = destination.run_folder.resolve()
        if self._folder in _open:
            message = f"writer: {self._folder} has an open recorder already: close that one first"
            raise ParamsError(message, field="writer")
        net = capture_net(model, images)
        looked_through = None
        if dataset is not None:
            looked_through = make_data_set(
                dataset,
                images,
                device=net.device,
                seconds=settings.dataset_seconds,
                folder=self._folder / "plugins" / PLUGIN_NAME,
            )
        ctx = make_context(
            net,
            images,
            labels=labels,
            class_names=class_names,
            normalize=normalize,
            seed=seed,
            dataset=looked_through,
        )
        names = check_example_names(example_names, len(images))
        requests = parse_requests(methods, net, with_dataset=looked_through is not None)
        name = self._folder.name
        self._taker = Taker(ctx, requests, run=name, with_weights=settings.checkpoints != "none")
        self._on = list(range(len(self._taker.units)))
        self._schedule = make_schedule(settings, len(self._on), rare=self._taker.rare)
        self._troubles = Troubles(name)
        self._start(destination, settings, names)

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

    def _start(
        self, destination: Destination, settings: Settings, names: tuple[str, ...] | None
    ) -> None:
        """Write what is stored once, and be ready for the first step."""
        try:
            files = RunWriter(destination.run_folder / "plugins" / PLUGIN_NAME)
            _store_once(files, self._taker.ctx, names)
        except OSError as error:
            message = f"nothing is recorded, the run's folder cannot be written: {error}"
            self._troubles.say("folder", message)
            return
        journal = Journal(
            files,
            destination,
            retention=settings.checkpoints,
            preview_bytes=settings.preview_bytes,
            labels=self._taker.ctx.labels,
            troubles=self._troubles,
        )
        self._background = BackgroundWriter(
            journal.write, on_error=journal.report, name=f"cnnviz {self._folder.name}"
        )
        self._charged = 0.0
        self._captured = self._last = -1
        self._next = 0
        _open[self._folder] = self
        # tensorboardX closes its files at exit: what is registered later runs earlier.
        self._finish = _Finish(self._background, journal)
        atexit.register(self._finish)
        weakref.finalize(self, self._background.close, 0.0).atexit = False

    def _look(self, step: Any) -> None:
        """Ask the schedule; out of the way of the calls between captures."""
        background = self._background
        if background is None or self._next == math.inf or os.getpid() != self._pid:
            return
        try:
            number = operator.index(step)
        except Exception:  # noqa: BLE001 - whatever it is, it is no number
            number = -1  # as bad as a step that goes back
        if not self._last < number < 2**63:
            message = (
                f"step({reprlib.repr(step)}) is ignored: steps must be whole numbers that "
                f"increase, the one before was {self._last}"
            )
            self._troubles.say("step", message)
            return
        self._last = number
        try:
            self._ask(number, background)
        except Exception as error:  # noqa: BLE001 - nothing may raise into the training loop
            self._end(number, error)

    def _ask(self, number: int, background: BackgroundWriter[Capture]) -> None:
        """Tell the schedule what was written meanwhile, and record what it says is due."""
        written = background.cpu_seconds
        self._schedule.charge(written - self._charged)
        self._charged = written
        due = self._schedule.due(number, time.perf_counter())
        if due:
            self._capture(number, due)
        if self._next != math.inf:
            self._next = self._schedule.next_step

    @cpu_by_default()
    @torch.inference_mode(mode=False)  # what is made there cannot be derived
    def _capture(self, step: int, due: list[int], *, wait: float = 0.0) -> None:
        """Take a capture and hand it over; whatever fails is warned of."""
        background = self._background
        if background is None or not background.reserve(wait=wait):
            self.skipped += 1
            message = f"the disk is too slow: the capture at step {step} is left out"
            self._troubles.say("queue", message)
            return
        offered = False
        try:
            taken = self._taker.take(step, due)
            background.offer(taken.capture)
            offered = True
            self._note(taken, step)
        except Exception as error:  # noqa: BLE001 - nothing may raise into the training loop
            self._end(step, error)
        finally:
            if not offered:
                background.give_back()

    def _note(self, taken: Taken, step: int) -> None:
        """Count a capture, tell the schedule what it cost, and switch off what failed."""
        self.captures += 1
        self.seconds += taken.common + sum(taken.own.values())
        self._captured = step
        self._schedule.paid(taken.own, taken.common, step=step, now=time.perf_counter())
        for number in taken.failed:
            self._on.remove(number)
            self._schedule.drop(number)
        for key, reason in taken.reasons.items():
            self._troubles.say(key, f"{key} is switched off at step {step}: {reason}")

    def _close(self, *, record_last: bool) -> None:
        background = self._background
        if background is None or os.getpid() != self._pid:
            self._switch_off()
            return
        if record_last and self._last > self._captured and self._on:
            self._capture(int(self._last), list(self._on), wait=_CLOSE_SECONDS)
        self._switch_off()
        atexit.unregister(self._finish)
        self._finish()
        _open.pop(self._folder, None)

    def _end(self, step: int, error: Exception) -> None:
        message = f"recording ends at step {step}: {type(error).__name__}: {error}"
        self._troubles.say("capture", message)
        self._switch_off()

    def _switch_off(self) -> None:
        """Make `step` do nothing from now on, at no cost."""
        self._last, self._next = -math.inf, math.inf


class _Finish:
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


def _store_once(files: RunWriter, ctx: Context, names: tuple[str, ...] | None) -> None:
    """Store the graph and the examples."""
    ctx.net.save(files.folder)
    inputs = ctx.examples.to("cpu")
    files.write_examples(
        to_pictures(inputs, ctx.normalize),
        inputs.float().numpy(),
        labels=ctx.labels,
        class_names=ctx.class_names,
        names=names,
        normalize=ctx.normalize,
    )
