"""All jobs that the server knows of, with a revision for those who ask what has changed."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from cnnviz.contract.jobs import JobStatus
from cnnviz.errors import MissingError
from cnnviz.storage.jobs import Job
from tb_cnnviz.jobs.asked import Asked
from tb_cnnviz.jobs.entries import Entry, read_again, read_entry
from tb_cnnviz.jobs.housing import Housing

__all__ = ["Book", "ended"]

LEFTOVER_AGE: Final = 3600.0
"""Seconds; a younger half-made folder may be another TensorBoard's."""
LARGEST: Final = 64 << 20
"""Bytes of requests and statuses that are kept; jobs beyond are not listed, older ones first."""
LOOKED_SECONDS: Final = 0.1
"""How long what was seen of a live job holds."""


class Book:
    """Entries by job; the folders are what counts, this is what was last seen in them."""

    def __init__(self, asked: Asked) -> None:
        """Start empty.

        Args:
            asked: which waiting jobs were asked for here.
        """
        self.asked = asked
        self.lock = threading.RLock()
        """Held while something is decided on what the book says."""
        self._entries: dict[str, Entry] = {}
        self._housings: dict[str, Housing] = {}
        self._tidied: set[Path] = set()
        self._revision = 0
        self._life = secrets.token_hex(4)
        self._looked = float("-inf")

    def list_folders(self, housings: Iterable[Housing] = ()) -> None:
        """Look for new and removed jobs.

        Args:
            housings: where to look; they are remembered.
        """
        with self.lock:
            self._housings.update({str(one.folder.folder): one for one in housings})
            self._list()

    def look_at_live(self) -> None:
        """Read the jobs that are not over again, unless that was done a moment ago."""
        with self.lock:
            if time.monotonic() - self._looked < LOOKED_SECONDS:
                return
            self._looked = time.monotonic()
            for entry in [one for one in self._entries.values() if not one.is_over]:
                self.look(entry.id)

    def look(self, job_id: str) -> Entry | None:
        """Read a job again; None when it is not there any more."""
        with self.lock:
            entry = self._entries.get(job_id)
            if entry is None:
                return None
            try:
                fresh = read_again(entry)
            except MissingError:
                self._drop(job_id)
                return None
            if fresh is not entry:
                self.put(fresh)
            return self._entries[job_id]

    def find(self, job_id: str) -> Entry:
        """Give a job.

        Raises:
            MissingError: there is none of that name.
        """
        with self.lock:
            entry = self._entries.get(job_id)
            if entry is None:
                message = f"there is no job {job_id[:80]!r}"
                raise MissingError(message)
            return entry

    def entries(self, fits: Callable[[Entry], bool]) -> list[Entry]:
        """Give the jobs for which something holds, the waiting ones in their turn."""
        with self.lock:
            return sorted((one for one in self._entries.values() if fits(one)), key=_turn)

    def put(self, entry: Entry) -> Entry:
        """Keep a new or changed job."""
        with self.lock:
            self._revision += 1
            entry = replace(entry, changed=self._revision)
            self._entries[entry.id] = entry
            if entry.is_over and entry.asked_here:
                self.asked.drop(entry.job.folder)
            return entry

    def tidy(self, housing: Housing) -> None:
        """Clear away what a killed process left half-made, once."""
        if housing.folder.folder not in self._tidied:
            self._tidied.add(housing.folder.folder)
            housing.folder.clear_leftovers(older_than=LEFTOVER_AGE)

    def add(self, job: Job, housing: Housing) -> Entry:
        """Keep a job that was just made here."""
        with self.lock:
            self._housings[str(housing.folder.folder)] = housing
            self.asked.add(job.folder)
            return self.put(read_entry(job, housing, asked_here=True))

    def adopt(self, entry: Entry) -> Entry:
        """Let a waiting job of somebody else's be run from here."""
        if entry.asked_here or not entry.waits:
            return entry
        self.asked.add(entry.job.folder)
        return self.put(replace(entry, asked_here=True))

    def write(self, entry: Entry, status: JobStatus) -> Entry:
        """Replace a job's status; where the disk does not take it, in the book alone."""
        with self.lock:
            try:
                entry.job.write_status(status)
            except OSError:
                return self.put(replace(entry, status=status))
            return self.put(read_again(replace(entry, status=status, stamp="")))

    def say(self, entry: Entry, status: JobStatus) -> Entry:
        """Show a status that its worker is about to write."""
        return self.put(replace(entry, status=status))

    def remove(self, entry: Entry) -> None:
        """Remove a job for good.

        Raises:
            OSError: its folder cannot be removed.
        """
        with self.lock:
            entry.housing.folder.remove(entry.id)
            self._drop(entry.id)

    def changes(self, since: str) -> tuple[str, list[str], Sequence[Entry]]:
        """Tell what changed.

        Args:
            since: a revision that this gave before; anything else asks for everything.

        Returns:
            The revision now, all jobs in order, and those that changed.
        """
        with self.lock:
            life, _, number = since.partition("-")
            known = int(number) if life == self._life and number.isdecimal() else -1
            ordered = sorted(self._entries.values(), key=_place)
            changed = [entry for entry in ordered if entry.changed > known]
            return f"{self._life}-{self._revision}", [entry.id for entry in ordered], changed

    def _list(self) -> None:
        there: set[str] = set()
        weight = 0
        for housing in self._housings.values():
            for job_id in reversed(housing.folder.ids()):  # the newest first
                known = self._entries.get(job_id)
                is_needed = known is not None and not known.is_over
                if job_id in there or (weight > LARGEST and not is_needed):
                    continue  # of a copied run's jobs the first one's count
                if known is None or known.job.folder != housing.folder.folder / job_id:
                    self._read(job_id, housing)
                entry = self._entries.get(job_id)
                if entry is not None:
                    there.add(job_id)
                    weight += entry.weight
        for job_id in self._entries.keys() - there:
            self._drop(job_id)

    def _read(self, job_id: str, housing: Housing) -> None:
        try:
            job = housing.folder.job(job_id)
            asked_here = self.asked.holds(job.folder)
            self.put(read_entry(job, housing, asked_here=asked_here))
        except MissingError:
            return

    def _drop(self, job_id: str) -> None:
        if self._entries.pop(job_id, None) is not None:
            self._revision += 1


def _turn(entry: Entry) -> tuple[float, str]:
    return entry.status.position, entry.id


def _place(entry: Entry) -> tuple[int, float, str]:
    """Sort jobs under way first, then waiting ones in turn, then ended ones, latest first."""
    status = entry.status
    if entry.is_over:
        return 2, -(status.finished or status.updated), entry.id
    return (1, status.position, entry.id) if entry.waits else (0, status.started or 0.0, entry.id)


def ended(status: JobStatus, **changes: object) -> JobStatus:
    """Give a last status."""
    now = time.time()
    return msgspec.structs.replace(status, remaining=None, updated=now, finished=now, **changes)
