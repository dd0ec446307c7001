from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.contract.trained import Trained
from cnnviz.core.trained import keep, open_trained
from cnnviz.errors import JobCancelled, MissingError, ParamsError, RecordError, UnsuitableError
from cnnviz.graph import capture
from cnnviz.methods import code_maximization as climbing
from cnnviz.storage.shelf import Shelf
from tests.core.networks import CLASSES, plain
from tests.methods.shelves import NORMALIZE, TINY, context, net_of, run


@pytest.fixture(scope="module")
def net():
    return net_of()


@pytest.fixture
def ctx(tmp_path, net):
    """A context whose shelf has a decoder of layer 5, maps of (8, 6, 6)."""
    made = context(tmp_path, net)
    run("fit_generator", made, layer="5", **TINY)
    return made


def test_the_score_of_every_class_rises(ctx):
    params = {"units": list(range(CLASSES)), "start": "mean"}
    first, last = (run("code_maximization", ctx, iterations=n, **params) for n in (1, 40))
    assert (np.array(last.facts["objective"]) > np.array(first.facts["objective"])).all()
    assert last.arrays["images"].shape == (CLASSES, 12, 12, 3)
    assert len(last.facts["probabilities"]) == CLASSES


def test_what_is_said_of_a_picture_is_what_the_network_says_of_it(ctx, net):
    result = run("code_maximization", ctx, units=[3, 1], iterations=5)
    pictures = torch.from_numpy(result.arrays["images"].copy()).permute(0, 3, 1, 2)
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in NORMALIZE)
    with torch.no_grad():
        scores = net((pictures - mean) / std)
    rows = torch.arange(2)
    expected = scores.softmax(1)[rows, [3, 1]]
    np.testing.assert_allclose(result.facts["probabilities"], expected.numpy(), rtol=1e-3)
    np.testing.assert_allclose(result.facts["objective"], scores[rows, [3, 1]].numpy(), rtol=1e-3)
    assert result.facts["captions"] == [
        f"class {k} · {p:.1%}" for k, p in zip((3, 1), expected.tolist(), strict=True)
    ]


def test_codes_stay_in_the_range_that_images_have(ctx, monkeypatch):
    seen = []
    real = climbing.climb_codes
    monkeypatch.setattr(climbing, "climb_codes", lambda *of: seen.append(real(*of)) or seen[-1])
    run("code_maximization", ctx, units=[2], iterations=30, range=1.0, decay=1.0)
    _, _, more = open_trained(ctx.shelf, ctx.shelf.job, kind="decoder")
    (codes,) = seen
    upper = more["code_mean"] + more["code_std"]
    assert float(codes.min()) == 0
    assert bool((codes <= upper + 1e-6).all())
    assert bool((codes >= upper - 1e-6).any())


def test_channels_and_units_of_a_layer_are_climbed_too(ctx, net):
    def mean_of(iterations):
        params = {"layer": "2", "units": [0, 4], "position": "mean", "start": "mean"}
        return run("code_maximization", ctx, iterations=iterations, **params)

    first, last = mean_of(1), mean_of(40)
    assert last.layer == "2"
    assert "probabilities" not in last.facts
    assert (np.array(last.facts["objective"]) > np.array(first.facts["objective"])).all()
    assert last.facts["captions"][1].startswith("2 4 · ")


def test_several_pictures_of_a_unit_begin_at_noise_of_their_own(ctx):
    result = run("code_maximization", ctx, units=[0, 1], pictures=3, iterations=2, noise=2.0)
    pictures = result.arrays["images"]
    assert result.facts["columns"] == 3
    assert result.facts["units"] == [0, 0, 0, 1, 1, 1]
    assert not np.allclose(pictures[0], pictures[1], atol=1e-3)


def test_a_start_at_an_example_is_its_code(ctx, net):
    params = {"start": "example", "iterations": 1, "rate": 1e-9, "range": 100.0}
    result = run("code_maximization", ctx, units=[0, 1], **params)
    kept, _, _ = open_trained(ctx.shelf, ctx.shelf.names("decoder")[0], kind="decoder")
    with torch.no_grad():
        expected = kept(net.features(ctx.examples, ["5"])["5"] * 0.99)
    std, mean = (torch.tensor(part).view(3, 1, 1) for part in NORMALIZE[::-1])
    shown = (expected * std + mean).clamp(0, 1).permute(0, 2, 3, 1)
    np.testing.assert_allclose(result.arrays["images"], shown.numpy(), atol=1e-5)


def test_small_batches_give_the_same_pictures(ctx):
    ctx.batch_limit = None
    together = run("code_maximization", ctx, units=[0, 1, 2], iterations=4)
    ctx.batch_limit = 1
    alone = run("code_maximization", ctx, units=[0, 1, 2], iterations=4)
    np.testing.assert_allclose(together.arrays["images"], alone.arrays["images"], atol=1e-5)


def test_every_step_is_reported_with_its_pictures_and_can_be_the_last(tmp_path, net):
    made = context(tmp_path, net)
    run("fit_generator", made, layer="5", **TINY)
    seen = []

    def report(done, total, preview, objective):
        seen.append((done, total, preview().shape))
        if done == 3:
            raise JobCancelled

    again = context(tmp_path, net, on_report=report)
    with pytest.raises(JobCancelled):
        run("code_maximization", again, units=[0, 1], iterations=9)
    assert seen == [(n, 9, (2, 3, 12, 12)) for n in (1, 2, 3)]


