"""The jobs view: a checkpoint is asked for a picture, from the page, through a real worker."""

from __future__ import annotations

import json
import urllib.parse

import pytest

from tests.e2e.conftest import open_tab, wait_for_runs
from tests.e2e.logdirs import train

CLIMB = "activation_maximization"
FOR_EVER = 100_000
RUNNING = ".running-job"
PICTURE = ".running-picture img"
RUN = ".job-foot .btn.p"


@pytest.fixture(scope="module")
def jobs_logdir(tmp_path_factory):
    logdir = tmp_path_factory.mktemp("jobs")
    train(logdir / "first", steps=4)
    return logdir


@pytest.fixture(scope="module")
def jobs_server(jobs_logdir):
    from tests.e2e.conftest import start_tensorboard

    running = start_tensorboard(jobs_logdir, "--cnnviz_devices=cpu")
    wait_for_runs(running, 1)
    yield running
    running.stop()


@pytest.fixture
def jobs_tab(browser, jobs_server):
    with open_tab(browser, jobs_server) as opened:
        yield opened
        assert opened.errors == []
        assert opened.violations() == []


def link(method: str = CLIMB, step: int | None = None, **params: object) -> str:
    """Give the link to a prepared form."""
    draft: dict[str, object] = {"method": method, "params": params}
    draft |= {} if step is None else {"step": step}
    return "&p.cnnviz.view=jobs&p.cnnviz.draft=" + urllib.parse.quote(json.dumps(draft))


def row(tab, name: str):
    """Give the row of a parameter by its name in the form."""
    return tab.frame.locator(".f-row", has=tab.frame.locator(f"label:text-is('{name}')"))


def ready(tab, address: str) -> None:
    """Open a prepared form and wait until it can be asked for."""
    tab.open(address)
    tab.wait(f"{RUN}:not([disabled])")


def ask(tab, address: str) -> None:
    """Ask for a prepared job."""
    ready(tab, address)
    tab.frame.click(RUN)


def wait_for_end(tab, state: str) -> None:
    """Wait until the job that the link names, the one asked for last, has ended so."""
    tab.page.wait_for_function("location.hash.includes('p.cnnviz.job=')")
    job = tab.page.evaluate("location.hash.match(/p.cnnviz.job=([^&]*)/)[1]")
    tab.wait(f"[aria-label=Ended] li.on[data-job='{job}'] >> text={state}")


def cancel_all(tab) -> None:
    """Leave the queue to the next test as it was."""
    while tab.frame.locator(".queue-part li [aria-label$=': cancel']").count():
        count = tab.frame.locator(".queue-part li [aria-label$=': cancel']").count()
        tab.frame.click(".queue-part li [aria-label$=': cancel'] >> nth=0")
        tab.frame.wait_for_function(
            "n => document.querySelectorAll('[aria-label$=\": cancel\"]').length < n", arg=count
        )
    if tab.frame.locator(f"{RUNNING} .btn:not([disabled])").count():
        tab.frame.click(f"{RUNNING} .btn")
    tab.frame.wait_for_selector(RUNNING, state="detached", timeout=30_000)


def test_a_unit_is_chosen_asked_for_and_its_picture_kept(jobs_tab):
    tab = jobs_tab
    tab.open("&p.cnnviz.view=jobs")
    tab.wait(".recipe")
    tab.frame.click(".recipe:has-text('Activation maximisation')")
    layer = row(tab, "Layer").locator("input")
    layer.click()
    layer.fill("block.re")
    tab.wait(".combo-list:not([hidden]) [role=option]")
    tab.page.keyboard.press("Enter")
    assert layer.input_value() == "block.relu"
    row(tab, "Units").locator("input").fill("3")
    row(tab, "Iterations").locator("input").fill("12")
    tab.frame.select_option("#cnnviz-step", "2")
    tab.page.keyboard.press("Control+Enter")
    wait_for_end(tab, "done")
    assert "block.relu · 3" in tab.text(".queue-part li.on")
    assert "step 2" in tab.text(".queue-part li.on")
    tab.wait(".jobs-result canvas")
    tab.page.wait_for_function("location.hash.includes('p.cnnviz.job=')")
    tab.page.reload()
    tab.page.wait_for_selector("iframe")
    tab.wait(".jobs-result canvas")
    assert "block.relu · 3" in tab.text(".queue-part li.on")
    assert row(tab, "Iterations").locator("input").input_value() == "12"
    assert "as last time" in tab.text(".job-foot")
    assert tab.frame.locator(".recipe.on img").count() == 1


def test_the_same_request_gives_the_finished_job(jobs_tab):
    tab = jobs_tab
    address = link(iterations=6, units=[1])
    ask(tab, address)
    wait_for_end(tab, "done")
    ended = tab.frame.locator("[aria-label=Ended] li").count()
    tab.frame.click(RUN)
    tab.wait(".job-foot >> text=this is the finished job")
    assert tab.frame.locator("[aria-label=Ended] li").count() == ended


