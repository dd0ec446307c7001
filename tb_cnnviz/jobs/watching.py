"""Jobs that another process has: left alone while it lives, failed when it is gone."""

from __future__ import annotations

import time
from typing import Final

from cnnviz.contract.jobs import CLAIM_FILE
from cnnviz.errors import CnnvizError
from cnnviz.storage.claims import claim_lives
from tb_cnnviz.jobs.book import Book, ended
from tb_cnnviz.jobs.entries import Entry

__all__ = ["look_after_others"]

WRITING_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 60.0
"""Without a word of a worker that another process started, here or on another machine."""


def look_after_others(book: Book, own: set[str], *, write: bool) -> None:
    """Fail the jobs whose worker is gone.

    Args:
        book: of all jobs.
        own: those that this process's workers have.
        write: whether to write it down too, or to show it only.
    """
    for entry in book.entries(lambda one: not one.is_over and one.id not in own):
        reason = _why_dead(entry)
        if not reason:
            continue
        fresh = book.look(entry.id)  # its last word may have come meanwhile
        if fresh is not None and not fresh.is_over:
            status = ended(
                fresh.status,
                state="failed",
                kind="WorkerError",
                message=reason,
                log_tail=fresh.job.log_tail(),
            )
            if write:
                book.write(fresh, status)
            else:
                book.say(fresh, status)


def _why_dead(entry: Entry) -> str:
    """Say why nobody works on a job any more; empty while somebody may."""
    try:
        claim = entry.job.claimed_by()
    except (CnnvizError, OSError) as error:
        return f"it cannot be told who works on it: {error}" if _is_old(entry) else ""
    silent = time.monotonic() - entry.seen
    if claim is None:
        # A worker claims first and writes afterwards.
        return "" if entry.waits else "no worker has it any more"
    lives = claim_lives(claim)
    if lives is False:
        return f"its worker (process {claim.pid}) ended without a last word"
    if silent > SILENT_SECONDS:
        where = f"process {claim.pid} on {claim.host[:80]}"
        return f"its worker ({where}) was not heard of for {SILENT_SECONDS:.0f} s"
    return ""


def _is_old(entry: Entry) -> bool:
    """Tell whether a claim is not just being written, as file systems without links need it."""
    try:
        return time.time() - (entry.job.folder / CLAIM_FILE).lstat().st_mtime > WRITING_SECONDS
    except OSError:
        return False
