"""Every room says what it is for, ships, and is on the map; what is generated is fresh."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [ROOT / "sdk" / "cnnviz", ROOT / "tb_cnnviz"]
ROOMS = [
    folder
    for package in PACKAGES
    for folder in [package, *package.rglob("*")]
    if folder.is_dir() and any(folder.glob("*.py"))
]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_a_room_says_in_one_line_what_it_is_for(room):
    docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
    assert docstring, f"{name_of(room)}/__init__.py has no docstring"
    assert docstring.splitlines()[0].endswith("."), "the first line is a sentence"


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md"])
def test_the_map_names_every_room(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    rooms = [folder.name for folder in (ROOT / "sdk" / "cnnviz").iterdir() if folder in ROOMS]
    rooms += ["tb_cnnviz", "frontend", "builder", "tests", "benchmarks", "docs"]
    missing = [room for room in rooms if f"{room}/" not in text]
    assert not missing


def test_every_module_has_a_purpose():
    modules = [path for room in ROOMS for path in room.glob("*.py") if "_pb2" not in path.name]
    silent = [
        name_of(path)
        for path in modules
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent


def test_the_generated_protobuf_module_is_fresh():
    command = [sys.executable, "-m", "cnnviz.contract.generate", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_import_contracts_are_kept():
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
