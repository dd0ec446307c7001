"""What goes wrong while a net trains: said once, never raised."""

from __future__ import annotations

import logging
import warnings

__all__ = ["Troubles"]

_log = logging.getLogger("cnnviz")


class Troubles:
    """Warns once for each cause, from any thread.

    Args:
        recorder: names the recorder in the messages, by its run.
    """

    def __init__(self, recorder: str) -> None:
        self._recorder = recorder
        self._said: set[str] = set()

    def say(self, cause: str, message: str) -> None:
        """Warn, unless the same cause was warned of before.

        Args:
            cause: what counts as the same trouble, e.g. a method's key.
            message: one sentence.
        """
        if cause in self._said:
            return
        self._said.add(cause)
        text = f"cnnviz recorder of {self._recorder}: {message}"
        try:
            warnings.warn(text, RuntimeWarning, stacklevel=2)
        except RuntimeWarning:
            # Where warnings are errors, an error would stop the training.
            _log.warning(text)
