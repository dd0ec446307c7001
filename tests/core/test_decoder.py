"""A decoder has its layer's shape on one side and the image's on the other, and begins sensibly."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cnnviz.core.code_statistics import CodeStatistics, Measuring
from cnnviz.core.decoder import Decoder, code_shape, doublings
from cnnviz.errors import RecordError
from cnnviz.graph import Graph, capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.pixels import pixel_space

NORMALIZE = Normalize((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
SIZES = [
    ((20,), (1, 28, 28)),
    ((20,), (3, 13, 22)),
    ((6,), (2, 3, 5)),
    ((5, 4, 4), (3, 32, 32)),
    ((5, 6, 5), (3, 23, 19)),
    ((5, 9, 9), (3, 9, 9)),
]


def measured(shape, seed=0):
    codes = torch.rand(50, *shape, generator=torch.Generator().manual_seed(seed)) * 3
    measuring = Measuring(shape)
    for part in codes.split(16):
        measuring.take(part)
    return codes, measuring.done()


def decoder_of(code, image, *, width=16, seed=0):
    codes, statistics = measured(code_shape(code))
    mean = torch.rand(image, generator=torch.Generator().manual_seed(1))
    normalize = Normalize(NORMALIZE.mean[: image[0]], NORMALIZE.std[: image[0]])
    space = pixel_space(normalize, mean[None], device=torch.device("cpu"), dtype=torch.float32)
    return codes, mean, space, Decoder(statistics, mean, space, width=width, seed=seed)


@pytest.mark.parametrize(("code", "image"), SIZES)
def test_images_have_the_size_of_the_data_and_colours_that_exist(code, image):
    codes, _, space, decoder = decoder_of(code, image)
    with torch.no_grad():
        images = decoder(codes * 100)
    assert tuple(images.shape[1:]) == image
    unit = (images * space.std + space.mean) / 255
    assert float(unit.min()) >= -1e-5
    assert float(unit.max()) <= 1 + 1e-5


@pytest.mark.parametrize(("code", "image"), SIZES)
def test_it_is_a_graph_that_computes_what_the_module_does(code, image):
    codes, _, _, decoder = decoder_of(code, image)
    net = capture(decoder, codes, fallback=False)
    assert isinstance(net, Graph)
    assert net.example_shape == code_shape(code)
    np.testing.assert_allclose(net(codes).numpy(), decoder(codes).detach().numpy(), atol=1e-5)


def test_it_begins_near_the_mean_image():
    codes, mean, space, decoder = decoder_of((20,), (3, 16, 16))
    with torch.no_grad():
        unit = space.to_unit(space.from_input(decoder(codes)))
    assert float((unit - mean).abs().mean()) < 0.1 < float((unit - unit.flip(2)).abs().mean())


def test_the_same_seed_draws_the_same_weights_whatever_was_drawn_before():
    first = decoder_of((20,), (1, 28, 28), seed=4)[3].state_dict()
    torch.randn(7)
    again, other = (decoder_of((20,), (1, 28, 28), seed=s)[3].state_dict() for s in (4, 5))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["last.weight"], other["last.weight"])


def test_units_that_are_hardly_ever_on_count_no_more_than_others():
    spread = torch.tensor([1.0, 1e-4, 1.0]).view(3, 1, 1)
    statistics = CodeStatistics(spread, spread, 0 * spread, 2 * spread)
    mean = torch.full((1, 8, 8), 0.5)
    space = pixel_space(None, mean[None], device=torch.device("cpu"), dtype=torch.float32)
    decoder = Decoder(statistics, mean, space, width=16, seed=0)
    codes = torch.rand(20, 3, 1, 1, generator=torch.Generator().manual_seed(0)).requires_grad_()
    (gradient,) = torch.autograd.grad(decoder(codes).square().sum(), [codes])
    rare, often, _ = gradient.abs().mean((0, 2, 3))[[1, 0, 2]].tolist()
    assert rare < 3 * often


@pytest.mark.parametrize(
    ("code", "image", "times"),
    [
        ((9, 1, 1), (1, 28, 28), 2),
        ((9, 1, 1), (3, 224, 224), 5),
        ((9, 1, 1), (3, 3, 3), 0),
        ((9, 7, 7), (1, 28, 28), 2),
        ((9, 55, 55), (3, 224, 224), 2),
        ((9, 28, 28), (1, 28, 28), 0),
    ],
)
def test_maps_are_doubled_until_they_have_about_the_images_size(code, image, times):
    assert doublings(code, image) == times


def test_statistics_gathered_in_batches_are_those_of_all_codes():
    codes, statistics = measured((4, 3, 2))
    values = codes.double().numpy()
    for found, expected in zip(
        statistics, (values.mean(0), values.std(0), values.min(0), values.max(0)), strict=True
    ):
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)
    mean, spread = statistics.by_channel()
    np.testing.assert_allclose(mean.numpy().ravel(), values.mean((0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(spread.numpy().ravel(), values.std((0, 2, 3)), rtol=1e-6)


def test_rectified_codes_stay_above_zero_others_as_far_below_the_mean():
    _, rectified = measured((4, 1, 1))
    low, high = rectified.bounds(3.0)
    assert not low.any()
    assert torch.equal(high, rectified.mean + 3 * rectified.std)
    signed = rectified._replace(lowest=rectified.lowest - 1)
    low, _ = signed.bounds(2.0)
    assert torch.equal(low, rectified.mean - 2 * rectified.std)


@pytest.mark.parametrize("damage", ["missing", "shape", "nan"])
def test_a_damaged_range_of_codes_is_said(damage):
    _, statistics = measured((4, 1, 1))
    tensors = statistics.tensors
    if damage == "missing":
        del tensors["code_std"]
    elif damage == "shape":
        tensors["code_std"] = torch.ones(5, 1, 1)
    else:
        tensors["code_std"][0] = torch.nan
    with pytest.raises(RecordError, match="range of its codes"):
        CodeStatistics.of(tensors, (4, 1, 1))
    assert CodeStatistics.of(measured((4, 1, 1))[1].tensors, (4, 1, 1)).scale > 0
