from __future__ import annotations

import numpy as np
import pytest
import torch

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import MissingError, ParamsError
from cnnviz.graph import capture
from cnnviz.methods.deep_dream import DeepDreamParams, Dreamer, octave_sizes
from cnnviz.ops.images import Normalize
from cnnviz.ops.pixels import pixel_space
from cnnviz.ops.steps import make_step
from tests.core.networks import images, plain

NORMALIZE = Normalize((0.5, 0.4, 0.6), (0.25, 0.3, 0.2))


@pytest.fixture(scope="module")
def net():
    return capture(plain().double().eval(), images().double())


@pytest.fixture(scope="module")
def x():
    colours = torch.rand(3, 3, 12, 12, generator=torch.Generator().manual_seed(3))
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in NORMALIZE)
    return ((colours - mean) / std).double()


@pytest.mark.parametrize("guided", [False, True])
def test_a_step_equals_the_notebooks(net, x, guided):
    space = pixel_space(NORMALIZE, x, device=torch.device("cpu"), dtype=torch.float64)
    pixels = space.from_input(x[:2])
    guide = net.features(x[2:], ["4"])["4"][0].flatten(1).detach() if guided else None
    dreamer = Dreamer(Context(net, x), "4", DeepDreamParams(), space, guide)
    found, _ = dreamer.step(pixels, (5, -3), make_step("normalised", 1.5, desired=0.0))
    mean = space.mean.numpy()
    for one, ours in zip(pixels.numpy(), found.numpy(), strict=True):
        expected = transcribed(net, space, one, guide, mean)
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-8)


def transcribed(net, space, picture, guide, mean):
    """make_step: roll, dst.diff = objective, src += step / mean|g| · g, unroll, clip."""
    rolled = np.roll(np.roll(picture, -3, -1), 5, -2)
    leaf = torch.tensor(rolled)[None].requires_grad_()
    output = net.features(space.to_input(leaf), ["4"])["4"]
    diff = output.detach()
    if guide is not None:
        found, sought = output.detach().numpy()[0].reshape(8, -1), guide.numpy()
        products = found.T @ sought
        diff = torch.tensor(sought[:, products.argmax(1)].reshape(output.shape))
    (gradient,) = torch.autograd.grad(output, leaf, diff)
    g = gradient[0].numpy()
    rolled = rolled + 1.5 / np.abs(g).mean() * g
    picture = np.roll(np.roll(rolled, 3, -1), -5, -2)
    return np.clip(picture, -mean, 255 - mean)


def test_the_norm_of_the_layer_grows(net, x):
    norms = []
    ctx = Context(
        net, x, normalize=NORMALIZE, on_report=lambda *parts: norms.append(float(parts[3].mean()))
    )
    execute([method("deep_dream", layer="4", octaves=1, jitter=0)], ctx, on_error="raise")
    assert len(norms) == 10
    assert norms[-1] > norms[0]


def test_octaves_go_from_small_to_the_pictures_size():
    assert octave_sizes((224, 112), DeepDreamParams()) == [
        (82, 41),
        (114, 57),
        (160, 80),
        (224, 112),
    ]
    assert octave_sizes((12, 12), DeepDreamParams()) == [(12, 12)]


def test_a_network_of_free_size_sees_every_octave_at_its_size(x):
    seen = set()

    class Watched:
        def __init__(self, net):
            self._net = net

        def __getattr__(self, name):
            return getattr(self._net, name)

        def features(self, inputs, taps):
            seen.add(tuple(inputs.shape[2:]))
            return self._net.features(inputs, taps)

    large = images(size=32)
    net = Watched(capture(plain().eval(), large))
    ctx = Context(net, large, normalize=NORMALIZE)
    asked = method("deep_dream", iterations=1, octaves=2)
    (done,) = execute([asked], ctx, on_error="raise").results
    assert done.result.arrays["images"].shape == (3, 32, 32, 3)
    free = net.input_shape[1] is None
    assert seen == ({(23, 23), (32, 32)} if free else {(32, 32)})


def test_frames_are_dreamt_on_and_zoomed_into(net, x):
    record = cnnviz.run(
        "deep_dream", net, x, normalize=NORMALIZE, frames=3, iterations=1, octaves=1, zoom=0.2
    )
    assert record.arrays["images"].shape == (9, 12, 12, 3)
    assert record.facts["captions"][:4] == [
        "example 0 · frame 0",
        "example 1 · frame 0",
        "example 2 · frame 0",
        "example 0 · frame 1",
    ]


def test_the_guide_does_not_dream_unless_it_is_alone(net, x):
    record = cnnviz.run("deep_dream", net, x, guide=1, iterations=1)
    assert record.facts["captions"] == ["example 0", "example 2"]
    alone = cnnviz.run("deep_dream", net, x[:1], guide=0, iterations=1)
    assert alone.facts["captions"] == ["example 0"]
    with pytest.raises(ParamsError, match="guide"):
        cnnviz.run("deep_dream", net, x, guide=3)


def test_it_reports_every_step(net, x):
    seen = []
    ctx = Context(net, x, on_report=lambda done, total, *_: seen.append((done, total)))
    ctx.batch_limit = 2
    execute([method("deep_dream", iterations=2, frames=2)], ctx, on_error="raise")
    assert seen == [(n, 8) for n in range(1, 9)]


def test_a_layer_that_is_not_there_is_named(net, x):
    with pytest.raises(MissingError, match="no layer"):
        cnnviz.run("deep_dream", net, x, layer="44")
