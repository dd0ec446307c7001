from __future__ import annotations

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
