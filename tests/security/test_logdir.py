"""A logdir of a stranger: every file of it may be anything, and nothing in it is executed."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import struct
import zipfile

import numpy as np
import psutil
import pytest

from cnnviz.storage import open_logdir, verify
from cnnviz.storage.dataset_encoding import DatasetFacts, encode_dataset
from tests.worker.conftest import make_job

DATASET = "ab" * 16
FILES = [
    *("graph.json", "weights.safetensors", "examples.safetensors", "snapshots/3.safetensors"),
    *("snapshots/7.safetensors", "checkpoints/3.safetensors", f"datasets/{DATASET}.safetensors"),
]
JOB_FILES = ["request.json", "status.json", "claim.json", "preview.png", "result.safetensors"]
JOB_FILES += ["input_0.png", "log.txt", "cancel"]


class Bomb:
    """Unpickled, it makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def as_torch_saves(path) -> bytes:
    """A pickle in a zip, as `torch.load` takes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb(path), protocol=2))
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def as_numpy_saves(path) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([Bomb(path)], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def with_data_set(fortress, name):
    """A copy of the run `first` that stores a data set and has a job with all its files."""
    place = fortress.add_run(name)
    facts = DatasetFacts(count=2, shape=[3, 16, 16], reference="made up")
    arrays = {
        "thumbnails": np.zeros((2, 8, 8, 3), np.uint8),
        "labels": np.zeros(2, np.int32),
        "positions": np.arange(2, dtype=np.int64),
    }
    _, chunks = encode_dataset(facts, arrays, names=["a", "b"])
    (place / "datasets").mkdir(exist_ok=True)
    (place / f"datasets/{DATASET}.safetensors").write_bytes(b"".join(map(bytes, chunks)))
    return place


def use(fortress, run):
    """Everything that the page, the shell and a notebook can do with a run."""
    fortress.reload(fortress.logdir)
    for method, step in (("saliency", 3), ("embedding", None)):
        status = fortress.attempt(run, method, step=step)
        assert status["state"] in {"done", "failed", "refused"}, status
        assert status.get("kind") != "WorkerError", status
    return fortress.visit(run)


@pytest.mark.parametrize("how", [lambda p: pickle.dumps(Bomb(p)), as_torch_saves, as_numpy_saves])
def test_a_pickle_under_any_name_is_never_unpickled(fortress, trap, how):
    pid = fortress.pid()
    place = with_data_set(fortress, "pickled")
    whole = {name: (place / name).read_bytes() for name in FILES}
    for name in FILES:
        (place / name).write_bytes(how(trap))
        use(fortress, "pickled")
        (place / name).write_bytes(whole[name])
    for name in FILES:
        (place / name).write_bytes(how(trap))
    for name in ("weights.pt", "model.pth", "model.pt2", "graph.pkl", "checkpoints/3.pt", "a.npy"):
        (place / name).write_bytes(how(trap))
    (place.parent.parent / "events.out.tfevents.1700000000.evil").write_bytes(how(trap))
    use(fortress, "pickled")
    for _ in verify(fortress.logdir / "pickled"):
        pass
    open_logdir(fortress.logdir / "pickled").runs  # noqa: B018 - reads them all
    fortress.drop_run("pickled")
    assert fortress.pid() == pid


def test_a_pickle_under_any_name_in_a_job_is_never_unpickled(fortress, trap):
    pid = fortress.pid()
    for name in JOB_FILES:
        job = make_job(fortress.logdir, "saliency", target=0)
        (job.folder / name).write_bytes(pickle.dumps(Bomb(trap)))
        fortress.office.book.asked.add(job.folder)
        fortress.office._next_look = float("-inf")
        fortress.json("jobs")
        if name != "claim.json":
            fortress.until(job.id)
        fortress.visit_jobs()
        fortress.post(f"jobs/{job.id}/cancel", {})
        shutil.rmtree(job.folder)
    assert fortress.pid() == pid


def code_in_text(trap) -> str:
    return f"__import__('os').mkdir({str(trap)!r})"


def test_code_in_the_texts_of_a_graph_is_text(fortress, trap):
    """`torch.export.load` would give such strings to sympy's eval, and import such names."""
    pid = fortress.pid()
    place = fortress.add_run("coded")
    graph = json.loads((place / "graph.json").read_text())
    code = code_in_text(trap)
    node = next(one for one in graph["nodes"] if one["op"].startswith("aten"))
    for change in (
        {"model": code, "captured": code, "reason": code},
        {"nodes": [*graph["nodes"][:-1], {**graph["nodes"][-1], "op": code}]},
        {"nodes": [*graph["nodes"], {**node, "shape": [code, 1, 1, 1]}]},
        {"nodes": [*graph["nodes"], {**node, "args": [code]}]},
        {"nodes": [*graph["nodes"], {**node, "kwargs": {"dtype": code}}]},
        {
            "nodes": [
                *graph["nodes"],
                {"op": "call_function", "target": "os.system", "args": [code]},
            ]
        },
        {"layers": [{"name": code, "kind": code, "shape": []}], "taps": {code: 1}},
        {"input": {"shape": [3, code, code]}, "imports": ["os", code]},
        {"range_constraints": {code: [0, 1]}, "symbols": {"s0": code}, "guards": code},
    ):
        (place / "graph.json").write_text(json.dumps(graph | change))
        use(fortress, "coded")
    fortress.drop_run("coded")
    assert fortress.pid() == pid


