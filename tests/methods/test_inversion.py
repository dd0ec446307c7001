from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.descent import DescentParams, Energy, descend, weight_by_depth
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.core.trained import open_trained
from cnnviz.errors import MissingError, ParamsError
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.pixels import pixel_space
from tests.core.networks import images, plain
from tests.methods.shelves import NORMALIZE as SQUARES
from tests.methods.shelves import TINY, context, net_of, run

NORMALIZE = Normalize((0.5, 0.4, 0.6), (0.25, 0.3, 0.2))


@pytest.fixture(scope="module")
def net():
    return capture(plain().double().eval(), images().double())


@pytest.fixture(scope="module")
def x():
    colours = torch.rand(2, 3, 12, 12, generator=torch.Generator().manual_seed(3))
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in NORMALIZE)
    return ((colours - mean) / std).double()


def silent(*_):
    pass


def test_two_steps_with_momentum_equal_the_authors_formula(net, x):
    published = {"rule": "momentum", "rate": 0.004, "redirect": False}
    params = DescentParams(**published, tv=10.0, norm=8e-10, iterations=2)
    space = pixel_space(NORMALIZE, x, device=torch.device("cpu"), dtype=torch.float64)
    x0 = space.from_input(x)
    noise = torch.randn(x.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = descend(Energy.of(net, "4", space, params, x0), noise, silent).numpy()
    for row in range(2):
        expected = transcribed(net, space, x0[row : row + 1], noise[row].numpy(), params)
        np.testing.assert_allclose(found[row], expected, rtol=0, atol=1e-8)


def transcribed(net, space, x0, noise, params):
    """invert_nn: m = 0.9 m - lr dr - lr x0_sigma² / y0_sigma² d‖y - y0‖²; x = x + m."""
    x0_sigma = np.linalg.norm(x0.numpy())
    y0 = net.features(space.to_input(x0), ["4"])["4"]
    y0_sigma = np.linalg.norm(y0.numpy(force=True))
    x = noise / np.linalg.norm(noise) * x0_sigma
    m, before = np.zeros_like(x), None
    # The paper's schedule in quarters; of two steps the second has a tenth of the rate.
    for lr in (params.rate, params.rate * 0.1):
        leaf = torch.tensor(x)[None].requires_grad_()
        y = net.features(space.to_input(leaf), ["4"])["4"]
        (y - y0.detach()).square().sum().backward()
        dr = params.tv / 2 * tv_gradient(x) + params.norm / 2 * 6 * x**5
        m = 0 * m if lr != before else m
        m = 0.9 * m - lr * dr - (lr * x0_sigma**2 / y0_sigma**2) * leaf.grad[0].numpy()
        x, before = x + m, lr
    return x


def tv_gradient(x: np.ndarray) -> np.ndarray:
    """Of Σ (dx² + dy²), beta of 2."""
    found = np.zeros_like(x)
    for axis in (1, 2):
        d = np.diff(x, axis=axis)
        before, after = [(0, 0)] * 3, [(0, 0)] * 3
        before[axis], after[axis] = (1, 0), (0, 1)
        found += 2 * np.pad(d, before) - 2 * np.pad(d, after)
    return found


def test_the_error_falls_and_is_the_normalised_one(net, x):
    params = {"layers": ["0"], "tv": 0.0, "norm": 0.0}
    before = cnnviz.run("inversion", net, x, normalize=NORMALIZE, **params, iterations=1)
    after = cnnviz.run("inversion", net, x, normalize=NORMALIZE, **params, iterations=150)
    assert max(after.facts["objective"]) < 0.1 < min(before.facts["objective"])
    mean, std = (torch.tensor(part).double().view(3, 1, 1) for part in NORMALIZE)
    shown = torch.from_numpy(after.arrays["images"].copy()).permute(0, 3, 1, 2).double()
    found, target = (net.features(one, ["0"])["0"] for one in ((shown - mean) / std, x))
    errors = (found - target).flatten(1).norm(dim=1) / target.flatten(1).norm(dim=1)
    np.testing.assert_allclose(after.facts["objective"], errors.numpy(force=True), rtol=1e-3)


def test_restarts_differ_and_are_numbered(net, x):
    record = cnnviz.run("inversion", net, x, layer="4", restarts=2, iterations=2)
    pictures = record.arrays["images"]
    assert pictures.shape == (4, 12, 12, 3)
    assert not np.allclose(pictures[0], pictures[1], atol=0.05)
    parts = [text.split(" · ") for text in record.facts["captions"]]
    assert [place for place, _ in parts] == [
        "example 0, 1 of 2",
        "example 0, 2 of 2",
        "example 1, 1 of 2",
        "example 1, 2 of 2",
    ]
    errors = [f"{error:.2f}" for error in record.facts["objective"]]
    assert [error for _, error in parts] == errors


def test_a_chain_of_layers_is_a_sheet_with_the_photograph_first(net, x):
    params = {"restarts": 2, "iterations": 3}
    sheet = cnnviz.run("inversion", net, x, normalize=NORMALIZE, layers=["0", "4", "0"], **params)
    assert sheet.layer is None
    assert sheet.facts["layers"] == ["0", "4"]
    assert sheet.facts["columns"] == 5
    assert sheet.arrays["images"].shape == (10, 12, 12, 3)
    mean, std = (np.array(part) for part in NORMALIZE)
    photographs = x.numpy().transpose(0, 2, 3, 1) * std + mean
    np.testing.assert_allclose(sheet.arrays["images"][::5], photographs, rtol=0, atol=1e-6)
    assert sheet.facts["captions"][5] == "example 1"
    assert sheet.facts["objective"][5] is None
    for column, layer in ((1, "0"), (3, "4")):
        alone = cnnviz.run("inversion", net, x, normalize=NORMALIZE, layer=layer, **params)
        rows = [column, column + 1, column + 5, column + 6]
        np.testing.assert_array_equal(sheet.arrays["images"][rows], alone.arrays["images"])
        assert [sheet.facts["objective"][row] for row in rows] == alone.facts["objective"]
        assert sheet.facts["captions"][column].startswith(f"{layer} · ")


def test_units_that_are_off_are_turned_on_unless_asked_not_to():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU()).double()
    with torch.no_grad():
        model[0].weight.fill_(1.0)
        model[0].bias.fill_(-2.5)
    bright = torch.full((1, 3, 6, 6), 0.95, dtype=torch.float64)
    params = {"layer": "1", "iterations": 60, "tv": 0.0, "norm": 0.0, "rate": 20.0}
    net = capture(model.eval(), bright)
    (turned,) = cnnviz.run("inversion", net, bright, **params).facts["objective"]
    (stuck,) = cnnviz.run("inversion", net, bright, **params, redirect=False).facts["objective"]
    assert turned < 0.1 < 0.5 < stuck


