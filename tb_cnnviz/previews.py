"""The pictures inside the events: display quality, there even when only event files were copied."""

from __future__ import annotations

import threading
import time
from typing import Final

from cnnviz.errors import RecordError
from cnnviz.storage.previews import Preview, read_preview
from tb_cnnviz.captures import Capture
from tb_cnnviz.provider import Provider
from tb_cnnviz.recent import Recent

__all__ = ["Previews"]

DECODED: Final = 24
"""How many decoded previews are kept."""
LISTED_SECONDS: Final = 1.0


class Previews:
    """Previews of captures, through the data provider; one of another capture is never shown."""

    def __init__(self, provider: Provider) -> None:
        """Start with nothing read."""
        self._provider = provider
        self._keys: dict[str, dict[int, tuple[str, ...]]] = {}
        self._listed: dict[str, float] = {}
        self._decoded: Recent[Preview] = Recent(DECODED)
        self._lock = threading.Lock()

    def of(self, capture: Capture) -> Preview:
        """Give a capture's preview.

        Raises:
            RecordError: it is not there (yet), damaged, or another capture's.
        """
        known = self._decoded.get(capture.digest)
        if known is not None:
            return known
        label = f"{capture.event_run}: the preview of step {capture.step}"
        keys = self._keys_of(capture)
        if not keys:
            raise RecordError(f"{label} is not there")
        decoded = read_preview(self._provider.blob(keys[0]), label=label)
        if decoded.digest != capture.digest:
            raise RecordError(f"{label} is another capture's")
        self._decoded.keep(capture.digest, decoded)
        return decoded

    def _keys_of(self, capture: Capture) -> tuple[str, ...]:
        with self._lock:
            run, now = capture.event_run, time.monotonic()
            known = self._keys.get(run, {})
            stale = now - self._listed.get(run, float("-inf")) >= LISTED_SECONDS
            if capture.step not in known and stale:
                known = {preview.step: preview.keys for preview in self._provider.previews(run)}
                self._keys[run], self._listed[run] = known, now
            return known.get(capture.step, ())
