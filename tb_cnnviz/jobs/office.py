"""The jobs of one TensorBoard: who asks comes here."""

from __future__ import annotations

import atexit
import contextlib
import math
import secrets
import time
from typing import Final

import msgspec

from cnnviz.contract.jobs import Catalogue
from cnnviz.errors import WorkerError
from tb_cnnviz.body import Body, json_body
from tb_cnnviz.jobs import uploads
from tb_cnnviz.jobs.asked import Asked
from tb_cnnviz.jobs.asking import MAX_WAITING, ask
from tb_cnnviz.jobs.book import Book, ended
from tb_cnnviz.jobs.entries import Entry
from tb_cnnviz.jobs.housing import cache_root, housings_of
from tb_cnnviz.jobs.results import Results
from tb_cnnviz.jobs.settings import JobSettings
from tb_cnnviz.jobs.supervisor import Supervisor
from tb_cnnviz.jobs.watching import look_after_others
from tb_cnnviz.reader import Logs
from tb_cnnviz.security import RefusedError
from tb_cnnviz.wire_jobs import CatalogueAnswer, JobAnswer, JobAsk, SessionAnswer

__all__ = ["Office"]

LISTED_SECONDS: Final = 1.0
"""How long a listing of the folders holds; jobs under way are looked at more often."""
LISTING_SHARE: Final = 20.0
"""A folder with very many jobs is listed less often: a twentieth of the time at most."""
CATALOGUE_SECONDS: Final = 60.0
"""How long a request waits for the catalogue; the page has asked for it before."""


