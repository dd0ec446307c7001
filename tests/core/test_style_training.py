from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from cnnviz.core.datasets import Arrays, DataSet
from cnnviz.core.style_loss import StyleLoss, content_terms, style_terms
from cnnviz.core.style_net import StyleNetwork
from cnnviz.core.style_objective import Losses, StyleObjective, content_weights, style_targets
from cnnviz.core.style_training import Plan, StyleTraining
from cnnviz.core.training_crops import TrainingCrops
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.graph import capture
from cnnviz.ops.images import Normalize
from cnnviz.ops.pixels import pixel_space
from tests.core.networks import images, plain

NORMALIZE = Normalize((0.5, 0.4, 0.6), (0.25, 0.3, 0.2))
CPU = torch.device("cpu")
PLAN = Plan(iterations=6, batch=4, rate=1e-2, size=(9, 10), at_once=4)


@pytest.fixture(scope="module")
def net():
    return capture(plain().double().eval(), images().double())


@pytest.fixture(scope="module")
def space():
    return pixel_space(NORMALIZE, images(), device=CPU, dtype=torch.float64)


@pytest.fixture(scope="module")
def objective(net, space):
    styles = [space.from_input(one[None]) for one in images(2).double()]
    targets = style_targets(net, space, styles, ["2", "5"], weights=[1.0, 3.0], weight=10.0)
    return StyleObjective(net, space, content_weights(["5"], [1.0], 2.0), targets, tv=0.5)


def data_set(count=20):
    return DataSet(Arrays(images(count), None, (3, 12, 12)), is_stored=True)


def crops(space, count=20, **more):
    given = {"without": images(0), "seed": 0, "of": "fit_style", **more}
    return TrainingCrops(data_set(count), space, **given)


def training(objective, space, plan=PLAN, **more):
    torch.manual_seed(0)
    network = StyleNetwork(width=2, blocks=1, styles=2)
    return StyleTraining(network, objective, crops(space, **more), styles=2, plan=plan)


def done(work, steps, standing=None):
    now = standing or work.begin()
    for _ in range(steps):
        now = work.advance(now)
    return now


def test_the_loss_of_a_batch_is_that_of_style_transfer_for_each_picture(net, space, objective):
    wanted, made = torch.rand(2, 4, 3, 12, 12, dtype=torch.float64)
    styles = torch.tensor([1, 0, 0, 1])
    found = objective.losses(made, wanted, styles).total
    for number, style in enumerate(styles.tolist()):
        content = content_terms(
            net,
            space,
            space.from_unit(wanted[number : number + 1]),
            ["5"],
            weights=[1.0],
            weight=2.0,
            scaling="relative",
        )
        target = style_terms(
            net,
            space,
            [space.from_input(images(2)[style : style + 1].double())],
            ["2", "5"],
            blend=[1.0],
            weights=[1.0, 3.0],
            weight=10.0,
            scaling="relative",
        )
        alone = StyleLoss(net, space, content + target, tv=0.5)
        expected = alone.value(space.from_unit(made[number : number + 1]))
        torch.testing.assert_close(found[number], expected, rtol=1e-10, atol=0)


def test_what_is_learnt_lowers_the_loss(objective, space):
    work = training(objective, space, Plan(60, 4, 1e-2, (9, 10), 4))
    standing = done(work, 60)
    losses = [loss for _, loss in standing.curve]
    assert len(losses) == 60
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:5])


def test_a_batch_in_parts_gives_the_same_step(objective, space):
    whole = done(training(objective, space), 1)
    parts = done(training(objective, space, PLAN._replace(at_once=3)), 1)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-6)
    for name, value in whole.weights.first.items():
        torch.testing.assert_close(parts.weights.first[name], value, rtol=1e-3, atol=1e-7)


