"""Methods of another package: they come to the worker through the entry points `cnnviz.methods`."""

from __future__ import annotations

import ctypes
import os
import time
from typing import Annotated

import torch
from msgspec import Meta

from cnnviz.contract.jobs import Preset
from cnnviz.contract.params import Params
from cnnviz.contract.results import Result
from cnnviz.contract.trained import Trained
from cnnviz.core.method import Method
from cnnviz.core.registry import register
from cnnviz.core.trained import keep, open_trained
from cnnviz.graph import capture


class ToyParams(Params, frozen=True):
    iterations: Annotated[int, Meta(ge=1)] = 20
    pause: Annotated[float, Meta(ge=0, description="Of an iteration, s.")] = 0.01


class Toy(Method[ToyParams]):
    """Base of the toys."""

    title, kind = "Toy", "heatmap"
    Params = ToyParams

    def map(self, picture):
        return [Result(kind="heatmap", arrays={"map": picture[:, 0]}, facts={"signed": False})]


@register
class Painter(Toy):
    """Noise that grows lighter, reported at every iteration."""

    name = "toy_painter"
    objective_name = "lightness"
    presets = (Preset(name="quick", title="Quick", params={"iterations": 3, "pause": 0.0}),)

    def run(self, ctx, params):
        picture = torch.rand(2, 3, 8, 8, generator=ctx.generator) / 2
        for iteration in range(1, params.iterations + 1):
            picture = (picture + 0.5 / params.iterations).clamp(0, 1)
            time.sleep(params.pause)
            ctx.report(iteration, params.iterations, picture, objective=picture.mean())
        return self.map(picture)


@register
class Silent(Toy):
    """Works on for ever, and never reports."""

    name = "toy_silent"

    def run(self, ctx, params):
        while True:
            time.sleep(params.pause)


@register
class Crash(Toy):
    """Ends its process without a word of Python's."""

    name = "toy_crash"

    def run(self, ctx, params):
        print("the last words of a method", flush=True)
        ctx.report(1, 2)
        time.sleep(0.6)
        ctypes.string_at(0)


@register
class Failing(Toy):
    """Raises what nobody expects."""

    name = "toy_failing"

    def run(self, ctx, params):
        message = "a wheel came off"
        raise ZeroDivisionError(message)


@register
class Greedy(Toy):
    """Finds no memory for more than 4 pictures at once."""

    name = "toy_greedy"
    batched = True

    def run(self, ctx, params):
        if ctx.batch_limit is None or ctx.batch_limit > 4:
            message = "CUDA out of memory. Tried to allocate 7.00 TiB"
            raise torch.OutOfMemoryError(message)
        maps = torch.full((1, 4, 4), float(ctx.batch_limit))
        return [Result(kind="heatmap", arrays={"map": maps}, facts={"signed": False})]


@register
class Glutton(Toy):
    """Finds no memory however it is asked."""

    name = "toy_glutton"

    def run(self, ctx, params):
        torch.empty(1 << 60, dtype=torch.uint8)


@register
class Chatty(Toy):
    """Prints to wherever it can."""

    name = "toy_chatty"

    def run(self, ctx, params):
        print('{"event": "finished", "job": "somebody else"}', flush=True)
        os.write(1, b"from C\n")
        for _ in range(params.iterations):
            os.write(2, b"x" * 65535 + b"\n")
            ctx.report(1, 2)
            time.sleep(params.pause)
        return self.map(torch.zeros(1, 1, 4, 4))


@register
class Random(Toy):
    """Draws from every generator there is."""

    name = "toy_random"
    needs_examples = False

    def run(self, ctx, params):
        import random

        import numpy as np

        values = [random.random(), float(np.random.rand()), float(torch.rand(()))]
        values.append(float(torch.rand((), generator=ctx.generator)))
        maps = torch.tensor(values).reshape(1, 2, 2)
        return [Result(kind="heatmap", arrays={"map": maps}, facts={"signed": False})]


@register
class Deaf(Toy):
    """Paints once, then sits in C code, where no wish to cancel reaches it."""

    name = "toy_deaf"

    def run(self, ctx, params):
        ctx.report(1, 2, torch.zeros(1, 3, 8, 8), objective=0.5)
        time.sleep(0.6)
        ctypes.CDLL(None).sleep(60)


@register
class Full(Toy):
    """Fills the disk: from now on its process cannot write a byte to any file."""

    name = "toy_full"

    def run(self, ctx, params):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        return self.map(torch.zeros(1, 1, 4, 4))


@register
class Sheet(Toy):
    """Three pictures in one colour each."""

    name, kind = "toy_sheet", "images"
    needs_examples = False

    def run(self, ctx, params):
        images = torch.eye(3)[:, None, None, :].expand(3, 5, 7, 3).clone()
        images[0, 0, 0] = float("nan")
        facts = {"captions": ["red", "green", "blue"]}
        return [Result(kind="images", arrays={"images": images}, facts=facts)]


@register
class Trainer(Toy):
    """Trains a network on the run's data set, and keeps it at every iteration."""

    name = "toy_trainer"
    needs_dataset = True
    needs_examples = False

    def run(self, ctx, params):
        ctx.shelf.own_place()
        images = torch.cat([batch.images for batch in ctx.data_set().source.batches(8)])
        net = torch.nn.Conv2d(3, 3, 1)
        facts = {"images": len(images), "given": len(ctx.examples)}
        about = Trained(kind="style", method=self.name, facts=facts)
        for iteration in range(1, params.iterations + 1):
            with torch.no_grad():
                net.weight.fill_(iteration)
                net.bias.zero_()
            keep(ctx.shelf, capture(net.eval(), images[:1]), about)
            time.sleep(params.pause)
            ctx.report(iteration, params.iterations, images[:1])
        return self.map(images[:1])


class PainterByNetworkParams(Params, frozen=True):
    network: str


@register
class PainterByNetwork(Method[PainterByNetworkParams]):
    """Shows the examples as a trained network makes them."""

    name, title, kind = "toy_by_network", "Toy", "heatmap"
    Params = PainterByNetworkParams

    def run(self, ctx, params):
        net, _, _ = open_trained(ctx.shelf, params.network, kind="style")
        pictures = net(ctx.examples)
        return [Result(kind="heatmap", arrays={"map": pictures[:, 0]}, facts={"signed": True})]
