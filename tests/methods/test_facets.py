"""Facets against the steps of the paper done slowly, and what may be asked of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.datasets import DataSet, open_dataset
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import JobCancelled, ParamsError, UnsuitableError
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.tsne import tsne_map

SIDE = 12
HALVES = Normalize((0.5,) * 3, (0.25,) * 3)


def net_of(classes: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(3),
        nn.Flatten(),
        nn.Linear(72, 10),
        nn.ReLU(),
        nn.Linear(10, classes),
    ).eval()


def two_kinds(count: int = 48) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Images of two kinds under label 1 and noise under 0, and the kind of each."""
    numbers = torch.Generator().manual_seed(3)
    images = 0.3 * torch.randn(count, 3, SIDE, SIDE, generator=numbers)
    kinds = np.arange(count) % 3
    images[kinds == 1, 0, :6] += 2
    images[kinds == 2, 2, 6:] += 2
    return images, torch.from_numpy((kinds > 0).astype(np.int64)), kinds


def found_in(model_or_net, images, labels=None, /, *, seed=0, normalize=HALVES, **params):
    net = capture(model_or_net, images[:2]) if isinstance(model_or_net, nn.Module) else model_or_net
    data = DataSet(open_dataset((images, labels), tuple(images.shape[1:])))
    ctx = Context(net, images[:2], normalize=normalize, dataset=data, seed=seed)
    request = method("facets", **{"iterations": 6, "perplexity": 5, **params})
    (done,) = execute([request], ctx, on_error="raise").results
    return done.result


@pytest.fixture(scope="module")
def net():
    return capture(net_of(), torch.zeros(2, 3, SIDE, SIDE))


def test_groups_and_means_are_those_of_the_paper_done_slowly(net):
    images, labels, _ = two_kinds()
    record = found_in(net, images, labels, target=1, facets=2, sources=5)
    own = np.flatnonzero(labels.numpy() == 1)
    with torch.no_grad():
        codes = net(images, ["5"])[1]["5"].numpy()[own]
    # t-SNE blows the last digit up to another map: its own input must be the same bit by bit.
    points = tsne_map(codes, perplexity=5, seed=0).points.astype(np.float64)
    grouped = KMeans(2, n_init=10, random_state=0).fit(points)
    expected = set()
    for one in range(2):
        at = np.flatnonzero(grouped.labels_ == one)
        middle = codes[at].astype(np.float64).mean(axis=0)
        nearest = sorted(at, key=lambda i: np.linalg.norm(codes[i] - middle))[:5]
        expected.add(frozenset(own[nearest].tolist()))
    facets = record.facts["facets"]
    assert {frozenset(facet["rows"]) for facet in facets} == expected
    assert sum(facet["images"] for facet in facets) == len(own)
    for row, facet in enumerate(facets):
        mean = sum(images[at] for at in facet["rows"]) / 5
        shown = (mean * 0.25 + 0.5).clamp(0, 1)
        found = record.arrays["images"][row * record.facts["columns"] + 1]
        # Each image is clipped to colours that exist before the mean is taken.
        np.testing.assert_allclose(found, shown.permute(1, 2, 0), atol=0.1)


def test_a_class_of_two_kinds_has_a_facet_of_each(net):
    images, labels, kinds = two_kinds()
    record = found_in(net, images, labels, target=1, facets=2)
    majority = []
    for facet in record.facts["facets"]:
        of_rows = kinds[facet["rows"]]
        majority.append(int(np.median(of_rows)))
        assert (of_rows == majority[-1]).mean() >= 0.9
    assert set(majority) == {1, 2}


