"""Misuse is told when the recorder is made, by an error of ours that names the argument."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.errors import CnnvizError, MissingError, ParamsError
from cnnviz.recording import Recorder


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"budget": 0}, "budget must be a share of wall time between 0 and 1.*got 0"),
        ({"budget": 1.0}, "budget must be"),
        ({"budget": -0.1}, "budget must be"),
        ({"budget": float("nan")}, "budget must be"),
        ({"budget": "1%"}, "budget must be.*'1%'"),
        ({"budget": None}, "budget must be"),
        ({"every": 0}, "every must be a whole number of steps, at least 1, got 0"),
        ({"every": 2.5}, "every must be"),
        ({"every": True}, "every must be"),
        ({"every": 10, "budget": 0.5}, "either budget .*0.5.* or every .*10"),
        ({"checkpoints": "last"}, "checkpoints must be 'all', 'last:N'"),
        ({"checkpoints": "last:0"}, "checkpoints must be"),
        ({"checkpoints": 3}, "checkpoints must be"),
        ({"preview_bytes": -1}, "preview_bytes must be a whole number from 0"),
        ({"preview_bytes": 1 << 30}, "preview_bytes must be"),
        ({"preview_bytes": 1e3}, "preview_bytes must be"),
        ({"dataset": [1]}, "dataset: image 0 is left out: it is a int, expected a tensor"),
        (
            {"dataset": iter([])},
            "dataset must be a torch Dataset, .* that can be gone through only once",
        ),
        ({"dataset": []}, "dataset is empty"),
        ({"dataset_seconds": 0}, "dataset_seconds must be a number above 0, got 0"),
        ({"labels": [0, 1]}, "labels must be one class index an example"),
        ({"labels": [0, 1, 4]}, "labels must be 0 to 3"),
        ({"labels": [0.5, 1, 2]}, "labels must be whole numbers"),
        ({"class_names": ["a", "b"]}, "class_names must be one a class: the model has 4, got 2"),
        ({"class_names": "abcd"}, "class_names must be a list of texts"),
        ({"example_names": ["a"]}, "example_names must be one an example: there are 3, got 1"),
        ({"example_names": [1, 2, 3]}, "example_names must be a list of texts"),
        ({"normalize": 0.5}, "normalize must be"),
        ({"normalize": ((0.5, 0.5), 1.0)}, "normalize must be"),
        ({"normalize": (0.5, 0.0)}, "normalize needs .* std above 0"),
        ({"seed": "1"}, "seed must be a whole number from 0 .*got '1'"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": 2**63}, "seed must be a whole number"),
        ({"methods": []}, "methods must name at least one"),
        ({"methods": 3}, "methods must be"),
        ({"methods": [3]}, "methods must be"),
        ({"methods": ["filtres"]}, "filters"),
    ],
)
def test_an_argument_that_does_not_fit_is_refused(net, images, tmp_path, arguments, says):
    with pytest.raises(CnnvizError, match=says):
        Recorder(net, tmp_path, examples=images, **arguments)


@pytest.mark.parametrize(
    ("examples", "says"),
    [
        (torch.rand(1, 8, 8), "examples must be a batch"),
        (torch.rand(0, 1, 8, 8), "no empty dimension"),
        (torch.zeros(2, 1, 8, 8, dtype=torch.uint8), "examples must be floats as the model takes"),
        (torch.full((2, 1, 8, 8), float("nan")), "examples must be finite"),
        (np.zeros((2, 1, 8, 8), np.float32), "examples must be a torch tensor"),
        (torch.rand(300, 1, 8, 8), "at most 256 images.*got 300"),
        (torch.rand(2, 3, 8, 8), r"\(2, 3, 8, 8\)"),
        (torch.rand(2, 1, 20, 20), r"\(2, 1, 20, 20\)"),
        (torch.rand(2, 1, 8, 8, device="meta"), "examples lie on meta and the model on cpu"),
    ],
)
def test_examples_that_do_not_fit_are_refused(net, tmp_path, examples, says):
    with pytest.raises(CnnvizError, match=says):
        Recorder(net, tmp_path, examples=examples)


def test_an_unknown_layer_is_refused_with_the_names_that_come_close(net, images, tmp_path):
    wanted = cnnviz.method("activations", layers=["nowhere"])
    with pytest.raises(MissingError, match="no layer 'nowhere'"):
        Recorder(net, tmp_path, examples=images, methods=[wanted])


@pytest.mark.parametrize("writer", [3, None, object()])
def test_a_writer_of_an_unknown_kind_is_refused(net, images, writer):
    with pytest.raises(ParamsError, match="writer must be a SummaryWriter"):
        Recorder(net, writer, examples=images)


def test_a_remote_writer_is_refused(net, images):
    with pytest.raises(ParamsError, match="writer must lie in a local folder, got 's3://runs'"):
        Recorder(net, "s3://runs", examples=images)


def test_a_file_is_no_run(net, images, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ParamsError, match="got the file"):
        Recorder(net, tmp_path / "file", examples=images)


def test_something_else_than_a_model_is_refused(images, tmp_path):
    with pytest.raises(ParamsError, match=r"model must be a .*Module, got str"):
        Recorder("resnet18", tmp_path, examples=images)


def test_examples_of_another_range_than_normalize_says_are_told_of(net, tmp_path):
    with pytest.warns(UserWarning, match="once normalize is undone"):
        Recorder(net, tmp_path, examples=torch.rand(2, 1, 8, 8) * 9, normalize=(0.5, 0.5)).close()


def test_normalised_examples_without_normalize_are_told_of(net, tmp_path):
    examples = torch.linspace(-1, 1, 128).reshape(2, 1, 8, 8)
    with pytest.warns(UserWarning, match=r"give normalize=\(mean, std\)"):
        Recorder(net, tmp_path, examples=examples).close()


def test_a_refused_recorder_leaves_the_run_free_for_the_next(net, images, tmp_path):
    with pytest.raises(CnnvizError):
        Recorder(net, tmp_path, examples=images, methods=["nothing"])
    Recorder(net, tmp_path, examples=images).close()


def test_the_examples_are_copied(net, images, tmp_path):
    from cnnviz.storage.snapshots import SnapshotFile

    with Recorder(net, tmp_path, examples=images, methods=["predictions"], every=1) as recorder:
        recorder.step(0)
        images.zero_()
        recorder.step(1)
    scores = [
        SnapshotFile(path).array("predictions", "scores")
        for path in (tmp_path / "plugins" / "cnnviz" / "snapshots").iterdir()
    ]
    assert np.array_equal(*scores)


def test_a_model_without_scores_is_recorded_where_it_can_be(images, tmp_path):
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
    with Recorder(model, tmp_path, examples=images, methods=["filters", "activations"]) as recorder:
        recorder.step(0)
    assert recorder.captures == 1
