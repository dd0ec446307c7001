from __future__ import annotations

import contextvars
import threading
import time

import pytest

from cnnviz.graph.time_limit import OutOfTime, run_within


def test_a_result_comes_back() -> None:
    assert run_within(10, lambda: 3) == 3


def test_an_error_comes_back() -> None:
    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        run_within(10, fail)


def test_a_long_computation_is_given_up_and_cleans_up_after_itself() -> None:
    cleaned = []

    def forever() -> None:
        try:
            while True:
                sum(range(1000))
        finally:
            cleaned.append(threading.current_thread())

    start = time.monotonic()
    with pytest.raises(OutOfTime, match=r"not done within 0.3 s"):
        run_within(0.3, forever)
    assert time.monotonic() - start < 5
    assert len(cleaned) == 1
    assert not cleaned[0].is_alive()


def test_a_function_that_catches_every_error_is_given_up_all_the_same() -> None:
    def stubborn() -> None:
        while True:
            try:
                while True:
                    sum(range(1000))
            except Exception:  # noqa: BLE001 - what is tested
                continue

    with pytest.raises(OutOfTime):
        run_within(0.2, stubborn)


def test_context_variables_are_seen() -> None:
    variable = contextvars.ContextVar("variable", default=0)
    variable.set(7)
    assert run_within(10, variable.get) == 7
