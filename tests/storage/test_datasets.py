"""The file of a data set: what is written is read, in parts too, and damage is told."""

from __future__ import annotations

import numpy as np
import pytest

from cnnviz.errors import MissingError, ParamsError, RecordError
from cnnviz.storage.dataset_encoding import DatasetFacts, dataset_file, encode_dataset
from cnnviz.storage.datasets import DatasetFile
from cnnviz.storage.files import open_file


def written(tmp_path, *, count=150, exact="thumbnails", names=True, mean=(0.5,), std=(0.25,)):
    numbers = np.random.default_rng(0)
    arrays = {
        "thumbnails": numbers.integers(0, 256, (count, 8, 9, 1)).astype(np.uint8),
        "labels": numbers.integers(-1, 3, count).astype(np.int32),
        "positions": np.arange(count, dtype=np.int64) * 2,
    }
    facts = DatasetFacts(
        count=count, shape=[1, 8, 9], mean=list(mean), std=list(std), exact=exact, total=300
    )
    listed = [f"folder/{index}.png" for index in range(count)] if names else None
    name, chunks = encode_dataset(facts, arrays, names=listed)
    path = tmp_path / f"{name}.safetensors"
    path.write_bytes(b"".join(bytes(chunk) for chunk in chunks))
    return path, arrays


def test_what_is_written_is_read(tmp_path):
    path, arrays = written(tmp_path)
    file = DatasetFile(open_file(path))
    assert path.name == f"{file.name}.safetensors"
    assert len(file) == 150
    assert file.names[149] == "folder/149.png"
    for name in ("labels", "positions"):
        assert (getattr(file, name) == arrays[name]).all()
    assert (file.thumbnails() == arrays["thumbnails"]).all()
    file.check()


def test_single_thumbnails_are_read_in_any_order_from_their_blocks_alone(tmp_path):
    path, arrays = written(tmp_path)
    file = DatasetFile(open_file(path))
    reads = []
    inner = file._file.read
    file._file.read = lambda start, length: reads.append(length) or inner(start, length)
    rows = [149, 3, 3, 64]
    assert (file.thumbnails(rows) == arrays["thumbnails"][rows]).all()
    assert max(reads) <= 64 * 72
    with pytest.raises(MissingError, match="has images 0 … 149, got 150"):
        file.thumbnails([150])


def test_inputs_are_had_from_exact_codes(tmp_path):
    path, arrays = written(tmp_path)
    file = DatasetFile(open_file(path))
    expected = (arrays["thumbnails"][[5, 70]].transpose(0, 3, 1, 2) / 255 - 0.5) / 0.25
    np.testing.assert_allclose(file.inputs([5, 70]), expected, rtol=1e-6, atol=1e-6)
    path, _ = written(tmp_path, exact=None)
    with pytest.raises(MissingError, match="does not hold the inputs, only thumbnails"):
        DatasetFile(open_file(path)).inputs([0])


def test_damage_is_told_where_it_lies(tmp_path):
    path, arrays = written(tmp_path)
    data = bytearray(path.read_bytes())
    at = bytes(data).index(arrays["thumbnails"][70].tobytes())
    data[at] ^= 1
    path.write_bytes(data)
    file = DatasetFile(open_file(path))
    assert file.thumbnails([3]).shape == (1, 8, 9, 1)
    with pytest.raises(RecordError, match="thumbnails from 64 on lack their CRC-32C"):
        file.thumbnails([64])
    with pytest.raises(RecordError, match="thumbnails do not have their CRC-32C"):
        file.check()


@pytest.mark.parametrize(
    "changes",
    [{"count": 149}, {"shape": [1, 8, 8]}, {"mean": [0.5, 0.5]}, {"exact": "images"}],
)
def test_a_header_that_does_not_fit_its_arrays_is_refused(tmp_path, monkeypatch, changes):
    numbers = np.zeros((150, 8, 9, 1), np.uint8)
    arrays = {
        "thumbnails": numbers,
        "labels": np.zeros(150, np.int32),
        "positions": np.zeros(150, np.int64),
    }
    known = {"count": 150, "shape": [1, 8, 9], "exact": "thumbnails", "mean": [0.5], "std": [0.5]}
    facts = DatasetFacts(**{**known, **changes})
    try:
        _, chunks = encode_dataset(facts, arrays)
    except ParamsError:
        return
    path = tmp_path / "0123456789abcdef.safetensors"
    path.write_bytes(b"".join(bytes(chunk) for chunk in chunks))
    with pytest.raises(RecordError, match="its arrays are not as its header says"):
        DatasetFile(open_file(path))


@pytest.mark.parametrize("name", ["", "../x", "0123456789abcde", "0123456789abcdeg"])
def test_only_digests_name_data_sets(name):
    with pytest.raises(MissingError, match="is not a data set's name"):
        dataset_file(name)
