"""Runs every script of this folder at its small default size and passes on what it prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Run the scripts one after the other; give 1 if one failed."""
    failed = []
    for script in sorted(HERE.glob("*.py")):
        if script == Path(__file__).resolve() or script.name.startswith("_"):
            continue
        print(f"== {script.name}", flush=True)
        if subprocess.run([sys.executable, script], cwd=HERE.parent, check=False).returncode:
            failed.append(script.name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
