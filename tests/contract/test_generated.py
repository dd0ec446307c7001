from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cnnviz.contract
from cnnviz.contract import generate
from cnnviz.contract.cnnviz_pb2 import CaptureEvent

FOLDER = Path(cnnviz.contract.__file__).parent


def test_the_protobuf_module_is_fresh():
    pytest.importorskip("grpc_tools")
    for name, text in generate.generate().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, "run make contract"


def test_a_stale_module_is_found(monkeypatch, tmp_path, capsys):
    pytest.importorskip("grpc_tools")
    here = tmp_path / "cnnviz" / "contract"
    here.mkdir(parents=True)
    (here / "cnnviz.proto").write_text((FOLDER / "cnnviz.proto").read_text())
    monkeypatch.setattr(generate, "_HERE", here)
    assert generate.main(["--check"]) == 1
    assert "stale: cnnviz_pb2.py" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    (here / "cnnviz.proto").write_text((FOLDER / "cnnviz.proto").read_text() + "message New {}")
    assert generate.main(["--check"]) == 1


def test_the_module_does_not_demand_a_protobuf_as_new_as_protoc():
    assert "runtime_version" not in (FOLDER / "cnnviz_pb2.py").read_text(encoding="utf-8")
    event = CaptureEvent(version=1, manifest=b"m", manifest_size=9)
    assert CaptureEvent.FromString(event.SerializeToString()) == event


def test_the_contract_imports_nothing_heavy():
    modules = [
        path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "generate")
    ]
    code = (
        f"import importlib, sys\n"
        f"[importlib.import_module('cnnviz.contract.' + name) for name in {modules}]\n"
        "heavy = {'torch', 'tensorboard', 'scipy', 'torchvision'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
