"""The example of docs/howto/write_a_method.md, installed as a package, runs from the shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from cnnviz.storage.snapshots import SnapshotFile
from tests.worker.conftest import record_run

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "howto" / "write_a_method.md").read_text("utf-8")


def block(language):
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return found


def test_the_example_runs_from_the_shell_as_an_installed_package(tmp_path):
    group, name, module = re.search(r'"(.*)"\]\n(.*) = "(.*)"', block("toml")).groups()
    package, _, file = module.partition(".")
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    (tmp_path / package / f"{file}.py").write_text(block("python"))
    facts = tmp_path / f"{package}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
    record_run(tmp_path / "runs")
    done = subprocess.run(
        [sys.executable, "-m", "cnnviz.cli", *block("sh").split()[1:]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "gradient_times_input-first"
    written = SnapshotFile(folder / "gradient_times_input_step7.safetensors")
    assert written.array("gradient_times_input", "map").shape == (3, 16, 16)
    assert written.manifest.records[0].params == {"target": 1}
    assert len(list(folder.glob("*.png"))) == 3
