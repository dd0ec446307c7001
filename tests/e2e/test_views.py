"""Layer, image and compare views: what they show is what was recorded, at the step they name."""

from __future__ import annotations

import numpy as np
import pytest

import cnnviz
from tests.e2e.conftest import open_tab
from tests.e2e.logdirs import DEAD, DEATH, STEPS

LAST = STEPS - 1
RELU = "block.relu"
GRID = ".grid-canvas"
OVER = ".insp .map-canvas"


def number(text: str) -> float:
    """Read a number as the page writes it."""
    assert "≈" not in text, f"{text} is not exact"
    return float(text.replace("−", "-"))


def point_at(tab, selector: str, row: int, column: int, shape: tuple[int, int]) -> None:
    """Put the pointer on a pixel of a map."""
    box = tab.frame.locator(selector).first.bounding_box()
    x = box["x"] + (column + 0.5) / shape[1] * box["width"]
    y = box["y"] + (row + 0.5) / shape[0] * box["height"]
    tab.page.mouse.move(x, y)


def wait_for_text(tab, selector: str, text: str) -> None:
    tab.frame.wait_for_function(
        "([selector, text]) => document.querySelector(selector)?.innerText.includes(text)",
        arg=[selector, text],
    )


def layer_link(layer: str, **more: object) -> str:
    fields = {"view": "layer", "layer": layer} | more
    return "".join(f"&p.cnnviz.{name}={value}" for name, value in fields.items())


@pytest.fixture(scope="module")
def first(training):
    return cnnviz.open_logdir(training).run("first")


def test_the_value_under_the_cursor_is_the_recorded_one(tab, first):
    tab.open(layer_link(RELU, ch=2, img=1, stepA=7))
    tab.wait(OVER)
    maps = first.record("activations", layer=RELU, step=7).arrays["activations"]
    row, column = np.unravel_index(maps[1, 2].argmax(), maps[1, 2].shape)
    point_at(tab, OVER, row, column, maps.shape[2:])
    wait_for_text(tab, ".insp .kv", f"at row {row}, column {column}")
    tab.frame.wait_for_function("!document.querySelector('.insp .kv b').innerText.includes('≈')")
    assert number(tab.text(".insp .kv b")) == pytest.approx(maps[1, 2, row, column], rel=1e-3)
    assert "step 7" in tab.text(".insp p.cap")


def test_the_weight_under_the_cursor_is_the_recorded_one(tab, first):
    tab.open(layer_link("stem", method="filters", ch=3, stepA=4))
    tab.wait(OVER)
    weights = first.record("filters", layer="stem", step=4).arrays["weights"]
    point_at(tab, OVER, 2, 1, (3, 3))
    wait_for_text(tab, ".insp .kv", "row 2, column 1")
    tab.frame.wait_for_function("!document.querySelector('.insp .kv b').innerText.includes('≈')")
    assert number(tab.text(".insp .kv b")) == pytest.approx(weights[3, 0, 2, 1], rel=1e-3)


def test_a_dead_channel_says_since_which_step(tab):
    tab.open(layer_link(RELU, ch=DEAD))
    tab.wait(".death")
    assert f"step {DEATH}" in tab.text(".death")
    tab.frame.click(".death button")
    tab.page.wait_for_function(f"location.hash.includes('stepA={DEATH}')")
    tab.press(",")
    tab.frame.wait_for_function("!document.querySelector('.death')?.innerText.includes('▲ dead')")


def test_keys_move_the_selection_and_say_where_it_is(tab):
    tab.open(layer_link(RELU))
    tab.wait(GRID)
    grid = tab.frame.locator(GRID)
    grid.focus()
    assert grid.get_attribute("aria-valuetext").startswith("channel 0 of 8")
    tab.page.keyboard.press("ArrowRight")
    wait_for_text(tab, ".insp h1", "Channel 1")
    assert grid.get_attribute("aria-valuetext").startswith("channel 1 of 8")
    tab.page.keyboard.press("End")
    wait_for_text(tab, ".insp h1", "Channel 7")


def test_z_enlarges_a_channel_and_escape_goes_back(tab):
    tab.open(layer_link(RELU, ch=3))
    tab.wait(GRID)
    tab.frame.locator(GRID).focus()
    tab.page.keyboard.press("z")
    tab.wait(".zoom .map-canvas")
    assert tab.frame.locator(GRID).count() == 0
    tab.press("Escape")
    tab.wait(GRID)


def test_the_order_stays_pinned_while_the_step_changes(tab, first):
    tab.open(layer_link(RELU))
    tab.wait(GRID)
    tab.frame.get_by_label("Sort").select_option("mean")
    tab.page.wait_for_function(f"location.hash.includes('sortStep={LAST}')")
    maps = first.record("activations", layer=RELU, step=LAST).arrays["activations"]
    best = int(maps.mean(axis=(0, 2, 3)).argmax())
    wait_for_text(tab, ".insp h1", f"Channel {best}")
    tab.press("<")
    wait_for_text(tab, ".grid-foot", "step 0")
    wait_for_text(tab, ".insp h1", f"Channel {best}")
    assert f"pinned at {LAST}" in tab.frame.get_by_label("Sort").inner_text()


