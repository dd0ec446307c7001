"""A network that a job has trained: `about.json` beside its `graph.json` and weights."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import msgspec

from cnnviz.contract.names import FORMAT_VERSION

__all__ = [
    "ABOUT_FILE",
    "MAX_ABOUT",
    "MAX_MORE",
    "MAX_TRAINED",
    "MORE_FILE",
    "NETWORK_FOLDER",
    "TRAINED_KINDS",
    "Trained",
    "TrainedKind",
]

NETWORK_FOLDER: Final = "network"
"""In the folder of the job that trained it."""
ABOUT_FILE: Final = "about.json"
MORE_FILE: Final = "more.safetensors"
"""Tensors beside the weights, such as each style's parameters."""

MAX_ABOUT: Final = 1 << 18
"""Bytes of about.json that are read."""
MAX_TRAINED: Final = 2 << 30
"""Bytes that the weights of a trained network may take."""
MAX_MORE: Final = 64 << 20
"""Bytes that the tensors beside them may take."""

TrainedKind = Literal["decoder", "style"]
TRAINED_KINDS: tuple[str, ...] = get_args(TrainedKind)


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """What a trained network is and what it was made from."""

    version: int = FORMAT_VERSION
    kind: TrainedKind
    method: str
    """That trained it."""
    params: dict[str, Any] = {}
    run: str = ""
    step: int | None = None
    """Of the weights of the network that it was trained with."""
    model_digest: str = ""
    """Of that network's graph: what is made for one network says nothing of another."""
    facts: dict[str, Any] = {}
    """Small JSON values: images and iterations that it has seen, losses, names of styles, …"""
    graph_digest: str = ""
    """SHA-256 of its own graph.json."""
    crc32c: dict[str, int] = {}
    """Of each weight's bytes."""
