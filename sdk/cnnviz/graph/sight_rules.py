"""How each operator changes what a unit sees; one without a rule is taken to see everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from cnnviz.graph.operators import is_nonlinearity
from cnnviz.graph.program import references
from cnnviz.graph.seen import Seen
from cnnviz.graph.sight import Axis, Sight, overlay, regroup

__all__ = ["see"]


Rule = Callable[[Seen], Sight]


def see(seen: Seen) -> Sight:
    """Find what the units of an operator's result see."""
    name = seen.node.op.removeprefix("aten.")
    rule = _RULES.get(name) or _RULES.get(name.partition(".")[0])
    if rule is None:
        rule = _pointwise if is_nonlinearity(seen.node.op) else _everything
    return rule(seen)


def _everything(seen: Seen) -> Sight:
    return Sight((None,) * len(seen.node.shape or []), whole=True)


def _pointwise(seen: Seen) -> Sight:
    inputs = [
        (seen.sights[source], seen.shape_of(source))
        for source in references([seen.node.args, seen.node.kwargs])
        if source in seen.sights and seen.nodes[source].shape is not None
    ]
    return overlay(inputs, seen.after)


def _sliding(seen: Seen, *facts: list[int], spreads: bool = False) -> Sight:
    """Slide windows over the last dimensions, or spread units out, as many as facts are long.

    Args:
        seen: the operator.
        facts: kernel, stride, padding and dilation, each one number a dimension.
        spreads: whether it is a transposed convolution.
    """
    lead = len(seen.before) - len(facts[0])
    axes: list[Axis | None] = [None] * lead
    for axis, numbers in zip(seen.first.axes[lead:], zip(*facts, strict=True), strict=True):
        kernel, stride, padding, dilation = numbers
        known = {"stride": stride, "padding": padding, "dilation": dilation}
        if axis is not None:
            axis = axis.spread(kernel, **known) if spreads else axis.window(kernel, **known)
        axes.append(axis)
    return seen.first.with_axes(axes)


