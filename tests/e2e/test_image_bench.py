"""The Image view as a bench: maps computed on demand, any class, own pictures, trust."""

from __future__ import annotations

import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import cnnviz
from tests.e2e.conftest import Tab, TensorBoard, open_tab, start_tensorboard, wait_for_runs
from tests.e2e.logdirs import CLASSES, STEPS

KEPT = STEPS - 10
"""First step of the run `first` whose weights are still there."""
MAP = ".heatmaps .fig .map-canvas"


@pytest.fixture(scope="module")
def bench_server(training: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoard]:
    """Serve a copy that jobs may be written into."""
    logdir = Path(shutil.copytree(training, tmp_path_factory.mktemp("bench") / "logs"))
    running = start_tensorboard(logdir)
    wait_for_runs(running, 2)
    yield running
    running.stop()


@pytest.fixture
def bench(browser, bench_server) -> Iterator[Tab]:
    with open_tab(browser, bench_server) as opened:
        yield opened
        assert opened.errors == []
        assert opened.violations() == []


def link(image: int = 2, **fields: object) -> str:
    given = {"view": "image", "runA": "first", "img": image} | fields
    return "".join(f"&p.cnnviz.{name}={value}" for name, value in given.items())


def jobs(server: TensorBoard, method: str) -> list[dict]:
    found = server.get("jobs")["jobs"]
    return [job for job in found if job["request"]["method"] == method]


def press(tab: Tab, name: str) -> None:
    tab.frame.get_by_role("button", name=name, exact=True).first.click()


def more_maps(tab: Tab) -> None:
    """Open the list of methods; a worker has to import PyTorch first."""
    press(tab, "More maps …")
    tab.wait('.more-maps button:has-text("Occlusion")')


def title(tab: Tab, text: str) -> str:
    return f'.heatmaps .fig:has(.fig-title :text-is("{text}"))'


def test_a_map_is_computed_in_one_click_and_found_again_later(bench, bench_server, browser):
    bench.open(link())
    bench.wait(MAP)
    more_maps(bench)
    press(bench, "Occlusion")
    bench.wait(f"{title(bench, 'Occlusion')} .map-canvas")
    (job,) = jobs(bench_server, "occlusion")
    assert job["request"]["step"] == STEPS - 1
    assert job["request"]["examples"] == [2]
    assert "cross (label)" in bench.text(f"{title(bench, 'Occlusion')} .fig-says")
    with open_tab(browser, bench_server) as later:
        later.open(link())
        later.wait(f"{title(later, 'Occlusion')} .map-canvas")
        later.open(link(image=3))
        later.wait(MAP)
        assert later.frame.locator(title(later, "Occlusion")).count() == 0
    assert len(jobs(bench_server, "occlusion")) == 1


def test_another_class_asks_for_its_map_and_reads_as_the_method_computes_it(bench, training):
    bench.open(link(image=0, stepA=KEPT + 2))
    bench.wait(MAP)
    bench.frame.locator(".head .listbox button").click()
    bench.frame.fill(".finder input", "squ")
    bench.page.keyboard.press("Enter")
    place = title(bench, "Saliency")
    bench.wait(f"{place} .place")
    assert "not there for square" in bench.text(place)
    assert f"at checkpoint {KEPT + 2}" in bench.text(place)
    press(bench, "Compute now")
    bench.wait(f"{place} .map-canvas")
    assert "square" in bench.text(f"{place} .fig-says")
    run = cnnviz.open_logdir(training).run("first")
    net = cnnviz.load_graph(
        training / "first/plugins/cnnviz",
        weights=training / f"first/plugins/cnnviz/checkpoints/{KEPT + 2}.safetensors",
    )
    image = torch.tensor(run.examples.inputs[:1])
    exact = cnnviz.run("saliency", net, image, target=CLASSES.index("square")).arrays["map"][0]
    row, column = np.unravel_index(exact.argmax(), exact.shape)
    box = bench.frame.locator(f"{place} .map-canvas").bounding_box()
    height, width = exact.shape
    bench.page.mouse.move(
        box["x"] + (column + 0.5) * box["width"] / width,
        box["y"] + (row + 0.5) * box["height"] / height,
    )
    read = float(bench.text(f"{place} .fig-foot b").replace("−", "-"))
    assert read == pytest.approx(float(exact.max()), rel=1e-3)


