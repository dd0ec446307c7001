from __future__ import annotations

import signal
import threading

import numpy as np
import pytest
import torch

from cnnviz.core.training_steps import begun, stepped
from cnnviz.core.uninterrupted import uninterrupted


def test_steps_are_those_of_adam_and_leave_the_weights_before_whole():
    random = torch.Generator().manual_seed(0)
    values = {n: torch.randn(s, generator=random).double() for n, s in (("a", 3), ("b", 4))}
    theirs = [v.clone().requires_grad_() for v in values.values()]
    rates = [0.1, 0.05, 0.02]
    adam = torch.optim.Adam(theirs, lr=1.0)
    weights = begun(values)
    for rate in rates:
        gradients = {n: torch.randn(v.shape, generator=random).double() for n, v in values.items()}
        before = {n: v.clone() for n, v in weights.values.items()}
        after = stepped(weights, gradients, rate)
        assert all(torch.equal(before[n], weights.values[n]) for n in before)
        weights = after
        adam.param_groups[0]["lr"] = rate
        for tensor, gradient in zip(theirs, gradients.values(), strict=True):
            tensor.grad = gradient
        adam.step()
    assert weights.steps == len(rates)
    for found, expected in zip(weights.values.values(), theirs, strict=True):
        np.testing.assert_allclose(found.numpy(), expected.detach().numpy(), rtol=1e-12)


def test_a_wish_to_cancel_waits_and_then_counts_again():
    with uninterrupted():
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_outside_the_main_thread_signals_are_left_alone():
    failures = []

    def work():
        try:
            with uninterrupted():
                pass
        except ValueError as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failures
