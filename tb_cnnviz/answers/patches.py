"""What excites each channel: its strongest images, its answer to all of them, and to some."""

from __future__ import annotations

import base64
import binascii
from typing import Final

import numpy as np

from cnnviz.errors import MissingError, ParamsError, RecordError
from tb_cnnviz.body import Body, Cache, json_body, tensors_body
from tb_cnnviz.held import Array, Held, held_capture
from tb_cnnviz.planes import bounded
from tb_cnnviz.queries import (
    ChannelQuery,
    ChosenQuery,
    PatchesQuery,
    ReactionQuery,
    StrongestQuery,
    UnitsQuery,
)
from tb_cnnviz.reader import Logs
from tb_cnnviz.wire_layout import PatchesFacts, ReactionFacts, UnitsAnswer, UnitShare

__all__ = ["patches", "patches_of", "reaction", "reaction_of", "units", "units_of"]

RANKED: Final = 20
"""Channels that `units` names."""
MOST: Final = 64 << 20
"""Values of `maxima` that are looked at for one answer."""


def patches(logs: Logs, query: PatchesQuery) -> Body:
    """Give the strongest images of some channels of a layer."""
    return patches_of(held_capture(logs, query), query)


def patches_of(held: Held, query: StrongestQuery) -> Body:
    """Give the strongest images of some channels of a layer."""
    held.check_kind("patches")
    shape = held.shape("crops", 5)
    channels = shape[0]
    rows = range(query.channel, min(query.channel + query.count, channels))
    if not rows:
        message = f"{held.entry.key!r} has channels 0 … {channels - 1}, got {query.channel}"
        raise MissingError(message)
    bounded((len(rows), *shape[1:]), skip=0, what="the patches")
    top = query.top or shape[1]
    arrays = {
        name: np.stack([_first(held.array(name, row), name, top) for row in rows])
        for name in held.entry.arrays
        if name != "maxima"
    }
    if arrays["crops"].shape[-1] == 1:
        arrays["crops"] = np.repeat(arrays["crops"], 3, axis=-1)
    facts = PatchesFacts(
        run=held.run,
        step=held.step,
        key=held.entry.key,
        layer=held.entry.layer,
        digest=held.digest,
        first=query.channel,
        channels=channels,
        facts=held.entry.facts,
    )
    return tensors_body(arrays, facts, cache=_cache(query.digest))


def reaction(logs: Logs, query: ReactionQuery) -> Body:
    """Give a channel's largest activation in every image, `values` (M,) float32."""
    return reaction_of(held_capture(logs, query), query)


def reaction_of(held: Held, query: ChannelQuery) -> Body:
    """Give a channel's largest activation in every image, `values` (M,) float32."""
    held.check_kind("patches")
    values = np.asarray(held.array("maxima", query.channel), np.float32)
    facts = ReactionFacts(run=held.run, step=held.step, key=held.entry.key, channel=query.channel)
    return tensors_body({"values": values}, facts, cache=_cache(query.digest))


def units(logs: Logs, query: UnitsQuery) -> Body:
    """Name the channels that answer most to some images, beside what they answer to all."""
    return units_of(held_capture(logs, query), query)


def units_of(held: Held, query: ChosenQuery) -> Body:
    """Name the channels that answer most to some images, beside what they answer to all."""
    held.check_kind("patches")
    shape = held.entry.arrays["maxima"].shape if held.has("maxima") else (0, 0)
    if shape[0] * shape[1] > MOST or len(shape) != 2:
        raise RecordError(f"{held.entry.key!r} holds too much to rank its channels here")
    maxima = np.asarray(held.array("maxima"), np.float32)
    chosen = _chosen(query.rows, maxima.shape[1])
    with np.errstate(all="ignore"):
        some, everything = maxima[:, chosen].mean(1), maxima.mean(1)
        contrast = (some - everything) / maxima.std(1)
    order = [int(one) for one in np.argsort(-contrast) if np.isfinite(contrast[one])][:RANKED]
    ranked = [
        UnitShare(
            channel=one,
            chosen=float(some[one]),
            all=float(everything[one]),
            contrast=float(contrast[one]),
        )
        for one in order
    ]
    answer = UnitsAnswer(
        key=held.entry.key, layer=held.entry.layer, chosen=int(chosen.sum()), units=ranked
    )
    return json_body(answer, cache=_cache(query.digest))


def _first(row: Array, name: str, top: int) -> Array:
    """Keep the strongest of what is one an image."""
    per_image = name in ("crops", "activations", "images", "places", "boxes")
    return row[:top] if per_image else row


def _chosen(text: str, count: int) -> Array:
    """Read a bitmap, base64url of one bit an image, the first in the lowest bit.

    Raises:
        ParamsError: it is none, or no image is chosen.
    """
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise ParamsError("rows must be a bitmap in base64url", field="rows") from None
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    chosen = np.zeros(count, bool)
    chosen[: len(bits)] = bits[:count]
    if not chosen.any():
        raise ParamsError(f"rows must choose at least one of {count} images", field="rows")
    return chosen


def _cache(digest: str) -> Cache:
    return Cache.FOREVER if digest else Cache.BRIEF