def header(claims: object, body: bytes = b"", length: int | None = None) -> bytes:
    text = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def tensor(shape, offsets, dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


LIES = [
    header(b"{}", length=2**63),
    header(b"{}", length=100 << 20),
    header({"a": tensor((10**9,), (0, 4 * 10**9))}, bytes(16)),
    header({"a": tensor((10**9, 10**9), (0, 4 * 10**18))}, bytes(16)),
    header({"a": tensor((2**63,), (0, 2**65))}, bytes(16)),
    header({"a": tensor((2**40, 0), (0, 0))}),
    header({f"t{n}": tensor((0,), (0, 0)) for n in range(3_000)}),
    header({"a": tensor((2,), (0, 8)), "b": tensor((2,), (4, 12))}, bytes(12)),
    header(b'{"a":' * 50_000),
    header({"__metadata__": {"cnnviz": "[" * 100_000}}),
    header({"__metadata__": {"cnnviz": json.dumps({"version": 1, "records": [1] * 10_000})}}),
]


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".safetensors")])
def test_a_lying_header_takes_no_memory(fortress, name):
    place = with_data_set(fortress, "liar")
    server, worker = psutil.Process(), psutil.Process(fortress.pid())
    before = server.memory_info().rss, worker.memory_info().rss
    for lie in LIES:
        (place / name).write_bytes(lie)
        fortress.reload(fortress.logdir)
        fortress.visit("liar")
        status = fortress.attempt("liar", step=3)
        assert status.get("kind") != "WorkerError", status
    with (place / name).open("r+b") as file:  # sparse: it takes no disk
        file.truncate(1 << 42)
    fortress.visit("liar")
    fortress.attempt("liar", step=3)
    fortress.drop_run("liar")
    assert server.memory_info().rss - before[0] < 200 << 20
    assert worker.memory_info().rss - before[1] < 300 << 20


def test_a_lying_result_of_a_job_takes_no_memory(fortress):
    memory = psutil.Process().memory_info().rss
    job, _ = fortress.do("toy_sheet", seed=31337)
    result = fortress.folder(job) / "result.safetensors"
    for lie in LIES:
        result.write_bytes(lie)
        for what in ("result", "images", "maps", "arrays", "layout", "patches"):
            fortress.asked(f"jobs/{job}/{what}", key="toy_sheet")
        body = {"run": "first", "method": "saliency", "inputs": [{"job": job, "image": 0}]}
        assert fortress.post("jobs", body)[0] in (400, 422)
    assert psutil.Process().memory_info().rss - memory < 150 << 20


