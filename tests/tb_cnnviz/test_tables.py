from __future__ import annotations

import numpy as np
import pytest

from tb_cnnviz.answers.scalar import thinned
from tests.tb_cnnviz.logdirs import LAYERS, Recording, arrays_at
from tests.tb_cnnviz.opened import Opened

STEPS = list(range(0, 60, 10))


def test_a_strip_has_one_picture_a_step(board):
    facts, arrays = board.tensors("strip", run="a", key="activations/relu1", image=1, channel=3)
    assert facts["steps"] == STEPS
    assert arrays["codes"].shape == (6, 6, 5)
    np.testing.assert_array_equal(arrays["high"], [1000 + step for step in STEPS])
    expected = [arrays_at(step)["activations/relu1"]["activations"][1, 3].mean() for step in STEPS]
    np.testing.assert_allclose(arrays["mean"], expected, rtol=1e-6)


def test_a_strip_of_chosen_steps_names_those_that_it_has(board):
    query = {"run": "a", "key": "saliency", "steps": "50,10,10,11"}
    facts, arrays = board.tensors("strip", **query)
    assert facts["steps"] == [10, 50]
    assert arrays["codes"].shape == (2, 12, 12)
    assert board.error("strip", run="a", key="saliency", steps="11")[0] == 404


def test_a_strip_of_kernels_has_all_slices_or_the_one_asked_for(board):
    facts, every = board.tensors("strip", run="a", key="filters/conv1", channel=2)
    assert every["codes"].shape == (6, 3, 3, 3)
    assert facts["signed"]
    _, one = board.tensors("strip", run="a", key="filters/conv1", channel=2, slice=1)
    assert one["codes"].shape == (6, 3, 3)
    exact = arrays_at(0)["filters/conv1"]["weights"][2, 1]
    np.testing.assert_allclose(
        one["low"][0] + one["codes"][0] / 255 * (one["high"] - one["low"])[0],
        exact,
        atol=one["high"][0] / 255 * 1.01,
    )
    assert board.error("strip", run="a", key="filters/conv1", channel=2, slice=3)[0] == 404


def test_a_strip_leaves_out_steps_of_another_size(tmp_path):
    with Recording(tmp_path / "run") as recording:
        for step in range(4):
            arrays = arrays_at(step)
            if step == 1:
                arrays["activations/relu1"]["activations"] = np.ones((2, 4, 3, 3), np.float32)
            recording.capture(step, arrays=arrays)
    facts, _ = Opened("--logdir", str(tmp_path)).tensors(
        "strip", run="run", key="activations/relu1"
    )
    assert facts["steps"] == [0, 2, 3]


def test_a_strip_mixes_previews_in_where_files_are_missing(tmp_path):
    with Recording(tmp_path / "run") as recording:
        for step in range(3):
            recording.capture(step, bulk=step != 1)
    board = Opened("--logdir", str(tmp_path))
    facts, _ = board.tensors("strip", run="run", key="filters/conv1", channel=0)
    assert facts["steps"] == [0, 1, 2]


def test_statistics_cover_every_layer_and_step(board):
    facts, arrays = board.tensors("statistics", run="a")
    assert facts["steps"] == STEPS
    assert facts["layers"] == LAYERS
    assert facts["columns"] == ["mean", "zeros"]
    np.testing.assert_array_equal(arrays["mean"], np.repeat(np.float32(STEPS)[:, None], 3, axis=1))


def test_channels_of_a_layer_are_its_part_of_the_table(board):
    facts, arrays = board.tensors("channels", run="a", layer="relu1")
    assert facts["steps"] == STEPS
    expected = np.arange(4, 8)[None] + np.float32(STEPS)[:, None]
    np.testing.assert_array_equal(arrays["max"], expected)
    assert board.error("channels", run="a", layer="nothing")[0] == 404


def test_scores_give_the_best_classes(board):
    facts, arrays = board.tensors("scores", run="a")
    scores = np.stack([arrays_at(step)["predictions"]["scores"] for step in STEPS])
    assert facts["steps"] == STEPS
    np.testing.assert_array_equal(arrays["top_classes"][..., 0], scores.argmax(axis=-1))
    np.testing.assert_array_equal(arrays["top_scores"][..., 0], scores.max(axis=-1))
    np.testing.assert_allclose(arrays["label_probability"], 0.1, rtol=1e-6)


@pytest.mark.parametrize("route", ["statistics", "scores"])
def test_tables_hold_for_ever_by_the_current_revision_only(board, route):
    rev = board.index("a")["rev"]
    current = board.get(route, run="a", rev=rev)
    assert "immutable" in current.headers["Cache-Control"]
    assert "immutable" not in board.get(route, run="a", rev="00").headers["Cache-Control"]


def test_a_run_without_tables_gives_empty_ones(tmp_path):
    with Recording(tmp_path / "run") as recording:
        recording.capture(0, arrays={"saliency": arrays_at(0)["saliency"]})
    board = Opened("--logdir", str(tmp_path))
    assert board.tensors("statistics", run="run")[0]["layers"] == []
    assert board.tensors("scores", run="run")[0]["steps"] == []


def test_the_scalar_of_the_run_comes_with_steps_and_values(board):
    facts, arrays = board.tensors("scalar", run="a", tag="loss")
    assert arrays["steps"].tolist() == STEPS
    assert facts["points"] == 6
    np.testing.assert_allclose(arrays["values"], [1 / (1 + step) for step in STEPS], rtol=1e-6)
    status, error = board.error("scalar", run="a", tag="acc")
    assert status == 404
    assert "loss" in error["message"]


def test_thinning_keeps_the_first_and_the_last():
    assert thinned(5, 10) == [0, 1, 2, 3, 4]
    chosen = thinned(123_456, 1_000)
    assert len(set(chosen)) == 1_000
    assert chosen[0] == 0
    assert chosen[-1] == 123_455
