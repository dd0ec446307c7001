from __future__ import annotations

import shutil

import pytest
from tensorboard.backend.event_processing import data_ingester
from tensorboard.plugins.base_plugin import TBContext

from tb_cnnviz.locate import Locator, parse_logdir_spec, shown_name
from tests.tb_cnnviz.logdirs import write_run
from tests.tb_cnnviz.opened import Opened


@pytest.mark.parametrize(
    "spec",
    [
        "/logs",
        "name:/logs",
        "one:/a,two:/b,/c",
        "/with:colon/x",
        "file:///logs",
        "name:file:///logs",
        "relative,group:relative/deep",
        "s3://bucket/x,g:gs://b",
        "",
    ],
)
def test_logdir_spec_is_read_as_tensorboard_reads_it(spec):
    if spec:
        assert parse_logdir_spec(spec) == data_ingester._parse_event_files_spec(spec)
    else:
        assert parse_logdir_spec(spec) == {}


@pytest.mark.parametrize(
    ("event_run", "own", "name"),
    [
        ("resnet/cnnviz", True, "resnet"),
        ("cnnviz", True, "."),
        ("a/b/cnnviz", True, "a/b"),
        ("cnnviz", False, "cnnviz"),
        (".", False, "."),
        (".", True, "."),
    ],
)
def test_a_run_is_named_by_the_folder_that_its_events_belong_to(event_run, own, name):
    assert shown_name(event_run, own_folder=own) == name


def test_without_a_logdir_there_are_previews_only_and_it_is_said():
    place, problem = Locator.from_context(TBContext()).place("run", own_folder=False)
    assert place is None
    assert "without a logdir" in problem


def sources(board: Opened) -> dict[str, list[str]]:
    return {run["name"]: board.index(run["name"])["sources"] for run in board.json("runs")["runs"]}


def test_the_logdir_itself_may_be_the_run(tmp_path):
    write_run(tmp_path / "plain", [0])
    assert sources(Opened("--logdir", str(tmp_path / "plain"))) == {".": ["bulk"]}
    write_run(tmp_path / "own", [0], own_folder=True)
    assert sources(Opened("--logdir", str(tmp_path / "own"))) == {".": ["bulk"]}


def test_a_logdir_too_deep_shows_previews_and_says_what_to_do(tmp_path):
    write_run(tmp_path / "own", [0], own_folder=True)
    board = Opened("--logdir", str(tmp_path / "own" / "cnnviz"))
    assert sources(board) == {".": ["preview"]}
    assert "folder above" in board.index(".")["problems"][0]


def test_runs_of_a_logdir_spec_find_their_files(tmp_path):
    write_run(tmp_path / "x" / "r1", [0])
    write_run(tmp_path / "y", [0])
    write_run(tmp_path / "z" / "own", [0], own_folder=True)
    spec = f"one:{tmp_path / 'x'},two:{tmp_path / 'y'},{tmp_path / 'z'}"
    board = Opened("--logdir_spec", spec)
    assert sources(board) == {"one/r1": ["bulk"], "two/.": ["bulk"], "own": ["bulk"]}
    assert board.json("runs")["logdir"] == spec


def test_a_file_url_is_a_logdir(tmp_path):
    write_run(tmp_path / "run", [0, 1])
    board = Opened("--logdir", f"file://{tmp_path}")
    assert sources(board) == {"run": ["bulk", "bulk"]}
    facts, _ = board.tensors("maps", run="run", step=1, key="saliency")
    assert facts["source"] == "bulk"


def test_a_copy_of_event_files_alone_shows_previews(tmp_path):
    write_run(tmp_path / "run", [0, 1])
    shutil.rmtree(tmp_path / "run" / "plugins")
    board = Opened("--logdir", str(tmp_path))
    assert sources(board) == {"run": ["preview", "preview"]}
    assert board.tensors("maps", run="run", step=1, key="saliency")[0]["source"] == "preview"
    assert board.tensors("statistics", run="run")[0]["steps"] == [0, 1]


def test_a_link_that_leads_out_of_the_logdir_is_not_followed(tmp_path):
    write_run(tmp_path / "elsewhere", [0])
    write_run(tmp_path / "logs" / "run", [0])
    snapshots = tmp_path / "logs/run/plugins/cnnviz/snapshots"
    shutil.rmtree(snapshots)
    snapshots.symlink_to(tmp_path / "elsewhere/plugins/cnnviz/snapshots")
    board = Opened("--logdir", str(tmp_path / "logs"))
    assert sources(board) == {"run": ["preview"]}
    facts, _ = board.tensors("maps", run="run", step=0, key="saliency")
    assert facts["source"] == "preview"
    assert "leads out" in facts["problems"][0]


def test_the_page_works_under_a_path_prefix_and_an_experiment(tmp_path):
    write_run(tmp_path / "run", [0])
    board = Opened("--logdir", str(tmp_path), "--path_prefix", "/some/where")
    assert board.index("run")["steps"] == [0]
    response = board.client.get(
        "/some/where/experiment/exp/data/plugin/cnnviz/run",
        query_string={"run": "run"},
        headers={"Host": "localhost"},
    )
    assert response.status_code == 200, response.text
    assert response.get_json()["index"]["steps"] == [0]
