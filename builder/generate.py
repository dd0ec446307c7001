"""Runs every generator of a file that is written once and used in several languages.

`--check` writes nothing and fails where a generated file is stale.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import frontend

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    """Run each generator with these arguments; give 1 if any of them failed."""
    frontend.install_packages(development=True)
    commands: list[list[str | Path]] = [["-m", "cnnviz.contract.generate"]]
    commands += [[script] for script in sorted(ROOT.glob("frontend/scripts/generate_*.py"))]
    failed = False
    for command in commands:
        done = subprocess.run(
            [sys.executable, *command, *arguments],
            cwd=ROOT,
            env=frontend.environment(),
            check=False,
        )
        failed |= done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
