"""docs/format.md is enough to read a run: its own reader does, and what it states is so."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from cnnviz.contract.cnnviz_pb2 import CaptureEvent, PluginMetadata
from cnnviz.storage import RunWriter
from tests.storage.made import make_capture, same, write_run

DOC = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
READER = re.search(r"```python\n(.*?)```", DOC, re.DOTALL)[1]


@pytest.fixture(scope="module")
def reader():
    names: dict = {}
    exec(compile(READER, "docs/format.md", "exec"), names)
    return names


def test_the_documents_reader_gets_the_same_arrays(reader, tmp_path):
    recorded = write_run(tmp_path, (0, 5, 10))
    write_run(tmp_path, (7,), wall_time=5000.0)
    captures = reader["read_run"](tmp_path / "plugins" / "cnnviz")
    assert [step for step, _ in captures] == [0, 5, 7]
    for step, records in captures[:2]:
        for key, named in recorded[step].items():
            assert list(records[key]) == list(named)
            assert all(same(records[key][name], array) for name, array in named.items())
    assert len([line for line in READER.splitlines() if line]) <= 45


def test_the_documents_reader_gets_examples_and_checkpoints(reader, tmp_path):
    writer = RunWriter(tmp_path)
    images = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4, 1)
    writer.write_examples(images, images.transpose(0, 3, 1, 2) / np.float32(255), labels=[1, -1])
    writer.write_checkpoint(3, {"w": np.arange(3.0)})
    facts, arrays = reader["read_safetensors"](tmp_path / "examples.safetensors")
    assert same(arrays["images"], images)
    assert facts["labels"] == [1, -1]
    assert reader["read_safetensors"](tmp_path / "checkpoints" / "3.safetensors")[0]["step"] == 3


def test_every_field_that_is_written_is_in_the_document(reader, tmp_path):
    write_run(tmp_path, (1,))
    RunWriter(tmp_path).write_examples(
        np.zeros((1, 2, 2, 3), np.uint8), np.zeros((1, 3, 2, 2), np.float32)
    )
    manifest, _ = reader["read_safetensors"](next(tmp_path.rglob("1.safetensors")))
    facts, _ = reader["read_safetensors"](tmp_path / "examples.safetensors")
    fields = {*manifest, *manifest["records"][0], *facts}
    fields |= {
        field.name for proto in (CaptureEvent, PluginMetadata) for field in proto.DESCRIPTOR.fields
    }
    missing = [name for name in fields if f"`{name}`" not in DOC and f'"{name}"' not in DOC]
    assert missing == []


def test_the_event_is_framed_and_laid_out_as_the_document_says(reader, tmp_path):
    recorded = write_run(tmp_path, (1,))[1]
    data = next(tmp_path.rglob("*tfevents*")).read_bytes()
    (skip,) = struct.unpack("<Q", data[:8])
    start = skip + 16
    (length,) = struct.unpack("<Q", data[start : start + 8])
    record = data[start + 12 : start + 12 + length]
    assert len(data) == start + length + 16
    assert b"cnnviz/index" in record[:256]

    from tensorboard.compat.proto.event_pb2 import Event

    index, preview = Event.FromString(record).summary.value
    event = CaptureEvent.FromString(index.tensor.string_val[0])
    text = zlib.decompress(event.manifest)
    assert len(text) == event.manifest_size
    assert json.loads(text)["step"] == 1

    (tmp_path / "summary").write_bytes(event.summary)
    facts, arrays = reader["read_safetensors"](tmp_path / "summary")
    energy = arrays["layer_statistics|columns"][
        facts["columns"]["layer_statistics"].index("energy")
    ]
    assert same(energy, recorded["layer_statistics"]["energy"])

    (tmp_path / "preview").write_bytes(preview.tensor.string_val[0])
    facts, arrays = reader["read_safetensors"](tmp_path / "preview")
    at = group = 0
    for key, name, kind, shape in facts["items"]:
        groups = int(np.prod(shape[:2] if kind == "feature_maps" else shape[:1]))
        codes = arrays["codes"][at : at + int(np.prod(shape))].reshape(groups, -1)
        low, high = arrays["low"][group : group + groups], arrays["high"][group : group + groups]
        values = low[:, None] + codes / 255 * (high - low)[:, None]
        exact = recorded[key][name].astype(np.float32).reshape(groups, -1)
        assert np.abs(values - exact).max() <= (high - low).max() / 255
        at, group = at + codes.size, group + groups


def test_the_manifest_in_the_document_is_that_of_the_contract(tmp_path):
    manifest, _ = make_capture()
    for entry in manifest.records:
        assert f"| `{entry.kind}` |" in DOC
