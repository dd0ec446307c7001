"""Where the commands write: facts to standard output, complaints and progress to standard error."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

__all__ = ["complain", "note", "out", "progress_console", "warn"]

out = Console(highlight=False, soft_wrap=True, markup=False)
"""For what a person or a script asked for: files' and classes' names too, brackets and all."""

progress_console = Console(stderr=True, highlight=False, soft_wrap=True)
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
