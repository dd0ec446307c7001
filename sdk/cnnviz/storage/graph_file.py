"""The part of `graph.json` that can be used without torch: the layers and the weights' shapes."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from cnnviz.contract.layers import Layer
from cnnviz.contract.names import FORMAT_VERSION
from cnnviz.errors import RecordError
from cnnviz.storage.files import StoredFile
from cnnviz.storage.manifests import decode_json, digest_of

__all__ = ["GraphFacts", "TensorFacts", "read_graph"]

MAX_GRAPH: Final = 64 << 20
"""Bytes of graph.json that are read; the largest of torchvision's takes under 2 MB."""


class TensorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Shape and type of a weight."""

    shape: list[int]
    dtype: str = ""


class GraphFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A captured network without its nodes."""

    version: int = FORMAT_VERSION
    model: str = ""
    """The model's class name."""
    captured: Literal["graph", "hooks"] = "graph"
    """`hooks` where the file has layers but no nodes, because the model could not be captured."""
    layers: list[Layer] = []
    """In forward order, containers included."""
    weights: dict[str, TensorFacts] = {}
    """By `state_dict()` name."""


def read_graph(file: StoredFile) -> tuple[GraphFacts, str]:
    """Read a network's layers, and its digest (SHA-256 of the file, in hexadecimal).

    Raises:
        RecordError: damaged, too large, or newer than this version reads.
    """
    if file.size > MAX_GRAPH:
        message = f"{file.label} has {file.size} bytes; at most {MAX_GRAPH} are read"
        raise RecordError(message)
    data = file.read(0, file.size)
    return decode_json(data, GraphFacts, label=file.label), digest_of(data)
