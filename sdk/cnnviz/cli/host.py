"""Starts TensorBoard on a logdir and knows the address of our tab."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

from cnnviz.cli.screen import note, out
from cnnviz.contract.names import PLUGIN_NAME
from cnnviz.errors import CnnvizError, ParamsError

__all__ = ["free_port", "how_to_open", "open_tensorboard"]

FIRST_PORT = 6006
PORTS = 20
START_TIMEOUT = 120.0
"""Seconds that TensorBoard may take to answer; the first start on a machine compiles everything."""


def how_to_open(logdir: Path) -> str:
    """Give the command that shows a logdir."""
    return f"tensorboard --logdir {logdir}"


def free_port(wanted: int | None) -> int:
    """Give the wanted port, or the first free one from TensorBoard's own on.

    Raises:
        ParamsError: the wanted port is taken, or none is free.
    """
    candidates = [wanted] if wanted is not None else range(FIRST_PORT, FIRST_PORT + PORTS)
    for port in candidates:
        with socket.socket() as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    named = f"port {wanted} is" if wanted is not None else f"ports {FIRST_PORT} and on are"
    raise ParamsError(f"{named} taken: choose another with --port", field="port")


def open_tensorboard(logdir: Path, *, port: int, browser: bool) -> None:
    """Show a logdir in TensorBoard until it ends or the person presses Ctrl-C.

    Args:
        logdir: what to show.
        port: where to listen, on this machine only.
        browser: whether to open our tab in the browser, if there is a screen.

    Raises:
        CnnvizError: TensorBoard did not start.
    """
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
    server = subprocess.Popen([*command, "--port", str(port)], stderr=subprocess.PIPE, text=True)
    root = f"http://localhost:{port}/"
    try:
        _wait_for(server, root)
        out.print(f"TensorBoard shows it at {root}#{PLUGIN_NAME}", style="bold")
        note("press Ctrl-C to stop")
        if browser and _has_screen():
            webbrowser.open(f"{root}#{PLUGIN_NAME}")
        server.communicate()
    except KeyboardInterrupt:
        note("stopped")
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait_for(server: subprocess.Popen[str], root: str) -> None:
    """Wait until TensorBoard answers for our plugin."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if server.poll() is not None:
            said = (server.communicate()[1] or "").strip().splitlines()
            raise CnnvizError(
                f"TensorBoard did not start: {said[-1] if said else 'it said nothing'}"
            )
        try:
            with urllib.request.urlopen(f"{root}data/plugins_listing", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise CnnvizError(f"TensorBoard did not answer at {root} within {START_TIMEOUT:.0f} s")


def _has_screen() -> bool:
    """Say whether a browser could be shown; on Linux a text browser must not take the terminal."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
