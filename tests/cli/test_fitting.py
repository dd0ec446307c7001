"""`cnnviz fit-generator` and `fit-style`: a job in the run, done here; stopped ones go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from cnnviz.contract.jobs import FINAL_STATES
from cnnviz.core.trained import open_trained
from cnnviz.errors import CnnvizError
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.worker.shelves import shelf_of_run
from tests.worker.conftest import record_run

DECODER = ["-p", "iterations=6", "-p", "batch=4", "-p", "width=8"]
STYLE = ["-p", "iterations=4", "-p", "batch=2", "-p", "width=4", "-p", "size=32",
         "-p", "residual_blocks=1"]  # fmt: skip


@pytest.fixture
def logdir(tmp_path):
    record_run(tmp_path / "runs")
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number in range(40):
        values = np.random.default_rng(number).integers(0, 256, (4, 4, 3), dtype=np.uint8)
        big = Image.fromarray(values).resize((40, 36), Image.Resampling.BICUBIC)
        big.save(folder / f"{number:02}.png")
    return folder


def jobs_of(logdir):
    return JobsFolder(logdir / "first/plugins/cnnviz/jobs", inside=logdir)


def only_job(logdir):
    jobs = jobs_of(logdir)
    (name,) = jobs.ids()
    return jobs.job(name)


def test_a_decoder_is_trained_on_a_folder_and_used(cnnviz, logdir, photos, tmp_path):
    done = cnnviz("fit-generator", "--logdir", logdir, "--images", photos, *DECODER)
    assert done.status == 0, done.err
    job = only_job(logdir)
    assert done.out.strip() == str(job.folder)
    assert f"-p network={job.id}" in done.err
    status, asked = job.status(), job.request()
    assert (status.state, status.iteration, status.total) == ("done", 6, 6)
    assert (asked.method, asked.run, asked.step) == ("fit_generator", "first", 7)
    assert asked.params["iterations"] == 6
    assert "rate" in asked.params  # the defaults too
    shelf = shelf_of_run(LocalFolder(logdir), "first")
    assert shelf.names("decoder") == [job.id]
    (record,) = job.result().manifest.records
    size = sum(path.stat().st_size for path in photos.iterdir())
    assert record.facts["data_set"] == f"40 files in {photos}, {size} bytes"
    used = cnnviz("run", "code_maximization", "--logdir", logdir, "-p", f"network={job.id}",
                  "-p", "units=[1]", "-p", "iterations=2", "--out", tmp_path / "out")  # fmt: skip
    assert used.status == 0, used.err
    assert list((tmp_path / "out").glob("*.png"))


def test_styles_are_learnt_from_pictures_and_painted_with(cnnviz, logdir, photos, tmp_path):
    styles = [photos / "00.png", photos / "01.png"]
    done = cnnviz("fit-style", *styles, "--logdir", logdir, "--images", photos, *STYLE)
    assert done.status == 0, done.err
    job = only_job(logdir)
    assert [job.input(index) for index in range(2)] == [path.read_bytes() for path in styles]
    _, about, more = open_trained(shelf_of_run(LocalFolder(logdir), "first"), job.id, kind="style")
    assert about.facts["styles"] == [0, 1]
    assert {len(table) for table in more.values()} == {2}
    used = cnnviz("run", "fast_style", "--logdir", logdir, "-p", f"network={job.id}",
                  "--images", photos, "--limit", 3, "--out", tmp_path / "out")  # fmt: skip
    assert used.status == 0, used.err
    assert list((tmp_path / "out").glob("*.png"))
    _each_picture_is_painted_in_its_own_size(cnnviz, logdir, tmp_path)
    status = cnnviz("apply-style", photos, "--logdir", logdir, "--blend", "1,2,3").status
    assert status == 2  # there are two styles


def _each_picture_is_painted_in_its_own_size(cnnviz, logdir, tmp_path):
    folder = tmp_path / "mine"
    (folder / "deep").mkdir(parents=True)
    sizes = {"a": (50, 30), "deep/b": (20, 41), "grey": (33, 33)}
    for name, size in sizes.items():
        Image.new("L" if name == "grey" else "RGBA", size, 99).save(folder / f"{name}.png")
    (folder / "no.png").write_text("nothing")
    done = cnnviz("apply-style", folder, "--logdir", logdir, "--blend", "0.8,0.2",
                  "--out", tmp_path / "styled")  # fmt: skip
    assert done.status == 0, done.err
    assert "no.png is left out: it is not an image" in done.err
    for name, size in sizes.items():
        with Image.open(tmp_path / "styled" / f"{name}.png") as picture:
            assert (picture.size, picture.mode) == (size, "RGB")
            told = json.loads(picture.text["cnnviz"])
        assert told["facts"]["blend"] == [0.8, 0.2]
        assert told["facts"]["examples"] == [name.rpartition("/")[2]]
    smaller = cnnviz("apply-style", folder / "a.png", "--logdir", logdir, "--side", 25,
                     "--out", tmp_path / "small")  # fmt: skip
    assert smaller.status == 0, smaller.err
    with Image.open(tmp_path / "small" / "a.png") as picture:
        assert picture.size == (25, 15)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["-p", "rate=-1"], 2, "rate"),
        (["-p", "unknown=1"], 2, "unknown"),
        (["-p", "layer=nowhere"], 1, "nowhere"),
        (["--preset", "nobody"], 2, "nobody"),
        (["--images", "/nowhere"], 2, "nowhere"),
        (["--step", "4"], 1, "no checkpoint of step 4"),
        (["--run", "other"], 1, "other"),
        (["--device", "cuda:9"], 2, "cuda:9"),
    ],
)
def test_what_does_not_fit_is_said_before_a_job_is_made(cnnviz, logdir, words, status, said):
    done = cnnviz("fit-generator", "--logdir", logdir, *words)
    assert (done.status, said in done.err) == (status, True), done.err
    assert jobs_of(logdir).ids() == []


def test_too_few_pictures_are_said_and_leave_no_network(cnnviz, logdir):
    done = cnnviz("fit-generator", "--logdir", logdir, *DECODER)
    assert done.status == 1
    assert "at least" in done.err
    assert not (only_job(logdir).folder / "network").exists()


def test_a_run_without_a_style_network_says_how_to_get_one(cnnviz, logdir, photos):
    done = cnnviz("apply-style", photos, "--logdir", logdir)
    assert done.status == 1
    assert "cnnviz fit-style" in done.err


def test_too_many_styles_are_refused(cnnviz, logdir, photos):
    done = cnnviz("fit-style", photos, "--logdir", logdir)
    assert done.status == 2
    assert "at most 16 styles" in done.err


def fit_in_a_process(logdir, photos, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "cnnviz.cli", "fit-generator", "--logdir", logdir,
         "--images", photos, *DECODER[2:], *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "300"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def wait_until_it_trains(logdir, program):
    until = time.monotonic() + 60
    while time.monotonic() < until and program.poll() is None:
        try:
            if only_job(logdir).status().iteration > 3:
                return
        except (ValueError, CnnvizError):
            pass
        time.sleep(0.05)
    raise AssertionError(program.communicate())


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent by a signal")
def test_ctrl_c_keeps_what_is_learnt_and_the_same_command_goes_on(logdir, photos):
    words = ("-p", "iterations=100000")
    with fit_in_a_process(logdir, photos, *words) as program:
        wait_until_it_trains(logdir, program)
        program.send_signal(signal.SIGINT)
        said, complaint = program.communicate(timeout=60)
    assert program.returncode == 1, complaint
    first = only_job(logdir)
    status = first.status()
    assert status.state == "cancelled"
    assert f"stopped at iteration {status.iteration}" in complaint
    assert "the same command goes on" in complaint
    assert said.strip() == str(first.folder)
    about = json.loads((first.folder / "network" / "about.json").read_text())
    assert about["kind"] == "decoder"
    with fit_in_a_process(logdir, photos, *words) as program:
        until = time.monotonic() + 60
        while len(jobs_of(logdir).ids()) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        second = next(jobs_of(logdir).job(n) for n in jobs_of(logdir).ids() if n != first.id)
        while not second.status().iteration and second.status().state not in FINAL_STATES:
            time.sleep(0.05)
        assert second.status().iteration >= status.iteration
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=60)
    assert second.status().state == "cancelled"
