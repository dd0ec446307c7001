"""Where the commands write: facts to standard output, complaints and progress to standard error."""

from __future__ import annotations

import re
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

__all__ = ["complain", "note", "out", "progress_console", "visible", "warn"]

CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys, or writes backwards: line breaks and tabs left out."""


class Screen(Console):
    """A console on which names from a logdir are only names."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, with what a terminal would obey written out."""
        shown = [visible(one) if isinstance(one, str) else one for one in objects]
        super().print(*shown, **options)


def visible(text: str) -> str:
    """Write control characters out: a name may be chosen to take a terminal over."""
    return CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


out = Screen(highlight=False, soft_wrap=True, markup=False)
"""For what a person or a script asked for: files' and classes' names too, brackets and all."""

progress_console = Screen(stderr=True, highlight=False, soft_wrap=True)
"""For what goes on meanwhile."""


def note(text: str) -> None:
    """Say what goes on."""
    progress_console.print(escape(text))


def warn(text: str) -> None:
    """Say what was left out, and why."""
    progress_console.print(f"[yellow]warning:[/yellow] {escape(text)}")


def complain(text: str) -> None:
    """Say in one sentence why the command failed."""
    progress_console.print(f"[red]error:[/red] {escape(text)}")
