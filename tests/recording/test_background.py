from __future__ import annotations

import threading

from cnnviz.recording.background import CAPACITY, BackgroundWriter


def writer(write, errors=None):
    return BackgroundWriter(write, on_error=(errors or []).append, name="test")


def test_items_are_written_in_order():
    written = []
    background = writer(written.append)
    for number in range(CAPACITY):
        assert background.reserve()
        background.offer(number)
    assert background.close(5.0)
    assert written == list(range(CAPACITY))


def test_a_full_queue_refuses_instead_of_waiting():
    gate = threading.Event()
    background = writer(lambda _: gate.wait(5.0))
    offered = 0
    while background.reserve():
        background.offer(offered)
        offered += 1
    assert offered == CAPACITY + 1  # one of them is being written
    gate.set()
    assert background.close(5.0)


def test_a_place_that_is_given_back_is_free_again():
    background = writer(lambda _: None)
    for _ in range(10):
        assert background.reserve()
        background.give_back()


def test_an_error_is_reported_and_the_next_item_written():
    written, errors = [], []

    def write(item):
        if item == "bad":
            raise OSError("disk full")
        written.append(item)

    background = BackgroundWriter(write, on_error=errors.append, name="test")
    for item in ("bad", "good"):
        assert background.reserve()
        background.offer(item)
    assert background.close(5.0)
    assert written == ["good"]
    assert [str(error) for error in errors] == ["disk full"]


def test_closing_waits_no_longer_than_its_limit():
    gate = threading.Event()
    background = writer(lambda _: gate.wait(30.0))
    background.reserve()
    background.offer(0)
    assert not background.close(0.05)
    gate.set()


def test_closing_twice_and_closing_unused_are_fine():
    background = writer(lambda _: None)
    assert background.close(1.0)
    assert background.close(1.0)
    assert not background.reserve()


def test_the_processor_time_of_writing_is_measured():
    background = writer(lambda _: sum(range(300_000)))
    background.reserve()
    background.offer(0)
    background.close(5.0)
    assert background.cpu_seconds > 0.0
