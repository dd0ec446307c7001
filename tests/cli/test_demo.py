"""The demo trains for real, and ends with the tab in TensorBoard."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import cnnviz as package
from cnnviz.cli.demo_data import DEBIAN_FOLDER, DataSet, load_data_set
from cnnviz.cli.host import free_port
from cnnviz.errors import ParamsError


@pytest.mark.slow
def test_the_demo_learns_and_records_two_runs(cnnviz, tmp_path):
    folder = tmp_path / "runs"
    words = ["demo", "--data", "digits", "--steps", 40, "--logdir", folder, "--no-tensorboard"]
    said = cnnviz(*words)
    assert said.status == 0, said.err
    assert f"tensorboard --logdir {folder}" in said.out
    log = package.open_logdir(folder)
    assert list(log.runs) == ["lr-0.05", "lr-0.2"]
    for name in log.runs:
        run = log.run(name)
        assert len(run.steps) >= 20
        assert {"activations", "filters", "layer_statistics", "predictions"} <= set(run.methods)
    first, last = (log.run("lr-0.05").record("filters", layer="conv1", step=s) for s in (0, 39))
    kernels = [record.arrays[next(iter(record.arrays))] for record in (first, last)]
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-3, "the network learned nothing"


def test_a_folder_that_holds_something_is_not_written_to(cnnviz, tmp_path):
    (tmp_path / "mine").write_text("precious")
    said = cnnviz("demo", "--logdir", tmp_path, "--no-tensorboard", "--data", "digits")
    assert said.status == 2
    assert "is not empty" in said.err


def test_a_second_demo_gets_a_folder_of_its_own(tmp_path, monkeypatch):
    from cnnviz.cli.demo import _folder_for

    monkeypatch.chdir(tmp_path)
    assert _folder_for(None) == Path("runs/cnnviz-demo")
    Path("runs/cnnviz-demo").mkdir(parents=True)
    assert _folder_for(None) == Path("runs/cnnviz-demo-2")


@pytest.mark.skipif(not DEBIAN_FOLDER.is_dir(), reason="needs Debian's dataset-fashion-mnist")
def test_debians_fashion_mnist_is_read_whole():
    data = load_data_set("fashion-mnist")
    assert data.images.shape == (60_000, 1, 28, 28)
    assert data.test_images.shape == (10_000, 1, 28, 28)
    assert data.images.max() == 255
    np.testing.assert_array_equal(np.bincount(data.labels), [6000] * 10)
    assert data.class_names[data.test_labels[0]] == "ankle boot"


def test_where_nothing_can_be_fetched_the_digits_are_taken_and_said(monkeypatch, capsys, tmp_path):
    def refuse(*_):
        raise OSError("no network")

    monkeypatch.setattr("cnnviz.cli.demo_data.DEBIAN_FOLDER", tmp_path / "absent")
    monkeypatch.setattr("cnnviz.cli.demo_data._torchvision_fashion_mnist", refuse)
    monkeypatch.setattr("cnnviz.cli.demo_data._cifar10", refuse)
    assert load_data_set("fashion-mnist").name == "scikit-learn's digits"
    assert "no network" in capsys.readouterr().err
    with pytest.raises(ParamsError, match="CIFAR10 could not be fetched"):
        load_data_set("cifar10")


def test_a_folder_of_images_is_a_data_set_with_a_class_a_sub_folder(tmp_path):
    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        (tmp_path / name).mkdir()
        for number in range(5):
            Image.new("RGB", (80, 60), colour).save(tmp_path / name / f"{number}.jpg", quality=100)
    data = load_data_set(str(tmp_path))
    assert data.class_names == ["blue", "red"]
    assert (len(data.images), len(data.test_images)) == (8, 2)
    for image, label in zip(data.images, data.labels, strict=True):
        assert image.mean((1, 2)).argmax() == (2, 0)[label]


def test_a_folder_without_two_classes_is_refused(tmp_path):
    (tmp_path / "only").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "only" / "1.png")
    with pytest.raises(ParamsError, match="at least two"):
        load_data_set(str(tmp_path))


def test_the_examples_take_every_class_in_turn():
    labels = np.repeat(np.arange(3), [10, 1, 5])
    images = np.zeros((16, 1, 4, 4), np.uint8)
    data = DataSet(
        name="d",
        class_names=list("abc"),
        images=images,
        labels=labels,
        test_images=images,
        test_labels=labels,
    )
    assert labels[data.examples(7)].tolist() == [0, 1, 2, 0, 2, 0, 2]


def test_a_taken_port_is_passed_over_unless_it_was_asked_for():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ParamsError, match=f"port {port} is taken"):
            free_port(port)
    assert free_port(None) >= 1024


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform == "win32", reason="sends Ctrl-C")
def test_the_demo_ends_with_the_tab_in_tensorboard(tmp_path):
    command = [sys.executable, "-m", "cnnviz.cli", "demo", "--data", "digits", "--steps", "12"]
    command += ["--logdir", str(tmp_path / "runs"), "--port", "0", "--no-open"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as demo:
        try:
            link = next(line for line in demo.stdout if "http://localhost" in line).split()[-1]
            root, _, tab = link.partition("#")
            assert tab == "cnnviz"
            with urllib.request.urlopen(f"{root}data/plugins_listing") as answer:
                assert "cnnviz" in json.load(answer)
            deadline, runs = time.monotonic() + 60, []
            while len(runs) < 2 and time.monotonic() < deadline:
                with urllib.request.urlopen(f"{root}data/plugin/cnnviz/runs") as answer:
                    runs = json.load(answer)["runs"] or []
                time.sleep(0.5)
            assert {run["name"] for run in runs} == {"lr-0.05", "lr-0.2"}
        finally:
            demo.send_signal(signal.SIGINT)
            assert demo.wait(timeout=30) == 0
