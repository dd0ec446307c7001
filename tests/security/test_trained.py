"""Trained networks of a stranger: what lies in a job's `network/`, and states of trainings."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import struct

import numpy as np
import pytest
import torch

from cnnviz.contract.trained import Trained
from cnnviz.core.trained import keep
from cnnviz.core.training_state import TrainingState
from cnnviz.graph import capture
from cnnviz.storage import RunWriter
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.storage.tensors import crc32c, encode_tensors
from cnnviz.worker.shelves import shelf_of_job
from tests.security.test_logdir import Bomb, as_numpy_saves, as_torch_saves
from tests.worker.conftest import make_job, wait_for

NAMES = ["about.json", "graph.json", "weights.safetensors", "more.safetensors"]


@pytest.fixture
def network(fortress):
    """The folder of a trained network that works; its job is called by its parent's name."""
    job = make_job(fortress.logdir, "toy_trainer")
    about = Trained(kind="style", method="toy_trainer", facts={"styles": [0]})
    net = capture(torch.nn.Conv2d(3, 3, 1).eval(), torch.rand(1, 3, 16, 16))
    shelf = shelf_of_job(job, LocalFolder(fortress.logdir), "first")
    keep(shelf, net, about, {"table": torch.ones(2, 3)})
    assert use(fortress, job.folder / "network")["state"] == "done"
    pid = fortress.pid()
    yield job.folder / "network"
    assert fortress.pid() == pid, "the worker did not survive"
    shutil.rmtree(job.folder)


def use(fortress, place):
    """Ask for a job that runs the network, and for all that the page shows of it."""
    fortress.visit_jobs()
    return fortress.attempt("first", "toy_by_network", params={"network": place.parent.name})


def fails(fortress, place, *kinds):
    status = use(fortress, place)
    assert status["state"] == "failed", status
    assert status["kind"] in (kinds or ("RecordError",)), status
    assert "Traceback" not in status["message"]
    assert len(status["message"]) < 400
    return status["message"]


def seal(place):
    """Make what the folder says of itself true again, as an attacker would."""
    about = json.loads((place / "about.json").read_text())
    about["graph_digest"] = hashlib.sha256((place / "graph.json").read_bytes()).hexdigest()
    (place / "about.json").write_text(json.dumps(about))


@pytest.mark.parametrize("how", [lambda p: pickle.dumps(Bomb(p)), as_torch_saves, as_numpy_saves])
def test_a_pickle_under_any_name_is_never_unpickled(fortress, network, trap, how):
    for name in NAMES:
        whole = (network / name).read_bytes()
        (network / name).write_bytes(how(trap))
        fails(fortress, network)
        if name == "graph.json":
            seal(network)
            fails(fortress, network)
        (network / name).write_bytes(whole)
        if name == "graph.json":
            seal(network)
    for name in ("network.pt", "about.pkl", "weights.pth"):
        (network / name).write_bytes(how(trap))
    assert use(fortress, network)["state"] == "done"


LIES = [
    *({"version": 99}, {"version": "1"}, {"kind": "tree"}, {"kind": None}, {"crc32c": {}}),
    *({"crc32c": {"weight": -1}}, {"crc32c": [1]}, {"graph_digest": ""}, {"graph_digest": 5}),
    *({"facts": "x"}, {"params": [1]}, {"step": 1.5}, {"crc32c": {"more|x": 1}}),
    {"facts": {"long": "x" * 300_000}},
]


def test_an_about_that_lies_is_refused_and_the_rest_goes_on(fortress, network):
    honest = json.loads((network / "about.json").read_text())
    for lie in LIES:
        (network / "about.json").write_text(json.dumps(honest | lie))
        fails(fortress, network)
    (network / "about.json").write_text(json.dumps(honest | {"kind": "decoder"}))
    fails(fortress, network, "ParamsError")
    deep = json.dumps(honest)[:-1] + ', "facts": ' + "[" * 5000 + "]" * 5000 + "}"
    (network / "about.json").write_text(deep)
    fails(fortress, network)


