from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.core import training_state
from cnnviz.core.code_statistics import CodeStatistics
from cnnviz.core.decoder_training import DecoderTraining
from cnnviz.core.trained import open_trained
from cnnviz.errors import JobCancelled, MissingError, ParamsError, UnsuitableError
from cnnviz.graph import capture
from tests.core.networks import plain
from tests.methods.shelves import NORMALIZE, TINY, coloured, context, net_of, run


@pytest.fixture(scope="module")
def net():
    return net_of()


def weights_of(ctx):
    (name,) = ctx.shelf.names("decoder")
    kept, about, more = open_trained(ctx.shelf, name, kind="decoder")
    return kept, about, more


def test_it_keeps_a_decoder_that_beats_the_mean_image(tmp_path, net):
    ctx = context(tmp_path, net)
    result = run("fit_generator", ctx, layer="5", iterations=60, batch=32, width=8, rate=0.01)
    facts = result.facts
    assert facts["ratio"] > 1.5
    assert facts["ratio"] == pytest.approx(
        facts["mean_image_error"] / facts["held_out_error"], rel=1e-3
    )
    assert (facts["images"], facts["held_out"]) == (58, 6)
    assert result.arrays["images"].shape == (12, 12, 12, 3)
    assert facts["columns"] == 6
    kept, about, more = weights_of(ctx)
    assert about.facts["ratio"] == facts["ratio"]
    assert (about.run, about.step, about.method) == ("run", 40, "fit_generator")
    statistics = CodeStatistics.of(more, (8, 6, 6))
    codes = net.features(coloured(), ["5"])["5"]
    assert float(statistics.highest.max()) <= float(codes.max()) + 1e-6
    with torch.no_grad():
        assert kept(codes).shape == (64, 3, 12, 12)


def test_what_is_shown_is_what_the_kept_decoder_makes(tmp_path, net):
    ctx = context(tmp_path, net)
    result = run("fit_generator", ctx, layer="5", **TINY)
    kept, _, _ = weights_of(ctx)
    pictures = torch.from_numpy(result.arrays["images"].copy()).permute(0, 3, 1, 2)
    mean, std = (torch.tensor(part).view(3, 1, 1) for part in NORMALIZE)
    held_out, decoded = ((part - mean) / std for part in pictures.chunk(2))
    with torch.no_grad():
        again = kept(net.features(held_out, ["5"])["5"])
    np.testing.assert_allclose(decoded.numpy(), again.numpy(), atol=1e-4)


def test_held_out_errors_are_those_of_images_that_no_batch_had(tmp_path, net):
    ctx = context(tmp_path, net)
    result = run("fit_generator", ctx, layer="5", **TINY)
    shown = result.arrays["images"][: result.facts["columns"]]
    mean, std = (np.array(part) for part in NORMALIZE)
    everything = coloured().numpy().transpose(0, 2, 3, 1) * std + mean
    held_out = [int(np.abs(everything - one).max((1, 2, 3)).argmin()) for one in shown]
    trained = np.delete(everything, held_out, axis=0)
    expected = np.square(everything[held_out] - trained.mean(0)).mean()
    assert result.facts["mean_image_error"] == pytest.approx(expected, rel=1e-3)


def test_the_layer_before_the_last_linear_one_is_decoded_by_default(tmp_path, net):
    result = run("fit_generator", context(tmp_path, net), **TINY)
    assert result.layer == "8"
    assert result.facts["code"] == [8, 1, 1]


class Stops:
    """Reports to it end the run at some step."""

    def __init__(self, at):
        self.at, self.seen = at, []

    def __call__(self, done, total, preview, objective):
        self.seen.append((done, total, objective))
        if done == self.at and objective is not None:
            raise JobCancelled


