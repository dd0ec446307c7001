from __future__ import annotations

import contextlib
import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from cnnviz.errors import CnnvizError, MissingError, RecordError, UnsuitableError
from cnnviz.graph import Graph, HookNet, capture, load_graph
from tests import nets


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    net = capture(nets.residual(), nets.images())
    net.save(folder)
    return folder


@pytest.mark.parametrize("name", [name for name in nets.ALL if name != "value_dependent"])
def test_a_saved_graph_computes_the_same_when_it_is_loaded(name: str, tmp_path: Path) -> None:
    net = capture(nets.ALL[name](), nets.images())
    assert isinstance(net, Graph)
    net.save(tmp_path / "new" / "folder")
    loaded = load_graph(tmp_path / "new" / "folder")
    assert loaded.digest == net.digest
    assert loaded.layers == net.layers
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "graph.json",
        "weights.safetensors",
    ]
    taps = [layer.name for layer in net.layers]
    x, y = nets.images().requires_grad_(), nets.images().requires_grad_()
    (ours, our_taps), (theirs, their_taps) = net(x, taps), loaded(y, taps)
    assert torch.equal(ours, theirs)
    assert all(torch.equal(our_taps[tap], their_taps[tap]) for tap in taps)
    ours.sum().backward()
    theirs.sum().backward()
    assert torch.equal(x.grad, y.grad)
    assert loaded(nets.images(1, 3, 40, 24)).shape == (1, 5)


def test_constants_and_unsaved_buffers_come_back(tmp_path: Path) -> None:
    class Normalises(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("scale", torch.full((3, 1, 1), 0.5), persistent=False)
            self.conv = nn.Conv2d(3, 5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = (x - torch.tensor([0.1, 0.2, 0.3])[:, None, None]) * self.scale
            return self.conv(x).clamp(min=float("-inf"), max=1).mean((2, 3))

    model = Normalises()
    net = capture(model, nets.images())
    assert isinstance(net, Graph), net.reason
    net.save(tmp_path)
    assert torch.equal(load_graph(tmp_path)(nets.images()), model(nets.images()))


def test_computed_kernels_can_be_read_from_a_loaded_graph(tmp_path: Path) -> None:
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)))
    capture(model, nets.images()).save(tmp_path)
    assert torch.equal(load_graph(tmp_path).weight("0.weight"), model[0].weight)


def test_a_graph_runs_on_another_checkpoints_weights(saved: Path, tmp_path: Path) -> None:
    other = nets.seeded(nets.residual, 5)
    with torch.no_grad():
        other.fc.weight.mul_(3)
    save_file(dict(other.state_dict()), tmp_path / "400.safetensors")
    expected = other.eval()(nets.images())
    from_file = load_graph(saved, weights=tmp_path / "400.safetensors")
    from_tensors = load_graph(saved, weights=other.state_dict())
    assert torch.equal(from_file(nets.images()), expected)
    assert torch.equal(from_tensors(nets.images()), expected)
    half = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in other.state_dict().items()
    }
    assert load_graph(saved, weights=half).dtype is torch.float16


def test_a_model_run_with_hooks_saves_its_layers_and_says_that_it_cannot_run(
    tmp_path: Path,
) -> None:
    net = HookNet(nets.value_dependent(), nets.images(), reason="it branches")
    net.save(tmp_path)
    stored = json.loads((tmp_path / "graph.json").read_text())
    assert [layer["name"] for layer in stored["layers"]] == ["conv", "bn", "relu", "fc"]
    with pytest.raises(UnsuitableError, match=r"recorded with hooks.*\(it branches\)"):
        load_graph(tmp_path)


