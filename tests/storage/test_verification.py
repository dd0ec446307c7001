from __future__ import annotations

import shutil

import msgspec
import numpy as np
import pytest

from cnnviz.errors import MissingError
from cnnviz.storage import RunWriter, open_logdir, verify
from cnnviz.storage.manifests import digest_of
from cnnviz.storage.tensors import pack_tensors
from tests.storage.made import write_run
from tests.storage.test_logdir import graph_json


@pytest.fixture(scope="module")
def intact(tmp_path_factory):
    root = tmp_path_factory.mktemp("intact")
    graph = msgspec.json.decode(graph_json())
    graph["weights"] = {"w": {"shape": [300], "dtype": "float32"}}
    graph_text = msgspec.json.encode(graph)
    write_run(root / "run", (0, 5), model_digest=digest_of(graph_text))
    writer = RunWriter(root / "run" / "plugins" / "cnnviz")
    images = np.zeros((2, 8, 8, 3), np.uint8)
    writer.write_examples(images, np.zeros((2, 3, 8, 8), np.float32))
    writer.write_checkpoint(5, {"w": np.zeros(300, np.float32)})
    (writer.folder / "graph.json").write_bytes(graph_text)
    weights = pack_tensors({"w": np.zeros(300, np.float32)}, {"sha256": digest_of(bytes(1200))})
    (writer.folder / "weights.safetensors").write_bytes(weights)
    job = writer.folder / "jobs" / "j1"
    job.mkdir(parents=True)
    shutil.copy(writer.folder / "snapshots" / "5.safetensors", job / "result.safetensors")
    return root


@pytest.fixture
def logdir(intact, tmp_path):
    shutil.copytree(intact, tmp_path / "logs")
    return tmp_path / "logs"


def test_an_intact_logdir_gives_no_findings(intact):
    assert verify(intact) == []


FILES = {
    "plugins/cnnviz/snapshots/5.safetensors": "",
    "plugins/cnnviz/checkpoints/5.safetensors": "what was recorded at that step is not touched",
    "plugins/cnnviz/examples.safetensors": "",
    "plugins/cnnviz/graph.json": "records are shown by the layers' names in them",
    "plugins/cnnviz/weights.safetensors": "the network cannot be run again",
    "plugins/cnnviz/jobs/j1/result.safetensors": "",
}


@pytest.mark.parametrize("name", FILES)
def test_a_flip_anywhere_in_a_file_is_found(logdir, name):
    path = logdir / "run" / name
    content = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(content), 60):
        damaged = bytearray(content)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        findings = verify(logdir)
        assert findings, place
        assert {finding.path for finding in findings} <= {f"run/{name}"}
        assert all(FILES[name] in finding.remains for finding in findings)
        assert open_logdir(logdir).run("run").steps == [0, 5]


def test_a_flip_anywhere_in_an_event_file_is_found(logdir):
    path = next((logdir / "run" / "cnnviz").iterdir())
    content = path.read_bytes()
    for place in np.random.default_rng(0).integers(0, len(content), 60):
        damaged = bytearray(content)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        findings = verify(logdir)
        assert findings, place
        assert findings[0].path == f"run/cnnviz/{path.name}"
        assert findings[0].remains == "2 steps still read"


def test_a_finding_names_its_event_file_whatever_the_run_is_called(logdir):
    run = logdir / "a run, with spaces"
    (logdir / "run").rename(run)
    path = next((run / "cnnviz").iterdir())
    path.write_bytes(path.read_bytes()[:-1])
    (finding,) = verify(logdir)
    assert finding.path == f"a run, with spaces/cnnviz/{path.name}"


def test_one_damaged_array_leaves_the_others(logdir):
    path = logdir / "run" / "plugins" / "cnnviz" / "snapshots" / "0.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    (finding,) = verify(logdir)
    assert "activations/conv2|activations does not have its CRC-32C" in finding.problem
    assert finding.remains == "8 of its 9 arrays still read"


def test_a_snapshot_that_is_gone_is_no_damage_and_one_that_is_cut_is(logdir):
    snapshots = logdir / "run" / "plugins" / "cnnviz" / "snapshots"
    (snapshots / "0.safetensors").unlink()
    assert verify(logdir) == []
    (snapshots / "5.safetensors").write_bytes((snapshots / "5.safetensors").read_bytes()[:-1])
    (finding,) = verify(logdir)
    assert finding.remains == "step 5 is still shown from its event"


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("graph.json", b'{"version": 1', "graph.json is damaged"),
        ("graph.json", b'{"version": 3}', "newer than"),
        ("weights.safetensors", b"\xff" * 50, "weights.safetensors is damaged or cut"),
        ("weights.safetensors", pack_tensors({"w": np.zeros(2)}, {}), "w should have shape"),
        ("examples.safetensors", b"", "examples.safetensors is cut"),
    ],
)
def test_a_damaged_part_is_named(logdir, name, content, problem):
    (logdir / "run" / "plugins" / "cnnviz" / name).write_bytes(content)
    findings = verify(logdir)
    assert problem in findings[0].problem
    assert {finding.run for finding in findings} == {"run"}


def test_a_folder_without_anything_of_ours_is_named_as_that(tmp_path):
    with pytest.raises(MissingError, match="has no run that CNN Viz recorded"):
        verify(tmp_path)
    with pytest.raises(MissingError, match="there is no folder"):
        verify(tmp_path / "nope")
