from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.contract.records import ArrayInfo
from cnnviz.errors import RecordError
from cnnviz.storage.codes import decode_codes, encode_codes, quantise, shrink
from cnnviz.storage.previews import PREVIEW_BYTES, make_previews, read_preview
from tests.storage.made import make_capture, make_entry

MAIN = {"heatmap": "map", "kernels": "weights", "feature_maps": "activations"}


def capture_of(shapes, *, fill=None):
    """Entries with shapes, and their arrays: {(kind, layer): shape}."""
    entries, arrays = [], {}
    random = np.random.default_rng(0)
    for (kind, layer), shape in shapes.items():
        entry = make_entry(kind, kind, layer=layer)
        entry.arrays[MAIN[kind]] = ArrayInfo(dtype="float32", shape=list(shape), crc32c=0)
        entries.append(entry)
        values = random.normal(size=shape) if fill is None else np.broadcast_to(fill, shape)
        arrays[entry.key] = {MAIN[kind]: values.astype(np.float32, copy=fill is None)}
    return entries, arrays


RESNET = {
    ("heatmap", None): (8, 224, 224),
    **{("kernels", f"conv{i}"): (64 << i // 5, 64 << i // 5, 3, 3) for i in range(20)},
    **{
        ("feature_maps", f"l{i}"): (8, 64 << i // 16, 56 >> i // 16, 56 >> i // 16)
        for i in range(60)
    },
}


def preview_of(entries, arrays, budget=PREVIEW_BYTES):
    blob = make_previews(entries, arrays, budget, digest="d")
    assert len(blob) <= budget
    return read_preview(blob)


def test_a_small_capture_keeps_everything_in_full():
    entries, arrays = capture_of(
        {
            ("heatmap", None): (2, 12, 12),
            ("kernels", "c"): (4, 3, 5, 5),
            ("feature_maps", "a"): (2, 6, 7, 9),
        }
    )
    preview = preview_of(entries, arrays)
    assert (preview.cut, preview.digest) == ([], "d")
    for entry in entries:
        array = arrays[entry.key][MAIN[entry.kind]]
        picture = preview.pictures[f"{entry.key}|{MAIN[entry.kind]}"]
        assert picture.codes.shape == array.shape
        half_a_code = (picture.high - picture.low).max() / 255 / 2
        assert np.abs(picture.values() - array).max() <= half_a_code * 1.001


def test_a_resnet_fits_the_budget_with_every_layer_and_says_what_was_cut():
    entries, arrays = capture_of(RESNET, fill=np.float32(1))
    preview = preview_of(entries, arrays)
    assert len(preview.pictures) == len(entries)
    assert [text.partition(":")[0] for text in preview.cut] == [
        "heatmap",
        "kernels",
        "feature_maps",
    ]
    assert preview.pictures["heatmap|map"].codes.shape[0] == 8
    assert preview.pictures["feature_maps/l0|activations"].codes.shape[2:] == (8, 8)
    assert "first 1 images" in preview.cut[2]


def test_resolution_goes_before_channels():
    entries, arrays = capture_of({("feature_maps", "a"): (1, 64, 112, 112)})
    preview = preview_of(entries, arrays)
    assert preview.pictures["feature_maps/a|activations"].codes.shape[:2] == (1, 64)
    assert preview.cut == ["feature_maps: at most 24 px"]


def test_every_step_keeps_the_same_parts():
    kept = []
    for step in (1, 2):
        entries, arrays = capture_of(RESNET, fill=np.float32(step))
        kept.append(
            {name: p.codes.shape for name, p in preview_of(entries, arrays).pictures.items()}
        )
    assert kept[0] == kept[1]


def test_ranges_and_counts_are_those_of_the_full_resolution():
    array = np.zeros((1, 2, 64, 64), np.float32)
    array[0, 0, 3, 3] = 9.0
    array[0, 1, 5, 5] = np.nan
    array[0, 1, 6, :7] = np.inf
    array[0, 1, 8, :] = -2.0
    entries, _ = capture_of({("feature_maps", "a"): array.shape})
    picture = preview_of(entries, {"feature_maps/a": {"activations": array}}, 4000).pictures[
        "feature_maps/a|activations"
    ]
    assert picture.codes.shape[-1] < 64
    assert picture.high.tolist() == [[9.0, 0.0]]
    assert picture.low.tolist() == [[0.0, -2.0]]
    assert picture.nonfinite.tolist() == [[0, 8]]
    assert picture.nonfinite.dtype == np.int32
    assert abs(picture.zeros[0, 0] - 4095 / 4096) < 1 / 255


def test_kernels_and_signed_heatmaps_have_zero_in_the_middle():
    entries, arrays = capture_of({("kernels", "c"): (4, 3, 3, 3), ("heatmap", None): (1, 4, 4)})
    entries[1].facts["signed"] = True
    for picture in preview_of(entries, arrays).pictures.values():
        assert np.array_equal(picture.low, -picture.high)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["kernels", "feature_maps"]), st.text(max_size=30)),
        st.tuples(*[st.integers(0, 20)] * 4),
        max_size=40,
    ),
    st.integers(2000, 70_000),
)
def test_any_shapes_fit_any_budget(shapes, budget):
    preview_of(*capture_of(shapes), budget)