def test_total_variation_weighs_more_the_deeper_the_layer(net, x):
    names = [layer.name for layer in net.layers if not layer.container]
    weights = [weight_by_depth(net, name) for name in names]
    assert weights[0] == 0.03
    assert weights[-1] == 100.0
    assert weights == sorted(weights)
    record = cnnviz.run("inversion", net, x, layers=[names[0], names[-1]], iterations=1)
    assert record.facts["tv"] == [0.03, 100.0]
    record = cnnviz.run("inversion", net, x, layer="4", tv=3.0, iterations=1)
    assert record.facts["tv"] == [3.0]


def test_small_batches_give_the_same_pictures(net, x):
    found = []
    for limit in (None, 1):
        ctx = Context(net, x, normalize=NORMALIZE)
        ctx.batch_limit = limit
        (done,) = execute([method("inversion", iterations=4)], ctx, on_error="raise").results
        found.append(done.result.arrays["images"])
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=1e-5)


def test_it_reports_every_step_of_every_layer(net, x):
    seen = []
    ctx = Context(net, x, on_report=lambda done, total, *_: seen.append((done, total)))
    execute([method("inversion", layers=["0", "4"], iterations=3)], ctx, on_error="raise")
    assert seen == [(n, 6) for n in range(1, 7)]


def test_a_layer_that_answers_nothing_at_all_is_no_error():
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())
    with torch.no_grad():
        model[0].bias.fill_(-1e6)
    record = cnnviz.run("inversion", model, images(), layer="1", iterations=2)
    assert np.isfinite(record.arrays["images"]).all()


def test_a_layer_that_is_not_there_is_named(net, x):
    with pytest.raises(MissingError, match="no layer"):
        cnnviz.run("inversion", net, x, layer="44")


@pytest.fixture
def with_decoder(tmp_path):
    """A context whose shelf has a decoder of layer 5."""
    made = context(tmp_path, net_of())
    run("fit_generator", made, layer="5", **TINY)
    return made


def test_a_decoders_picture_stands_beside_with_its_own_error(with_decoder):
    ctx = with_decoder
    sheet = run("inversion", ctx, network=ctx.shelf.job, iterations=3, restarts=2)
    assert sheet.facts["columns"] == 4
    assert sheet.facts["layers"] == ["5"]
    assert (sheet.facts["network"], sheet.facts["decoded_layer"]) == (ctx.shelf.job, "5")
    captions = [text.split(" · ")[0] for text in sheet.facts["captions"]]
    decoded = "decoder of 5"
    assert captions == ["example 0", "5", "5", decoded, "example 1", "5", "5", decoded]
    alone = run("inversion", ctx, layers=["5"], iterations=3, restarts=2)
    rows = [1, 2, 5, 6]
    np.testing.assert_array_equal(sheet.arrays["images"][rows], alone.arrays["images"])
    decoder, _, _ = open_trained(ctx.shelf, ctx.shelf.job, kind="decoder")
    codes = ctx.net.features(ctx.examples, ["5"])["5"]
    with torch.no_grad():
        decoded = decoder(codes)
        again = ctx.net.features(decoded, ["5"])["5"]
    errors = (again - codes).flatten(1).norm(dim=1) / codes.flatten(1).norm(dim=1)
    found = [sheet.facts["objective"][row] for row in (3, 7)]
    np.testing.assert_allclose(found, errors.numpy(), rtol=1e-2)
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in SQUARES)
    shown = (decoded * std + mean).clamp(0, 1).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(sheet.arrays["images"][[3, 7]], shown, atol=1e-5)


def test_in_a_chain_a_decoder_stands_after_its_layer(with_decoder):
    ctx = with_decoder
    params = {"network": ctx.shelf.job, "iterations": 2, "layers": ["0", "5", "8"]}
    sheet = run("inversion", ctx, **params)
    captions = [text.split(" · ")[0] for text in sheet.facts["captions"][:5]]
    assert captions == ["example 0", "0", "5", "decoder of 5", "8"]
    assert len(sheet.facts["tv"]) == 3


def test_a_decoder_that_does_not_go_with_the_layers_is_said(with_decoder):
    ctx = with_decoder
    params = {"network": ctx.shelf.job, "iterations": 1}
    with pytest.raises(ParamsError, match="is of layer '5': add it to layers"):
        run("inversion", ctx, layers=["0"], **params)
    other = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    ctx.net = net_of(other)
    with pytest.raises(ParamsError, match="does not have as it was"):
        run("inversion", ctx, **params)
