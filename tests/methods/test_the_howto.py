"""What README and the how-tos say to type works as written, on a small network."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter

import cnnviz
from cnnviz.contract.jobs import JobRequest
from cnnviz.contract.trained import Trained
from cnnviz.core import registry
from cnnviz.core.registry import discover
from cnnviz.core.trained import keep
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.storage.shelf import Shelf
from tests.core.networks import images, plain

ROOT = Path(__file__).resolve().parents[2]
HOWTO = ROOT / "docs" / "howto"
CLASSES = 5


def python_blocks(document):
    return re.findall(
        r"^```python\n(.*?)^```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.relu = nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()

    def forward(self, x):
        return self.relu(self.conv(x))


def small_network():
    """Give one that has the layers that the snippets name."""
    model = nn.Sequential()
    for name, module in (
        ("layer1", nn.Sequential(Residual())),
        ("conv2", nn.Conv2d(4, 12, 3)),
        ("relu2", nn.ReLU()),
        ("pool", nn.AdaptiveAvgPool2d(1)),
        ("flat", nn.Flatten()),
        ("head", nn.Linear(12, CLASSES)),
    ):
        model.add_module(name, module)
    return model


@pytest.fixture
def names(monkeypatch, tmp_path):
    """What a person has at hand before the first snippet, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    model, x, y = small_network(), torch.rand(6, 3, 16, 16) * 4 - 2, torch.arange(6) % CLASSES
    return {
        "cnnviz": cnnviz,
        "model": model,
        "images": x,
        "labels": y,
        "names": [f"class {index}" for index in range(CLASSES)],
        "mean": (0.5, 0.5, 0.5),
        "std": (0.25, 0.25, 0.25),
        "loader": [(x, y)] * 3,
        "criterion": nn.CrossEntropyLoss(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.1),
        "validation_set": (x, y),
    }


def run(code, names):
    exec(compile(code, "snippet", "exec"), names)


def test_the_snippets_of_the_readme_work_in_turn(names, capsys):
    record, read, live = python_blocks(ROOT / "README.md")
    run(record, names)
    names["writer"].close()
    run(read, names)
    assert "'activations'" in capsys.readouterr().out
    assert names["record"].arrays["activations"].ndim == 4
    run(live, names)
    assert names["saliency_map"].shape == (6, 16, 16)
    assert "ReceptiveField" in capsys.readouterr().out


def test_the_snippets_about_a_data_set_work_in_turn(names, capsys):
    make, methods, read = python_blocks(HOWTO / "look_through_a_data_set.md")
    run(f"settings = dict({methods})", names)
    assert names["settings"]["methods"][1].params.layers == ["relu2"]
    names["writer"] = SummaryWriter("runs/first")
    run(make, names)
    with names["recorder"] as recorder:
        recorder.step(0)
    names["writer"].close()
    run(read, names)
    assert names["patches"].arrays["activations"].shape == (12, 9)
    assert "agreement" in names["embedding"].facts
    assert "feature" in capsys.readouterr().out


def test_the_snippet_about_trained_networks_works(names, capsys, tmp_path):
    jobs = JobsFolder(tmp_path / "runs/first/plugins/cnnviz/jobs", inside=tmp_path)
    jobs.create(JobRequest(id="1", method="fit_style", params={}, run="first", step=None))
    net = cnnviz.capture(nn.Conv2d(3, 3, 1).eval(), names["images"])
    about = Trained(kind="style", method="fit_style", facts={"iterations": 7})
    keep(Shelf(jobs, "1"), net, about, {"table": torch.ones(2, 3)})
    (code,) = python_blocks(HOWTO / "train_for_pictures.md")
    run(code, names)
    assert capsys.readouterr().out == "1 7 (3, None, None) ['table']\n"


def test_the_method_of_the_howto_works_as_written(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "_METHODS", dict(discover()))
    (code, *_) = python_blocks(HOWTO / "write_a_method.md")
    (tmp_path / "gradient_times_input.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("gradient_times_input")
    model, x = plain().eval(), images()
    record = cnnviz.run("gradient_times_input", model, x, target=1)
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(leaf)[:, 1].sum(), leaf)
    expected = (gradient * x).sum(1).numpy()
    np.testing.assert_allclose(record.arrays["map"], expected, atol=1e-6)


def test_the_index_of_methods_has_every_page():
    index = (ROOT / "docs" / "methods" / "README.md").read_text("utf-8")
    pages = {page.stem for page in (ROOT / "docs" / "methods").glob("*.md")} - {"README"}
    assert set(re.findall(r"\]\((\w+)\.md\) `\1`", index)) == pages


@pytest.mark.parametrize(
    "document",
    [ROOT / "README.md", ROOT / "docs" / "methods" / "README.md", *sorted(HOWTO.glob("*.md"))],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_what_a_page_points_to_is_there(document):
    text = document.read_text("utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", text) + re.findall(r'src="([^"]+)"', text)
    assert not [target for target in targets if not (document.parent / target).exists()]
