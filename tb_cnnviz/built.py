"""The page's built files, looked up in a list of the folder: no request's name joins a path."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from cnnviz.errors import MissingError
from tb_cnnviz.body import Body, Cache

__all__ = ["built_file"]

FOLDER: Final = Path(__file__).parent / "static"
ENTRY: Final = "index.js"
TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
HASHED: Final = re.compile(r"-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
"""Names that change with their content."""

NOT_BUILT: Final = b"""export function render() {
  document.title = "CNN Viz";
  const text = document.createElement("pre");
  text.style.cssText = "margin:2rem;font:14px/1.6 system-ui,sans-serif;white-space:pre-wrap";
  text.textContent = [
    "The CNN Viz page is not built.",
    "",
    "In the folder of the source tree:",
    "    pip install -e .",
    "or, with Node 20 or newer:",
    "    cd frontend && npm ci && npm run build",
    "",
    "Then reload this page.",
  ].join("\\n");
  document.body.append(text);
}
"""


def built_file(name: str, folder: Path = FOLDER) -> Body:
    """Give one file of the built page; without a build, a page that says how to make one.

    Raises:
        MissingError: no such file was built.
    """
    files = {
        path.name: path for path in folder.glob("*") if path.suffix in TYPES and path.is_file()
    }
    if name == ENTRY and ENTRY not in files:
        return Body(NOT_BUILT, TYPES[".js"])
    if name not in files:
        raise MissingError(f"no file {name[:80]!r} in the built page")
    cache = Cache.FOREVER if HASHED.search(name) else Cache.NEVER
    return Body(files[name].read_bytes(), TYPES[files[name].suffix], cache)
