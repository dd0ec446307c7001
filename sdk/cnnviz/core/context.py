"""What a method sees when it runs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.datasets import Arrays, DataSet
from cnnviz.core.forward import CommonPass, Place, place_of
from cnnviz.errors import CnnvizError, ParamsError
from cnnviz.ops.images import Normalize
from cnnviz.ops.targets import Targets, choose_targets

if TYPE_CHECKING:
    from cnnviz.contract.results import Result
    from cnnviz.core.dataset_pass import DatasetPass
    from cnnviz.core.requests import Request
    from cnnviz.graph.net import Net
    from cnnviz.storage.shelf import Shelf

__all__ = ["Context", "Objective", "Picture", "Report"]

Picture = Tensor | Callable[[], Tensor] | None
"""(N, C, H, W) in true colours, 0 … 1, or what makes it when somebody wants to see it."""

Objective = float | Tensor | Callable[[], float | Tensor] | None
"""A number, a tensor whose mean is shown, or what makes one when somebody wants to see it."""

Report = Callable[[int, int, Picture, Objective], None]
"""Takes done, total, a preview and the objective; raises JobCancelled to stop a run."""


class Context:
    """A network, the examples it looks at, and what is known about them.

    Made once by a recorder or a job and given to every `execute`; each method gets its own bound
    copy, whose `examples`, `scores`, `activation` and `input_gradient` come from the passes that
    all due methods share.
    """

    def __init__(
        self,
        net: Net,
        examples: Tensor,
        *,
        labels: Sequence[int] | None = None,
        class_names: Sequence[str] | None = None,
        normalize: Normalize | None = None,
        seed: int = 0,
        in_training: bool = False,
        on_report: Report | None = None,
        dataset: DataSet | None = None,
    ) -> None:
        self.net = net
        self.labels = labels
        """(N,) class indices, -1 where not known."""
        self.class_names = class_names
        self.normalize = normalize
        self.seed = _check_seed(seed)
        self.in_training = in_training
        self.batch_limit: int | None = None
        """Pictures that a `batched` method may put on the device at once; None: as it likes."""
        self.earlier_map: Callable[[str, str], np.ndarray | None] = lambda *_: None
        """Gives the map of a data set by a layer at the nearest other step, where one is stored."""
        self.run = ""
        """Name of the run that the network was recorded in."""
        self.step: int | None = None
        """Of the checkpoint whose weights it has."""
        self.shelf: Shelf | None = None
        """Networks that jobs of the run have trained; None where there are no jobs."""
        self.memory: dict[str, Any] = {}
        """The method's own, kept from one run to the next; never return a tensor that lies here."""
        self._examples = examples
        self._dataset = dataset
        self._through: DatasetPass | None = None
        self._request: Request | None = None
        self._on_report = on_report
        self._memories: dict[str, dict[str, Any]] = {}
        self._common: CommonPass | None = None
        self._generator: torch.Generator | None = None

    @property
    def common(self) -> CommonPass:
        """The passes that the due methods share."""
        if self._common is None:
            self._common = CommonPass(self.net, self._examples)
        return self._common

    @property
    def place(self) -> Place:
        """Device and float type that the network computes in."""
        return place_of(self.net) if self._common is None else self._common.place

    @property
    def at_once(self) -> int:
        """Pictures that a `batched` method puts on the device together; more pay on a GPU only."""
        return self.batch_limit or (16 if self.place.device.type == "cpu" else 64)

    @property
    def examples(self) -> Tensor:
        """(N, C, H, W) on the network's device; requires grad if a due method needs it to."""
        return self._examples if self._common is None else self._common.examples

    def data_set(self) -> DataSet:
        """Give what is looked through: the data set, or the examples as one."""
        if self._dataset is not None:
            return self._dataset
        shape: tuple[int, int, int] = tuple(self._examples.shape[1:])  # type: ignore[assignment]
        return DataSet(Arrays(self._examples, self.labels, shape), is_stored=False)

    def of_dataset(self) -> list[Result]:
        """Give what the method's collector found in the pass that all data-set methods share."""
        if self._through is None or self._request is None:
            raise CnnvizError("only execute gives what a collector found")
        return self._through.results(self._request)

    @property
    def shared_seconds(self) -> float:
        """What the passes took that methods share, up to now."""
        return self.common.seconds + (0.0 if self._through is None else self._through.seconds)

    @property
    def scores(self) -> Tensor:
        """(N, classes): the model's output before softmax."""
        return self.common.scores

    def activation(self, layer: str) -> Tensor:
        """Give a layer's output for all examples; the method's `layers` must name it."""
        return self.common.activation(layer)

    def targets(self, target: int | None = None) -> Targets:
        """Choose the class each example is asked about: given, else its label, else the top-1."""
        return choose_targets(self.scores, target=target, labels=self.labels)

    def input_gradient(self, classes: Sequence[int]) -> Tensor:
        """Derive each example's score of its class by its input: (N, C, H, W), shared by all."""
        return self.common.input_gradient(classes)

    def layer_gradient(self, layer: str, classes: Sequence[int]) -> Tensor:
        """Derive the same by a layer's output; the method's `gradient_layers` must name it."""
        return self.common.layer_gradient(layer, classes)

    def gradient_of(self, objective: Tensor) -> Tensor:
        """Derive an objective by the input: (N,) -> (N, C, H, W)."""
        return self.common.gradient_of(objective)

    @property
    def generator(self) -> torch.Generator:
        """Random numbers for this run alone, on the network's device, seeded by `seed`."""
        if self._generator is None:
            self._generator = torch.Generator(self.place.device).manual_seed(self.seed)
        return self._generator

    def report(
        self, done: int, total: int, preview: Picture = None, *, objective: Objective = None
    ) -> None:
        """Say how far a long run is, every iteration; does nothing in training.

        Costs about a microsecond: preview and objective are looked at only when they are due to be
        shown, a few times a second.

        Args:
            done: parts finished.
            total: parts in all.
            preview: the picture up to now, or a function that gives it.
            objective: what is made larger or smaller, or a function that gives it.

        Raises:
            JobCancelled: the run was taken back.
        """
        if self._on_report is not None:
            self._on_report(done, total, preview, objective)

    def memory_of(self, request: Request) -> dict[str, Any]:
        """Give what a request keeps from one run to the next."""
        return self._memories.setdefault(request.key, {})

    def bind(
        self, request: Request, common: CommonPass, through: DatasetPass | None = None
    ) -> Context:
        """Give the copy that one method sees, with its memory and the shared passes."""
        bound = copy.copy(self)
        bound.memory = self.memory_of(request)
        bound._common = common
        bound._generator = None
        bound._through = through
        bound._request = request
        return bound


def _check_seed(seed: object) -> int:
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**63:
        message = f"seed must be a whole number from 0 to 2⁶³ - 1, got {seed!r:.40}"
        raise ParamsError(message, field="seed")
    return seed
