"""Where events go: through the user's SummaryWriter, or into a folder of our own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cnnviz.contract.names import OWN_FOLDER
from cnnviz.errors import ParamsError
from cnnviz.storage.event_files import EventFile

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary

__all__ = ["ClosedWriterError", "Destination", "open_destination"]


class ClosedWriterError(Exception):
    """The user's SummaryWriter was closed; asking it for its file would open a new one."""


class Destination(Protocol):
    """The run that a recorder writes to; `write` and `close` are called in the background only."""

    run_folder: Path
    own_folder: bool
    """Whether events lie in `<run>/cnnviz/` and not among the user's own."""

    def write(self, summary: Summary, *, step: int, wall_time: float) -> None:
        """Append one event.

        Raises:
            ClosedWriterError: the user's writer was closed.
            OSError: the disk is full, the folder read-only, …
        """

    def close(self) -> None:
        """Bring what was written to the disk; a user's writer stays open."""


def open_destination(writer: Any) -> Destination | None:
    """Recognise what the user gave as `writer`; None for one that was told to write nothing.

    Raises:
        ParamsError: it is no SummaryWriter of torch or tensorboardX and no local path.
    """
    if isinstance(writer, str | os.PathLike):
        return _OwnFolder(_local(os.fspath(writer)))
    package = _package_of(writer)
    if package == "torch":
        return _Torch(writer, _local(writer.log_dir))
    if package == "tensorboardX":
        writes = getattr(writer, "_write_to_disk", True)
        return _TensorboardX(writer, _local(writer.logdir)) if writes else None
    message = (
        "writer must be a SummaryWriter of torch.utils.tensorboard or tensorboardX, or the path "
        f"of a run's folder, got {type(writer).__name__}"
    )
    raise ParamsError(message, field="writer")


def _package_of(writer: Any) -> str | None:
    """Name the package of a SummaryWriter by its bases, so that none needs to be installed."""
    for base in type(writer).__mro__:
        if base.__name__ == "SummaryWriter":
            return base.__module__.partition(".")[0]
    return None


def _local(path: str | bytes | os.PathLike[str]) -> Path:
    text = os.fsdecode(path)
    if "://" in text:
        message = f"writer must lie in a local folder, got {text!r}: record locally, then copy it"
        raise ParamsError(message, field="writer")
    folder = Path(text).expanduser()
    if folder.exists() and not folder.is_dir():
        message = f"writer must be the path of a run's folder, got the file {text!r}"
        raise ParamsError(message, field="writer")
    return folder


class _Torch:
    """Rides the file of torch's SummaryWriter, whichever is open at the moment."""

    own_folder = False

    def __init__(self, writer: Any, run_folder: Path) -> None:
        self.run_folder = run_folder
        self._writer = writer

    def write(self, summary: Summary, *, step: int, wall_time: float) -> None:
        self._file().add_summary(summary, global_step=step, walltime=wall_time)

    def close(self) -> None:
        self._file().flush()

    def _file(self) -> Any:
        file = self._writer.file_writer
        if file is None:
            message = f"the SummaryWriter of {self.run_folder} was closed before the recorder"
            raise ClosedWriterError(message)
        return file


class _TensorboardX(_Torch):
    """As torch's, with tensorboardX's own protobuf classes; unknown fields survive the change."""

    def write(self, summary: Summary, *, step: int, wall_time: float) -> None:
        from tensorboardX.proto.summary_pb2 import Summary as TheirSummary

        theirs = TheirSummary.FromString(summary.SerializeToString())
        self._file().add_summary(theirs, global_step=step, walltime=wall_time)


class _OwnFolder:
    """An event file in `<run>/cnnviz/`: a second one beside the user's would hide their scalars.

    It is made with the first event, so that a run that records nothing does not appear.
    """

    own_folder = True

    def __init__(self, run_folder: Path) -> None:
        self.run_folder = run_folder
        self._file: EventFile | None = None

    def write(self, summary: Summary, *, step: int, wall_time: float) -> None:
        if self._file is None:
            self._file = EventFile(self.run_folder / OWN_FOLDER)
        self._file.add(summary, step=step, wall_time=wall_time)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
