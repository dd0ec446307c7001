"""What holds for every method on every kind of network; a new method is tested here unasked."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
import torch

from cnnviz.contract.params import json_schema
from cnnviz.core.context import Context
from cnnviz.core.datasets import Arrays, DataSet
from cnnviz.core.execute import execute
from cnnviz.core.registry import discover
from cnnviz.core.requests import method, parse_requests
from cnnviz.graph import capture
from tests.core.networks import NETWORKS, images, state_of
from tests.methods.trained_networks import shelf_with_a_job

PAGES = Path(__file__).resolve().parents[2] / "docs" / "methods"
METHODS = sorted(discover())
LABELS = (0, -1, 2)
NEEDED = {"fast_style": "fit_style", "code_maximization": "fit_generator"}
"""Methods that use a network, and those that train it."""
REFUSES = {"fit_generator": "values that are not finite: the network's weights are broken"}
"""Methods that have nothing to show of broken weights, and what they say."""


def quick(name):
    """A method as it is by default, but that it takes few steps."""
    names = {field.name for field in msgspec.structs.fields(discover()[name].Params)}
    few = {"iterations": 3, "steps": 3}
    return method(name, **{key: few[key] for key in few.keys() & names})


@pytest.fixture
def context(tmp_path):
    """What a job sees: a shelf, with the network on it that the method needs."""

    def make(name, net, **more):
        needs_many = "fit_generator" in {name, NEEDED.get(name)}
        source = Arrays(images(40), None, (3, 12, 12))
        more |= {"dataset": DataSet(source, is_stored=False)} if needs_many else {}
        made = Context(net, images(), **more)
        made.shelf = shelf_with_a_job(tmp_path)
        if name in NEEDED:
            execute([quick(NEEDED[name])], made, on_error="raise")
        return made

    return make


class Broken:
    """A network that computes as ever, and fails when it is done."""

    def __init__(self, net):
        self._net = net

    def __getattr__(self, name):
        return getattr(self._net, name)

    def __call__(self, x, taps=()):
        self._net(x, taps)
        raise RuntimeError("half-way")

    def features(self, x, taps):
        self._net.features(x, taps)
        raise RuntimeError("half-way")


@pytest.fixture(scope="module", params=NETWORKS)
def model_and_net(request):
    with torch.random.fork_rng():
        model = NETWORKS[request.param]()
        before = state_of(model)
        net = capture(model, images())
    after = state_of(model)
    assert {k for k in before if before[k] != after[k]} <= {"torch"}
    assert net.captured == ("hooks" if request.param == "unexportable" else "graph")
    return model, net


@pytest.mark.parametrize("grad", [True, False], ids=["grad", "no_grad"])
@pytest.mark.parametrize("name", METHODS)
def test_a_method_leaves_the_model_as_it_was(model_and_net, context, name, grad):
    model, net = model_and_net
    before = state_of(model)
    with torch.set_grad_enabled(grad):
        ctx = context(name, net, labels=LABELS)
        execution = execute([quick(name)], ctx)
        execute([quick(name)], ctx)
    assert not execution.skipped
    assert state_of(model) == before


@pytest.mark.parametrize("name", METHODS)
def test_a_method_leaves_the_model_as_it_was_after_an_error(model_and_net, context, name):
    model, net = model_and_net
    before = state_of(model)
    ctx = context(name, net)
    ctx.net = Broken(net)
    execution = execute([quick(name)], ctx)
    assert state_of(model) == before
    assert [s.reason for s in execution.skipped] in ([], ["RuntimeError: half-way"])
    assert execution.skipped or name in {"filters", "fast_style"}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_gives_its_declared_kind_and_the_same_for_the_same_seed(
    model_and_net, context, name
):
    _, net = model_and_net
    first, second = (
        execute([quick(name)], context(name, net, labels=LABELS, seed=3)).results for _ in range(2)
    )
    assert first
    for a, b in zip(first, second, strict=True):
        assert a.result.kind == discover()[name].kind
        assert a.result.layer == b.result.layer
        jobs = {"network": "a job's name, which differs"} if "network" in a.result.facts else {}
        assert {**a.result.facts, **jobs} == {**b.result.facts, **jobs}
        assert msgspec.json.decode(msgspec.json.encode(a.result.facts)) == a.result.facts
        for key, array in a.result.arrays.items():
            assert array.tobytes() == b.result.arrays[key].tobytes()


@pytest.mark.parametrize("name", METHODS)
def test_its_arrays_are_nobody_elses(context, name):
    model = NETWORKS["inplace"]()
    net = capture(model, images())
    ctx = context(name, net)
    arrays = [a for d in execute([quick(name)], ctx).results for a in d.result.arrays.values()]
    before = [array.tobytes() for array in arrays]
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            tensor.add_(1)
    ctx.examples.zero_()
    execute([quick(name)], ctx)
    assert [array.tobytes() for array in arrays] == before


@pytest.mark.parametrize("name", METHODS)
def test_a_method_works_in_bfloat16_and_gives_types_that_numpy_has(context, name):
    model = NETWORKS["plain"]().to(torch.bfloat16)
    net = capture(model, images().to(torch.bfloat16))
    execution = execute([quick(name)], context(name, net), on_error="raise")
    for done in execution.results:
        assert {a.dtype.name for a in done.result.arrays.values()} <= {
            *("float32", "float16", "int32", "uint8")
        }


@pytest.mark.parametrize("name", METHODS)
def test_a_method_shows_broken_weights_instead_of_failing(context, name):
    model = NETWORKS["plain"]()
    net = capture(model, images())
    ctx = context(name, net, labels=LABELS)
    with torch.no_grad():
        model[4].weight[0, 0, 0, 0] = torch.nan
    execution = execute(parse_requests(quick(name), net), ctx)
    if name in REFUSES:
        assert REFUSES[name] in execution.skipped[0].reason
        return
    assert execution.results
    assert not execution.skipped


@pytest.mark.parametrize("name", METHODS)
def test_a_method_declares_itself(name):
    found = discover()[name]
    assert method(name).params == found.Params()
    fields = {field.name for field in msgspec.structs.fields(found.Params)}
    described = json_schema(found.Params)["properties"]
    assert {key for key, value in described.items() if value.get("description")} == fields
    help_text = found.__doc__ or ""
    assert re.search(r"https://(arxiv\.org|doi\.org|papers\.n)", help_text), "cite a source"
    assert re.search(r"Differs\s+from\s+the\s+papers?:", help_text)
    assert len(help_text.splitlines()[0]) <= 100


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_a_page_with_its_picture_parameters_and_source(name):
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    found = discover()[name]
    assert f"{name}.png" in page
    assert 0 < (PAGES / f"{name}.png").stat().st_size < 150_000
    table = re.search(r"## Parameters\n\n((?:\|.*\n)+)", page)
    assert table is not None
    rows = dict(re.findall(r"^\| `(\w+)` \| `(.*?)` \|", table[1], flags=re.MULTILINE))
    defaults = msgspec.to_builtins(found.Params())
    assert rows == {key: msgspec.json.encode(value).decode() for key, value in defaults.items()}
    (source, *_) = re.findall(r"https://\S+?(?=[ ),])", found.__doc__ or "")
    assert source.rstrip(".") in page
    assert "Differs from the paper" in page
