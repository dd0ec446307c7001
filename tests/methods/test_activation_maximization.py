from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch import nn

import cnnviz
from cnnviz.contract.params import json_schema
from cnnviz.core.ascent import between_steps
from cnnviz.core.ascent_params import AscentParams
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.registry import find
from cnnviz.core.requests import method
from cnnviz.errors import JobCancelled, MissingError, ParamsError
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from tests.core.networks import images, plain

NORMALIZE = Normalize((0.5, 0.4, 0.6), (0.25, 0.3, 0.2))
MEAN = 255 * np.array(NORMALIZE.mean).reshape(3, 1, 1)
STD = 255 * np.array(NORMALIZE.std).reshape(3, 1, 1)
PLAIN = {"parameterisation": "pixels", "robust": False}


@pytest.fixture(scope="module")
def net():
    return capture(plain().double().eval(), images().double())


@pytest.fixture
def x():
    """Colours that exist, normalised."""
    colours = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(3))
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in NORMALIZE)
    return ((colours - mean) / std).double()


def run(net, x, **params):
    return cnnviz.run("activation_maximization", net, x, normalize=NORMALIZE, **params)


def after_one_step(net, x, **params):
    """The pixels after one step from an example, (C, H, W)."""
    record = run(net, x, iterations=1, start="example", **PLAIN, **params)
    return record.arrays["images"][0].astype(np.float64).transpose(2, 0, 1) * 255 - MEAN


def by_pixels(net, x, value):
    """Slow road: the derivative of a value by the pixels in 0 … 255."""
    leaf = x.clone().requires_grad_()
    value(leaf).sum().backward()
    return leaf.grad[0].numpy() / STD


def clip(pixels):
    return np.clip(pixels, -MEAN, 255 - MEAN)


# The picture is float32 in 0 … 1: that is what bounds equality here; ops are held to 1e-8 below.
def same(found, expected):
    np.testing.assert_allclose(found, clip(expected), rtol=0, atol=3e-5)


def test_a_simonyan_step_is_the_gradient_of_the_score_less_the_square(net, x):
    pixels = x[0].numpy() * STD
    g = by_pixels(net, x, lambda leaf: net(leaf)[:, 3])
    found = after_one_step(net, x, units=[3], rule="gradient", rate=500.0, l2=1e-4)
    same(found, pixels + 500.0 * (g - 2 * 1e-4 * pixels))


def test_a_normalised_step_moves_by_the_rate_on_average(net, x):
    pixels = x[0].numpy() * STD
    g = by_pixels(net, x, lambda leaf: net.features(leaf, ["4"])["4"][:, 5].mean((1, 2)))
    found = after_one_step(net, x, layer="4", units=[5], rule="normalised", rate=1.5)
    same(found, pixels + 1.5 * g / np.abs(g).mean())


def test_a_progress_step_promises_what_is_desired(net, x):
    pixels = x[0].numpy() * STD
    g = by_pixels(net, x, lambda leaf: net.features(leaf, ["4"])["4"][:, 2, 3, 3])
    params = {"layer": "4", "units": [2], "position": "centre", "rule": "progress"}
    found = after_one_step(net, x, **params, rate=1e9, desired=0.01)
    same(found, pixels + 0.01 / np.sum(g**2) * g)
    bounded = after_one_step(net, x, **params, rate=7.0, desired=1e9)
    same(bounded, pixels + 7.0 * g)


def test_total_variation_is_taken_off(net, x):
    pixels = x[0].numpy() * STD
    g = by_pixels(net, x, lambda leaf: net(leaf)[:, 0])
    tv = np.zeros_like(pixels)
    for c, i, j in np.ndindex(pixels.shape):
        for di, dj in ((0, 1), (1, 0)):
            if i + di < 12 and j + dj < 12:
                difference = pixels[c, i + di, j + dj] - pixels[c, i, j]
                tv[c, i + di, j + dj] += 2 * difference
                tv[c, i, j] -= 2 * difference
    found = after_one_step(net, x, rule="gradient", rate=10.0, tv=1e-3)
    same(found, pixels + 10.0 * (g - 1e-3 * tv))


YOSINSKI = [
    preset for preset in find("activation_maximization").presets if "yosinski" in preset.name
]


@pytest.mark.parametrize("preset", YOSINSKI, ids=lambda preset: preset.name)
def test_between_steps_yosinskis_sets_equal_their_transcription(preset):
    params = cnnviz.method("activation_maximization", **preset.params).params
    random = np.random.default_rng(0)
    xx, grad = random.normal(0, 40, (2, 3, 17, 13)), random.normal(size=(2, 3, 17, 13))
    for iteration in (0, 1, 4):
        found = between_steps(torch.tensor(xx), torch.tensor(grad), iteration, params)
        for one, g, ours in zip(xx, grad, found.numpy(), strict=True):
            expected = transcribed(one, g, iteration, params)
            np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-8)


