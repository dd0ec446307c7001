from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tb_cnnviz.recent import Recent


def test_what_was_asked_for_last_stays():
    recent: Recent[str] = Recent(2)
    recent.keep("a", "A")
    recent.keep("b", "B")
    assert recent.get("a") == "A"
    recent.keep("c", "C")
    assert [recent.get(key) for key in "abc"] == ["A", None, "C"]


def test_weights_bound_the_sum_and_the_newest_always_stays():
    recent: Recent[bytes] = Recent(10, weigh=len)
    recent.keep("a", b"123456")
    recent.keep("a", b"1234")
    recent.keep("b", b"123456")
    assert recent.get("a") == b"1234"
    recent.keep("c", b"x" * 50)
    assert recent.get("a") is None
    assert recent.get("c") == b"x" * 50


def test_a_dropped_value_is_gone():
    recent: Recent[str] = Recent(2)
    recent.keep("a", "A")
    assert recent.drop("a")
    assert not recent.drop("a")
    assert recent.get("a") is None


def test_what_two_threads_ask_for_at_once_is_made_once():
    recent: Recent[str] = Recent(4)
    made: list[int] = []
    ready = threading.Barrier(2)

    def make() -> str:
        made.append(1)
        time.sleep(0.05)
        return "value"

    def ask() -> str:
        ready.wait()
        return recent.get_or_make("key", make)

    with ThreadPoolExecutor(2) as pool:
        found = [answer.result() for answer in [pool.submit(ask), pool.submit(ask)]]
    assert found == ["value", "value"]
    assert len(made) == 1
