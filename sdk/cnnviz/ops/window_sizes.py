"""How large a window is that slides over an image, and how far it goes at a time."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from cnnviz.errors import ParamsError

__all__ = ["Sides", "window_and_stride"]

Side = Annotated[int, Meta(ge=1, le=1 << 16)]
Sides = Side | Annotated[list[Side], Meta(min_length=2, max_length=2)]
"""One number for both, or height and width; a list, for msgspec misreads a tuple in a union."""


def window_and_stride(
    window: int | list[int] | None, stride: int | list[int] | None, size: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Fill in the defaults of window and stride: a seventh of the image, and half a window.

    Args:
        window: height and width, px, one number for both, or None.
        stride: likewise.
        size: of the image.

    Raises:
        ParamsError: a window larger than the image, or a stride larger than the window.
    """
    sides = _pair(window) or (max(1, round(size[0] / 7)), max(1, round(size[1] / 7)))
    if sides[0] > size[0] or sides[1] > size[1]:
        message = f"occlusion: window must fit the image of {_text(size)}, got {_text(sides)}"
        raise ParamsError(message, field="window")
    steps = _pair(stride) or (max(1, sides[0] // 2), max(1, sides[1] // 2))
    if steps[0] > sides[0] or steps[1] > sides[1]:
        message = (
            f"occlusion: stride must not be larger than the window of {_text(sides)}, or pixels "
            f"are never hidden, got {_text(steps)}"
        )
        raise ParamsError(message, field="stride")
    return sides, steps


def _pair(sides: int | list[int] | None) -> tuple[int, int] | None:
    if sides is None:
        return None
    return (sides, sides) if isinstance(sides, int) else (sides[0], sides[1])


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]} px"