def test_records_without_pictures_take_no_part():
    manifest, arrays = make_capture()
    entries = [entry for entry in manifest.records if entry.kind in ("layer_table", "scores")]
    assert preview_of(entries, arrays).pictures == {}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_flipped_or_cut_preview_gives_an_error_or_the_same_pictures(data):
    entries, arrays = capture_of(
        {("feature_maps", "a"): (2, 3, 5, 5), ("kernels", "c"): (2, 1, 3, 3)}
    )
    blob = make_previews(entries, arrays)
    before = read_preview(blob)
    content = bytearray(blob)
    content[data.draw(st.integers(0, len(blob) - 1))] ^= data.draw(st.integers(1, 255))
    if data.draw(st.booleans()):
        content = bytearray(blob[: data.draw(st.integers(0, len(blob) - 1))])
    try:
        after = read_preview(bytes(content))
    except RecordError:
        return
    for name, picture in before.pictures.items():
        assert np.array_equal(after.pictures[name].values(), picture.values())


@pytest.mark.parametrize("spread", [0.0, 1e-44, 1e-30, 1.0, 3e38])
def test_codes_reach_from_the_lowest_to_the_highest_value(spread):
    values = np.array([[-spread, 0.0, spread]], np.float32)
    facts = quantise(values)
    assert facts["codes"].tolist() == ([[0, 128, 255]] if spread else [[0, 0, 0]])
    back = decode_codes(facts["codes"], facts["low"], facts["high"])
    assert np.allclose(back[0, [0, 2]], values[0, [0, 2]])


def test_pictures_that_are_not_finite_at_all_have_code_zero():
    facts = quantise(np.full((2, 3, 3), np.nan, np.float32))
    assert not facts["codes"].any()
    assert facts["nonfinite"].tolist() == [9, 9]
    assert facts["low"].tolist() == facts["high"].tolist() == [0, 0]
    inf = encode_codes(np.array([[np.inf, 1.0]], np.float32), np.zeros(1), np.ones(1))
    assert inf.tolist() == [[0, 255]]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 20))
def test_boxes_average_what_lies_in_them(height, width, side):
    values = np.random.default_rng(0).normal(size=(2, height, width)).astype(np.float32)
    small = shrink(values, side)
    assert small.shape == (2, min(height, side), min(width, side))
    rows = [range(i * height // side, (i + 1) * height // side) for i in range(side)]
    if height > side and width <= side:
        slow = np.stack([values[:, list(row)].mean(axis=1) for row in rows], axis=1)
        assert np.allclose(small, slow, atol=1e-6)


def test_a_box_leaves_out_what_is_not_finite():
    values = np.array([[[1.0, np.nan], [3.0, np.inf]]], np.float32)
    assert shrink(values, 1).tolist() == [[[2.0]]]
    assert np.isnan(shrink(np.full((1, 2, 2), np.nan, np.float32), 1)).all()
