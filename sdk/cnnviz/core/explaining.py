"""What methods have in common that explain a class score, or a unit of a layer, by a heatmap."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cnnviz.core.explained import ExplainedParams
from cnnviz.core.method import Method
from cnnviz.core.ruled import unsuitable_for_rules

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["ExplainingMethod", "RuledMethod"]

E = TypeVar("E", bound=ExplainedParams)


class ExplainingMethod(Method[E]):
    """A method that asks about each example's class, or about a channel or unit of any layer."""

    kind = "heatmap"
    needs_gradient = True

    def check(self, net: Net, params: E) -> None:
        """Check that the class or the unit is there.

        Raises:
            ParamsError: a channel without a layer, both a class and a layer, or a class or unit
                that the network does not have.
        """
        params.check(net, of=self.name)

    def layers(self, net: Net, params: E) -> list[str]:  # noqa: ARG002
        """Name the layer of the unit, if one is asked about."""
        return params.layers


class RuledMethod(ExplainingMethod[ExplainedParams]):
    """A method that puts a rule in the place of the rectifiers' derivative."""

    Params = ExplainedParams

    def unsuitable(self, net: Net) -> str | None:
        """Say which nonlinearities are no rectifiers."""
        return unsuitable_for_rules(net)
