"""A network captured as data, on live weights or on weights from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import overload

import torch
from torch import Tensor

from cnnviz.contract.layers import Layer, ReceptiveField
from cnnviz.errors import ParamsError, UnsuitableError
from cnnviz.graph.interpreter import Interpreter
from cnnviz.graph.net import check_images, check_taps, find_layer, without_autocast
from cnnviz.graph.operators import RANDOM
from cnnviz.graph.program import Program
from cnnviz.graph.receptive_field import find_receptive_field
from cnnviz.graph.regions import Grid, WindowPass
from cnnviz.graph.saving import save_graph
from cnnviz.graph.state import random_state_kept
from cnnviz.graph.weights import ReplacedWeights, Weights

__all__ = ["Graph"]


class Graph:
    """A captured network: layers by name, taps anywhere, and no module ever called.

    Runs in the caller's grad mode with autocast off; weights are read as they are at that moment
    and cut from autograd, so that no parameter gradient is ever computed.
    """

    captured = "graph"
    reason = ""

    def __init__(
        self, program: Program, weights: Weights, *, guard: Callable[[Tensor], None] | None = None
    ) -> None:
        """Make a program ready to run.

        Args:
            program: the network; checked before if it comes from a file.
            weights: where the tensors come from.
            guard: watches the size of what runs on images of a new size, for a program that is not
                ours.

        Raises:
            UnsuitableError: this torch lacks an operator that the program uses.
        """
        self.program = program
        self._weights = weights
        self._interpreter = Interpreter(program)
        self._digest = program.digest()
        self._guard = guard
        self._random = any(node.op in RANDOM and True in node.args for node in program.nodes)

    @property
    def model(self) -> str:
        """The model's class name."""
        return self.program.model

    @property
    def layers(self) -> list[Layer]:
        """All layers in forward order, a container before what it holds."""
        return self.program.layers

    @property
    def digest(self) -> str:
        """SHA-256 of graph.json, in hexadecimal."""
        return self._digest

    @property
    def output(self) -> str:
        """Which of the model's outputs the scores are, such as `output['logits']`."""
        return self.program.output_name

    @property
    def classes(self) -> int | None:
        """Number of classes; None when the output is not (N, classes)."""
        shape = self.program.nodes[self.program.output].shape
        return shape[1] if shape is not None and len(shape) == 2 else None

    @property
    def input_shape(self) -> tuple[int, int | None, int | None]:
        """Channels, height, width; None for a size that may be anything."""
        image = self.program.input
        channels, height, width = image.shape
        return channels, None if image.any_height else height, None if image.any_width else width

    @property
    def example_shape(self) -> tuple[int, int, int]:
        """Channels, height, width of the example it was captured with."""
        channels, height, width = self.program.input.shape
        return channels, height, width

    @property
    def device(self) -> torch.device:
        """Where the weights are now."""
        tensors = self._floats()
        return tensors[0].device if tensors else torch.device("cpu")

    @property
    def dtype(self) -> torch.dtype:
        """The weights' float type now."""
        tensors = self._floats()
        return tensors[0].dtype if tensors else torch.get_default_dtype()

    def layer(self, name: str) -> Layer:
        """Find a layer by its name.

        Raises:
            MissingError: there is none of that name; the message gives the closest ones.
        """
        return find_layer(self.layers, name, model=self.model)

    def upstream(self, layer: str | None = None) -> list[Layer]:
        """List the layers that a layer's output, or the scores, are computed from.

        Raises:
            MissingError: there is no layer of that name.
            UnsuitableError: the layer's output is not a tensor.
        """
        node = self.program.output if layer is None else self._nodes([layer])[0]
        needed = self._interpreter.ancestors([node])
        return [one for one in self.layers if self.program.taps.get(one.name) in needed]

    @overload
    def __call__(self, x: Tensor) -> Tensor: ...
    @overload
    def __call__(self, x: Tensor, taps: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]: ...
    def __call__(
        self, x: Tensor, taps: Sequence[str] | None = None
    ) -> Tensor | tuple[Tensor, dict[str, Tensor]]:
        """Compute the scores, and the outputs of some layers with them.

        Args:
            x: images, (N, C, H, W), on the weights' device; another float type is converted.
            taps: names of layers.

        Returns:
            Scores, (N, classes); with taps also the layers' outputs by name, (N, K, h, w) or (N,
            K), never overwritten by what follows.

        Raises:
            ParamsError: the images do not fit the network.
            MissingError: there is no layer of that name.
        """
        if taps is None:
            return self._run(x, [self.program.output])[0]
        values = self._run(x, [self.program.output, *self._nodes(taps)])
        return values[0], dict(zip(taps, values[1:], strict=True))

    def features(self, x: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        """Compute the outputs of some layers, and nothing that comes after them.

        Args:
            x: images, (N, C, H, W).
            taps: names of layers.

        Returns:
            The layers' outputs by name.

        Raises:
            ParamsError: the images do not fit the network.
            MissingError: there is no layer of that name.
        """
        return dict(zip(taps, self._run(x, self._nodes(taps)), strict=True))

    def windows(
        self,
        image: Tensor,
        fill: Tensor,
        grid: Grid,
        *,
        layer: str | None = None,
        reach: float = 1.0,
        dtype: torch.dtype | None = None,
    ) -> WindowPass:
        """Prepare passes over copies of an image with one window of it replaced.

        Only what a window can change is computed again; the result is that of whole passes, unless
        the reach is cut.

        Args:
            image: (1, C, H, W).
            fill: (1, C, H, W), what stands in a window.
            grid: rows and columns of the windows, each (first pixel, one beyond the last).
            layer: whose output is asked for; None for the scores.
            reach: side that what changes may grow to, as a share of a map's; 1 is exact.
            dtype: float type to compute in; None for the weights' own.

        Raises:
            ParamsError: the image does not fit the network.
            MissingError: there is no layer of that name.
            UnsuitableError: the network does not run in that float type.
        """
        node = self.program.output if layer is None else self._nodes([layer])[0]
        checked = self._checked(image)
        kind = checked.dtype if dtype is None else dtype
        with torch.no_grad(), without_autocast(self.device), _fitting(self.model, dtype):
            return WindowPass(
                self.program,
                self._interpreter,
                image=checked.to(kind),
                fill=fill.to(checked.device, kind),
                grid=grid,
                wanted=node,
                weight=lambda name: _in_type(self._weights.get(name), kind),
                guard=self._guard,
                reach=reach,
            )

    def weight(self, name: str) -> Tensor:
        """Give a weight by its `state_dict()` name, or a computed one by its layer's name for it.

        Raises:
            MissingError: there is no weight of that name.
        """
        node = self.program.derived.get(name)
        if node is None:
            return self._weights.get(name)
        with torch.no_grad(), without_autocast(self.device):
            value: Tensor = self._interpreter.run(
                [node], image=None, weight=self._weights.get, device=self.device
            )[0]
        return value

    def weights(self) -> dict[str, Tensor]:
        """Give all parameters and buffers by their names in `state_dict()`, by reference."""
        return self._weights.all()

    def with_weights(self, tensors: Mapping[str, Tensor]) -> Graph:
        """Give the same network with some weights replaced; the model keeps its own.

        Args:
            tensors: by their names in `state_dict()`.

        Raises:
            MissingError: there is no weight of that name.
        """
        weights = ReplacedWeights(self._weights, tensors)
        return Graph(self.program, weights, guard=self._guard)

    def save(self, folder: str | Path) -> None:
        """Write `graph.json` and `weights.safetensors`.

        Args:
            folder: made if it is not there.

        Raises:
            OSError: the folder cannot be written.
        """
        save_graph(self.program, self.weights(), Path(folder))

    def receptive_field(self, layer: str) -> ReceptiveField:
        """Which input pixels a unit of a layer can see.

        Raises:
            MissingError: there is no layer of that name.
            UnsuitableError: the layer's output is not a tensor.
        """
        return find_receptive_field(self.program, self._nodes([layer])[0])

    def _nodes(self, taps: Sequence[str]) -> list[int]:
        nodes = []
        for name in check_taps(taps):
            node = self.program.taps.get(name)
            if node is None:
                layer = self.layer(name)
                message = (
                    f"layer {layer.name!r} of {self.model} gives no tensor, so it has no output to "
                    "look at"
                )
                raise UnsuitableError(message)
            nodes.append(node)
        return nodes

    def _run(self, x: Tensor, wanted: list[int]) -> list[Tensor]:
        device, x = self.device, self._checked(x)
        try:
            with without_autocast(device), random_state_kept(self._random, device):
                return self._interpreter.run(wanted, image=x, weight=self._laid_out, device=device)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            if list(x.shape[1:]) == self.program.input.shape:
                raise
            message = f"{self.model} cannot run images of {_size(x.shape)}: {error}"
            raise ParamsError(message) from error

    def _laid_out(self, name: str) -> Tensor:
        """Give a weight; in float64, where every bit counts, in the one layout that sums alike."""
        weight = self._weights.get(name)
        return weight.contiguous() if weight.dtype == torch.float64 else weight

    def _checked(self, x: Tensor) -> Tensor:
        """Refuse images that do not fit, and give those that do in the weights' float type."""
        channels = self.program.input.shape[0]
        check_images(x, where=self.model, channels=channels, device=self.device)
        self._check_size(x)
        x = x.to(self.dtype)
        if x.dtype == torch.float64:
            x = x.contiguous()
        if self._guard is not None:
            self._guard(x)
        return x

    def _check_size(self, x: Tensor) -> None:
        """Refuse images of a size that the network was not captured for."""
        image, (height, width) = self.program.input, x.shape[2:]
        fits_height = image.any_height or height == image.shape[1]
        fits_width = image.any_width or width == image.shape[2]
        if not (fits_height and fits_width):
            expected = _size(image.shape)
            message = f"{self.model} was captured for images of {expected}, got {_size(x.shape)}"
        elif image.square and height != width:
            message = f"{self.model} takes square images only, got {_size(x.shape)}"
        else:
            return
        raise ParamsError(message)

    def _floats(self) -> list[Tensor]:
        """The first float weight, if there is one."""
        for name, info in self.program.weights.items():
            if "float" in info.dtype:
                return [self._weights.get(name)]
        return []


def _size(shape: Sequence[int]) -> str:
    return f"{shape[-2]} × {shape[-1]}"


@contextmanager
def _fitting(model: str, dtype: torch.dtype | None) -> Iterator[None]:
    """Turn what a network raises in a float type that is not its own into a refusal."""
    try:
        yield
    except RuntimeError as error:
        if dtype is None or isinstance(error, torch.OutOfMemoryError):
            raise
        raise UnsuitableError(f"{model} does not run in {dtype}: {error}") from error


def _in_type(weight: Tensor, kind: torch.dtype) -> Tensor:
    """Bring a weight to a float type; whole numbers stay."""
    return weight.to(kind) if weight.is_floating_point() else weight
