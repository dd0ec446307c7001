"""The network as plain data: what `graph.json` holds, and its digest.

A node's arguments are JSON values. What JSON lacks is spelled as an object of one field: `{"node":
3}` (the value of node 3), `{"dtype": "float32"}`, `{"memory_format": "channels_last"}`, `{"device":
"own"}` (wherever the weights are), `{"float": "inf"}` (also "-inf", "nan").
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from cnnviz.contract.layers import Layer
from cnnviz.contract.names import FORMAT_VERSION

__all__ = [
    "FLOATS",
    "INPUT",
    "WEIGHT",
    "Constant",
    "ImageInput",
    "Node",
    "Program",
    "TensorInfo",
    "references",
]

FLOATS = ("float32", "float64", "float16", "bfloat16")
INPUT = "input"
WEIGHT = "weight"


class Node(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of the network: an operator on earlier nodes' values, the input, or a weight."""

    op: str
    """`input`, `weight`, `constant`, `aten.conv2d.default`, or on sizes `python.floordiv`."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    name: str = ""
    """A weight's name as in `state_dict()`, or a constant's key."""
    module: str = ""
    """Path of the innermost module whose call this belongs to."""
    shape: list[int] | None = None
    """At the captured image size, the batch included; None when the value is not a tensor."""


class TensorInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Type and shape of a weight."""

    dtype: str
    """torch's name without the package: float32, bfloat16, int64, …"""
    shape: list[int]


class Constant(msgspec.Struct, frozen=True, kw_only=True):
    """A tensor that the code itself holds, such as a normalisation's mean written in `forward`."""

    dtype: str
    shape: list[int]
    data: bytes
    """C order, little endian (base64 in the JSON)."""


class ImageInput(msgspec.Struct, frozen=True, kw_only=True):
    """What the network takes: (N, C, H, W) images of the weights' float type."""

    shape: list[int]
    """[C, H, W] of the example."""
    any_height: bool
    any_width: bool
    square: bool = False
    """True when height and width must be the same number."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A captured network; `graph.json` is its JSON, readable without torch."""

    version: int = FORMAT_VERSION
    model: str
    """The model's class name."""
    captured: str = "graph"
    """`hooks` when the model could not be captured: then there are layers and no nodes."""
    reason: str = ""
    """Why it could not."""
    input: ImageInput
    output: int
    """Node whose value is the scores."""
    output_name: str
    """Which of the model's outputs that is: `output`, `output['logits']`, `output[0]`."""
    layers: list[Layer]
    taps: dict[str, int]
    """Node that holds a layer's output, by layer name."""
    derived: dict[str, int] = {}
    """Node of a weight computed from others (weight norm, pruning), by its layer's name for it."""
    weights: dict[str, TensorInfo]
    """Everything in the model's state, read by a node or not."""
    constants: dict[str, Constant] = {}
    nodes: list[Node]

    def to_json(self) -> bytes:
        """Give the bytes of `graph.json`."""
        return msgspec.json.encode(self)

    def digest(self) -> str:
        """SHA-256 of the bytes of `graph.json`, in hexadecimal."""
        return hashlib.sha256(self.to_json()).hexdigest()


def references(value: Any) -> list[int]:
    """List the nodes that an argument (nested lists and objects included) reads."""
    if isinstance(value, dict):
        if "node" in value:
            return [value["node"]]
        return [node for item in value.values() for node in references(item)]
    if isinstance(value, list):
        return [node for item in value for node in references(item)]
    return []
