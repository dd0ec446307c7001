"""Real logdirs without torch: made-up arrays through the writers that the recorder uses."""

from __future__ import annotations

import hashlib
import json
import struct
import time
from pathlib import Path

import google_crc32c
import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import DATA_CLASS_SCALAR, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DT_FLOAT

from cnnviz.contract.records import Entry, Manifest, Skipped
from cnnviz.storage import RunWriter, make_previews, make_summary
from cnnviz.storage.dataset_encoding import DatasetFacts, encode_dataset
from cnnviz.storage.event_files import EventFile
from cnnviz.storage.events import encode_event

LAYERS = ["conv1", "relu1", "fc"]
CHANNELS = [4, 4, 10]
START = 1_700_000_000.0


class Recording:
    """A run being written: `capture(step)` stores one capture, events and bulk."""

    def __init__(
        self, run: Path, *, own_folder: bool = False, session: str = "s0", start: float = START
    ) -> None:
        self.run, self.own_folder, self.session, self.start = run, own_folder, session, start
        self.writer = RunWriter(run / "plugins" / "cnnviz")
        self.events = EventFile(run / "cnnviz" if own_folder else run)
        self.captures = 0
        self.facts: dict[str, object] = {}
        self.model_digest = "ab" * 32

    def graph(self, layers: list[dict], weights: dict, **more: object) -> None:
        """Store the layers of a network."""
        graph = {"version": 1, "layers": layers, "weights": weights, **more}
        text = json.dumps(graph).encode()
        (self.writer.folder / "graph.json").write_bytes(text)
        self.model_digest = hashlib.sha256(text).hexdigest()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *error: object) -> None:
        self.events.close()

    def examples(self, count: int = 2, size: int = 12) -> str:
        rng = np.random.default_rng(5)
        images = rng.integers(0, 255, (count, size, size, 3), dtype=np.uint8)
        inputs = rng.normal(size=(count, 3, size, size)).astype(np.float32)
        names = [f"class {index}" for index in range(10)]
        labels = list(range(count))
        files = [f"{index}.png" for index in range(count)]
        return self.writer.write_examples(
            images, inputs, labels=labels, class_names=names, names=files
        )

    def dataset(self, thumbnails: np.ndarray, labels: np.ndarray, names: list[str]) -> str:
        """Store a data set; gives its name, which embeddings of later captures speak of."""
        facts = DatasetFacts(count=len(labels), shape=[3, 32, 32], reference="made up")
        positions = np.arange(len(labels), dtype=np.int64)
        arrays = {"thumbnails": thumbnails, "labels": labels, "positions": positions}
        name, chunks = encode_dataset(facts, arrays, names=names)
        self.writer.write_dataset(name, chunks)
        self.facts = {"dataset": name}
        return name

    def capture(self, step: int, *, arrays: dict | None = None, bulk: bool = True) -> str:
        """Store one capture; gives its digest."""
        given = arrays_at(step) if arrays is None else arrays
        wall_time = self.start + self.captures
        self.captures += 1
        manifest = manifest_of(self, step, given, wall_time)
        stored, digest = self.writer.write_snapshot(manifest, given)
        if not bulk:
            (self.writer.folder / "snapshots" / f"{step}.safetensors").unlink()
        summary = encode_event(
            stored,
            digest,
            make_summary(stored.records, given),
            make_previews(stored.records, given, digest=digest),
            own_folder=self.own_folder,
        )
        self.events.add(summary, step=step, wall_time=wall_time)
        return digest

    def scalar(self, tag: str, step: int, value: float) -> None:
        """Log a scalar as torch's SummaryWriter does."""
        metadata = SummaryMetadata(
            plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"),
            data_class=DATA_CLASS_SCALAR,
        )
        tensor = TensorProto(dtype=DT_FLOAT, float_val=[value])
        value_proto = Summary.Value(tag=tag, metadata=metadata, tensor=tensor)
        summary = Summary(value=[value_proto])
        self.events.add(summary, step=step, wall_time=self.start + step)


def arrays_at(step: int) -> dict[str, dict[str, np.ndarray]]:
    """Make the arrays of one capture; the value 1000 + step in each says which step it is of."""
    rng = np.random.default_rng(step)
    maps = np.maximum(rng.normal(size=(2, 4, 6, 5)), 0).astype(np.float32)
    maps[:, :, 0, 0] = 1000 + step
    total = sum(CHANNELS)
    return {
        "filters/conv1": {"weights": rng.normal(size=(4, 3, 3, 3)).astype(np.float32)},
        "activations/relu1": {"activations": maps},
        "activations/fc": {"activations": rng.normal(size=(2, 10)).astype(np.float32)},
        "saliency": {"map": np.abs(rng.normal(size=(2, 12, 12))).astype(np.float32)},
        "layer_statistics": {
            "mean": np.full(len(LAYERS), step, np.float32),
            "zeros": np.linspace(0, 1, len(LAYERS), dtype=np.float32),
            "channel_max": np.arange(total, dtype=np.float32) + step,
            "channel_mean": np.arange(total, dtype=np.float32),
            "channel_zeros": np.zeros(total, np.float32),
        },
        "predictions": {
            "scores": rng.normal(size=(2, 10)).astype(np.float32),
            "probabilities": np.full((2, 10), 0.1, np.float32),
        },
    }


KINDS = {
    "filters": ("kernels", {}),
    "activations": ("feature_maps", {"unit": "activation"}),
    "saliency": ("heatmap", {"signed": False}),
    "layer_statistics": ("layer_table", {"layers": LAYERS, "channels": CHANNELS}),
    "predictions": ("scores", {"labels": [0, 1]}),
    "embedding": ("embedding", {"metric": "cosine"}),
    "top_patches": ("patches", {"count": 30}),
}


def manifest_of(recording: Recording, step: int, arrays: dict, wall_time: float) -> Manifest:
    entries = []
    for key in arrays:
        method, _, layer = key.partition("/")
        kind, facts = KINDS[method.partition("@")[0]]
        entries.append(
            Entry(
                key=key,
                method=method.partition("@")[0],
                method_version=1,
                kind=kind,
                layer=layer or None,
                params={},
                facts=facts | recording.facts if kind in ("embedding", "patches") else facts,
                seed=0,
                duration=0.01,
                arrays={},
            )
        )
    return Manifest(
        run=recording.run.name,
        step=step,
        wall_time=wall_time,
        session=recording.session,
        model_digest=recording.model_digest,
        device="cpu",
        versions={"cnnviz": "0.1"},
        checkpoint=False,
        records=entries,
        skipped=[Skipped(method="occlusion", reason="over budget")] if step == 0 else [],
    )


def write_run(run: Path, steps, *, own_folder: bool = False, examples: bool = True) -> list[str]:
    """Write a whole run with a scalar `loss` at the same steps; gives the digests."""
    with Recording(run, own_folder=own_folder) as recording:
        if examples:
            recording.examples()
        digests = []
        for step in steps:
            digests.append(recording.capture(step))
            if not own_folder:
                recording.scalar("loss", step, 1 / (1 + step))
        return digests


def append_event(folder: Path, summary: Summary, *, step: int) -> None:
    """Append any event to a folder's event file, with right sums: the damage is inside."""
    path = next(path for path in sorted(folder.iterdir()) if "tfevents" in path.name)
    event = Event(wall_time=time.time(), step=step, summary=summary).SerializeToString()
    head = struct.pack("<Q", len(event))
    with path.open("ab") as file:
        file.write(head + _masked(head) + event + _masked(event))


def _masked(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)
