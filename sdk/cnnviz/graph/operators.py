"""The operators that a graph may use, by name: nothing else is ever looked up or called.

All are free of side effects: in-place spellings become plain ones when a model is captured (see functional.py).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import torch

from cnnviz.errors import UnsuitableError

__all__ = [
    "ATEN_KINDS",
    "IDENTITIES",
    "PYTHON",
    "RANDOM",
    "VIEWS",
    "find_operator",
    "is_known",
    "is_nonlinearity",
    "is_rectifier",
    "kind_of",
]

_LAYERS = {
    "conv1d.default": "conv1d",
    "conv1d.padding": "conv1d",
    "conv2d.default": "conv2d",
    "conv2d.padding": "conv2d",
    "conv3d.default": "conv3d",
    "conv3d.padding": "conv3d",
    "conv_transpose1d.default": "conv_transpose1d",
    "conv_transpose2d.input": "conv_transpose2d",
    "conv_transpose3d.input": "conv_transpose3d",
    "convolution.default": "conv2d",
    "linear.default": "linear",
    "addmm.default": "linear",
    "batch_norm.default": "batch_norm",
    "layer_norm.default": "layer_norm",
    "rms_norm.default": "rms_norm",
    "group_norm.default": "group_norm",
    "instance_norm.default": "instance_norm",
    "linalg_vector_norm.default": "norm",
    "norm.ScalarOpt_dim": "norm",
    "max_pool1d.default": "max_pool1d",
    "max_pool2d.default": "max_pool2d",
    "max_pool3d.default": "max_pool3d",
    "max_pool2d_with_indices.default": "max_pool2d",
    "avg_pool1d.default": "avg_pool1d",
    "avg_pool2d.default": "avg_pool2d",
    "avg_pool3d.default": "avg_pool3d",
    "adaptive_avg_pool1d.default": "adaptive_avg_pool1d",
    "adaptive_avg_pool2d.default": "adaptive_avg_pool2d",
    "adaptive_avg_pool3d.default": "adaptive_avg_pool3d",
    "adaptive_max_pool1d.default": "adaptive_max_pool1d",
    "adaptive_max_pool2d.default": "adaptive_max_pool2d",
    "max_unpool2d.default": "max_unpool2d",
    "dropout.default": "dropout",
    "feature_dropout.default": "dropout",
    "alpha_dropout.default": "dropout",
    "feature_alpha_dropout.default": "dropout",
    "embedding.default": "embedding",
    "scaled_dot_product_attention.default": "attention",
    "matmul.default": "matmul",
    "mm.default": "matmul",
    "bmm.default": "matmul",
    "baddbmm.default": "matmul",
    "einsum.default": "einsum",
    "bilinear.default": "bilinear",
    "pixel_shuffle.default": "pixel_shuffle",
    "pixel_unshuffle.default": "pixel_unshuffle",
    "channel_shuffle.default": "channel_shuffle",
    "upsample_nearest2d.default": "upsample",
    "upsample_nearest2d.vec": "upsample",
    "_upsample_nearest_exact2d.vec": "upsample",
    "_upsample_nearest_exact2d.default": "upsample",
    "upsample_bilinear2d.default": "upsample",
    "upsample_bilinear2d.vec": "upsample",
    "_upsample_bilinear2d_aa.default": "upsample",
    "_upsample_bilinear2d_aa.vec": "upsample",
    "upsample_bicubic2d.default": "upsample",
    "upsample_bicubic2d.vec": "upsample",
    "grid_sampler.default": "grid_sample",
    "grid_sampler_2d.default": "grid_sample",
    "affine_grid_generator.default": "affine_grid",
}

# Pointwise nonlinearities; which of them are rectifiers can depend on the arguments.
_NONLINEARITIES = {
    "relu.default": "relu",
    "relu6.default": "relu6",
    "hardtanh.default": "hardtanh",
    "threshold.default": "threshold",
    "clamp.default": "clamp",
    "clamp_min.default": "clamp",
    "clamp_max.default": "clamp",
    "leaky_relu.default": "leaky_relu",
    "prelu.default": "prelu",
    "rrelu.default": "rrelu",
    "elu.default": "elu",
    "selu.default": "selu",
    "celu.default": "celu",
    "gelu.default": "gelu",
    "silu.default": "silu",
    "mish.default": "mish",
    "softplus.default": "softplus",
    "sigmoid.default": "sigmoid",
    "hardsigmoid.default": "hardsigmoid",
    "hardswish.default": "hardswish",
    "tanh.default": "tanh",
    "log_sigmoid.default": "log_sigmoid",
    "softsign.default": "softsign",
    "glu.default": "glu",
    "softmax.int": "softmax",
    "log_softmax.int": "log_softmax",
    "softshrink.default": "softshrink",
    "hardshrink.default": "hardshrink",
}

_ARITHMETIC = {
    "add.Tensor": "add",
    "add.Scalar": "add",
    "sub.Tensor": "sub",
    "sub.Scalar": "sub",
    "rsub.Scalar": "sub",
    "rsub.Tensor": "sub",
    "mul.Tensor": "mul",
    "mul.Scalar": "mul",
    "div.Tensor": "div",
    "div.Scalar": "div",
    "div.Tensor_mode": "div",
    "div.Scalar_mode": "div",
    "reciprocal.default": "reciprocal",
    "neg.default": "neg",
    "abs.default": "abs",
    "square.default": "pow",
    "pow.Tensor_Scalar": "pow",
    "pow.Tensor_Tensor": "pow",
    "sqrt.default": "sqrt",
    "rsqrt.default": "rsqrt",
    "exp.default": "exp",
    "log.default": "log",
    "log1p.default": "log",
    "sin.default": "sin",
    "cos.default": "cos",
    "erf.default": "erf",
    "sign.default": "sign",
    "maximum.default": "maximum",
    "minimum.default": "minimum",
    "max.other": "maximum",
    "min.other": "minimum",
    "addcmul.default": "add",
    "addcdiv.default": "add",
    "lerp.Scalar": "lerp",
    "lerp.Tensor": "lerp",
    "mean.dim": "mean",
    "mean.default": "mean",
    "sum.dim_IntList": "sum",
    "sum.default": "sum",
    "amax.default": "max",
    "amin.default": "min",
    "max.dim": "max",
    "min.dim": "min",
    "logsumexp.default": "logsumexp",
    "cumsum.default": "cumsum",
    "var.correction": "var",
    "var.dim": "var",
    "std.correction": "std",
    "std.dim": "std",
    "var_mean.correction": "var",
    "cat.default": "cat",
    "stack.default": "stack",
    "where.self": "where",
    "where.ScalarOther": "where",
    "masked_fill.Scalar": "masked_fill",
    "masked_fill.Tensor": "masked_fill",
    "flip.default": "flip",
    "roll.default": "roll",
    "constant_pad_nd.default": "pad",
    "pad.default": "pad",
    "reflection_pad2d.default": "pad",
    "replication_pad2d.default": "pad",
    "flatten.using_ints": "flatten",
}

# Operators that only move, select or make values: no layers of their own.
_PLUMBING = [
    "view.default", "_unsafe_view.default", "reshape.default", "unflatten.int", "permute.default", "transpose.int",
    "t.default", "numpy_T.default", "movedim.int", "movedim.intlist", "squeeze.default", "squeeze.dim", "squeeze.dims",
    "unsqueeze.default", "expand.default", "expand_as.default", "view_as.default", "repeat.default", "tile.default",
    "repeat_interleave.self_int", "slice.Tensor", "select.int", "narrow.default", "split.Tensor", "split_with_sizes.default",
    "split.sizes", "chunk.default", "unbind.int", "index_select.default", "index.Tensor", "gather.default", "clone.default",
    "contiguous.default", "detach.default", "alias.default", "to.dtype", "to.dtype_layout", "to.device", "type_as.default",
    "_to_copy.default", "lift_fresh_copy.default", "broadcast_tensors.default", "unfold.default", "slice_scatter.default",
    "select_scatter.default", "copy.default", "im2col.default", "col2im.default", "meshgrid.indexing",
    "zeros.default", "ones.default", "full.default", "zeros_like.default", "ones_like.default", "full_like.default", "fill.Tensor", "fill.Scalar", "zero.default",
    "new_zeros.default", "new_ones.default", "new_full.default", "arange.default", "arange.start", "arange.start_step",
    "linspace.default", "scalar_tensor.default", "eye.default", "eye.m", "tril.default", "triu.default",
    "_weight_norm.default", "linalg_norm.default", "dot.default", "mv.default", "vdot.default",
    "outer.default", "norm_except_dim.default", "eq.Scalar", "eq.Tensor", "ne.Scalar", "ne.Tensor", "gt.Scalar", "gt.Tensor",
    "ge.Scalar", "ge.Tensor", "lt.Scalar", "lt.Tensor", "le.Scalar", "le.Tensor", "logical_not.default", "logical_and.default",
    "logical_or.default", "bitwise_not.default", "bitwise_and.Tensor", "bitwise_or.Tensor", "argmax.default", "argmin.default",
    "floor.default", "ceil.default", "round.default", "floor_divide.default", "remainder.Scalar", "fmod.Scalar",
    "sym_size.int", "topk.default", "sort.default", "complex.default", "isnan.default",
]  # fmt: skip

ATEN_KINDS: dict[str, str] = {
    f"aten.{name}": kind
    for name, kind in {
        **dict.fromkeys(_PLUMBING, ""),
        **_LAYERS,
        **_NONLINEARITIES,
        **_ARITHMETIC,
    }.items()
}
"""Every ATen overload that a graph may call, and the kind of layer it makes ("" for none)."""

VIEWS = frozenset(
    f"aten.{name}"
    for name in (
        "view.default reshape.default unflatten.int permute.default transpose.int t.default numpy_T.default movedim.int "
        "movedim.intlist squeeze.default squeeze.dim squeeze.dims unsqueeze.default expand.default expand_as.default "
        "view_as.default slice.Tensor select.int narrow.default split.Tensor split_with_sizes.default split.sizes "
        "chunk.default unbind.int flatten.using_ints broadcast_tensors.default unfold.default _unsafe_view.default"
    ).split()
) | {"python.getitem"}
"""Operators whose result may share memory with their first argument, in another shape or order."""

IDENTITIES = frozenset(
    f"aten.{name}"
    for name in (
        "dropout.default feature_dropout.default alpha_dropout.default feature_alpha_dropout.default contiguous.default "
        "detach.default alias.default to.dtype to.dtype_layout to.device type_as.default"
    ).split()
)
"""Operators whose result may be their first argument itself."""

RANDOM = frozenset(
    f"aten.{name}.default"
    for name in ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "rrelu")
)
"""Operators that draw random numbers when their `training` argument is true."""


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep size arithmetic within 64 bits, so that a hostile graph cannot grow numbers without end."""

    def call(*args: Any) -> Any:
        result = function(*args)
        if isinstance(result, int) and abs(result) > 2**63:
            message = f"a size in the graph leaves 64 bits: {function.__name__}{args}"
            raise UnsuitableError(message)
        return result

    return call


