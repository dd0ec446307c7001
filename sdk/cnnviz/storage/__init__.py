"""The logdir on disk, torch-free: files a recorder writes, events, and the reader of both."""

from __future__ import annotations

from cnnviz.storage.captures import strictly_increasing
from cnnviz.storage.logdir import LogDir, open_logdir
from cnnviz.storage.previews import make_previews
from cnnviz.storage.run_reader import Run
from cnnviz.storage.run_writer import RunWriter
from cnnviz.storage.snapshots import SnapshotFile
from cnnviz.storage.summaries import make_summary
from cnnviz.storage.verification import Finding, verify

__all__ = [
    "Finding",
    "LogDir",
    "Run",
    "RunWriter",
    "SnapshotFile",
    "make_previews",
    "make_summary",
    "open_logdir",
    "strictly_increasing",
    "verify",
]