class Office:
    """Settings, token, book, workers."""

    def __init__(self, settings: JobSettings) -> None:
        """Start nothing; no folder is touched before somebody asks."""
        self.settings = settings
        self.token = secrets.token_urlsafe(32)
        self.book = Book(Asked(cache_root().parent / "asked"))
        self.results = Results()
        self._next_look = float("-inf")
        self._supervisor = Supervisor(self.book, settings)
        atexit.register(self.close)

    def close(self, *, at_once: bool = False) -> None:
        """Let the workers finish what they do and end; or end them now."""
        atexit.unregister(self.close)
        self._supervisor.close(at_once=at_once)

    def see(self, logs: Logs, *, at_once: bool = False) -> None:
        """Look at the folders of all runs; what waits there from before is begun.

        Args:
            logs: the runs.
            at_once: whether to look although that was done a moment ago.
        """
        began = time.monotonic()
        if at_once or began > self._next_look:
            self._next_look = began + LISTED_SECONDS
            runs = logs.runs().values()
            self.book.list_folders([one for run in runs for one in housings_of(run)])
            took = time.monotonic() - began
            self._next_look = began + max(LISTED_SECONDS, LISTING_SHARE * took)
        self.book.look_at_live()
        if self.book.entries(lambda entry: not entry.is_over):
            if self.settings.on:
                self._supervisor.poke()
            else:
                look_after_others(self.book, set(), write=False)

    def find(self, logs: Logs, job: str) -> Entry:
        """Give a job as it is now.

        Raises:
            MissingError: there is none of that name.
        """
        if self.book.look(job) is None:
            self.see(logs, at_once=True)
        return self.book.find(job)

    def session(self) -> Body:
        """Tell whether jobs may be asked for."""
        answer = SessionAnswer(
            token=self.token if self.settings.on else None,
            jobs=self.settings.on,
            reason=self.settings.reason,
            devices=self._supervisor.devices,
            max_waiting=MAX_WAITING,
            max_inputs=uploads.MAX_COUNT,
            max_input_bytes=uploads.MAX_BYTES,
            max_input_pixels=uploads.MAX_PIXELS,
        )
        return json_body(answer)

    def catalogue(self) -> Body:
        """Tell what can be run, and have a worker ready: somebody is about to ask for a job."""
        if not self.settings.on:
            answer = CatalogueAnswer(state="failed", reason=self.settings.reason, catalogue=None)
            return json_body(answer)
        self._supervisor.warm()
        known, trouble = self._supervisor.catalogue, self._supervisor.trouble
        if known is not None:
            return json_body(CatalogueAnswer(state="ready", reason="", catalogue=known))
        if trouble:
            return json_body(CatalogueAnswer(state="failed", reason=trouble, catalogue=None))
        return json_body(CatalogueAnswer(state="loading", reason="", catalogue=None))

    def show(self, logs: Logs, job: str) -> Body:
        """Show one job."""
        return _answer(self.find(logs, job))

    def ask(self, logs: Logs, asked: JobAsk) -> Body:
        """Take a request."""
        catalogue = self._known_catalogue()
        self.see(logs)
        devices = self._supervisor.devices
        entry, existing = ask(asked, logs, self.book, catalogue, devices)
        self._supervisor.poke()
        return _answer(entry, existing=existing)

    def cancel(self, logs: Logs, job: str) -> Body:
        """Take a job back: at once while it waits, else its worker is asked to stop."""
        entry = self.find(logs, job)
        if entry.is_over:
            return _answer(entry)
        with self.book.lock:
            # Who has the claim decides: a worker that took it this moment is asked to stop.
            if entry.waits and self._claims(entry):
                return _answer(self.book.write(entry, ended(entry.status, state="cancelled")))
            status = msgspec.structs.replace(entry.status, state="cancelling", message="stopping")
            entry = self.book.say(entry, status)
        self._supervisor.cancel(entry.id)  # which is heard although the disk may be full
        with contextlib.suppress(OSError):
            entry.job.ask_to_cancel()
        return _answer(entry)

    def move(self, logs: Logs, job: str, *, before: str | None) -> Body:
        """Give a waiting job another place in the queue."""
        with self.book.lock:
            entry = self.find(logs, job)
            if not entry.waits:
                message = f"job {job} does not wait any more: it is {entry.status.state}"
                raise RefusedError(message, status=409)
            others = [one for one in self.book.entries(lambda one: one.waits) if one.id != job]
            if before is None or before == job:
                place = len(others) if before is None else None
            else:
                names = [one.id for one in others]
                if before not in names:
                    raise RefusedError(f"{before[:80]!r} does not wait any more", status=409)
                place = names.index(before)
            if place is not None:
                others.insert(place, entry)
                self._number(others, place)
            return _answer(self.book.find(job))

    def remove(self, logs: Logs, job: str) -> Body:
        """Delete an ended job for good."""
        with self.book.lock:
            entry = self.find(logs, job)
            if not entry.is_over:
                message = f"job {job} is {entry.status.state}: cancel it first"
                raise RefusedError(message, status=409)
            try:
                self.book.remove(entry)
            except OSError as error:
                message = f"job {job} cannot be removed: {error.strerror or error}"
                raise RefusedError(message, status=409) from None
        return Body(b"{}", "application/json")

    def _known_catalogue(self) -> Catalogue:
        until = time.monotonic() + CATALOGUE_SECONDS
        while time.monotonic() < until:
            known = self._supervisor.catalogue
            if known is not None:
                return known
            self._supervisor.warm()
            if self._supervisor.trouble:
                raise WorkerError(f"jobs cannot be run: {self._supervisor.trouble}")
            time.sleep(0.05)
        raise WorkerError("the worker is not ready yet: try again in a moment")

    def _number(self, ordered: list[Entry], place: int) -> None:
        """Write the position of a moved job; of all where there is no number between two."""
        low = ordered[place - 1].status.position if place > 0 else None
        high = ordered[place + 1].status.position if place + 1 < len(ordered) else None
        if high is None:
            position = (low or 0.0) + 1.0
        else:
            position = high - 1.0 if low is None else (low + high) / 2
        fits = (low is None or low < position) and (high is None or position < high)
        if fits and math.isfinite(position):
            self._place(ordered[place], position)
            return
        for number, entry in enumerate(ordered):
            self._place(entry, float(number + 1))

    def _place(self, entry: Entry, position: float) -> None:
        fresh = self.book.look(entry.id)
        if fresh is not None and fresh.waits:
            self.book.write(fresh, msgspec.structs.replace(fresh.status, position=position))

    def _claims(self, entry: Entry) -> bool:
        try:
            return entry.job.claim("")
        except OSError as error:
            message = f"job {entry.id} cannot be changed: {error.strerror or error}"
            raise RefusedError(message, status=409) from None


def _answer(entry: Entry, *, existing: bool = False) -> Body:
    return json_body(JobAnswer(job=entry.view(), existing=existing))