def transcribed(x: np.ndarray, g: np.ndarray, iteration: int, params: AscentParams) -> np.ndarray:
    """Section 4 of the paper, after x was moved along the gradient."""
    x = x * (1 - params.decay)
    if params.blur and iteration % params.blur_every == 0:
        x = np.stack([gaussian_filter(channel, params.blur) for channel in x])
    if params.small_norm:
        norms = np.sqrt((x**2).sum(0))
        x = x * (norms >= np.percentile(norms, params.small_norm))
    if params.small_contribution:
        contributions = np.abs((x * g).sum(0))
        x = x * (contributions >= np.percentile(contributions, params.small_contribution))
    return x


def test_the_presets_are_those_of_the_papers_table():
    sets = {preset.name[-1]: preset.params for preset in YOSINSKI}
    assert [sets[name].get("decay", 0) for name in "abcd"] == [0, 0.3, 1e-4, 0]
    assert [sets[name].get("blur", 0) for name in "abcd"] == [0.5, 0, 1.0, 0.5]
    assert [sets[name].get("small_norm", 0) for name in "abcd"] == [50, 20, 0, 0]
    assert [sets[name].get("small_contribution", 0) for name in "abcd"] == [0, 0, 0, 90]
    assert [sets[name]["iterations"] for name in "abcd"] == [500, 750, 1000, 1000]


def test_a_direction_is_one_picture_for_a_weighted_sum(net, x):
    pixels = x[0].numpy() * STD

    def value(leaf):
        maps = net.features(leaf, ["4"])["4"].mean((2, 3))
        return 2 * maps[:, 1] - 3 * maps[:, 6] + 0.5 * net(leaf)[:, 4]

    g = by_pixels(net, x, value)
    params = {"layer": "4", "units": [1, 6], "weights": [2, -3], "rule": "gradient", "rate": 9.0}
    plus = [{"unit": 4, "weight": 0.5}]
    same(after_one_step(net, x, **params, plus=plus), pixels + 9.0 * g)
    record = run(net, x, **params, plus=plus, iterations=1)
    assert record.facts["captions"] == ["+2 · 4 1 -3 · 4 6 +0.5 · class 4"]


@pytest.mark.parametrize("preset", find("activation_maximization").presets, ids=lambda p: p.name)
def test_every_preset_gives_colours_that_exist(preset):
    net = capture(plain().eval(), images())
    record = run(net, images(), **(preset.params | {"iterations": 5}), units=[1, 2])
    side = 14 if preset.name == "centre_bias" else 12
    assert record.arrays["images"].shape == (2, side, side, 3)
    assert 0 <= record.arrays["images"].min() <= record.arrays["images"].max() <= 1


@pytest.mark.parametrize("preset", ["lucid", "simonyan", "yosinski_c"])
def test_the_activation_rises(preset):
    net = capture(plain().eval(), images())
    (found,) = (p for p in find("activation_maximization").presets if p.name == preset)
    values = found.params | {"iterations": 20}
    still = run(net, images(), **(values | {"rate": 1e-12}), units=[1, 2]).facts["objective"]
    ended = run(net, images(), **values, units=[1, 2]).facts["objective"]
    assert all(after > before for before, after in zip(still, ended, strict=True))


def test_small_batches_give_the_same_pictures_as_one():
    net = capture(plain().eval(), images())
    asked = method("activation_maximization", units=[0, 1, 2, 3, 4], iterations=6, jitter=2)
    found = []
    for limit in (None, 2):
        ctx = Context(net, images()[:0], normalize=NORMALIZE)
        ctx.batch_limit = limit
        (done,) = execute([asked], ctx, on_error="raise").results
        found.append(done.result.arrays["images"])
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-5)


def test_nothing_beyond_the_layer_is_computed():
    class Watched(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)

        def forward(self, x):
            return self.second(self.first(x))

    model = Watched()
    net = capture(model, images())
    with torch.no_grad():
        model.second.weight.fill_(torch.nan)
    record = run(net, images(), layer="first", units=[1], iterations=3)
    assert np.isfinite(record.arrays["images"]).all()
    assert model.first.weight.grad is None


def test_it_reports_every_step_and_shows_the_picture_so_far():
    net = capture(plain().eval(), images())
    seen = []

    def report(done, total, preview, objective):
        seen.append((done, total, preview().shape, objective.shape))
        if done == 5:
            raise JobCancelled

    ctx = Context(net, images(), normalize=NORMALIZE, on_report=report)
    with pytest.raises(JobCancelled):
        execute([method("activation_maximization", units=[0, 1], iterations=9)], ctx)
    assert seen == [(n, 9, (2, 3, 12, 12), (2,)) for n in range(1, 6)]


