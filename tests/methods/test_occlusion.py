from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import Occlusion as CaptumOcclusion
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import JobCancelled, ParamsError
from cnnviz.graph import capture
from tests import nets
from tests.core.networks import CLASSES, images, plain, unexportable

TARGETS = [0, 3]
# captum computes in the model's type but rounds what it gives to float32.
ROUNDED = {"rtol": 2.0**-23, "atol": 1e-9}
# Window and stride, height and width: overlapping, touching, cut off at the border, single rows.
SLIDES = [((4, 4), (4, 4)), ((5, 3), (2, 3)), ((4, 4), (3, 2)), ((7, 1), (1, 1)), ((1, 15), (1, 1))]


@pytest.fixture(scope="module")
def x():
    return torch.randn(2, 3, 11, 15, dtype=torch.float64)


@pytest.fixture(scope="module")
def model():
    return plain().double().eval()


@pytest.fixture(scope="module")
def net(model):
    return capture(model, torch.zeros(2, 3, 11, 15, dtype=torch.float64))


@pytest.mark.parametrize(("window", "stride"), SLIDES)
def test_it_equals_captums_occlusion_also_where_images_are_not_square(
    model, net, x, window, stride
):
    expected = CaptumOcclusion(model).attribute(
        x, sliding_window_shapes=(3, *window), strides=(3, *stride), target=TARGETS
    )
    ours = cnnviz.run(
        "occlusion", net, x, labels=TARGETS, window=window, stride=stride, baseline="zero"
    )
    np.testing.assert_allclose(ours.arrays["map"], expected[:, 0].numpy(), **ROUNDED)
    assert ours.arrays["map"].dtype == np.float64


@pytest.mark.parametrize(("window", "stride"), SLIDES)
def test_it_equals_a_slow_version_for_every_window_and_stride(model, net, x, window, stride):
    ours = cnnviz.run(
        "occlusion", net, x, labels=TARGETS, window=window, stride=stride, baseline="zero"
    )
    expected = slow(model, x, torch.zeros_like(x), window, stride)
    np.testing.assert_allclose(ours.arrays["map"], expected.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("baseline", ["mean", "blur", "noise"])
def test_it_equals_a_slow_version_for_every_baseline(model, net, x, baseline):
    record = cnnviz.run(
        "occlusion", net, x, labels=TARGETS, window=(5, 4), stride=(3, 2), baseline=baseline
    )
    fills = {
        "mean": x.mean((2, 3), keepdim=True).expand_as(x),
        "blur": slow_blur(x, sigma=1.25),
        "noise": x.mean((2, 3), keepdim=True)
        + x.std((2, 3), keepdim=True, correction=0)
        * torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64),
    }
    expected = slow(model, x, fills[baseline], (5, 4), (3, 2))
    np.testing.assert_allclose(record.arrays["map"], expected.numpy(), rtol=0, atol=1e-9)
    words = {"mean": "own mean colour", "blur": "sigma 1.25", "noise": "noise"}
    assert words[baseline] in record.facts["hidden_by"]


def slow(model, x, fill, window, stride):
    total, count = torch.zeros(len(x), *x.shape[2:]).double(), torch.zeros(x.shape[2:])
    chosen = range(len(x)), TARGETS
    for top in range(0, x.shape[2] - window[0] + stride[0], stride[0]):
        for left in range(0, x.shape[3] - window[1] + stride[1], stride[1]):
            part = (..., slice(top, top + window[0]), slice(left, left + window[1]))
            hidden = x.clone()
            hidden[part] = fill[part]
            with torch.no_grad():
                total[part] += (model(x)[chosen] - model(hidden)[chosen])[:, None, None]
            count[part] += 1
    return total / count


def slow_blur(x, *, sigma):
    height, width = x.shape[2:]
    result = torch.zeros_like(x)
    steps = range(-4, 5)
    weights = {d: np.exp(-(d**2) / (2 * sigma**2)) for d in steps}
    for row in range(height):
        for column in range(width):
            for down in steps:
                for right in steps:
                    i = min(max(row + down, 0), height - 1)
                    j = min(max(column + right, 0), width - 1)
                    result[:, :, row, column] += weights[down] * weights[right] * x[:, :, i, j]
    return result / sum(weights.values()) ** 2


@pytest.mark.parametrize("position", [(2, 3), None])
def test_a_unit_of_a_layer_may_stand_in_for_the_score(model, net, x, position):
    record = cnnviz.run(
        "occlusion", net, x, layer="4", channel=5, position=position, window=(4, 4), baseline="zero"
    )

    def unit(batch):
        output = model[:5](batch)[:, 5]
        return output.mean((1, 2)) if position is None else output[:, 2, 3]

    expected = CaptumOcclusion(unit).attribute(
        x, sliding_window_shapes=(3, 4, 4), strides=(3, 2, 2)
    )
    np.testing.assert_allclose(record.arrays["map"], expected[:, 0].numpy(), **ROUNDED)
    assert record.layer == "4"
    assert "top_classes" not in record.arrays


