"""Runs the tests on the oldest and the newest torch that setup.py allows."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAIRS = {"oldest": ["torch==2.9.*", "torchvision==0.24.*"], "newest": ["torch", "torchvision"]}


def run_tests(name: str, pair: list[str]) -> int:
    """Install one pair into `.venv-NAME` and run the tests there; give pytest's exit status."""
    folder = ROOT / f".venv-{name}"
    if not folder.exists():
        venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    packages = [*pair, "--editable", f"{ROOT}[torch,dev]"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", *packages], check=True)
    command = [python, "-m", "pytest", "-q", "-m", "not e2e"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    """Test each pair; give 1 if one failed."""
    failed = []
    for name, pair in PAIRS.items():
        print(f"== {name}: {' '.join(pair)}", flush=True)
        if run_tests(name, pair):
            failed.append(name)
    print(f"failed on: {', '.join(failed)}" if failed else "passed on all")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
