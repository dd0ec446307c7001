"""The passes that all due methods share: one forward, and one backward to the input."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from cnnviz.errors import CnnvizError, UnsuitableError
from cnnviz.ops.targets import class_scores

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["CommonPass", "Place", "derivatives", "place_of", "wait_for"]


class Place(NamedTuple):
    """Where a network computes, and in which float type."""

    device: torch.device
    dtype: torch.dtype


def place_of(net: Net) -> Place:
    """Say where a network computes now; a model may be moved between two captures."""
    return Place(net.device, net.dtype)


def wait_for(device: torch.device) -> None:
    """Wait until the device has done what was asked, so that a clock means something."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class CommonPass:
    """One forward pass, run when its first output is asked for, and input gradients of it.

    Nothing is computed that nobody reads; a pass that failed fails again for each who asks, without
    being run again.
    """

    def __init__(
        self,
        net: Net,
        examples: Tensor,
        *,
        taps: Sequence[str] = (),
        gradient: bool = False,
        gradient_layers: Sequence[str] = (),
        input_is_derived: bool = True,
    ) -> None:
        """Prepare the passes; nothing runs yet.

        Args:
            net: the network.
            examples: (N, C, H, W).
            taps: layers whose outputs are read.
            gradient: whether derivatives are taken at all.
            gradient_layers: those of the taps that class scores are derived by.
            input_is_derived: whether somebody derives class scores by the input; otherwise a
                backward pass goes no further than the layers.
        """
        self.place = place_of(net)
        leaf = examples.detach().to(self.place.device, self.place.dtype)
        self.examples = leaf.requires_grad_() if gradient else leaf
        self.seconds = 0.0
        """Time spent in forward and backward passes up to now."""
        self._net = net
        self._taps = tuple(dict.fromkeys(taps))
        self._gradient = gradient
        self._outputs: tuple[Tensor, dict[str, Tensor]] | None = None
        self._failure: Exception | None = None
        self._gradient_layers = tuple(dict.fromkeys(gradient_layers))
        self._input_is_derived = input_is_derived
        self._gradients: dict[tuple[tuple[int, ...], str | None], Tensor] = {}

    @property
    def scores(self) -> Tensor:
        """The model's scores, (N, classes).

        Raises:
            UnsuitableError: the model gives something of another shape.
        """
        scores = self._forward()[0]
        count = len(self.examples)
        if scores.ndim == 1 and len(scores) == count:
            return scores.unsqueeze(1)
        if scores.ndim != 2 or len(scores) != count or scores.shape[1] == 0:
            raise UnsuitableError(
                f"the model must give scores (N, classes), here ({count}, classes), "
                f"got shape {tuple(scores.shape)}"
            )
        return scores

    def activation(self, layer: str) -> Tensor:
        """Give a layer's output of the pass.

        Raises:
            CnnvizError: a layer that the method did not name in `layers`.
        """
        if layer not in self._taps:
            message = f"layer {layer!r} is not part of the pass: the method's layers() must name it"
            raise CnnvizError(message)
        return self._forward()[1][layer]

    def input_gradient(self, classes: Sequence[int]) -> Tensor:
        """Derive each example's score of its class by its input: (N, C, H, W).

        One backward pass for each distinct choice of classes, kept for the methods that share it.
        """
        key = tuple(classes)
        if (key, None) not in self._gradients:
            self._derive(key, [None, *self._gradient_layers])
        return self._gradients[key, None]

    def layer_gradient(self, layer: str, classes: Sequence[int]) -> Tensor:
        """Derive each example's score of its class by a layer's output, in the same pass.

        Raises:
            CnnvizError: a layer that the method did not name in `gradient_layers`.
        """
        if layer not in self._gradient_layers:
            message = f"no derivative by {layer!r}: the method's gradient_layers() must name it"
            raise CnnvizError(message)
        key = tuple(classes)
        if (key, layer) not in self._gradients:
            image = [None] if self._input_is_derived else []
            self._derive(key, [*image, *self._gradient_layers])
        return self._gradients[key, layer]

    def _derive(self, classes: tuple[int, ...], places: Sequence[str | None]) -> None:
        """Derive class scores by layers' outputs and, for None, by the input, in one pass."""
        objective = class_scores(self.scores, classes)
        inputs = [self.examples if name is None else self.activation(name) for name in places]
        started = time.perf_counter()
        gradients = derivatives(objective, inputs)
        wait_for(self.place.device)
        self.seconds += time.perf_counter() - started
        for name, gradient in zip(places, gradients, strict=True):
            self._gradients[classes, name] = gradient

    def gradient_of(self, objective: Tensor) -> Tensor:
        """Derive an objective by the input, (N,) -> (N, C, H, W); each entry by its own example.

        Raises:
            UnsuitableError: the objective does not depend on the input in a differentiable way.
        """
        return derivatives(objective, [self.examples])[0]

    def _forward(self) -> tuple[Tensor, dict[str, Tensor]]:
        if self._failure is not None:
            raise self._failure
        if self._outputs is None:
            started = time.perf_counter()
            try:
                with torch.set_grad_enabled(self._gradient):
                    self._outputs = self._net(self.examples, taps=self._taps)
            except Exception as error:
                self._failure = error
                raise
            wait_for(self.place.device)
            self.seconds += time.perf_counter() - started
        return self._outputs


def derivatives(objective: Tensor, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Derive an objective, (N,), by tensors; zero by those that it does not depend on.

    Raises:
        UnsuitableError: the objective does not depend on the input in a differentiable way.
    """
    if not objective.requires_grad:
        raise UnsuitableError("the model is not differentiable at its input: no gradient to show")
    # The graph is kept for methods with another target; it goes when the pass goes.
    return torch.autograd.grad(objective.sum(), inputs, retain_graph=True, materialize_grads=True)
