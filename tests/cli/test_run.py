"""`cnnviz run` and `cnnviz export`: pictures and arrays as files, with where they come from."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from cnnviz.graph import load_graph
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.storage.snapshots import SnapshotFile
from tests.worker.conftest import make_job, record_run

NET = "tests.cli.nets:small"


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logs")
    record_run(folder)
    return folder


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(2):
        values = np.random.default_rng(number).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(values).save(folder / f"{number}.png")
    return folder


def size_and_text(path):
    with Image.open(path) as picture:
        return picture.size, picture.text["cnnviz"]


def test_a_recorded_network_is_looked_at_at_its_last_checkpoint(cnnviz, logdir, tmp_path):
    done = cnnviz("run", "saliency", "--logdir", logdir, "-p", "target=1", "--out", tmp_path)
    assert done.status == 0, done.err
    written = SnapshotFile(tmp_path / "saliency_step7.safetensors")
    (record,) = written.manifest.records
    assert record.params["target"] == 1
    assert record.facts["examples"] == ["example 0", "example 1", "example 2"]
    assert written.manifest.model_digest == load_graph(logdir / "first/plugins/cnnviz").digest
    pictures = sorted(tmp_path.glob("*.png"))
    assert [path.name for path in pictures] == [f"saliency_step7_{n}.png" for n in range(3)]
    assert size_and_text(pictures[0])[0] == (16, 16)
    for path in [*pictures, tmp_path / "saliency_step7.safetensors"]:
        assert str(path) in done.out


def test_a_picture_says_where_it_comes_from(cnnviz, logdir, tmp_path):
    cnnviz("run", "saliency", "--logdir", logdir, "--step", 3, "--examples", 1, "--seed", 4,
           "--out", tmp_path)  # fmt: skip
    (path,) = tmp_path.glob("*.png")
    known = json.loads(size_and_text(path)[1])
    assert (known["method"], known["run"], known["step"], known["seed"]) == (
        "saliency",
        "first",
        3,
        4,
    )
    assert set(known["versions"]) == {"cnnviz", "torch", "numpy", "python"}


def test_a_model_is_looked_at_with_images(cnnviz, photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(__file__.rpartition("/tests/")[0])
    done = cnnviz("run", "activations", "--model", NET, "--images", photos, "--size", 16,
                  "-p", 'layers=["0"]', "--mean", "0.5", "--std", "0.5")  # fmt: skip
    assert done.status == 0, done.err
    written = SnapshotFile(tmp_path / "activations-small" / "activations.safetensors")
    assert written.array("activations/0", "activations").shape == (2, 4, 16, 16)
    sheets = list((tmp_path / "activations-small").glob("*.png"))
    assert [size_and_text(sheet)[0] for sheet in sheets] == [(34, 34)] * 2


def test_what_each_layer_knows_is_one_sheet(cnnviz, logdir, tmp_path):
    done = cnnviz("run", "inversion", "--logdir", logdir, "-p", 'layers=["0","4"]',
                  "-p", "iterations=2", "--examples", "0,2", "--out", tmp_path)  # fmt: skip
    assert done.status == 0, done.err
    (sheet,) = tmp_path.glob("*_sheet.png")
    size, text = size_and_text(sheet)
    assert size == (3 * (16 + 2) - 2, 2 * (16 + 14 + 2) - 2)
    captions = json.loads(text)["facts"]["captions"]
    assert captions[0] == "example 0"
    assert [caption.split(" · ")[0] for caption in captions[1:3]] == ["0", "4"]
    assert len(list(tmp_path.glob("*.png"))) == 7


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is a signal")
def test_ctrl_c_keeps_the_last_picture_and_says_so(logdir, tmp_path):
    words = ["run", "deep_dream", "--logdir", str(logdir), "-p", "iterations=10000", "--out",
             str(tmp_path / "out")]  # fmt: skip
    # The command stops itself once it has reported; so no clock decides.
    script = (
        "import os, signal, sys\n"
        "from cnnviz.core.context import Context\n"
        "from cnnviz.cli.app import main\n"
        "report = Context.report\n"
        "def stop(self, done, total, *rest, **more):\n"
        "    report(self, done, total, *rest, **more)\n"
        "    if done == 7:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "Context.report = stop\n"
        f"main({words!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "stopped at iteration 7 of" in done.stderr
    assert "the picture so far is kept" in done.stderr
    assert "Traceback" not in done.stderr
    written = SnapshotFile(tmp_path / "out" / "deep_dream_step7.safetensors")
    (record,) = written.manifest.records
    assert record.facts["cancelled"] is True
    assert record.facts["iteration"] == 7
    assert str(tmp_path / "out" / "deep_dream_step7_0.png") in done.stdout


def test_a_layer_whose_name_is_a_number_needs_no_quotes(cnnviz, logdir, tmp_path):
    done = cnnviz("run", "saliency", "--logdir", logdir, "-p", "layer=4", "-p", "channel=2",
                  "--out", tmp_path)  # fmt: skip
    assert done.status == 0, done.err


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["saliency"], 2, "give --logdir or --model"),
        (["salience", "--logdir", "LOGS"], 1, "did you mean 'saliency'"),
        (["saliency", "--logdir", "nowhere"], 2, "there is no logdir nowhere"),
        (["saliency", "--logdir", "LOGS", "--run", "other"], 1, "other"),
        (["saliency", "--logdir", "LOGS", "--step", 5], 1, "those there are of step 3, 7"),
        (["saliency", "--logdir", "LOGS", "-p", "target"], 2, "takes name=value"),
        (["saliency", "--logdir", "LOGS", "-p", "target=x"], 2, "got 'x'"),
        (["saliency", "--logdir", "LOGS", "-p", "target=77"], 2, "0 … 4, got 77"),
        (["saliency", "--logdir", "LOGS", "-p", "colour=red"], 2, "no parameter 'colour'"),
        (["saliency", "--logdir", "LOGS", "--preset", "nice"], 2, "no preset 'nice'"),
        (["saliency", "--logdir", "LOGS", "--examples", "1,x"], 2, "rows with commas"),
        (["saliency", "--logdir", "LOGS", "--device", "cuda:99"], 2, "no device 'cuda:99'"),
        (["saliency", "--model", NET], 2, "give --images"),
    ],
)
def test_what_does_not_fit_is_said_in_one_sentence(cnnviz, logdir, words, status, said):
    done = cnnviz("run", *[logdir if word == "LOGS" else word for word in words])
    assert done.status == status
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_logdir_is_exported_as_pictures_and_arrays(cnnviz, photos, tmp_path):
    runs = tmp_path / "runs"
    for step in (0, 5):
        made = cnnviz("inspect", NET, "--images", photos, "--logdir", runs, "--size", 16,
                      "--methods", "filters,activations,predictions", "--step", step)  # fmt: skip
        assert made.status == 0, made.err
    out = tmp_path / "out"
    done = cnnviz("export", runs, "--step", 3, "--out", out)
    assert done.status == 0, done.err
    held = np.load(out / "activations_1_step0.npz")
    assert held["activations"].shape == (2, 4, 16, 16)
    assert json.loads(str(held["provenance"]))["step"] == 0
    assert (out / "filters_0_step0.png").exists()
    assert (out / "activations_1_step0_1.png").exists()
    assert (out / "predictions_step0.npz").exists()
    assert not list(out.glob("predictions*.png"))
    only = tmp_path / "only"
    cnnviz("export", runs, "--method", "filters", "--form", "png", "--out", only)
    assert [path.name for path in only.iterdir()] == ["filters_0_step5.png"]


def test_a_jobs_result_is_exported(cnnviz, logdir, tmp_path):
    from cnnviz.storage.files import LocalFolder
    from cnnviz.worker.nets import Nets
    from cnnviz.worker.performing import perform

    job = make_job(logdir, "saliency", target=3)
    assert perform(job, LocalFolder(logdir), "first", Nets()) == "done"
    done = cnnviz("export", logdir, "--job", job.id, "--out", tmp_path)
    assert done.status == 0, done.err
    assert len(list(tmp_path.glob("saliency_step3*.png"))) == 3
    JobsFolder(job.folder.parent, inside=logdir).remove(job.id)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "other"], "there are"),
        (["--run", "other"], "other"),
        (["--job", "../x"], "no job"),
        (["--job", "20200101-000000-00000000"], "no job"),
    ],
)
def test_what_is_not_there_to_export_is_named(cnnviz, photos, tmp_path, words, said):
    runs = tmp_path / "runs"
    cnnviz("inspect", NET, "--images", photos, "--logdir", runs, "--methods", "filters")
    done = cnnviz("export", runs, "--out", tmp_path / "out", *words)
    assert done.status == 1
    assert said in done.err
