from __future__ import annotations

import numpy as np
import pytest

from cnnviz.errors import RecordError
from cnnviz.storage.snapshots import encode_snapshot
from cnnviz.storage.summaries import make_summary, read_summary, top_scores
from tests.storage.made import make_capture, make_entry


def summary_of(labels=None):
    manifest, arrays = make_capture()
    stored, _, _ = encode_snapshot(manifest, arrays)
    return arrays, make_summary(stored.records, arrays, labels=labels)


def test_columns_per_layer_come_back_and_columns_per_channel_stay_behind():
    arrays, blob = summary_of()
    tables = read_summary(blob).tables
    assert list(tables["layer_statistics"]) == ["energy", "sparsity"]
    for name, column in tables["layer_statistics"].items():
        assert column.dtype == np.float32
        assert np.array_equal(column, arrays["layer_statistics"][name])


def test_per_channel_columns_of_nets_with_one_channel_a_layer_are_known_by_name():
    entry = make_entry(
        "layer_statistics",
        "layer_table",
        facts={
            "layers": ["a"],
        },
    )
    arrays = {"layer_statistics": {"energy": np.ones(1), "channel_max": np.ones(1)}}
    assert list(read_summary(make_summary([entry], arrays)).tables["layer_statistics"]) == [
        "energy"
    ]


def test_the_best_classes_are_in_order_and_the_label_has_its_probability():
    arrays, blob = summary_of()
    scores, shares = arrays["predictions"]["scores"], arrays["predictions"]["probabilities"]
    top = read_summary(blob).scores["predictions"]
    order = np.argsort(-scores, axis=1)
    assert np.array_equal(top["top_classes"][:, :4], order)
    assert top["top_classes"][:, 4].tolist() == [-1, -1, -1]
    assert np.allclose(top["top_scores"][:, :4], np.take_along_axis(scores, order, 1))
    assert np.allclose(top["top_probabilities"][:, :4], np.take_along_axis(shares, order, 1))
    assert np.isnan(top["top_scores"][:, 4]).all()
    expected = [shares[0, 0], shares[1, 3], np.nan]
    assert np.allclose(top["label_probability"], expected, equal_nan=True)


def test_labels_given_by_hand_count_before_those_in_the_facts():
    arrays, blob = summary_of(labels=[1, -1, 99])
    found = read_summary(blob).scores["predictions"]["label_probability"]
    shares = arrays["predictions"]["probabilities"]
    assert np.allclose(found, [shares[0, 1], np.nan, np.nan], equal_nan=True)


def test_scores_that_are_not_finite_come_last_and_are_counted():
    scores = np.array([[1.0, np.nan, np.inf, -np.inf]], np.float32)
    top = top_scores(scores, None, None)
    assert top["top_classes"].tolist()[0][:2] == [2, 0]
    assert top["nonfinite"].tolist() == [3]
    assert np.isnan(top["top_probabilities"]).all()


def test_a_damaged_summary_is_refused():
    _, blob = summary_of()
    for place in (30, len(blob) - 1):
        content = bytearray(blob)
        content[place] ^= 1
        with pytest.raises(RecordError, match="summary is damaged"):
            read_summary(bytes(content))
    with pytest.raises(RecordError, match="cut"):
        read_summary(blob[:-1])
