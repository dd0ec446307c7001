from __future__ import annotations

import json
import struct

import numpy as np
import pytest
import safetensors.numpy

from cnnviz.errors import RecordError
from cnnviz.storage.tensors import crc32c, encode_tensors, pack_tensors, unpack_tensors
from tests.storage.made import same

TYPES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]


def frame(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.fixture
def arrays():
    random = np.random.default_rng(0)
    made = {name: (random.random((3, 5)) * 100).astype(name) for name in TYPES}
    return made | {"scalar": np.array(3.5), "empty": np.zeros((0, 4), np.float32)}


def test_every_type_comes_back_as_it_was(arrays):
    metadata, back = unpack_tensors(pack_tensors(arrays, {"a": "ü"}), label="x")
    assert metadata == {"a": "ü"}
    assert back.keys() == arrays.keys()
    assert all(same(arrays[name], back[name]) for name in arrays)


def test_the_safetensors_library_reads_what_we_write(arrays):
    back = safetensors.numpy.load(pack_tensors(arrays, {}))
    assert all(same(arrays[name], back[name]) for name in arrays)


def test_we_read_what_the_safetensors_library_writes(arrays):
    _, back = unpack_tensors(safetensors.numpy.save(arrays), label="x")
    assert all(same(arrays[name], back[name]) for name in arrays)


def test_every_array_starts_at_a_multiple_of_its_item_size(arrays):
    data = pack_tensors(arrays, {})
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    del header["__metadata__"]
    assert length % 8 == 0
    for name, claim in header.items():
        assert claim["data_offsets"][0] % arrays[name].dtype.itemsize == 0


def test_views_and_other_byte_orders_are_stored_as_plain_arrays():
    base = np.arange(24, dtype=np.float32).reshape(4, 6)
    views = {"t": base.T, "step": base[::2, ::3], "big": base.astype(">f4")}
    _, back = unpack_tensors(pack_tensors(views, {}), label="x")
    assert all(np.array_equal(views[name], back[name]) for name in views)


def test_bfloat16_words_come_back_as_the_same_numbers():
    values = np.array([1.0, -2.5, 0.15625, np.inf], np.float32)
    words = (values.view(np.uint32) >> 16).astype(np.uint16)
    data = b"".join(encode_tensors({"w": words}, {}, dtypes={"w": "BF16"}))
    assert same(unpack_tensors(data, label="x")[1]["w"], values)


def test_the_sum_of_an_array_is_that_of_its_bytes():
    array = np.random.default_rng(0).random((1500, 1000)).astype(np.float32)
    assert crc32c(array) == crc32c(array.tobytes())
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C (RFC 3720, B.4)


def test_arrays_of_objects_are_refused_with_their_name():
    with pytest.raises(RecordError, match="'odd' has type object"):
        pack_tensors({"odd": np.array([{}])}, {})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        frame(b"not json"),
        frame([1, 2]),
        frame(b"[" * 100_000),
        frame(b'{"a":' * 100_000),
        frame({"a": 1}),
        frame({"__metadata__": {"a": 1}}),
        frame({"a": tensor()}),
        frame({"a": tensor()}, b"\0" * 7),
        frame({"a": tensor()}, b"\0" * 9),
        frame({"a": tensor("F99")}, b"\0" * 8),
        frame({"a": tensor(shape=(3,))}, b"\0" * 8),
        frame({"a": tensor(shape=(-2,))}, b"\0" * 8),
        frame({"a": tensor(shape=(-1, -2))}, b"\0" * 8),
        frame({"a": tensor(shape=(1 << 62, 1 << 62), offsets=(0, 1 << 126))}, b"\0" * 8),
        frame({"a": tensor(shape=(0,) * 40, offsets=(0, 0))}),
        frame({"a": tensor(offsets=(-8, 0))}, b"\0" * 8),
        frame({"a": tensor(offsets=(8, 0))}, b"\0" * 8),
        frame({"a": tensor(), "b": tensor()}, b"\0" * 8),
        frame({"a": tensor(), "b": tensor(offsets=(9, 17))}, b"\0" * 17),
        struct.pack("<Q", 1 << 63) + b"{}",
        struct.pack("<Q", (1 << 64) - 1) + b"{}" * 40,
    ],
    ids=range(23),
)
def test_a_header_that_lies_is_refused_in_one_sentence(data):
    with pytest.raises(RecordError) as error:
        unpack_tensors(data, label="runs/x.safetensors")
    assert str(error.value).startswith("runs/x.safetensors")
    assert "\n" not in str(error.value)