def test_a_row_is_the_picture_then_the_mean_then_its_images(net):
    images, labels, _ = two_kinds()
    record = found_in(net, images, labels, target=1, facets=3, shown=4)
    columns = record.facts["columns"]
    assert columns == 6
    assert record.arrays["images"].shape == (3 * columns, SIDE, SIDE, 3)
    assert len(record.facts["captions"]) == 3 * columns
    for row, facet in enumerate(record.facts["facets"]):
        first = row * columns
        assert record.facts["captions"][first].startswith(
            f"facet {row + 1} · {facet['images']} images · probability"
        )
        for place, source in enumerate(facet["rows"][:4]):
            shown = (images[source] * 0.25 + 0.5).clamp(0, 1).permute(1, 2, 0)
            np.testing.assert_allclose(record.arrays["images"][first + 2 + place], shown, atol=1e-5)
            assert record.facts["captions"][first + 2 + place] == f"image {source}"


def test_the_climb_raises_what_is_asked_for_and_the_facts_say_what_it_came_to(net):
    images, labels, _ = two_kinds()
    record = found_in(net, images, labels, target=1, facets=2, iterations=60, denoising=0.1)
    shown = torch.tensor(record.arrays["images"]).permute(0, 3, 1, 2)
    columns = record.facts["columns"]
    with torch.no_grad():
        scores = net((shown - 0.5) / 0.25)
    for row, facet in enumerate(record.facts["facets"]):
        made, mean = scores[row * columns], scores[row * columns + 1]
        assert made[1] > mean[1]
        assert facet["objective"] == pytest.approx(float(made[1]), abs=1e-3)
        assert facet["probability"] == pytest.approx(float(made.softmax(0)[1]), abs=1e-3)


def test_a_channel_is_asked_about_by_its_strongest_images(net):
    images, labels, _ = two_kinds()
    record = found_in(net, images, labels, layer="1", channel=4, strongest=12, facets=2)
    assert record.layer == "1"
    with torch.no_grad():
        means = net.features(images, ["1"])["1"][:, 4].mean((1, 2))
    strongest = set(means.argsort(descending=True)[:12].tolist())
    rows = [row for facet in record.facts["facets"] for row in facet["rows"]]
    assert set(rows) == strongest
    assert record.facts["chosen"] == "strongest"
    assert [facet["probability"] for facet in record.facts["facets"]] == [None, None]


def test_without_labels_the_images_that_the_class_scores_highest_are_taken(net):
    images, _, _ = two_kinds()
    record = found_in(net, images, target=2, strongest=10, facets=2)
    with torch.no_grad():
        strongest = net(images)[:, 2].argsort(descending=True)[:10].tolist()
    rows = [row for facet in record.facts["facets"] for row in facet["rows"]]
    assert set(rows) == set(strongest)


def test_more_facets_than_different_images_are_lowered_and_it_is_said(net):
    images, labels, _ = two_kinds(9)
    images[labels == 1] = images[1].clone()
    images[2] += 1
    record = found_in(net, images, labels, target=1, facets=5)
    assert len(record.facts["facets"]) == 2
    assert record.facts["duplicates"] == 4
    assert "5 facets were asked for, 2 images differ: 2 are made" in record.facts["notes"]
    assert any("2 different images are too few for t-SNE" in note for note in record.facts["notes"])


def test_a_class_of_one_image_has_one_facet_and_it_is_its_own_mean(net):
    images, labels, _ = two_kinds(12)
    labels[:] = 0
    labels[5] = 2
    record = found_in(net, images, labels, target=2)
    (facet,) = record.facts["facets"]
    assert facet["rows"] == [5]
    assert record.facts["columns"] == 3
    np.testing.assert_allclose(record.arrays["images"][1], record.arrays["images"][2], atol=1e-6)


def test_a_class_without_images_is_said_with_the_labels_that_there_are(net):
    images, labels, _ = two_kinds(12)
    with pytest.raises(
        UnsuitableError, match=r"no image .* label 2: choose one of its labels 0, 1"
    ):
        found_in(net, images, labels, target=2)


