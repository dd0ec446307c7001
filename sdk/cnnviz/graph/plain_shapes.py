"""Shapes of what the commonest operators give, without what torch imports to find them.

torch answers for `meta` tensors in Python, and its first answers import its compiler and sympy:
more than two seconds of a worker's start. In an operator's plain case the answer is arithmetic;
whatever is not plain is left to torch, and so is the refusal of arguments that do not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from torch import Tensor

from cnnviz.graph.operators import find_operator

__all__ = ["find_shape_operator"]

Operator = Callable[..., Any]
Rule = Callable[..., Tensor | None]
"""Takes an operator's arguments; gives its result on `meta`, or None where torch shall answer."""


def find_shape_operator(op: str) -> Operator:
    """Give an operator for tensors on `meta`, by its name in a graph.

    Raises:
        UnsuitableError: this torch lacks it.
    """
    function, rule = find_operator(op), _RULES.get(op.removeprefix("aten."))
    if rule is None:
        return function

    def answer(*args: Any, **kwargs: Any) -> Any:
        found = None if kwargs else _apply(rule, args)
        return function(*args, **kwargs) if found is None else found

    return answer


def _apply(rule: Rule, args: Sequence[Any]) -> Tensor | None:
    try:
        return rule(*args)
    except (TypeError, ValueError):
        return None  # not the arguments that the rule is for


def _conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = (1, 1),
    padding: Any = (0, 0),
    dilation: Any = (1, 1),
    groups: Any = 1,
) -> Tensor | None:
    steps, margins, gaps = _pair(stride, 1), _pair(padding, 0), _pair(dilation, 1)
    if steps is None or margins is None or gaps is None:
        return None
    if not _are_floats(x, weight, bias) or x.ndim != 4 or weight.ndim != 4:
        return None
    width, depth = weight.shape[:2]
    fits = _is_whole(groups, 1) and depth * groups == x.shape[1] and width % groups == 0
    if not fits or (bias is not None and tuple(bias.shape) != (width,)):
        return None
    over = zip(x.shape[2:], weight.shape[2:], steps, margins, gaps, strict=True)
    made = [(side + 2 * p - d * (k - 1) - 1) // s + 1 for side, k, s, p, d in over]
    if not x.numel() or not weight.numel() or min(made) < 1:
        return None
    return x.new_empty(x.shape[0], width, *made)


def _convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: Any,
    _: Any,
    groups: Any,
) -> Tensor | None:
    if transposed is not False:
        return None
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def _batch_norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor,
    var: Tensor,
    training: Any,
    *_: Any,
) -> Tensor | None:
    parts = [part for part in (weight, bias, mean, var) if part is not None]
    if training is not False or not _are_floats(x, *parts) or x.ndim < 2 or not x.numel():
        return None
    return x.new_empty(x.shape) if all(tuple(p.shape) == (x.shape[1],) for p in parts) else None


def _elementwise(x: Tensor, *numbers: Any) -> Tensor | None:
    plain = all(number is None or type(number) in {int, float} for number in numbers)
    return x.new_empty(x.shape) if plain and _are_floats(x) else None


def _clamp(x: Tensor, low: Any = None, high: Any = None) -> Tensor | None:
    return None if low is high is None else _elementwise(x, low, high)


def _pairwise(x: Tensor, y: Tensor) -> Tensor | None:
    if not _are_floats(x, y) or x.ndim != y.ndim:
        return None
    pairs = list(zip(x.shape, y.shape, strict=True))
    if any(a != b and 1 not in {a, b} for a, b in pairs):
        return None
    return x.new_empty([b if a == 1 else a for a, b in pairs])


def _adaptive_avg_pool2d(x: Tensor, size: Any) -> Tensor | None:
    pair = _pair(size, 1)
    if pair is None or not _are_floats(x) or x.ndim != 4 or not x.numel():
        return None
    return x.new_empty(*x.shape[:2], *pair)


def _mean(x: Tensor, dims: Any, keep: Any = False) -> Tensor | None:
    if not _are_floats(x) or not isinstance(dims, list) or not dims or type(keep) is not bool:
        return None
    if not all(_is_whole(dim, -x.ndim) and dim < x.ndim for dim in dims):
        return None
    taken = {dim % x.ndim for dim in dims}
    if len(taken) != len(dims):
        return None
    sides = enumerate(x.shape)
    return x.new_empty(
        [1 if at in taken else side for at, side in sides if keep or at not in taken]
    )


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor | None:
    if not _are_floats(x, weight, bias) or x.ndim < 2 or weight.ndim != 2:
        return None
    width, depth = weight.shape
    if x.shape[-1] != depth or (bias is not None and tuple(bias.shape) != (width,)):
        return None
    return x.new_empty(*x.shape[:-1], width)


def _cat(tensors: Any, dim: Any = 0) -> Tensor | None:
    first = tensors[0]
    if not _are_floats(*tensors) or not _is_whole(dim, -first.ndim) or dim >= first.ndim:
        return None
    shapes = [list(one.shape) for one in tensors]
    sides = [shape.pop(dim) if len(shape) == first.ndim else -1 for shape in shapes]
    if -1 in sides or any(shape != shapes[0] for shape in shapes):
        return None
    made = shapes[0]
    made.insert(dim % first.ndim, sum(sides))
    return first.new_empty(made)  # type: ignore[no-any-return] # a tensor's own


_RULES: Final[dict[str, Rule]] = {
    "conv2d.default": _conv2d,
    "convolution.default": _convolution,
    "batch_norm.default": _batch_norm,
    "adaptive_avg_pool2d.default": _adaptive_avg_pool2d,
    "mean.dim": _mean,
    "linear.default": _linear,
    "cat.default": _cat,
    "clamp.default": _clamp,
    **dict.fromkeys(("add.Tensor", "mul.Tensor"), _pairwise),
    **dict.fromkeys(
        (
            *("relu.default", "relu6.default", "hardtanh.default"),
            *("leaky_relu.default", "hardswish.default", "hardsigmoid.default", "gelu.default"),
        ),
        _elementwise,
    ),
}


def _are_floats(first: Tensor, *others: Tensor | None) -> bool:
    """Whether they are tensors of one floating type; None may stand for one that is not given."""
    given: list[Any] = [first, *(one for one in others if one is not None)]
    return all(
        isinstance(one, Tensor) and one.is_floating_point() and one.dtype == first.dtype
        for one in given
    )


def _pair(value: Any, least: int) -> tuple[int, int] | None:
    values = tuple(value) if isinstance(value, list | tuple) else ()
    return values if len(values) == 2 and all(_is_whole(one, least) for one in values) else None


def _is_whole(value: Any, least: int) -> bool:
    return type(value) is int and value >= least
