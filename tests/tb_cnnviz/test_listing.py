from __future__ import annotations

import numpy as np
import pytest

import cnnviz
from cnnviz.contract.layers import Layer
from tb_cnnviz.run_index import layer_parents
from tests.tb_cnnviz.logdirs import LAYERS, Recording, arrays_at
from tests.tb_cnnviz.opened import Opened


def test_runs_are_listed_with_their_steps_and_scalars(board, logdir):
    answer = board.json("runs")
    assert answer["logdir"] == str(logdir)
    a, b = answer["runs"]
    assert (a["name"], a["steps"], a["first_step"], a["last_step"]) == ("a", 6, 0, 50)
    assert a["scalars"] == ["loss"]
    assert a["problems"] == []
    assert (b["name"], b["steps"], b["scalars"]) == ("b", 3, [])


def test_an_unchanged_list_is_not_sent_again(board):
    rev = board.json("runs")["rev"]
    assert board.json("runs", since=rev) == {**board.json("runs"), "runs": None}
    rev = board.index("a")["rev"]
    assert board.json("run", run="a", since=rev) == {"rev": rev, "index": None}


def test_an_unknown_run_is_named_beside_those_there_are(board):
    status, error = board.error("run", run="c")
    assert status == 404
    assert "['a', 'b']" in error["message"]


def test_the_index_says_what_was_recorded_when(board):
    index = board.index("a")
    assert index["steps"] == list(range(0, 60, 10))
    assert index["sources"] == ["bulk"] * 6
    series = {one["key"]: one for one in index["series"]}
    assert list(series) == list(arrays_at(0))
    assert series["activations/relu1"]["at"] == list(range(6))
    assert series["activations/relu1"]["arrays"] == {
        "activations": {"dtype": "float32", "shape": [2, 4, 6, 5]}
    }
    assert [layer["name"] for layer in index["layers"]] == LAYERS
    assert index["skipped"] == [{"method": "occlusion", "reason": "over budget", "step": 0}]
    assert index["examples"]["labels"] == [0, 1]
    assert index["examples"]["shape"] == [3, 12, 12]
    assert index["examples"]["names"] == ["0.png", "1.png"]


def test_a_run_without_examples_says_so(board):
    assert board.index("b")["examples"] is None
    status, error = board.error("examples", run="b")
    assert status == 404
    assert "examples" in error["message"]


def test_methods_with_other_cadences_keep_their_own_steps(tmp_path):
    with Recording(tmp_path / "run") as recording:
        for step in range(6):
            arrays = arrays_at(step)
            if step % 3:
                del arrays["saliency"]
            recording.capture(step, arrays=arrays)
    index = Opened("--logdir", str(tmp_path)).index("run")
    at = {one["key"]: one["at"] for one in index["series"]}
    assert at["saliency"] == [0, 3]
    assert at["predictions"] == [0, 1, 2, 3, 4, 5]


def test_layers_come_from_the_graph_file(tmp_path):
    layers = [
        {"name": "features", "kind": "Sequential", "shape": [4, 6, 6], "container": True},
        {
            "name": "features.0",
            "kind": "conv2d",
            "shape": [4, 6, 6],
            "weights": ["features.0.weight"],
        },
        {"name": "features.0.relu", "kind": "relu", "shape": [4, 6, 6], "rectifier": True},
    ]
    weights = {"features.0.weight": {"dtype": "float32", "shape": [4, 3, 3, 3]}}
    weights["features.1.running_mean"] = {"dtype": "float32", "shape": [4]}
    with Recording(tmp_path / "run") as recording:
        recording.graph(layers, weights)
        recording.capture(0)
    index = Opened("--logdir", str(tmp_path)).index("run")
    assert [layer["kind"] for layer in index["layers"]] == ["Sequential", "conv2d", "relu"]
    assert index["parents"] == [-1, 0, 1]
    assert index["model"]["parameters"] == 4 * 3 * 3 * 3
    assert index["model"]["captured"] == "graph"


def test_a_model_that_only_hooks_could_follow_is_told_as_that(tmp_path):
    with Recording(tmp_path / "run") as recording:
        recording.graph([{"name": "a", "kind": "relu", "shape": [4]}], {}, captured="hooks")
        recording.capture(0)
    assert Opened("--logdir", str(tmp_path)).index("run")["model"]["captured"] == "hooks"


def test_the_graph_of_another_model_is_not_taken_for_this_ones(tmp_path):
    with Recording(tmp_path / "run") as recording:
        recording.graph([{"name": "other", "kind": "relu", "shape": [1]}], {})
        recording.model_digest = "cd" * 32
        recording.capture(0)
    index = Opened("--logdir", str(tmp_path)).index("run")
    assert [layer["name"] for layer in index["layers"]] == LAYERS
    assert index["model"]["captured"] is None
    assert "another model" in index["problems"][0]


def test_a_layer_lies_in_the_longest_name_before_it():
    names = ["layer1", "layer1.0", "layer1.0.relu", "layer1.0.relu:1", "layer10", "add"]
    layers = [Layer(name=name, kind="", shape=[]) for name in names]
    assert layer_parents(layers) == [-1, 0, 1, 1, -1, -1]


def test_a_record_says_where_it_comes_from(board):
    answer = board.json("record", run="a", step=20, key="activations/relu1")
    provenance = answer["provenance"]
    assert (provenance["method"], provenance["layer"]) == ("activations", "relu1")
    assert (provenance["run"], provenance["step"]) == ("a", 20)
    assert answer["facts"] == {"unit": "activation"}
    assert board.error("record", run="a", step=20, key="nothing")[0] == 404


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("deep", [False, True])
def test_the_line_of_python_loads_the_very_array(tmp_path, own, deep):
    arrays = arrays_at(20) | {"saliency@1": arrays_at(7)["saliency"]}
    with Recording(tmp_path / "x" / "run" if deep else tmp_path, own_folder=own) as recording:
        recording.capture(20, arrays=arrays)
    board = Opened("--logdir_spec", f"group:{tmp_path}")
    run = board.json("runs")["runs"][0]["name"]
    for key, array in (("activations/relu1", "activations"), ("saliency@1", "map")):
        line = board.json("record", run=run, step=20, key=key)["python"]
        loaded = eval(line, {"cnnviz": cnnviz})
        np.testing.assert_array_equal(loaded, arrays[key][array])


def test_examples_are_shown_in_three_colours(board, tmp_path):
    digest = board.index("a")["examples"]["digest"]
    facts, arrays = board.tensors("examples", run="a", digest=digest)
    assert arrays["images"].shape == (2, 12, 12, 3)
    assert facts["count"] == 2
    assert board.error("examples", run="a", digest="ab")[0] == 404
    with Recording(tmp_path / "grey") as recording:
        grey = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4, 1)
        recording.writer.write_examples(grey, np.zeros((2, 1, 4, 4), np.float32))
        recording.capture(0)
    _, arrays = Opened("--logdir", str(tmp_path)).tensors("examples", run="grey")
    np.testing.assert_array_equal(arrays["images"], np.repeat(grey, 3, axis=-1))
