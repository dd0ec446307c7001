"""The networks that jobs of a run have trained: where they lie and what they are, without torch.

A network's name is its job's. Its folder may come from anybody: no link in it is followed, and what
it says of itself is bounded before it is read.
"""

from __future__ import annotations

import contextlib
import re
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from cnnviz.contract.names import GRAPH_FILE, WEIGHTS_FILE
from cnnviz.contract.trained import (
    ABOUT_FILE,
    MAX_ABOUT,
    MAX_MORE,
    MAX_TRAINED,
    MORE_FILE,
    NETWORK_FOLDER,
    Trained,
    TrainedKind,
)
from cnnviz.errors import MissingError, RecordError, UnsuitableError
from cnnviz.storage.files import open_file
from cnnviz.storage.graph_file import MAX_GRAPH
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.storage.manifests import decode_json, digest_of
from cnnviz.storage.small_files import read_small
from cnnviz.storage.tensors import crc32c, read_header, to_array

__all__ = ["BESIDE", "Shelf"]

BESIDE: Final = "more|"
"""Before the names of arrays beside the weights, where the sums are listed."""
_KEY: Final = re.compile(r"[0-9a-f]{8,64}")
_LARGEST: Final = {
    GRAPH_FILE: MAX_GRAPH,
    WEIGHTS_FILE: MAX_TRAINED,
    ABOUT_FILE: MAX_ABOUT,
    MORE_FILE: MAX_MORE,
}


class Shelf:
    """The trained networks among the jobs of one run."""

    def __init__(
        self, jobs: JobsFolder, job: str | None = None, *, also: Sequence[JobsFolder] = ()
    ) -> None:
        """Take the jobs' folder.

        Args:
            jobs: of the run, in its folder or in the user's cache.
            job: the one at hand, whose network is kept; None where nothing can be kept.
            also: further folders whose networks may be used.
        """
        self.job = job
        self._jobs, self._all = jobs, [jobs, *also]

    def names(self, kind: TrainedKind) -> list[str]:
        """Name the networks of a kind that can be used, the oldest first."""
        found = []
        for folder in self._all:
            for name in folder.ids():
                with contextlib.suppress(MissingError, RecordError):
                    if self.about(name).kind == kind:
                        found.append(name)
        return sorted(set(found))

    def place(self, name: str) -> Path:
        """Give the folder of a network, all of whose files are there, and no links.

        Raises:
            MissingError: there is no job of that name, or it has trained no network.
            RecordError: a link, a file that is no file, or one that is too large.
        """
        place = self._place(name)
        for file, limit in _LARGEST.items():
            _check(place / file, limit, name=name, needed=file != MORE_FILE)
        return place

    def about(self, name: str) -> Trained:
        """Say what a network is.

        Raises:
            MissingError: there is no job of that name, or it has trained no network.
            RecordError: damaged, out of bounds, or newer than this version reads.
        """
        data = read_small(self.place(name) / ABOUT_FILE, limit=MAX_ABOUT)
        return decode_json(data, Trained, label=f"the network of job {name}")

    def arrays(self, name: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Read a network's weights and the arrays beside them, all checked by their sums.

        Raises:
            MissingError: there is no job of that name, or it has trained no network.
            RecordError: damaged, its graph too, or out of bounds.
        """
        about, place = self.about(name), self.place(name)
        if digest_of(read_small(place / GRAPH_FILE, limit=MAX_GRAPH)) != about.graph_digest:
            message = f"the network of job {name} is damaged: its graph is not the one it was"
            raise RecordError(message)
        beside = place / MORE_FILE
        weights = _read(place / WEIGHTS_FILE, about.crc32c, "", name)
        more = _read(beside, about.crc32c, BESIDE, name) if beside.is_file() else {}
        said = {key for key in about.crc32c if key.startswith(BESIDE)}
        if said != {f"{BESIDE}{key}" for key in more}:
            message = f"the network of job {name} is damaged: arrays beside its weights are gone"
            raise RecordError(message)
        return weights, more

    def own_place(self) -> Path:
        """Give the folder in which the network of the job at hand is to lie; it need not be there.

        Raises:
            UnsuitableError: there is no job at hand.
            MissingError: its folder is gone.
        """
        if self.job is None:
            message = (
                "a network that is trained is kept in a job's folder: send it as a job from the "
                "page, or use cnnviz fit-generator or cnnviz fit-style"
            )
            raise UnsuitableError(message)
        return self._jobs.job(self.job).folder / NETWORK_FOLDER

    def training(self, key: str) -> Path:
        """Give the file in which a training is kept so that it goes on; it need not be there.

        Args:
            key: of the training, in hexadecimal: a digest of all that its outcome depends on.

        Raises:
            RecordError: the key is no digest.
        """
        if not _KEY.fullmatch(key):
            message = f"a training is named by a digest in hexadecimal, got {key[:80]!r}"
            raise RecordError(message)
        self._jobs.folder.mkdir(parents=True, exist_ok=True)
        return self._jobs.folder / f".training-{key[:32]}.safetensors"

    def _place(self, name: str) -> Path:
        for folder in self._all:
            with contextlib.suppress(MissingError):
                place = folder.job(name).folder / NETWORK_FOLDER
                facts = place.lstat() if place.exists() or place.is_symlink() else None
                if facts is not None and stat.S_ISDIR(facts.st_mode):
                    return place
                if facts is not None:
                    message = f"the network of job {name} is a link or no folder, and is not read"
                    raise RecordError(message)
        known = f"; {name!r:.90} is none" if name else ""
        message = (
            "network must be the name of a job of this run that has trained one and is still "
            f"there{known}"
        )
        raise MissingError(message)


def _read(path: Path, sums: Mapping[str, int], start: str, name: str) -> dict[str, np.ndarray]:
    file = open_file(path)
    arrays = {}
    for key, slot in read_header(file).slots.items():
        data = file.read(slot.start, slot.nbytes)
        if crc32c(data) != sums.get(f"{start}{key}"):
            message = f"the network of job {name} is damaged: {key[:80]!r} is not what was written"
            raise RecordError(message)
        arrays[key] = to_array(data, slot, slot.shape)
    return arrays


def _check(path: Path, limit: int, *, name: str, needed: bool) -> None:
    try:
        facts = path.lstat()
    except OSError:
        if needed:
            message = f"the network of job {name} is damaged: it has no {path.name}"
            raise RecordError(message) from None
        return
    if not stat.S_ISREG(facts.st_mode):
        message = f"the network of job {name} is not read: {path.name} is a link or no file"
        raise RecordError(message)
    if facts.st_size > limit:
        message = f"the network of job {name} is not read: its {path.name} has {facts.st_size} "
        raise RecordError(f"{message}bytes, at most {limit} are taken")
