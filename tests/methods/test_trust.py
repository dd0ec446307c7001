from __future__ import annotations

import captum.metrics
import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import JobCancelled, ParamsError, UnsuitableError
from cnnviz.graph import capture
from cnnviz.methods.trust import judgement
from tests import nets
from tests.core.networks import CLASSES, images, plain, state_of

TARGET = 2
QUICK = {"steps": 4, "samples": 2}


def network():
    return nets.sequential().double().eval()


def photographs(count=2):
    return nets.images(count, height=9, width=7).double()


@torch.no_grad()
def slow_curve(model, start, end, order, target, steps):
    """Petsiuk et al., algorithm 1, one pixel at a time, of one image (C, H, W)."""
    shown, values = start.clone(), []
    due = [round(len(order) * step / steps) for step in range(steps + 1)]
    for count in range(len(order) + 1):
        if count in due:
            values.append(float(model(shown[None]).softmax(1)[0, target]))
        if count < len(order):
            row, column = divmod(int(order[count]), shown.shape[2])
            shown[:, row, column] = end[:, row, column]
    return np.array(values)


def trapezia(curve):
    return (curve.sum() - curve[0] / 2 - curve[-1] / 2) / (len(curve) - 1)


@pytest.mark.parametrize(
    ("judged", "rank"),
    [
        ("saliency", lambda found: found),
        ("guided_backprop", abs),
        ("gradient_input", lambda found: found),
    ],
)
def test_curves_and_areas_equal_pixels_hidden_one_by_one(judged, rank):
    model, x = network(), photographs()
    record = cnnviz.run(
        "trust", model, x, method=judged, target=TARGET, steps=5, sigma=0.0, baseline="zero"
    )
    maps = rank(cnnviz.run(judged, model, x, target=TARGET).arrays["map"])
    for index, image in enumerate(x):
        order = np.argsort(-maps[index].ravel())
        hidden = torch.zeros_like(image)
        deletion = slow_curve(model, image, hidden, order, TARGET, 5)
        insertion = slow_curve(model, hidden, image, order, TARGET, 5)
        np.testing.assert_allclose(record.arrays["deletion"][index], deletion, atol=1e-9)
        np.testing.assert_allclose(record.arrays["insertion"][index], insertion, atol=1e-9)
        expected = [trapezia(deletion), trapezia(insertion)]
        np.testing.assert_allclose(record.arrays["areas"][index, :2], expected, atol=1e-9)
    np.testing.assert_allclose(record.arrays["fraction"], np.linspace(0, 1, 6))
    for column, name in ((2, "random_deletion"), (3, "random_insertion")):
        areas = [trapezia(curve) for curve in record.arrays[name]]
        np.testing.assert_allclose(record.arrays["areas"][:, column], areas, atol=1e-12)


def test_all_curves_begin_and_end_at_the_whole_image_and_at_the_blurred_one():
    model, x = network(), photographs()
    record = cnnviz.run("trust", model, x, target=TARGET, **QUICK)
    whole = model(x).softmax(1)[:, TARGET].detach().numpy()
    for name in ("deletion", "random_deletion"):
        np.testing.assert_allclose(record.arrays[name][:, 0], whole, atol=1e-12)
    for name in ("insertion", "random_insertion"):
        np.testing.assert_allclose(record.arrays[name][:, -1], whole, atol=1e-12)
    hidden = record.arrays["insertion"][:, 0]
    for name in ("deletion", "random_deletion"):
        np.testing.assert_array_equal(record.arrays[name][:, -1], hidden)
    assert record.facts["hidden_by"] == "the image blurred, sigma 4 px"
    assert record.facts["value"] == "probability of the class"


def test_the_sensitivity_equals_captums_under_the_same_noise():
    model, x = network(), photographs()
    net = capture(model, x)
    radius, samples = 0.1, 4
    record = cnnviz.run(
        "trust", net, x, target=TARGET, samples=samples, radius=radius, steps=2, seed=5
    )
    drawn = torch.Generator().manual_seed(5)

    def noisy(inputs, _radius):
        assert len(inputs) == len(x)
        noise = torch.rand(x.shape, generator=drawn, dtype=x.dtype)
        return inputs + (2 * noise - 1) * radius

    def saliency(inputs):
        (given,) = inputs if isinstance(inputs, tuple) else (inputs,)
        record = cnnviz.run("saliency", net, given, target=TARGET)
        return (torch.from_numpy(record.arrays["map"].copy()),)

    expected = captum.metrics.sensitivity_max(
        saliency, x, noisy, n_perturb_samples=samples, max_examples_per_batch=len(x)
    )
    np.testing.assert_allclose(record.arrays["sensitivity"], expected.numpy(), rtol=1e-9)


