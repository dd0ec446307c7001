"""The worker of one device: started when needed, watched, ended when idle or when it misbehaves."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from cnnviz.contract.jobs import FINAL_STATES, JobStatus
from cnnviz.errors import CnnvizError
from tb_cnnviz.jobs.book import Book, ended
from tb_cnnviz.jobs.entries import Entry
from tb_cnnviz.jobs.worker_process import WorkerProcess

__all__ = ["DeviceWorker"]

logger = logging.getLogger(__name__)

START_SECONDS: Final = 120.0
TAKE_SECONDS: Final = 30.0
"""Between an order and the worker's word that it has begun."""
SILENT_SECONDS: Final = 10.0
"""A worker that lives writes twice a second."""
HANGING_SECONDS: Final = 60.0
"""Without a report of the method."""
CANCEL_SECONDS: Final = 5.0
LEAVE_SECONDS: Final = 10.0


class DeviceWorker:
    """One device and, when there is something to do, the process that works on it.

    Only the supervisor's thread calls it.
    """

    def __init__(
        self,
        device: str,
        book: Book,
        *,
        wake: Callable[[], None],
        hear: Callable[[DeviceWorker, dict[str, Any]], None],
    ) -> None:
        """Start nothing yet.

        Args:
            device: cpu, cuda:N, or auto until a worker has said what that is.
            book: where jobs are written down.
            wake: called from another thread when there is something to look at.
            hear: told of every event.
        """
        self.device, self._book, self._wake, self._hear = device, book, wake, hear
        self.job: str | None = None
        self.idle_since = 0.0
        self.trouble = ""
        """Why it could not start last time."""
        self._troubled = 0.0
        self._process: WorkerProcess | None = None
        self._leaving: list[tuple[WorkerProcess, float]] = []
        self._ready = self._begun = False
        self._ordered = 0.0
        self._unable = ""

    @property
    def is_free(self) -> bool:
        """Tell whether it would take an order now."""
        return self._process is not None and self._ready and self.job is None

    @property
    def is_up(self) -> bool:
        """Tell whether its process is there, or about to be."""
        return self._process is not None

    @property
    def is_busy(self) -> bool:
        """Tell whether it must be looked at often."""
        return self.job is not None or (self.is_up and not self._ready) or bool(self._leaving)

    def start(self) -> None:
        """Start its process."""
        self.trouble = self._unable = ""
        self._ready = False
        self.idle_since = time.monotonic()
        try:
            self._process = WorkerProcess(self.device, on_event=self._wake)
        except OSError as error:
            self.complain(str(error))

    def complain(self, trouble: str) -> None:
        """Note why it does not come up."""
        self.trouble, self._troubled = trouble[:2000], time.time()

    def take_failure(self, *, since: float) -> bool:
        """Tell, once, whether it failed to come up for a job that was waiting by then.

        Args:
            since: when the job was made, seconds since the epoch.
        """
        troubled, self._troubled = self._troubled, 0.0
        return since < troubled

    def give(self, entry: Entry) -> None:
        """Order a job."""
        housing = entry.housing
        order = {
            "logdir": housing.logdir,
            "run": housing.inner_run,
            "jobs_folder": str(housing.folder.folder),
            "jobs_root": str(housing.root),
            "job": entry.id,
        }
        if self._process is not None and self._process.order(order):
            self.job, self._begun, self._ordered = entry.id, False, time.monotonic()

    def tick(self, *, idle_seconds: float, cancelled: dict[str, float]) -> None:
        """Look at everything once.

        Args:
            idle_seconds: how long it may be without a job.
            cancelled: since when jobs are wanted to stop, by this process's clock.
        """
        now = time.monotonic()
        self._see_off(now)
        if self._process is None:
            return
        gone = self._process.status() is not None
        for event in self._process.rest() if gone else self._process.heard():
            self._take(event)
            self._hear(self, event)
        if gone:
            self._mourn()
        elif not self._ready:
            if now - self._process.started > START_SECONDS:
                self._give_up(f"it was not ready within {START_SECONDS:.0f} s")
        elif self.job is not None:
            self._watch(now, cancelled.get(self.job))
        elif now - self.idle_since > idle_seconds:
            self.leave()

    def leave(self) -> None:
        """Let the process finish what it does, and end."""
        if self._process is not None:
            self._process.let_go()
            self._leaving.append((self._process, time.monotonic()))
            self._process, self.job = None, None

    def end(self) -> None:
        """End every process now."""
        self.leave()
        for process, _ in self._leaving:
            process.end()
        self._leaving.clear()

    def _see_off(self, now: float) -> None:
        for process, since in list(self._leaving):
            if process.status() is not None or now - since > LEAVE_SECONDS:
                process.end()
                self._leaving.remove((process, since))

    def _take(self, event: dict[str, Any]) -> None:
        word = event.get("event")
        if word == "ready":
            self._ready, self.device = True, str(event.get("device", self.device))
            self.idle_since = time.monotonic()
        elif word == "unable":
            self._unable = str(event.get("reason", ""))[:2000]
        elif event.get("job") == self.job and self.job is not None:
            if word == "started":
                self._begun = True
            elif word == "finished":
                self._finished(self.job, str(event.get("state")))
            elif word == "refused":
                self._refused(self.job, str(event.get("reason", ""))[:2000])

    def _finished(self, job_id: str, state: str) -> None:
        self.job, self.idle_since = None, time.monotonic()
        entry = self._book.look(job_id)
        if entry is None or entry.is_over:
            return
        status, result = entry.status, None
        try:
            result = entry.job.result().digest
        except (CnnvizError, OSError):
            if state == "done":
                state = "failed"
        if state not in FINAL_STATES:
            state = "failed"
        message = "" if state != "failed" else "its last status could not be written: is there room"
        self._book.write(entry, _last(entry, state, message, result=result or status.result))

    def _refused(self, job_id: str, reason: str) -> None:
        self.job, self.idle_since = None, time.monotonic()
        entry = self._book.look(job_id)
        if entry is not None and not entry.is_over and self._nobody_else_has(entry):
            self._fail(entry, f"the worker gave it up: {reason}")

    def _watch(self, now: float, cancelled: float | None) -> None:
        entry = self._book.look(self.job or "")
        if entry is None or entry.is_over:
            if now - max(self._ordered, entry.seen if entry else 0.0) > SILENT_SECONDS:
                self._give_up("it did not come back from a job that is over")
            return
        status = entry.status
        if cancelled is not None and now - cancelled > CANCEL_SECONDS:
            self._drop_process()
            self._book.write(entry, _last(entry, "cancelled", "stopped by force"))
        elif not self._begun:
            if now - self._ordered > TAKE_SECONDS:
                self._give_up(f"it did not take the job within {TAKE_SECONDS:.0f} s")
        elif now - max(entry.seen, self._ordered) > SILENT_SECONDS:
            self._give_up(f"it was not heard of for {SILENT_SECONDS:.0f} s")
        elif status.progressed and status.updated - status.progressed > HANGING_SECONDS:
            self._give_up(f"the method did not report for {HANGING_SECONDS:.0f} s, so it hangs")

    def _mourn(self) -> None:
        """The process is gone."""
        process = self._process
        if process is None:
            return
        reason = self._unable or f"its worker {process.how_it_ended()}"
        words = process.last_words()
        self._process = None
        process.end()
        if self.job is not None:
            entry = self._book.look(self.job)
            self.job = None
            if entry is not None and not entry.is_over:
                self._fail(entry, reason)
        elif not self._ready:
            last = words.splitlines()[-1:] if words and not self._unable else []
            self.complain("; ".join([reason, *last]))
            logger.warning("a worker of CNN Viz could not start: %s", words or reason)

    def _give_up(self, reason: str) -> None:
        """Kill a process that misbehaves; its job fails."""
        job_id, ready = self.job, self._ready
        self._drop_process()
        entry = self._book.look(job_id) if job_id else None
        if entry is not None and not entry.is_over:
            self._fail(entry, f"its worker was ended: {reason}")
        if not ready:
            self.complain(f"it was ended: {reason}")

    def _drop_process(self) -> None:
        if self._process is not None:
            self._process.end()
        self._process, self.job = None, None

    def _nobody_else_has(self, entry: Entry) -> bool:
        try:
            claim = entry.job.claimed_by()
        except (CnnvizError, OSError):
            return True
        return claim is None or (self._process is not None and claim.pid == self._process.pid)

    def _fail(self, entry: Entry, reason: str) -> None:
        self._book.write(entry, _last(entry, "failed", reason, kind="WorkerError"))


def _last(entry: Entry, state: str, message: str, **more: Any) -> JobStatus:
    tail = entry.job.log_tail() if state == "failed" else ""
    return ended(entry.status, state=state, message=message, log_tail=tail, **more)
