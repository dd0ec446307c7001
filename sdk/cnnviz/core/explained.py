"""What a map explains: each example's score of its class, or a channel or unit of any layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from msgspec import Meta
from torch import Tensor

from cnnviz.contract.params import Params
from cnnviz.core.forward import derivatives
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.ops.targets import are_probabilities, class_scores
from cnnviz.ops.units import unit_values

if TYPE_CHECKING:
    from cnnviz.core.context import Context
    from cnnviz.graph.net import Net

__all__ = [
    "Explained",
    "ExplainedParams",
    "Index",
    "TargetParams",
    "check_class",
    "check_target",
    "noted",
    "target_facts",
]

Index = Annotated[int, Meta(ge=0)]


class TargetParams(Params, frozen=True):
    """The class that is asked about."""

    target: Annotated[
        Index | None,
        Meta(
            description="Class index; empty for each example's label or, without one, its top-1.",
            extra_json_schema={"x-widget": "class"},
        ),
    ] = None


class ExplainedParams(TargetParams, frozen=True):
    """What is derived by the input: a class score, or a unit of a layer."""

    layer: Annotated[
        str | None,
        Meta(
            description="A layer, to explain one of its channels or units instead of a class.",
            extra_json_schema={"x-widget": "layer"},
        ),
    ] = None
    channel: Annotated[
        Index | None,
        Meta(
            description="The layer's channel; needed with a layer.",
            extra_json_schema={"x-widget": "channel"},
        ),
    ] = None
    position: Annotated[
        tuple[Index, Index] | None,
        Meta(description="Row and column of one unit; empty for the mean of the channel."),
    ] = None

    def check(self, net: Net, *, of: str) -> None:
        """Check that the class or the unit is there.

        Args:
            net: the network that is asked.
            of: the method's name, for the message.

        Raises:
            ParamsError: a channel without a layer, both a class and a layer, or a class or unit
                that the network does not have.
        """
        if self.layer is not None:
            _check_unit(net.layer(self.layer).shape, self, of)
        elif self.channel is not None or self.position is not None:
            raise ParamsError(f"{of}: channel and position need a layer", field="layer")
        check_target(net, self, of=of)

    @property
    def layers(self) -> list[str]:
        """The layer of the unit, if one is asked about."""
        return [] if self.layer is None else [self.layer]


class Explained(NamedTuple):
    """What a map explains for each example of a context; fixed, however images are changed."""

    params: ExplainedParams
    classes: tuple[int, ...]
    """One an example; empty when a unit is explained."""
    facts: dict[str, Any]
    """`targets` and `origins`, or `channel` and `position`; `note` where the scores are not."""

    @classmethod
    def of(cls, ctx: Context, params: ExplainedParams) -> Explained:
        """Choose the classes of the examples as they are, or the unit."""
        if params.layer is not None:
            return cls(params, (), _unit_facts(params))
        targets = ctx.targets(params.target)
        return cls(params, targets.classes, target_facts(ctx, params))

    def only(self, rows: Sequence[int]) -> Explained:
        """Give what some of the examples are asked about, for images of them alone."""
        return self._replace(classes=tuple(self.classes[row] for row in rows if self.classes))

    def output(self, ctx: Context) -> Tensor:
        """Give the scores, or the output of the unit's layer, of the common pass."""
        return ctx.scores if self.params.layer is None else ctx.activation(self.params.layer)

    def values(self, ctx: Context) -> Tensor:
        """Give the explained value of each example, (N,), from the common pass."""
        return self._pick(self.output(ctx))

    def gradient(self, ctx: Context) -> Tensor:
        """Derive the values by the examples, (N, C, H, W); of class scores, shared by all."""
        if self.classes:
            return ctx.input_gradient(self.classes)
        return ctx.gradient_of(self.values(ctx))

    def values_at(self, ctx: Context, images: Tensor) -> Tensor:
        """Compute the values for other images of the same examples, (N, C, H, W) -> (N,)."""
        if self.params.layer is None:
            return self._pick(ctx.net(images).reshape(len(images), -1))
        (output,) = ctx.net.features(images, [self.params.layer]).values()
        return self._pick(output)

    def values_of(self, ctx: Context, images: Tensor, index: int) -> Tensor:
        """Compute what one example is asked about, for other images: (B, C, H, W) -> (B,)."""
        if self.params.layer is None:
            return self.pick(ctx.net(images), index)
        (output,) = ctx.net.features(images, [self.params.layer]).values()
        return self.pick(output, index)

    def pick(self, output: Tensor, index: int) -> Tensor:
        """Pick what one example is asked about from scores or outputs of any images: (B,)."""
        if self.classes:
            return output.reshape(len(output), -1)[:, self.classes[index]]
        return self._pick(output)

    def gradient_at(self, ctx: Context, images: Tensor) -> Tensor:
        """Derive the values for other images of the same examples by them, (N, C, H, W)."""
        leaf = images.detach().requires_grad_()
        return derivatives(self.values_at(ctx, leaf), [leaf])[0]

    def _pick(self, output: Tensor) -> Tensor:
        if self.classes:
            return class_scores(output, self.classes)
        if self.params.channel is None:
            raise ParamsError("a layer needs a channel", field="channel")
        return unit_values(output, self.params.channel, self.params.position)


def check_target(net: Net, params: TargetParams, *, of: str) -> None:
    """Check that the network has the class.

    Raises:
        ParamsError: it has fewer classes.
    """
    if params.target is not None:
        check_class(net, params.target, of=of)


def check_class(net: Net, target: int, *, of: str) -> None:
    """Check that the network has a class.

    Raises:
        ParamsError: it has fewer.
    """
    classes = net.classes
    if classes is not None and target >= classes:
        message = f"{of}: target must be in 0 … {classes - 1}, got {target}"
        raise ParamsError(message, field="target")


def noted(facts: dict[str, Any], *notes: str) -> dict[str, Any]:
    """Add to what a reader of the map must know, after what is said there already."""
    said = [facts["note"]] if "note" in facts else []
    return facts | {"note": "; ".join([*said, *notes])} if notes else facts


def target_facts(ctx: Context, params: TargetParams) -> dict[str, Any]:
    """Say which class each example is asked about, and where it comes from."""
    targets = ctx.targets(params.target)
    facts: dict[str, Any] = {"targets": list(targets.classes), "origins": list(targets.origins)}
    if are_probabilities(ctx.scores):
        facts["note"] = (
            "the model ends in a softmax: this is the derivative of a probability, "
            "not of the unnormalised score that the method asks for"
        )
    return facts


def _unit_facts(params: ExplainedParams) -> dict[str, Any]:
    position = None if params.position is None else list(params.position)
    return {"channel": params.channel, "position": position}


def _check_unit(shape: list[int], params: ExplainedParams, of: str) -> None:
    if params.target is not None:
        message = f"{of}: give a target class or a layer with a channel, not both"
        raise ParamsError(message, field="target")
    if len(shape) not in {1, 3}:
        message = f"{of}: layer {params.layer!r} gives {shape}, expected channels or maps"
        raise UnsuitableError(message)
    if params.channel is None or params.channel >= shape[0]:
        message = f"{of}: channel of {params.layer!r} must be in 0 … {shape[0] - 1}"
        raise ParamsError(f"{message}, got {params.channel}", field="channel")
    if params.position is None:
        return
    inside = len(shape) == 3 and all(
        0 <= p < size for p, size in zip(params.position, shape[1:], strict=True)
    )
    if not inside:
        message = f"{of}: position must lie in the maps {shape[1:]} of {params.layer!r}"
        raise ParamsError(f"{message}, got {params.position}", field="position")
