"""Exit status, help and messages of every command."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

COMMANDS = ["demo", "inspect", "run", "export", "methods", "verify"]
NET = "tests.cli.nets:small"


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        values = np.random.default_rng(number).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(values).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def logdir(cnnviz, photos, tmp_path):
    folder = tmp_path / "runs"
    words = ["inspect", NET, "--images", photos, "--logdir", folder, "--size", 16]
    assert cnnviz(*words, "--mean", "0.5", "--std", "0.25").status == 0
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_an_example(cnnviz, command):
    said = cnnviz(command, "--help")
    assert said.status == 0
    assert f"Example: cnnviz {command}" in said.out


def test_without_a_command_the_commands_are_listed(cnnviz):
    said = cnnviz()
    assert all(command in said.out for command in COMMANDS)


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["inspect", NET],
        ["methods", "--no-such-option"],
        ["verify", "no/such/folder"],
        ["demo", "--data", "no-such-data", "--no-tensorboard"],
        ["demo", "--steps", "0"],
        ["inspect", NET, "--images", "no/such/folder", "--logdir", "x"],
    ],
)
def test_bad_usage_has_status_two_and_no_traceback(cnnviz, words):
    said = cnnviz(*words)
    assert said.status == 2
    assert said.err
    assert "Traceback" not in said.err


def test_the_program_runs_as_a_module():
    command = [sys.executable, "-m", "cnnviz.cli", "verify", "no/such/folder"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no logdir" in done.stderr


def test_methods_lists_every_method(cnnviz):
    said = cnnviz("methods")
    assert said.status == 0
    for name in ("activations", "filters", "layer_statistics", "predictions", "saliency"):
        assert re.search(rf"^{name} ", said.out, re.MULTILINE)


def test_methods_as_json_have_their_parameters_schemas(cnnviz):
    rows = json.loads(cnnviz("methods", "--json").out)
    saliency = next(row for row in rows if row["name"] == "saliency")
    assert saliency["kind"] == "heatmap"
    assert "target" in saliency["params"]["properties"]


def test_a_model_is_inspected_and_its_predictions_are_printed(cnnviz, photos, tmp_path):
    said = cnnviz(
        *("inspect", NET, "--images", photos, "--logdir", tmp_path / "runs", "--size", 16),
        *("--mean", "0.5,0.5,0.5", "--std", "0.25,0.25,0.25"),
    )
    assert said.status == 0
    assert [line.split()[0] for line in said.out.splitlines()[1:4]] == ["0.png", "1.png", "2.png"]
    assert f"tensorboard --logdir {tmp_path / 'runs'}" in said.out


def test_an_inspected_run_holds_every_default_method(logdir):
    import cnnviz as package

    run = package.open_logdir(logdir).run("small")
    assert list(run.steps) == [0]
    assert {"activations", "filters", "predictions", "saliency"} <= set(run.methods)
    assert run.examples.names == ["0.png", "1.png", "2.png"]


def test_a_picture_that_cannot_be_read_is_counted(cnnviz, photos, tmp_path):
    (photos / "broken.jpg").write_bytes(b"no picture")
    words = ["inspect", NET, "--images", photos, "--logdir", tmp_path / "runs", "--size", 16]
    said = cnnviz(*words)
    assert said.status == 0
    assert "broken.jpg is left out: it is not an image" in said.err
    assert "3 images of 16 × 16 px, 1 left out" in said.err


def test_pictures_none_of_which_can_be_read_are_bad_usage(cnnviz, photos, tmp_path):
    for path in photos.iterdir():
        path.write_bytes(b"no picture")
    said = cnnviz("inspect", NET, "--images", photos, "--logdir", tmp_path / "runs")
    assert said.status == 2
    assert "none of the 3 files" in said.err


def test_a_model_whose_normalisation_nobody_knows_is_said_so(cnnviz, photos, tmp_path):
    said = cnnviz("inspect", NET, "--images", photos, "--logdir", tmp_path / "runs", "--size", 16)
    assert "taking values in 0 … 1 as they are" in said.err


def test_a_second_look_at_the_same_step_is_refused(cnnviz, photos, logdir):
    words = ["inspect", NET, "--images", photos, "--logdir", logdir, "--size", 16]
    said = cnnviz(*words)
    assert said.status == 2
    assert "--step" in said.err
    assert cnnviz(*words, "--step", 5).status == 0


def test_the_classes_get_their_names(cnnviz, photos, tmp_path):
    texts = ["cat\ndog\nbird\n", '["cat", "dog", "bird"]', '["[/cat]", "[/dog]", "[/bird]"]']
    for number, text in enumerate(texts):
        names = tmp_path / "names"
        names.write_text(text)
        words = ["inspect", NET, "--images", photos, "--logdir", tmp_path / f"runs{number}"]
        said = cnnviz(*words, "--size", 16, "--class-names", names)
        assert said.status == 0
        assert re.search(r"0\.png +(\[/)?(cat|dog|bird)\]? ", said.out)


def test_class_names_of_the_wrong_count_are_refused(cnnviz, photos, tmp_path):
    (tmp_path / "names").write_text("cat\ndog\n")
    words = ["inspect", NET, "--images", photos, "--logdir", tmp_path / "runs", "--size", 16]
    said = cnnviz(*words, "--class-names", tmp_path / "names")
    assert said.status == 2
    assert "3" in said.err
    assert "2" in said.err


@pytest.mark.parametrize("option", [["--mean", "a,b"], ["--size", "big"], ["--std", "0"]])
def test_a_preparation_that_makes_no_sense_is_refused(cnnviz, photos, tmp_path, option):
    words = ["inspect", NET, "--images", photos, "--logdir", tmp_path / "runs"]
    said = cnnviz(*words, *option)
    assert said.status == 2
    assert option[0] in said.err


def test_chosen_methods_only_are_recorded(cnnviz, photos, tmp_path):
    import cnnviz as package

    words = ["inspect", NET, "--images", photos, "--logdir", tmp_path / "runs", "--size", 16]
    assert cnnviz(*words, "--methods", "filters,saliency").status == 0
    run = package.open_logdir(tmp_path / "runs").run("small")
    assert set(run.methods) == {"filters", "saliency"}


def test_activations_chosen_by_name_have_the_room_they_have_by_default(cnnviz, photos, tmp_path):
    import cnnviz as package

    words = ["inspect", NET, "--images", photos, "--logdir", tmp_path / "runs", "--size", 16]
    assert cnnviz(*words, "--methods", "activations").status == 0
    run = package.open_logdir(tmp_path / "runs").run("small")
    params = run.record("activations", run.layers[0]).provenance.params
    assert params["max_bytes"] == 256 << 20


def test_an_unknown_method_is_refused_with_the_known_ones(cnnviz, photos, tmp_path):
    words = ["inspect", NET, "--images", photos, "--logdir", tmp_path / "runs", "--size", 16]
    said = cnnviz(*words, "--methods", "salience")
    assert said.status != 0
    assert "saliency" in said.err


def test_a_grey_network_gets_grey_pictures(cnnviz, photos, tmp_path):
    words = ["inspect", "tests.cli.nets:grey", "--images", photos, "--logdir", tmp_path / "runs"]
    assert cnnviz(*words, "--size", "16x20").status == 0


def test_the_graph_that_a_run_saved_can_be_inspected_without_its_source(cnnviz, photos, logdir):
    import cnnviz as package

    folder = logdir / "small" / "plugins" / "cnnviz"
    words = ["inspect", folder, "--images", photos, "--logdir", logdir, "--run", "again"]
    said = cnnviz(*words, "--mean", "0.5", "--std", "0.25")
    assert said.status == 0, said.err
    log = package.open_logdir(logdir)
    first = log.run("small").record("predictions", step=0).arrays["scores"]
    again = log.run("again").record("predictions", step=0).arrays["scores"]
    np.testing.assert_array_equal(first, again)


def test_a_whole_logdir_is_verified_with_status_zero(cnnviz, logdir):
    said = cnnviz("verify", logdir)
    assert said.status == 0
    assert "captures: 1, runs: 1, all whole" in said.out


def test_a_flipped_byte_is_found_and_named(cnnviz, logdir):
    (file,) = logdir.rglob("snapshots/0.safetensors")
    raw = bytearray(file.read_bytes())
    raw[-100] ^= 1
    file.write_bytes(raw)
    said = cnnviz("verify", logdir)
    assert said.status == 1
    assert "0.safetensors" in said.out
    found = json.loads(cnnviz("verify", logdir, "--json").out)
    assert "0.safetensors" in found["findings"][0]["path"]


def test_a_name_cannot_take_the_terminal_over(cnnviz, tmp_path):
    name = "run\x1b]0;evil\x07\u202e"
    place = tmp_path / name / "plugins" / "cnnviz" / "snapshots"
    place.mkdir(parents=True)
    (place / "3.safetensors").write_bytes(b"damaged")
    said = cnnviz("verify", tmp_path)
    assert r"run\x1b]0;evil\x07\x202e" in said.out
    assert not {"\x1b", "\x07", "\u202e"} & set(said.out + said.err)
