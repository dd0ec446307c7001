"""A job's result: a snapshot file in its folder, with everything needed to make it again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np

from cnnviz.contract.jobs import JobRequest
from cnnviz.contract.records import Entry, Manifest, entry_key
from cnnviz.core.entries import entry_of, key_of
from cnnviz.core.execute import Execution
from cnnviz.core.requests import Request
from cnnviz.core.versions import versions
from cnnviz.graph.net import Net
from cnnviz.storage.jobs import Job
from cnnviz.storage.snapshots import encode_snapshot
from cnnviz.worker.reporting import Reporter

__all__ = ["encode_picture_so_far", "encode_result", "write_picture_so_far"]


def encode_result(
    request: JobRequest, net: Net, execution: Execution, facts: Mapping[str, Any]
) -> tuple[str, Iterator[bytes | memoryview]]:
    """Turn what a finished request gave into a snapshot file.

    Args:
        request: what was asked.
        net: what it was asked about.
        execution: what came out.
        facts: further ones for every record.

    Returns:
        The digest of its manifest, and its chunks.
    """
    entries = [
        msgspec.structs.replace(entry, facts={**entry.facts, **facts})
        for entry in (entry_of(done, request.seed) for done in execution.results)
    ]
    arrays = {key_of(done): done.result.arrays for done in execution.results}
    _, digest, chunks = encode_snapshot(_manifest(request, net, entries), arrays)
    return digest, chunks


def write_picture_so_far(
    job: Job, asked: JobRequest, request: Request, net: Net, reporter: Reporter
) -> str | None:
    """Write the last picture of a cancelled job as its result; None when there is none."""
    if reporter.picture is None:
        return None
    encoded = encode_picture_so_far(
        asked, request, net, reporter.picture, done=reporter.done, total=reporter.total
    )
    if encoded is None:
        return None
    digest, chunks = encoded
    job.write_result(chunks)
    return digest


def encode_picture_so_far(
    asked: JobRequest, request: Request, net: Net, picture: np.ndarray, *, done: int, total: int
) -> tuple[str, Iterator[bytes | memoryview]] | None:
    """Turn the last picture of a run that was stopped into a snapshot file.

    Args:
        asked: what was asked.
        request: the same, checked.
        net: what it was asked about.
        picture: (N, C, H, W), 0 … 1.
        done: the iteration that it was stopped at.
        total: how many were asked for.

    Returns:
        As `encode_result`; None for a picture of neither one channel nor three.
    """
    if picture.shape[1] not in {1, 3}:
        return None
    images = np.ascontiguousarray(picture.clip(0, 1).transpose(0, 2, 3, 1))
    entry = Entry(
        key=entry_key(request.method.name, None),
        method=request.method.name,
        method_version=request.method.version,
        kind="images",
        layer=None,
        params=msgspec.to_builtins(request.params),
        facts={
            "captions": [f"stopped at iteration {done}"] * len(images),
            "cancelled": True,
            "iteration": done,
            "total": total,
        },
        seed=asked.seed,
        duration=0.0,
        arrays={},
    )
    shown = np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images
    arrays = {entry.key: {"images": shown}}
    _, digest, chunks = encode_snapshot(_manifest(asked, net, [entry]), arrays)
    return digest, chunks


def _manifest(request: JobRequest, net: Net, entries: list[Entry]) -> Manifest:
    return Manifest(
        run=request.run,
        step=request.step or 0,
        wall_time=time.time(),
        session=request.id,
        model_digest=net.digest,
        device=str(net.device),
        versions=versions(),
        checkpoint=request.step is not None,
        records=entries,
        origins=request.origins,
    )
