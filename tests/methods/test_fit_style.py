from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.core import state_file
from cnnviz.core.context import Context
from cnnviz.core.datasets import Arrays, DataSet
from cnnviz.core.execute import execute
from cnnviz.core.requests import method, parse_requests
from cnnviz.core.trained import open_trained
from cnnviz.core.training_state import TrainingState
from cnnviz.errors import JobCancelled, MissingError, ParamsError, RecordError, UnsuitableError
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.storage.files import open_file
from cnnviz.storage.shelf import Shelf
from cnnviz.storage.tensors import read_header
from tests.core.networks import images, plain
from tests.methods.test_style_transfer import OneSize
from tests.methods.trained_networks import TINY_STYLE, fitted, shelf_with_a_job

NORMALIZE = Normalize((0.5, 0.4, 0.6), (0.25, 0.3, 0.2))


@pytest.fixture(scope="module")
def net():
    return capture(plain().eval(), images())


def context(net, count=8, **more):
    return Context(net, images(count), normalize=NORMALIZE, **more)


def weights_of(shelf: Shelf, name: str):
    graph, about, tables = open_trained(shelf, name, kind="style")
    return graph, about, {**graph.weights(), **{f"table {key}": t for key, t in tables.items()}}


def same(one, other):
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_it_gives_samples_of_pictures_held_out_and_keeps_the_network(net, tmp_path):
    ctx = context(net)
    name, done = fitted(ctx, tmp_path, styles=[2, 5], **TINY_STYLE)
    facts = done.result.facts
    assert done.result.arrays["images"].shape == (3, 12, 12, 3)
    assert facts["columns"] == 3
    assert facts["captions"] == [
        "a picture held out",
        "in the style of example 2",
        "in the style of example 5",
    ]
    assert facts["network"] == name
    assert (facts["pictures"], facts["held_out"], facts["iterations"]) == (5, 1, 2)
    assert facts["note"] == "it learnt from 5 pictures only: give more"
    assert [at for at, _ in facts["curve"]] == [1, 2]
    assert len(facts["losses"]) == 2
    graph, about, weights = weights_of(ctx.shelf, name)
    assert about.method == "fit_style"
    assert about.model_digest == net.digest
    assert about.facts == {
        "styles": [2, 5],
        "size": 8,
        "iterations": 2,
        "loss": about.facts["loss"],
    }
    assert weights["table colours.weight"].shape == (2, 3)
    assert graph.input_shape == (3, None, None)
    shown = images(8)[:1] * 0.25 + 0.5
    picture = torch.from_numpy(done.result.arrays["images"][1].copy()).permute(2, 0, 1)[None]
    held = torch.from_numpy(done.result.arrays["images"][0].copy()).permute(2, 0, 1)[None]
    assert held.shape == shown.shape
    torch.testing.assert_close(graph(held), picture, rtol=0, atol=1e-4)


def test_the_loss_on_pictures_held_out_falls(net, tmp_path):
    random = torch.Generator().manual_seed(0)
    pictures = torch.nn.functional.interpolate(
        torch.rand(30, 3, 4, 4, generator=random), (16, 16), mode="bicubic"
    ).clamp(0, 1)
    places = torch.arange(16) // 2
    pictures[0] = ((places[:, None] + places) % 2).float()  # the style: checkers
    more = {**TINY_STYLE, "size": 16, "rate": 0.02, "batch": 4, "width": 4}
    losses = []
    for iterations in (1, 40):
        _, done = fitted(Context(net, pictures), tmp_path, **{**more, "iterations": iterations})
        losses.append(done.result.facts["losses"][0]["total"])
    assert losses[1] < 0.85 * losses[0]


def test_the_runs_data_set_is_learnt_from_beside_the_examples(net, tmp_path):
    pictures = images(30)[8:]
    data = DataSet(Arrays(pictures, None, (3, 12, 12)))
    _, done = fitted(context(net, 2, dataset=data), tmp_path, **TINY_STYLE)
    facts = done.result.facts
    assert facts["data_set"] == "22 images in memory"
    assert facts["pictures"] + facts["held_out"] == 22


class Stopping:
    """Ends a run at some iteration, as a wish to cancel or a kill does."""

    def __init__(self, at, error):
        self.at, self.error, self.seen = at, error, []

    def __call__(self, done, total, picture, objective):
        self.seen.append(done)
        assert picture().shape == (2, 3, 12, 12)
        if done == self.at:
            raise self.error


@pytest.mark.parametrize("error", [JobCancelled("taken back"), RuntimeError("killed")])
def test_a_stopped_training_goes_on_and_gives_the_same(net, tmp_path, error, monkeypatch):
    if not isinstance(error, JobCancelled):
        monkeypatch.setattr(state_file, "EVERY", 0.0)
        monkeypatch.setattr(state_file, "COST", 0)
    params = {**TINY_STYLE, "iterations": 6, "styles": [1]}
    whole = context(net)
    name, straight = fitted(whole, tmp_path / "whole", **params)
    stopping = Stopping(4, error)
    ctx = context(net, on_report=stopping)
    with pytest.raises(type(error)):
        fitted(ctx, tmp_path / "stopped", **params)
    stopping.at = None
    again, resumed = fitted(ctx, tmp_path / "stopped", **params)
    assert stopping.seen[4:] == ([5, 6] if isinstance(error, JobCancelled) else [4, 5, 6])
    assert same(weights_of(whole.shelf, name)[2], weights_of(ctx.shelf, again)[2])
    assert straight.result.facts | {"network": again} == resumed.result.facts
    assert straight.result.arrays["images"].tobytes() == resumed.result.arrays["images"].tobytes()
    assert not list((tmp_path / "stopped").glob(".training-*"))


