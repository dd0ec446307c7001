"""Where a recorder's events go: the user's SummaryWriter of torch or tensorboardX, or a file of our own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cnnviz.contract.names import OWN_FOLDER
from cnnviz.errors import ParamsError
from cnnviz.storage.event_files import EventFile

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import Summary

__all__ = ["EventSink", "open_sink"]


class EventSink(Protocol):
    """Takes summaries and gets them into an event file of the run."""

    run_folder: Path
    """The run's folder: `plugins/cnnviz` lies in it."""
    own_folder: bool
    """Whether the events lie in `<run>/cnnviz/`; to be passed to `encode_event`."""

    def add(self, summary: Summary, *, step: int, wall_time: float) -> None:
        """Write one summary.

        Raises:
            OSError: the disk is full, the writer is broken, …
        """

    def close(self) -> None:
        """Flush; a user's writer stays open."""


def open_sink(writer: Any) -> EventSink:
    """Choose how to write events.

    Args:
        writer: a SummaryWriter (torch's or tensorboardX's), or the run's folder.

    Raises:
        ParamsError: it is none of these.
        OSError: a folder cannot be made.
    """
    if isinstance(writer, str | os.PathLike):
        return _OwnFile(Path(writer))
    modules = {base.__module__.partition(".")[0] for base in type(writer).__mro__}
    if callable(getattr(writer, "_get_file_writer", None)):
        return _UserWriter(writer, own_protos="tensorboardX" in modules)
    message = (
        "writer must be a SummaryWriter of torch.utils.tensorboard or tensorboardX, "
        f"or the path of the run's folder, got {type(writer).__name__}"
    )
    raise ParamsError(message, field="writer")


class _OwnFile:
    """A plain path: our events get a folder of their own, because a second file beside the user's would hide theirs.

    TensorBoard's Python loader reads one file of a folder after the other and never goes back to the first.
    """

    own_folder = True

    def __init__(self, run_folder: Path) -> None:
        self.run_folder = run_folder
        self._file: EventFile | None = None

    def add(self, summary: Summary, *, step: int, wall_time: float) -> None:
        if (
            self._file is None
        ):  # no file, and so no empty run in TensorBoard, before the first capture
            self._file = EventFile(self.run_folder / OWN_FOLDER)
        self._file.add(summary, step=step, wall_time=wall_time)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


class _UserWriter:
    """The user's SummaryWriter: our events lie between theirs, in one file."""

    own_folder = False

    def __init__(self, writer: Any, *, own_protos: bool) -> None:
        self._writer, self._own_protos, self._reopened = writer, own_protos, False
        self.run_folder = Path(_folder_of(writer))

    def add(self, summary: Summary, *, step: int, wall_time: float) -> None:
        if getattr(self._writer, "file_writer", None) is None:
            self._reopened = True  # closed by the user: their writer starts a new file by itself, as for their own
        file_writer = self._writer._get_file_writer()
        file_writer.add_summary(self._translated(summary), step, wall_time)
        file_writer.flush()

    def close(self) -> None:
        if self._reopened:
            self._writer.close()
        elif getattr(self._writer, "file_writer", None) is not None:
            self._writer.flush()

    def _translated(self, summary: Summary) -> Any:
        if not self._own_protos:
            return summary
        from tensorboardX.proto.summary_pb2 import Summary as TheirSummary

        return TheirSummary.FromString(summary.SerializeToString())


def _folder_of(writer: Any) -> str:
    folder = getattr(writer, "log_dir", None) or getattr(writer, "logdir", None)
    if not isinstance(folder, str | os.PathLike):
        message = f"{type(writer).__name__} does not say its folder (log_dir); give the run's path instead"
        raise ParamsError(message, field="writer")
    return os.fspath(folder)
