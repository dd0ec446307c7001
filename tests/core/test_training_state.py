"""A training that was stopped goes on where it was; another's or a damaged state is not used."""

from __future__ import annotations

import pytest
import torch

from cnnviz.core import state_file
from cnnviz.core.training_state import TrainingState
from cnnviz.errors import RecordError

KEY = "ab" * 32


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".training-abab.safetensors"


def tensors():
    return {"w": torch.rand(3, 4), "step": torch.tensor(7), "seen": torch.arange(5)}


def test_what_was_saved_comes_back(path):
    saved = tensors()
    TrainingState(path, KEY).save(saved, {"iteration": 40, "losses": [1.5, 0.25]})
    found, facts = TrainingState(path, KEY).load()
    assert {name: (t.dtype, t.tolist()) for name, t in found.items()} == {
        name: (t.dtype, t.tolist()) for name, t in saved.items()
    }
    assert facts == {"iteration": 40, "losses": [1.5, 0.25]}
    found["w"].add_(1)  # it is the training's own


def test_an_adam_that_goes_on_from_its_state_does_the_same_steps(path):
    def train(weight, adam, steps):
        for _ in range(steps):
            adam.zero_grad()
            (weight - 3).square().sum().backward()
            adam.step()

    weight = torch.zeros(4, requires_grad=True)
    adam = torch.optim.Adam([weight], lr=0.1)
    train(weight, adam, 10)
    moments = adam.state[weight]
    TrainingState(path, KEY).save({"weight": weight, **moments}, {})
    train(weight, adam, 10)

    found, _ = TrainingState(path, KEY).load()
    again = found.pop("weight").requires_grad_()
    second = torch.optim.Adam([again], lr=0.1)
    second.state[again] = found
    train(again, second, 10)
    assert torch.equal(again, weight)


def test_there_is_nothing_to_go_on_with_at_first_or_when_it_is_done(path):
    state = TrainingState(path, KEY)
    assert state.load() is None
    state.save(tensors(), {})
    state.remove()
    state.remove()
    assert state.load() is None


def test_the_state_of_another_training_is_not_used_and_stays(path):
    TrainingState(path, KEY).save(tensors(), {})
    assert TrainingState(path, "cd" * 32).load() is None
    assert TrainingState(path, KEY).load() is not None


def test_a_damaged_state_is_refused_once_and_then_forgotten(path):
    TrainingState(path, KEY).save(tensors(), {})
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(RecordError, match="the training that was stopped cannot be gone on with"):
        TrainingState(path, KEY).load()
    assert TrainingState(path, KEY).load() is None


@pytest.mark.parametrize("data", [b"", b"\x80\x04.", b"\xff" * 64, b"{" * 5000])
def test_a_file_that_is_none_of_ours_is_no_state(path, data):
    path.write_bytes(data)
    assert TrainingState(path, KEY).load() is None


def test_it_saves_when_it_is_due_and_seldom_when_that_takes_long(path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(state_file.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(
        state_file, "write_whole", lambda *_args, **_options: now.__setitem__(0, now[0] + 3.0)
    )
    state = TrainingState(path, KEY)
    saved_at = []
    while now[0] < 200:
        before = now[0]
        state.save_if_due({}, {})
        if now[0] != before:
            saved_at.append(before)
        now[0] += 1.0
    assert saved_at == [20.0, 83.0, 146.0]  # 20 s, then 20 times the 3 s that one takes


def test_a_full_disk_does_not_end_a_training(path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(state_file, "write_whole", full)
    state = TrainingState(path, KEY)
    state.save(tensors(), {})
    assert state.load() is None
