"""The unit page shows what was recorded of a channel; what was not can be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from tests.e2e.conftest import Tab, TensorBoard, open_tab, start_tensorboard, wait_for_runs
from tests.e2e.logdirs import CLASSES, Net, mark, pictures, wait_for

RELU = "block.relu"
IMAGES = 60
CAPTURES = 11
"""With a fixed cadence the data set is looked through at every tenth capture: at steps 0 and 10."""
PATCH = ".patches .patch"


def write_run(folder: Path) -> None:
    """Train on a few drawings with the recorder on, another sixty of them as the data set."""
    torch.manual_seed(0)
    net = Net()
    images, labels = pictures(6)
    many, theirs = pictures(IMAGES)
    # Of 8 bits, so that the run stores what the network takes and jobs can look through it.
    many = (255 * (many + 0.1 * torch.rand(many.shape)).clamp(0, 1)).round() / 255
    optimiser = torch.optim.SGD(net.parameters(), lr=0.05)
    recorder = cnnviz.Recorder(
        net,
        folder,
        examples=images,
        labels=labels,
        class_names=CLASSES,
        normalize=(0.0, 1.0),
        every=1,
        dataset=(many, torch.tensor(theirs)),
        methods=[
            "filters",
            "activations",
            "layer_statistics",
            cnnviz.method("top_patches", layers=[RELU]),
        ],
    )
    with recorder:
        for step in range(CAPTURES):
            loss = nn.functional.cross_entropy(net(images), torch.tensor(labels))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            mark(net, step)
            recorder.step(step)
            wait_for(folder / f"plugins/cnnviz/snapshots/{step}.safetensors", is_due=True)


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unit")
    write_run(folder / "run")
    return folder


@pytest.fixture(scope="module")
def unit_server(logdir: Path) -> Iterator[TensorBoard]:
    running = start_tensorboard(logdir)
    wait_for_runs(running, 1)
    yield running
    running.stop()


@pytest.fixture
def unit(browser, unit_server) -> Iterator[Tab]:
    with open_tab(browser, unit_server) as opened:
        yield opened
        assert opened.errors == []
        assert opened.violations() == []


@pytest.fixture(scope="module")
def run(logdir):
    return cnnviz.open_logdir(logdir).run("run")


def link(**fields: object) -> str:
    given = {"view": "unit", "layer": RELU, "ch": 2} | fields
    return "".join(f"&p.cnnviz.{name}={value}" for name, value in given.items())


def wait_for_hash(tab: Tab, text: str) -> None:
    tab.page.wait_for_function("(text) => location.hash.includes(text)", arg=text)


def texts(tab: Tab, selector: str) -> list[str]:
    return [text.strip() for text in tab.frame.locator(selector).all_inner_texts()]


def numbers(found: list[str]) -> list[float]:
    return [float(text.replace("−", "-")) for text in found]


def test_the_patches_shown_are_those_recorded_at_or_before_the_step(unit, run):
    unit.open(link(stepA=5))
    unit.wait(PATCH)
    record = run.record("top_patches", layer=RELU, step=5)
    assert record.step == 0
    assert "from step 0" in unit.text("[aria-label='top patches']")
    shown = numbers(texts(unit, f"{PATCH} .patch-text span:last-child"))
    np.testing.assert_allclose(shown, record.arrays["activations"][2], rtol=0.01, atol=0.006)
    labels = run.dataset().labels[record.arrays["images"][2]]
    names = texts(unit, f"{PATCH} .patch-text span:first-child")
    assert names == [CLASSES[label] for label in labels]


def test_the_whole_image_of_a_patch_is_shown_with_its_field(unit, run):
    unit.open(link(ch=1))
    unit.wait(".whole svg rect")
    record = run.record("top_patches", layer=RELU)
    unit.frame.locator(PATCH).nth(3).click()
    row = record.arrays["images"][1][3]
    unit.frame.wait_for_selector(f".whole b:text-is('image {row}')")
    height, width = record.facts["input"]
    top, left, bottom, right = np.clip(record.arrays["boxes"][1][3], 0, [height, width] * 2)
    field = unit.frame.locator(".whole svg rect").first
    size = unit.frame.locator(".whole canvas").bounding_box()
    drawn = float(field.get_attribute("width")) + 2, float(field.get_attribute("height")) + 2
    wanted = (right - left) / width * size["width"], (bottom - top) / height * size["height"]
    assert drawn == pytest.approx(wanted, abs=0.5)


def test_classes_stand_by_their_recorded_mean(unit, run):
    unit.open(link())
    unit.wait(".bars .r")
    means = run.record("top_patches", layer=RELU).arrays["class_means"][2]
    names = texts(unit, ".bars > span.clip")
    assert names == [CLASSES[at] for at in np.argsort(-means)]
    shown = numbers(texts(unit, ".bars > .r"))
    np.testing.assert_allclose(shown, -np.sort(-means), rtol=0.01, atol=0.006)


def test_the_film_leads_to_another_step(unit, run):
    unit.open(link())
    unit.wait(".film-cell canvas")
    assert texts(unit, ".film-table tfoot td") == ["0", "10"]
    unit.frame.click(".film-cell >> nth=0")
    wait_for_hash(unit, "stepA=0")
    strongest = run.record("top_patches", layer=RELU, step=0).arrays["activations"][2, 0]
    assert numbers(texts(unit, ".film-cell > span"))[0] == pytest.approx(strongest, rel=0.01)


def test_a_unit_that_goes_up_and_down_with_it_has_its_page_and_back_returns(unit, run):
    unit.open(link())
    unit.wait(".correlated .patch")
    alike = run.record("top_patches", layer=RELU).arrays["correlated"][2]
    assert numbers(
        [text.removeprefix("unit").strip() for text in texts(unit, ".correlated b")]
    ) == [at for at in alike if at >= 0]
    unit.frame.click(".correlated .patch >> nth=0")
    wait_for_hash(unit, f"ch={alike[0]}")
    unit.frame.wait_for_selector(f"h1:has-text('unit {alike[0]}')")
    unit.page.go_back()
    unit.frame.wait_for_selector("h1:has-text('unit 2')")


def test_enter_opens_the_page_from_the_layer_and_escape_goes_back(unit):
    unit.open(link(view="layer", ch=3))
    unit.wait(".grid-canvas")
    unit.press("Enter")
    wait_for_hash(unit, "view=unit")
    unit.frame.wait_for_selector("h1:has-text('unit 3')")  # its keys come with it
    unit.press("ArrowRight")
    wait_for_hash(unit, "ch=4")
    unit.press("Shift+ArrowRight")
    wait_for_hash(unit, "ch=7")
    unit.press("Escape")
    wait_for_hash(unit, "view=layer")
    unit.frame.wait_for_selector(".insp h1:text-is('Channel 7')")


def test_every_channels_best_patch_is_a_tab_of_the_layer(unit):
    unit.open(link(view="layer", method="top_patches"))
    unit.wait(".patch-nine canvas")
    assert unit.frame.locator(".patch-nine canvas").count() == 9
    unit.frame.locator(".grid-canvas").focus()
    unit.page.keyboard.press("ArrowRight")
    unit.frame.wait_for_selector(".insp h1:text-is('Channel 3')")
    unit.page.keyboard.press("Enter")
    wait_for_hash(unit, "view=unit")


def test_a_layer_without_patches_says_how_to_record_them_and_finds_them_now(unit):
    unit.open(link(layer="stem", ch=1))
    unit.wait(".patches-go")
    assert 'cnnviz.method("top_patches", layers=["stem"])' in unit.text(".patches-missing")
    unit.frame.click(".patches-go")
    unit.frame.wait_for_selector(PATCH, timeout=90_000)
    assert "by a job" in unit.text("[aria-label='top patches']")
    assert f"among {IMAGES} images" in unit.text("[aria-label='top patches']")
    assert unit.frame.locator(".whole canvas").count() == 1


def test_a_layer_that_the_run_does_not_have_is_named(unit):
    unit.open(link(layer="gone", ch=900))
    unit.wait(".nothing")
    assert "has no layer gone" in unit.text(".nothing")
    unit.open(link(ch=900))
    unit.frame.wait_for_selector("h1:has-text('unit 7')")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_is_accessible(unit, dark):
    unit.open(link(), dark=dark)
    for selector in (PATCH, ".correlated canvas", ".pinned canvas", ".film-cell canvas"):
        unit.wait(selector)
    assert unit.axe() == []


def test_the_unit_of_b_stands_beside_that_of_a(unit, run):
    unit.open(link(stepA=10, runB="run", stepB=5))
    unit.frame.wait_for_function(f"document.querySelectorAll('.unit-pair {PATCH}').length === 18")
    for side, step in (("A", 10), ("B", 0)):
        part = f".unit-pair > [aria-label='{side}']"
        record = run.record("top_patches", layer=RELU, step=step)
        shown = numbers(texts(unit, f"{part} {PATCH} .patch-text span:last-child"))
        np.testing.assert_allclose(shown, record.arrays["activations"][2], rtol=0.01, atol=0.006)
    assert "from step 0" in unit.text(".unit-pair > [aria-label='B']")
    assert unit.frame.locator(".unit-side [aria-label^='class selectivity']").count() == 2
    assert unit.axe() == []
    unit.frame.get_by_label("B beside A").uncheck()
    unit.frame.wait_for_function("document.querySelectorAll('.unit-pair').length === 0")
    assert unit.frame.locator(PATCH).count() == 9
