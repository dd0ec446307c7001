"""What a job gives, looked at in the page: live, reloaded, varied, compared, saved."""

from __future__ import annotations

import base64
import io
import json
import shutil
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.e2e.conftest import TensorBoard, open_tab, start_tensorboard, wait_for_runs

RELU = "block.relu"
METHOD = "activation_maximization"
KEPT = list(range(14, 24))
"""Steps of the run `first` whose weights were kept: the last ten."""
PANEL = ".result-panel"


@pytest.fixture(scope="module")
def jobs_logdir(training: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that jobs may be written into."""
    return Path(shutil.copytree(training, tmp_path_factory.mktemp("jobs") / "logs"))


@pytest.fixture(scope="module")
def jobs_server(jobs_logdir: Path) -> Iterator[TensorBoard]:
    running = start_tensorboard(jobs_logdir)
    wait_for_runs(running, 2)
    yield running
    running.stop()


@pytest.fixture
def jobs_tab(browser, jobs_server):
    with open_tab(browser, jobs_server) as opened:
        yield opened
        assert opened.errors == []
        assert opened.violations() == []


def ask(server: TensorBoard, method: str = METHOD, *, more: Any = None, **params: Any) -> str:
    """Ask for a job as the page does; give its id."""
    body = {"run": "first", "method": method, "params": params, "step": KEPT[-1]} | (more or {})
    headers = {
        "Content-Type": "application/json",
        "X-Cnnviz-Token": server.get("session")["token"],
    }
    address = f"{server.url}data/plugin/cnnviz/jobs"
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)["job"]["request"]["id"]


def wait_for_state(server: TensorBoard, job: str, *states: str, seconds: float = 60) -> dict:
    """Wait until a job is in one of the states; give its status."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = server.get(f"jobs/{job}")["job"]["status"]
        if status["state"] in states:
            return status
        time.sleep(0.2)
    pytest.fail(f"job {job} is {status['state']}, expected {states}: {status['message']}")


def done(server: TensorBoard, **params: Any) -> str:
    """A finished job on one unit, quick."""
    job = ask(server, layer=RELU, iterations=6, **params)
    assert wait_for_state(server, job, "done", "failed")["state"] == "done"
    return job


def job_link(job: str) -> str:
    return f"&p.cnnviz.view=jobs&p.cnnviz.runA=first&p.cnnviz.job={job}"


def layer_link(**fields: object) -> str:
    fields = {"view": "layer", "runA": "first", "layer": RELU, "method": "activations"} | fields
    return "".join(f"&p.cnnviz.{name}={value}" for name, value in fields.items())


def images_of(server: TensorBoard, job: str) -> np.ndarray:
    """The pictures of a result as bytes, by the very lines of Python that the page copies."""
    names: dict[str, Any] = {}
    exec(server.get(f"jobs/{job}/result")["python"], names)
    return np.round(names["images"] * 255)


def finish(tab, selector: str) -> None:
    """Wait until no picture in the element is still emerging."""
    tab.frame.wait_for_function(
        """(selector) => {
            const box = document.querySelector(selector);
            return box && !box.querySelector('.job-picture-none, .job-picture-bar');
        }""",
        arg=selector,
        timeout=90_000,
    )


def test_one_press_shows_what_a_unit_looks_for(jobs_tab, jobs_server):
    jobs_tab.open(layer_link(ch=3, stepA=20))
    jobs_tab.wait(".unit-go:not([disabled])")
    assert "the checkpoint of step 20" in jobs_tab.text(".unit")
    jobs_tab.press("s")
    jobs_tab.wait(".unit .job-picture canvas")
    request = jobs_server.get("jobs")["jobs"][0]["request"]
    assert (request["run"], request["step"], request["params"]["layer"]) == ("first", 20, RELU)
    assert request["params"]["units"] == [3]


def test_what_was_found_is_found_again_and_not_asked_for_twice(jobs_tab, jobs_server):
    before = len(jobs_server.get("jobs")["order"])
    jobs_tab.open(layer_link(ch=3, stepA=20))
    jobs_tab.wait(".unit .job-picture canvas")
    assert jobs_tab.frame.locator(".unit-go").count() == 0
    assert len(jobs_server.get("jobs")["order"]) == before


def test_without_a_checkpoint_at_the_step_it_is_said_which_one_is_taken(jobs_tab):
    jobs_tab.open(layer_link(ch=1, stepA=5))
    jobs_tab.wait(".unit-go")
    assert "step 14, the first there is, after 5" in jobs_tab.text(".unit")


def test_a_unit_is_followed_over_its_checkpoints(jobs_tab, jobs_server):
    jobs_tab.open(layer_link(ch=3, stepA=20))
    jobs_tab.wait(".unit .job-picture canvas")
    jobs_tab.frame.click("text=Over all steps")
    jobs_tab.wait(".unit-film")
    jobs_tab.frame.wait_for_function("() => document.querySelectorAll('.unit-film li').length >= 8")
    finish(jobs_tab, ".unit-film")
    steps = [int(text) for text in jobs_tab.frame.locator(".unit-film li").all_inner_texts()]
    assert steps == sorted(steps)
    assert {KEPT[0], 20, KEPT[-1]} <= set(steps) <= set(KEPT)
    asked = [job["request"] for job in jobs_server.get("jobs")["jobs"]]
    assert {one["seed"] for one in asked} == {0}
    jobs_tab.frame.locator(".unit-film button").first.click()
    jobs_tab.wait(f".unit-film li:first-child .on >> text='{KEPT[0]}'")


def test_a_layer_has_a_contact_sheet(jobs_tab, jobs_server):
    jobs_tab.open(layer_link(ch=3, stepA=20))
    jobs_tab.wait(".unit-sheet .btn:not([disabled])")
    jobs_tab.frame.click(".unit-sheet .btn")
    jobs_tab.wait(".unit-sheet .job-picture")
    finish(jobs_tab, ".unit-sheet")
    jobs_tab.frame.click(".unit-sheet .plain")
    jobs_tab.wait(f"{PANEL} .grid-canvas")
    assert jobs_tab.frame.get_attribute(".grid-canvas", "aria-label") == f"8 pictures of {RELU}"


def test_a_parameter_is_varied_into_a_sheet_that_survives_a_reload(jobs_tab, jobs_server):
    job = done(jobs_server, units=[1])
    jobs_tab.open(job_link(job))
    jobs_tab.wait(f"{PANEL} .stage canvas")
    jobs_tab.wait(".res-sheets option:nth-child(3)", state="attached")
    jobs_tab.frame.select_option(".res-sheets select", "iterations")
    jobs_tab.frame.fill(".vary-values", "0, 4")
    assert "expected at least 1" in jobs_tab.text(".vary [role=alert]")
    jobs_tab.frame.fill(".vary-values", "4, 6, 8")
    jobs_tab.frame.click(".vary .btn >> text=Run 2 jobs")
    jobs_tab.frame.wait_for_function(
        "() => document.querySelectorAll('.job-sheet li').length === 3"
    )
    finish(jobs_tab, ".job-sheet")
    assert jobs_tab.frame.locator(".job-sheet li").all_inner_texts() == ["4", "6", "8"]
    jobs_tab.page.reload()
    jobs_tab.wait(".job-sheet li:nth-child(3)")
    assert jobs_tab.frame.locator(".job-sheet [aria-current]").all_inner_texts() == ["6"]


def test_two_results_are_compared(jobs_tab, jobs_server):
    job, other = done(jobs_server, units=[2]), done(jobs_server, units=[2], rate=0.5)
    jobs_tab.open(job_link(job))
    jobs_tab.wait(f"{PANEL} .stage canvas")
    jobs_tab.frame.select_option("text=Compare with", other)
    jobs_tab.wait(".res-pair figure:nth-child(2) canvas")
    captions = jobs_tab.frame.locator(".res-pair figcaption").all_inner_texts()
    assert ["rate 0.006" in captions[0], "rate 0.5" in captions[1]] == [True, True]
    jobs_tab.frame.click("text=A − B")
    jobs_tab.wait(".res-pair .scale-bar")
    own, second = images_of(jobs_server, job)[0], images_of(jobs_server, other)[0]
    apart = np.abs((own - second).mean(axis=-1)).mean() / 255
    assert apart > 0
    said = float(jobs_tab.text(".res-pair figcaption").split("on average ")[1].split(" ")[0])
    assert said == pytest.approx(apart, rel=1e-3)


def test_a_saved_picture_is_the_result_and_says_where_it_comes_from(
    jobs_tab, jobs_server, tmp_path
):
    job = done(jobs_server, units=[4])
    jobs_tab.open(job_link(job))
    jobs_tab.wait(f"{PANEL} .stage canvas")
    with jobs_tab.page.expect_download() as download:
        jobs_tab.frame.click(f"{PANEL} .head >> text=PNG")
    path = tmp_path / "saved.png"
    download.value.save_as(path)
    with Image.open(path) as picture:
        texts, pixels = picture.info, np.asarray(picture.convert("RGB"))
    exact = images_of(jobs_server, job)[0]
    scale = pixels.shape[0] // exact.shape[0]
    assert np.array_equal(pixels[::scale, ::scale], exact)
    origin = json.loads(texts["cnnviz"])
    assert origin["job"] == job
    assert origin["provenance"]["params"]["units"] == [4]
    assert origin["provenance"]["step"] == KEPT[-1]
    assert f"{RELU} 4" in texts["Description"]
    assert "step 23 of run first" in texts["Description"]


def test_a_job_goes_on_through_a_reload_and_keeps_its_picture_when_cancelled(
    jobs_tab, jobs_server, browser
):
    job = ask(jobs_server, layer=RELU, units=[5], iterations=100_000)
    jobs_tab.open(job_link(job))
    jobs_tab.wait(f"{PANEL} img.preview")
    jobs_tab.page.reload()
    jobs_tab.wait(f"{PANEL} img.preview")
    height = jobs_tab.frame.locator(".stage").bounding_box()["height"]
    with open_tab(browser, jobs_server) as second:
        second.open(job_link(job))
        second.wait(f"{PANEL} img.preview")
        second.frame.click(f"{PANEL} .bar >> text=Cancel")
        second.wait(f"{PANEL} .stage canvas")
    jobs_tab.wait(f"{PANEL} .stage canvas")
    assert "its last picture kept" in jobs_tab.text(".stage-line")
    assert jobs_tab.frame.locator(".stage").bounding_box()["height"] == height
    wait_for_state(jobs_server, job, "cancelled")
    assert images_of(jobs_server, job).shape[0] == 1


def test_another_seed_keeps_the_own_pictures(jobs_tab, jobs_server):
    file = io.BytesIO()
    Image.fromarray(np.arange(400, dtype=np.uint8).reshape(20, 20)).save(file, "PNG")
    inputs = {"inputs": [{"data": base64.b64encode(file.getvalue()).decode()}]}
    job = ask(jobs_server, "deep_dream", more=inputs, iterations=1, octaves=1)
    assert wait_for_state(jobs_server, job, "done", "failed")["state"] == "done"
    jobs_tab.open(job_link(job))
    jobs_tab.wait("img.res-input")
    jobs_tab.frame.click("text=Run with another seed")
    jobs_tab.frame.wait_for_function("(job) => !window.parent.location.hash.includes(job)", arg=job)
    jobs_tab.wait(f"{PANEL} .stage canvas")
    again, first = jobs_server.get("jobs")["jobs"][:2]
    assert (first["request"]["id"], first["request"]["seed"]) == (job, 0)
    assert again["request"]["seed"] == 1
    assert again["request"]["input_digests"] == first["request"]["input_digests"] != []


def test_a_map_is_shown_over_its_example_and_saved_as_it_is_shown(jobs_tab, jobs_server, tmp_path):
    job = ask(jobs_server, "saliency", more={"examples": [2]})
    assert wait_for_state(jobs_server, job, "done", "failed")["state"] == "done"
    jobs_tab.open(job_link(job))
    jobs_tab.wait(f"{PANEL} .map-canvas")
    assert "example 2" in jobs_tab.text(f"{PANEL} .res-figures")
    with jobs_tab.page.expect_download() as download:
        jobs_tab.frame.click(f"{PANEL} .head >> text=PNG")
    path = tmp_path / "map.png"
    download.value.save_as(path)
    with Image.open(path) as picture:
        assert json.loads(picture.info["cnnviz"])["provenance"]["method"] == "saliency"
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    assert len(np.unique(pixels, axis=0)) > 20


def test_a_failure_gives_its_reason_first(jobs_tab, jobs_server):
    job = ask(jobs_server, layer=RELU, units=[200], iterations=6)
    wait_for_state(jobs_server, job, "failed")
    jobs_tab.open(job_link(job))
    jobs_tab.wait(".res-reason")
    assert "units must be in 0 … 7" in jobs_tab.text(".res-reason b")
    assert jobs_tab.frame.locator(f"{PANEL} >> text=Run again").count() == 1


@pytest.mark.parametrize("dark", [False, True])
def test_results_are_accessible(jobs_tab, jobs_server, dark):
    job = done(jobs_server, units=[1])
    jobs_tab.open(job_link(job), dark=dark)
    jobs_tab.wait(f"{PANEL} .stage canvas")
    jobs_tab.wait(".vary, .job-sheet")
    assert jobs_tab.axe() == []


def test_while_jobs_are_off_the_reason_stands_in_the_place(browser, training, tensorboard):
    server = tensorboard(training, "--cnnviz_jobs=off")
    wait_for_runs(server, 2)
    with open_tab(browser, server) as tab:
        tab.open(layer_link(ch=3, stepA=20))
        tab.wait(".unit-go[disabled]")
        reason = server.get("session")["reason"]
        tab.wait(f".unit >> text={reason[:40]}")
