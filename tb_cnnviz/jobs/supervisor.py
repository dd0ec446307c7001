"""Hands waiting jobs to workers and looks after them, in one thread that sleeps when it can."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any, Final

import msgspec

from cnnviz.contract.jobs import CLAIM_FILE, Catalogue
from tb_cnnviz.jobs.book import Book, ended
from tb_cnnviz.jobs.device_worker import DeviceWorker
from tb_cnnviz.jobs.entries import Entry
from tb_cnnviz.jobs.settings import JobSettings
from tb_cnnviz.jobs.watching import look_after_others

__all__ = ["Supervisor"]

logger = logging.getLogger(__name__)

BUSY_SECONDS: Final = 0.1
CALM_SECONDS: Final = 1.0
OTHERS_SECONDS: Final = 2.0
"""Between two looks at what other processes do, …"""
OTHERS_SHARE: Final = 20.0
"""… which may take a twentieth of the time where folders are slow."""
RETRY_SECONDS: Final = 15.0
"""After a worker could not be started."""


class Supervisor:
    """The workers of all devices."""

    def __init__(self, book: Book, settings: JobSettings) -> None:
        """Start nothing: the first wish does."""
        self._book, self._settings = book, settings
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._warm_wanted = False
        self._tried = float("-inf")
        self._cancelled: dict[str, float] = {}
        self._next_others = float("-inf")
        self._catalogue: Catalogue | None = None
        self._workers = [self._worker(name) for name in settings.devices or ("auto",)]

    @property
    def devices(self) -> list[str]:
        """Name the devices where jobs run, as far as they are known."""
        return [worker.device for worker in self._workers if worker.device != "auto"]

    @property
    def catalogue(self) -> Catalogue | None:
        """What workers can run; None until the first has said so."""
        return self._catalogue

    @property
    def trouble(self) -> str:
        """Why no worker could be started last time; empty when one may still come."""
        if any(worker.is_up for worker in self._workers) or self._warm_wanted:
            return ""
        return next((worker.trouble for worker in self._workers if worker.trouble), "")

    def poke(self) -> None:
        """Say that there is something to look at."""
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, daemon=True, name="cnnviz jobs")
                self._thread.start()
        self._wake.set()

    def warm(self) -> None:
        """Have a worker ready before it is needed, unless that failed a moment ago."""
        if any(worker.is_up for worker in self._workers):
            for worker in self._workers:
                worker.idle_since = time.monotonic()
            return
        if time.monotonic() - self._tried > RETRY_SECONDS:
            self._tried = time.monotonic()
            self._warm_wanted = True
            self.poke()

    def cancel(self, job_id: str) -> None:
        """Let a job of one of our workers be ended by force if it does not obey."""
        self._cancelled.setdefault(job_id, time.monotonic())
        self.poke()

    def close(self, *, at_once: bool) -> None:
        """Stop.

        Args:
            at_once: whether workers are ended now; else each finishes its job and ends.
        """
        with self._lock:
            self._closed = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
        for worker in self._workers:
            if at_once:
                worker.end()
            else:
                worker.leave()

    def _worker(self, device: str) -> DeviceWorker:
        return DeviceWorker(device, self._book, wake=self._wake.set, hear=self._hear)

    def _run(self) -> None:
        while not self._closed:
            try:
                self._tick()
            except Exception:
                logger.exception("CNN Viz could not look after its jobs")
            self._wake.wait(self._pause())
            self._wake.clear()

    def _pause(self) -> float | None:
        if any(worker.is_busy for worker in self._workers):
            return BUSY_SECONDS
        if any(worker.is_up for worker in self._workers):
            return CALM_SECONDS
        return CALM_SECONDS if self._book.entries(lambda entry: not entry.is_over) else None

    def _tick(self) -> None:
        for worker in list(self._workers):
            worker.tick(idle_seconds=self._settings.idle_seconds, cancelled=self._cancelled)
        self._forget_cancelled()
        began = time.monotonic()
        if began > self._next_others:
            self._book.list_folders()
            self._book.look_at_live()
            own = {worker.job for worker in self._workers if worker.job}
            look_after_others(self._book, own, write=True)
            took = time.monotonic() - began
            self._next_others = began + max(OTHERS_SECONDS, OTHERS_SHARE * took)
        self._assign()

    def _forget_cancelled(self) -> None:
        for job_id in list(self._cancelled):
            entry = self._book.look(job_id)
            if entry is None or entry.is_over:
                del self._cancelled[job_id]

    def _assign(self) -> None:
        names = {worker.device for worker in self._workers}
        with self._book.lock:
            waiting = self._book.entries(lambda entry: entry.waits and entry.asked_here)
            for worker in sorted(self._workers, key=lambda one: not one.is_free):
                mine = next((one for one in waiting if _fits(one, worker, names)), None)
                if mine is None or worker.job is not None:
                    continue
                waiting.remove(mine)  # also where it waits for this worker to be ready
                if worker.is_free:
                    worker.give(mine)
                elif not worker.is_up and worker.take_failure(since=mine.request.created):
                    self._cannot(mine, worker)
                elif not worker.is_up:
                    worker.start()
        if self._warm_wanted:
            self._warm_wanted = False
            if not any(worker.is_up for worker in self._workers):
                self._workers[0].start()

    def _cannot(self, entry: Entry, worker: DeviceWorker) -> None:
        message = f"no worker for {worker.device} could be started: {worker.trouble}"
        status = ended(entry.status, state="failed", kind="WorkerError", message=message)
        self._book.write(entry, status)

    def _hear(self, worker: DeviceWorker, event: dict[str, Any]) -> None:
        if event.get("event") != "catalogue":
            return
        try:
            catalogue = msgspec.convert(event.get("catalogue"), Catalogue)
        except msgspec.ValidationError as error:
            worker.complain(f"the worker's catalogue cannot be read: {error}")
            return
        if worker.device == "auto":  # every GPU, or the processor where there is none
            gpus = [name for name in catalogue.devices if name != "cpu"]
            worker.device, *further = gpus or ["cpu"]
            self._workers += [self._worker(name) for name in further]
        self._catalogue = catalogue


def _fits(entry: Entry, worker: DeviceWorker, names: set[str]) -> bool:
    wanted = entry.status.device
    may_still_come = wanted in names or "auto" in names
    fits = not wanted or wanted == worker.device or not may_still_come
    return fits and not os.path.lexists(
        entry.job.folder / CLAIM_FILE
    )  # or another took it just now