def test_the_map_is_made_again_with_layers_drawn_anew_for_the_same_classes():
    model, x = network(), photographs()
    record = cnnviz.run("trust", model, x, **QUICK)
    assert record.facts["randomised"] == [["8"], ["8", "4"], ["8", "4", "0"]]
    assert record.arrays["rank_correlation"].shape == (2, 3)
    assert record.facts["targets"] == model(x).argmax(1).tolist()
    asked = cnnviz.run("trust", model, x, randomised=(2, 99), **QUICK)
    assert asked.facts["randomised"] == [["8", "4"], ["8", "4", "0"]]


def test_a_map_of_the_image_alone_is_called_insensitive_and_saliency_is_not():
    """Before any rectifier guided backpropagation of a deep network is hardly the classes'."""
    torch.manual_seed(3)
    body = [
        layer
        for _ in range(4)
        for layer in (nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
    ]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, CLASSES)]
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), *body, *head).eval()
    x = images(4, size=16)
    verdicts = {
        name: cnnviz.run("trust", model, x, method=name, **QUICK).facts
        for name in ("saliency", "guided_backprop")
    }
    saliency, guided = (one["mean_rank_correlation"][0] for one in verdicts.values())
    assert guided > 0.8 > 0.6 > saliency
    assert verdicts["saliency"]["verdict"] == "changes with weights"
    assert verdicts["guided_backprop"]["verdict"] == "insensitive to weights"
    assert f"{guided:.2f}" in verdicts["guided_backprop"]["explanation"]


@pytest.mark.parametrize(
    ("correlation", "verdict"),
    [(0.59, "changes with weights"), (0.6, "insensitive to weights"), (None, "undecided")],
)
def test_the_verdict_turns_at_the_threshold(correlation, verdict):
    assert judgement(correlation, "class")[0] == verdict


def test_a_unit_is_judged_by_its_activation():
    model, x = network(), photographs()
    unit = {"layer": "4", "channel": 3, "position": [1, 0]}
    record = cnnviz.run("trust", model, x, params=unit, baseline="zero", **QUICK)
    assert record.facts["randomised"] == [["4"], ["4", "0"]]
    assert "activation" in record.facts["value"]
    np.testing.assert_allclose(abs(record.arrays["deletion"][:, 0]), 1)
    net = capture(model, x)
    values = [
        net.features(batch, ["4"])["4"][:, 3, 1, 0].detach().numpy()
        for batch in (x, torch.zeros_like(x))
    ]
    expected = values[1] / abs(values[0])
    np.testing.assert_allclose(record.arrays["deletion"][:, -1], expected)
    assert record.facts["params"]["channel"] == 3


def test_occlusion_of_a_layer_is_judged_by_each_examples_strongest_channel():
    record = cnnviz.run(
        "trust", plain(), images(2), method="occlusion", params={"layer": "4", "window": 6}, **QUICK
    )
    assert np.isfinite(record.arrays["areas"]).all()


