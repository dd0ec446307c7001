"""Checks everything that a logdir holds of ours: every sum, every event, every array."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from cnnviz.contract.jobs import RESULT_FILE
from cnnviz.contract.names import (
    CHECKPOINTS_FOLDER,
    DATASETS_FOLDER,
    EXAMPLES_FILE,
    GRAPH_FILE,
    JOBS_FOLDER,
    SNAPSHOTS_FOLDER,
    WEIGHTS_FILE,
)
from cnnviz.contract.trained import NETWORK_FOLDER
from cnnviz.errors import CnnvizError, MissingError, RecordError
from cnnviz.storage.checkpoints import check_checkpoint
from cnnviz.storage.datasets import DatasetFile
from cnnviz.storage.examples import ExamplesFile
from cnnviz.storage.files import LocalFolder, StoredFile
from cnnviz.storage.graph_file import read_graph
from cnnviz.storage.jobs_folder import JobsFolder
from cnnviz.storage.logdir import find_runs, open_logdir
from cnnviz.storage.run_reader import Run
from cnnviz.storage.shelf import Shelf
from cnnviz.storage.snapshots import SnapshotFile
from cnnviz.storage.tensors import read_header

__all__ = ["Finding", "verify"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is damaged."""

    run: str
    path: str
    """The file, relative to the logdir; empty for what concerns several."""
    problem: str
    remains: str
    """What still reads in spite of it; may be empty."""


def verify(path: str | os.PathLike[str]) -> list[Finding]:
    """Check a logdir, reading every byte of ours.

    Args:
        path: as for `open_logdir`.

    Returns:
        What is damaged; an intact logdir gives none.

    Raises:
        MissingError: there is no such folder, or nothing of ours in it.
    """
    log = open_logdir(path)
    runs, links = find_runs(log.folder, check_all=True)
    if not runs:
        message = f"{log.path} has no run that CNN Viz recorded"
        raise MissingError(message)
    findings = [Finding(run=".", path="", problem=text, remains="") for text in links]
    for run in runs.values():
        findings += _check_run(run)
    return findings


def _check_run(run: Run) -> Iterator[Finding]:
    for path, text in run.event_problems:
        remains = f"{len(run.steps)} steps still read"
        yield Finding(run=run.name, path=path, problem=text, remains=remains)
    yield from _check_events(run)
    yield from _check_files(run)
    yield from _check_jobs(run)
    yield from _check_networks(run)


def _check_events(run: Run) -> Iterator[Finding]:
    for capture in run.captures:
        if capture.event is None:
            continue
        parts: list[tuple[str, Callable[[], object]]] = [
            ("preview", capture.preview),
            ("summary", capture.summary),
        ]
        for word, read in parts:
            problem = _problem_of(read)
            if problem:
                whole = "the snapshot file has all of it" if capture.snapshot else ""
                text = f"the {word} of step {capture.step}: {problem}"
                yield Finding(run=run.name, path=capture.event_file, problem=text, remains=whole)


def _check_files(run: Run) -> Iterator[Finding]:
    for part, check in _CHECKS.items():
        single = part.endswith((".json", ".safetensors"))
        folder, wanted = (run.place, part) if single else (f"{run.place}/{part}", "")
        for item in run.folder.items(folder):
            ours = item.name == wanted if single else item.name.endswith(".safetensors")
            if item.is_folder or not ours:
                continue
            name = f"{folder}/{item.name}"
            for problem, remains in check(run, name):
                yield Finding(run=run.name, path=name, problem=problem, remains=remains)


def _check_jobs(run: Run) -> Iterator[Finding]:
    place = f"{run.place}/{JOBS_FOLDER}"
    for job in run.folder.items(place):
        name = f"{place}/{job.name}/{RESULT_FILE}"
        inside = run.folder.items(f"{place}/{job.name}") if job.is_folder else []
        if not any(item.name == RESULT_FILE and not item.is_folder for item in inside):
            continue
        try:
            problems = list(_check_arrays(SnapshotFile(run.folder.file(name))))
        except (CnnvizError, OSError) as error:
            problems = [(str(error), "everything else of the run still reads")]
        for problem, remains in problems:
            yield Finding(run=run.name, path=name, problem=problem, remains=remains)


def _check_networks(run: Run) -> Iterator[Finding]:
    """Check what jobs have trained; of a logdir elsewhere no job can be run."""
    if not isinstance(run.folder, LocalFolder):
        return
    place = f"{run.place}/{JOBS_FOLDER}"
    with suppress(RecordError):  # links that lead out are named already
        jobs = JobsFolder(run.folder.root / place, inside=run.folder.root)
        for name in jobs.ids():
            if os.path.lexists(jobs.folder / name / NETWORK_FOLDER):
                problem = _problem_of(partial(Shelf(jobs).arrays, name))
                if problem:
                    path = f"{place}/{name}/{NETWORK_FOLDER}"
                    remains = "what the job has shown still reads, its network cannot be used"
                    yield Finding(run=run.name, path=path, problem=problem, remains=remains)