def test_a_layer_alone_asks_about_the_channel_that_answers_most_to_each_example(net, x):
    strongest = net.features(x, ["5"])["5"].sum((2, 3)).argmax(1).tolist()
    options = {"layer": "5", "window": (4, 4)}
    record = cnnviz.run("occlusion", net, x, **options)
    assert record.facts["channels"] == strongest
    for index, channel in enumerate(strongest):
        alone = cnnviz.run("occlusion", net, x[index : index + 1], channel=channel, **options)
        assert "channels" not in alone.facts
        np.testing.assert_allclose(
            record.arrays["map"][index], alone.arrays["map"][0], rtol=0, atol=1e-12
        )
    with pytest.raises(ParamsError, match="a position needs a channel"):
        cnnviz.run("occlusion", net, x, position=(0, 0), **options)
    with pytest.raises(ParamsError, match="not both"):
        cnnviz.run("occlusion", net, x, target=1, **options)


def test_a_model_that_only_hooks_can_follow_gives_the_same_maps(net, x):
    hooked = capture(unexportable().double(), x)
    assert hooked.captured == "hooks"
    options = {"labels": TARGETS, "window": (4, 5), "stride": (3, 2)}
    ours, theirs = (cnnviz.run("occlusion", one, x, **options) for one in (net, hooked))
    np.testing.assert_allclose(ours.arrays["map"], theirs.arrays["map"], rtol=0, atol=1e-12)
    assert np.array_equal(ours.arrays["top_classes"], theirs.arrays["top_classes"])
    assert ours.facts["share_computed"] < 1
    assert theirs.facts["share_computed"] == 1


def test_hiding_the_pixel_that_alone_counts_lowers_the_score_by_it():
    linear = nn.Sequential(nn.Flatten(), nn.Linear(6 * 6, 2, bias=False))
    with torch.no_grad():
        linear[1].weight.zero_()
        linear[1].weight[1, 2 * 6 + 3] = 5
    x = torch.ones(1, 1, 6, 6)
    found = cnnviz.run(
        "occlusion", linear, x, target=1, window=(1, 1), stride=(1, 1), baseline="zero"
    )
    expected = np.zeros((6, 6), dtype=np.float32)
    expected[2, 3] = 5
    np.testing.assert_allclose(found.arrays["map"][0], expected, atol=1e-6)
    assert found.arrays["top_classes"][0, 2, 3] == 0
    assert found.arrays["top_classes"][0].sum() == 35


def test_every_windows_value_is_kept_beside_the_map(model, net, x):
    record = cnnviz.run(
        "occlusion", net, x, target=1, window=(4, 4), stride=(4, 4), baseline="zero"
    )
    assert record.arrays["drops"].shape == (2, 3, 4)
    hidden = x.clone()
    hidden[:, :, 8:11, 4:8] = 0
    with torch.no_grad():
        expected = (model(x) - model(hidden))[:, 1]
        classes = model(hidden).argmax(1)
    np.testing.assert_allclose(record.arrays["drops"][:, 2, 1], expected.numpy(), atol=1e-9)
    assert record.arrays["top_classes"][:, 2, 1].tolist() == classes.tolist()


def test_the_mean_colour_is_the_datas_where_normalize_is_known(net, x):
    options = {"labels": TARGETS, "window": (4, 4)}
    known = cnnviz.run("occlusion", net, x, normalize=((0.5,) * 3, (0.2,) * 3), **options)
    zero = cnnviz.run("occlusion", net, x, baseline="zero", **options)
    own = cnnviz.run("occlusion", net, x, normalize=((0.0,) * 3, (1.0,) * 3), **options)
    assert np.array_equal(known.arrays["map"], zero.arrays["map"])
    assert "data's mean colour" in known.facts["hidden_by"]
    assert "own mean colour" in own.facts["hidden_by"]


