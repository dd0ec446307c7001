"""What made pictures shall excite, as parameters: classes, or channels and units of a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from cnnviz.core.pictures_made import check_position, width_of
from cnnviz.errors import ParamsError

if TYPE_CHECKING:
    from cnnviz.core.context import Context
    from cnnviz.graph.net import Net

__all__ = ["ExcitedLayer", "ExcitedPosition", "ExcitedUnits", "check_excited", "names_of"]

Index = Annotated[int, Meta(ge=0)]

ExcitedLayer = Annotated[
    str | None,
    Meta(
        description="A layer, to excite its channels; empty for the class scores.",
        extra_json_schema={"x-widget": "layer"},
    ),
]
ExcitedUnits = Annotated[
    tuple[Index, ...],
    Meta(
        min_length=1,
        max_length=256,
        description="Class indices, or channels of the layer; a picture each, in one batch.",
        extra_json_schema={"x-widget": "units"},
    ),
]
ExcitedPosition = Annotated[
    tuple[Index, Index] | Literal["mean", "centre"],
    Meta(
        description="Of a layer of maps: the mean of a channel, its central unit, or one at "
        "(row, column)."
    ),
]


def check_excited(
    net: Net,
    layer: str | None,
    units: Sequence[int],
    position: tuple[int, int] | str = "mean",
    *,
    of: str,
    field: str = "units",
) -> None:
    """Check that units are there, and their position.

    Args:
        net: that shall have them.
        layer: theirs; None for the classes.
        units: their indices.
        position: of a unit in its channel.
        of: the method's name, for the message.
        field: the parameter that holds the units.

    Raises:
        ParamsError: a unit, class or position that the network does not have.
        MissingError: no such layer.
        UnsuitableError: a layer without channels, or a model without class scores.
    """
    width = width_of(net, layer, of=of)
    beyond = [unit for unit in units if unit >= width]
    if beyond:
        where = "the model's classes" if layer is None else f"channels of {layer!r}"
        message = f"{of}: {field} must be in 0 … {width - 1} ({where}), got {beyond[0]}"
        raise ParamsError(message, field=field)
    if not isinstance(position, str):
        check_position(net, layer, position, of=of)


def names_of(ctx: Context, layer: str | None, units: Sequence[int]) -> list[str]:
    """Name units as captions do: a class by its name, a channel by its layer's."""
    if layer is not None:
        return [f"{layer} {unit}" for unit in units]
    names = ctx.class_names or ()
    return [f"{unit} {names[unit]}" if unit < len(names) else f"class {unit}" for unit in units]