def test_an_iteration_depends_on_its_number_alone(objective, space):
    straight = done(training(objective, space), 4)
    first = done(training(objective, space), 2)
    resumed = done(training(objective, space), 2, first)
    for name, value in straight.weights.values.items():
        assert torch.equal(value, resumed.weights.values[name])
    assert straight.curve == resumed.curve


def test_a_step_leaves_the_standing_before_as_it_was(objective, space):
    work = training(objective, space)
    before = done(work, 1)
    kept = {name: value.clone() for name, value in before.weights.values.items()}
    work.advance(before)
    assert all(torch.equal(value, kept[name]) for name, value in before.weights.values.items())


class Diverging:
    """An objective that is no number from some iteration on."""

    def __init__(self, objective, after):
        self._objective, self._left = objective, after

    def losses(self, made, wanted, styles):
        found = self._objective.losses(made, wanted, styles)
        self._left -= 1
        return found if self._left >= 0 else Losses(found.content, found.style / 0, found.variation)


def test_a_loss_that_is_no_number_ends_it_with_the_last_good_weights(objective, space):
    work = training(Diverging(objective, 2), space)
    good = done(training(objective, space), 1)
    standing = done(work, 3)
    assert standing.broken
    assert standing.iteration == 2
    assert math.isnan(standing.loss)
    for name, value in good.weights.values.items():
        assert torch.equal(standing.good[name], value)


class Endless(torch.autograd.Function):
    """A number whose gradient is none."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return gradient * math.inf


def test_a_gradient_that_is_no_number_is_not_followed(objective, space):
    class Steep:
        def losses(self, made, wanted, styles):
            return objective.losses(Endless.apply(made), wanted, styles)

    work = training(Steep(), space)
    standing = work.advance(work.begin())
    assert standing.broken
    assert standing.iteration == 0
    assert all(bool(value.isfinite().all()) for value in standing.good.values())


def test_a_network_that_cannot_be_derived_is_said_so(objective, space):
    class Flat:
        def losses(self, made, wanted, styles):
            return objective.losses(made.detach(), wanted, styles)

    work = training(Flat(), space)
    with pytest.raises(UnsuitableError, match="not differentiable"):
        work.advance(work.begin())


def test_crops_are_the_same_for_the_same_step_and_lie_in_the_pictures(space):
    one, other = crops(space), crops(space)
    for step in (0, 7):
        first, second = (each.crops(step, count=4, size=(9, 10), styles=3) for each in (one, other))
        assert torch.equal(first.pictures, second.pictures)
        assert torch.equal(first.styles, second.styles)
        assert first.pictures.shape == (4, 3, 9, 10)
        assert float(first.pictures.min()) >= 0
        assert float(first.pictures.max()) <= 1
    again = one.crops(8, count=4, size=(9, 10), styles=3).pictures
    assert not torch.equal(first.pictures, again)


def test_pictures_held_out_are_not_learnt_from(space):
    found = crops(space, 40)
    assert len(found.held_out) == 4
    assert not set(found.held_out) & set(found.learnt)
    assert len(found.learnt) == 36
    assert len(crops(space, 10).held_out) == 1


def test_pictures_that_are_styles_are_left_out(space):
    found = crops(space, 6, without=images(6)[[0, 3]])
    assert (len(found.held_out), len(found.learnt)) == (1, 3)
    styles = space.to_unit(space.from_input(images(6)[[0, 3]]))
    seen = [found.shown(), *(found.crops(n, count=3, size=(12, 12), styles=1)[0] for n in range(4))]
    for picture in torch.cat(seen):
        for style in (*styles, *styles.flip(3)):
            assert not torch.allclose(picture, style)


def test_a_set_smaller_than_a_batch_is_cut_several_times(space):
    found = crops(space, 2).crops(0, count=5, size=(8, 8), styles=1)
    assert found.pictures.shape == (5, 3, 8, 8)


def test_one_picture_is_too_few(space):
    with pytest.raises(ParamsError, match="fit_style needs at least 2 images to learn from, got 1"):
        crops(space, 1)