def test_what_an_about_says_is_only_shown(fortress, network):
    evil = "<img src=x onerror=alert(1)>\x1b]0;evil\x07\u202e"
    honest = json.loads((network / "about.json").read_text())
    told = {"facts": {evil: [evil] * 50, "styles": "../.."}, "run": "../../x", "method": evil}
    (network / "about.json").write_text(json.dumps(honest | told | {"params": {evil: {}}}))
    assert use(fortress, network)["state"] == "done"


def grown(graph, what):
    """A graph of few bytes that asks for a great deal of memory."""
    if what == "input":
        graph["input"]["shape"] = [3, 1 << 30, 1 << 30]
    elif what == "weight":
        graph["weights"]["weight"]["shape"] = [1 << 40, 3, 1, 1]
    elif what == "constant":
        graph["constants"] = {"c": {"dtype": "float32", "shape": [1 << 33], "data": ""}}
    elif what == "factory":
        full = {"op": "aten.full.default", "args": [[1 << 20, 1 << 20], 1.0]}
        graph["nodes"].append(full | {"shape": [1 << 20, 1 << 20]})
        graph["output"] = len(graph["nodes"]) - 1
    elif what == "upsampled":
        last = {"node": graph["output"]}
        up = {"op": "aten.upsample_nearest2d.vec", "args": [last, [1 << 20, 1 << 20], None]}
        graph["nodes"].append(up | {"shape": [2, 3, 1 << 20, 1 << 20]})
        graph["output"] = len(graph["nodes"]) - 1
    elif what == "operator":
        graph["nodes"].append({"op": "aten.from_file.default", "args": ["/etc/passwd"]})
        graph["output"] = len(graph["nodes"]) - 1
    elif what == "hooks":
        graph["captured"] = "hooks"
    return graph


@pytest.mark.parametrize(
    "what", ["input", "weight", "constant", "factory", "upsampled", "operator", "hooks"]
)
def test_a_graph_that_asks_for_too_much_takes_no_memory(fortress, network, what):
    graph = json.loads((network / "graph.json").read_text())
    (network / "graph.json").write_text(json.dumps(grown(graph, what)))
    fails(fortress, network)
    seal(network)
    fails(fortress, network, "RecordError", "UnsuitableError")


def test_weights_whose_header_lies_take_no_memory(fortress, network):
    path = network / "weights.safetensors"
    whole = path.read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])
    header = json.loads(whole[8 : 8 + length])
    for lie in (
        {"shape": [1 << 40, 3, 1, 1]},
        {"data_offsets": [0, 1 << 50]},
        {"data_offsets": [-36, 0]},
        {"dtype": "C64"},
    ):
        text = json.dumps(header | {"weight": header["weight"] | lie}).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + whole[8 + length :])
        fails(fortress, network)
    path.write_bytes(struct.pack("<Q", 1 << 60) + whole[8:])
    fails(fortress, network)
    path.write_bytes(whole)


@pytest.mark.parametrize("shape", [(3, 3, 2, 2), (), (0,)])
def test_weights_of_another_shape_are_refused_though_their_sums_are_right(fortress, network, shape):
    weights = {"weight": np.zeros(shape, np.float32), "bias": np.zeros(3, np.float32)}
    (network / "weights.safetensors").write_bytes(b"".join(map(bytes, encode_tensors(weights, {}))))
    about = json.loads((network / "about.json").read_text())
    about["crc32c"] |= {name: crc32c(array) for name, array in weights.items()}
    (network / "about.json").write_text(json.dumps(about))
    assert "do not fit the graph" in fails(fortress, network)


