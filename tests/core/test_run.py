from __future__ import annotations

import numpy as np
import pytest
import torch

import cnnviz
from cnnviz.errors import MissingError, ParamsError, UnsuitableError
from cnnviz.graph import capture
from tests.core.networks import CLASSES, functional, images, state_of


@pytest.fixture(scope="module")
def net():
    return capture(functional(), images())


def test_one_call_gives_a_record_with_its_provenance():
    model = functional()
    before = state_of(model)
    record = cnnviz.run("saliency", model, images(), target=2, seed=5)
    assert state_of(model) == before
    assert next(iter(record.arrays.values())).shape == (3, 12, 12)
    assert (record.method, record.kind, record.step, record.layer) == (
        "saliency",
        "heatmap",
        None,
        None,
    )
    provenance = record.provenance
    assert provenance.params["target"] == 2
    assert provenance.params["layer"] is None
    assert (provenance.seed, provenance.device, provenance.method_version) == (5, "cpu", 1)
    assert provenance.versions["torch"] == torch.__version__
    assert provenance.duration > 0


def test_a_captured_network_may_be_given_instead_of_the_model(net):
    by_net = cnnviz.run("predictions", net, images())
    by_model = cnnviz.run("predictions", functional(), images())
    assert np.array_equal(by_net.arrays["scores"], by_model.arrays["scores"])
    assert by_net.provenance.model_digest == by_model.provenance.model_digest == net.digest


@pytest.mark.parametrize("name", ["filters", "activations"])
def test_of_a_method_with_a_record_a_layer_the_first_or_the_named_one_is_given(net, name):
    first = cnnviz.run(name, net, images())
    named = cnnviz.run(name, net, images(), layer="shared")
    assert first.layer != "shared"
    assert named.layer == "shared"


def test_a_unit_is_chosen_by_layer_and_channel(net):
    record = cnnviz.run("saliency", net, images(), layer="stem", channel=2, position=(5, 5))
    assert record.layer == "stem"
    # A 3 × 3 convolution sees the neighbours of its position and nothing else.
    seen = np.zeros((12, 12), bool)
    seen[4:7, 4:7] = True
    assert (record.arrays["map"][:, seen] > 0).all()
    assert (record.arrays["map"][:, ~seen] == 0).all()


@pytest.mark.parametrize(
    ("name", "arguments", "error", "said"),
    [
        ("saliencies", {}, MissingError, "did you mean 'saliency'"),
        ("saliency", {"size": 3}, ParamsError, "no parameter 'size'"),
        ("saliency", {"target": CLASSES}, ParamsError, f"got {CLASSES}"),
        ("filters", {"target": 1}, ParamsError, "filters takes no target"),
        ("predictions", {"layer": "stem"}, ParamsError, "predictions takes no layer"),
        ("activations", {"layer": "stam"}, MissingError, "stem"),
        ("predictions", {"labels": [1]}, ParamsError, "labels must be"),
        ("predictions", {"labels": [0, 1, CLASSES]}, ParamsError, "0 to 4"),
        ("predictions", {"normalize": 3}, ParamsError, "normalize must be"),
    ],
)
def test_misuse_is_answered_in_one_sentence(net, name, arguments, error, said):
    with pytest.raises(error, match=said) as caught:
        cnnviz.run(name, net, images(), **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (torch.zeros(3, 3, 12, 12, dtype=torch.uint8), "got torch.uint8: scale and normalise"),
        (torch.zeros(3, 12, 12), "one image"),
        (torch.zeros(2, 4, 12, 12), "3-channel"),
    ],
)
def test_images_that_do_not_fit_are_refused(net, given, said):
    with pytest.raises(ParamsError, match=said):
        cnnviz.run("predictions", net, given)


def test_a_method_that_does_not_suit_says_why():
    linear = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 12 * 12, 4))
    with pytest.raises(UnsuitableError, match="filters does not suit this network"):
        cnnviz.run("filters", linear, images())


def test_something_that_is_no_model_is_refused():
    with pytest.raises(ParamsError, match="model must be a torch.nn.Module .*got str"):
        cnnviz.run("saliency", "resnet18", images())
