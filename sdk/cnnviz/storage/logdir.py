"""A logdir, read without torch: which runs are in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from cnnviz.contract.names import OWN_FOLDER, PLUGIN_NAME
from cnnviz.errors import MissingError
from cnnviz.storage.event_files import is_event_file
from cnnviz.storage.files import Folder, Item, LocalFolder, open_folder
from cnnviz.storage.run_reader import Run
from cnnviz.storage.sightings import EventFolder, scan_folder

__all__ = ["LogDir", "find_runs", "open_logdir"]

_MAX_DEPTH: Final = 24
_MAX_FOLDERS: Final = 200_000


class LogDir:
    """The runs of a logdir as they were when it was opened."""

    def __init__(self, folder: Folder) -> None:
        """Take the opened folder; runs are looked for when they are first asked for."""
        self.folder = folder
        self.path = folder.path

    @property
    def runs(self) -> list[str]:
        """Names of the runs that hold anything of ours, sorted; "." is the logdir itself."""
        return list(self._runs)

    @property
    def problems(self) -> list[str]:
        """What was left out while looking for runs: links that lead out of the logdir."""
        return self._found[1]

    def run(self, name: str = ".") -> Run:
        """Give a run.

        Args:
            name: its folder relative to the logdir.

        Raises:
            MissingError: no such run; the message names those there are.
        """
        run = self._runs.get(name.strip("/") or ".")
        if run is None:
            message = f"{self.path} has no run {name!r}; it has {self.runs or 'none'}"
            raise MissingError(message)
        return run

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs.values())

    def __len__(self) -> int:
        return len(self._runs)

    def __repr__(self) -> str:
        return f"<logdir {self.path}: {', '.join(self.runs) or 'no runs'}>"

    @property
    def _runs(self) -> dict[str, Run]:
        return self._found[0]

    @cached_property
    def _found(self) -> tuple[dict[str, Run], list[str]]:
        return find_runs(self.folder)


def open_logdir(path: str | os.PathLike[str]) -> LogDir:
    """Open a logdir for reading: a folder, or an fsspec URL such as `file:///runs`.

    Args:
        path: the logdir, or one run's folder.

    Raises:
        MissingError: there is no such folder.
        MissingPackageError: a URL needs a package that is not installed.
        ParamsError: a URL of an unknown protocol.
    """
    folder = open_folder(path)
    if not folder.is_folder():
        message = f"there is no folder {folder.path}"
        raise MissingError(message)
    return LogDir(folder)


def find_runs(folder: Folder, *, check_all: bool = False) -> tuple[dict[str, Run], list[str]]:
    """Find the runs: folders that hold `plugins/cnnviz`, or events of ours.

    Args:
        folder: the logdir.
        check_all: check every record of every event file, other people's too.

    Returns:
        The runs by name, sorted, and what was left out.
    """
    events: dict[str, list[EventFolder]] = {}
    with_files: set[str] = set()
    problems: list[str] = []
    for name, items in _walk(folder, problems):
        if any(item.name == "plugins" and item.is_folder for item in items):
            inside = folder.items(f"{name}/plugins".lstrip("/"))
            if any(item.name == PLUGIN_NAME and item.is_folder for item in inside):
                with_files.add(name or ".")
        if any(is_event_file(item.name) and not item.is_folder for item in items):
            _add_events(events, name, scan_folder(folder, name, check_all=check_all))
    runs: dict[str, Run] = {}
    for name in sorted({*with_files, *events}):
        parts = events.get(name, [])
        found = tuple(event for part in parts for event in part.found)
        if found or name in with_files:
            unread = tuple(problem for part in parts for problem in part.problems)
            runs[name] = Run(folder, name, EventFolder(found=found, problems=unread))
    return runs, problems


def _add_events(events: dict[str, list[EventFolder]], name: str, scanned: EventFolder) -> None:
    """Give a folder's events to their run: those in a folder of their own to the run above."""
    parent, _, last = name.rpartition("/")
    own = tuple(one for one in scanned.found if one[1].own_folder)
    rest = tuple(one for one in scanned.found if not one[1].own_folder)
    lies_in_own = bool(own) or last == OWN_FOLDER
    if own and name:
        events.setdefault(parent or ".", []).append(EventFolder(found=own, problems=()))
    elif own:  # the logdir is the run's own folder of events: the run itself is out of reach
        rest += own
    place = (parent or ".") if lies_in_own and name and not rest else (name or ".")
    events.setdefault(place, []).append(EventFolder(found=rest, problems=scanned.problems))


def _walk(folder: Folder, problems: list[str]) -> Iterator[tuple[str, list[Item]]]:
    """Visit the folders of a logdir once each, plugins' own folders left out."""
    waiting = [("", 0)]
    seen: set[str] = set()
    while waiting:
        name, depth = waiting.pop()
        real = folder.identity(name)
        if real in seen:  # a link back up
            continue
        seen.add(real)
        items = folder.items(name)
        yield name, items
        if isinstance(folder, LocalFolder):
            problems += [
                f"{f'{name}/{link}'.lstrip('/')} is a link that leads out of the logdir: not read"
                for link in folder.outside(name)
            ]
        if depth < _MAX_DEPTH and len(seen) < _MAX_FOLDERS:
            below = [item.name for item in items if item.is_folder and item.name != "plugins"]
            waiting += [(f"{name}/{one}".lstrip("/"), depth + 1) for one in reversed(below)]
