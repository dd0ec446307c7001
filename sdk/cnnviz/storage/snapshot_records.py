"""The records of one snapshot file, as a user meets them."""

from __future__ import annotations

from cnnviz.contract.records import Entry, Manifest, Provenance, Record
from cnnviz.storage.snapshots import SnapshotFile
from cnnviz.storage.stored_arrays import ExactArrays

__all__ = ["provenance_of", "records_of"]


def records_of(snapshot: SnapshotFile) -> list[Record]:
    """Give a file's records; their arrays are read when asked for.

    Raises:
        RecordError: the manifest is damaged.
    """
    manifest = snapshot.manifest
    return [
        Record(
            method=entry.method,
            kind=entry.kind,
            layer=entry.layer,
            step=manifest.step,
            arrays=ExactArrays(snapshot, entry),
            facts=entry.facts,
            provenance=provenance_of(manifest, entry, run=manifest.run),
        )
        for entry in manifest.records
    ]


def provenance_of(manifest: Manifest, entry: Entry, *, run: str) -> Provenance:
    """Say where a record comes from.

    Args:
        manifest: of the capture or job.
        entry: the record's.
        run: the run's name now; it may have been moved since.
    """
    return Provenance(
        method=entry.method,
        method_version=entry.method_version,
        params=entry.params,
        run=run,
        step=manifest.step,
        layer=entry.layer,
        seed=entry.seed,
        model_digest=manifest.model_digest,
        versions=manifest.versions,
        device=manifest.device,
        duration=entry.duration,
        wall_time=manifest.wall_time,
        origins=manifest.origins,
    )
