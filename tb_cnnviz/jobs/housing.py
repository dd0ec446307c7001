"""Where the jobs of a run lie: in its own folder, or in the user's cache if that is read-only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from cnnviz.contract.names import GRAPH_FILE
from cnnviz.errors import CnnvizError, UnsuitableError
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.jobs_folder import JobsFolder
from tb_cnnviz.locate import Place
from tb_cnnviz.reader import Run

__all__ = ["Housing", "cache_root", "home_of", "housings_of", "local_place"]

JOBS: Final = "jobs"


@dataclass(frozen=True)
class Housing:
    """A folder of jobs, and what a worker needs to know about the run they ask about."""

    run: str
    """The run's name in the page."""
    logdir: str
    """Real path; nothing is read outside of it."""
    inner_run: str
    """The run's name in that logdir, as requests have it."""
    folder: JobsFolder
    root: Path
    """What `folder` lies in: the logdir, or the cache."""
    in_cache: bool


def cache_root() -> Path:
    """Name the folder in the user's cache where jobs of read-only logdirs lie."""
    return Path(platformdirs.user_cache_dir("cnnviz", appauthor=False)) / JOBS


def housings_of(run: Run) -> list[Housing]:
    """Give both places where a run may have jobs; none for a run that is not on this disk."""
    place = local_place(run)
    if place is None or not isinstance(place.folder, LocalFolder):
        return []
    logdir, root = place.folder.root, cache_root()
    tag = hashlib.sha256(f"{logdir}\0{place.name}".encode("utf-8", "surrogateescape")).hexdigest()
    found: list[Housing] = []
    for folder, inside, in_cache in (
        (logdir / place.name / JOBS, logdir, False),
        (root / tag[:32], root, True),
    ):
        try:
            jobs = JobsFolder(folder, inside=inside)
        except (CnnvizError, OSError, RuntimeError):  # a link that leads out, or round in circles
            continue
        found.append(Housing(run.name, str(logdir), place.run, jobs, inside, in_cache))
    return found


def home_of(run: Run) -> Housing:
    """Choose where a new job of a run is made; found out by trying.

    Raises:
        UnsuitableError: nowhere; says why.
    """
    housings = housings_of(run)
    for housing in housings:
        if housing.folder.is_writable():
            return housing
    if not housings:
        message = f"run {run.name!r} is not in a folder of this machine, so no job can read it"
        raise UnsuitableError(message)
    message = f"neither {run.name!r} nor the cache folder {cache_root()} can be written to"
    raise UnsuitableError(message)


def local_place(run: Run) -> Place | None:
    """Give the place of a run on this disk, one with a network if there is one."""
    places = [place for place in run.places.values() if isinstance(place.folder, LocalFolder)]
    for place in places:
        if any(item.name == GRAPH_FILE for item in place.folder.items(place.name)):
            return place
    return places[0] if places else None
