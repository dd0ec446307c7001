from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from cnnviz.contract.params import Params
from cnnviz.core import registry
from cnnviz.core.method import Method
from cnnviz.core.registry import discover, find, register
from cnnviz.core.requests import method, parse_requests
from cnnviz.errors import CnnvizError, MissingError, ParamsError, UnsuitableError
from cnnviz.graph import capture
from tests.core.networks import functional, images


class NoParams(Params):
    """None."""


@pytest.fixture(scope="module")
def net():
    return capture(functional(), images())


@pytest.fixture
def own_registry(monkeypatch):
    """Let a test register methods that are gone afterwards."""
    monkeypatch.setattr(registry, "_METHODS", dict(discover()))


def test_the_built_in_methods_are_found_without_a_list():
    built_in = {"activations", "filters", "layer_statistics", "predictions", "saliency"}
    assert built_in <= set(discover())
    assert list(discover()) == sorted(discover())


def test_an_unknown_method_is_answered_with_close_names():
    with pytest.raises(MissingError, match=r"no method 'salliency' .did you mean 'saliency'"):
        find("salliency")
    with pytest.raises(MissingError, match=r"known are .*'activations'"):
        method("xyz")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"targets": 3}, "saliency has no parameter 'targets'"),
        ({"target": "cat"}, "saliency.target: expected .*got 'cat'"),
        ({"target": -1}, "saliency.target: expected .*>= 0.*got -1"),
        ({"position": (1, 2, 3)}, "saliency.position"),
    ],
)
def test_parameters_that_do_not_fit_are_named(params, said):
    with pytest.raises(ParamsError, match=said) as caught:
        method("saliency", **params)
    assert caught.value.field == next(iter(params))


def test_default_is_every_method_meant_for_training(net):
    meant = {name: found for name, found in discover().items() if found.in_training}
    requests = parse_requests("default", net, with_dataset=True)
    assert [r.method.name for r in requests] == list(meant)
    assert all(r.params == r.method.Params() for r in requests)


def test_without_a_data_set_default_leaves_out_what_looks_through_one(net):
    names = [request.method.name for request in parse_requests("default", net)]
    assert "saliency" in names
    assert "top_patches" not in names
    assert not any(discover()[name].needs_dataset for name in names)


def test_names_requests_and_default_may_be_mixed(net):
    requests = parse_requests([method("saliency", target=1), "default", "filters"], net)
    keys = [r.key for r in requests]
    assert keys[0] == "saliency"
    assert keys.count("filters") == 1
    assert "saliency@1" in keys


def test_a_second_set_of_parameters_gets_its_own_key_and_the_same_set_does_not(net):
    asked = ["saliency", method("saliency", target=1), method("saliency"), "saliency"]
    assert [r.key for r in parse_requests(asked, net)] == ["saliency", "saliency@1"]


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (["saliency", 3], ParamsError, "got int 3"),
        (3, ParamsError, "methods must be"),
        (["nothing"], MissingError, "no method 'nothing'"),
        ([method("activations", layers=["stemm"])], MissingError, "stem"),
        ([method("filters", layers=["head"])], ParamsError, "'head' has no kernels"),
        ([method("filters", layers=["nowhere"])], MissingError, "nowhere"),
        ([method("saliency", target=5)], ParamsError, "0 … 4, got 5"),
        ([method("saliency", channel=1)], ParamsError, "need a layer"),
        ([method("saliency", layer="stem")], ParamsError, "0 … 5, got None"),
        ([method("saliency", layer="stem", channel=6)], ParamsError, "0 … 5, got 6"),
        ([method("saliency", layer="head", channel=1, position=(0, 0))], ParamsError, "position"),
        (
            [method("saliency", layer="stem", channel=1, position=(12, 0))],
            ParamsError,
            r"\[12, 12\]",
        ),
        ([method("saliency", layer="stem", channel=1, target=2)], ParamsError, "not both"),
    ],
)
def test_misuse_raises_when_the_request_is_made(net, asked, error, said):
    with pytest.raises(error, match=said):
        parse_requests(asked, net)


def test_a_method_that_does_not_suit_is_refused_by_name_and_kept_in_default():
    linear = nn.Sequential(nn.Flatten(), nn.Linear(48, 4))
    net = capture(linear, torch.rand(2, 3, 4, 4))
    with pytest.raises(UnsuitableError, match=r"filters does not suit .* no two-dimensional conv"):
        parse_requests("filters", net)
    assert "filters" in [r.key for r in parse_requests("default", net)]


def declare(**attributes):
    """Make a method class of these attributes."""
    good = {"name": "probe", "title": "Probe", "kind": "scores", "Params": NoParams}
    body = good | {"__doc__": "Looks.", "run": lambda self, ctx, params: []} | attributes
    return type("Probe", (Method,), {k: v for k, v in body.items() if v is not None})


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"name": None}, r"lacks the class attributes \['name'\]"),
        ({"name": "Grad-CAM"}, "snake_case, got 'Grad-CAM'"),
        ({"kind": "picture"}, "kind must be one of"),
        ({"Params": dict}, "subclass of"),
        ({"__doc__": " "}, "needs a docstring"),
    ],
)
def test_a_wrong_declaration_is_refused_when_the_class_is_made_known(attributes, said):
    with pytest.raises(CnnvizError, match=said):
        register(declare(**attributes))


@pytest.mark.usefixtures("own_registry")
def test_a_registered_method_is_found_and_its_name_is_taken():
    register(declare())
    assert find("probe").title == "Probe"
    other = declare()
    other.__qualname__ = "Other"
    with pytest.raises(CnnvizError, match=r"two methods are named 'probe'.*rename one"):
        register(other)


@pytest.mark.usefixtures("own_registry")
def test_methods_of_other_packages_come_by_entry_point_and_a_broken_one_stays_out(monkeypatch):
    def broken():
        raise OSError("no disk")

    entries = [
        SimpleNamespace(value="good.package", load=lambda: register(declare(name="stranger"))),
        SimpleNamespace(value="bad.package", load=broken),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda *, group: entries)
    registry._import_all.cache_clear()
    with pytest.warns(RuntimeWarning, match="methods of 'bad.package' are left out: OSError"):
        assert "stranger" in discover()
    registry._import_all.cache_clear()