def test_before_the_first_kept_weights_nothing_is_asked_and_the_page_says_so(bench):
    bench.open(link(stepA=KEPT - 3, target=1))
    bench.wait(".more-maps")
    assert "No weights were kept at or before this step" in bench.text(".more-maps")
    bench.frame.locator(".more-maps button").click()
    bench.wait(f'.step-strip :text("step {KEPT}"), .frame :text-is("step {KEPT}")')


def test_the_trust_of_a_map_is_measured_and_explained(bench, bench_server):
    bench.open(link(image=1))
    bench.wait(MAP)
    press(bench, "check Saliency")
    badge = ".heatmaps .tipped"
    bench.wait(badge)
    (job,) = jobs(bench_server, "trust")
    assert job["request"]["params"]["method"] == "saliency"
    said = bench.text(badge)
    assert "ρ" in said
    assert "weights" in said
    bench.frame.locator(badge).focus()
    bench.wait(f"{badge} .tip")
    assert "random order" in bench.text(f"{badge} .tip")
    assert "area under the curve" in bench.text(".insp .trust-table")
    assert bench.axe() == []


def test_an_own_picture_is_brought_to_size_and_asked_about(bench, bench_server, tmp_path):
    photo = tmp_path / "my photo.png"
    Image.new("RGB", (300, 200), (200, 40, 90)).save(photo)
    bench.open(link())
    bench.wait(MAP)
    bench.frame.set_input_files("input[type=file]", photo)
    bench.wait(".insp .bars li")
    bench.wait(f"{MAP} >> nth=1")
    assert bench.text("h1") == "my photo.png"
    assert "own picture, not part of the run" in bench.text(".head")
    (job,) = jobs(bench_server, "predictions")
    assert job["request"]["inputs"] == 1
    assert job["request"]["examples"] == []
    sent = tmp_path / "sent.png"
    sent.write_bytes(get(bench_server, f"jobs/{job['request']['id']}/input?index=0"))
    with Image.open(sent) as picture:
        assert picture.size == (20, 20)
    assert bench.axe() == []


def test_a_file_that_is_no_picture_is_refused_in_words(bench, tmp_path):
    text = tmp_path / "notes.png"
    text.write_text("no picture")
    bench.open(link())
    bench.wait(MAP)
    bench.frame.set_input_files("input[type=file]", text)
    bench.wait('[role="alert"]')
    assert "notes.png is no picture that this browser can read" in bench.text('[role="alert"]')


def test_a_computed_map_is_followed_over_the_kept_checkpoints(bench, bench_server):
    bench.open(link(image=7, target=2))
    bench.wait(".film-box .btn")
    assert "for cross" in bench.text(".film-box h2")
    bench.frame.locator(".film-box .btn").click()
    frames = ".computed canvas"
    bench.frame.wait_for_function(
        "s => document.querySelectorAll(s).length === 10", arg=frames, timeout=60_000
    )
    steps = {job["request"]["step"] for job in jobs(bench_server, "saliency")}
    assert steps >= set(range(KEPT, STEPS))
    bench.frame.locator(".computed button").first.click()
    bench.wait(f'.computed .on :text-is("{KEPT}")')
    bench.wait(MAP)


def test_the_same_map_of_run_b_stands_beside(bench):
    bench.open(link(image=5, runB="second"))
    bench.wait(title(bench, "B · second") + " .map-canvas")
    assert bench.frame.locator(".heatmaps .fig").count() == 3


def test_without_jobs_the_page_says_why(browser, training, tensorboard):
    server = tensorboard(training, "--cnnviz_jobs", "off")
    wait_for_runs(server, 2)
    with open_tab(browser, server) as tab:
        tab.open(link(target=1))
        tab.wait('.heatmaps :text("Jobs are off")')
        assert tab.frame.get_by_role("button", name="Compute now").count() == 0
        assert tab.frame.locator('button:has-text("Own picture")').is_disabled()


def get(server: TensorBoard, route: str) -> bytes:
    address = f"{server.url}data/plugin/cnnviz/{route}"
    with urllib.request.urlopen(address, timeout=20) as response:
        return response.read()