CANARY = "canary: it lies outside of the logdir"


@pytest.fixture(scope="module")
def outside(stronghold, tmp_path_factory):
    """A run elsewhere whose every file says where it comes from."""
    folder = tmp_path_factory.mktemp("outside")
    shutil.copytree(stronghold.logdir / "first", folder / "run", symlinks=True)
    place = folder / "run/plugins/cnnviz"
    graph = json.loads((place / "graph.json").read_text())
    graph["layers"][0]["kind"] = CANARY
    (place / "graph.json").write_text(json.dumps(graph))
    shutil.rmtree(place / "jobs", ignore_errors=True)
    job = make_job(folder, "saliency", run="run")
    (job.folder / "log.txt").write_text(CANARY)
    (folder / "secret.json").write_text(json.dumps({"state": "failed", "message": CANARY}))
    return folder


def listing(folder) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


PLACES = ["", "snapshots", "checkpoints", "jobs", *FILES[:6]]


@pytest.mark.skipif(os.name != "posix", reason="links")
@pytest.mark.parametrize("how", ["straight", "through another link", "relative"])
def test_no_link_of_a_logdir_is_followed_out_of_it(fortress, outside, how):
    before = listing(outside)
    for name in PLACES:
        place = fortress.add_run("linked")
        path = place / name if name else place
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        target = outside / "run/plugins/cnnviz" / name
        if how == "through another link":
            (fortress.logdir / "linked/hop").symlink_to(target)
            target = fortress.logdir / "linked/hop"
        path.symlink_to(os.path.relpath(target, path.parent) if how == "relative" else target)
        answers = use(fortress, "linked")
        assert CANARY.encode() not in answers, name
        fortress.drop_run("linked")
    assert listing(outside) == before


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_no_link_in_a_job_is_followed_or_written_through(fortress, outside):
    before = listing(outside)
    for name in [*JOB_FILES, ".", ".new-x"]:
        job = make_job(fortress.logdir, "saliency", target=0)
        path = job.folder if name == "." else job.folder / name
        if name == ".":
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        path.symlink_to(outside / "run" if name == "." else outside / "secret.json")
        fortress.office.book.asked.add(job.folder)
        fortress.office._next_look = float("-inf")
        fortress.json("jobs")
        answers = b"".join(fortress.visit_jobs())
        if job.id in fortress.json("jobs")["order"]:
            if name != "claim.json":
                fortress.until(job.id)
            answers += b"".join(fortress.visit_jobs())
            fortress.post(f"jobs/{job.id}/cancel", {})
            fortress.post(f"jobs/{job.id}/remove", {})
        assert CANARY.encode() not in answers, name
    assert listing(outside) == before


@pytest.mark.skipif(os.name != "posix", reason="pipes")
def test_a_pipe_in_place_of_a_file_holds_nobody_up(fortress):
    place = with_data_set(fortress, "piped")
    for name in FILES:
        data = (place / name).read_bytes()
        (place / name).unlink()
        os.mkfifo(place / name)
        use(fortress, "piped")
        (place / name).unlink()
        (place / name).write_bytes(data)
    fortress.drop_run("piped")


NAMES = [
    *(
        "<img src=x onerror=alert(1)>",
        "\x1b]0;evil\x07\x1b[2J",
        "a\rb",
        "\u202egnp",
        "%s%n",
        "é" * 80,
    ),
    *("' or 1=1 --", '"; touch sprung; "', "$(touch sprung)", "-rf", "a b", "..."),
]


@pytest.mark.skipif(os.name != "posix", reason="such names cannot be made elsewhere")
def test_whatever_a_run_is_called_it_is_a_run(fortress):
    for name in NAMES:
        fortress.add_run(name)
    fortress.reload(fortress.logdir)
    listed = {run["name"] for run in fortress.json("runs")["runs"]}
    assert set(NAMES) <= listed
    for name in NAMES:
        fortress.visit(name)
        status = fortress.attempt(name, "toy_random")
        assert status["state"] == "done", (name, status)
        fortress.drop_run(name)
