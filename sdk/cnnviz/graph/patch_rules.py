"""How each operator is run on patches; one without a rule is run on whole maps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from cnnviz.graph.operators import RANDOM, is_nonlinearity
from cnnviz.graph.patch_sites import Site, Windows, Work
from cnnviz.graph.patches import Patches, Slides, padded, tiles
from cnnviz.graph.program import references
from cnnviz.graph.spans import Area, Sliding

__all__ = ["work_on_patches"]

Rule = Callable[[Site], Work | None]


def work_on_patches(site: Site) -> Work | None:
    """Say how an operator is run on patches, or None where it needs whole maps."""
    if any(source not in site.areas for source in site.sources):
        return None
    if site.node.op in RANDOM and True in site.node.args:
        return None
    name = site.node.op.removeprefix("aten.")
    rule = _RULES.get(name) or _RULES.get(name.partition(".")[0])
    if rule is None and is_nonlinearity(site.node.op):
        rule = _pointwise
    return rule(site) if rule is not None else None


def _pointwise(site: Site) -> Work | None:
    """Unit by unit: what it reads must be as large as the result, or the same everywhere."""
    slots = {
        position: argument["node"]
        for position, argument in enumerate(site.node.args)
        if isinstance(argument, dict) and argument.get("node") in site.areas
    }
    alike = all(site.base[source].shape == site.result.shape for source in slots.values())
    others = [value for i, value in enumerate(site.call.args) if i not in slots]
    if set(slots.values()) != set(site.sources) or not alike:
        return None
    channelwise = site.node.op.startswith(("aten.batch_norm", "aten.prelu"))
    if not channelwise and not all(_is_everywhere(value) for value in others):
        return None
    if channelwise and site.node.op.startswith("aten.batch_norm") and site.argument(5, False):
        return None
    area = Area.union([site.areas[source] for source in slots.values()])
    bases = {source: site.base[source] for source in slots.values()}
    function, args, kwargs = site.call
    rest = [None if i in slots else value for i, value in enumerate(args)]

    def run(values: Mapping[int, Patches], windows: Windows) -> Any:
        given = list(rest)
        for position, source in slots.items():
            given[position] = tiles(bases[source], values[source], area, windows)
        return function(*given, **kwargs)

    return Work(area, run)


def _is_everywhere(value: Any) -> bool:
    """Whether a value is the same at all positions of a map."""
    return not isinstance(value, Tensor) or all(size == 1 for size in value.shape[-2:])


def _sliding(
    site: Site, slides: Slides, run: Callable[[Tensor], Tensor], fill: float
) -> Work | None:
    """Work of an operator that slides over its first argument; not under far more padding."""
    (source,) = site.sources
    before, (down, right) = site.areas[source], slides
    area = Area(
        before.rows.slide(down, site.result.shape[-2]).within(site.reach),
        before.columns.slide(right, site.result.shape[-1]).within(site.reach),
    )
    size = site.base[source].shape[-2:]
    if any(2 * slide.padding > 3 * length for slide, length in zip(slides, size, strict=True)):
        return None
    base = padded(site.base[source], area, slides, fill=fill)

    def on_patches(values: Mapping[int, Patches], windows: Windows) -> Tensor:
        return run(tiles(base, values[source], area, windows, slides))

    return Work(area, on_patches)


def _slides(
    kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int]
) -> Slides:
    down, right = (Sliding(*one) for one in zip(kernel, stride, padding, dilation, strict=True))
    return down, right


def _convolution(site: Site) -> Work | None:
    general = site.node.op == "aten.convolution.default"
    if site.area_of_first() is None or (general and site.argument(6, False)):
        return None
    weight, bias = site.call.args[1], site.argument(2, None)
    kernel, stride, dilation = tuple(weight.shape[2:]), site.pair(3, 1), site.pair(5, 1)
    groups = site.argument(8 if general else 6, 1)
    given = site.argument(4, 0)
    if given == "same":
        padding = tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
    else:
        padding = (0, 0) if given == "valid" else site.pair(4, 0)
    if len(kernel) != 2:
        return None

    def run(tile: Tensor) -> Tensor:
        return F.conv2d(tile, weight, bias, stride, 0, dilation, groups)

    return _sliding(site, _slides(kernel, stride, padding, dilation), run, 0.0)


def _max_pool(site: Site) -> Work | None:
    if site.area_of_first() is None or not isinstance(site.result, Tensor):
        return None
    kernel = site.pair(1, 1)
    stride = site.pair(2, 1) if site.argument(2, None) else kernel
    padding, dilation = site.pair(3, 0), site.pair(4, 1)

    def run(tile: Tensor) -> Tensor:
        return F.max_pool2d(tile, kernel, stride, 0, dilation)

    return _sliding(site, _slides(kernel, stride, padding, dilation), run, -math.inf)


def _average_pool(site: Site) -> Work | None:
    """Not where windows at the border are divided by another number than the others."""
    if site.area_of_first() is None:
        return None
    kernel = site.pair(1, 1)
    stride = site.pair(2, 1) if site.argument(2, None) else kernel
    padding, divisor = site.pair(3, 0), site.argument(6, None)
    slides = _slides(kernel, stride, padding, (1, 1))
    before, after = site.base[site.sources[0]].shape[-2:], site.result.shape[-2:]
    counts_padding = site.argument(5, True) or not any(padding)
    reaches_beyond = any(
        sliding.seen(result) > size + 2 * sliding.padding
        for sliding, size, result in zip(slides, before, after, strict=True)
    )
    if divisor is None and (reaches_beyond or not counts_padding):
        return None

    def run(tile: Tensor) -> Tensor:
        return F.avg_pool2d(tile, kernel, stride, divisor_override=divisor)

    return _sliding(site, slides, run, 0.0)


def _pad(site: Site) -> Work | None:
    """A constant around the maps: the patches are the same, elsewhere."""
    area, pads = site.area_of_first(), site.argument(1, [])
    constant = site.argument(2, "constant") == "constant" or site.node.op.startswith(
        "aten.constant_pad"
    )
    if area is None or not constant or len(pads) not in {2, 4} or min(pads) < 0:
        return None
    left, above = pads[0], pads[2] if len(pads) == 4 else 0
    height, width = site.result.shape[-2:]
    (source,) = site.sources
    moved = Area(area.rows.shift(above, height), area.columns.shift(left, width))
    return Work(moved, lambda values, _: values[source].values)


def _cat(site: Site) -> Work | None:
    listed = references(site.node.args[0])
    rank = site.result.dim()
    dimension = site.argument(1, 0) % rank
    whole = [source for source in listed if source in site.areas] != listed
    if whole or not 0 < dimension < rank - 2:
        return None
    area = Area.union([site.areas[source] for source in listed])
    bases = {source: site.base[source] for source in listed}
    function = site.call.function

    def run(values: Mapping[int, Patches], windows: Windows) -> Any:
        parts = [tiles(bases[source], values[source], area, windows) for source in listed]
        return function(parts, dimension)

    return Work(area, run)


def _reshape(site: Site) -> Work | None:
    """Channels regrouped, height and width as they were."""
    area = site.area_of_first()
    if area is None or not site.keeps_maps():
        return None
    between = site.result.shape[1:-2]
    (source,) = site.sources

    def run(values: Mapping[int, Patches], _: Windows) -> Tensor:
        given = values[source].tensor
        return given.reshape(given.shape[0], *between, *given.shape[-2:])

    return Work(area, run)


def _of_channels(site: Site) -> Work | None:
    """Channels picked or reordered: the operator itself, unless it touches another dimension."""
    area = site.area_of_first()
    name = site.node.op.split(".")[1]
    if area is None:
        return None
    rank = site.base[site.sources[0]].dim()
    if name == "permute":
        order = [position % rank for position in site.argument(1, [])]
        fits = order[0] == 0 and order[-2:] == [rank - 2, rank - 1]
    else:
        named = [site.argument(1, 0), site.argument(2, 0)] if name == "transpose" else None
        last = site.argument(2 if name in {"split", "split_with_sizes", "chunk"} else 1, 0)
        fits = all(0 < position % rank < rank - 2 for position in named or [last])
    if not fits:
        return None
    (source,) = site.sources
    function, args, kwargs = site.call
    rest = args[1:]
    return Work(area, lambda values, _: function(values[source].tensor, *rest, **kwargs))


def _item(site: Site) -> Work | None:
    area = site.area_of_first()
    if area is None or not isinstance(site.result, Tensor):
        return None
    (source,) = site.sources
    position = site.argument(1, 0)
    return Work(area, lambda values, _: values[source].values[position])


_POINTWISE = """
    abs add addcdiv addcmul alias alpha_dropout batch_norm ceil channel_shuffle clone contiguous
    cos detach div dropout erf exp feature_alpha_dropout feature_dropout floor lerp log log1p
    max.other maximum min.other minimum mul neg pow reciprocal round rsqrt rsub sign sin sqrt
    square sub to _to_copy
"""
_RULES: dict[str, Rule] = {
    **dict.fromkeys(_POINTWISE.split(), _pointwise),
    **dict.fromkeys(("softmax", "log_softmax", "glu", "rrelu"), lambda _: None),
    **dict.fromkeys(("conv2d", "convolution"), _convolution),
    **dict.fromkeys(("view", "_unsafe_view", "reshape", "flatten", "unflatten"), _reshape),
    **dict.fromkeys(
        ("permute", "transpose", "slice", "split", "split_with_sizes", "chunk"), _of_channels
    ),
    **dict.fromkeys(("pad", "constant_pad_nd"), _pad),
    "max_pool2d": _max_pool,
    "avg_pool2d": _average_pool,
    "cat": _cat,
    "python.getitem": _item,
}
