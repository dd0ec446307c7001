"""Captures and runs for the tests of this room, made as a recorder makes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cnnviz.contract.records import Entry, Manifest, Skipped, entry_key
from cnnviz.storage import RunWriter, make_previews, make_summary
from cnnviz.storage.event_files import EventFile
from cnnviz.storage.events import encode_event

LAYERS = ["conv1", "relu1", "conv2"]


def make_entry(method, kind, *, layer=None, facts=None):
    return Entry(
        key=entry_key(method, layer),
        method=method,
        method_version=1,
        kind=kind,
        layer=layer,
        params={},
        facts=facts or {},
        seed=0,
        duration=0.01,
        arrays={},
    )


def make_capture(step=5, *, wall_time=None, seed=0, model_digest="0" * 64):
    """One capture with a record of each kind: manifest without arrays, and the arrays."""
    random = np.random.default_rng(seed + step)

    def normal(*shape):
        return random.normal(size=shape).astype(np.float32)

    scores = normal(3, 4)
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    records = [
        make_entry("saliency", "heatmap", facts={"signed": False, "targets": [0, 1, 2]}),
        make_entry("filters", "kernels", layer="conv1"),
        make_entry("activations", "feature_maps", layer="relu1"),
        make_entry("activations", "feature_maps", layer="conv2"),
        make_entry("layer_statistics", "layer_table", facts={"layers": LAYERS}),
        make_entry("predictions", "scores", facts={"labels": [0, 3, None]}),
    ]
    arrays = {
        "saliency": {"map": np.abs(normal(3, 20, 20))},
        "filters/conv1": {"weights": normal(8, 3, 5, 5)},
        "activations/relu1": {"activations": np.maximum(normal(3, 8, 10, 10), 0)},
        "activations/conv2": {"activations": normal(3, 4).astype(np.float16)},
        "layer_statistics": {"energy": normal(3), "sparsity": normal(3), "channel_max": normal(16)},
        "predictions": {"scores": scores, "probabilities": shares},
    }
    manifest = Manifest(
        run="run",
        step=step,
        wall_time=1000.0 + step if wall_time is None else wall_time,
        session="abc",
        model_digest=model_digest,
        device="cpu",
        versions={"cnnviz": "0.1"},
        checkpoint=False,
        records=records,
        skipped=[Skipped(method="occlusion", reason="too dear")],
    )
    return manifest, arrays


def make_event(manifest, digest, arrays, *, own_folder=True, budget=64 << 10):
    return encode_event(
        manifest,
        digest,
        make_summary(manifest.records, arrays),
        make_previews(manifest.records, arrays, budget, digest=digest),
        own_folder=own_folder,
    )


def write_run(run: Path, steps, *, events=True, snapshots=True, wall_time=None, **options):
    """A whole run of plain-path captures; gives the arrays by step."""
    writer = RunWriter(run / "plugins" / "cnnviz")
    file = EventFile(run / "cnnviz") if events else None
    recorded = {}
    for place, step in enumerate(steps):
        when = None if wall_time is None else wall_time + place
        manifest, arrays = make_capture(step, wall_time=when, **options)
        stored, digest = writer.write_snapshot(manifest, arrays)
        if not snapshots:
            (writer.folder / "snapshots" / f"{step}.safetensors").unlink()
        if file is not None:
            file.add(make_event(stored, digest, arrays), step=step, wall_time=stored.wall_time)
        recorded[step] = arrays
    if file is not None:
        file.close()
    return recorded


def same(left, right):
    return (
        left.dtype == right.dtype
        and left.shape == right.shape
        and np.array_equal(left, right, equal_nan=left.dtype.kind == "f")
    )