def test_images_with_broken_codes_are_left_out_and_counted():
    class Breaks(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = net_of()

        def forward(self, x):
            bright = x.mean((1, 2, 3), keepdim=True) > 40
            return self.inner(torch.where(bright, torch.nan, x))

    images, labels, _ = two_kinds()
    images[4] = 100.0  # kind 1, of label 1
    record = found_in(Breaks().eval(), images, labels, target=1, facets=2)
    rows = [row for facet in record.facts["facets"] for row in facet["rows"]]
    assert 4 not in rows
    assert record.facts["nonfinite"] >= 1
    assert any("codes that are not finite" in note for note in record.facts["notes"])


def test_many_images_are_thinned_evenly(net):
    images, labels, _ = two_kinds()
    record = found_in(net, images, labels, target=1, images=10, facets=1)
    own = np.flatnonzero(labels.numpy() == 1)
    assert record.facts["images"] == 10
    (facet,) = record.facts["facets"]
    assert set(facet["rows"]) == set(own[np.arange(10) * len(own) // 10].tolist())


def test_the_seed_decides_and_may_be_large(net):
    images, labels, _ = two_kinds()
    steps = {"iterations": 40}
    first, again = (found_in(net, images, labels, target=1, facets=3, **steps) for _ in range(2))
    other = found_in(net, images, labels, target=1, facets=3, seed=2**62 + 5, **steps)
    np.testing.assert_array_equal(first.arrays["images"], again.arrays["images"])
    assert first.facts == again.facts
    assert (first.arrays["images"] != other.arrays["images"]).any()


def test_a_stopped_pass_goes_on_to_the_same_end(net):
    images, labels, _ = two_kinds()
    request = method("facets", target=1)
    ctx = Context(net, images[:2])
    half, whole = (request.method.collector(ctx, request.params) for _ in range(2))
    from cnnviz.core.collecting import Seen

    def show(collector, start, end):
        with torch.no_grad():
            scores, outputs = net(images[start:end], ["5"])
        rows = np.arange(start, end)
        collector.take(
            Seen(rows, images[start:end], labels[start:end].int().numpy(), scores, outputs)
        )

    for start in range(0, 48, 8):
        show(whole, start, start + 8)
    for start in range(0, 24, 8):
        show(half, start, start + 8)
    gone_on = request.method.collector(ctx, request.params)
    gone_on.restore({name: array.copy() for name, array in half.state().items()})
    for start in range(24, 48, 8):
        show(gone_on, start, start + 8)
    for name, array in whole.state().items():
        np.testing.assert_array_equal(gone_on.state()[name], array)


def test_it_reports_and_can_be_taken_back(net):
    images, labels, _ = two_kinds()
    seen = []

    def stop(done, total, preview, objective):
        if objective is not None:
            seen.append((done, total, preview().shape))
            if done == 2:
                raise JobCancelled("enough")

    data = DataSet(open_dataset((images, labels), (3, SIDE, SIDE)))
    ctx = Context(net, images[:2], dataset=data, on_report=stop)
    with pytest.raises(JobCancelled):
        execute([method("facets", target=1, facets=2, iterations=9)], ctx)
    assert seen == [(1, 9, (2, 3, SIDE, SIDE)), (2, 9, (2, 3, SIDE, SIDE))]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"target": 7}, "target must be in 0 … 2, got 7"),
        ({"channel": 1}, "a channel needs its layer"),
        ({"layer": "1"}, "channel of '1' must be in 0 … 7, got None"),
        ({"layer": "1", "channel": 8}, "channel of '1' must be in 0 … 7, got 8"),
    ],
)
def test_what_is_not_there_is_refused_in_a_sentence(net, params, message):
    images, labels, _ = two_kinds(6)
    with pytest.raises(ParamsError, match=f"facets: {message}"):
        cnnviz.run("facets", net, images, labels=labels, **params)


def test_memory_for_one_picture_at_once_gives_the_same_pictures(net):
    images, labels, _ = two_kinds(9)
    data = DataSet(open_dataset((images, labels), (3, SIDE, SIDE)))
    made = []
    for limit in (None, 1):
        ctx = Context(net, images[:2], dataset=data, normalize=HALVES)
        ctx.batch_limit = limit
        request = method("facets", target=1, facets=2, iterations=4)
        (done,) = execute([request], ctx, on_error="raise").results
        made.append(done.result.arrays["images"])
    np.testing.assert_allclose(made[0], made[1], atol=2e-3)