@pytest.fixture(scope="module")
def sleeping():
    """Two layers whose second unit is off, and dead to the gradient, on any picture near grey."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 1), nn.ReLU())
    random = torch.Generator().manual_seed(2)
    with torch.no_grad():
        model[0].weight.copy_(torch.randn(4, 3, 3, 3, generator=random) / 3)
        model[0].bias.fill_(-0.1)
        model[2].weight.fill_(1.0)
        model[2].bias.copy_(torch.tensor([1.0, -1.5]))
    return capture(model.eval(), images())


@pytest.mark.parametrize("start", ["noise", "zeros"])
def test_a_unit_that_is_off_at_the_start_is_turned_on(sleeping, start):
    params = {"layer": "3", "units": [0, 1], "iterations": 40, "start": start}
    stuck = run(sleeping, images(), **params, redirect=0)
    assert stuck.facts["no_gradient"] == [1]
    assert stuck.facts["objective"][1] == 0
    turned = run(sleeping, images(), **params)
    assert turned.facts["no_gradient"] == []
    assert turned.facts["objective"][1] > 0


def test_turning_a_unit_on_changes_no_other_picture(sleeping):
    params = {"layer": "3", "iterations": 30}
    both = run(sleeping, images(), units=[0, 1], **params)
    plain = run(sleeping, images(), units=[0, 0], **params, redirect=0)
    np.testing.assert_array_equal(both.arrays["images"][0], plain.arrays["images"][0])


def test_a_unit_that_no_gradient_reaches_is_named():
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()).eval()
    with torch.no_grad():
        model[0].bias.copy_(torch.tensor([1e3, -1e6]))
    record = run(model, images(), layer="1", units=[0, 1], iterations=2)
    assert record.facts["no_gradient"] == [1]
    assert record.facts["captions"] == ["1 0", "1 1 · stays off"]


def test_objectives_given_as_json_compose_scores_channels_units_and_directions(net, x):
    """As the page and the shell send them: plain values."""
    values = json.loads(
        '{"layer": "4", "units": [1, 6], "weights": [2, -3], "position": [2, 3], "iterations": 1,'
        ' "plus": [{"unit": 4}, {"layer": "0", "unit": 2, "weight": -0.5}]}'
    )
    record = run(net, x, **values, start="example", parameterisation="pixels", robust=False,
                 rule="gradient", rate=1e-12)  # fmt: skip
    maps = net.features(x, ["4", "0"])
    expected = 2 * maps["4"][0, 1, 2, 3] - 3 * maps["4"][0, 6, 2, 3] + net(x)[0, 4]
    expected = expected - 0.5 * maps["0"][0, 2].mean()
    assert record.facts["objective"][0] == pytest.approx(float(expected), rel=1e-5)


def test_every_choice_of_a_layer_a_unit_or_an_example_names_its_picker():
    fields = json_schema(find("activation_maximization").Params)["properties"]
    assert fields["layer"]["x-widget"] == "layer"
    assert fields["units"]["x-widget"] == "units"
    term = fields["plus"]["items"]["properties"]
    assert (term["layer"]["x-widget"], term["unit"]["x-widget"]) == ("layer", "unit")
    assert json_schema(find("inversion").Params)["properties"]["layers"]["x-widget"] == "layers"
    dream = json_schema(find("deep_dream").Params)["properties"]
    assert (dream["layer"]["x-widget"], dream["guide"]["x-widget"]) == ("layer", "example")


def test_one_channel_and_no_known_normalisation(net):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    record = cnnviz.run("activation_maximization", model, images(channels=1), iterations=2)
    assert record.arrays["images"].shape == (1, 12, 12, 3)
    assert record.facts["colours"] == "range of the examples"


def test_a_captured_network_needs_no_images(net):
    record = cnnviz.run("activation_maximization", net, iterations=2, units=[4])
    assert record.arrays["images"].shape == (1, 12, 12, 3)
    with pytest.raises(ParamsError, match="needs an example"):
        cnnviz.run("activation_maximization", net, start="example")
    with pytest.raises(ParamsError, match="images"):
        cnnviz.run("saliency", net)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"units": [5]}, "0 … 4"),
        ({"layer": "4", "units": [8]}, "0 … 7"),
        ({"layer": "4", "position": [6, 0]}, "position"),
        ({"position": [0, 0]}, "position"),
        ({"units": [0, 1], "weights": [1.0]}, "one a unit"),
        ({"blur": 1.0}, "works on pixels"),
        ({"units": []}, "length"),
        ({"plus": [{"unit": 99}]}, "plus"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_runs(net, params, text):
    with pytest.raises(ParamsError, match=text):
        run(net, images(), **params)


def test_a_layer_that_is_not_there_is_named_with_close_ones(net):
    with pytest.raises(MissingError, match="no layer"):
        run(net, images(), layer="44", units=[0])
