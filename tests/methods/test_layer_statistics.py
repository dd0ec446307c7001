from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method, parse_requests
from cnnviz.graph import capture
from tests.core.networks import functional, images, plain


def table(ctx, **params):
    (done,) = execute([method("layer_statistics", **params)], ctx, on_error="raise").results
    return done.result


def column(result, name):
    return dict(zip(result.facts["layers"], result.arrays[name].tolist(), strict=True))


@pytest.fixture
def model():
    return plain()


@pytest.fixture
def ctx(model):
    return Context(capture(model, images()), images())


def test_there_is_a_row_for_every_layer_and_a_value_for_every_channel(ctx):
    result = table(ctx)
    layers = [layer for layer in ctx.net.layers if not layer.container]
    assert result.facts["layers"] == [layer.name for layer in layers]
    assert result.facts["channels"] == [layer.shape[0] for layer in layers]
    for name, array in result.arrays.items():
        rows = sum(result.facts["channels"]) if name.startswith("channel_") else len(layers)
        assert array.shape == (rows,), name
        assert array.dtype == np.float32


def test_rows_equal_numpys_statistics_of_the_layers_own_outputs(ctx, model):
    result = table(ctx)
    x = images()
    start = 0
    for index, module in enumerate(model.eval()):
        x = module(x)
        values = x.detach().double().numpy()
        expected = {
            "mean": values.mean(),
            "std": values.std(),
            "max": values.max(),
            "energy": np.square(values).mean(),
            "zeros": (values == 0).mean(),
            "nan": 0,
            "inf": 0,
        }
        for name, value in expected.items():
            assert column(result, name)[str(index)] == pytest.approx(value, rel=1e-4, abs=1e-9)
        by_channel = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
        stop = start + len(by_channel)
        for name, per_channel in [
            ("channel_max", by_channel.max(1)),
            ("channel_mean", by_channel.mean(1)),
            ("channel_zeros", (by_channel == 0).mean(1)),
        ]:
            got = result.arrays[name][start:stop]
            np.testing.assert_allclose(got, per_channel, rtol=1e-4, atol=1e-7)
        start = stop


def test_dead_channels_are_counted_after_rectifiers_only(ctx, model):
    with torch.no_grad():
        model[4].weight[2:4] = 0
        model[4].bias[2:4] = -1
    result = table(ctx)
    dead = column(result, "dead")
    assert dead["5"] == 2
    assert np.isnan(dead["4"])
    assert np.isnan(dead["9"])
    start = sum(result.facts["channels"][: result.facts["layers"].index("5")])
    assert (result.arrays["channel_max"][start + 2 : start + 4] == 0).all()
    assert (result.arrays["channel_zeros"][start + 2 : start + 4] == 1).all()


def test_a_leaky_rectifier_has_no_dead_channels_to_count():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.LeakyReLU(), nn.ReLU6(), nn.Flatten())
    dead = column(table(Context(capture(model, images()), images())), "dead")
    assert np.isnan(dead["1"])
    assert dead["2"] >= 0


def test_weights_are_measured_where_there_are_any_and_compared_with_the_capture_before(ctx, model):
    first = table(ctx)
    norms = column(first, "weight_norm")
    assert norms["0"] == pytest.approx(float(model[0].weight.detach().norm()), rel=1e-6)
    assert norms["1"] == pytest.approx(float(model[1].weight.detach().norm()), rel=1e-6)
    assert np.isnan(norms["2"])
    assert np.isnan(list(column(first, "weight_change").values())).all()
    before = model[0].weight.detach().clone()
    with torch.no_grad():
        model[0].weight.add_(torch.randn_like(before) * 0.1)
    change = column(table(ctx), "weight_change")
    expected = float((model[0].weight.detach() - before).norm() / before.norm())
    assert change["0"] == pytest.approx(expected, rel=1e-5)
    assert change["9"] == 0
    assert np.isnan(change["2"])


def test_change_can_be_left_out_and_then_no_weight_is_kept(ctx):
    for _ in range(2):
        assert np.isnan(table(ctx, change=False).arrays["weight_change"]).all()
    (request,) = parse_requests([method("layer_statistics", change=False)], ctx.net)
    assert ctx.memory_of(request) == {}


def test_nan_and_infinity_are_counted_and_statistics_stay_over_the_rest(ctx, model):
    clean = table(ctx)
    with torch.no_grad():
        model[4].weight[0, 0, 0, 0] = torch.nan
    broken = table(ctx)
    nan = column(broken, "nan")
    assert nan["4"] == 3 * 36
    assert nan["0"] == nan["3"] == 0
    assert column(broken, "weight_nan")["4"] == 1
    assert column(broken, "weight_nan")["0"] == 0
    assert np.isfinite(column(broken, "mean")["4"])
    assert np.isfinite(column(broken, "weight_norm")["4"])
    start = sum(broken.facts["channels"][: broken.facts["layers"].index("4")])
    assert np.isnan(broken.arrays["channel_max"][start])
    np.testing.assert_array_equal(
        broken.arrays["channel_max"][start + 1 : start + 8],
        clean.arrays["channel_max"][start + 1 : start + 8],
    )
    assert "counted" in broken.facts["over"]


def test_functional_ops_and_shared_layers_have_rows_of_their_own():
    net = capture(functional(), images())
    result = table(Context(net, images()))
    assert {"relu", "relu:1", "relu:2", "shared", "shared:1"} <= set(result.facts["layers"])
    norms = column(result, "weight_norm")
    assert norms["shared"] == norms["shared:1"]
