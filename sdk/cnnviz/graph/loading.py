"""Loading a graph: JSON and safetensors, parsed as data; nothing from a file is ever unpickled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from cnnviz.contract.names import FORMAT_VERSION, GRAPH_FILE, WEIGHTS_FILE
from cnnviz.errors import MissingError, RecordError, UnsuitableError
from cnnviz.graph.checking import check_program
from cnnviz.graph.graph import Graph
from cnnviz.graph.program import FLOATS, WEIGHT, Program
from cnnviz.graph.tensors import dtype_name
from cnnviz.graph.weights import LoadedWeights

__all__ = ["load_graph", "read_program"]

LARGEST_GRAPH_FILE = 256 * 2**20


class _Version(msgspec.Struct):
    version: int


def load_graph(
    folder: str | Path,
    *,
    weights: str | Path | Mapping[str, Tensor] | None = None,
    device: str | torch.device = "cpu",
) -> Graph:
    """Load a network that was saved as data.

    Args:
        folder: holds `graph.json`.
        weights: a safetensors file such as a checkpoint of the same model, or the tensors by name;
            by default `weights.safetensors` in the folder.
        device: where the weights go.

    Returns:
        The network, ready to run.

    Raises:
        MissingError: a file is not there.
        RecordError: the graph or the weights are damaged, out of bounds, newer than this version
            reads, or do not fit each other.
        UnsuitableError: the model was recorded with hooks, so there is no graph to run.
    """
    program = read_program(Path(folder) / GRAPH_FILE)
    if program.captured != "graph":
        message = (
            f"{program.model} was recorded with hooks, so there is no graph of it to run "
            f"({program.reason}): give the model itself"
        )
        raise UnsuitableError(message)
    guard = check_program(program)
    if isinstance(weights, Mapping):
        found = _checked(
            program, {name: tensor for name, tensor in weights.items() if name in program.weights}
        )
    else:
        found = _read_weights(
            program, Path(weights) if weights is not None else Path(folder) / WEIGHTS_FILE
        )
    placed = {name: tensor.to(device) for name, tensor in found.items()}
    return Graph(program, LoadedWeights(placed), guard=guard)


def read_program(path: Path) -> Program:
    """Read `graph.json` without checking what it says.

    Raises:
        MissingError: the file is not there.
        RecordError: not JSON of the right form, too large, or of a version from the future.
    """
    try:
        size = path.stat().st_size
    except OSError:
        message = f"there is no graph at {path}"
        raise MissingError(message) from None
    if size > LARGEST_GRAPH_FILE:
        message = f"{path.name} has {size} bytes, more than the {LARGEST_GRAPH_FILE} that are read"
        raise RecordError(message)
    data = path.read_bytes()
    try:
        version = msgspec.json.decode(data, type=_Version).version
        if version > FORMAT_VERSION:
            message = (
                f"{path.name} version {version} is newer than this version reads "
                f"({FORMAT_VERSION}): pip install --upgrade tb-cnnviz"
            )
            raise RecordError(message)
        return msgspec.json.decode(data, type=Program)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        message = f"{path.name} is damaged: {error}"
        raise RecordError(message) from error


def _read_weights(program: Program, path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        message = f"there are no weights at {path}"
        raise MissingError(message)
    try:
        with safe_open(path, framework="pt") as file:
            names = set(file.keys()) & set(program.weights)
            for name in names:
                _check_weight(program, name, list(file.get_slice(name).get_shape()), None)
            return _checked(program, {name: file.get_tensor(name) for name in names})
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        if isinstance(error, MissingError):
            raise
        message = f"{path.name} is damaged: {error}"
        raise RecordError(message) from error


def _checked(program: Program, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Make sure that the tensors are those that the graph reads."""
    missing = [
        node.name for node in program.nodes if node.op == WEIGHT and node.name not in tensors
    ]
    if missing:
        message = (
            f"the weights do not fit the graph of {program.model}: {missing[0]!r} is missing "
            f"({len(missing)} in all)"
        )
        raise RecordError(message)
    for name, tensor in tensors.items():
        _check_weight(program, name, list(tensor.shape), dtype_name(tensor.dtype))
    return {name: tensors[name] for name in program.weights if name in tensors}


def _check_weight(program: Program, name: str, shape: list[int], dtype: str | None) -> None:
    stated = program.weights[name]
    if shape != stated.shape:
        message = (
            f"the weights do not fit the graph of {program.model}: {name!r} is {shape}, not "
            f"{stated.shape}"
        )
        raise RecordError(message)
    if dtype not in (None, stated.dtype) and not (dtype in FLOATS and stated.dtype in FLOATS):
        message = (
            f"the weights do not fit the graph of {program.model}: {name!r} is {dtype}, not "
            f"{stated.dtype}"
        )
        raise RecordError(message)