def _check_snapshot(run: Run, name: str) -> Iterator[tuple[str, str]]:
    try:
        snapshot = SnapshotFile(run.folder.file(name))
        manifest = snapshot.manifest
    except (CnnvizError, OSError) as error:
        step = name.rpartition("/")[2].removesuffix(".safetensors")
        in_event = any(str(one.step) == step for one in run.captures)
        yield str(error), f"step {step} is still shown from its event" if in_event else ""
        return
    if name.rpartition("/")[2] != f"{manifest.step}.safetensors":
        yield f"{name} is misnamed: it holds step {manifest.step}", "its bytes are whole"
    yield from _check_arrays(snapshot)


def _check_arrays(snapshot: SnapshotFile) -> Iterator[tuple[str, str]]:
    names = [(entry.key, name) for entry in snapshot.manifest.records for name in entry.arrays]
    problems = [_problem_of(partial(snapshot.array, key, array)) for key, array in names]
    damaged = [problem for problem in problems if problem]
    rows = _problem_of(snapshot.check_rows)
    if rows:
        yield rows, "every array still reads"
    for problem in damaged:
        yield problem, f"{len(names) - len(damaged)} of its {len(names)} arrays still read"


def _check_examples(run: Run, name: str) -> Iterator[tuple[str, str]]:
    try:
        examples = ExamplesFile(run.folder.file(name))
    except (CnnvizError, OSError) as error:
        yield str(error), "records are shown without their pictures"
        return
    for word, read in (("images", lambda: examples.images), ("inputs", lambda: examples.inputs)):
        problem = _problem_of(read)
        if problem:
            yield problem, f"labels and class names still read, the {word} do not"


def _check_dataset(run: Run, name: str) -> Iterator[tuple[str, str]]:
    problem = _problem_of(lambda: DatasetFile(run.folder.file(name)).check())
    if problem:
        yield problem, "patches and embeddings still read, whole images may not"


def _check_graph(run: Run, name: str) -> Iterator[tuple[str, str]]:
    problem = _problem_of(lambda: _is_as_captured(run, run.folder.file(name)))
    if problem:
        yield problem, "records are shown by the layers' names in them"


def _is_as_captured(run: Run, file: StoredFile) -> None:
    _, digest = read_graph(file)
    if run.captures and run.captures[-1].manifest.model_digest != digest:
        message = (
            f"{file.label} does not have the SHA-256 that step {run.steps[-1]} names: it is "
            "damaged, or another network's"
        )
        raise RecordError(message)


def _check_weights(run: Run, name: str) -> Iterator[tuple[str, str]]:
    problem = _problem_of(lambda: _are_as_saved(run, run.folder.file(name)))
    if problem:
        yield problem, "everything recorded still reads; the network cannot be run again"


def _are_as_saved(run: Run, file: StoredFile) -> None:
    header = read_header(file)
    expected = run.graph.weights if run.graph else {}
    for name, facts in expected.items():
        slot = header.slots.get(name)
        if slot is None or slot.shape != tuple(facts.shape):
            message = f"{file.label} does not fit the graph: {name} should have shape {facts.shape}"
            raise RecordError(message)
    digest = hashlib.sha256()
    for _, slot in sorted(header.slots.items()):
        digest.update(file.read(slot.start, slot.nbytes))
    if header.metadata.get("sha256") != digest.hexdigest():
        message = f"{file.label} is damaged: its weights do not have their SHA-256"
        raise RecordError(message)


def _check_checkpoint(run: Run, name: str) -> Iterator[tuple[str, str]]:
    problem = _problem_of(lambda: check_checkpoint(run.folder.file(name)))
    if problem:
        yield problem, "what was recorded at that step is not touched"


def _problem_of(read: Callable[[], object]) -> str:
    try:
        read()
    except (CnnvizError, OSError) as error:
        return str(error)
    return ""


_CHECKS: dict[str, Callable[[Run, str], Iterator[tuple[str, str]]]] = {
    GRAPH_FILE: _check_graph,
    WEIGHTS_FILE: _check_weights,
    EXAMPLES_FILE: _check_examples,
    DATASETS_FOLDER: _check_dataset,
    SNAPSHOTS_FOLDER: _check_snapshot,
    CHECKPOINTS_FOLDER: _check_checkpoint,
}