def _convolution(seen: Seen) -> Sight:
    kernel = seen.shape_of(references([seen.argument(1)])[0])[2:]
    count = len(kernel)
    dilation = seen.numbers(5, count, 1)
    stride = seen.numbers(3, count, 1)
    if seen.node.op == "aten.convolution.default" and seen.argument(6):
        return _sliding(seen, kernel, stride, seen.numbers(4, count, 0), dilation, spreads=True)
    padding: Any = seen.argument(4, 0)
    if padding == "same":
        spaces = [(size - 1) * step // 2 for size, step in zip(kernel, dilation, strict=True)]
    else:
        spaces = [0] * count if padding == "valid" else seen.numbers(4, count, 0)
    return _sliding(seen, kernel, stride, spaces, dilation)


def _transposed_convolution(seen: Seen) -> Sight:
    kernel = seen.shape_of(references([seen.argument(1)])[0])[2:]
    count = len(kernel)
    stride, padding = seen.numbers(3, count, 1), seen.numbers(4, count, 0)
    return _sliding(seen, kernel, stride, padding, seen.numbers(7, count, 1), spreads=True)


def _pool(seen: Seen) -> Sight:
    count = int(seen.node.op.split("_pool")[1][0])
    kernel = seen.numbers(1, count, 1)
    stride = seen.numbers(2, count, 1) if seen.argument(2) else kernel
    dilation = seen.numbers(4, count, 1) if "max_pool" in seen.node.op else [1] * count
    return _sliding(seen, kernel, stride, seen.numbers(3, count, 0), dilation)


def _adaptive_pool(seen: Seen) -> Sight:
    """Exact for the captured image size, where the windows are known."""
    axes: list[Axis | None] = []
    sizes = [seen.argument(1)] if isinstance(seen.argument(1), int) else seen.argument(1)
    results = [*seen.before[: len(seen.before) - len(sizes)], *sizes]
    for axis, before, after in zip(seen.first.axes, seen.before, results, strict=True):
        if axis is None or after == 1:
            axes.append(None)
            continue
        longest = max(-(-(i + 1) * before // after) - i * before // after for i in range(after))
        axes.append(replace(axis.window(longest), stride=axis.stride * Fraction(before, after)))
    return seen.first.with_axes(axes)


def _upsample(seen: Seen) -> Sight:
    neighbours = 4 if "bicubic" in seen.node.op else 2 if "bilinear" in seen.node.op else 1
    axes = [
        axis.finer(Fraction(after, before), neighbours=neighbours) if axis is not None else None
        for axis, before, after in zip(seen.first.axes, seen.before, seen.after, strict=True)
    ]
    return seen.first.with_axes(axes)


def _pixel_shuffle(seen: Seen) -> Sight:
    factor: int = seen.argument(1)
    axes = [axis.finer(Fraction(factor)) if axis is not None else None for axis in seen.first.axes]
    return seen.first.with_axes(axes)


def _pixel_unshuffle(seen: Seen) -> Sight:
    factor: int = seen.argument(1)
    axes = [
        axis.window(factor, stride=factor) if axis is not None else None for axis in seen.first.axes
    ]
    return seen.first.with_axes(axes)


def _linear(seen: Seen) -> Sight:
    return seen.first.with_axes([*seen.first.axes[:-1], None])


def _reduction(seen: Seen) -> Sight:
    rank = len(seen.before)
    given = seen.argument(1)
    listed = [given] if isinstance(given, int) else given or range(rank)
    dropped = {dimension % rank for dimension in listed}
    kept = [None if position in dropped else axis for position, axis in enumerate(seen.first.axes)]
    if len(seen.after) < rank:
        kept = [axis for position, axis in enumerate(kept) if position not in dropped]
    return seen.first.with_axes(kept)


def _layer_norm(seen: Seen) -> Sight:
    count = len(seen.argument(1))
    over = seen.first.axes[len(seen.before) - count :]
    return replace(seen.first, whole=seen.first.whole or any(axis is not None for axis in over))


def _image_norm(seen: Seen) -> Sight:
    """Group and instance norm: every unit's value depends on its whole channel."""
    return replace(seen.first, whole=True)


def _softmax(seen: Seen) -> Sight:
    along = seen.first.axes[seen.dimension(1)]
    return replace(seen.first, whole=seen.first.whole or along is not None)


def _reshape(seen: Seen) -> Sight:
    return seen.first.with_axes(regroup(seen.first.axes, seen.before, seen.after))


def _permute(seen: Seen) -> Sight:
    order = [position % len(seen.before) for position in seen.argument(1)]
    return seen.first.with_axes([seen.first.axes[position] for position in order])


def _transpose(seen: Seen) -> Sight:
    axes = list(seen.first.axes)
    one, other = seen.dimension(1), seen.dimension(2, 1)
    axes[one], axes[other] = axes[other], axes[one]
    return seen.first.with_axes(axes)


def _unsqueeze(seen: Seen) -> Sight:
    axes = list(seen.first.axes)
    axes.insert(seen.argument(1) % len(seen.after), None)
    return seen.first.with_axes(axes)


def _squeeze(seen: Seen) -> Sight:
    rank, given = len(seen.before), seen.argument(1)
    listed = range(rank) if given is None else [given] if isinstance(given, int) else given
    dropped = {position % rank for position in listed if seen.before[position] == 1}
    return seen.first.with_axes(
        [axis for position, axis in enumerate(seen.first.axes) if position not in dropped]
    )


def _slice(seen: Seen) -> Sight:
    dimension = seen.dimension(1)
    axis, start, step = seen.first.axes[dimension], seen.argument(2, 0) or 0, seen.argument(4, 1)
    if axis is None:
        return seen.first
    axes = list(seen.first.axes)
    if not isinstance(start, int) or not isinstance(step, int):
        return replace(seen.first, whole=True)
    axes[dimension] = axis.shifted(
        start + seen.before[dimension] if start < 0 else start, step=step
    )
    return seen.first.with_axes(axes)


def _select(seen: Seen) -> Sight:
    dimension = seen.dimension(1)
    return seen.first.with_axes(
        [axis for position, axis in enumerate(seen.first.axes) if position != dimension]
    )


def _pieces(seen: Seen) -> Sight:
    along = seen.first.axes[seen.dimension(2)]
    return replace(seen.first, whole=seen.first.whole or along is not None)


def _cat(seen: Seen) -> Sight:
    combined = _pointwise(seen)
    along = combined.axes[seen.argument(1, 0)]
    return replace(combined, whole=combined.whole or along is not None)


def _pad(seen: Seen) -> Sight:
    axes, pads = list(seen.first.axes), seen.argument(1)
    for position in range(len(pads) // 2):
        axis, left = axes[-1 - position], pads[2 * position]
        if axis is not None and isinstance(left, int):
            axes[-1 - position] = axis.shifted(-left)
    circular = seen.argument(2) == "circular"
    return seen.first.with_axes(axes, whole=circular)


def _moved(seen: Seen) -> Sight:
    """Roll and flip: right as long as they leave the image's axes alone."""
    listed = seen.argument(2 if "roll" in seen.node.op else 1) or range(len(seen.before))
    touched = any(seen.first.axes[position] is not None for position in listed)
    return replace(seen.first, whole=seen.first.whole or touched)


def _passed(seen: Seen) -> Sight:
    return seen.first


_POINTWISE = """
    _to_copy abs add addcdiv addcmul alias alpha_dropout batch_norm ceil channel_shuffle clone
    contiguous copy cos detach div dropout eq erf exp expand expand_as feature_alpha_dropout
    feature_dropout fill floor ge gt le lerp lift_fresh_copy log log1p lt masked_fill
    max.other maximum min.other minimum mul ne neg pow reciprocal round rsqrt rsub sign sin
    sqrt square sub to type_as where zero
"""
_RULES: dict[str, Rule] = {
    **dict.fromkeys(_POINTWISE.split(), _pointwise),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution"), _convolution),
    **dict.fromkeys(
        ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _transposed_convolution
    ),
    **dict.fromkeys(
        (
            "max_pool1d",
            "max_pool2d",
            "max_pool3d",
            "max_pool2d_with_indices",
            "avg_pool1d",
            "avg_pool2d",
            "avg_pool3d",
        ),
        _pool,
    ),
    **dict.fromkeys(
        (
            "adaptive_avg_pool1d",
            "adaptive_avg_pool2d",
            "adaptive_avg_pool3d",
            "adaptive_max_pool1d",
            "adaptive_max_pool2d",
        ),
        _adaptive_pool,
    ),
    **dict.fromkeys(
        (
            "upsample_nearest2d",
            "_upsample_nearest_exact2d",
            "upsample_bilinear2d",
            "upsample_bicubic2d",
        ),
        _upsample,
    ),
    **dict.fromkeys(
        ("mean", "sum", "amax", "amin", "max.dim", "min.dim", "logsumexp", "var", "std"), _reduction
    ),
    **dict.fromkeys(("layer_norm", "rms_norm"), _layer_norm),
    **dict.fromkeys(("group_norm", "instance_norm"), _image_norm),
    **dict.fromkeys(("softmax", "log_softmax"), _softmax),
    **dict.fromkeys(
        ("view", "_unsafe_view", "reshape", "flatten", "unflatten", "view_as"), _reshape
    ),
    **dict.fromkeys(("split", "split_with_sizes", "chunk"), _pieces),
    **dict.fromkeys(("pad", "constant_pad_nd", "reflection_pad2d", "replication_pad2d"), _pad),
    **dict.fromkeys(("roll", "flip"), _moved),
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "linear": _linear,
    "permute": _permute,
    "transpose": _transpose,
    "unsqueeze": _unsqueeze,
    "squeeze": _squeeze,
    "slice": _slice,
    "select": _select,
    "cat": _cat,
    "python.getitem": _passed,
}