def test_a_cancelled_training_keeps_its_network_and_goes_on_to_the_same_last_bit(tmp_path, net):
    whole = context(tmp_path / "whole", net)
    expected = run("fit_generator", whole, layer="5", **TINY)
    stops = Stops(at=7)
    ctx = context(tmp_path / "parts", net, on_report=stops)
    with pytest.raises(JobCancelled):
        run("fit_generator", ctx, layer="5", **TINY)
    _, about, _ = weights_of(ctx)
    assert about.facts["iterations"] == 7
    assert "goes on" in about.facts["note"]
    stops.at = None
    stops.seen.clear()
    found = run("fit_generator", ctx, layer="5", **TINY)
    steps = [done for done, _, objective in stops.seen if objective is not None]
    assert steps == [8, 9, 10, 11, 12]
    assert found.arrays["images"].tobytes() == expected.arrays["images"].tobytes()
    assert found.facts["curve"] == expected.facts["curve"]
    first, second = (weights_of(one)[0].weights() for one in (whole, ctx))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not list(tmp_path.rglob(".training-*"))


def test_a_step_that_is_broken_off_leaves_a_state_that_goes_on(tmp_path, net, monkeypatch):
    expected = run("fit_generator", context(tmp_path / "whole", net), layer="5", **TINY)
    ctx = context(tmp_path / "parts", net)
    step, count = DecoderTraining.step, []

    def interrupted(self):
        count.append(1)
        if len(count) == 6:
            step(self)
            self.weights = self.weights._replace()  # as far as it came
            raise JobCancelled
        return step(self)

    monkeypatch.setattr(DecoderTraining, "step", interrupted)
    with pytest.raises(JobCancelled):
        run("fit_generator", ctx, layer="5", **TINY)
    found = run("fit_generator", ctx, layer="5", **TINY)
    assert found.arrays["images"].tobytes() == expected.arrays["images"].tobytes()


def test_a_killed_training_goes_on_from_its_last_save(tmp_path, net, monkeypatch):
    expected = run("fit_generator", context(tmp_path / "whole", net), layer="5", **TINY)
    ctx = context(tmp_path / "parts", net)
    monkeypatch.setattr(
        training_state.TrainingState, "is_due", property(lambda self: self_saves(self))
    )
    saves = []

    def self_saves(_):
        saves.append(1)
        return len(saves) == 5  # after the fifth step, once

    step, count = DecoderTraining.step, []

    def killed(self):
        count.append(self.steps)
        if len(count) == 9:
            raise SystemError("killed")
        return step(self)

    monkeypatch.setattr(DecoderTraining, "step", killed)
    with pytest.raises(SystemError):
        run("fit_generator", ctx, layer="5", **TINY)
    count[:] = [0] * 9
    found = run("fit_generator", ctx, layer="5", **TINY)
    assert count[9] == 5
    assert found.arrays["images"].tobytes() == expected.arrays["images"].tobytes()


@pytest.mark.parametrize("change", [{"rate": 0.002}, {"layer": "4"}, {"seed": 1}])
def test_another_request_begins_anew(tmp_path, net, change):
    stops = Stops(at=5)
    with pytest.raises(JobCancelled):
        run("fit_generator", context(tmp_path, net, on_report=stops), layer="5", **TINY)
    stops.at = None
    stops.seen.clear()
    ctx = context(tmp_path, net, on_report=stops, seed=change.pop("seed", 0))
    run("fit_generator", ctx, **{"layer": "5", **TINY, **change})
    assert next(done for done, _, objective in stops.seen if objective is not None) == 1


def test_a_loss_that_diverges_keeps_the_last_good_network(tmp_path, net, monkeypatch):
    step = DecoderTraining.step
    monkeypatch.setattr(
        DecoderTraining, "step", lambda self: step(self) if self.steps < 8 else float("nan")
    )
    ctx = context(tmp_path, net)
    result = run("fit_generator", ctx, layer="5", **TINY)
    assert "not a number at step 9: the network of step 8 is kept" in result.facts["note"]
    kept, about, _ = weights_of(ctx)
    assert about.facts["note"] == result.facts["note"]
    assert all(bool(tensor.isfinite().all()) for tensor in kept.weights().values())


def test_gradients_that_are_no_numbers_leave_the_weights(tmp_path, net):
    ctx = context(tmp_path, net)
    with pytest.raises(UnsuitableError, match="not a number at step 1.*lower the rate"):
        run("fit_generator", ctx, layer="5", **TINY, features=1.0, **broken_images(ctx))
    assert ctx.shelf.names("decoder") == []


