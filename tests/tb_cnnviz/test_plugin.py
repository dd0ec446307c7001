from __future__ import annotations

import argparse
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from tensorboard.plugins.base_plugin import TBContext

from cnnviz.contract.names import PLUGIN_NAME
from tb_cnnviz import plugin
from tests.tb_cnnviz.logdirs import write_run
from tests.tb_cnnviz.opened import Opened


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded_after(code: str) -> set[str]:
    listed = run_python(f"{code}\nimport sys\nprint(*sys.modules)")
    return set(listed.split())


def test_the_plugin_is_an_entry_point_of_tensorboard():
    found = [point for point in entry_points(group="tensorboard_plugins") if point.name == "cnnviz"]
    assert [point.value for point in found] == ["tb_cnnviz.plugin:Loader"]


def test_the_name_is_the_contracts():
    assert plugin.Plugin.plugin_name == PLUGIN_NAME


def test_the_entry_module_imports_nothing_of_ours_and_nothing_slow():
    loaded = loaded_after("import tb_cnnviz.plugin")
    assert not {"torch", "scipy", "numpy", "msgspec", "cnnviz", "PIL"} & loaded


def test_answering_requests_imports_no_torch():
    loaded = loaded_after("import tb_cnnviz.wsgi, tb_cnnviz.schema")
    assert "msgspec" in loaded
    assert not {"torch", "torchvision", "scipy", "sklearn", "pandas", "typer"} & loaded


def test_the_check_of_imports_can_fail():
    assert "scipy" in loaded_after("import scipy")


def test_every_step_is_asked_for_unless_the_user_gave_a_number():
    loader = plugin.Loader()
    for given, kept in (({}, 0), ({"cnnviz": 30}, 30), ({"images": 5}, 0)):
        flags = argparse.Namespace(samples_per_plugin=dict(given))
        loader.fix_flags(flags)
        assert flags.samples_per_plugin == {**given, "cnnviz": kept}


@pytest.mark.parametrize(
    "flags", [argparse.Namespace(), argparse.Namespace(samples_per_plugin=None)]
)
def test_fixing_flags_cannot_fail(flags):
    plugin.Loader().fix_flags(flags)


def test_defining_flags_twice_cannot_fail():
    parser = argparse.ArgumentParser()
    plugin.Loader().define_flags(parser)
    plugin.Loader().define_flags(parser)
    assert parser.parse_args([]).cnnviz_allowed_hosts == ""


def test_being_active_is_told_without_looking_at_anything():
    made = plugin.Loader().load(TBContext())
    assert made.is_active() is False


def test_the_tab_is_active_where_there_is_data(tmp_path):
    write_run(tmp_path / "run", [0])
    board = Opened("--logdir", str(tmp_path))
    listing = board.client.get("/data/plugins_listing", headers={"Host": "localhost"}).get_json()
    assert listing["cnnviz"]["enabled"]
    assert listing["cnnviz"]["tab_name"] == "CNN Viz"
    assert listing["cnnviz"]["loading_mechanism"]["module_path"].endswith("/static/index.js")


def test_an_empty_logdir_lists_no_runs_and_says_where_it_looks(tmp_path):
    board = Opened("--logdir", str(tmp_path))
    answer = board.json("runs")
    assert answer["runs"] == []
    assert answer["logdir"] == str(tmp_path)
    listing = board.client.get("/data/plugins_listing", headers={"Host": "localhost"}).get_json()
    assert not listing["cnnviz"]["enabled"]


def test_a_users_own_number_of_samples_is_obeyed(tmp_path):
    write_run(tmp_path / "run", range(20))
    board = Opened("--logdir", str(tmp_path), "--samples_per_plugin", "cnnviz=5")
    assert len(board.index("run")["steps"]) == 5
