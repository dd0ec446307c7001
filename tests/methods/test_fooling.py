from __future__ import annotations

import captum.robust
import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.graph import capture
from tests import nets
from tests.core.networks import images, plain, state_of

MEAN, STD = 0.5, 0.25
NORMALIZE = ((MEAN,) * 3, (STD,) * 3)


def photographs(count=3):
    """Colours of 8 bits, normalised."""
    unit = (torch.sigmoid(nets.images(count).double()) * 255).round() / 255
    return (unit - MEAN) / STD


def pixels(record, which):
    """Originals (0), results (1) or differences (2), 0 … 255, (N, H, W, 3)."""
    return record.arrays["images"][which::3].astype(np.float64) * 255


def network():
    """Small, but sure of itself: a few steps change its mind."""
    model = nets.sequential().double().eval()
    with torch.no_grad():
        model[8].weight *= 40
    return model


def probability(model, shown, target):
    inputs = (torch.from_numpy(shown / 255).permute(0, 3, 1, 2) - MEAN) / STD
    return model(inputs).softmax(1)[:, target].detach().numpy()


def slow_ascent(model, start, target, confidence, rate):
    """One picture, (C, H, W) in 0 … 1: step by step, in the space of displayed pixels."""
    shown = start.clone()
    for steps in range(200):
        leaf = shown.clone().requires_grad_()
        p = model(((leaf - MEAN) / STD)[None]).softmax(1)[0, target]
        if p >= confidence:
            return shown, steps
        (gradient,) = torch.autograd.grad(p.log(), leaf)
        step = rate / 255 * gradient / gradient.abs().mean()
        shown = (shown + step).clamp(0, 1)
    raise AssertionError("not reached")


def test_it_takes_the_steps_of_a_slow_version_and_goes_back_on_the_line_to_the_original():
    model, x = network(), photographs(2)
    record = cnnviz.run("fooling", model, x, target=1, confidence=0.6, normalize=NORMALIZE)
    before, after = pixels(record, 0), pixels(record, 1)
    for index, start in enumerate(x * STD + MEAN):
        end, steps = slow_ascent(model, start, 1, 0.6, 0.25)
        assert record.facts["iterations"][index] == steps > 2
        line = (end - start).permute(1, 2, 0).numpy() * 255
        made = after[index] - before[index]
        share = (made * line).sum() / (line**2).sum()
        np.testing.assert_allclose(made, share * line, atol=1e-4)
        assert 0.3 < share < 1 + 1e-6


def test_a_saved_picture_is_taken_for_the_class_as_well():
    model, x = network(), photographs()
    record = cnnviz.run("fooling", model, x, target=1, confidence=0.6, normalize=NORMALIZE)
    assert record.facts["reached"] == [True] * 3
    found = probability(model, pixels(record, 1).round(), 1)
    assert (found >= 0.6).all()
    np.testing.assert_allclose(record.facts["objective_rounded"], found, atol=1e-5)
    assert (probability(model, pixels(record, 0), 1) < 0.6).all()


@pytest.mark.parametrize("target", [None, 1])
def test_fgsm_equals_captum_away_from_zero_gradient(target):
    model, x = network(), photographs()
    labels = [0, 4, 2]
    record = cnnviz.run(
        "fooling",
        model,
        x,
        way="fgsm",
        epsilon=3,
        target=target,
        labels=labels,
        normalize=NORMALIZE,
    )
    oracle = captum.robust.FGSM(
        lambda images: model(images).softmax(1), lower_bound=-MEAN / STD, upper_bound=MEAN / STD
    )
    asked = torch.tensor(labels if target is None else [target] * 3)
    expected = oracle.perturb(
        x.clone().requires_grad_(), 3 / 255 / STD, asked, targeted=target is not None
    )
    shown = ((expected.detach() * STD + MEAN) * 255).permute(0, 2, 3, 1).numpy()
    found = pixels(record, 1)
    leaf = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model(leaf).log_softmax(1)[range(3), asked].sum(), leaf)
    moved = (gradient.abs() > 1e-5).permute(0, 2, 3, 1).numpy()
    assert moved.mean() > 0.9
    np.testing.assert_allclose(found[moved], shown[moved], atol=1e-4)


def test_without_a_target_it_aims_at_the_least_likely_class_and_from_noise_at_the_own():
    model, x = network(), photographs()
    scores = model(x)
    given = {"confidence": 0.5, "normalize": NORMALIZE, "iterations": 2}
    record = cnnviz.run("fooling", model, x, **given)
    assert record.facts["aimed"] == scores.argmin(1).tolist()
    record = cnnviz.run("fooling", model, x, way="noise", labels=[1, 2, -1], **given)
    assert record.facts["aimed"] == [1, 2, int(scores[2].argmax())]
    record = cnnviz.run("fooling", model, x, way="fgsm", **given)
    assert record.facts["aimed"] is None