def test_one_window_may_hide_the_whole_image(model, net, x):
    record = cnnviz.run("occlusion", net, x, target=0, window=(11, 15), baseline="zero")
    with torch.no_grad():
        expected = (model(x) - model(torch.zeros_like(x)))[:, 0]
    for heat, drop in zip(record.arrays["map"], expected, strict=True):
        np.testing.assert_allclose(heat, float(drop), atol=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": (12, 12)}, r"window must fit the image of 11 × 15 px, got 12 × 12 px"),
        ({"window": (4, 16)}, r"window must fit"),
        ({"window": (4, 4), "stride": (5, 5)}, r"stride must not be larger than the window"),
        ({"stride": (0, 0)}, r"stride"),
        ({"window": (0, 3)}, r"window"),
        ({"reach": 0}, r"reach"),
        ({"target": CLASSES}, r"target must be in 0 … 4, got 5"),
        ({"baseline": "grey"}, r"baseline"),
        ({"channel": 2}, r"need a layer"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_in_a_sentence(net, x, options, message):
    with pytest.raises(ParamsError, match=message):
        cnnviz.run("occlusion", net, x, **options)


def test_an_image_of_one_colour_is_told_that_nothing_is_hidden(net):
    x = torch.stack([torch.full((3, 11, 15), 0.3), torch.rand(3, 11, 15)]).double()
    record = cnnviz.run("occlusion", net, x, target=0, window=(4, 4))
    assert "example 0 looks everywhere like what hides it" in record.facts["note"]
    assert not record.arrays["map"][0].any()
    assert record.arrays["map"][1].any()


@pytest.mark.parametrize(("channels", "classes"), [(1, 1), (4, 1), (1, 3)])
def test_one_class_and_any_number_of_colours(channels, classes):
    model = nn.Sequential(
        nn.Conv2d(channels, 4, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, classes),
    )
    record = cnnviz.run("occlusion", model, torch.rand(2, channels, 9, 12))
    assert record.arrays["map"].shape == (2, 9, 12)
    assert record.facts["window"] == [1, 2]


def test_a_model_that_ends_in_softmax_is_said_to():
    softened = nn.Sequential(plain(), nn.Softmax(1))
    record = cnnviz.run("occlusion", softened, images())
    assert "loss of a probability" in record.facts["note"]


def test_a_job_is_cancelled_between_two_batches_and_few_windows_at_a_time_change_nothing(net, x):
    heard = []

    def listen(done, total, *_):
        heard.append((done, total))
        if done >= 8:
            raise JobCancelled("enough")

    limited = Context(net, x, on_report=listen)
    limited.batch_limit = 4
    with pytest.raises(JobCancelled):
        execute([method("occlusion", window=(4, 4), stride=(4, 4))], limited)
    assert heard == [(0, 24), (4, 24), (8, 24)]

    free, limited = Context(net, x), Context(net, x)
    limited.batch_limit = 3
    ours, theirs = (
        execute([method("occlusion", window=(4, 4), stride=(4, 4))], ctx)
        .results[0]
        .result.arrays["map"]
        for ctx in (free, limited)
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


class Deep(nn.Sequential):
    """Six convolutions, so that what a window changes grows over most of the map."""

    def __init__(self):
        blocks = [nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()) for _ in range(6)]
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, CLASSES)]
        super().__init__(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU(), *blocks, *head)


def test_a_cut_reach_is_sooner_and_states_the_error_that_it_makes():
    torch.manual_seed(3)
    net, x = capture(Deep().double().eval(), images(2, size=40).double()), images(2, size=40)
    options = {"target": 1, "window": 8, "stride": 8, "baseline": "zero"}
    exact = cnnviz.run("occlusion", net, x, **options)
    errors = []
    for reach in (0.6, 0.3):
        record = cnnviz.run("occlusion", net, x, reach=reach, **options)
        assert record.facts["share_computed"] < exact.facts["share_computed"]
        off = np.abs(record.arrays["drops"] - exact.arrays["drops"])
        chosen = [(2 * i + 1) * 25 // 32 for i in range(16)]
        expected = off.reshape(2, -1)[:, chosen].max(1)
        np.testing.assert_allclose(record.facts["errors"], expected, rtol=0, atol=1e-12)
        assert "approximate: at 16 windows" in record.facts["note"]
        errors.append(off.max())
    assert 0 < errors[0] < errors[1]
    assert "errors" not in exact.facts


def test_half_precision_keeps_the_order_of_windows_and_states_the_error_that_it_makes():
    net, x = capture(nets.sequential().eval(), nets.images(2)), nets.images(2)
    options = {"target": 1, "window": 6, "stride": 2, "baseline": "zero"}
    exact = cnnviz.run("occlusion", net, x, **options).arrays["drops"]
    record = cnnviz.run("occlusion", net, x, precision="bfloat16", **options)
    found = record.arrays["drops"]
    assert 0 < np.abs(found - exact).max() < 0.2 * np.abs(exact).max()
    assert np.corrcoef(found.ravel(), exact.ravel())[0, 1] > 0.98
    assert "approximate: at 16 windows" in record.facts["note"]
    assert len(record.facts["errors"]) == 2


def test_a_model_that_only_hooks_can_follow_stays_exact_whatever_the_reach():
    hooked, x = capture(unexportable(), images()), images()
    maps = [
        cnnviz.run("occlusion", hooked, x, target=1, reach=reach).arrays["map"]
        for reach in (1.0, 0.3)
    ]
    assert np.array_equal(*maps)


def test_one_number_stands_for_both_sides():
    x = images(1)
    both = cnnviz.run("occlusion", plain(), x, target=1, window=(4, 4), stride=(2, 2))
    one = cnnviz.run("occlusion", plain(), x, target=1, window=4, stride=2)
    np.testing.assert_array_equal(one.arrays["map"], both.arrays["map"])
    with pytest.raises(ParamsError, match="window"):
        cnnviz.run("occlusion", plain(), x, window=[4, 4, 4])