PYTHON: dict[str, Callable[..., Any]] = {
    "python.getitem": operator.getitem,
    "python.add": _bounded(operator.add),
    "python.sub": _bounded(operator.sub),
    "python.mul": _bounded(operator.mul),
    "python.floordiv": operator.floordiv,
    "python.truediv": operator.truediv,
    "python.mod": operator.mod,
    "python.neg": operator.neg,
    "python.eq": operator.eq,
    "python.ne": operator.ne,
    "python.lt": operator.lt,
    "python.le": operator.le,
    "python.gt": operator.gt,
    "python.ge": operator.ge,
    "python.and": operator.and_,
    "python.or": operator.or_,
    "python.not": operator.not_,
    "python.max": max,
    "python.min": min,
    "python.int": int,
    "python.float": float,
    "python.floor": math.floor,
    "python.ceil": math.ceil,
    "python.trunc": math.trunc,
}
"""Operators on sizes, and the one that takes a value out of a list."""


def is_known(op: str) -> bool:
    """Whether a graph may use this operator."""
    return op in ATEN_KINDS or op in PYTHON


def find_operator(op: str) -> Callable[..., Any]:
    """Give the function behind an allowed name.

    Raises:
        UnsuitableError: the name is not on the list, or this version of torch does not have it.
    """
    if op in PYTHON:
        return PYTHON[op]
    if op not in ATEN_KINDS:
        message = f"operator {op!r} is not one that a graph may use"
        raise UnsuitableError(message)
    _, name, overload = op.split(".")
    packet = getattr(torch.ops.aten, name, None)
    found = getattr(packet, overload, None)
    if found is None:
        message = f"operator {op!r} is not in torch {torch.__version__}: use the torch that captured this graph, or newer"
        raise UnsuitableError(message)
    function: Callable[..., Any] = found
    return function


