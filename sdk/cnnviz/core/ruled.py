"""The input gradient with a rule for the rectifiers in place of their derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from torch import Tensor

from cnnviz.core.explained import noted
from cnnviz.errors import UnsuitableError
from cnnviz.ops.rectifiers import Rule, find_rectifiers, ruled, undefined_reason

if TYPE_CHECKING:
    from cnnviz.core.context import Context
    from cnnviz.core.explained import Explained
    from cnnviz.graph.net import Net

__all__ = ["CAUTION", "ruled_gradient", "unsuitable_for_rules"]

CAUTION: Final = "known to ignore what the last layers have learned (Adebayo et al. 2018)"
"""Of every map that a rule makes; how far it holds of one, `trust` measures."""


def unsuitable_for_rules(net: Net) -> str | None:
    """Say why the rules are not defined for a network, as far as its layers tell, or None."""
    return undefined_reason(net.layers, complete=net.captured == "graph")


def ruled_gradient(ctx: Context, explained: Explained, rule: Rule) -> tuple[Tensor, dict[str, Any]]:
    """Go back from what is explained to the input by a rule, on the common forward pass.

    Args:
        ctx: the network and its examples.
        explained: the class scores or the unit.
        rule: for every rectifier on the way.

    Returns:
        What arrives at the input, (N, C, H, W), and the facts: `rectifiers` "N of N", `switches`
        (max-pools on the way), `sign` (which way a pixel would have to change, not for or against),
        a caution, and a note on gates.

    Raises:
        UnsuitableError: something on the way that the rule is not defined for, or a rectifier of
            the network that it did not meet.
    """
    found = find_rectifiers(explained.output(ctx))
    with ruled(found, rule):
        gradient = ctx.gradient_of(explained.values(ctx))
    met, known = len(found.met), _known(ctx.net, explained, len(found.nodes))
    if met < known or (explained.classes and not met):
        message = f"{met} of {known} rectifiers lie on the gradient's way to the image"
        raise UnsuitableError(f"only {message}: the map would in part be the plain gradient")
    notes: list[str] = []
    if found.gates:
        notes.append(f"{found.gates} gates (sigmoid or softmax) pass with their own derivative")
    if not met:
        notes.append("no rectifier lies before this layer: this is the plain gradient")
    facts = noted(explained.facts, *notes) | {
        "rectifiers": f"{met} of {met}",
        "switches": found.switches,
        "sign": "direction",
    }
    return gradient, facts | ({"caution": CAUTION} if met else {})


def _known(net: Net, explained: Explained, found: int) -> int:
    """Count the rectifiers that must be met: those of the graph, as modules alone tell too few."""
    if net.captured != "graph":
        return found
    upstream = net.upstream(explained.params.layer)
    return max(found, sum(layer.rectifier and not layer.container for layer in upstream))
