from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.method import Method
from cnnviz.core.requests import Request, method, parse_requests
from cnnviz.errors import CnnvizError, JobCancelled, ParamsError, UnsuitableError
from cnnviz.graph import capture
from tests.core.networks import CLASSES, functional, images, plain


class Counted:
    """A network that counts how it is called."""

    def __init__(self, net):
        self._net = net
        self.calls: list[tuple[bool, tuple[str, ...]]] = []

    def __getattr__(self, name):
        return getattr(self._net, name)

    def __call__(self, x, taps=()):
        self.calls.append((torch.is_grad_enabled(), tuple(taps)))
        return self._net(x, taps)


class NoParams(Params):
    """None."""


def probe(run, *, key="probe", gradient=False, taps=(), kind="scores"):
    """Make a request of a method that does what `run` does."""

    class Probe(Method):
        """Looks."""

        name, title, needs_gradient = key, "Probe", gradient
        Params = NoParams

        def layers(self, net, params):
            return list(taps)

        def run(self, ctx, params):
            return run(ctx)

    Probe.kind = kind
    return Request(Probe(), NoParams())


def scores_of(array, **facts):
    return [Result(kind="scores", arrays={"scores": array}, facts=facts)]


@pytest.fixture
def net():
    return Counted(capture(functional(), images()))


@pytest.fixture
def ctx(net):
    return Context(net, images(), labels=(0, 1, -1))


def test_all_due_methods_share_one_forward_pass(ctx, net):
    execution = execute(parse_requests("default", net), ctx)
    assert not execution.skipped
    assert len(net.calls) == 1
    assert len(net.calls[0][1]) == len(set(net.calls[0][1]))


def test_methods_with_the_same_targets_share_one_backward_pass(ctx, monkeypatch):
    calls = []
    grad = torch.autograd.grad
    monkeypatch.setattr(torch.autograd, "grad", lambda *a, **k: calls.append(a) or grad(*a, **k))
    asked = [
        probe(
            lambda ctx: scores_of(ctx.input_gradient(ctx.targets().classes).abs()), gradient=True
        ),
        *parse_requests(["saliency", method("saliency", target=1)], ctx.net),
    ]
    execution = execute(asked, ctx)
    assert not execution.skipped
    assert len(calls) == 2


def test_autograd_is_on_only_if_a_due_method_derives(ctx, net):
    execute(parse_requests(["predictions", "activations"], net), ctx)
    execute(parse_requests(["predictions", "saliency"], net), ctx)
    assert [grad for grad, _ in net.calls] == [False, True]


def test_nothing_is_computed_that_nobody_reads(ctx, net):
    execute(parse_requests("filters", net), ctx)
    assert not net.calls


def test_a_failing_method_is_skipped_with_its_reason_and_leaves_the_others_alone(ctx, net):
    def fails(ctx):
        raise ZeroDivisionError("by zero")

    def refuses(ctx):
        raise UnsuitableError("the reason, one sentence")

    asked = [probe(fails, key="a"), probe(refuses, key="b"), *parse_requests("predictions", net)]
    execution = execute(asked, ctx)
    assert [(s.method, s.reason) for s in execution.skipped] == [
        ("a", "ZeroDivisionError: by zero"),
        ("b", "the reason, one sentence"),
    ]
    assert [d.request.key for d in execution.results] == ["predictions"]


def test_asked_to_raise_it_lets_the_error_out(ctx):
    def fails(ctx):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        execute([probe(fails)], ctx, on_error="raise")


def test_a_forward_pass_that_fails_is_not_repeated_and_hurts_its_readers_only(
    ctx, net, monkeypatch
):
    def fails(self, x, taps=()):
        self.calls.append((True, ()))
        raise MemoryError("out of memory")

    monkeypatch.setattr(Counted, "__call__", fails)
    execution = execute(parse_requests("default", net), ctx)
    assert {d.request.key for d in execution.results} == {"filters"}
    assert {s.reason for s in execution.skipped} == {"MemoryError: out of memory"}
    assert len(net.calls) == 1


