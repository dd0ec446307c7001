"""The frame: runs, step strip, tree, link, theme, keys, and what it does when things go wrong."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.conftest import open_tab, wait_for_runs, without_eval
from tests.e2e.logdirs import DEAD, DEATH, STEPS, train

LAST = STEPS - 1
STEP_OF_A = ".read .clip >> nth=0"
FIRST_PICTURE = ".band-part canvas"

# Label and picture of the first filter, sampled together: red at even steps, blue at odd ones.
SAMPLE = """
() => {
  const part = document.querySelector(".band-part");
  const note = part?.querySelector(".cap.nowrap, .stale, .row > .nowrap")?.textContent ?? "";
  const canvas = part?.querySelector("canvas");
  if (!canvas) return null;
  const [red, , blue] = canvas.getContext("2d").getImageData(4, 4, 1, 1).data;
  return { step: Number(note.match(/\\d+/)?.[0] ?? -1), isRed: red > blue };
}
"""


def shown_step(tab) -> int:
    return int(tab.text(STEP_OF_A).split()[1])


def wait_for_step(tab, step: int) -> None:
    tab.frame.wait_for_function(
        "step => document.querySelector('.read .clip b')?.textContent === `step ${step}`", arg=step
    )


def test_the_page_opens_on_the_latest_capture_of_the_first_run(tab):
    tab.open()
    tab.wait(FIRST_PICTURE)
    assert tab.text(".runs .run .clip >> nth=0") == "first"
    assert shown_step(tab) == LAST
    assert "24 steps" in tab.text(".strip .left")
    assert tab.frame.locator(".tree .lay").count() >= 6


def test_keys_move_through_every_capture_the_first_included(tab):
    tab.open()
    tab.wait(FIRST_PICTURE)
    tab.press(",")
    wait_for_step(tab, LAST - 1)
    tab.press("<")
    wait_for_step(tab, 0)
    for step in range(1, 5):
        tab.press(".")
        wait_for_step(tab, step)
    tab.press("f")
    wait_for_step(tab, LAST)


def test_a_picture_never_stands_under_another_steps_label(tab):
    tab.open()
    tab.wait(FIRST_PICTURE)
    handle = tab.frame.locator(".handle.a").bounding_box()
    plot = tab.frame.locator(".strip-plot").bounding_box()
    mouse = tab.page.mouse
    mouse.move(handle["x"] + 8, handle["y"] + 8)
    mouse.down()
    samples = []
    places = [0.9, 0.2, 0.5, 0.45, 0.4, 0.35, 0.8, 0.1, 0.6, 0.65, 0.7, 0.3, 0.95, 0.25]
    for share in places * 3:
        mouse.move(plot["x"] + 92 + share * (plot["width"] - 120), handle["y"] + 30, steps=3)
        samples.append(tab.frame.evaluate(SAMPLE))
    mouse.up()
    tab.page.wait_for_timeout(500)
    samples.append(tab.frame.evaluate(SAMPLE))
    assert {sample["step"] for sample in samples} > {samples[-1]["step"]}, "nothing was scrubbed"
    wrong = [sample for sample in samples if sample["isRed"] != (sample["step"] % 2 == 0)]
    assert wrong == []
    assert samples[-1]["step"] == shown_step(tab)


def test_a_link_brings_back_what_was_looked_at(tab):
    tab.open(
        "&p.cnnviz.runA=second&p.cnnviz.runB=first&p.cnnviz.stepA=8&p.cnnviz.stepB=3&p.other.x=1"
    )
    tab.wait(FIRST_PICTURE)
    wait_for_step(tab, 8)
    assert "step 3" in tab.text(".read")
    tab.press(".")
    wait_for_step(tab, 12)
    tab.page.wait_for_function("location.hash.includes('p.cnnviz.stepA=12')")
    assert "p.other.x=1" in tab.page.url
    tab.page.reload()
    tab.page.wait_for_selector("iframe")
    tab.wait(FIRST_PICTURE)
    wait_for_step(tab, 12)


def test_the_link_is_written_again_when_the_tab_comes_back(tab):
    tab.open("&p.cnnviz.stepA=5")
    tab.wait(FIRST_PICTURE)
    tab.page.get_by_role("tab", name="Scalars").click()
    tab.page.wait_for_function("!location.hash.includes('cnnviz&')")
    tab.page.get_by_role("tab", name="CNN Viz").click()
    tab.page.wait_for_function("location.hash.includes('p.cnnviz.stepA=5')")
    assert shown_step(tab) == 5


def test_the_browsers_back_button_leads_to_the_view_before(tab):
    tab.open()
    tab.wait(FIRST_PICTURE)
    tab.frame.get_by_role("button", name="conv", exact=False).first.click()
    tab.press("g")
    tab.page.keyboard.press("i")
    tab.page.wait_for_function("location.hash.includes('p.cnnviz.view=image')")
    tab.page.go_back()
    tab.frame.wait_for_selector(".views .on >> text=Layer")
    tab.page.go_back()
    tab.frame.wait_for_selector(".views .on >> text=Overview")
    tab.wait(FIRST_PICTURE)


def test_a_dead_channel_and_its_step_are_two_clicks_away(tab):
    tab.open()
    tab.wait(".deaths .chip")
    layer = tab.frame.locator(".deaths li", has_text="block.relu")
    died = layer.locator(".death", has_text=f"died at step {DEATH}")
    died.get_by_role("button", name=f"channel {DEAD} of block.relu").click()
    tab.page.wait_for_function("location.hash.includes('p.cnnviz.view=layer')")
    assert f"p.cnnviz.ch={DEAD}" in tab.page.url
    wait_for_step(tab, DEATH)


def test_keys_work_without_a_click_first(tab):
    tab.open()
    tab.wait(FIRST_PICTURE)
    tab.page.keyboard.press(",")
    wait_for_step(tab, LAST - 1)


def test_dark_mode_follows_tensorboards(tab):
    tab.open(dark=True)
    tab.wait(FIRST_PICTURE)
    theme = "document.documentElement.dataset.theme"
    assert tab.frame.evaluate(theme) == "dark"
    assert (
        tab.frame.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 19, 22)"
    )
    tab.page.evaluate("document.body.classList.remove('dark-mode')")
    tab.frame.wait_for_function(f"{theme} === 'light'")
    button = tab.frame.get_by_role("button", name="Theme")
    button.click()
    assert tab.frame.evaluate(theme) == "dark"
    button.click()
    tab.page.evaluate("document.body.classList.add('dark-mode')")
    tab.frame.wait_for_function(f"{theme} === 'dark'")


def test_search_leads_to_a_channel(tab):
    tab.open()
    tab.wait(FIRST_PICTURE)
    tab.press("/")
    tab.page.keyboard.type("block.relu 3")
    tab.wait(".hit[aria-selected=true]")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_function("location.hash.includes('p.cnnviz.ch=3')")
    assert "p.cnnviz.layer=block.relu" in tab.page.url


def test_an_unknown_run_in_a_link_is_named_and_the_others_stay_in_reach(tab):
    tab.open("&p.cnnviz.runA=gone")
    tab.wait("[role=alert]")
    assert "gone" in tab.text("[role=alert]")
    tab.frame.select_option("select[aria-label='Run A']", "second")
    tab.wait(FIRST_PICTURE)


def test_no_policy_is_violated_without_unsafe_eval(browser, server):
    with open_tab(browser, server) as tab:
        tab.page.route("**/plugin_entry.html*", without_eval)
        tab.open()
        tab.wait(FIRST_PICTURE)
        tab.wait(".deaths .chip")
        assert tab.violations() == []
        assert tab.errors == []


def test_the_page_works_under_a_path_prefix(browser, training, tensorboard):
    server = tensorboard(training, prefix="/some/where")
    wait_for_runs(server, 2)
    with open_tab(browser, server) as tab:
        tab.open()
        tab.wait(FIRST_PICTURE)
        assert tab.errors == []


def test_an_empty_logdir_says_how_to_record_and_fills_itself(browser, tmp_path, tensorboard):
    server = tensorboard(tmp_path)
    with open_tab(browser, server) as tab:
        tab.open()
        tab.wait(".empty h1")
        assert "Nothing recorded in this logdir yet" in tab.text(".empty")
        assert str(tmp_path) in tab.text(".empty")
        assert tab.axe() == []
        train(tmp_path / "late", steps=3)
        tab.wait(FIRST_PICTURE)
        wait_for_step(tab, 2)
        assert tab.errors == []


def test_new_captures_appear_while_training_goes_on(browser, tmp_path, tensorboard):
    train(tmp_path / "run", steps=3)
    server = tensorboard(tmp_path)
    with open_tab(browser, server) as tab:
        tab.open("&p.cnnviz.runB=run&p.cnnviz.stepB=1")
        wait_for_step(tab, 2)
        train(tmp_path / "run", steps=6)
        wait_for_step(tab, 5)
        assert "step 1" in tab.text(".read")


def test_a_server_that_goes_away_is_waited_for(browser, training, tensorboard):
    server = tensorboard(training)
    wait_for_runs(server, 2)
    with open_tab(browser, server) as tab:
        tab.open()
        tab.wait(FIRST_PICTURE)
        server.stop()
        tab.wait(".news")
        assert "reconnecting" in tab.text(".news")
        assert tab.frame.locator(FIRST_PICTURE).first.is_visible()
        port = int(server.url.split(":")[2].strip("/"))
        tensorboard(training, port=port)
        tab.frame.wait_for_selector(".news", state="detached", timeout=30_000)


def test_a_run_without_its_snapshot_files_is_shown_from_the_events(
    browser, training, tmp_path, tensorboard
):
    shutil.copytree(training, tmp_path / "copy")
    for folder in (tmp_path / "copy").glob("*/plugins/cnnviz/snapshots"):
        shutil.rmtree(folder)
    server = tensorboard(tmp_path / "copy")
    wait_for_runs(server, 2)
    with open_tab(browser, server) as tab:
        tab.open()
        tab.wait(FIRST_PICTURE)
        assert "preview" in tab.text(".center")
        assert tab.errors == []


@pytest.mark.parametrize("loader", ["true", "false"])
def test_every_step_is_there_with_both_loaders(training, tensorboard, loader):
    server = tensorboard(training, f"--load_fast={loader}")
    wait_for_runs(server, 2)
    index = server.get("run?run=first")["index"]
    assert index["steps"] == list(range(STEPS))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("view", ["overview", "layer", "image", "compare"])
def test_axe_finds_nothing_in_any_view(browser, server, view, dark):
    with open_tab(browser, server) as tab:
        tab.open(f"&p.cnnviz.view={view}&p.cnnviz.runB=second", dark=dark)
        tab.wait(".center canvas")
        tab.page.wait_for_timeout(500)
        assert tab.axe() == []
        assert tab.errors == []


@pytest.mark.parametrize("view", ["overview", "layer", "image", "compare"])
def test_axe_finds_nothing_on_a_narrow_page_without_b(browser, server, view):
    with open_tab(browser, server, width=1024, height=700) as tab:
        tab.open(f"&p.cnnviz.view={view}")
        tab.wait(".center h1")
        tab.page.wait_for_timeout(500)
        assert tab.axe() == []


def test_axe_finds_nothing_in_the_help(tab):
    tab.open()
    tab.wait(FIRST_PICTURE)
    tab.press("?")
    tab.wait("dialog[open]")
    assert tab.axe() == []


def test_a_narrow_page_keeps_both_columns_in_reach(browser, server):
    with open_tab(browser, server, width=900, height=700) as tab:
        tab.open()
        tab.wait(FIRST_PICTURE)
        assert not tab.frame.locator(".tree").is_visible()
        tab.frame.get_by_role("button", name="Layers", exact=True).click()
        assert tab.frame.locator(".tree").is_visible()
        tab.frame.get_by_role("button", name="Inspector", exact=True).click()
        assert tab.frame.locator(".insp").is_visible()


def test_a_hidden_page_asks_for_nothing(tab):

    tab.open()
    tab.wait(FIRST_PICTURE)
    tab.page.get_by_role("tab", name="Scalars").click()
    tab.page.wait_for_timeout(500)
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.page.wait_for_timeout(6500)
    assert [url for url in asked if "plugin/cnnviz" in url] == []
