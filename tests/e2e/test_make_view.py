"""Pictures that the network makes: chosen, chained, painted by networks that jobs have trained."""

from __future__ import annotations

import contextlib
import io
import json
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch.utils.tensorboard import SummaryWriter

import cnnviz
from tests.e2e.conftest import Tab, TensorBoard, open_tab, start_tensorboard, wait_for_runs
from tests.e2e.logdirs import CLASSES, Net, pictures
from tests.e2e.test_results import ask as ask_server
from tests.e2e.test_results import wait_for_state

HOWTO = Path(__file__).resolve().parents[2] / "docs" / "howto" / "make_pictures.md"
IMAGES = 48
RUN = ".job-foot .btn.p"
PANEL = ".result-panel"
CHOSEN = ".chosen-pictures li"
JOB_OF_LINK = "(() => location.hash.match(/p.cnnviz.job=([^&]*)/)?.[1] ?? null)"
SMALL = {"iterations": 4, "width": 4, "residual_blocks": 1, "batch": 2, "size": 20}
"""A training of a style network that takes seconds."""


@pytest.fixture(scope="module")
def make_logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of one step, whose data set is stored."""
    folder = tmp_path_factory.mktemp("make")
    torch.manual_seed(0)
    images, labels = pictures(IMAGES)
    images = (230 * images + 25 * torch.rand(images.shape)).round() / 255  # as 8 bits hold them
    recorder = cnnviz.Recorder(
        Net(),
        SummaryWriter(str(folder / "first")),
        examples=images[:6],
        labels=labels[:6],
        class_names=CLASSES,
        every=1,
        dataset=(images, torch.tensor(labels)),
        methods=["predictions", "top_patches"],
    )
    with recorder:
        recorder.step(0)
    return folder


@pytest.fixture(scope="module")
def make_server(make_logdir: Path) -> Iterator[TensorBoard]:
    running = start_tensorboard(make_logdir, "--cnnviz_devices=cpu")
    wait_for_runs(running, 1)
    yield running
    running.stop()


@pytest.fixture
def make_tab(browser, make_server) -> Iterator[Tab]:
    with open_tab(browser, make_server) as opened:
        yield opened
        assert opened.errors == []
        assert opened.violations() == []


def ask(server: TensorBoard, method: str, **changes: object) -> str:
    """Have a job done; gives its id."""
    params = changes.pop("params", {})
    more = {"step": None, "examples": [], **changes}
    job = ask_server(server, method, more=more, **params)
    status = wait_for_state(server, job, "done", "failed")
    assert status["state"] == "done", status["message"]
    return job


def form_link(method: str, **draft: object) -> str:
    asked = json.dumps({"method": method, **draft})
    return f"&p.cnnviz.view=jobs&p.cnnviz.draft={urllib.parse.quote(asked)}"


def job_link(job: str) -> str:
    return f"&p.cnnviz.view=jobs&p.cnnviz.job={job}"


def chosen(tab: Tab) -> list[str]:
    """Give the pictures chosen in the form, each with what it is for."""
    lines = tab.frame.locator(CHOSEN).all_inner_texts()
    return [
        " ".join(line.replace("↑", "").replace("↓", "").replace("×", "").split()) for line in lines
    ]


def run_and_wait(tab: Tab) -> str:
    """Press Run and wait for the end of the job; gives its id."""
    before = tab.page.evaluate(f"{JOB_OF_LINK}()")
    tab.frame.click(f"{RUN}:not([disabled])")
    tab.page.wait_for_function(f"before => {JOB_OF_LINK}() !== before", arg=before)
    job = tab.page.evaluate(f"{JOB_OF_LINK}()")
    tab.wait(f"[aria-label=Ended] li[data-job='{job}'] >> text=done")
    return job


def request_of(server: TensorBoard, job: str) -> dict:
    return server.get(f"jobs/{job}")["job"]["request"]


def test_an_example_is_painted_in_the_style_of_an_own_picture(make_tab, make_server, tmp_path):
    tab = make_tab
    tab.open(form_link("style_transfer", params={"iterations": 3}))
    tab.wait(f"{RUN}:not([disabled])")
    tab.frame.click("[aria-label=Examples] button >> nth=2")
    Image.linear_gradient("L").resize((40, 40)).convert("RGB").save(tmp_path / "waves.png")
    tab.frame.click(".shelf .seg button:has-text('Own')")
    tab.frame.set_input_files(".file-button input", tmp_path / "waves.png")
    tab.wait(f"{CHOSEN} >> nth=1")
    assert chosen(tab) == ["example 2 cross content", "waves.png style"]
    job = run_and_wait(tab)
    asked = request_of(make_server, job)
    assert (asked["params"]["content"], asked["params"]["styles"]) == (0, [1])
    assert (asked["examples"], asked["inputs"], asked["origins"]) == ([2], 1, [])
    tab.frame.click(f"{CHOSEN} >> nth=1 >> [aria-label$=': up']")
    assert chosen(tab) == ["waves.png content", "example 2 cross style"]
    again = request_of(make_server, run_and_wait(tab))
    assert (again["params"]["content"], again["params"]["styles"]) == (1, [0])


def test_a_result_is_the_input_of_the_next_job_and_its_file_holds_the_chain(
    make_tab, make_server, tmp_path
):
    tab = make_tab
    first = ask(make_server, "texture", params={"iterations": 2}, examples=[3])
    tab.open(job_link(first))
    tab.wait(f"{PANEL} .stage canvas")
    tab.frame.select_option(f"{PANEL} .as-input select", "deep_dream")
    tab.wait(f"{CHOSEN} >> text=Texture")
    tab.frame.locator(".f-row", has=tab.frame.locator("label:text-is('Iterations')")).locator(
        "input[type=number]"
    ).fill("1")
    second = run_and_wait(tab)
    (origin,) = request_of(make_server, second)["origins"]
    assert (origin["job"], origin["image"], origin["examples"]) == (first, 0, [3])
    tab.wait(".chain >> text=Texture")
    assert "example 3" in tab.text(".chain")
    with tab.page.expect_download() as download:
        tab.frame.click(f"{PANEL} .head >> text=PNG")
    path = tmp_path / "dream.png"
    download.value.save_as(path)
    with Image.open(path) as picture:
        inside = json.loads(picture.info["cnnviz"])
    assert inside["job"] == second
    assert inside["provenance"]["origins"] == [origin]
    said = io.StringIO()
    (lines,) = re.findall(r"```python\n(.*?)```", HOWTO.read_text("utf-8"), re.S)
    with contextlib.redirect_stdout(said):
        exec(lines.replace("Texture.png", str(path)))
    assert f"from texture picture 0 of job {first}" in said.getvalue()
    tab.frame.click(".chain button")
    tab.page.wait_for_function("job => location.hash.includes(job)", arg=first)


def test_styles_are_mixed_on_a_pad_and_painted_at_once(make_tab, make_server):
    tab = make_tab
    fit = ask(make_server, "fit_style", params={**SMALL, "styles": [0, 1, 2]}, examples=[0, 1, 2])
    tab.open(job_link(fit))
    tab.wait(".net-bench .blend-hand")
    tab.frame.click(".net-choice [aria-label=Examples] button >> nth=4")
    tab.wait(".net-plate canvas")
    assert "34 % example 0 circle, 33 % example 1 square" in tab.text(".net-text")
    tab.frame.focus(".blend-hand")
    tab.page.keyboard.press("2")
    tab.wait(".net-text:has-text('100 % example 1 square')")
    listed = "[aria-label=Ended] li[data-job] >> text=Fast style"
    assert tab.frame.locator(f"{listed} >> text=image 4").count() == 0
    tab.frame.click(".net-painted >> text=Keep")
    tab.wait("[aria-label=Ended] li:has-text('image 4')")
    tab.frame.wait_for_function("() => document.querySelector('.net-painted .btn.q') !== null")
    painted = [
        job["request"]
        for job in make_server.get("jobs")["jobs"]
        if job["request"]["method"] == "fast_style"
    ]
    assert [one["params"]["blend"] for one in painted] == [[0, 1, 0]]
    assert painted[0]["params"]["network"] == fit
    assert tab.axe() == []


def test_a_decoder_is_trained_by_way_of_the_form_that_needs_one(make_tab, make_server):
    tab = make_tab
    tab.open(form_link("code_maximization", params={"units": [1], "iterations": 3}))
    tab.wait(".f-row:has-text('Network') >> text=no such network yet")
    assert tab.frame.locator(RUN).is_disabled()
    assert "train one first" in tab.text(".job-foot")
    tab.frame.click(".f-row:has-text('Network') >> text=Open its form")
    tab.frame.get_by_role("heading", name="Train a decoder", exact=True).first.wait_for()
    fit = ask(make_server, "fit_generator", params={"iterations": 4, "width": 16, "batch": 8})
    tab.frame.click(f".queue-part li[data-job='{fit}'] .ended")
    tab.frame.click(f"{PANEL} .bar >> text=Use in Code maximisation")
    tab.wait(f"[data-network='{fit}'][aria-pressed=true]")
    job = run_and_wait(tab)
    assert request_of(make_server, job)["params"]["network"] == fit
    tab.wait(f"{PANEL} .stage canvas")
