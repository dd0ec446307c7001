"""What TensorBoard loads: flags, the tab and the routes.

An exception while this module is imported, or in `define_flags` or `fix_flags`, ends the user's
whole TensorBoard: nothing that can fail lives here, and the rest is imported at the first request.
"""

from __future__ import annotations

import argparse
import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from tensorboard.plugins import base_plugin

if TYPE_CHECKING:
    from tb_cnnviz.wsgi import Site

__all__ = ["ROUTES", "Loader", "Plugin"]

NAME: Final = "cnnviz"
"""Equal to cnnviz.contract.names.PLUGIN_NAME, which is not imported here."""

ROUTES: Final = (
    "/runs",
    "/run",
    "/maps",
    "/strip",
    "/statistics",
    "/channels",
    "/scores",
    "/examples",
    "/scalar",
    "/record",
    "/dataset",
    "/thumbnails",
    "/layout",
    "/neighbours",
    "/patches",
    "/reaction",
    "/units",
    "/session",
    "/catalogue",
    "/jobs",
    "/jobs/*",
    "/static/*",
)

FLAGS: Final[dict[str, dict[str, Any]]] = {
    "--cnnviz_allowed_hosts": {
        "metavar": "HOSTS",
        "default": "",
        "help": "Comma-separated host names under which the CNN Viz tab may be opened, besides "
        "localhost, --host and plain addresses; .example.com stands for all names below it, * for "
        "any name (then a web site can read the logdir by DNS rebinding).",
    },
    "--cnnviz_jobs": {
        "choices": ("auto", "on", "off"),
        "default": "auto",
        "help": "Whether jobs (gradient ascent, inversion, attribution, …) can be asked for in the "
        "CNN Viz tab; auto: only while no other machine can reach this TensorBoard.",
    },
    "--cnnviz_devices": {
        "metavar": "DEVICES",
        "default": "auto",
        "help": "Where jobs run: cpu, or cuda:0,cuda:1; auto: on every GPU, else on the processor.",
    },
    "--cnnviz_idle_timeout": {
        "metavar": "SECONDS",
        "type": float,
        "default": 600.0,
        "help": "How long a worker process without a job stays, and keeps its GPU memory.",
    },
}

KEEP_ALL: Final = 0
"""What `--samples_per_plugin` means by keeping every step."""

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Plugin(base_plugin.TBPlugin):  # type: ignore[misc]
    """The tab: a route table whose answers are made by `tb_cnnviz.wsgi.Site`."""

    plugin_name = NAME

    def __init__(self, context: base_plugin.TBContext) -> None:
        """Keep what TensorBoard tells; nothing is read before the first request."""
        self._context = context
        self._site: Site | None = None
        self._lock = threading.Lock()

    def is_active(self) -> bool:
        """Leave it to the data provider, which names us active once one of our events is read."""
        return False

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """Name the tab and the module it is drawn by."""
        return base_plugin.FrontendMetadata(es_module_path="/static/index.js", tab_name="CNN Viz")

    def get_plugin_apps(self) -> dict[str, WsgiApp]:
        """Give each route the one application, which looks at the path itself."""
        return dict.fromkeys(ROUTES, self._serve)

    def _serve(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if self._site is None:
            with self._lock:
                if self._site is None:
                    from tb_cnnviz.wsgi import Site

                    self._site = Site(self._context)
        return self._site(environ, start)


class Loader(base_plugin.TBLoader):  # type: ignore[misc]
    """The entry point of the group `tensorboard_plugins`."""

    def define_flags(self, parser: argparse.ArgumentParser) -> None:
        """Add our flags; a second installation of the plugin finds them there already."""
        group = parser.add_argument_group("CNN Viz plugin")
        for name, settings in FLAGS.items():
            with contextlib.suppress(argparse.ArgumentError):
                group.add_argument(name, **settings)

    def fix_flags(self, flags: argparse.Namespace) -> None:
        """Ask both loaders to keep every step of ours, unless the user gave a number."""
        samples = getattr(flags, "samples_per_plugin", None)
        if isinstance(samples, dict):
            samples.setdefault(NAME, KEEP_ALL)

    def load(self, context: base_plugin.TBContext) -> Plugin:
        """Make the plugin."""
        return Plugin(context)
