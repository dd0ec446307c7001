from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from captum.attr import NeuronGradient
from captum.attr import Saliency as CaptumSaliency
from torch import nn

import cnnviz
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method
from cnnviz.errors import ParamsError
from cnnviz.graph import capture
from tests.core.networks import CLASSES, functional, images, plain

TARGETS = [0, 3, 4]


@pytest.fixture(scope="module")
def model():
    return plain().double().eval()


@pytest.fixture(scope="module")
def net(model):
    return capture(model, images().double())


def test_it_equals_captums_saliency_of_the_largest_colour(model, net):
    x = images().double()
    expected = CaptumSaliency(model).attribute(x.clone().requires_grad_(), target=TARGETS, abs=True)
    ours = cnnviz.run("saliency", net, x, labels=TARGETS).arrays["map"]
    np.testing.assert_allclose(ours, expected.amax(1).numpy(), rtol=0, atol=1e-10)
    assert ours.min() >= 0


@pytest.mark.parametrize("position", [(2, 3), None])
def test_a_unit_equals_captums_neuron_gradient(model, net, position):
    x = images().double()
    captum = NeuronGradient(model, model[4])

    def neuron(output):
        return output[:, 5].mean((1, 2)) if position is None else output[:, 5, 2, 3]

    expected = captum.attribute(x.clone().requires_grad_(), neuron).abs().amax(1)
    ours = cnnviz.run("saliency", net, x, layer="4", channel=5, position=position).arrays["map"]
    np.testing.assert_allclose(ours, expected.numpy(), rtol=0, atol=1e-10)


def test_it_follows_the_definition_by_finite_differences(model, net):
    x = images(1).double()
    ours = cnnviz.run("saliency", net, x, target=2).arrays["map"][0]
    step = 1e-6
    for row, column in [(0, 0), (5, 7), (11, 3)]:
        slopes = []
        for colour in range(3):
            moved = x.clone()
            moved[0, colour, row, column] += step
            with torch.no_grad():
                slopes.append(float(model(moved)[0, 2] - model(x)[0, 2]) / step)
        assert ours[row, column] == pytest.approx(max(map(abs, slopes)), abs=1e-6)


def test_of_a_linear_model_it_is_the_weights(model):
    linear = nn.Sequential(nn.Flatten(), nn.Linear(3 * 4 * 4, CLASSES)).double()
    x = torch.rand(2, 3, 4, 4, dtype=torch.float64)
    ours = cnnviz.run("saliency", linear, x, target=1).arrays["map"]
    weights = linear[1].weight[1].view(3, 4, 4).abs().amax(0).detach().numpy()
    assert np.array_equal(ours, np.stack([weights, weights]))


def test_functional_rectifiers_and_shared_layers_make_no_difference():
    model = functional().double().eval()
    x = images().double()
    expected = CaptumSaliency(model).attribute(x.clone().requires_grad_(), target=TARGETS, abs=True)
    ours = cnnviz.run("saliency", model, x, labels=TARGETS).arrays["map"]
    np.testing.assert_allclose(ours, expected.amax(1).numpy(), rtol=0, atol=1e-10)


def test_the_facts_name_each_examples_target_and_its_origin(net):
    x = images().double()
    scores = net(x)
    record = cnnviz.run("saliency", net, x, labels=[4, -1, 0])
    assert record.facts["origins"] == ["label", "top-1", "label"]
    assert record.facts["targets"] == [4, int(scores[1].argmax()), 0]
    given = cnnviz.run("saliency", net, x, target=3, labels=[4, -1, 0])
    assert given.facts["targets"] == [3, 3, 3]
    assert given.facts["origins"] == ["given"] * 3


def test_one_example_does_not_leak_into_another(net):
    x = images().double()
    together = cnnviz.run("saliency", net, x, target=0).arrays["map"]
    alone = cnnviz.run("saliency", net, x[1:2], target=0).arrays["map"]
    np.testing.assert_allclose(together[1:2], alone, rtol=1e-9)


def test_a_model_that_ends_in_softmax_is_said_to():
    softened = nn.Sequential(plain(), nn.Softmax(1))
    assert "probability" in cnnviz.run("saliency", softened, images()).facts["note"]
    assert "note" not in cnnviz.run("saliency", plain(), images()).facts


@pytest.mark.parametrize(("channels", "size"), [(1, (9, 12)), (3, (12, 9)), (4, (8, 8))])
def test_any_number_of_colours_and_images_that_are_not_square(channels, size):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(channels, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )
    maps = cnnviz.run("saliency", model, torch.rand(2, channels, *size)).arrays["map"]
    assert maps.shape == (2, *size)


def test_a_model_without_a_gradient_is_told_so():
    class Steps(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(3, 2)

        def forward(self, x):
            with torch.no_grad():
                return self.head((x.mean((2, 3)) > 0).float())

    net = capture(Steps(), images())
    execution = execute([method("saliency"), method("predictions")], Context(net, images()))
    (skipped,) = execution.skipped
    assert "not differentiable" in skipped.reason
    assert [d.request.key for d in execution.results] == ["predictions"]


def test_ten_views_average_the_maps_of_shifted_and_mirrored_images(model, net):
    x = images(2, size=28).double()
    ours = cnnviz.run("saliency", net, x, target=1, views=10)
    total = torch.zeros(2, 28, 28, dtype=torch.float64)
    shown = torch.zeros(28, 28, dtype=torch.float64)
    for down, right in [(0, 0), (-2, -2), (-2, 2), (2, -2), (2, 2)]:
        for mirrored in (False, True):
            # Pixel (i, j) of the view is pixel (mirror(i - down), mirror(j - right)) of the image.
            rows = [mirror(i - down) for i in range(28)]
            columns = [mirror(j - right) for j in range(28)]
            view = x[:, :, rows][:, :, :, columns]
            leaf = (view.flip(3) if mirrored else view).clone().requires_grad_()
            model(leaf)[:, 1].sum().backward()
            found = (leaf.grad.flip(3) if mirrored else leaf.grad).abs().amax(1)
            for i, j in itertools.product(range(28), range(28)):
                if i - down == rows[i] and j - right == columns[j]:  # shown, not only mirrored
                    total[:, rows[i], columns[j]] += found[:, i, j]
                    shown[rows[i], columns[j]] += 1
    np.testing.assert_allclose(ours.arrays["map"], (total / shown).numpy(), rtol=0, atol=1e-10)
    assert ours.facts["views"] == 10


def mirror(index: int) -> int:
    return -index if index < 0 else 54 - index if index > 27 else index


def test_ten_views_suit_a_channel_but_no_single_position(net):
    x = images().double()
    record = cnnviz.run("saliency", net, x, layer="4", channel=2, views=10)
    assert record.arrays["map"].shape == (3, 12, 12)
    with pytest.raises(ParamsError, match="one view"):
        cnnviz.run("saliency", net, x, layer="4", channel=2, position=(0, 0), views=10)