def change(saved: Path, folder: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of the saved graph with something changed."""
    program = json.loads((saved / "graph.json").read_text())
    edit(program)
    folder.mkdir(exist_ok=True)
    (folder / "graph.json").write_text(json.dumps(program))
    (folder / "weights.safetensors").write_bytes((saved / "weights.safetensors").read_bytes())
    return folder


def at(program: dict[str, Any], op: str) -> dict[str, Any]:
    """The first node of an operator."""
    return next(node for node in program["nodes"] if node["op"].startswith(op))


def put(*path: Any) -> Callable[[dict[str, Any]], None]:
    """An edit that sets the last of the path at the place that the others name."""

    def edit(program: dict[str, Any]) -> None:
        place: Any = program
        for step in path[:-2]:
            place = (
                at(program, step[1:]) if isinstance(step, str) and step[0] == "@" else place[step]
            )
        place[path[-2]] = path[-1]

    return edit


def add(node: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    """An edit that appends a node and taps it as a layer."""

    def edit(program: dict[str, Any]) -> None:
        program["nodes"].append(node)
        program["layers"].append({"name": "evil", "kind": "x", "shape": []})
        program["taps"]["evil"] = len(program["nodes"]) - 1

    return edit


def deep(program: dict[str, Any]) -> None:
    value: Any = []
    for _ in range(500):
        value = [value]
    at(program, "aten.conv2d")["args"][3] = value


HOSTILE = {
    "an operator that is not on the list": (
        put("@aten.relu", "op", "aten.as_strided.default"),
        "not an operator that a graph may use",
    ),
    "a Python function": (put("@aten.relu", "op", "python.eval"), "not an operator"),
    "a dunder": (put("@aten.relu", "op", "aten.__class__.default"), "not an operator"),
    "an in-place operator": (put("@aten.relu", "op", "aten.relu_.default"), "not an operator"),
    "a reference to itself": (
        lambda p: at(p, "aten.relu")["args"].__setitem__(
            0, {"node": p["nodes"].index(at(p, "aten.relu"))}
        ),
        "does not come before it",
    ),
    "a reference to a later node": (
        put("@aten.relu", "args", 0, {"node": 60}),
        "does not come before it",
    ),
    "a negative reference": (put("@aten.relu", "args", 0, {"node": -1}), "does not come before"),
    "a reference that is no number": (
        put("@aten.relu", "args", 0, {"node": "0"}),
        "not understood",
    ),
    "a reference that is a truth value": (
        put("@aten.relu", "args", 0, {"node": True}),
        "not understood",
    ),
    "an unknown kind of argument": (put("@aten.relu", "args", 0, {"eval": "1"}), "not understood"),
    "an argument of two kinds": (
        put("@aten.relu", "args", 0, {"node": 0, "dtype": "float32"}),
        "not understood",
    ),
    "an unknown type": (put("@aten.relu", "args", [{"dtype": "qint8"}]), "not understood"),
    "a name of torch as type": (put("@aten.relu", "args", [{"dtype": "load"}]), "not understood"),
    "another device": (put("@aten.relu", "args", [{"device": "cuda:0"}]), "not understood"),
    "a number instead of a tensor": (put("@aten.relu", "args", [3]), "cannot run"),
    "too few arguments": (put("@aten.conv2d", "args", []), "cannot run"),
    "too many arguments": (put("@aten.relu", "args", [{"node": 0}] * 9), "cannot run"),
    "an unknown keyword": (put("@aten.relu", "kwargs", {"out": {"node": 0}}), "cannot run"),
    "a text as argument": (put("@aten.conv2d", "args", 3, "x" * 1000), "text of 1000 letters"),
    "lists too deep": (deep, "too deep"),
    "a number beyond 64 bits": (put("@aten.conv2d", "args", 3, [2**70, 1]), "beyond 64 bits"),
    "a huge padding": (put("@aten.conv2d", "args", 4, [2**33, 2**33]), "too large|cannot run"),
    "a huge tensor": (
        add({"op": "aten.zeros.default", "args": [[2**16, 2**16]], "shape": [2**16, 2**16]}),
        "too large to run",
    ),
    "a tensor of more than all elements": (
        add({"op": "aten.zeros.default", "args": [[2**31, 2**31]], "shape": [2**31, 2**31]}),
        "too large|cannot run",
    ),
    "another shape than stated": (put("@aten.relu", "shape", [2, 8, 9, 9]), "states the shape"),
    "a tensor said to be none": (put("@aten.relu", "shape", None), "states|gives no tensor"),
    "a weight that is not listed": (put("@weight", "name", "nope"), "'nope', which is not listed"),
    "a weight with arguments": (put("@weight", "args", [1]), "takes no arguments"),
    "a weight of unknown type": (
        put("weights", "fc.bias", "dtype", "object"),
        "unknown type 'object'",
    ),
    "a weight of negative size": (put("weights", "fc.bias", "shape", [-1]), "out of bounds"),
    "a weight of huge size": (put("weights", "fc.bias", "shape", [2**40]), "out of bounds"),
    "an output that is not there": (put("output", 9999), "gives no tensor"),
    "a negative output": (put("output", -1), "gives no tensor"),
    "a tap that is not there": (put("taps", "fc", 9999), "gives no tensor"),
    "a tap of no layer": (put("taps", "other", 3), "not listed"),
    "two layers of one name": (lambda p: p["layers"].append(p["layers"][0]), "the same name"),
    "two inputs": (lambda p: p["nodes"].append({"op": "input"}), "one input, got 2"),
    "no input": (put("@input", "op", "constant"), "not listed"),
    "no nodes": (put("nodes", []), "1 to 50000 nodes, got 0"),
    "too many nodes": (lambda p: p["nodes"].extend([{"op": "x"}] * 50_000), "1 to 50000 nodes"),
    "an image of a huge side": (put("input", "shape", [3, 10**9, 10**9]), "of 1 to 65536"),
    "an image without sides": (put("input", "shape", []), "of 1 to 65536"),
    "a derived weight that is not there": (put("derived", {"w": 9999}), "gives no tensor"),
    "a derived weight that reads the image": (
        lambda p: p.__setitem__("derived", {"w": p["output"]}),
        "computed from the image",
    ),
    "a constant of the wrong length": (
        put("constants", {"c": {"dtype": "float32", "shape": [3], "data": "AAAA"}}),
        "has 3 bytes, 12 were stated",
    ),
    "a version from the future": (put("version", 99), "version 99 is newer.*upgrade"),
    "a version that is no number": (put("version", "x"), "damaged"),
    "nodes that are no list": (put("nodes", {"a": 1}), "damaged"),
    "a missing field": (lambda p: p.pop("taps"), "damaged"),
    "numbers without end": (
        lambda p: p["nodes"].extend(
            [{"op": "python.int", "args": [2**62]}]
            + [{"op": "python.mul", "args": [{"node": len(p["nodes"]) + i}] * 2} for i in range(20)]
        ),
        "cannot run.* 64 bits",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_graph_is_refused_before_it_runs(case: str, saved: Path, tmp_path: Path) -> None:
    edit, message = HOSTILE[case]
    folder = change(saved, tmp_path, edit)
    with pytest.raises(RecordError, match=message):
        load_graph(folder)


def test_a_graph_that_grows_with_the_image_is_refused_when_it_grows_too_large(
    saved: Path, tmp_path: Path
) -> None:
    def edit(program: dict[str, Any]) -> None:
        first = len(program["nodes"])
        program["nodes"] += [
            {"op": "aten.sym_size.int", "args": [{"node": 0 if False else index}, 2]}
            for index in [program["nodes"].index(at(program, "input"))]
        ]
        program["nodes"].append({"op": "python.mul", "args": [{"node": first}, 4096]})
        size = 16 * 4096
        program["nodes"].append(
            {
                "op": "aten.zeros.default",
                "args": [[{"node": first + 1}, 1024]],
                "kwargs": {"device": {"device": "own"}},
                "shape": [size, 1024],
            }
        )
        program["layers"].append({"name": "grows", "kind": "zeros", "shape": [1024]})
        program["taps"]["grows"] = first + 2

    net = load_graph(change(saved, tmp_path, edit))
    assert net(nets.images()).shape == (3, 5)
    with pytest.raises(RecordError, match="too large to run"):
        net(nets.images(1, 3, 512, 16))


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
@pytest.mark.parametrize("name", ["graph.json", "weights.safetensors"])
def test_a_cut_file_is_said_to_be_damaged(name: str, cut: int, saved: Path, tmp_path: Path) -> None:
    folder = change(saved, tmp_path, lambda _: None)
    (folder / name).write_bytes((saved / name).read_bytes()[:cut])
    with pytest.raises(RecordError, match=f"{name} is damaged"):
        load_graph(folder)


def test_a_flipped_byte_of_the_graph_never_breaks_the_reader(saved: Path, tmp_path: Path) -> None:
    folder = change(saved, tmp_path, lambda _: None)
    data = (saved / "graph.json").read_bytes()
    step = max(1, len(data) // 150)
    for position in range(0, len(data), step):
        flipped = bytearray(data)
        flipped[position] ^= 1 << (position % 7)
        (folder / "graph.json").write_bytes(flipped)
        with contextlib.suppress(CnnvizError):
            load_graph(folder)(nets.images())


def test_missing_files_are_named(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no graph at .*graph.json"):
        load_graph(tmp_path)
    folder = change(saved, tmp_path / "x", lambda _: None)
    (folder / "weights.safetensors").unlink()
    with pytest.raises(MissingError, match="no weights at .*weights.safetensors"):
        load_graph(folder)
    with pytest.raises(MissingError, match="no weights at .*nope"):
        load_graph(folder, weights=folder / "nope")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda w: w.pop("fc.weight"), "'fc.weight' is missing"),
        (lambda w: w.update({"fc.bias": torch.zeros(7)}), r"'fc.bias' is \[7\], not \[5\]"),
        (
            lambda w: w.update({"fc.bias": torch.zeros(5, dtype=torch.int64)}),
            "'fc.bias' is int64, not float32",
        ),
    ],
)
def test_weights_of_another_model_are_refused(
    edit: Any, message: str, saved: Path, tmp_path: Path
) -> None:
    weights = load_file(saved / "weights.safetensors")
    edit(weights)
    save_file(weights, tmp_path / "w.safetensors")
    for given in (tmp_path / "w.safetensors", copy.copy(weights)):
        with pytest.raises(RecordError, match=f"do not fit the graph of _Residual: {message}"):
            load_graph(saved, weights=given)


def test_a_pickled_file_as_weights_is_not_unpickled(saved: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (marker,))

    torch.save(Evil(), tmp_path / "w.safetensors")
    with pytest.raises(RecordError, match="w.safetensors is damaged"):
        load_graph(saved, weights=tmp_path / "w.safetensors")
    assert not marker.exists()


def test_importing_the_room_brings_neither_the_exporter_nor_torchvision() -> None:
    code = (
        "import sys, cnnviz.graph; "
        "print([name for name in ('torch._dynamo', 'torchvision', 'sympy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
