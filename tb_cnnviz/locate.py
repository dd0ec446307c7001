"""Where the bulk files of a run lie, seen from TensorBoard's run names."""

from __future__ import annotations

import os
import posixpath
import re
import threading
from dataclasses import dataclass
from typing import Any, Final

from cnnviz.contract.names import OWN_FOLDER, PLUGIN_NAME
from cnnviz.errors import CnnvizError
from cnnviz.storage.files import Folder, open_folder

__all__ = ["Locator", "Place", "is_own_folder", "parse_logdir_spec", "shown_name"]

URL: Final = re.compile(r"[a-zA-Z][0-9a-zA-Z.]*://.*")
NO_LOGDIR: Final = (
    "TensorBoard was started without a logdir of its own: pictures come from the events' previews"
)


@dataclass(frozen=True)
class Place:
    """A run's folder `…/plugins/cnnviz`, as a name inside an opened logdir."""

    folder: Folder
    name: str

    @property
    def run(self) -> str:
        """The run's own name in that logdir, `.` for the logdir itself."""
        return posixpath.dirname(posixpath.dirname(self.name)) or "."


class Locator:
    """Finds the folder of a run below `--logdir` or one of the folders of `--logdir_spec`."""

    def __init__(self, roots: dict[str, str | None]) -> None:
        """Take paths or fsspec URLs, each with its group name or None."""
        self._roots = roots
        self._folders: dict[str, Folder] = {}
        self._found: dict[tuple[str, bool], Place] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_context(cls, context: Any) -> Locator:
        """Take the folders from TensorBoard's flags; without any, no bulk file is found."""
        logdir = getattr(context, "logdir", "") or getattr(context.flags, "logdir", "") or ""
        spec = getattr(context.flags, "logdir_spec", "") or ""
        if logdir:
            return cls({logdir: None})
        return cls(parse_logdir_spec(spec))

    @property
    def shown(self) -> str:
        """The logdir as the page names it."""
        return ",".join(f"{name}:{path}" if name else path for path, name in self._roots.items())

    @property
    def is_local(self) -> bool:
        """Tell whether some logdir is a folder of this machine."""
        return any(
            not URL.match(path) or path.startswith(("file://", "local://")) for path in self._roots
        )

    def place(self, event_run: str, *, own_folder: bool) -> tuple[Place | None, str | None]:
        """Find a run's folder.

        Args:
            event_run: TensorBoard's name of the run that holds the events.
            own_folder: whether the events lie in `<run>/cnnviz/`, a folder of their own.

        Returns:
            The place, or None and why previews are all there is.
        """
        if not self._roots:
            return None, NO_LOGDIR
        known = self._found.get((event_run, own_folder))
        if known is not None:
            return known, None
        found: Place | None = None
        for path, group in self._roots.items():
            name = _below(event_run, group)
            if name is None:
                continue
            run = posixpath.dirname(name) if own_folder else name
            if own_folder and name in ("", "."):
                return None, _too_deep(path)
            try:
                place = Place(self._open(path), posixpath.join(run, "plugins", PLUGIN_NAME))
            except CnnvizError as error:
                return None, f"{error}; pictures come from the events' previews"
            if place.folder.items(place.name):
                self._found[event_run, own_folder] = place
                return place, None
            found = found or place
        return found, None

    def _open(self, path: str) -> Folder:
        with self._lock:
            if path not in self._folders:
                self._folders[path] = open_folder(path)
            return self._folders[path]


def parse_logdir_spec(spec: str) -> dict[str, str | None]:
    """Read `--logdir_spec` as TensorBoard does: `name:path` or `path`, separated by commas."""
    roots: dict[str, str | None] = {}
    for part in filter(None, spec.split(",")):
        name: str | None = None
        path = part
        is_group = ":" in part and part[0] != "/" and not os.path.splitdrive(part)[0]
        if is_group and not URL.match(part):
            name, _, path = part.partition(":")
        if not URL.match(path):
            path = os.path.realpath(os.path.expanduser(path))  # noqa: PTH111 - as TensorBoard does
        roots[path] = name
    return roots


def shown_name(event_run: str, *, own_folder: bool) -> str:
    """Name a run by the folder its scalars lie in: `resnet/cnnviz` is `resnet`, `cnnviz` is `.`."""
    if not own_folder or event_run in ("", "."):
        return event_run
    return posixpath.dirname(event_run.replace("\\", "/")) or "."


def is_own_folder(event_run: str) -> bool:
    """Tell whether a run's name can be that of a folder of our own; the logdir's own can."""
    return posixpath.basename(event_run.replace("\\", "/")) in (OWN_FOLDER, "", ".")


def _below(event_run: str, group: str | None) -> str | None:
    name = event_run.replace("\\", "/")
    if group is None:
        return name
    return name.removeprefix(f"{group}/") if name.startswith(f"{group}/") else None


def _too_deep(path: str) -> str:
    return (
        f"the bulk files lie beside {path}, not in it: start TensorBoard on the folder above; "
        "until then pictures come from the events' previews"
    )
