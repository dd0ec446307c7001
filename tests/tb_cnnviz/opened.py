"""A TensorBoard in this process: its own flags, loaders, data provider and application."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
from tensorboard import default, program
from tensorboard.backend import application
from werkzeug.test import Client, TestResponse

from cnnviz.storage.tensors import unpack_tensors
from tb_cnnviz.plugin import Loader, Plugin

PREFIX = "/data/plugin/cnnviz/"


class KeptLoader(Loader):
    """Our loader; keeps what it made."""

    made: Plugin

    def load(self, context):
        self.made = super().load(context)
        return self.made


class Opened:
    """A TensorBoard whose requests are answered without a socket."""

    def __init__(self, *argv: str, fast: bool = False) -> None:
        self._loader = KeptLoader()
        self._board = program.TensorBoard(plugins=[*default.get_static_plugins(), self._loader])
        loading = (
            ("--load_fast=true", "--reload_interval=1")
            if fast
            else ("--load_fast=false", "--reload_interval=0", "--reload_task=blocking")
        )
        self._board.configure(argv=["tensorboard", *argv, *loading])
        provider, self._multiplexer = self._board._make_data_provider()
        flags = self._board.flags
        self.app = application.TensorBoardWSGIApp(
            flags, self._board.plugin_loaders, provider, None, self._multiplexer
        )
        self.client = Client(self.app)
        self.provider = provider
        self.path_prefix = flags.path_prefix

    def close(self) -> None:
        """End the Rust loader's server, and the workers, where there are any."""
        site = self._loader.made._site
        if site is not None:
            site.office.close(at_once=True)
        if self._multiplexer is None:
            self._board._ingester._stdin_handle.close()

    def reload(self, logdir: Path) -> None:
        """Let the Python loader read what was written since."""
        self._multiplexer.AddRunsFromDirectory(str(logdir))
        self._multiplexer.Reload()

    def get(self, route: str, *, headers: dict[str, str] | None = None, **query) -> TestResponse:
        path = f"{self.path_prefix}{PREFIX}{route}"
        given = {name: str(value) for name, value in query.items()}
        return self.client.get(
            path, query_string=given, headers={"Host": "localhost", **(headers or {})}
        )

    @property
    def office(self):
        """Of the jobs; there is one after the first request."""
        return self._loader.made._site.office

    def post(self, route: str, body: object, *, token: str | None = None, **headers) -> tuple:
        """Send JSON as the page does; gives the status and the answer."""
        if token is None:
            token = self.json("session")["token"] or ""
        sent = {"Host": "localhost", "X-Cnnviz-Token": token, "Content-Type": "application/json"}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.client.post(
            f"{self.path_prefix}{PREFIX}{route}", data=data, headers={**sent, **headers}
        )
        return response.status_code, json.loads(response.data)

    def json(self, route: str, **query) -> dict:
        response = self.get(route, **query)
        assert response.status_code == 200, response.text
        return json.loads(response.data)

    def index(self, run: str) -> dict:
        return self.json("run", run=run)["index"]

    def tensors(self, route: str, **query) -> tuple[dict, dict[str, np.ndarray]]:
        response = self.get(route, **query)
        assert response.status_code == 200, response.text
        metadata, arrays = unpack_tensors(response.data, label=route)
        return json.loads(metadata["json"]), arrays

    def error(self, route: str, **query) -> tuple[int, dict]:
        response = self.get(route, **query)
        assert response.status_code >= 400
        return response.status_code, json.loads(response.data)["error"]

    def wait_for(self, run: str, steps: int) -> dict:
        """Wait until a loader that reads in the background has this many captures."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            runs = {one["name"]: one for one in self.json("runs")["runs"]}
            if run in runs and runs[run]["steps"] >= steps:
                return self.index(run)
            time.sleep(0.1)
        raise AssertionError(f"{run} never had {steps} captures")
