"""The real program, on a port of its own, with either loader, while a run is written."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from cnnviz.storage.tensors import unpack_tensors
from tests.tb_cnnviz.logdirs import Recording, write_run


@contextlib.contextmanager
def started(*argv: str):
    with socket.socket() as found:
        found.bind(("localhost", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--port", str(port), *argv]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def get(url: str, **query) -> bytes:
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
        return answer.read()


def wait_for_steps(base: str, run: str, count: int) -> dict:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            index = json.loads(get(f"{base}/run", run=run))["index"]
            if len(index["steps"]) >= count:
                return index
        time.sleep(0.2)
    raise AssertionError(f"{run} never had {count} captures")


@pytest.mark.e2e
@pytest.mark.parametrize("fast", ["true", "false"])
def test_a_run_is_followed_while_it_is_written(tmp_path, fast):
    write_run(tmp_path / "done", range(200))
    argv = ("--logdir", str(tmp_path), f"--load_fast={fast}", "--reload_interval=1")
    with (
        Recording(tmp_path / "live", own_folder=True) as recording,
        started(*argv, "--path_prefix=/deep") as root,
    ):
        recording.capture(0)
        base = f"{root}/deep/data/plugin/cnnviz"
        assert wait_for_steps(base, "done", 200)["steps"] == list(range(200))
        assert wait_for_steps(base, "live", 1)["steps"] == [0]
        recording.capture(5)
        index = wait_for_steps(base, "live", 2)
        assert index["steps"] == [0, 5]
        query = {"step": 5, "digest": index["digests"][1], "key": "activations/relu1", "exact": 1}
        _, arrays = unpack_tensors(get(f"{base}/maps", run="live", **query), label="maps")
        assert arrays["values"][0, 0, 0] == 1005
        assert b"render" in get(f"{base}/static/index.js")
        entry = get(f"{root}/deep/data/plugin_entry.html", name="cnnviz")
        assert b"./static/index.js" in entry
