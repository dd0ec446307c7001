"""The error tree: everything that CNN Viz raises on purpose.

CnnvizError
├── ParamsError       parameters or arguments that do not fit (also a ValueError)
├── UnsuitableError   a method or a capture that this model does not allow, and why
├── MissingError      a run, layer, method, record or step that is not there (also a KeyError)
├── RecordError       a stored thing that is damaged, cut or newer than this version reads
├── MissingPackageError  an optional package that the call needs (also an ImportError)
├── WorkerError       a worker process that failed its job
└── JobCancelled      a job that was taken back while it ran

A message is one sentence: where or what, what is wrong, what was got, what to do.
"""

from __future__ import annotations

__all__ = [
    "CnnvizError",
    "JobCancelled",
    "MissingError",
    "MissingPackageError",
    "ParamsError",
    "RecordError",
    "UnsuitableError",
    "WorkerError",
]


class CnnvizError(Exception):
    """Root of all errors that CNN Viz raises on purpose."""


class ParamsError(CnnvizError, ValueError):
    """Parameters or arguments that do not fit; `field` names the one at fault, if one is."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        """Keep the name of the field beside the message."""
        super().__init__(message)
        self.field = field


class UnsuitableError(CnnvizError):
    """A method or a capture that this model does not allow; the message says why."""


class MissingError(CnnvizError, KeyError):
    """A run, layer, method, record or step that is not there; the message names those there are."""

    def __str__(self) -> str:
        """Show the message itself; KeyError alone would show its repr."""
        return str(self.args[0]) if self.args else ""


class RecordError(CnnvizError):
    """A stored thing that is damaged, cut, or newer than this version reads."""


class MissingPackageError(CnnvizError, ImportError):
    """An optional package that the call needs; the message gives the pip line."""


class WorkerError(CnnvizError):
    """A worker process that failed its job."""


class JobCancelled(CnnvizError):  # noqa: N818 - it is a signal, not a failure
    """A job that was taken back while it ran."""
