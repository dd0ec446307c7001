"""Training with the recorder ends in the very bits that training without it ends in."""

from __future__ import annotations

import contextlib
import random
import shutil

import numpy as np
import pytest
import torch
from torch import nn

from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.core.requests import method
from cnnviz.recording import Recorder

from .conftest import tiny_net, wait_for_disk

STEPS = 8


class Training:
    """A loop over random batches that draws from every global generator."""

    def __init__(self, model, *, forward=None, accumulate=1, autocast=False):
        self.model = model
        self.forward = forward or model
        self.accumulate = accumulate
        self.autocast = autocast
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        self.optimiser = torch.optim.Adam(weights, lr=0.01)

    def run(self, recorder):
        for step in range(STEPS):
            for _ in range(self.accumulate):
                x = torch.rand(5, 1, 8, 8) + random.random() * 0.01 + np.random.rand() * 0.01
                amp = (
                    torch.autocast("cpu", torch.bfloat16)
                    if self.autocast
                    else contextlib.nullcontext()
                )
                with amp:
                    loss = nn.functional.cross_entropy(self.forward(x), torch.randint(0, 4, (5,)))
                    loss.backward()
                    recorder.step(2 * step)  # inside autocast and in the middle of accumulation
            self.optimiser.step()
            recorder.step(2 * step + 1)
            self.optimiser.zero_grad()
        return self

    def state(self):
        """Everything that must not differ."""
        found = {f"weight {name}": value for name, value in self.model.state_dict().items()}
        for index, entry in self.optimiser.state_dict()["state"].items():
            found |= {f"optimiser {index} {name}": value for name, value in entry.items()}
        found["torch's random state"] = torch.get_rng_state()
        found["numpy's"] = torch.from_numpy(np.random.get_state()[1].astype(np.int64))
        found["Python's"] = torch.tensor(random.getstate()[1])
        modules = list(self.model.modules())
        found["modes"] = torch.tensor([module.training for module in modules])
        found["hooks"] = torch.tensor([len(module._forward_hooks) for module in modules])
        found["gradients wanted"] = torch.tensor([w.requires_grad for w in self.model.parameters()])
        return found


class Nothing:
    def step(self, step):
        pass


class Paced:
    """Waits for the disk, so that no capture is left out."""

    def __init__(self, recorder):
        self.recorder = recorder

    def step(self, step):
        self.recorder.step(step)
        wait_for_disk(self.recorder)


def trained(make, images, folder=None, **arguments):
    """Train from the same seeds, recording into `folder` if there is one."""
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    torch.compiler.reset()
    training = make()
    if folder is None:
        return training.run(Nothing()).state()
    with Recorder(
        training.forward, folder, examples=images, normalize=(0.0, 1.0), every=1, **arguments
    ) as recorder:
        training.run(Paced(recorder))
    assert recorder.captures == 2 * STEPS  # that none was taken must not pass for a proof
    return training.state()


def assert_the_same_bits(make, images, folder, **arguments):
    plain = trained(make, images)
    recorded = trained(make, images, folder, **arguments)
    assert plain.keys() == recorded.keys()
    different = [name for name in plain if not torch.equal(plain[name], recorded[name])]
    assert different == []


def partly_frozen():
    model = tiny_net()
    for weight in model[0].parameters():
        weight.requires_grad_(requires_grad=False)
    model[1].eval()
    return Training(model)


def channels_last():
    return Training(tiny_net().to(memory_format=torch.channels_last))


class Branches(nn.Module):
    """Cannot be captured as a graph: which way it goes depends on the images."""

    def __init__(self):
        super().__init__()
        self.net = tiny_net()

    def forward(self, x):
        return self.net(x) if float(x.sum()) > 0 else self.net(-x)


def compiled(backend):
    model = tiny_net()
    return Training(model, forward=torch.compile(model, backend=backend))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Training(tiny_net()),
        lambda: Training(tiny_net(), accumulate=3),
        lambda: Training(tiny_net(), autocast=True),
        partly_frozen,
        channels_last,
        lambda: Training(Branches()),
    ],
    ids=["plain", "accumulation", "autocast", "frozen layers", "channels last", "hooks"],
)
def test_training_is_the_same_to_the_bit(make, images, tmp_path):
    assert_the_same_bits(make, images, tmp_path)


@pytest.mark.filterwarnings("ignore")  # of the compilers
@pytest.mark.parametrize(
    "backend",
    [
        "aot_eager",
        pytest.param(
            "inductor",
            marks=[
                pytest.mark.slow,
                pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler"),
            ],
        ),
    ],
)
def test_compiled_training_is_the_same_to_the_bit(images, tmp_path, backend):
    assert_the_same_bits(lambda: compiled(backend), images, tmp_path)


class NoParams(Params):
    """None."""


@register
class FailsHalfWay(Method[NoParams]):
    """Draws random numbers, runs the net backward, then fails (a method for tests)."""

    name, title, kind = "fails_half_way", "Fails half-way", "heatmap"
    Params = NoParams
    needs_gradient = True

    def run(self, ctx, params) -> list[Result]:
        torch.rand(3)
        random.random()
        np.random.rand()
        ctx.input_gradient([0] * len(ctx.examples))
        raise ZeroDivisionError("half-way")


def test_a_method_that_raises_half_way_changes_nothing(images, tmp_path):
    methods = ["filters", method("fails_half_way"), "saliency"]
    plain = trained(lambda: Training(tiny_net()), images)
    with pytest.warns(RuntimeWarning, match="fails_half_way is switched off at step 0"):
        recorded = trained(lambda: Training(tiny_net()), images, tmp_path, methods=methods)
    assert all(torch.equal(plain[name], recorded[name]) for name in plain)


def test_this_comparison_can_fail(images, tmp_path):
    class Meddles(Training):
        def run(self, recorder):
            if not isinstance(recorder, Nothing):
                torch.rand(1)
            return super().run(recorder)

    with pytest.raises(AssertionError, match=r"weight 0\.weight"):
        assert_the_same_bits(lambda: Meddles(tiny_net()), images, tmp_path)
