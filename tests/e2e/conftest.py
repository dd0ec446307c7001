"""A real TensorBoard on a logdir written by the recorder, looked at in a real Chromium."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.logdirs import write_training

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page, Route

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
START_SECONDS = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is end to end."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@dataclass
class TensorBoard:
    """A running server."""

    url: str
    process: subprocess.Popen[bytes]

    def get(self, route: str) -> Any:
        """Give the JSON that a route of the plugin answers."""
        address = f"{self.url}data/plugin/cnnviz/{route}"
        with urllib.request.urlopen(address, timeout=20) as response:
            return json.load(response)

    def stop(self) -> None:
        """End the process, as a person's Ctrl-C would."""
        self.process.terminate()
        self.process.wait(timeout=20)


def free_port() -> int:
    """Give a port that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_tensorboard(
    logdir: Path, *arguments: str, port: int | None = None, prefix: str = ""
) -> TensorBoard:
    """Start TensorBoard and wait until it answers."""
    port = port or free_port()
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--reload_interval", "1", *arguments]
    if prefix:
        command += ["--path_prefix", prefix]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ.copy()
    )
    server = TensorBoard(f"http://127.0.0.1:{port}{prefix}/", process)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            server.get("runs")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
        else:
            return server
    process.kill()
    pytest.fail(f"TensorBoard did not answer within {START_SECONDS} s: {' '.join(command)}")


@pytest.fixture
def tensorboard() -> Iterator[Callable[..., TensorBoard]]:
    """Start servers that end with the test."""
    running: list[TensorBoard] = []

    def start(logdir: Path, *arguments: str, **options: Any) -> TensorBoard:
        running.append(start_tensorboard(logdir, *arguments, **options))
        return running[-1]

    yield start
    for server in running:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture(scope="session")
def training(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a logdir of two small runs; what is in them is told in tests/e2e/logdirs.py."""
    logdir = tmp_path_factory.mktemp("training")
    write_training(logdir)
    return logdir


@pytest.fixture(scope="session")
def server(training: Path) -> Iterator[TensorBoard]:
    """Serve the training logdir to all tests that only look."""
    running = start_tensorboard(training)
    wait_for_runs(running, 2)
    yield running
    running.stop()


def wait_for_runs(server: TensorBoard, count: int) -> None:
    """Wait until the server has read that many runs with captures."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if sum(run["steps"] > 0 for run in server.get("runs")["runs"] or []) >= count:
            return
        time.sleep(0.3)
    pytest.fail(f"TensorBoard did not find {count} runs within {START_SECONDS} s")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give one Chromium to all tests."""
    playwright_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    if CHROMIUM is None:
        pytest.skip("no Chromium on the PATH")
    with playwright_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


WATCH_POLICY = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__violations.push(`${event.violatedDirective}: ${event.blockedURI}`);
});
"""


@dataclass
class Tab:
    """Our tab in TensorBoard, and what went wrong in it."""

    page: Page
    server: TensorBoard
    errors: list[str] = field(default_factory=list)

    @property
    def frame(self) -> Frame:
        """The plugin's iframe."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for frame in self.page.frames:
                if "plugin_entry.html" in frame.url and "name=cnnviz" in frame.url:
                    return frame
            self.page.wait_for_timeout(100)
        pytest.fail("the page has no frame of the plugin")

    def open(self, link: str = "", *, dark: bool = False) -> Tab:
        """Go to the tab; `link` is what follows `#cnnviz`, such as `&p.cnnviz.view=layer`."""
        query = "?darkMode=true" if dark else ""
        self.page.goto(f"{self.server.url}{query}#cnnviz{link}")
        self.page.wait_for_selector("iframe", timeout=START_SECONDS * 1000)
        self.frame.wait_for_selector(".frame", timeout=START_SECONDS * 1000)
        return self

    def wait(self, selector: str, **options: Any) -> None:
        """Wait for an element of our page."""
        self.frame.wait_for_selector(selector, timeout=30_000, **options)

    def text(self, selector: str) -> str:
        """Give the text of an element of our page."""
        return self.frame.inner_text(selector)

    def press(self, key: str) -> None:
        """Press a key in our page, outside all fields."""
        self.frame.locator(".center").focus()
        self.page.keyboard.press(key)

    def violations(self) -> list[str]:
        """Give the violations of the content security policy so far."""
        return self.frame.evaluate("window.__violations")

    def axe(self) -> list[str]:
        """Give what axe finds wrong, one line an element."""
        if not AXE.exists():
            pytest.skip("axe-core is not installed: npm ci in frontend/")
        self.frame.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.frame.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]


@contextmanager
def open_tab(
    browser: Browser, server: TensorBoard, *, width: int = 1440, height: int = 900
) -> Iterator[Tab]:
    """Give a fresh browser window on the server; our page's own errors are collected."""
    context = browser.new_context(viewport={"width": width, "height": height})
    context.add_init_script(WATCH_POLICY)
    page = context.new_page()
    tab = Tab(page, server)
    page.on("pageerror", lambda error: tab.errors.append(str(error)))
    yield tab
    context.close()


@pytest.fixture
def tab(browser: Browser, server: TensorBoard) -> Iterator[Tab]:
    """Give our tab on the training logdir; the test fails if the page threw or broke the policy."""
    with open_tab(browser, server) as opened:
        yield opened
        assert opened.errors == []
        assert opened.violations() == []


def without_eval(route: Route) -> None:
    """Serve the plugin's entry page as a stricter TensorBoard would."""
    response = route.fetch()
    headers = dict(response.headers)
    policy = headers["content-security-policy"]
    headers["content-security-policy"] = policy.replace("'unsafe-eval'", "")
    route.fulfill(response=response, headers=headers)
