"""The Embedding view: a map of the data set, neighbours, a lasso, and maps made by jobs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter

import cnnviz
from tests.e2e.conftest import Tab, TensorBoard, open_tab, start_tensorboard, wait_for_runs
from tests.e2e.logdirs import CLASSES, Net, pictures, wait_for

IMAGES = 60
LAST = 10
"""Methods that look through a data set take every tenth capture: 0 and this one."""
ROOM = ".plot-room"


def train(folder: Path, *, with_dataset: bool) -> None:
    """Train on drawn shapes, a capture a step."""
    torch.manual_seed(0)
    net = Net()
    images, labels = pictures(IMAGES)
    images = 0.9 * images + 0.1 * torch.rand(images.shape)
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    requests = [cnnviz.method("embedding", map="tsne", perplexity=10.0), "top_patches"]
    recorder = cnnviz.Recorder(
        net,
        SummaryWriter(str(folder)),
        examples=images[:12],
        labels=labels[:12],
        class_names=CLASSES,
        every=1,
        dataset=(images, torch.tensor(labels)) if with_dataset else None,
        methods=["activations", *(requests if with_dataset else [])],
    )
    with recorder:
        for step in range(LAST + 1):
            loss = nn.functional.cross_entropy(net(images), torch.tensor(labels))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            recorder.step(step)
            wait_for(folder / f"plugins/cnnviz/snapshots/{step}.safetensors", is_due=True)


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("embedding")
    train(logdir / "mapped", with_dataset=True)
    train(logdir / "plain", with_dataset=False)
    return logdir


@pytest.fixture(scope="module")
def board(laid_out: Path) -> Iterator[TensorBoard]:
    running = start_tensorboard(laid_out)
    wait_for_runs(running, 2)
    yield running
    running.stop()


@pytest.fixture
def map_tab(browser, board) -> Iterator[Tab]:
    with open_tab(browser, board) as opened:
        yield opened
        assert opened.errors == []
        assert opened.violations() == []


def link(run: str = "mapped", **fields: object) -> str:
    given = {"view": "embedding", "runA": run} | fields
    return "".join(f"&p.cnnviz.{name}={value}" for name, value in given.items())


def paintings(tab: Tab) -> int:
    return int(tab.frame.get_attribute(ROOM, "data-paintings"))


def lasso(tab: Tab, *corners: tuple[float, float], key: str = "Shift") -> None:
    """Draw around a part of the plot; corners in shares of its sides."""
    box = tab.frame.locator(ROOM).first.bounding_box()
    places = [
        (box["x"] + 4 + x * (box["width"] - 8), box["y"] + 4 + y * (box["height"] - 8))
        for x, y in corners
    ]
    tab.page.keyboard.down(key)
    tab.page.mouse.move(*places[0])
    tab.page.mouse.down()
    for place in places[1:]:
        tab.page.mouse.move(*place, steps=4)
    tab.page.mouse.up()
    tab.page.keyboard.up(key)


def lasso_all(tab: Tab) -> None:
    lasso(tab, (0, 0), (1, 0), (1, 1), (0, 1))


def selected(tab: Tab) -> int:
    """How many images the bar says are selected; 0 without a bar."""
    bar = tab.frame.locator(".selection b").first
    return int(bar.inner_text().split()[0]) if bar.count() else 0


def test_the_map_is_drawn_and_says_which_step_it_is_of(map_tab):
    map_tab.open(link(stepA=LAST - 3))
    map_tab.wait(f"{ROOM}[data-paintings]")
    assert "from step 0" in map_tab.text(".embedding-view .head")
    assert f"{IMAGES} images" in map_tab.text(".embedding-view .head")
    legend = map_tab.text(".legend-rows")
    assert all(f"{name}" in legend for name in CLASSES)
    before = paintings(map_tab)
    map_tab.press(">")
    map_tab.wait(f'.embedding-view .head :text-is("step {LAST}")')
    map_tab.frame.wait_for_function(
        f"Number(document.querySelector('{ROOM}').dataset.paintings) >= {before + 2}"
    )
    assert "starts from" in map_tab.text(".tree.side")


def test_a_click_shows_the_exact_neighbours_in_both_spaces(map_tab, laid_out):
    record = cnnviz.open_logdir(laid_out).run("mapped").record("embedding", step=LAST)
    map_tab.open(link(draw="points"))
    map_tab.wait(f"{ROOM}[data-paintings]")
    map_tab.press("ArrowRight")
    map_tab.wait('.near[data-by="cosine"][data-row] li:nth-child(8)')
    row = int(map_tab.frame.get_attribute('.near[data-by="cosine"]', "data-row"))
    for by, stored in (("cosine", "neighbours"), ("pixels", "pixel_neighbours")):
        map_tab.wait(f'.near[data-by="{by}"][data-row="{row}"] li:nth-child(8)')
        titles = map_tab.frame.eval_on_selector_all(
            f'.near[data-by="{by}"] button', "all => all.map((one) => one.title)"
        )
        assert titles == [f"image {other}" for other in record.arrays[stored][row][:8]]
    assert "share the label" in map_tab.text(".tree.side")
    labels = cnnviz.open_logdir(laid_out).run("mapped").dataset().labels
    same = int((labels[record.arrays["neighbours"][row][:8]] == labels[row]).sum())
    features = map_tab.frame.locator('[aria-label="nearest by features"]')
    assert f"{same} of 8 ✓" in features.inner_text()
    assert features.locator(".ok").count() == same
    assert features.locator(".near .bad").count() == 8 - same
    boxes = [
        map_tab.frame.locator(f'.near[data-by="{by}"]').bounding_box()
        for by in ("cosine", "pixels")
    ]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    curve = record.facts["agreement"]["curve"]
    map_tab.frame.locator(".over-k").get_by_role("button", name="table").click()
    cells = map_tab.frame.locator(".over-k tbody tr").first.inner_text().split("\t")
    assert cells[0] == str(curve["k"][0])
    assert cells[1].startswith(f"{100 * curve['feature'][0]:.1f}".rstrip("0").rstrip("."))
    map_tab.frame.locator('.near[data-by="cosine"] button').first.click()
    other = record.arrays["neighbours"][row][0]
    map_tab.wait(f'.point-head h1:text-is("image {other}")')


def test_a_lasso_is_counted_exported_and_leads_to_units_that_fire(map_tab):
    map_tab.open(link())
    map_tab.wait(f"{ROOM}[data-paintings]")
    lasso_all(map_tab)
    map_tab.wait(".selection")
    assert f"{IMAGES} selected" in map_tab.text(".selection")
    assert f"{IMAGES // 3} / {IMAGES // 3}" in map_tab.text(".legend-rows")
    with map_tab.page.expect_download() as saved:
        map_tab.frame.get_by_role("button", name="CSV").click()
    with Path(saved.value.path()).open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["row"] for line in lines] == [str(row) for row in range(IMAGES)]
    assert [line["label"] for line in lines] == [CLASSES[row % 3] for row in range(IMAGES)]
    map_tab.frame.get_by_role("button", name="Units that fire for these").click()
    unit = map_tab.frame.locator(".unit-rows button").first
    unit.wait_for()
    channel = unit.inner_text().removeprefix("channel ")
    unit.click()
    map_tab.wait(".unit-view")
    assert f"p.cnnviz.ch={channel}" in map_tab.page.url


def test_in_a_narrow_window_a_click_opens_the_drawer_with_both_kinds_of_neighbours(map_tab):
    map_tab.page.set_viewport_size({"width": 1024, "height": 700})
    map_tab.open(link(draw="points", point=3))
    map_tab.wait(".near-ring", state="attached")
    assert not map_tab.frame.locator(".insp").is_visible()
    box = map_tab.frame.locator(".near-ring").first.bounding_box()
    map_tab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    columns = [map_tab.frame.locator(f'.near[data-by="{by}"]') for by in ("cosine", "pixels")]
    for column in columns:
        column.locator("li:nth-child(8) button").wait_for()
    left, right = (column.bounding_box() for column in columns)
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    assert right["x"] + right["width"] <= 1024


def test_neighbours_are_fetched_while_the_pointer_rests_on_an_image(map_tab):
    map_tab.open(link(draw="points", point=3))
    map_tab.wait(".point-ring")
    asked: list[str] = []
    map_tab.page.on("request", lambda one: asked.append(one.url))
    box = map_tab.frame.locator(".near-ring").first.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    with map_tab.page.expect_response(lambda one: "by=pixels" in one.url):
        map_tab.page.mouse.move(*middle)
    ahead = [url for url in asked if "/neighbours?" in url]
    assert len(ahead) == 2
    map_tab.page.mouse.click(*middle)
    row = ahead[0].partition("row=")[2].partition("&")[0]
    map_tab.wait(f'.near[data-by="pixels"][data-row="{row}"] li:nth-child(8)')
    assert [url for url in asked if "/neighbours?" in url] == ahead


def test_shift_adds_to_the_lasso_and_alt_takes_away(map_tab):
    map_tab.open(link(draw="points"))
    map_tab.wait(f"{ROOM}[data-paintings]")
    lasso(map_tab, (0, 0), (0.5, 0), (0.5, 1), (0, 1))
    map_tab.wait(".selection")
    left = selected(map_tab)
    assert 0 < left < IMAGES
    lasso(map_tab, (0.4, 0), (1, 0), (1, 1), (0.4, 1))
    assert selected(map_tab) == IMAGES
    assert map_tab.frame.locator(".plot-over .lasso").count() == 2
    lasso(map_tab, (0, 0), (0.5, 0), (0.5, 1), (0, 1), key="Alt")
    assert selected(map_tab) == IMAGES - left
    lasso(map_tab, (0, 0), (1, 0), (1, 1), (0, 1), key="Alt")
    assert selected(map_tab) == 0


def test_all_of_it_goes_by_keyboard(map_tab):
    map_tab.open(link(draw="points"))
    map_tab.wait(f"{ROOM}[data-paintings]")
    map_tab.press("ArrowRight")
    map_tab.wait('.near[data-by="cosine"][data-row] li:nth-child(8)')
    map_tab.press("s")
    assert selected(map_tab) == 1
    map_tab.press("n")
    assert selected(map_tab) == 9
    map_tab.press("s")
    assert selected(map_tab) == 8
    map_tab.press("r")
    assert selected(map_tab) == 0
    map_tab.press("a")
    assert selected(map_tab) == IMAGES
    with map_tab.page.expect_download() as saved:
        map_tab.press("e")
    assert len(Path(saved.value.path()).read_text().splitlines()) == IMAGES + 1
    map_tab.press("u")
    map_tab.wait(".unit-rows button")


def test_the_maps_of_a_and_b_share_pointer_and_lasso(map_tab):
    map_tab.open(link(draw="points", stepA=LAST, runB="mapped", stepB=0))
    rooms = map_tab.frame.locator(f"{ROOM}[data-paintings]")
    map_tab.frame.wait_for_function(
        f"document.querySelectorAll('{ROOM}[data-paintings]').length === 2"
    )
    names = [name.split() for name in map_tab.frame.locator(".side-name").all_inner_texts()]
    assert [name[0] for name in names] == ["A", "B"]
    assert [name[3] for name in names] == [str(LAST), "0"]
    map_tab.press("ArrowRight")
    map_tab.frame.wait_for_function("document.querySelectorAll('.point-ring').length === 2")
    box = map_tab.frame.locator(".point-ring").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    map_tab.page.mouse.move(x, y)
    map_tab.frame.wait_for_function("document.querySelectorAll('.over-ring').length === 2")
    lasso_all(map_tab)
    assert selected(map_tab) == IMAGES
    # The line lies where it was drawn, what it holds is chosen in both.
    assert map_tab.frame.locator(".plot-over .lasso").count() == 1
    assert map_tab.axe() == []
    map_tab.frame.get_by_label("B beside A").uncheck()
    map_tab.frame.wait_for_function(f"document.querySelectorAll('{ROOM}').length === 1")
    assert rooms.count() == 1


def test_a_run_with_other_images_has_no_map_beside_a(map_tab):
    map_tab.open(link(draw="points", runB="plain"))
    map_tab.wait(".plot-pair .nothing")
    assert "No embedding is recorded in B" in map_tab.text(".plot-pair .nothing")


def test_the_strongest_images_of_a_unit_are_selected_on_the_map(map_tab, laid_out):
    record = cnnviz.open_logdir(laid_out).run("mapped").record("top_patches", step=LAST)
    map_tab.open(link(view="unit", layer=record.layer, ch=1))
    map_tab.frame.get_by_role("button", name="select them in the embedding").click()
    map_tab.wait(".selection")
    assert selected(map_tab) == len(set(record.arrays["images"][1].tolist()) - {-1})


def test_a_class_is_isolated_and_the_view_zooms_and_passes_axe(map_tab):
    map_tab.open(link(point=3, draw="points"))
    map_tab.wait('.near[data-by="pixels"] li')
    map_tab.frame.get_by_role("button", name="square").click()
    map_tab.wait('.legend-rows [aria-pressed="true"]')
    before = paintings(map_tab)
    map_tab.press("+")
    map_tab.frame.wait_for_function(
        f"Number(document.querySelector('{ROOM}').dataset.paintings) > {before}"
    )
    assert map_tab.axe() == []
    map_tab.press("Escape")
    assert map_tab.frame.locator('.legend-rows [aria-pressed="true"]').count() == 0


def test_without_a_recorded_map_a_job_makes_one(map_tab, board):
    map_tab.open(link("plain"))
    map_tab.wait(".nothing pre")
    assert "dataset=" in map_tab.text(".nothing")
    button = map_tab.frame.locator(".nothing").get_by_role("button", name=f"t-SNE of step {LAST}")
    button.click()
    map_tab.frame.wait_for_selector(f"{ROOM}[data-paintings]", timeout=90_000)
    (job,) = board.get("jobs")["jobs"]
    assert job["request"]["params"]["map"] == "tsne"
    assert "12 images" in map_tab.text(".embedding-view .head")
    map_tab.page.wait_for_timeout(600)
    assert f"emb=job:{job['request']['id']}" in map_tab.page.url
