"""The logdir on disk, torch-free: files a recorder writes, events, and the reader of both."""

from __future__ import annotations

from cnnviz.storage.captures import strictly_increasing
from cnnviz.storage.previews import make_previews
from cnnviz.storage.run_writer import RunWriter
from cnnviz.storage.snapshots import SnapshotFile
from cnnviz.storage.summaries import make_summary

__all__ = [
    "RunWriter",
    "SnapshotFile",
    "make_previews",
    "make_summary",
    "strictly_increasing",
]
