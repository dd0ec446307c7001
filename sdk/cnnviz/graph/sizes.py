"""Which image sizes an exported program is right for."""

from __future__ import annotations

from typing import Any, TypeGuard, cast

import torch
from torch import fx

from cnnviz.errors import UnsuitableError
from cnnviz.graph.program import ImageInput

__all__ = ["concrete", "read_image_input"]


def concrete(size: int | torch.SymInt) -> int:
    """A size at the captured image size."""
    return cast(int, size.node.hint) if isinstance(size, torch.SymInt) else int(size)


def read_image_input(image: fx.Node) -> ImageInput:
    """Read from the exporter's symbols and guards which sizes are free.

    The exporter notes a guard for every decision that depends on a size. Those taken inside an
    operator (can it run, how does it lay out memory) do not matter: the operator decides again when
    it runs. Those taken by the model's own Python (`if x.shape[2] > 32`) are frozen in the program,
    so that the size they look at is not free.

    Args:
        image: the placeholder of the image batch.

    Raises:
        UnsuitableError: the program is right for one batch size only.
    """
    batch, channels, height, width = image.meta["val"].shape
    frozen = _frozen_symbols(batch)
    if not _is_free(batch) or batch.node.expr in frozen:
        message = "the model's forward is made for one number of images"
        raise UnsuitableError(message)
    free_height = _is_free(height) and height.node.expr not in frozen
    free_width = _is_free(width) and width.node.expr not in frozen
    return ImageInput(
        shape=[concrete(channels), concrete(height), concrete(width)],
        any_height=free_height,
        any_width=free_width,
        square=free_height and free_width and str(height) == str(width),
    )


def _is_free(size: int | torch.SymInt) -> TypeGuard[torch.SymInt]:
    """Whether the exporter left a size open; a symbol may have turned out to be one number."""
    return isinstance(size, torch.SymInt) and size.node.maybe_as_int() is None


def _frozen_symbols(batch: int | torch.SymInt) -> set[Any]:
    """Symbols that the model's own Python has decided something by."""
    if not isinstance(batch, torch.SymInt):
        return set()
    shape_env: Any = batch.node.shape_env
    frozen: set[Any] = set()
    for guard in shape_env.guards:
        if not _is_inside_operator(guard) and not _is_about_one_image(guard, batch.node.expr):
            frozen |= guard.expr.free_symbols
    return frozen


def _is_about_one_image(guard: Any, batch: Any) -> bool:
    """Whether a guard only says that the batch is not a single image, for which more hold alike."""
    several = (guard.expr.subs(batch, count) for count in range(2, 18))
    return guard.expr.free_symbols == {batch} and all(bool(holds) for holds in several)


def _is_inside_operator(guard: Any) -> bool:
    """Whether a guard was noted in torch's implementation of an operator (an underscore module)."""
    place = getattr(getattr(guard, "sloc", None), "framework_loc", None)
    path = str(getattr(place, "filename", "")).replace("\\", "/")
    return "/torch/_" in path
