"""What a method is: a way of looking at a network, in one file."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from cnnviz.contract.jobs import Preset
from cnnviz.contract.params import Params, parse
from cnnviz.contract.results import KINDS, Kind, Result
from cnnviz.errors import CnnvizError

if TYPE_CHECKING:
    from cnnviz.core.collecting import Collector
    from cnnviz.core.context import Context
    from cnnviz.graph.net import Net

__all__ = ["DatasetMethod", "Method", "check_declaration"]

P = TypeVar("P", bound=Params)


class Method(ABC, Generic[P]):
    """A way of looking: algorithm, parameters and the kind of its results.

    A subclass sets the class attributes, is decorated with `@register`, and has a docstring that
    says in one line what it shows, then its paper and where it departs from it. It holds no state:
    what must outlive one run belongs in `ctx.memory`.
    """

    name: ClassVar[str]
    """What users write; snake_case."""
    title: ClassVar[str]
    version: ClassVar[int] = 1
    """Raised when the same parameters give other numbers than before."""
    kind: ClassVar[Kind]
    Params: type[P]
    in_training: ClassVar[bool] = False
    """Part of `methods="default"`."""
    needs_gradient: ClassVar[bool] = False
    """Takes derivatives; the common forward pass then records the autograd graph."""
    needs_examples: ClassVar[bool] = True
    """Looks at pictures; a method that makes its own runs without any."""
    needs_dataset: ClassVar[bool] = False
    """Looks through a data set, `ctx.data_set()`; without one, the examples are taken for it."""
    collects: ClassVar[bool] = False
    """Does so by its `collector`, in a pass that such methods share, and of pictures that are given
    instead of the set; a method that does not goes through the set in `run`, with what is given
    beside it."""
    batched: ClassVar[bool] = False
    """Obeys `ctx.batch_limit`, so that it can be run again when the device's memory was full."""
    makes: ClassVar[Literal["", "decoder", "style"]] = ""
    """Kind of the network that its jobs train and leave (contract.trained); empty for none."""
    objective_name: ClassVar[str] = ""
    """What the number is that `run` reports as its objective."""
    presets: ClassVar[tuple[Preset, ...]] = ()
    """Sets of parameters that the page offers by name; the published ones say where."""

    def unsuitable(self, net: Net) -> str | None:  # noqa: ARG002 - most methods suit every net
        """Say why the method cannot work on this network, or None."""
        return None

    def check(self, net: Net, params: P) -> None:
        """Check the parameters against the network, when the request is made.

        What `layers` names is checked anyway.

        Raises:
            ParamsError: a parameter that does not fit this network.
            MissingError: a layer that it does not have.
        """

    def layers(self, net: Net, params: P) -> list[str]:  # noqa: ARG002
        """Name the layers whose outputs `run` reads; all due methods share one forward pass.

        Raises:
            MissingError: a layer that the network does not have.
        """
        return []

    def gradient_layers(self, net: Net, params: P) -> list[str]:  # noqa: ARG002
        """Name those of its layers by whose outputs `run` derives class scores.

        The backward pass that gives the other methods their input gradient gives these with it.

        Raises:
            MissingError: a layer that the network does not have.
        """
        return []

    def collector(self, ctx: Context, params: P) -> Collector:  # noqa: ARG002
        """Make what keeps, of one pass over the data set, that which the results need.

        Only methods that collect are asked; `layers` are the outputs that it is shown.

        Raises:
            CnnvizError: it is no such method.
        """
        raise CnnvizError(f"{self.name} does not look through a data set")

    @abstractmethod
    def run(self, ctx: Context, params: P) -> list[Result]:
        """Look at the network once; one result a layer, or one for the model as a whole."""


class DatasetMethod(Method[P]):
    """A method that looks through a data set: all of them share one forward pass.

    A subclass has `layers` and `collector`; what the collector gives is the result.
    """

    needs_dataset = True
    collects = True
    needs_examples = False
    batched = True

    @abstractmethod
    def collector(self, ctx: Context, params: P) -> Collector:
        """Make what keeps, of one pass over the data set, that which the results need."""

    def run(self, ctx: Context, params: P) -> list[Result]:  # noqa: ARG002 - the collector has them
        """Give what the collector found."""
        return ctx.of_dataset()


def check_declaration(method: type[Method[Params]]) -> None:
    """Check a method's class attributes when it is registered.

    Raises:
        CnnvizError: one that is missing or does not fit; the message says what to write. A preset
            that does not fit the parameters is a ParamsError.
    """
    where = f"method class {method.__name__}"
    missing = [a for a in ("name", "title", "kind", "Params") if not hasattr(method, a)]
    if missing:
        raise CnnvizError(f"{where} lacks the class attributes {missing}")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", method.name):
        raise CnnvizError(f"{where}: name must be snake_case, got {method.name!r}")
    if method.kind not in KINDS:
        raise CnnvizError(f"{where}: kind must be one of {list(KINDS)}, got {method.kind!r}")
    declared: Any = method.Params
    if not (isinstance(declared, type) and issubclass(declared, Params)):
        raise CnnvizError(f"{where}: Params must be a subclass of cnnviz.contract.params.Params")
    for preset in method.presets:
        parse(declared, preset.params, of=f"{where}: preset {preset.name!r}")
    if not (method.__doc__ or "").strip():
        raise CnnvizError(f"{where} needs a docstring: its first line is the help in the page")
