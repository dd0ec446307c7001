"""Bodies of answers: JSON and safetensors bytes, and how long a browser may keep them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import msgspec
import numpy as np
from numpy.typing import NDArray

from cnnviz.storage.tensors import pack_tensors
from tb_cnnviz.wire import Wire

__all__ = ["Body", "Cache", "json_body", "tensors_body"]

TENSORS_TYPE = "application/octet-stream"
JSON_TYPE = "application/json"


class Cache(Enum):
    """The Cache-Control of an answer."""

    FOREVER = "private, max-age=31536000, immutable"
    """The query names the content by digest or revision."""
    BRIEF = "private, max-age=10"
    """The content may grow or become better, but not wrong."""
    NEVER = "no-cache, must-revalidate"


@dataclass(frozen=True)
class Body:
    """What an answer function gives: bytes, their type and how long they hold."""

    content: bytes
    content_type: str
    cache: Cache = Cache.NEVER
    status: int = 200
    allowed: tuple[str, ...] = ()
    """The methods that the route answers, where another one was used."""


def json_body(value: Wire, *, cache: Cache = Cache.NEVER, status: int = 200) -> Body:
    """Write one answer as JSON; NaN and infinities become null."""
    return Body(msgspec.json.encode(value), JSON_TYPE, cache, status)


def tensors_body(
    arrays: Mapping[str, NDArray[np.generic]], facts: Wire, *, cache: Cache = Cache.NEVER
) -> Body:
    """Write arrays as safetensors, with the facts as JSON under `__metadata__.json`."""
    text = msgspec.json.encode(facts).decode()
    return Body(pack_tensors(arrays, {"json": text}), TENSORS_TYPE, cache)
