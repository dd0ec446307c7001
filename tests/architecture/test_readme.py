"""Every example of the README runs as it stands there."""

from __future__ import annotations

import re
import shlex
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision.models import resnet18

from cnnviz.cli.app import main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = [code for language, code in EXAMPLES if language == "python"]
SHELL = [code for language, code in EXAMPLES if language == "sh"]


@pytest.mark.slow
def test_the_python_examples_run_one_after_the_other(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    model = resnet18(num_classes=5)
    images = torch.rand(4, 3, 32, 32)
    data = TensorDataset(torch.rand(8, 3, 32, 32), torch.arange(8) % 5)
    given = {
        "model": model,
        "images": images,
        "labels": torch.arange(4),
        "names": list("abcde"),
        "mean": (0.5, 0.5, 0.5),
        "std": (0.25, 0.25, 0.25),
        "loader": DataLoader(data, batch_size=4),
        "criterion": nn.CrossEntropyLoss(),
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.01),
    }
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "cnnviz.Recorder: examples"
        )  # these are noise, not photos
        for code in PYTHON:
            exec(compile(code, "README.md", "exec"), given)
    given["writer"].close()
    assert given["run"].steps[0] == 0
    assert given["record"].arrays
    assert given["saliency_map"].shape == (4, 32, 32)
    assert "Provenance" in capsys.readouterr().out


@pytest.mark.slow
def test_the_inspect_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save("photos/noise.png")
    save_file(resnet18().state_dict(), "resnet18.safetensors")
    (line,) = (line for code in SHELL for line in code.splitlines() if "cnnviz inspect" in line)
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(line)[1:])
    assert not ended.value.code
    assert "noise.png" in capsys.readouterr().out


def test_every_make_command_of_the_readme_is_a_target():
    targets = re.findall(r"^([a-z][a-z0-9]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(
        r"\bmake ([a-z]+)", " ".join(re.findall(r"`[^`]+`|```sh.*?```", README, re.S))
    )
    assert {"demo", "check"} <= set(named)
    assert set(named) <= set(targets)


def test_every_link_of_the_readme_leads_somewhere():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert not [link for link in links if not (ROOT / link).exists()]
