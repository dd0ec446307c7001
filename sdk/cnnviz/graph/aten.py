"""The ATen overloads that a graph may call, in groups. None writes into its arguments.

Left out on purpose: everything that takes strides or memory on trust (`as_strided`), and the native
halves of composite operators, which check their arguments less (`native_group_norm`).
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ARITHMETIC",
    "FACTORIES",
    "IDENTITIES",
    "LAYERS",
    "NONLINEARITIES",
    "PLUMBING",
    "RANDOM",
    "VIEWS",
]

LAYERS: Final[dict[str, str]] = {
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
"""Operators that a network's layers are made of, and the kind of layer each makes."""

NONLINEARITIES: Final[dict[str, str]] = {
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
"""Pointwise nonlinearities; which of them are rectifiers can depend on the arguments."""

ARITHMETIC: Final[dict[str, str]] = {
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
"""Operators that a forward function uses between its layers."""

_PLUMBING = """
    _to_copy.default _unsafe_view.default _weight_norm.default alias.default arange.default
    arange.start arange.start_step argmax.default argmin.default bitwise_and.Tensor
    bitwise_not.default bitwise_or.Tensor broadcast_tensors.default ceil.default chunk.default
    clone.default col2im.default complex.default contiguous.default copy.default
    detach.default dot.default eq.Scalar eq.Tensor expand.default expand_as.default
    eye.default eye.m fill.Scalar fill.Tensor floor.default floor_divide.default fmod.Scalar
    full.default full_like.default gather.default ge.Scalar ge.Tensor gt.Scalar gt.Tensor
    im2col.default index.Tensor index_select.default isnan.default le.Scalar le.Tensor
    lift_fresh_copy.default linalg_norm.default linspace.default logical_and.default
    logical_not.default logical_or.default lt.Scalar lt.Tensor meshgrid.indexing movedim.int
    movedim.intlist mv.default narrow.default ne.Scalar ne.Tensor new_full.default
    new_ones.default new_zeros.default norm_except_dim.default numpy_T.default ones.default
    ones_like.default outer.default permute.default remainder.Scalar repeat.default
    repeat_interleave.self_int reshape.default
    reshape_as.default round.default scalar_tensor.default select.int
    select_scatter.default slice.Tensor slice_scatter.default sort.default split.Tensor
    split.sizes split_with_sizes.default squeeze.default squeeze.dim squeeze.dims sym_size.int
    t.default tile.default to.device to.dtype to.dtype_layout topk.default transpose.int
    tril.default triu.default type_as.default unbind.int unflatten.int unfold.default
    unsqueeze.default vdot.default view.default view_as.default zero.default zeros.default
    zeros_like.default
"""
PLUMBING: Final = frozenset(_PLUMBING.split())
"""Operators that only move, select, compare or make values: no layers of their own."""

_FACTORIES = """
    arange.default arange.start arange.start_step eye.default eye.m full.default linspace.default
    ones.default scalar_tensor.default zeros.default
"""
FACTORIES: Final = frozenset(_FACTORIES.split())
"""Operators that make a tensor from numbers alone, on a device that must be said."""

_VIEWS = """
    _unsafe_view.default broadcast_tensors.default chunk.default expand.default
    expand_as.default flatten.using_ints movedim.int movedim.intlist narrow.default
    numpy_T.default permute.default reshape.default select.int slice.Tensor split.Tensor
    split.sizes split_with_sizes.default squeeze.default squeeze.dim squeeze.dims t.default
    transpose.int unbind.int unflatten.int unfold.default unsqueeze.default view.default
    view_as.default
"""
VIEWS: Final = frozenset(_VIEWS.split())
"""Operators whose result may share memory with their first argument, in another shape or order."""

_IDENTITIES = """
    alias.default alpha_dropout.default contiguous.default detach.default dropout.default
    feature_alpha_dropout.default feature_dropout.default to.device to.dtype to.dtype_layout
    type_as.default
"""
IDENTITIES: Final = frozenset(_IDENTITIES.split())
"""Operators whose result may be their first argument itself."""

_RANDOM = """
    alpha_dropout.default dropout.default feature_alpha_dropout.default
    feature_dropout.default rrelu.default
"""
RANDOM: Final = frozenset(_RANDOM.split())
"""Operators that draw random numbers when their `training` argument is true."""
