"""Keeping the exporter's chatter from the user's terminal, and only its own."""

from __future__ import annotations

import io
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import TextIO

__all__ = ["quiet_exporter"]

_LOGGERS = ("torch.fx.experimental.symbolic_shapes", "torch.export._trace", "torch.export")


class _WithoutMe(io.TextIOBase):
    """Standard error for every thread but the one that made it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._me = threading.get_ident()

    def write(self, text: str) -> int:
        return len(text) if threading.get_ident() == self._me else self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """Drop what torch.export warns, logs and prints (of a failed attempt, the whole graph)."""
    me = threading.get_ident()

    def from_elsewhere(record: logging.LogRecord) -> bool:
        return record.thread != me

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(from_elsewhere)
    try:
        with warnings.catch_warnings(), redirect_stderr(_WithoutMe(sys.stderr)):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger in loggers:
            logger.removeFilter(from_elsewhere)