def kind_of(op: str, args: list[Any]) -> str:
    """Name the kind of layer that an operator makes, in the field's word; "" for plumbing.

    Args:
        op: the operator's name in the graph.
        args: its arguments in their JSON form.
    """
    kind = ATEN_KINDS.get(op, "")
    if op == "aten.hardtanh.default" and args[1:3] == [0.0, 6.0]:
        return "relu6"
    if op == "aten.convolution.default":
        transposed, dims = args[6], len(args[3])
        return f"conv_transpose{dims}d" if transposed else f"conv{dims}d"
    return kind


def is_nonlinearity(op: str) -> bool:
    """Whether the operator is a pointwise nonlinearity."""
    return op.removeprefix("aten.") in _NONLINEARITIES


def is_rectifier(op: str, args: list[Any], kwargs: dict[str, Any]) -> bool:
    """Whether the operator is a ReLU in any spelling, a ReLU6, a LeakyReLU or a clamp at zero from below."""
    name = op.removeprefix("aten.")
    if name in {"relu.default", "relu6.default", "leaky_relu.default"}:
        return True
    if name == "hardtanh.default":
        return len(args) > 1 and args[1] == 0
    if name == "threshold.default":
        return args[1:3] == [0, 0]
    if name in {"clamp.default", "clamp_min.default"}:
        return (args[1] if len(args) > 1 else kwargs.get("min")) == 0
    return False
