from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from captum.attr import KernelShap
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import JobCancelled, ParamsError
from cnnviz.ops.shapley import all_coalitions, exact_values
from tests import nets

GRID = {"cut": "grid", "baseline": "zero"}


def shapley(model, x, labels, target):
    """Every part's mean gain over all orders of showing parts, one forward pass at a time."""
    parts = int(labels.max()) + 1
    scores = {}
    for size in range(parts + 1):
        for shown in itertools.combinations(range(parts), size):
            seen = x * torch.from_numpy(np.isin(labels, shown))
            scores[frozenset(shown)] = float(model(seen[None]).detach()[0, target])
    values = np.zeros(parts)
    for order in itertools.permutations(range(parts)):
        for place, part in enumerate(order):
            before = frozenset(order[:place])
            values[part] += scores[before | {part}] - scores[before]
    return values / math.factorial(parts)


@pytest.mark.parametrize("cut", ["grid", "superpixels"])
def test_few_parts_get_exactly_their_mean_gain_over_all_orders(cut):
    model, x = nets.residual().double().eval(), nets.images(2, height=12, width=16).double()
    record = cnnviz.run("kernel_shap", model, x, target=1, segments=6, cut=cut, baseline="zero")
    for index in range(2):
        labels = record.arrays["segments"][index]
        expected = shapley(model, x[index], labels, 1)
        np.testing.assert_allclose(
            record.arrays["values"][index, : len(expected)], expected, rtol=0, atol=1e-9
        )
        np.testing.assert_allclose(record.arrays["map"][index], expected[labels], atol=1e-9)
    assert record.facts["exact"] is True
    assert record.facts["passes"] == [2**count for count in record.facts["segments"]]


@pytest.mark.parametrize("segments", [8, 12, 30])
def test_the_values_sum_to_what_the_score_gained(segments):
    model, x = nets.sequential().double().eval(), nets.images(2).double()
    record = cnnviz.run("kernel_shap", model, x, target=2, segments=segments, samples=200, **GRID)
    with torch.no_grad():
        gains = (model(x) - model(torch.zeros_like(x)))[:, 2].numpy()
    np.testing.assert_allclose(record.arrays["values"].sum(1), gains, rtol=0, atol=1e-9)
    np.testing.assert_allclose(record.facts["sums"], record.facts["score_gains"], atol=1e-9)
    assert record.facts["exact"] is (segments <= 12)


def test_many_parts_come_closer_to_the_exact_values_than_captums_from_as_many_passes():
    model, x = nets.sequential().double().eval(), nets.images(1, height=8, width=28).double()
    record = cnnviz.run("kernel_shap", model, x, target=2, segments=14, samples=1500, **GRID)
    labels = torch.tensor(record.arrays["segments"]).long()
    parts = int(labels.max()) + 1
    assert parts > 12
    shown = torch.from_numpy(all_coalitions(parts))[:, labels[0]].unsqueeze(1)
    with torch.no_grad():
        worth = torch.cat([model(x * batch)[:, 2] for batch in shown.split(1024)])
    exact = exact_values(worth.numpy())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        captums = KernelShap(model).attribute(
            x, target=2, feature_mask=labels[:, None], n_samples=1500, perturbations_per_eval=500
        )
    spread = np.abs(exact).max()
    ours = np.abs(record.arrays["values"][0] - exact).max()
    theirs = np.abs(captums[0, 0].numpy() - exact[labels[0]]).max()
    assert ours < min(0.05 * spread, theirs)
    assert theirs < 0.3 * spread
    assert record.facts["passes"][0] <= 1502


def test_the_part_that_alone_counts_gets_all():
    linear = nn.Sequential(nn.Flatten(), nn.Linear(6 * 6, 2, bias=False))
    with torch.no_grad():
        linear[1].weight.zero_()
        linear[1].weight[1, 2 * 6 + 4] = 5
    x = torch.ones(1, 1, 6, 6)
    record = cnnviz.run("kernel_shap", linear, x, target=1, segments=4, **GRID)
    expected = np.zeros((6, 6))
    expected[:3, 3:] = 5
    np.testing.assert_allclose(record.arrays["map"][0], expected, atol=1e-6)


def test_a_unit_of_a_layer_may_stand_in_for_the_score():
    model, x = nets.sequential().double().eval(), nets.images(1).double()
    record = cnnviz.run("kernel_shap", model, x, layer="4", channel=3, segments=5, **GRID)
    with torch.no_grad():
        gain = (model[:5](x) - model[:5](0 * x))[0, 3].mean()
    assert abs(record.arrays["values"].sum() - float(gain)) < 1e-9
    assert record.layer == "4"


def test_few_pictures_at_a_time_change_nothing_and_a_job_is_cancelled_between_them():
    net = cnnviz.capture(nets.sequential().double(), nets.images().double())
    request = method("kernel_shap", target=0, segments=4, **GRID)
    maps = []
    for limit in (None, 3):
        ctx = Context(net, nets.images(2).double())
        ctx.batch_limit = limit
        maps.append(execute([request], ctx).results[0].result.arrays["map"])
    np.testing.assert_allclose(maps[0], maps[1], rtol=0, atol=1e-12)

    def listen(done, total, *_):
        heard.append((done, total))
        if done >= 16:
            raise JobCancelled("enough")

    heard = []
    with pytest.raises(JobCancelled):
        execute([request], Context(net, nets.images(2).double(), on_report=listen))
    assert heard == [(0, 32), (16, 32)]


def test_an_image_of_one_pixel_is_one_part_and_says_so():
    model = nets.seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(3, 2)))
    record = cnnviz.run("kernel_shap", model, torch.ones(1, 3, 1, 1), target=0, baseline="zero")
    assert record.facts["segments"] == [1]
    assert "could not be cut" in record.facts["note"]
    np.testing.assert_allclose(record.facts["sums"], record.facts["score_gains"], atol=1e-6)


def test_an_image_of_one_colour_that_is_its_own_baseline_gets_nothing():
    x = torch.full((1, 3, 16, 16), 0.3)
    record = cnnviz.run("kernel_shap", nets.sequential(), x, target=0, cut="grid")
    np.testing.assert_allclose(record.arrays["map"], 0, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"segments": 1}, "segments"),
        ({"segments": 40, "samples": 50}, "samples must be at least two a segment, 80, got 50"),
        ({"cut": "hexagons"}, "cut"),
        ({"target": 5}, "target must be in 0 … 4, got 5"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_in_a_sentence(options, message):
    with pytest.raises(ParamsError, match=message):
        cnnviz.run("kernel_shap", nets.sequential(), nets.images(), **options)
