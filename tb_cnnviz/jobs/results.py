"""What a job left: its result's records, their pictures and arrays, preview and log."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from cnnviz.contract.records import Entry as Record
from cnnviz.errors import MissingError, RecordError
from cnnviz.storage.manifests import digest_of
from cnnviz.storage.snapshot_records import provenance_of
from cnnviz.storage.snapshots import SnapshotFile
from tb_cnnviz.answers.maps import facts_of, pictures
from tb_cnnviz.body import Body, Cache, json_body, tensors_body
from tb_cnnviz.held import Held
from tb_cnnviz.jobs.entries import Entry
from tb_cnnviz.jobs.pictures import main_images, own_picture
from tb_cnnviz.jobs.queries import JobMapsQuery, PreviewQuery
from tb_cnnviz.planes import Wanted, exact_planes
from tb_cnnviz.queries import KeyQuery
from tb_cnnviz.recent import Recent
from tb_cnnviz.run_index import array_shapes
from tb_cnnviz.wire_jobs import ImagesFacts, ResultAnswer, ResultRecord

__all__ = ["Results", "log", "picture", "preview"]

OPENED: Final = 24
MAX_BYTES: Final = 256 << 20
"""Of the arrays in one answer."""
LOG_BYTES: Final = 64 << 10
SIGNATURES: Final = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


class Results:
    """The results of finished jobs; headers read lately are kept."""

    def __init__(self) -> None:
        """Start with nothing opened."""
        self._opened: Recent[SnapshotFile] = Recent(OPENED)

    def result(self, entry: Entry) -> Body:
        """List the records.

        Raises:
            MissingError: there is no result (yet).
            RecordError: it is damaged.
        """
        opened = self._open(entry)
        records = [_record(opened, record, entry.housing.run) for record in opened.manifest.records]
        answer = ResultAnswer(digest=opened.digest, records=records, python=_python(entry, records))
        return json_body(answer)

    def images(self, entry: Entry, query: KeyQuery) -> Body:
        """Give a record's pictures in true colours."""
        opened, record = self._find(entry, query.key, query.digest)
        if record.kind != "images":
            message = f"{query.key!r} is of kind {record.kind}, which has no true colours"
            raise MissingError(message)
        images = main_images(opened, record, index=None)
        given = record.facts.get("captions")
        captions = [str(text) for text in given] if isinstance(given, list) else []
        captions = (captions + [""] * len(images))[: len(images)]
        facts = ImagesFacts(id=entry.id, key=record.key, captions=captions, facts=record.facts)
        return tensors_body({"images": images}, facts, cache=_cache(query.digest))

    def maps(self, entry: Entry, query: JobMapsQuery) -> Body:
        """Give a record's pictures as the route `maps` does."""
        opened, record = self._find(entry, query.key, query.digest)
        wanted = Wanted.of(record, query.array, image=query.image, channel=query.channel)
        planes = exact_planes(opened, wanted)
        run, step = entry.housing.run, opened.manifest.step
        facts = facts_of(planes, wanted, record, run=run, step=step, digest=opened.digest)
        arrays = pictures(planes, symmetric=facts.signed, exact=query.exact)
        return tensors_body(arrays, facts, cache=_cache(query.digest))

    def arrays(self, entry: Entry, query: KeyQuery) -> Body:
        """Give all arrays of a record, exact."""
        opened, record = self._find(entry, query.key, query.digest)
        size = sum(
            math.prod(info.shape) * np.dtype(info.dtype).itemsize for info in record.arrays.values()
        )
        if size > MAX_BYTES:
            message = f"{query.key!r} takes {size} bytes; at most {MAX_BYTES} are sent: load it"
            raise RecordError(f"{message} in Python")
        arrays = {name: opened.array(record.key, name) for name in record.arrays}
        facts = _record(opened, record, entry.housing.run)
        return tensors_body(arrays, facts, cache=_cache(query.digest))

    def held(self, entry: Entry, query: KeyQuery) -> Held:
        """Hold one record of a result.

        Raises:
            MissingError: there is no such record, or no result (yet).
            RecordError: it is damaged.
        """
        opened, record = self._find(entry, query.key, query.digest)
        run, step = entry.housing.run, opened.manifest.step
        return Held(run, step, opened.digest, record, lambda work: work(opened))

    def _open(self, entry: Entry) -> SnapshotFile:
        known = self._opened.get((entry.id, entry.status.result))
        if known is not None:
            return known
        if entry.status.result is None:
            state = entry.status.state
            raise MissingError(f"job {entry.id} has no result: it is {state}")
        opened = entry.job.result()
        if opened.digest != entry.status.result:
            message = f"the result of job {entry.id} is not the one that its status names"
            raise RecordError(message)
        self._opened.keep((entry.id, opened.digest), opened)
        return opened

    def _find(self, entry: Entry, key: str, digest: str) -> tuple[SnapshotFile, Record]:
        opened = self._open(entry)
        if digest and digest != opened.digest:
            raise MissingError(f"job {entry.id} has another result: ask for its digest")
        for record in opened.manifest.records:
            if record.key == key:
                return opened, record
        keys = [record.key for record in opened.manifest.records][:20]
        raise MissingError(f"the result of job {entry.id} has no record {key!r}; it has {keys}")


def preview(entry: Entry, query: PreviewQuery) -> Body:
    """Give the picture as it is now; for ever if it is the one that is asked for."""
    data = entry.job.preview()
    if data is None:
        raise MissingError(f"job {entry.id} has no picture yet")
    return _picture(data, _cache(query.digest if query.digest == digest_of(data) else ""))


def picture(entry: Entry, index: int) -> Body:
    """Give one of the request's own pictures, as it was sent."""
    return _picture(own_picture(entry, index), Cache.FOREVER)


def log(entry: Entry) -> Body:
    """Give the end of the log."""
    text = entry.job.log_tail(LOG_BYTES)
    return Body(text.encode("utf-8", "replace"), "text/plain; charset=utf-8")


def _picture(data: bytes, cache: Cache) -> Body:
    for start, content_type in SIGNATURES.items():
        if data.startswith(start):
            return Body(data, content_type, cache)
    message = "the stored picture is no PNG, JPEG or WebP file"
    raise RecordError(message)


def _record(opened: SnapshotFile, record: Record, run: str) -> ResultRecord:
    return ResultRecord(
        key=record.key,
        kind=record.kind,
        layer=record.layer,
        arrays=array_shapes(record),
        facts=record.facts,
        provenance=provenance_of(opened.manifest, record, run=run),
    )


def _python(entry: Entry, records: list[ResultRecord]) -> str:
    path = str(entry.job.folder / "result.safetensors")
    lines = [
        "from cnnviz.storage import SnapshotFile",
        f"result = SnapshotFile({path!r})",
    ]
    for record in records[:1]:
        main = next(iter(record.arrays), "")
        lines.append(f"{main or 'array'} = result.array({record.key!r}, {main!r})")
    return "\n".join(lines)


def _cache(digest: str) -> Cache:
    return Cache.FOREVER if digest else Cache.NEVER
