"""Make the pictures of the page in docs/pictures, in a real TensorBoard and a real Chromium.

    cnnviz demo --no-tensorboard --logdir DEMO
    python docs/methods/make_page_pictures.py DEMO PHOTOGRAPHS [NAME …]

DEMO is what the demo wrote. PHOTOGRAPHS is a folder for a run of EfficientNet-Lite0 on photographs
of scikit-image and for the jobs in it; it is written where it is not there, which takes some
minutes. Needs what make_pictures.py needs, and playwright with a Chromium on the PATH.
"""

from __future__ import annotations

import io
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from make_dataset_pictures import cuttings
from make_pictures import NORMALIZE, network, photographs
from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright
from torchvision.models import ResNet18_Weights

import cnnviz

PICTURES = Path(__file__).resolve().parents[1] / "pictures"
SIZE: ViewportSize = {"width": 1440, "height": 900}
SETTLE_MS = 5000
UNIT = {"layer": "relu3", "units": [31]}
"""Of the demo: one that answers to trousers."""
CAT = 285
PRESSES = (".net-choice [aria-label=Examples] button >> nth=2", ".blend-hand")
"""The picture that a network of styles paints, and the middle of the pad that mixes them."""

FROM_DEMO = {
    "layer": "view=layer&runA=lr-0.05&layer=relu2&ch=10&sort=mean",
    "overview": "view=overview&runA=lr-0.05&runB=lr-0.2",
    "compare": "view=compare&runA=lr-0.05&runB=lr-0.2&layer=relu2&compare=side",
    "embedding": "view=embedding&runA=lr-0.05&point=100",
    "unit": "view=unit&runA=lr-0.05&layer=relu3&ch=31",
}
"""Each picture's name, and what its link says."""
FORM = {"method": "style_transfer", "examples": [2, 3, 0], "params": {"blend": [0.7, 0.3]}}
FROM_PHOTOGRAPHS = {
    "image": f"view=image&target={CAT}",
    "make": f"view=jobs&draft={urllib.parse.quote(json.dumps(FORM))}",
    "jobs": "view=jobs",
}
STYLES: dict[str, Any] = {
    "method": "fit_style",
    "params": {
        "styles": [0, 1, 2],
        "iterations": 60,
        "size": 64,
        "width": 8,
        "residual_blocks": 2,
        "batch": 2,
        "style_weight": 300.0,
    },
    "examples": [3, 4, 0],
}
"""A network of three styles that is learnt in minutes."""
JOBS: tuple[dict[str, Any], ...] = (
    {"method": "trust", "params": {"method": "saliency", "target": CAT}, "examples": [0]},
    {"method": "trust", "params": {"method": "guided_backprop", "target": CAT}, "examples": [0]},
    {"method": "trust", "params": {"method": "grad_cam", "target": CAT}, "examples": [0]},
    {"method": "occlusion", "params": {"window": 32, "stride": 16, "target": CAT}, "examples": [0]},
    {"method": "deep_dream", "params": {"layer": "_blocks.9._swish"}, "examples": [2]},
    {"method": "inversion", "params": {"layers": ["_blocks.5._swish"]}, "examples": [0]},
)
LAST_JOB = {"method": "activation_maximization", "params": {"units": [504, 967, 282, 985]}}
"""Shown while it runs."""


def write_photographs(logdir: Path) -> None:
    """Record one step of EfficientNet-Lite0: examples, and cuttings to look through."""
    images = photographs()
    explained = ["saliency", "grad_cam", "guided_backprop"]
    with cnnviz.Recorder(
        network(images),
        logdir / "lite0",
        examples=images,
        class_names=ResNet18_Weights.DEFAULT.meta["categories"],
        example_names=["chelsea.png", "coffee.png", "rocket.png"],
        normalize=NORMALIZE,
        methods=["default", *explained[1:]],
        every=1,
        dataset=[(image, -1) for image in cuttings()],
        dataset_seconds=600,
    ) as recorder:
        recorder.step(0)