def test_the_newest_decoder_is_taken_unless_one_is_named(tmp_path, net):
    first = context(tmp_path, net)
    run("fit_generator", first, layer="5", **TINY)
    second = context(tmp_path, net)
    run("fit_generator", second, layer="8", **TINY)
    newest = max((first.shelf.job, second.shelf.job))
    assert run("code_maximization", second, iterations=1).facts["network"] == newest
    for ctx in (first, second):
        named = run("code_maximization", second, network=ctx.shelf.job, iterations=1)
        assert named.facts["network"] == ctx.shelf.job


def test_a_decoder_of_other_weights_or_another_network_is_allowed_and_said(ctx, net):
    facts = run("code_maximization", ctx, iterations=1).facts
    assert (facts["decoder_run"], facts["decoder_step"], facts["decoded_layer"]) == ("run", 40, "5")
    assert "note" not in facts
    ctx.step = 80
    assert (
        "weights of run 'run', step 40" in run("code_maximization", ctx, iterations=1).facts["note"]
    )
    other = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    ctx.net = net_of(other)
    found = run("code_maximization", ctx, iterations=1)
    assert "with another network" in found.facts["note"]
    with pytest.raises(ParamsError, match="needs the decoded layer '5' in this network"):
        run("code_maximization", ctx, start="example", iterations=1)


def test_without_a_decoder_it_says_how_to_make_one(tmp_path, net):
    with pytest.raises(MissingError, match="train one with the method fit_generator"):
        run("code_maximization", context(tmp_path, net))
    bare = context(tmp_path, net)
    bare.shelf = None
    with pytest.raises(MissingError, match="train one with the method fit_generator"):
        run("code_maximization", bare)
    with pytest.raises(MissingError, match="must be the name of a job"):
        run("code_maximization", context(tmp_path, net), network="20200101-000000-deadbeef")


def test_a_decoder_that_makes_images_of_another_size_is_refused(ctx):
    fixed = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5))
    ctx.net = capture(fixed.eval(), torch.zeros(2, 3, 8, 8))
    with pytest.raises(ParamsError, match=r"makes images \[3, 12, 12\], which this network"):
        run("code_maximization", ctx)


def test_a_network_that_is_no_decoder_is_refused(tmp_path, net):
    ctx = context(tmp_path, net)
    name = keep(ctx.shelf, net, Trained(kind="style", method="fit_style"))
    with pytest.raises(ParamsError, match="a decoder network is needed"):
        run("code_maximization", ctx, network=name)


@pytest.mark.parametrize("file", ["weights.safetensors", "more.safetensors", "graph.json"])
def test_a_damaged_decoder_is_said(ctx, file):
    path = ctx.shelf.place(ctx.shelf.job) / file
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    with pytest.raises(RecordError, match="damaged"):
        run("code_maximization", ctx)


def test_a_decoder_without_the_range_of_its_codes_is_said(ctx):
    kept, about, more = open_trained(ctx.shelf, ctx.shelf.job, kind="decoder")
    del more["code_std"]
    keep(ctx.shelf, kept, about, more)
    with pytest.raises(RecordError, match="range of its codes"):
        run("code_maximization", ctx)


def test_a_decoder_that_makes_no_numbers_is_said(ctx):
    kept, about, more = open_trained(ctx.shelf, ctx.shelf.job, kind="decoder")
    broken = {"last.bias": kept.weights()["last.bias"] * torch.nan}
    keep(ctx.shelf, kept.with_weights(broken), about, more)
    with pytest.raises(RecordError, match="its images are not finite"):
        run("code_maximization", ctx)


def test_facts_of_a_stranger_are_not_believed(ctx):
    path = ctx.shelf.place(ctx.shelf.job) / "about.json"
    about = json.loads(path.read_text())
    about["facts"] = {"layer": ["5"], "code": [1 << 40]}
    path.write_text(json.dumps(about))
    assert run("code_maximization", ctx, iterations=1).facts["decoded_layer"] == "['5']"
    with pytest.raises(ParamsError, match="needs the decoded layer"):
        run("code_maximization", ctx, start="example", iterations=1)


def test_broken_weights_give_a_picture_without_a_probability(ctx, tmp_path):
    model = plain()
    ctx.net = net_of(model)
    with torch.no_grad():
        model[4].weight[0, 0, 0, 0] = torch.nan
    result = run("code_maximization", ctx, iterations=2)
    assert result.facts["probabilities"] == [None]
    assert result.facts["captions"] == ["class 0 · no number"]
    assert np.isfinite(result.arrays["images"]).all()


def test_units_that_are_not_there_are_said(ctx, net):
    with pytest.raises(ParamsError, match=r"units must be in 0 … 4 \(the model's classes\), got 5"):
        run("code_maximization", ctx, units=[5])
    with pytest.raises(ParamsError, match="position must lie in the layer's maps"):
        run("code_maximization", ctx, layer="5", position=[9, 9])
    ctx._examples = ctx.examples[:0]
    with pytest.raises(ParamsError, match="there is none"):
        run("code_maximization", ctx, start="example")


def test_a_model_without_class_scores_needs_a_layer(tmp_path):
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    with pytest.raises(UnsuitableError, match="name a layer"):
        run("code_maximization", context(tmp_path, net_of(model)))


def test_a_shelf_that_only_reads_is_enough(ctx, tmp_path):
    jobs = ctx.shelf._jobs
    ctx.shelf = Shelf(jobs)
    assert run("code_maximization", ctx, iterations=1).facts["network"]
