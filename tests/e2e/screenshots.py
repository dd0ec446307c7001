"""Pictures of every view of a logdir, light and dark, wide and narrow.

Usage: python -m tests.e2e.screenshots LOGDIR OUTPUT_FOLDER [--link LINK] [--views overview,layer]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM, open_tab, start_tensorboard, wait_for_runs

VIEWS = "overview,layer,image,compare"
SIZES = [(1440, 900), (1024, 700)]
SETTLE_MS = 2500


def main() -> None:
    """Write `<view>-<theme>-<width>.png` for each combination."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("logdir", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--link", default="", help="more of the link, as &p.cnnviz.runA=…")
    parser.add_argument("--views", default=VIEWS, help="comma-separated")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    server = start_tensorboard(arguments.logdir)
    try:
        wait_for_runs(server, 1)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for view in arguments.views.split(","):
                for dark in (False, True):
                    for width, height in SIZES:
                        theme = "dark" if dark else "light"
                        target = arguments.output / f"{view}-{theme}-{width}.png"
                        with open_tab(browser, server, width=width, height=height) as tab:
                            tab.open(f"&p.cnnviz.view={view}{arguments.link}", dark=dark)
                            tab.page.wait_for_timeout(SETTLE_MS)
                            tab.page.screenshot(path=target)
                        print(target)
            browser.close()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
