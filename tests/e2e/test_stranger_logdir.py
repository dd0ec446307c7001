"""A copied logdir used as a new user would, and a malicious one clicked through every view."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import TensorBoard, open_tab, start_tensorboard, wait_for_runs

RELU = "block.relu"
UNIT = f"&p.cnnviz.view=layer&p.cnnviz.runA=first&p.cnnviz.layer={RELU}&p.cnnviz.stepA=20"
RUNNING = ".running-job"
LONG = {"layer": RELU, "units": [1], "iterations": 100_000}
VIEWS = ["overview", "layer", "unit", "image", "embedding", "compare", "jobs"]


@pytest.fixture(scope="module")
def copied(training: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoard]:
    """A copy of a logdir, served from a folder that has nothing to do with the training."""
    folder = tmp_path_factory.mktemp("a new user")
    logdir = shutil.copytree(training, folder / "their runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        patch.delenv("PYTHONPATH", raising=False)
        running = start_tensorboard(logdir, "--cnnviz_devices=cpu")
    wait_for_runs(running, 2)
    yield running
    running.stop()


def test_a_new_user_asks_reloads_cancels_and_shares(browser, copied):
    with open_tab(browser, copied) as tab:
        tab.open(f"{UNIT}&p.cnnviz.ch=3")
        tab.wait(".unit-go:not([disabled])")
        tab.frame.click(".unit-go")
        tab.page.reload()  # half-way
        tab.wait(".unit .job-picture canvas")

        draft = urllib.parse.quote(
            json.dumps({"method": "activation_maximization", "params": LONG})
        )
        tab.open(f"&p.cnnviz.view=jobs&p.cnnviz.draft={draft}")
        tab.page.reload()
        tab.wait(".job-foot .btn.p:not([disabled])")
        tab.frame.click(".job-foot .btn.p")
        tab.wait(".running-picture img")
        tab.frame.click(f"{RUNNING} .btn")
        tab.frame.wait_for_selector(RUNNING, state="detached", timeout=30_000)
        tab.wait("[aria-label=Ended] li >> text=cancelled, kept")

        finished = next(
            view["request"]["id"]
            for view in copied.get("jobs")["jobs"]
            if view["status"]["state"] == "done"
        )
        tab.frame.click(f"[aria-label=Ended] li[data-job='{finished}'] .plain")
        tab.wait(".result-panel canvas")
        tab.page.wait_for_function("id => location.hash.includes(id)", arg=finished)
        link, words = tab.page.url, tab.text(".result-panel h1")
        assert tab.errors == []
        assert tab.violations() == []
    with open_tab(browser, copied) as other:
        other.page.goto(link)
        other.page.wait_for_selector("iframe")
        other.wait(".result-panel canvas")
        assert other.text(".result-panel h1") == words
        assert other.errors == []


SCRIPT = "<img src=x onerror=\"top.__sprung='{0}';window.__sprung='{0}'\">"


class Bomb:
    """Unpickled, it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        import os

        return os.mkdir, (str(self.path),)


@pytest.fixture(scope="module")
def malicious(training: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorBoard]:
    """A logdir whose names are markup and whose files are pickles, lies and links."""
    folder = tmp_path_factory.mktemp("malicious")
    logdir, trap = folder / "logs", folder / "sprung"
    for name in ("first", SCRIPT.format("run").replace("/", ""), "pickles", "second"):
        shutil.copytree(training / "first", logdir / name)
    place = logdir / "first/plugins/cnnviz"
    graph = json.loads((place / "graph.json").read_text())
    for layer in graph["layers"]:
        layer["kind"] = SCRIPT.format("kind")
    (place / "graph.json").write_text(json.dumps(graph))
    names = re.compile(rb"cat|dog|class \d")
    examples = place / "examples.safetensors"
    examples.write_bytes(
        names.sub(lambda found: b"<b>"[: len(found[0])].ljust(len(found[0])), examples.read_bytes())
    )
    write_jobs(place / "jobs")
    place = logdir / "pickles/plugins/cnnviz"
    for file in [*place.rglob("*.safetensors"), place / "graph.json"]:
        file.write_bytes(pickle.dumps(Bomb(trap)))
    place = logdir / "second/plugins/cnnviz"
    shutil.rmtree(place / "snapshots")
    (place / "snapshots").symlink_to(training / "second/plugins/cnnviz/snapshots")
    running = start_tensorboard(logdir, "--cnnviz_devices=cpu")
    wait_for_runs(running, 4)
    yield running
    running.stop()
    assert not trap.exists(), "a pickle was opened"


def write_jobs(folder: Path) -> None:
    """Jobs whose every text is markup."""
    text = SCRIPT.format("job")
    for number, state in enumerate(["queued", "running", "failed", "done", "cancelled"]):
        job = folder / f"job-{number}"
        job.mkdir(parents=True)
        request = {
            "id": job.name,
            "method": text[:60],
            "params": {text: text, "layer": text},
            "run": "first",
            "step": 20,
        }
        status = {"state": state, "message": text, "kind": text, "log_tail": text, "device": text}
        status |= {"objective_name": text, "preview": text, "result": text, "total": 5}
        (job / "request.json").write_text(json.dumps(request))
        (job / "status.json").write_text(json.dumps(status))
        (job / "log.txt").write_text(text)
        (job / "preview.png").write_text(text)
        (job / "result.safetensors").write_text(text)


def test_a_malicious_logdir_is_clicked_through_and_runs_nothing(browser, malicious):
    runs = [run["name"] for run in malicious.get("runs")["runs"]]
    assert len(runs) == 4
    with open_tab(browser, malicious) as tab:
        dialogs: list[str] = []
        tab.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for run in runs:
            for view in VIEWS:
                tab.open(f"&p.cnnviz.view={view}&p.cnnviz.runA={urllib.parse.quote(run)}")
                tab.page.reload()
                tab.wait(".frame")
                tab.page.wait_for_timeout(100)
                click_about(tab)
        tab.open("&p.cnnviz.view=jobs")
        for row in range(tab.frame.locator(".queue-part li .plain").count()):
            tab.frame.locator(".queue-part li .plain").nth(row).click()
            tab.page.wait_for_timeout(80)
        assert dialogs == []
        assert tab.page.evaluate("window.__sprung ?? null") is None
        assert tab.frame.evaluate("window.__sprung ?? null") is None
        assert tab.frame.locator("img[onerror]").count() == 0
        assert tab.errors == []
        assert tab.violations() == []
    assert {job["status"]["state"] for job in malicious.get("jobs")["jobs"]} <= {
        *("queued", "failed", "cancelled", "done"),
    }
    assert len(malicious.get("runs")["runs"]) == 4


def click_about(tab) -> None:
    """Press what a view offers, the first of each kind."""
    for selector in ("[role=option]", "[role=gridcell]", "canvas", "button:not([disabled])"):
        found = tab.frame.locator(selector)
        for number in range(min(found.count(), 2)):
            if found.nth(number).is_visible():
                found.nth(number).click(timeout=2000, force=True, no_wait_after=True)
        tab.page.keyboard.press("Escape")