def test_the_pictures_lie_in_threes_with_the_difference_magnified_around_grey():
    record = cnnviz.run(
        "fooling", network(), photographs(), target=1, confidence=0.5, normalize=NORMALIZE
    )
    before, after, difference = (pixels(record, which) for which in range(3))
    factor = record.facts["magnified"]
    expected = (127.5 + factor * (after - before)).clip(0, 255)
    np.testing.assert_allclose(difference, expected, atol=0.01)
    rms = np.sqrt(((after - before) ** 2).mean((1, 2, 3)))
    np.testing.assert_allclose(record.facts["rms"], rms, rtol=1e-3)
    assert len(record.facts["captions"]) == 9
    assert record.facts["columns"] == 3
    assert record.facts["captions"][2].startswith(f"difference × {factor}, RMS")


def test_the_units_of_pixels_are_said():
    x = images()
    said = [
        cnnviz.run("fooling", plain(), batch, iterations=1, normalize=normalize).facts["pixels"]
        for batch, normalize in ((x, None), (x.sigmoid(), None), (x, NORMALIZE))
    ]
    assert "examples' own range" in said[0]
    assert "from 0 to 1" in said[1]
    assert "by normalize" in said[2]


def test_a_class_that_is_reached_already_needs_no_step():
    model, x = network(), photographs(1)
    top = int(model(x).argmax())
    record = cnnviz.run("fooling", model, x, target=top, confidence=0.2, normalize=NORMALIZE)
    assert record.facts["iterations"] == [0]
    assert record.facts["rms"] == [0.0]
    assert record.facts["reached"] == [True]


def test_what_is_not_reached_is_said():
    record = cnnviz.run("fooling", network(), photographs(), iterations=1, normalize=NORMALIZE)
    assert record.facts["reached"] == [False] * 3
    assert record.facts["iterations"] == [1] * 3


class Silent(nn.Module):
    """No gradient reaches the image."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 3))

    def forward(self, x):
        return x.mean((2, 3)) @ self.weight.T


def test_a_picture_that_no_gradient_reaches_stays_as_it_is():
    record = cnnviz.run("fooling", Silent(), images(2), target=1)
    assert record.facts["iterations"] == [0, 0]
    assert record.facts["note"] == "no gradient reaches example 0, 1: it stayed as it is"


def test_constant_images_and_broken_weights_give_pictures():
    flat = torch.full((2, 3, 12, 12), 0.3)
    record = cnnviz.run("fooling", plain(), flat, target=1, iterations=3)
    assert np.isfinite(record.arrays["images"]).all()
    model = plain()
    with torch.no_grad():
        model[9].weight.fill_(torch.nan)
    record = cnnviz.run("fooling", model, images(2), target=1, iterations=3)
    assert np.isfinite(record.arrays["images"]).all()
    assert record.facts["objective"] == [None, None]
    assert record.facts["reached"] == [False, False]


def test_a_model_that_ends_in_a_softmax_is_fooled_too():
    model = nn.Sequential(network(), nn.Softmax(1))
    plainly = cnnviz.run(
        "fooling", network(), photographs(), target=1, confidence=0.6, normalize=NORMALIZE
    )
    record = cnnviz.run(
        "fooling", model, photographs(), target=1, confidence=0.6, normalize=NORMALIZE
    )
    assert record.facts["iterations"] == plainly.facts["iterations"]
    np.testing.assert_allclose(pixels(record, 1), pixels(plainly, 1), atol=1e-3)


def test_bad_input_is_refused_in_words():
    with pytest.raises(ParamsError, match="target must be in 0 … 4, got 9"):
        cnnviz.run("fooling", plain(), images(), target=9)
    with pytest.raises(ParamsError, match=r"fooling\.confidence: expected .* < 1"):
        cnnviz.run("fooling", plain(), images(), confidence=1.0)
    one = nn.Sequential(nn.Conv2d(3, 1, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(UnsuitableError, match="one class: there is no other"):
        cnnviz.run("fooling", one, images())


@pytest.mark.parametrize("channels", [1, 4])
def test_grey_and_four_channel_images_are_shown(channels):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )
    record = cnnviz.run("fooling", model, images(2, channels=channels), iterations=2)
    assert record.arrays["images"].shape == (6, 12, 12, 3)


def test_batches_change_nothing_but_the_memory():
    net = capture(network(), photographs())
    request = method("fooling", target=1, confidence=0.6)
    found = []
    for limit in (None, 1):
        ctx = Context(net, photographs())
        ctx.batch_limit = limit
        found.append(execute([request], ctx, on_error="raise").results[0].result)
    assert found[0].facts["iterations"] == found[1].facts["iterations"]
    np.testing.assert_allclose(
        found[0].arrays["images"], found[1].arrays["images"], rtol=0, atol=1e-6
    )


def test_it_reports_its_way_with_pictures_and_can_be_taken_back():
    told = []

    def report(done, total, preview, objective):
        told.append((done, total, preview().shape, float(objective.mean())))
        if len(told) == 3:
            raise cnnviz.errors.JobCancelled("enough")

    model = network()
    before = state_of(model)
    ctx = Context(capture(model, photographs()), photographs(), on_report=report)
    with pytest.raises(cnnviz.errors.JobCancelled):
        execute([method("fooling", target=1, iterations=50)], ctx, on_error="raise")
    assert [one[:3] for one in told] == [(n, 50, (3, 3, 16, 16)) for n in range(3)]
    assert told[0][3] < told[-1][3] < 1
    assert {k: v for k, v in state_of(model).items() if v != before[k]}.keys() <= {"torch"}
