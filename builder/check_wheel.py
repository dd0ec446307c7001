"""Builds the archive and, from it alone, the wheel; installs it without torch and serves the page.

What must hold for somebody who installs a release: no Node, no npm registry, no torch needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = 16106
PAGE = f"http://localhost:{PORT}/data/plugin/cnnviz/static/index.js"

CHECK = """
import importlib, importlib.util, pkgutil
assert importlib.util.find_spec("torch") is None, "torch is not to be installed here"
for package in ("cnnviz.contract", "cnnviz.storage", "tb_cnnviz"):
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, package + "."):
        importlib.import_module(found.name)
import cnnviz
print(cnnviz.__version__, cnnviz.open_logdir(".").runs)
"""


def without_node(environment: dict[str, str]) -> dict[str, str]:
    """Give an environment whose PATH has no Node, and whose npm could fetch nothing."""
    folders = environment.get("PATH", "").split(os.pathsep)
    kept = [folder for folder in folders if shutil.which("node", path=folder) is None]
    return {
        **environment,
        "PATH": os.pathsep.join(kept),
        "npm_config_registry": "http://127.0.0.1:9",
    }


def build(folder: Path) -> Path:
    """Build the archive, then the wheel from the archive; give the wheel."""
    command = [sys.executable, "-m", "build", "--sdist", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tar.gz")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, archive]
    subprocess.run(command, check=True, env=without_node(dict(os.environ)))
    (wheel,) = folder.glob("*.whl")
    return wheel


def serve(python: Path, folder: Path) -> None:
    """Start the installed TensorBoard on an empty logdir and ask for the page.

    Raises:
        TimeoutError: it did not come within two minutes.
    """
    command = [python, "-m", "tensorboard.main", "--logdir", folder, "--port", str(PORT)]
    server = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(PAGE, timeout=5) as answer:
                    size = len(answer.read())
                    print(f"the page is served: {size} bytes")
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.5)
        raise TimeoutError(f"{PAGE} was not served")
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Build, install, import, serve."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        print(f"{wheel.name}: {wheel.stat().st_size} bytes")
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", wheel], check=True)
        empty = folder / "empty"
        empty.mkdir()
        subprocess.run([python, "-I", "-c", CHECK], check=True, cwd=empty)
        serve(python, empty)


if __name__ == "__main__":
    main()
