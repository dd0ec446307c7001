"""From a request to a training: layers, styles, pictures and the network that learns."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
import torch
from torch import Tensor

from cnnviz.core.context import Context
from cnnviz.core.pass_state import key_of_pass
from cnnviz.core.pictures_made import space_of
from cnnviz.core.style_fit_params import FitStyleParams
from cnnviz.core.style_layers import (
    by_resolution,
    check_maps,
    check_shares,
    check_size,
    takes,
)
from cnnviz.core.style_net import StyleNetwork
from cnnviz.core.style_objective import StyleObjective, content_weights, style_targets
from cnnviz.core.style_training import Plan, StyleTraining
from cnnviz.core.training_crops import TrainingCrops
from cnnviz.errors import ParamsError
from cnnviz.ops.pixels import PixelSpace
from cnnviz.ops.resizing import resized
from cnnviz.storage.manifests import encode_json

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["SMALLEST", "FitLayers", "Fitting", "prepare"]

SMALLEST = 8
"""Side of a picture that a style network takes, px."""
_SIDE = 256
"""Of the crops, unless said otherwise or the pictures are smaller."""
_FEW = 100
"""Pictures below which a training says that it had few."""
_OF = "fit_style"


class FitLayers(NamedTuple):
    """Layers and their weights."""

    content: list[str]
    content_weights: list[float]
    style: list[str]
    style_weights: list[float]

    @classmethod
    def of(cls, net: Net, params: FitStyleParams) -> FitLayers:
        """Take those that are named, or the network's defaults.

        Raises:
            MissingError: a layer is not there.
            UnsuitableError: the network has no layer that gives maps.
            ParamsError: a layer gives no maps, or there are not as many weights as layers.
        """
        own_content, own_style = _published(net)
        content = list(dict.fromkeys(params.content_layers)) or [own_content]
        style = list(dict.fromkeys(params.style_layers)) or own_style
        check_maps(net, content, of=_OF, field="content_layers")
        check_maps(net, style, of=_OF, field="style_layers")
        weights = [
            check_shares(given, len(layers), of=_OF, field=field)
            for given, layers, field in (
                (params.content_layer_weights, content, "content_layer_weights"),
                (params.style_layer_weights, style, "style_layer_weights"),
            )
        ]
        return cls(content, weights[0], style, weights[1])


def _published(net: Net) -> tuple[str, list[str]]:
    """Name the content layer and the style layers that Johnson's code has on a VGG-16.

    The last nonlinearity at each resolution down to an eighth of the picture's (relu1_2, relu2_2,
    relu3_3, relu4_3), the content's at a quarter (relu3_3); coarser ones where there are none.
    """
    groups, height = by_resolution(net), net.example_shape[1]
    fine = [group for group in groups if 8 * group[0].shape[1] >= height] or groups[:1]
    middle = [group for group in fine if 4 * group[0].shape[1] >= height] or fine[:1]
    return middle[-1][-1].name, [group[-1].name for group in fine]


class Fitting(NamedTuple):
    """A training, ready to begin."""

    network: StyleNetwork
    training: StyleTraining
    objective: StyleObjective
    layers: FitLayers
    rows: list[int]
    """Of the examples whose styles are learnt."""
    pictures: TrainingCrops
    held_out: Tensor
    """True colours (H, C, h, w) in 0 … 1."""
    key: str
    """Digest of all that the outcome depends on."""
    note: str
    """What is worth knowing before one looks at the samples; empty for nothing."""


def prepare(ctx: Context, params: FitStyleParams) -> Fitting:
    """Put a training together.

    Raises:
        ParamsError: rows, sizes or pictures that do not fit, too few pictures, or none that can be
            read.
    """
    space, layers = space_of(ctx), FitLayers.of(ctx.net, params)
    rows = _rows(len(ctx.examples), params)
    styles = [_style(ctx, params, space, row) for row in rows]
    objective = _objective(ctx.net, params, layers, space, styles)
    pictures = TrainingCrops(
        ctx.data_set(), space, without=ctx.examples[rows], seed=ctx.seed, of=_OF
    )
    held_out = pictures.shown()
    network = StyleNetwork(
        channels=ctx.examples.shape[1],
        width=params.width,
        blocks=params.residual_blocks,
        styles=len(rows),
    ).to(ctx.place.device)
    network.begin_with([space.to_unit(one).float() for one in styles])
    plan = Plan(
        iterations=params.iterations,
        batch=params.batch,
        rate=params.rate,
        size=_size(ctx.net, params, (held_out.shape[2], held_out.shape[3])),
        at_once=min(params.batch, ctx.batch_limit or params.batch),
    )
    training = StyleTraining(network, objective, pictures, styles=len(rows), plan=plan)
    key = _key(ctx, params, pictures, [*styles, held_out])
    few = len(pictures.learnt)
    note = f"it learnt from {few} pictures only: give more" if few < _FEW else ""
    return Fitting(network, training, objective, layers, rows, pictures, held_out, key, note)


def _objective(
    net: Net, params: FitStyleParams, layers: FitLayers, space: PixelSpace, styles: list[Tensor]
) -> StyleObjective:
    """Look at the styles once, and say what is made small."""
    content = content_weights(layers.content, layers.content_weights, params.content_weight)
    targets = style_targets(
        net,
        space,
        styles,
        layers.style,
        weights=layers.style_weights,
        weight=params.style_weight,
    )
    return StyleObjective(net, space, content, targets, params.tv)


def _rows(count: int, params: FitStyleParams) -> list[int]:
    """List the examples whose styles are learnt."""
    rows = list(params.styles) or [0]
    wrong = [row for row in rows if row >= count]
    if wrong:
        message = f"{_OF}: styles must be among the {count} examples, got {wrong[0]}"
        raise ParamsError(message, field="styles")
    if len(set(rows)) != len(rows):
        message = f"{_OF}: styles must be different examples, got {rows}"
        raise ParamsError(message, field="styles")
    return rows


def _style(ctx: Context, params: FitStyleParams, space: PixelSpace, row: int) -> Tensor:
    """Give the pixels of a style picture at the size that is asked for."""
    own = space.from_input(ctx.examples[row : row + 1])
    height, width = (max(1, round(side * params.style_scale)) for side in own.shape[2:])
    if not takes(ctx.net, (height, width)):
        message = (
            f"{_OF}: the network takes pictures of one size only, so style_scale must be 1, got "
            f"{params.style_scale}"
        )
        raise ParamsError(message, field="style_scale")
    return resized(own, (height, width))


def _size(net: Net, params: FitStyleParams, whole: tuple[int, int]) -> tuple[int, int]:
    """Give the size of the crops: whole pictures where the network takes nothing else."""
    wanted = params.size or _SIDE
    size = (min(wanted, whole[0]), min(wanted, whole[1]))
    if params.size is None and not takes(net, size):
        size = whole
    if min(size) < SMALLEST:
        message = (
            f"{_OF}: pictures must be {SMALLEST} px high and wide at least, got {whole[0]} × "
            f"{whole[1]}"
        )
        raise ParamsError(message, field="size")
    check_size(net, size, of=_OF, field="size")
    return size


def _key(
    ctx: Context, params: FitStyleParams, pictures: TrainingCrops, looked_at: list[Tensor]
) -> str:
    """Name a training by the network, its weights, the request and the pictures."""
    places = np.concatenate([pictures.held_out, pictures.learnt])
    digest = hashlib.sha256(key_of_pass(ctx.net, [], pictures.reference, places).encode())
    asked = {
        "params": msgspec.to_builtins(params),
        "seed": ctx.seed,
        "device": str(ctx.place.device),
    }
    digest.update(encode_json(asked))
    for picture in looked_at:
        digest.update(picture.detach().to("cpu", torch.float32).contiguous().numpy().tobytes())
    return digest.hexdigest()
