"""What an import loads, seen in fresh processes: lazy imports are invisible to import-linter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"torch", "torchvision", "scipy", "sklearn", "cv2", "openTSNE", "captum", "timm", "pandas"}

EVERY_MODULE_OF = """
import importlib, pkgutil
def load_all(*packages):
    for package in map(importlib.import_module, packages):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(found.name)
"""

BLOCK = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(HEAVY)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""


def run_fresh(code: str) -> str:
    """Run code in a fresh interpreter and give what it printed."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_after(code: str) -> set[str]:
    """Name the top-level packages that are loaded once code has run in a fresh interpreter."""
    tail = "\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    names = json.loads(run_fresh(code + tail).splitlines()[-1])
    return {name.partition(".")[0] for name in names}


def test_importing_cnnviz_loads_nothing_heavy():
    assert not loaded_after("import cnnviz") & (HEAVY | {"numpy", "tensorboard", "typer", "rich"})


def test_the_command_line_starts_without_torch():
    assert not loaded_after("import cnnviz.cli.app") & (HEAVY | {"tensorboard"})


def test_contract_and_storage_load_no_torch():
    code = EVERY_MODULE_OF + "load_all('cnnviz.contract', 'cnnviz.storage')"
    assert not loaded_after(code) & HEAVY


def test_the_plugin_loads_nothing_heavy_at_tensorboards_start():
    assert not loaded_after("import tb_cnnviz.plugin") & HEAVY


def test_no_module_of_the_plugin_loads_torch():
    assert not loaded_after(EVERY_MODULE_OF + "load_all('tb_cnnviz')") & HEAVY


def test_the_check_for_light_imports_can_fail():
    assert "torch" in loaded_after("import cnnviz.graph")


def test_the_viewer_works_where_torch_is_not_installed(tmp_path):
    out = run_fresh(
        BLOCK
        + EVERY_MODULE_OF
        + "load_all('cnnviz.contract', 'cnnviz.storage', 'tb_cnnviz')\n"
        + f"import cnnviz; print(cnnviz.open_logdir({str(tmp_path)!r}).runs)"
    )
    assert out.strip() == "[]"


@pytest.mark.parametrize("name", ["Recorder", "run", "capture", "load_graph"])
def test_without_torch_what_needs_it_says_what_to_install(name):
    out = run_fresh(
        BLOCK
        + f"import cnnviz\ntry:\n    cnnviz.{name}\n"
        + "except cnnviz.errors.MissingPackageError as error:\n    print(error)"
    )
    assert 'pip install "tb-cnnviz[torch]"' in out


def test_every_public_name_is_there():
    out = run_fresh("import cnnviz\nprint([getattr(cnnviz, name) for name in cnnviz.__all__])")
    assert "Recorder" in out
