"""`cnnviz verify`: is a logdir whole, and if not, what is damaged and what still reads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape

from cnnviz.cli.screen import out, progress_console
from cnnviz.errors import ParamsError

__all__ = ["verify"]


def verify(
    logdir: Annotated[Path, typer.Argument(help="What was given to TensorBoard.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Check every digest and every event of a logdir; exit status 1 where something is damaged."""
    from cnnviz.storage import open_logdir
    from cnnviz.storage import verify as check

    if not logdir.is_dir():
        raise ParamsError(f"there is no logdir {logdir}", field="logdir")
    with progress_console.status(f"checking {escape(str(logdir))}"):
        findings = check(logdir)
        log = open_logdir(logdir)
        captures = {name: len(log.run(name).steps) for name in log.runs}
    if as_json:
        answer = {"captures": captures, "findings": msgspec.to_builtins(findings)}
        out.print_json(msgspec.json.encode(answer).decode())
    else:
        for finding in findings:
            out.print(f"{finding.path}: {finding.problem}")
            if finding.remains:
                out.print(f"    {finding.remains}")
        verdict = f"{len(findings)} damaged" if findings else "all whole"
        out.print(f"captures: {sum(captures.values())}, runs: {len(captures)}, {verdict}")
    if findings:
        raise typer.Exit(1)