def test_a_cancelled_job_is_never_swallowed(net):
    def cancel(done, total, preview, objective):
        raise JobCancelled

    ctx = Context(net, images(), on_report=cancel)
    with pytest.raises(JobCancelled):
        execute([probe(lambda ctx: ctx.report(1, 2))], ctx)


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (lambda ctx: [Result(kind="heatmap", arrays={"map": ctx.scores})], "gave 'heatmap'"),
        (lambda ctx: [Result(kind="scores", arrays={})], "without an array"),
        (lambda ctx: scores_of([1, 2]), "must be tensors or numpy arrays"),
        (lambda ctx: scores_of(np.array(["text"])), "must be numbers"),
        (lambda ctx: scores_of(ctx.scores, bad=torch.ones(1)), "plain JSON"),
        (lambda ctx: scores_of(ctx.scores) * 2, "two results for one layer"),
        (lambda ctx: scores_of(ctx.activation("stem")), r"layers\(\) must name it"),
        (lambda ctx: scores_of(ctx.gradient_of(ctx.scores)), "not differentiable"),
    ],
)
def test_what_a_method_gives_is_checked(ctx, results, said):
    with pytest.raises(CnnvizError, match=said):
        execute([probe(results)], ctx, on_error="raise")


def test_a_method_that_draws_random_numbers_repeats_itself_and_disturbs_nobody(ctx):
    def draws(ctx):
        own = torch.rand(2, generator=ctx.generator)
        return scores_of(torch.cat([own, torch.rand(2), torch.from_numpy(np.random.rand(2))]))

    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    first = execute([probe(draws)], ctx).results[0].result.arrays["scores"]
    torch.rand(3)
    torch.set_rng_state(before[0])
    twice = execute([probe(draws, key="a"), probe(draws, key="b")], ctx).results
    for done in twice:
        assert np.array_equal(done.result.arrays["scores"], first)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])
    other = Context(ctx.net, images(), seed=1)
    assert not np.array_equal(
        execute([probe(draws)], other).results[0].result.arrays["scores"], first
    )


@pytest.mark.parametrize(
    "surroundings",
    [torch.no_grad(), torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16)],
    ids=["no_grad", "inference_mode", "autocast"],
)
def test_records_are_the_same_whatever_surrounds_the_call(ctx, net, surroundings):
    requests = parse_requests(["saliency", "predictions"], net)
    plainly = execute(requests, ctx).results
    with surroundings:
        modes = torch.is_grad_enabled(), torch.is_autocast_enabled("cpu")
        within = execute(requests, ctx).results
        assert (torch.is_grad_enabled(), torch.is_autocast_enabled("cpu")) == modes
    for a, b in zip(plainly, within, strict=True):
        for name, array in a.result.arrays.items():
            assert np.array_equal(array, b.result.arrays[name])


def test_each_request_has_a_memory_of_its_own_that_outlives_a_run(ctx):
    def counts(ctx):
        ctx.memory["runs"] = ctx.memory.get("runs", 0) + 1
        return scores_of(np.array([ctx.memory["runs"]]))

    asked = [probe(counts, key="a"), probe(counts, key="b")]
    execute(asked, ctx)
    execution = execute(asked, ctx)
    assert [d.result.arrays["scores"].tolist() for d in execution.results] == [[2], [2]]


def test_time_spent_in_common_passes_is_not_charged_to_a_method(ctx, net):
    execution = execute(parse_requests(["predictions", "saliency"], net), ctx)
    charged = sum(done.seconds for done in execution.results)
    assert execution.common_seconds > 0
    assert all(done.seconds >= 0 for done in execution.results)
    assert charged + execution.common_seconds <= execution.seconds


def test_scores_of_another_shape_are_refused_and_a_vector_is_one_class():
    maps = nn.Conv2d(3, 2, 3)
    x = images()
    with pytest.raises(UnsuitableError, match=r"must give scores \(N, classes\)"):
        execute(*asked_of("predictions", maps, x), on_error="raise")
    vector = nn.Sequential(nn.Flatten(), nn.Linear(3 * 12 * 12, 1), nn.Flatten(0))
    (done,) = execute(*asked_of("predictions", vector, x), on_error="raise").results
    assert done.result.arrays["scores"].shape == (3, 1)


def asked_of(name, model, x):
    net = capture(model, x)
    return parse_requests(name, net), Context(net, x)


def test_examples_follow_the_model_to_its_float_type():
    model = plain()
    x = images()
    net = capture(model, x)
    ctx = Context(net, x)
    model.double()
    (done,) = execute(parse_requests("predictions", net), ctx, on_error="raise").results
    assert done.result.arrays["scores"].dtype == np.float64
    assert done.result.arrays["scores"].shape == (3, CLASSES)


def test_a_label_out_of_range_or_a_wrong_target_is_a_clear_error(ctx):
    with pytest.raises(ParamsError, match="target must be in 0 … 4"):
        execute(
            [probe(lambda ctx: scores_of(np.array(ctx.targets(9).classes)))], ctx, on_error="raise"
        )