class TensorBoard:
    """A running server, and its jobs."""

    def __init__(self, logdir: Path) -> None:
        """Start it and wait until it has read a run."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([*command, "--port", str(port)], **quiet)
        self.url = f"http://localhost:{port}/"
        self.wait(lambda: self.get("runs")["runs"], 120)

    def get(self, route: str, body: dict[str, Any] | None = None) -> Any:
        """Answer a route of the plugin; with a body, POST it."""
        request = urllib.request.Request(f"{self.url}data/plugin/cnnviz/{route}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.add_header("X-Cnnviz-Token", self.get("session")["token"])
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def ask(self, run: str, job: dict[str, Any]) -> str:
        """Ask for a job; give its name."""
        name: str = self.get("jobs", {"run": run, **job})["job"]["request"]["id"]
        return name

    def wait_for_job(self, name: str, share: float = 1.0) -> None:
        """Wait until a job has come so far."""

        def is_there() -> bool:
            status = self.get(f"jobs/{name}")["job"]["status"]
            if status["state"] == "failed":
                raise RuntimeError(f"{name}: {status['message']}")
            far = bool(status["total"]) and status["iteration"] >= share * status["total"]
            return status["state"] == "done" or (share < 1 and far)

        self.wait(is_there, 900)

    @staticmethod
    def wait(is_there: Any, seconds: float) -> None:
        """Ask until it is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if is_there():
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(0.3)
        raise TimeoutError("TensorBoard did not get there")


@contextmanager
def serving(logdir: Path) -> Iterator[TensorBoard]:
    """Serve a logdir while the block runs."""
    server = TensorBoard(logdir)
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=20)


def shoot(
    page: Page, server: TensorBoard, name: str, link: str, presses: Sequence[str] = ()
) -> None:
    """Write a picture of the page, in its own colours, after buttons in it were pressed."""
    fields = "".join(f"&p.cnnviz.{field}" for field in link.split("&"))
    page.goto("about:blank")
    page.goto(f"{server.url}#cnnviz{fields}")
    page.wait_for_selector("iframe")
    page.wait_for_timeout(SETTLE_MS)
    for selector in presses:
        page.frame_locator("iframe").locator(selector).click()
        page.wait_for_timeout(SETTLE_MS)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    target = PICTURES / f"{name}.png"
    image.save(target, optimize=True)
    print(f"{target.name}: {target.stat().st_size / 1e3:.0f} kB")


def shoot_demo(page: Page, logdir: Path, names: list[str]) -> None:
    """Write the pictures of the demo; jobs make the t-SNE map and what the unit looks for."""
    steps = cnnviz.open_logdir(logdir).run("lr-0.05").checkpoints
    with serving(logdir) as server:
        for name in names:
            link = FROM_DEMO[name]
            if name == "embedding":
                tsne = {"method": "embedding", "params": {"map": "tsne"}, "step": steps[-1]}
                job = server.ask("lr-0.05", tsne)
                server.wait_for_job(job)
                link += f"&emb=job:{job}"
            if name == "unit":
                climb = {"method": "activation_maximization", "params": UNIT}
                for job in [server.ask("lr-0.05", {**climb, "step": step}) for step in steps]:
                    server.wait_for_job(job)
            shoot(page, server, name, link)


def shoot_photographs(page: Page, logdir: Path, names: list[str]) -> None:
    """Write the pictures of EfficientNet-Lite0; the last is taken while a job runs."""
    if not (logdir / "lite0").is_dir():
        write_photographs(logdir)
    with serving(logdir) as server:
        for job in JOBS:
            server.wait_for_job(server.ask("lite0", {"step": 0, **job}))
        for name in names:
            link, presses = FROM_PHOTOGRAPHS[name], ()
            if name == "make":
                job = server.ask("lite0", {"step": 0, **STYLES})
                server.wait_for_job(job)
                link, presses = f"{link}&job={job}", PRESSES
            if name == "jobs":
                server.wait_for_job(server.ask("lite0", LAST_JOB), 0.4)
            shoot(page, server, name, link, presses)


def main() -> None:
    """Make those that are named, or all."""
    demo, photos = Path(sys.argv[1]), Path(sys.argv[2])
    wanted = sys.argv[3:] or [*FROM_DEMO, *FROM_PHOTOGRAPHS]
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        for shooter, logdir, known in (
            (shoot_demo, demo, FROM_DEMO),
            (shoot_photographs, photos, FROM_PHOTOGRAPHS),
        ):
            if names := [name for name in known if name in wanted]:
                shooter(page, logdir, names)
        browser.close()


if __name__ == "__main__":
    main()
