from __future__ import annotations

import importlib
import re
from pathlib import Path

import numpy as np
import torch

import cnnviz
from cnnviz.core import registry
from cnnviz.core.registry import discover
from tests.core.networks import images, plain

PAGE = Path(__file__).resolve().parents[2] / "docs" / "howto" / "write_a_method.md"


def test_the_method_of_the_howto_works_as_written(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "_METHODS", dict(discover()))
    (code, *_) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "gradient_times_input.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("gradient_times_input")
    model, x = plain().eval(), images()
    record = cnnviz.run("gradient_times_input", model, x, target=1)
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(leaf)[:, 1].sum(), leaf)
    expected = (gradient * x).sum(1).numpy()
    np.testing.assert_allclose(record.arrays["map"], expected, atol=1e-6)