def test_a_wrong_value_is_said_at_its_field_and_is_not_sent(jobs_tab):
    tab = jobs_tab
    ready(tab, link())
    row(tab, "Iterations").locator("input").fill("0")
    assert "must be at least 1" in row(tab, "Iterations").inner_text()
    assert "must be at least 1" in tab.text(".job-foot")
    assert tab.frame.locator(RUN).is_disabled()
    row(tab, "Iterations").locator("input").fill("")
    assert "must be a whole number" in row(tab, "Iterations").inner_text()
    tab.frame.get_by_role("button", name="Reset", exact=True).click()
    assert row(tab, "Iterations").locator("input").input_value() == "256"
    assert tab.frame.locator(RUN).is_enabled()


def test_what_the_server_refuses_is_said_where_it_was_set(jobs_tab):
    tab = jobs_tab
    draft = {"method": "saliency", "examples": [99]}
    ask(tab, "&p.cnnviz.view=jobs&p.cnnviz.draft=" + urllib.parse.quote(json.dumps(draft)))
    tab.wait(".f-row:has-text('Pictures') .f-wrong:not(:empty)")
    assert "99" in row_of_pictures(tab)
    tab.frame.click(".f-thumbs button >> nth=0")
    assert "▲" not in row_of_pictures(tab)


def row_of_pictures(tab) -> str:
    return tab.text(".f-row:has-text('Pictures')")


def test_a_channel_that_is_not_there_fails_its_own_job_with_the_reason(jobs_tab):
    tab = jobs_tab
    ask(tab, link(layer="block.relu", units=[99], iterations=3))
    wait_for_end(tab, "failed")
    tab.wait(".jobs-result >> text=99")


def test_a_job_outlives_a_reload_and_is_cancelled_with_its_last_picture(jobs_tab):
    tab = jobs_tab
    ask(tab, link(iterations=FOR_EVER, units=[2]))
    tab.wait(PICTURE)
    before = iteration(tab)
    tab.page.reload()
    tab.page.wait_for_selector("iframe")
    tab.wait(PICTURE)
    tab.frame.wait_for_function(
        "before => Number(document.querySelector('[role=progressbar] + .progress-line b')"
        "?.textContent.replaceAll(/\\D+/g, ' ').trim().split(' ')[0] ?? 0) >= before",
        arg=min(before, 1),
    )
    tab.frame.click(f"{RUNNING} .btn")
    wait_for_end(tab, "cancelled, kept")
    assert tab.frame.locator(".queue-part li.on img").count() == 1
    tab.wait(".jobs-result canvas, .jobs-result img")


def iteration(tab) -> int:
    digits = "".join(c if c.isdigit() else " " for c in tab.text(".progress-line b")).split()
    return int(digits[0]) if digits else 0


def test_nothing_moves_while_a_job_makes_progress(jobs_tab):
    tab = jobs_tab
    ask(tab, link(iterations=FOR_EVER, units=[0]))
    tab.wait(PICTURE)
    tab.wait(".running-curve polyline")
    places = """() => ["progress-bar", "running-curve", "queue-part", "job-foot"]
      .map(one => `.${one}`).map(one => document.querySelector(one)?.getBoundingClientRect())
      .map(box => box && [box.left, box.top, box.width, box.height].map(Math.round).join())"""
    first = tab.frame.evaluate(places)
    for _ in range(8):
        tab.page.wait_for_timeout(250)
        assert tab.frame.evaluate(places) == first
    cancel_all(tab)


def test_waiting_jobs_are_reordered_by_keys_and_cancelled(jobs_tab):
    tab = jobs_tab
    ask(tab, link(iterations=FOR_EVER, units=[1]))
    tab.wait(RUNNING)
    for iterations in (31, 32):
        iterations_field = row(tab, "Iterations").locator("input")
        iterations_field.fill(str(iterations))
        row(tab, "Layer").locator("input").click()
        tab.page.keyboard.press("Escape")
        tab.frame.click(RUN)
        tab.wait(f"[aria-label=Waiting] li >> nth={iterations - 31}")
    assert "1 running, 2 waiting" in tab.text(".job-badge")
    second = ids_waiting(tab)[1]
    tab.frame.focus("[aria-label=Waiting] li >> nth=1 >> .plain")
    tab.page.keyboard.press("Alt+ArrowUp")
    tab.frame.wait_for_function(
        "id => document.querySelector('[aria-label=Waiting] li')?.dataset.job === id", arg=second
    )
    assert tab.frame.locator("[aria-label$=': earlier'] >> nth=0").is_disabled()
    tab.frame.click("text=Clear waiting")
    tab.frame.wait_for_selector("[aria-label=Waiting]", state="detached")
    cancel_all(tab)
    assert tab.frame.locator(".job-badge").count() == 0


def ids_waiting(tab) -> list[str]:
    return tab.frame.evaluate(
        "[...document.querySelectorAll('[aria-label=Waiting] li')].map(li => li.dataset.job)"
    )


