"""One job's folder: its request, status, claim, pictures, result and log, without torch.

Every file in it is untrusted: bounded before it is read, never a link, replaced whole.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cnnviz.contract import jobs as names
from cnnviz.contract.jobs import Claim, JobRequest, JobStatus
from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.claims import make_claim
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.manifests import check_origins, decode_json, digest_of, encode_json
from cnnviz.storage.small_files import make_empty, read_small, read_tail
from cnnviz.storage.snapshots import SnapshotFile
from cnnviz.storage.whole_files import write_whole

__all__ = ["Job"]

MAX_REQUEST: Final = 1 << 20
MAX_STATUS: Final = 1 << 18
MAX_PICTURE: Final = 32 << 20
MAX_INPUTS: Final = 64
LOG_TAIL: Final = 4096


class Job:
    """One job's folder; what it holds is read anew at each call."""

    def __init__(self, folder: Path) -> None:
        """Take a folder that `JobsFolder` has looked at."""
        self.folder, self.id = folder, folder.name

    def request(self) -> JobRequest:
        """Read what is asked.

        Raises:
            RecordError: damaged, out of bounds, newer than this version reads, or another job's.
        """
        request = decode_json(
            self._read(names.REQUEST_FILE, MAX_REQUEST), JobRequest, label=self.id
        )
        lowest = min([0, *request.examples])
        fits = request.id == self.id and 0 <= request.inputs <= MAX_INPUTS and lowest >= 0
        if not fits or len(request.method) > 64 or len(request.run) > 4096:
            message = f"job {self.id} is damaged: its request is another job's or out of bounds"
            raise RecordError(message)
        check_origins(request.origins, label=f"job {self.id}")
        return request

    def status(self) -> JobStatus:
        """Read how it goes.

        Raises:
            RecordError: damaged, too long, or newer than this version reads.
        """
        status = decode_json(self._read(names.STATUS_FILE, MAX_STATUS), JobStatus, label=self.id)
        if len(status.objective) > names.MAX_CURVE:
            message = f"job {self.id} is damaged: a curve of {len(status.objective)} points"
            raise RecordError(message)
        return status

    def write_status(self, status: JobStatus) -> None:
        """Replace the status as a whole; only a final one waits for the disk.

        Raises:
            OSError: the disk is full, the folder is gone or read-only.
        """
        self._write(
            names.STATUS_FILE, [encode_json(status)], durable=status.state in names.FINAL_STATES
        )

    def claim(self, device: str) -> bool:
        """Take the job for this process; False when another has it already."""
        text = encode_json(make_claim(device))
        temporary = self.folder / f".claim-{secrets.token_hex(8)}.tmp"
        temporary.write_bytes(text)
        try:
            os.link(temporary, self.folder / names.CLAIM_FILE)  # whole, or not at all
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            return self._claim_plainly(text)
        finally:
            temporary.unlink()
        return True

    def _claim_plainly(self, text: bytes) -> bool:
        try:
            with (self.folder / names.CLAIM_FILE).open("xb") as file:
                file.write(text)
        except FileExistsError:
            return False
        return True

    def claimed_by(self) -> Claim | None:
        """Say which process took the job; None when none did.

        Raises:
            RecordError: the claim is damaged.
        """
        try:
            data = read_small(self.folder / names.CLAIM_FILE, limit=MAX_STATUS)
        except FileNotFoundError:
            return None
        return decode_json(data, Claim, label=f"the claim of job {self.id}")

    def ask_to_cancel(self) -> None:
        """Ask the worker that has it, or will take it, to stop."""
        make_empty(self.folder / names.CANCEL_FILE)

    def cancel_asked(self) -> bool:
        """Tell whether somebody wants it stopped."""
        return os.path.lexists(self.folder / names.CANCEL_FILE)

    def write_preview(self, png: bytes) -> str:
        """Replace the preview; give its digest, for the status."""
        self._write(names.PREVIEW_FILE, [png], durable=False)
        return digest_of(png)

    def write_result(self, chunks: Iterable[bytes | memoryview]) -> None:
        """Store the result, a snapshot file's chunks.

        Raises:
            OSError: the disk is full, the folder is gone or read-only.
        """
        self._write(names.RESULT_FILE, chunks, durable=True)

    def preview(self) -> bytes | None:
        """Read the preview, a PNG; None when there is none.

        Raises:
            RecordError: a link, or too large.
        """
        return self._read_picture(names.PREVIEW_FILE)

    def input(self, index: int) -> bytes:
        """Read one of the request's own pictures, still encoded.

        Raises:
            MissingError: it is not there.
            RecordError: a link, or too large.
        """
        data = self._read_picture(names.input_name(index))
        if data is None:
            message = f"job {self.id} has lost its picture {index}"
            raise MissingError(message)
        return data

    def result(self) -> SnapshotFile:
        """Open the result.

        Raises:
            MissingError: there is none.
            RecordError: damaged.
        """
        try:
            return SnapshotFile(LocalFolder(self.folder).file(names.RESULT_FILE))
        except FileNotFoundError:
            message = f"job {self.id} has no result"
            raise MissingError(message) from None

    def log_tail(self, limit: int = LOG_TAIL) -> str:
        """Give the last lines of the log, at most `limit` bytes; empty when there are none."""
        try:
            return read_tail(self.folder / names.LOG_FILE, limit=limit)
        except RecordError:
            return ""

    def _read(self, name: str, limit: int) -> bytes:
        try:
            return read_small(self.folder / name, limit=limit)
        except FileNotFoundError:
            message = f"job {self.id} is damaged: it has no {name}"
            raise RecordError(message) from None

    def _read_picture(self, name: str) -> bytes | None:
        try:
            return read_small(self.folder / name, limit=MAX_PICTURE)
        except FileNotFoundError:
            return None

    def _write(self, name: str, chunks: Iterable[bytes | memoryview], *, durable: bool) -> None:
        # A folder that was removed meanwhile must not come back.
        write_whole(self.folder / name, chunks, durable=durable, make_folder=False)
