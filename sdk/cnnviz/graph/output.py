"""Which of the things that a model returns are its scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cnnviz.errors import UnsuitableError

__all__ = ["find_scores"]

_PREFERRED = ("logits", "out")


def find_scores(output: Any, *, of: Callable[[Any], list[int] | None]) -> tuple[Any, str]:
    """Pick the scores: the first tensor (N, classes), a dict's `logits` and `out` before others.

    A model that returns no such tensor (a backbone, a dense predictor) gives its first tensor of
    any shape.

    Args:
        output: what the model returned: a tensor, or tuples, lists, dicts, dataclasses of them.
        of: the shape of a leaf, None when it is not a tensor.

    Returns:
        The tensor, and how to spell it: `output`, `output['logits']`, `output[0]`.

    Raises:
        UnsuitableError: the output holds no tensor.
    """
    tensors = [
        (leaf, name, shape)
        for leaf, name in _leaves(output, "output")
        if (shape := of(leaf)) is not None
    ]
    for leaf, name, shape in tensors:
        if len(shape) == 2:
            return leaf, name
    if tensors:
        return tensors[0][:2]
    message = f"the model returns no tensor that could be its scores, got {type(output).__name__}"
    raise UnsuitableError(message)


def _leaves(value: Any, name: str) -> Iterator[tuple[Any, str]]:
    if isinstance(value, Mapping):
        keys = sorted(
            value, key=lambda key: _PREFERRED.index(key) if key in _PREFERRED else len(_PREFERRED)
        )
        for key in keys:
            yield from _leaves(value[key], f"{name}[{key!r}]")
    elif isinstance(value, tuple | list):
        fields = getattr(value, "_fields", None)
        for position, item in enumerate(value):
            yield from _leaves(
                item, f"{name}.{fields[position]}" if fields else f"{name}[{position}]"
            )
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _leaves(getattr(value, field.name), f"{name}.{field.name}")
    else:
        yield value, name