def test_an_ended_job_is_deleted_by_two_presses(jobs_tab):
    tab = jobs_tab
    ask(tab, link(iterations=2, units=[2], method=CLIMB))
    wait_for_end(tab, "done")
    job = tab.frame.evaluate("document.querySelector('.queue-part li.on').dataset.job")
    tab.frame.click(f"li[data-job='{job}'] [aria-label$=': delete']")
    assert tab.frame.locator(f"li[data-job='{job}']").count() == 1
    tab.frame.click(f"li[data-job='{job}'] .ended-sure")
    tab.frame.wait_for_selector(f"li[data-job='{job}']", state="detached")


def test_own_values_are_kept_as_a_preset(jobs_tab):
    tab = jobs_tab
    ready(tab, link(tv=0.5))
    assert tab.text("#cnnviz-preset >> option:checked") == "your own values"
    tab.frame.click("text=Save as preset")
    tab.page.keyboard.type("smooth")
    tab.page.keyboard.press("Enter")
    tab.wait("#cnnviz-preset option:has-text('smooth')", state="attached")
    tab.frame.select_option("#cnnviz-preset", label="Simonyan et al., L2")
    assert row(tab, "Parameterisation").locator("option:checked").inner_text() == "pixels"
    tab.frame.select_option("#cnnviz-preset", label="smooth (saved here)")
    assert row(tab, "Tv").locator("input").input_value() == "0.5"
    assert row(tab, "Parameterisation").locator("option:checked").inner_text() == "fourier"


def test_an_own_picture_goes_with_the_job_and_another_file_is_refused(jobs_tab, tmp_path):
    tab = jobs_tab
    ready(tab, link("saliency"))
    (tmp_path / "notes.png").write_text("no picture")
    tab.frame.click(".shelf .seg button:has-text('Own')")
    tab.frame.set_input_files(".file-button input", tmp_path / "notes.png")
    tab.wait(".f-row:has-text('Pictures') .f-wrong:has-text('notes.png')")
    tab.frame.set_input_files(".file-button input", picture(tmp_path / "own.png"))
    tab.wait("[aria-label='Own pictures'] [aria-pressed=true]")
    assert "1 own picture" in row_of_pictures(tab)
    tab.frame.click(RUN)
    wait_for_end(tab, "done")
    assert "own picture" in tab.text(".queue-part li.on")
    tab.frame.click("[aria-label='Own pictures'] [aria-pressed=true]")
    assert "none chosen" in row_of_pictures(tab)
    tab.frame.click("text=Change and run")
    tab.wait("[aria-label='Own pictures'] [aria-pressed=true]")
    assert "1 own picture" in row_of_pictures(tab)


def picture(path):
    from PIL import Image

    Image.linear_gradient("L").resize((64, 48)).convert("RGB").save(path)
    return path


def test_jobs_that_are_off_say_why_and_what_is_finished_is_shown(browser, jobs_logdir, tensorboard):
    server = tensorboard(jobs_logdir, "--cnnviz_jobs=off")
    wait_for_runs(server, 1)
    with open_tab(browser, server) as tab:
        tab.open("&p.cnnviz.view=jobs")
        tab.wait(".recipes >> text=--cnnviz_jobs")
        tab.wait("[aria-label=Ended] li")
        tab.wait(".jobs-result h1")
        assert tab.axe() == []
        assert tab.errors == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_while_jobs_run_and_wait(browser, jobs_server, dark):
    with open_tab(browser, jobs_server, width=1024 if dark else 1440, height=700) as tab:
        tab.open(link(iterations=FOR_EVER, units=[0, 1]), dark=dark)
        tab.wait(f"{RUN}:not([disabled])")
        tab.frame.click(RUN)
        tab.wait(PICTURE)
        row(tab, "Seed").locator("input").fill("5")
        tab.frame.click(RUN)
        tab.wait("[aria-label=Waiting] li")
        assert tab.axe() == []
        cancel_all(tab)
        assert tab.errors == []


UNLABELLED = "all => all.filter(one => !one.ariaLabel).map(one => one.outerHTML)"


def test_every_method_has_a_form_with_a_row_for_each_parameter(jobs_tab, jobs_server):
    tab = jobs_tab
    ready(tab, link())
    cards = jobs_server.get("catalogue")["catalogue"]["methods"]
    assert tab.frame.locator(".recipe").count() == len(cards)
    for card in cards:
        title = tab.frame.locator(f".recipe-words b:text-is('{card['title']}')")
        title.click()
        tab.frame.get_by_role("heading", name=card["title"], exact=True).first.wait_for()
        rows = tab.frame.locator(".job-fields > .form > .f-row")
        fields = card["schema"]["properties"].values()
        of_the_picker = sum(field.get("x-widget") in {"example", "examples"} for field in fields)
        assert rows.count() == len(fields) - of_the_picker, card["name"]
        assert rows.locator("input, select").evaluate_all(UNLABELLED) == []