def test_a_frame_of_the_film_leads_to_its_step(tab):
    tab.open(layer_link(RELU, ch=1))
    tab.wait(".strip-of-steps button")
    tab.frame.get_by_role("button", name="step 0").click()
    wait_for_text(tab, ".grid-foot", "step 0")
    assert tab.frame.locator(".strip-of-steps [aria-current=step]").inner_text() == "step 0"


def test_the_step_looked_at_has_a_frame_even_in_a_short_film(browser, server):
    with open_tab(browser, server, width=1024, height=700) as tab:
        tab.open(layer_link(RELU, ch=1, stepA=11))
        wait_for_text(tab, ".strip-of-steps [aria-current=step]", "11")
        frames = tab.frame.locator(".strip-of-steps li").count()
        tab.press(".")
        wait_for_text(tab, ".strip-of-steps [aria-current=step]", "12")
        assert tab.frame.locator(".strip-of-steps li").count() == frames < STEPS


def test_what_is_not_recorded_names_the_call_that_records_it(tab):
    tab.open(layer_link("pool"))
    tab.wait(".nothing")
    assert 'cnnviz.method("activations", layers=["pool"])' in tab.text(".nothing")
    tab.frame.get_by_role("button", name="Filters").click()
    wait_for_text(tab, ".nothing", "has no filters")


def test_a_layer_of_another_model_is_said_to_be_missing(tab):
    tab.open(layer_link("layer4.1.conv2"))
    wait_for_text(tab, ".center", "Run first has no layer layer4.1.conv2")


def test_a_map_over_the_image_reads_as_recorded_and_hides_on_space(tab, first):
    tab.open("&p.cnnviz.view=image&p.cnnviz.img=2&p.cnnviz.stepA=6")
    overlay = ".heatmaps .fig >> nth=1 >> .map-canvas"
    tab.wait(overlay)
    heat = first.record("saliency", step=6).arrays["map"][2]
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    point_at(tab, overlay, row, column, heat.shape)
    foot = ".heatmaps .fig:nth-child(2) .fig-foot b"
    tab.frame.wait_for_function(
        "s => { const t = document.querySelector(s)?.innerText; return t && !t.includes('≈') }",
        arg=foot,
    )
    assert number(tab.text(foot)) == pytest.approx(heat[row, column], rel=1e-3)
    pixels = "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
    tab.page.mouse.move(5, 5)
    shown = tab.frame.eval_on_selector(".heatmaps .fig:nth-child(2) canvas", pixels)
    tab.frame.locator(".center").focus()
    tab.page.keyboard.down(" ")
    tab.page.wait_for_timeout(300)
    bare = tab.frame.eval_on_selector(".heatmaps .fig:nth-child(2) canvas", pixels)
    tab.page.keyboard.up(" ")
    assert bare != shown
    assert bare[0:4000:4] == bare[1:4000:4], "the input alone is grey"


def test_the_prediction_is_the_recorded_one(tab, first):
    tab.open("&p.cnnviz.view=image&p.cnnviz.img=1&p.cnnviz.stepA=9")
    tab.wait(".insp .bars li")
    record = first.record("predictions", step=9)
    best = float(record.arrays["probabilities"][1].max())
    assert f"{100 * best:.1f} %" in tab.text(".insp .bars li >> nth=0")
    assert "label: square" in tab.text(".insp")


def test_the_difference_is_exact_and_signed(tab, training):
    log = cnnviz.open_logdir(training)
    tab.open(
        layer_link("stem", view="compare", runB="second", stepA=9, stepB=4, subject="activations")
    )
    tab.wait(".nothing")
    tab.open(
        layer_link(
            RELU, view="compare", runB="second", stepA=9, stepB=4, ch=1, compare="difference"
        )
    )
    tab.wait(GRID)
    arrays = [
        log.run(run).record("activations", layer=RELU, step=step).arrays["activations"][0, 1]
        for run, step in (("first", 9), ("second", 4))
    ]
    difference = arrays[0] - arrays[1]
    row, column = np.unravel_index(np.abs(difference).argmax(), difference.shape)
    tab.wait(".insp .sec .map-canvas")
    point_at(tab, ".insp .sec .map-canvas", row, column, difference.shape)
    wait_for_text(tab, ".insp .kv", f"at row {row}, column {column}")
    assert number(tab.text(".insp .kv b")) == pytest.approx(difference[row, column], rel=1e-3)


def test_holding_x_shows_b_in_as_place(tab):
    tab.open(layer_link(RELU, view="compare", runB="first", stepA=9, stepB=2, compare="flicker"))
    wait_for_text(tab, ".pair-side", "step 9")
    tab.frame.locator(".center").focus()
    tab.page.keyboard.down("x")
    wait_for_text(tab, ".pair-side", "step 2")
    tab.page.keyboard.up("x")
    wait_for_text(tab, ".pair-side", "step 9")


def test_comparing_begins_with_one_click(tab):
    tab.open("&p.cnnviz.view=compare")
    tab.frame.get_by_role("button", name="Compare with step 0").click()
    tab.wait(".pair-side >> nth=1")
    wait_for_text(tab, ".pair-side:nth-child(2)", "step 0")