def test_no_link_out_of_the_logdir_is_followed(fortress, network, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(network, elsewhere)
    shutil.rmtree(network)
    network.symlink_to(elsewhere)
    assert "link" in fails(fortress, network)
    network.unlink()
    shutil.copytree(elsewhere, network)
    for name in NAMES:
        (network / name).unlink()
        (network / name).symlink_to(elsewhere / name)
        assert "link" in fails(fortress, network)
        (network / name).unlink()
        os.mkfifo(network / name)  # to read it would wait for ever
        assert "no file" in fails(fortress, network)
        (network / name).unlink()
        shutil.copy(elsewhere / name, network / name)
    assert use(fortress, network)["state"] == "done"


@pytest.mark.parametrize(
    "name", ["../../../../../etc", "/etc", "..", "a" * 10_000, "x\0y", "\x1b[2J", "network"]
)
def test_a_name_that_is_no_job_is_missing(fortress, name):
    status = fortress.attempt("first", "toy_by_network", params={"network": name})
    assert status["state"] in {"failed", "refused"}
    assert status.get("kind", "MissingError") != "WorkerError"


def test_a_job_that_is_a_link_out_of_the_logdir_is_no_job(fortress, network, tmp_path):
    outside = tmp_path / "20200101-000000-00000000"
    shutil.copytree(network.parent, outside)
    (network.parent.parent / outside.name).symlink_to(outside)
    fails(fortress, outside / "network", "MissingError")
    (network.parent.parent / outside.name).unlink()


DECODER = {"iterations": 1_000_000, "batch": 4, "width": 8}


@pytest.fixture
def stopped(fortress):
    """A run with images, and the state that a training left there when it was cancelled."""
    place = fortress.add_run("learning")
    pictures = np.random.default_rng(0).standard_normal((40, 3, 16, 16)).astype(np.float32)
    RunWriter(place).write_examples(np.zeros((40, 16, 16, 3), np.uint8), pictures)
    fortress.reload(fortress.logdir)
    body = {"run": "learning", "method": "fit_generator", "step": 3, "params": DECODER, "seed": 1}
    status, answer = fortress.post("jobs", body)
    assert status == 200, answer
    name = answer["job"]["request"]["id"]
    wait_for(lambda: fortress.status(name)["iteration"] > 2, seconds=60)
    fortress.post(f"jobs/{name}/cancel", {})
    assert fortress.until(name)["state"] == "cancelled"
    (path,) = (place / "jobs").glob(".training-*.safetensors")
    yield path, body
    fortress.drop_run("learning")


def goes(fortress, body, *, seconds=30.0):
    """Ask again; gives the status once it trains, or its last one."""
    status, answer = fortress.post("jobs", body)
    assert status == 200, answer
    name = answer["job"]["request"]["id"]
    wait_for(
        lambda: (
            fortress.status(name)["iteration"] > 0
            or fortress.status(name)["state"] in {"failed", "cancelled", "done"}
        ),
        seconds=seconds,
    )
    seen = fortress.status(name)
    fortress.post(f"jobs/{name}/cancel", {})
    fortress.until(name)
    return seen


def test_a_state_that_is_anything_else_ends_no_worker(fortress, stopped, trap, tmp_path):
    path, body = stopped
    pid = fortress.pid()
    whole = path.read_bytes()
    (length,) = struct.unpack("<Q", whole[:8])
    key = json.loads(json.loads(whole[8 : 8 + length])["__metadata__"]["cnnviz"])["key"]

    flipped = bytearray(whole)
    flipped[-1] ^= 1
    path.write_bytes(flipped)
    seen = goes(fortress, body)
    assert (seen["state"], seen["kind"]) == ("failed", "RecordError")
    assert "start it again" in seen["message"]

    for data in (pickle.dumps(Bomb(trap)), as_torch_saves(trap), b"", whole[: len(whole) // 2]):
        path.write_bytes(data)
        assert goes(fortress, body)["state"] != "failed"

    TrainingState(path, "0" * 64).save({"w": torch.zeros(1 << 20)}, {"steps": 999_000})
    assert goes(fortress, body)["iteration"] < 999_000

    for tensors, facts in (
        ({}, {}),
        ({"w": torch.zeros(3)}, {"steps": -5, "best": "x"}),
        ({}, {"steps": 10**18, "losses": [[[]]]}),
    ):
        TrainingState(path, key).save(tensors, facts)
        seen = goes(fortress, body)
        assert seen["state"] != "failed" or seen["kind"] == "RecordError", seen
    assert fortress.pid() == pid


def test_a_state_that_is_a_link_is_replaced_and_what_it_names_stays(fortress, stopped, tmp_path):
    path, body = stopped
    (tmp_path / "precious").write_bytes(b"precious")
    path.unlink()
    path.symlink_to(tmp_path / "precious")
    assert goes(fortress, body)["state"] != "failed"
    assert (tmp_path / "precious").read_bytes() == b"precious"
    jobs = JobsFolder(path.parent, inside=fortress.logdir)
    jobs.clear_leftovers()
    assert (tmp_path / "precious").exists()
