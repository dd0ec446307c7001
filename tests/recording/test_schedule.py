"""The schedules, driven by a simulated clock: every step takes a time, every capture a cost."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.recording.schedule import BORROWED_SECONDS, EARLY_STEPS, Budget, FixedCadence


class Simulation:
    """A loop on a clock of its own."""

    def __init__(self, schedule, costs, *, seconds_per_step, common=0.0, writing=0.0):
        self.schedule = schedule
        self.costs = costs
        self.seconds_per_step = seconds_per_step
        self.common = common
        self.writing = writing
        self.now = 1000.0
        self.captures = []  # (step, methods, seconds since the start)
        self.spent = 0.0
        self.asked = 0

    def run(self, steps, *, stride=1):
        for step in range(0, steps * stride, stride):
            self.now += self.seconds_per_step
            if step < self.schedule.next_step:
                continue
            self.asked += 1
            if methods := self.schedule.due(step, self.now):
                seconds = {method: self.costs[method] for method in methods}
                self.now += sum(seconds.values()) + self.common
                self.schedule.paid(seconds, self.common, step=step, now=self.now)
                self.captures.append((step, sorted(methods), self.now - 1000.0))
                if len(self.captures) > 1:
                    self.spent += sum(seconds.values()) + self.common + self.writing
                self.schedule.charge(self.writing)
        return self

    def at(self, method):
        return [seconds for _, methods, seconds in self.captures if method in methods]


def budget(share, costs, **arguments):
    return Simulation(Budget(share, range(len(costs))), costs, **arguments)


def test_a_fixed_cadence_captures_the_first_step_and_every_multiple():
    loop = Simulation(FixedCadence(10, [0, 1]), [0.1, 0.1], seconds_per_step=1.0).run(35)
    assert [(step, methods) for step, methods, _ in loop.captures] == [
        (step, [0, 1]) for step in (0, 10, 20, 30)
    ]


def test_a_fixed_cadence_captures_when_the_steps_jump_over_a_multiple():
    loop = Simulation(FixedCadence(10, [0]), [0.1], seconds_per_step=1.0).run(10, stride=7)
    assert [step for step, *_ in loop.captures] == [0, 14, 21, 35, 42, 56, 63]


def test_a_fixed_cadence_leaves_out_a_method_that_was_switched_off():
    schedule = FixedCadence(1, [0, 1])
    schedule.drop(0)
    assert schedule.due(0, 0.0) == [1]


def test_the_first_step_captures_everything():
    loop = budget(0.01, [0.001, 5.0, 0.2], seconds_per_step=0.1).run(1)
    assert loop.captures[0][:2] == (0, [0, 1, 2])


@settings(max_examples=60, deadline=None)
@given(
    share=st.floats(0.001, 0.2),
    costs=st.lists(st.floats(0.0005, 5.0), min_size=1, max_size=6),
    seconds_per_step=st.floats(0.002, 2.0),
    common=st.floats(0.0, 1.0),
    writing=st.floats(0.0, 0.1),
)
def test_the_budget_holds_over_the_run(share, costs, seconds_per_step, common, writing):
    """What is beyond the share of the time is at most what the early steps may borrow."""
    loop = budget(share, costs, seconds_per_step=seconds_per_step, common=common, writing=writing)
    loop.run(int(600 / seconds_per_step) if seconds_per_step > 0.05 else 12_000)
    elapsed = loop.now - 1000.0
    assert loop.spent <= share * (elapsed + BORROWED_SECONDS) + 2 * writing


def test_the_budget_is_used_when_methods_fit_together():
    loop = budget(0.01, [0.01, 0.02, 0.05], seconds_per_step=0.3).run(10_000)
    assert loop.spent / (loop.now - 1000.0) > 0.005
    assert all(methods == [0, 1, 2] for _, methods, _ in loop.captures)


def test_early_steps_are_denser():
    loop = budget(0.01, [0.005, 0.015], seconds_per_step=0.1).run(2_000)
    steps = [step for step, *_ in loop.captures]
    assert steps[:6] == [0, 1, 2, 5, 10, 20]
    gaps = [after - before for before, after in itertools.pairwise(steps)]
    assert max(gaps[:5]) < min(gaps[-5:])


def test_early_steps_count_when_the_loop_jumps_over_them():
    loop = budget(0.01, [0.005], seconds_per_step=0.1).run(100, stride=32)
    assert [step for step, *_ in loop.captures[:4]] == [0, 32, 64, 128]


def test_expensive_methods_are_split_off_and_nothing_starves():
    cheap, dear, dearest = 0.01, 2.0, 4.0
    loop = budget(0.01, [dear, cheap, dearest], seconds_per_step=0.25).run(20_000)
    assert len(loop.at(1)) > 5 * len(loop.at(0)) > 0
    assert len(loop.at(2)) >= 4
    assert all(len(methods) == 1 for _, methods, _ in loop.captures[1:5])


@pytest.mark.parametrize("common", [0.3, 0.9, 5.0])
def test_methods_that_share_a_forward_pass_stay_together(common):
    """ResNet-18 at 224 px on two cores: a second for the passes, little for each method."""
    costs = [0.01, 0.02, 0.1, 0.01, 0.01]
    loop = budget(0.01, costs, seconds_per_step=3.0, common=common).run(4_000)
    assert all(methods == [0, 1, 2, 3, 4] for _, methods, _ in loop.captures)
    assert loop.spent / (loop.now - 1000.0) > 0.008


def test_captures_grow_rarer_over_a_long_run():
    loop = budget(0.01, [0.001], seconds_per_step=1.0).run(86_400)
    assert 300 < len(loop.captures) < 2_500
    assert loop.captures[-1][2] - loop.captures[-2][2] < 900


def test_a_pause_does_not_end_in_a_burst():
    loop = budget(0.01, [0.1], seconds_per_step=0.1).run(3_000)
    before = len(loop.captures)
    loop.now += 3600.0
    for step in range(3_000, 3_100):
        loop.now += 0.1
        if step >= loop.schedule.next_step and (methods := loop.schedule.due(step, loop.now)):
            loop.captures.append((step, methods, loop.now))
            loop.schedule.paid({0: 0.1}, 0.0, step=step, now=loop.now)
    assert len(loop.captures) - before <= 2


def test_a_capture_that_grows_dearer_comes_less_often():
    loop = budget(0.01, [0.02], seconds_per_step=0.1)
    loop.run(6_000)
    loop.costs[0] = 0.2
    before, spent, now = len(loop.captures), loop.spent, loop.now
    for step in range(6_000, 12_000):
        loop.now += 0.1
        if step >= loop.schedule.next_step and (methods := loop.schedule.due(step, loop.now)):
            loop.spent += 0.2
            loop.now += 0.2
            loop.captures.append((step, methods, loop.now))
            loop.schedule.paid({0: 0.2}, 0.0, step=step, now=loop.now)
    assert len(loop.captures) > before
    assert (loop.spent - spent) <= 0.01 * (loop.now - now) + 0.2


def test_asking_is_rare():
    loop = budget(0.01, [0.05], seconds_per_step=0.01).run(50_000)
    assert loop.asked < 40 * len(loop.captures)


def test_a_method_switched_off_leaves_its_share_to_the_others():
    schedule = Budget(0.01, [0, 1])
    loop = Simulation(schedule, [0.05, 0.05], seconds_per_step=0.1).run(10)
    schedule.drop(1)
    loop.run(5_000)
    assert all(methods == [0] for _, methods, _ in loop.captures[-5:])
    assert loop.spent > 0.004 * (loop.now - 1000.0)


def test_without_any_method_nothing_is_due():
    schedule = Budget(0.01, [0])
    schedule.due(0, 0.0)
    schedule.drop(0)
    assert schedule.due(1, 1.0) == []
    assert schedule.next_step >= EARLY_STEPS[1]