def broken_images(ctx):
    """Of which all are so bright that their squares overflow."""
    source = ctx.data_set().source
    source._images = source._images * 1e25
    return {}


def test_networks_with_broken_weights_are_said(tmp_path):
    model = plain()
    net = net_of(model)
    with torch.no_grad():
        model[4].weight[0, 0, 0, 0] = torch.nan
    with pytest.raises(UnsuitableError, match="layer '5' answers with values that are not finite"):
        run("fit_generator", context(tmp_path, net), layer="5", **TINY)


def test_a_layer_that_says_nothing_is_no_code(tmp_path):
    model = plain()
    with torch.no_grad():
        model[4].weight.zero_()
        model[4].bias.fill_(-1)
    with pytest.raises(UnsuitableError, match="gives the same for every image"):
        run("fit_generator", context(tmp_path, net_of(model)), layer="5", **TINY)


def test_too_few_images_are_said(tmp_path, net):
    with pytest.raises(ParamsError, match="at least 32 images to learn from, got 20"):
        run("fit_generator", context(tmp_path, net, count=20), **TINY)


def test_without_a_job_nothing_is_trained(tmp_path, net):
    ctx = context(tmp_path, net, job=None)
    with pytest.raises(UnsuitableError, match="cnnviz fit-generator"):
        run("fit_generator", ctx, **TINY)
    ctx.shelf = None
    with pytest.raises(UnsuitableError, match="cnnviz fit-generator"):
        run("fit_generator", ctx, **TINY)


def test_a_layer_that_is_not_there_or_has_no_channels_is_said(tmp_path):
    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Conv2d(3, 4, 3)
            self.pick = nn.Flatten(2)
            self.head = nn.Linear(4, 5)

        def forward(self, x):
            return self.head(self.pick(self.inner(x)).mean(2))

    net = capture(Tokens().eval(), coloured(2))
    with pytest.raises(UnsuitableError, match=r"layer 'pick' gives \[4, 100\]"):
        run("fit_generator", context(tmp_path, net), layer="pick", **TINY)
    with pytest.raises(MissingError, match="no layer"):
        run("fit_generator", context(tmp_path, net), layer="nowhere", **TINY)


def test_the_preview_has_originals_above_what_is_made_of_them(tmp_path, net):
    previews = []
    ctx = context(tmp_path, net, on_report=lambda *said: previews.append(said[2]))
    result = run("fit_generator", ctx, layer="5", **TINY)
    last = [preview for preview in previews if preview is not None][-1]()
    assert last.shape == (6, 3, 24, 12)
    shown = torch.from_numpy(result.arrays["images"].copy()).permute(0, 3, 1, 2)
    np.testing.assert_allclose(last[:, :, :12].numpy(), shown[:6].numpy(), atol=1e-6)


def test_a_look_that_is_broken_off_is_made_good(tmp_path, net, monkeypatch):
    expected = run("fit_generator", context(tmp_path / "whole", net), layer="5", **TINY)
    ctx = context(tmp_path / "parts", net)
    errors, looks = DecoderTraining.errors, []

    def interrupted(self, weights, **how):
        looks.append(1)
        if len(looks) == 4:
            raise JobCancelled
        return errors(self, weights, **how)

    monkeypatch.setattr(DecoderTraining, "errors", interrupted)
    with pytest.raises(JobCancelled):
        run("fit_generator", ctx, layer="5", **TINY)
    found = run("fit_generator", ctx, layer="5", **TINY)
    assert found.facts["curve"] == expected.facts["curve"]
    assert found.arrays["images"].tobytes() == expected.arrays["images"].tobytes()


def test_a_cancel_while_the_last_errors_are_measured_keeps_the_network(tmp_path, net, monkeypatch):
    errors = DecoderTraining.errors

    def interrupted(self, weights, *, most=None):
        if most is None:
            raise JobCancelled
        return errors(self, weights, most=most)

    monkeypatch.setattr(DecoderTraining, "errors", interrupted)
    ctx = context(tmp_path, net)
    with pytest.raises(JobCancelled):
        run("fit_generator", ctx, layer="5", **TINY)
    _, about, _ = weights_of(ctx)
    assert about.facts["iterations"] == TINY["iterations"]
    assert about.facts["held_out_error"] > 0
