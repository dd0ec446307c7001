"""The embedding against brute force, scikit-learn and openTSNE."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.datasets import DataSet, open_dataset
from cnnviz.core.execute import execute
from cnnviz.core.label_agreement import agreement
from cnnviz.core.requests import method
from cnnviz.errors import ParamsError
from cnnviz.graph import capture
from cnnviz.storage.nearest import nearest

SHAPE = (1, 12, 12)


def small_net():
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(24, 8),
        nn.ReLU(),
        nn.Linear(8, 3),
    ).eval()


@pytest.fixture(scope="module")
def found():
    torch.manual_seed(0)
    images, labels = torch.rand(60, *SHAPE), torch.arange(60) % 3
    net = capture(small_net(), images[:2])
    return net, images, labels, looked_through(net, images, labels)


def looked_through(net, images, labels=None, *, ctx=None, **params):
    if ctx is None:
        data = DataSet(open_dataset((images, labels), SHAPE))
        ctx = Context(net, images[:2], dataset=data)
        ctx.batch_limit = 16
    (done,) = execute([method("embedding", **params)], ctx, on_error="raise").results
    return done.result


def test_features_are_what_the_last_linear_layer_takes(found):
    net, images, _, record = found
    assert record.layer == "5"
    expected = net.features(images, ["5"])["5"].half()
    assert record.arrays["features"].dtype == np.float16
    np.testing.assert_array_equal(record.arrays["features"], expected.numpy())


def test_features_of_maps_are_means_over_positions(found):
    net, images, labels, _ = found
    record = looked_through(net, images, labels, layer="1")
    assert record.facts["pooled"] is True
    expected = net.features(images, ["1"])["1"].mean((2, 3))
    np.testing.assert_allclose(record.arrays["features"], expected.numpy(), rtol=1e-3)


@pytest.mark.parametrize("metric", ["cosine", "l2"])
def test_neighbours_are_those_of_brute_force(found, metric):
    net, images, labels, _ = found
    record = looked_through(net, images, labels, metric=metric)
    features = record.arrays["features"].astype(np.float64)
    away = np.linalg.norm(features[:, None] - features[None], axis=2)
    if metric == "cosine":
        scaled = features / np.linalg.norm(features, axis=1, keepdims=True)
        away = 1 - scaled @ scaled.T
    np.fill_diagonal(away, np.inf)
    expected = np.argsort(away, axis=1, kind="stable")[:, :10]
    assert (record.arrays["neighbours"] == expected).mean() > 0.99  # the rest are ties by rounding
    np.testing.assert_allclose(
        record.arrays["distances"], np.take_along_axis(away, expected, 1), atol=1e-6
    )


def test_pixel_neighbours_stand_beside_them_with_the_agreement_of_labels(found):
    _, images, labels, record = found
    pixels = (images * 255).round().numpy()
    rows, _ = nearest(pixels, np.arange(60), 10)
    assert (record.arrays["pixel_neighbours"] == rows).all()
    share = record.facts["agreement"]
    assert share["pixel"] == pytest.approx(np.mean(labels.numpy()[rows] == labels.numpy()[:, None]))
    own = agreement(record.arrays["neighbours"], labels.numpy(), np.arange(60))
    assert share["feature"] == pytest.approx(own)


def test_agreement_is_told_as_a_curve_over_how_many_neighbours(found):
    _, images, labels, record = found
    share = record.facts["agreement"]
    assert share["curve"]["k"] == [1, 2, 5, 10, 20, 50]
    for space in ("feature", "feature_l2", "pixel"):
        assert share["curve"][space][3] == pytest.approx(share[space])  # of ten, as asked for
    rows, _ = nearest((images * 255).round().numpy(), np.arange(60), 50)
    same = labels.numpy()[rows] == labels.numpy()[:, None]
    expected = [same[:, :count].mean() for count in share["curve"]["k"]]
    assert share["curve"]["pixel"] == pytest.approx(expected)


def test_pixels_are_compared_in_the_first_capture_only(found, monkeypatch):
    net, images, labels, _ = found
    ctx = Context(net, images[:2], dataset=DataSet(open_dataset((images, labels), SHAPE)))
    first = looked_through(net, images, labels, ctx=ctx)
    compared = []

    def counted(vectors, *args, **options):
        compared.append(vectors.dtype)
        return nearest(vectors, *args, **options)

    monkeypatch.setattr("cnnviz.core.alike.nearest", counted)
    second = looked_through(net, images, labels, ctx=ctx)
    assert compared
    assert np.uint8 not in compared
    for name in ("pixel_neighbours", "pixel_distances"):
        np.testing.assert_array_equal(first.arrays[name], second.arrays[name])


def test_components_are_those_of_a_full_decomposition(found):
    from sklearn.decomposition import PCA

    *_, record = found
    features = record.arrays["features"].astype(np.float64)
    expected = PCA(3, svd_solver="full").fit_transform(features)
    np.testing.assert_allclose(record.arrays["principal"], expected, atol=1e-6)


def test_what_the_network_says_of_each_image_is_kept(found):
    net, images, labels, record = found
    scores = net(images)
    assert (record.arrays["predicted"] == scores.argmax(1).numpy()).all()
    expected = nn.functional.cross_entropy(scores, labels, reduction="none")
    np.testing.assert_allclose(record.arrays["loss"], expected.numpy(), rtol=1e-4)


def test_without_labels_there_is_no_agreement_and_no_loss(found):
    net, images, *_ = found
    record = looked_through(net, images)
    assert record.facts["agreement"] is None
    assert np.isnan(record.arrays["loss"]).all()


def test_images_without_finite_features_have_no_place_and_are_nobodys_neighbours(found):
    net, images, labels, _ = found
    loud = images.clone()
    loud[7] = 3e38
    record = looked_through(net, loud, labels, grid=True)
    assert record.facts["nonfinite"] == 1
    assert np.isnan(record.arrays["principal"][7]).all()
    assert (record.arrays["neighbours"][7] == -1).all()
    others = np.delete(record.arrays["neighbours"], 7, axis=0)
    assert not (others == 7).any()
    assert np.isfinite(np.delete(record.arrays["principal"], 7, axis=0)).all()
    assert len(np.unique(record.arrays["grid"], axis=0)) == 60


def test_duplicates_are_counted_and_lie_at_distance_nothing(found):
    net, images, labels, _ = found
    twice = torch.cat([images[:30], images[:30]])
    record = looked_through(net, twice, labels, metric="l2")
    assert record.facts["duplicates"] == 30
    assert (record.arrays["neighbours"][:30, 0] == np.arange(30, 60)).all()
    assert (record.arrays["distances"][:, 0] == 0).all()


def test_fewer_images_than_neighbours_leave_places_empty(found):
    net, images, labels, _ = found
    for count in (1, 4):
        record = looked_through(net, images[:count], labels[:count], map="tsne", grid=True)
        assert (record.arrays["neighbours"][:, count - 1 :] == -1).all()
        assert "map" not in record.arrays
        assert "t-SNE needs 8 images" in record.facts["notes"][0]
        assert len(np.unique(record.arrays["grid"], axis=0)) == count


def test_a_perplexity_beyond_the_images_is_lowered_and_said(found):
    net, images, labels, _ = found
    record = looked_through(net, images[:20], labels[:20], map="tsne", perplexity=50)
    assert record.facts["map"]["perplexity"] == pytest.approx(19 / 3)
    assert "perplexity 50 is too much for 20 images" in record.facts["notes"][0]


def test_the_map_of_the_next_capture_starts_from_the_one_before(found):
    net, images, labels, _ = found
    data = DataSet(open_dataset((images, labels), SHAPE))
    ctx = Context(net, images[:2], dataset=data)
    first = looked_through(net, images, labels, ctx=ctx, map="tsne", perplexity=10)
    second = looked_through(net, images, labels, ctx=ctx, map="tsne", perplexity=10)
    assert [one.facts["map"]["aligned"] for one in (first, second)] == [False, True]
    moved = np.linalg.norm(second.arrays["map"] - first.arrays["map"], axis=1)
    assert np.median(moved) < 0.2 * first.arrays["map"].std()


def test_progress_of_the_map_is_reported_with_a_picture_and_can_be_stopped(found):
    net, images, labels, _ = found
    seen = []

    def report(done, total, preview, objective):
        if preview is not None:
            seen.append((preview().shape, objective))
            raise cnnviz.errors.JobCancelled

    data = DataSet(open_dataset((images, labels), SHAPE))
    ctx = Context(net, images[:2], dataset=data, on_report=report)
    with pytest.raises(cnnviz.errors.JobCancelled):
        execute([method("embedding", map="tsne")], ctx)
    assert seen[0][0] == (1, 3, 256, 256)
    assert seen[0][1] > 0


def test_too_many_features_are_refused_before_the_pass(found):
    net, images, labels, _ = found
    with pytest.raises(ParamsError, match="60 vectors of 8 numbers take more than max_bytes"):
        looked_through(net, images, labels, max_bytes=100)