def test_a_cancelled_training_keeps_its_network_as_it_is(net, tmp_path):
    ctx = context(net, on_report=Stopping(3, JobCancelled("taken back")))
    with pytest.raises(JobCancelled):
        fitted(ctx, tmp_path, **{**TINY_STYLE, "iterations": 50})
    _, about, _ = weights_of(ctx.shelf, ctx.shelf.job)
    assert about.facts["iterations"] == 3


def test_a_state_that_does_not_fit_is_said_and_the_next_try_begins_anew(net, tmp_path):
    params = {**TINY_STYLE, "iterations": 4}
    ctx = context(net, on_report=Stopping(2, JobCancelled("taken back")))
    with pytest.raises(JobCancelled):
        fitted(ctx, tmp_path, **params)
    (path,) = tmp_path.glob(".training-*")
    key = json.loads(read_header(open_file(path)).metadata["cnnviz"])["key"]
    tensors, facts = TrainingState(path, key).load()
    tensors["values|enter.conv.bias"] = torch.zeros(3)
    TrainingState(path, key).save(tensors, facts)
    ctx = context(net)
    with pytest.raises(RecordError, match="start it again"):
        fitted(ctx, tmp_path, **params)
    _, done = fitted(ctx, tmp_path, **params)
    assert done.result.facts["iterations"] == 4


def test_other_pictures_or_weights_begin_anew(net, tmp_path):
    params = {**TINY_STYLE, "iterations": 5}
    stopping = Stopping(3, JobCancelled("taken back"))
    with pytest.raises(JobCancelled):
        fitted(context(net, on_report=stopping), tmp_path, **params)
    other = Stopping(None, JobCancelled("taken back"))
    fitted(context(net, 9, on_report=other), tmp_path, **params)
    assert other.seen == [1, 2, 3, 4, 5]


def test_weights_that_make_the_loss_no_number_are_said_and_nothing_is_kept(net, tmp_path):
    ctx = context(net)
    name, done = fitted(ctx, tmp_path, **TINY_STYLE, style_weight=1e300)
    facts = done.result.facts
    assert "not a number from the beginning" in facts["note"]
    assert facts["network"] is None
    assert facts["iterations"] == 0
    assert facts["captions"][1] == "in the style of example 0 · the loss is not a number"
    with pytest.raises(MissingError):
        open_trained(ctx.shelf, name, kind="style")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"styles": [8]}, "styles must be among the 8 examples, got 8"),
        ({"styles": [1, 1]}, "styles must be different examples"),
        ({"styles": [0, 1, 2, 3, 4, 5, 6]}, "needs at least 2 images to learn from, got 1"),
        ({"style_layers": ["9"]}, r"layer '9' gives \[5\], expected maps"),
        ({"content_layers": ["9"]}, r"layer '9' gives \[5\], expected maps"),
        ({"style_layer_weights": [1.0]}, "style_layer_weights must be 2 weights"),
        ({"content_weight": 0, "style_weight": 0}, "nothing to learn"),
        ({"iterations": 0}, "iterations"),
        ({"width": 1000}, "width"),
        ({"rate": float("nan")}, "rate"),
    ],
)
def test_what_does_not_fit_is_said(net, tmp_path, params, message):
    ctx = context(net)
    ctx.shelf = shelf_with_a_job(tmp_path)
    with pytest.raises(ParamsError, match=message):
        execute(parse_requests(method("fit_style", **params), net), ctx, on_error="raise")


def test_a_layer_that_is_not_there_is_said(net):
    with pytest.raises(MissingError, match="no layer 'conv9'"):
        parse_requests(method("fit_style", style_layers=["conv9"]), net)


def test_pictures_too_small_for_a_style_network_are_said(tmp_path):
    small = images(6)[:, :, :7, :7]
    net = capture(plain().eval(), small)
    with pytest.raises(ParamsError, match="must be 8 px high and wide at least, got 7 × 7"):
        fitted(Context(net, small), tmp_path)


def test_a_network_of_one_size_learns_from_whole_pictures(tmp_path):
    torch.manual_seed(0)
    net = capture(OneSize().eval(), images())
    more = {key: value for key, value in TINY_STYLE.items() if key != "size"}
    _, done = fitted(context(net), tmp_path, **more)
    assert done.result.facts["size"] == [12, 12]
    for params in ({"size": 8}, {"style_scale": 0.5}):
        with pytest.raises(ParamsError, match="takes pictures of"):
            fitted(context(net), tmp_path, **{**more, **params})


def test_a_network_without_maps_is_unsuitable():
    net = capture(nn.Sequential(nn.Flatten(), nn.Linear(432, 4)), images())
    assert "no layer that gives maps" in method("fit_style").method.unsuitable(net)


def test_without_a_job_there_is_nowhere_to_keep_it(net, tmp_path):
    with pytest.raises(UnsuitableError, match="send it as a job"):
        cnnviz.run("fit_style", net, images(4))
    ctx = context(net)
    ctx.shelf = shelf_with_a_job(tmp_path)
    ctx.shelf.job = None
    with pytest.raises(UnsuitableError, match="send it as a job"):
        execute([method("fit_style")], ctx, on_error="raise")


def test_pictures_of_one_channel_are_learnt_too(tmp_path):
    grey = images(6)[:, :1]
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 3))
    ctx = Context(capture(model.eval(), grey), grey)
    _, done = fitted(ctx, tmp_path, **TINY_STYLE)
    shown = done.result.arrays["images"]
    assert shown.shape == (2, 12, 12, 3)
    np.testing.assert_array_equal(shown[..., 0], shown[..., 2])
