"""The JSON answers: which runs, what is in one, and where one record comes from."""

from __future__ import annotations

from cnnviz.contract.records import Entry, Manifest
from cnnviz.errors import MissingError
from cnnviz.storage.snapshot_records import provenance_of
from tb_cnnviz.body import Body, Cache, json_body
from tb_cnnviz.captures import Capture
from tb_cnnviz.queries import RecordQuery, RunQuery, RunsQuery
from tb_cnnviz.reader import Logs, Run, digest_of_texts
from tb_cnnviz.run_index import array_shapes, build_index, revision
from tb_cnnviz.wire import RecordAnswer, RunAnswer, RunsAnswer, RunSummary

__all__ = ["record", "run", "runs"]


def runs(logs: Logs, query: RunsQuery) -> Body:
    """List the runs."""
    found = logs.runs()
    rev = digest_of_texts(run.stamp for run in found.values())
    lines = [
        RunSummary(
            name=run.name,
            steps=len(run.captures),
            first_step=run.captures[0].step if run.captures else None,
            last_step=run.captures[-1].step if run.captures else None,
            scalars=list(run.scalars),
            problems=list(run.problems),
        )
        for run in found.values()
    ]
    unchanged = query.since == rev
    answer = RunsAnswer(rev=rev, logdir=logs.locator.shown, runs=None if unchanged else lines)
    return json_body(answer)


def run(logs: Logs, query: RunQuery) -> Body:
    """Tell everything of a run but its pictures."""
    found = logs.run(query.run)
    files = logs.files_of(found)
    rev = revision(found, files)
    if query.since == rev:
        return json_body(RunAnswer(rev=rev, index=None))
    return json_body(RunAnswer(rev=rev, index=build_index(found, files, logs.manifest)))


def record(logs: Logs, query: RecordQuery) -> Body:
    """Tell where one record comes from."""
    found, capture = logs.captured(query.run, query.step, query.digest)
    manifest = logs.manifest(capture)
    entry = find_entry(manifest, query.key, run=found.name)
    there = capture.step in logs.files_of(found).snapshots
    answer = RecordAnswer(
        provenance=provenance_of(manifest, entry, run=found.name),
        facts=entry.facts,
        arrays=array_shapes(entry),
        source="bulk" if there else "preview",
        python=_python(*_address(logs, found, capture), manifest.step, entry),
    )
    return json_body(answer, cache=Cache.FOREVER if query.digest and there else Cache.BRIEF)


def find_entry(manifest: Manifest, key: str, *, run: str) -> Entry:
    """Find a record of a capture.

    Raises:
        MissingError: it has none of that key.
    """
    for entry in manifest.records:
        if entry.key == key:
            return entry
    message = f"run {run!r} has no record {key!r} at step {manifest.step}"
    raise MissingError(message)


def _address(logs: Logs, run: Run, capture: Capture) -> tuple[str, str]:
    """Name the logdir and the run in it as cnnviz.open_logdir does."""
    place = run.places.get(capture.event_run)
    if place is None:
        return logs.locator.shown, run.name
    return place.folder.path, place.run


def _python(logdir: str, run: str, step: int, entry: Entry) -> str:
    method = entry.key.partition("/")[0]
    layer = "" if entry.layer is None else f", layer={entry.layer!r}"
    opened = f"cnnviz.open_logdir({logdir!r}).run({run!r})"
    main = next(iter(entry.arrays), "")
    return f"{opened}.record({method!r}{layer}, step={step}).arrays[{main!r}]"