def test_the_targets_of_both_places_are_one():
    model, x = plain(), images(2)
    first = cnnviz.run("trust", model, x, target=1, **QUICK)
    second = cnnviz.run("trust", model, x, params={"target": 1}, **QUICK)
    assert first.facts["params"] == second.facts["params"]
    assert first.facts["targets"] == [1, 1]
    np.testing.assert_array_equal(first.arrays["areas"], second.arrays["areas"])


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"method": "salency"}, "no method 'salency'.*did you mean 'saliency'"),
        ({"method": "activations"}, "gives feature_maps: take a method of kind heatmap"),
        ({"method": "trust"}, "gives trust: take a method of kind heatmap"),
        ({"params": {"windw": 3}}, "saliency has no parameter 'windw'"),
        ({"params": {"target": 9}}, "target must be in 0 … 4, got 9"),
        ({"target": 9}, "target must be in 0 … 4, got 9"),
        ({"target": 1, "params": {"target": 2}}, "target is 1 here and 2 in params"),
        ({"steps": 1}, r"trust\.steps"),
        ({"method": "occlusion", "params": {"window": 50}}, "window must fit the image"),
        ({"params": {"layer": "nowhere", "channel": 0}}, "no layer 'nowhere'"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_words(params, said):
    with pytest.raises((ParamsError, cnnviz.errors.MissingError), match=said):
        cnnviz.run("trust", plain(), images(2), **params)


def test_the_judged_methods_reason_is_passed_on():
    with pytest.raises(UnsuitableError, match="guided_backprop does not suit.* SiLU"):
        cnnviz.run("trust", nets.dict_output(), nets.images(), method="guided_backprop")


class Silent(nn.Module):
    """No gradient reaches the image."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(4, 3)
        nn.init.zeros_(self.conv.weight)

    def forward(self, x):
        return self.head(self.conv(x).mean((2, 3)))


def test_a_map_of_one_value_is_named_and_undecided():
    record = cnnviz.run("trust", Silent(), images(2), **QUICK)
    assert record.facts["verdict"] == "undecided"
    assert record.facts["note"].startswith("the map of example 0, 1 has one value everywhere")
    assert np.isnan(record.arrays["rank_correlation"]).all()
    assert np.isnan(record.arrays["sensitivity"]).all()
    assert np.isfinite(record.arrays["areas"]).all()


def test_constant_images_one_class_and_one_channel_are_judged():
    flat = torch.full((2, 3, 12, 12), 0.3)
    assert np.isfinite(cnnviz.run("trust", plain(), flat, **QUICK).arrays["areas"]).all()
    torch.manual_seed(0)
    one = nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    x = images(2, channels=1)
    record = cnnviz.run("trust", one, x, **QUICK)
    expected = one(x).sigmoid()[:, 0].detach().numpy()
    np.testing.assert_allclose(record.arrays["deletion"][:, 0], expected, rtol=1e-6)


def test_a_network_without_a_layer_to_draw_anew_is_undecided():
    class Means(nn.Module):
        def forward(self, x):
            return x.square().mean((2, 3))

    record = cnnviz.run("trust", Means(), images(2), **QUICK)
    assert record.facts["verdict"] == "undecided"
    assert record.arrays["rank_correlation"].shape == (2, 0)


def test_broken_weights_give_a_record_that_says_so():
    model = plain()
    with torch.no_grad():
        model[0].weight[0] = torch.nan
    record = cnnviz.run("trust", model, images(2), **QUICK)
    assert record.facts["verdict"] == "undecided"
    assert "no numbers" in record.facts["note"]


def test_probabilities_are_not_taken_twice():
    x = photographs()
    plainly = cnnviz.run("trust", network(), x, target=TARGET, **QUICK)
    given = cnnviz.run("trust", nn.Sequential(network(), nn.Softmax(1)), x, target=TARGET, **QUICK)
    np.testing.assert_allclose(
        given.arrays["random_insertion"], plainly.arrays["random_insertion"], atol=1e-9
    )


def test_batches_change_neither_maps_nor_curves():
    model, x = network(), photographs()
    net, found = capture(model, x), []
    for limit in (None, 1):
        ctx = Context(net, x, labels=[1, 3])
        ctx.batch_limit = limit
        (done,) = execute([method("trust", **QUICK)], ctx, on_error="raise").results
        found.append(done.result)
    for name in ("deletion", "insertion", "rank_correlation"):
        np.testing.assert_allclose(found[0].arrays[name], found[1].arrays[name], atol=1e-9)
    assert found[0].facts["targets"] == found[1].facts["targets"] == [1, 3]


@pytest.mark.parametrize("at", [1, 30, 75])
def test_it_can_be_taken_back_anywhere_and_leaves_the_model_as_it_was(at):
    told = []

    def report(done, total, _preview, _objective):
        told.append(done / total)
        if len(told) > at:
            raise JobCancelled("enough")

    model = plain()
    net = capture(model, images(2))
    before = state_of(model)
    ctx = Context(net, images(2), on_report=report)
    request = method("trust", method="smooth_grad", params={"samples": 10}, **QUICK)
    with pytest.raises(JobCancelled):
        execute([request], ctx, on_error="raise")
    assert told == sorted(told)
    assert told[-1] <= 1
    assert state_of(model) == before


def test_its_reports_end_at_the_whole():
    told = []
    net = capture(plain(), images(2))
    ctx = Context(net, images(2), on_report=lambda *said: told.append(said[:2]))
    execute([method("trust", **QUICK)], ctx, on_error="raise")
    assert told[-1][0] == told[-1][1]
