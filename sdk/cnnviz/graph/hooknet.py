"""The same interface over forward hooks, for models that torch.export cannot capture."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import overload

import torch
from torch import Tensor, nn

from cnnviz.contract.layers import Layer
from cnnviz.errors import MissingError, ParamsError, UnsuitableError
from cnnviz.graph.copying import model_state
from cnnviz.graph.net import check_images, check_taps, find_layer, without_autocast
from cnnviz.graph.output import find_scores
from cnnviz.graph.program import ImageInput, Program
from cnnviz.graph.saving import save_graph
from cnnviz.graph.state import random_state_kept
from cnnviz.graph.tensors import shape_of, tensor_info
from cnnviz.graph.watching import describe_call, modules_kept, watched
from cnnviz.graph.weights import LiveWeights, ReplacedWeights, Weights, clean_name

__all__ = ["HookNet"]

Ended = Callable[[str, nn.Module, object], Tensor | None]


class HookNet:
    """Runs the live module itself, in eval mode, and puts everything back afterwards.

    Parameters are replaced by cut-off views of themselves and buffers by copies while it runs, so
    that neither gradients nor running statistics reach the user's model. Functional ops are not
    seen: only modules are layers.
    """

    captured = "hooks"

    def __init__(self, model: nn.Module, example: Tensor, *, reason: str = "") -> None:
        """Run the model once to learn its layers.

        Args:
            model: unwrapped.
            example: images that it takes, (N, C, H, W).
            reason: why it was not captured as a graph.

        Raises:
            ParamsError: the model cannot run the example.
            UnsuitableError: it returns no tensor.
        """
        self.model = type(model).__name__
        self.reason = reason
        self._module = model
        self._weights: Weights = LiveWeights(model)
        self._replaced: dict[str, Tensor] = {}
        order: list[str] = []
        found: dict[str, Layer] = {}

        def describe(name: str, module: nn.Module, output: object) -> None:
            found[name] = describe_call(name, module, output)

        try:
            with torch.no_grad():
                scores, self.output = self._run(example, ended=describe, begun=order.append)
        except (ParamsError, UnsuitableError):
            raise
        except Exception as error:
            shape, kind = tuple(example.shape), type(error).__name__
            message = f"{self.model} cannot run images of shape {shape}: {kind}: {error}"
            raise ParamsError(message, field="example") from error
        self.classes = int(scores.shape[1]) if scores.dim() == 2 else None
        self.program = self._describe(example, [found[name] for name in order if name in found])
        self.digest = self.program.digest()

    @property
    def layers(self) -> list[Layer]:
        """All modules in the order of their calls, a container before what it holds."""
        return self.program.layers

    @property
    def input_shape(self) -> tuple[int, int | None, int | None]:
        """Channels, height, width of the example: what else runs is not known."""
        return self.example_shape

    @property
    def example_shape(self) -> tuple[int, int, int]:
        """Channels, height, width of the example."""
        channels, height, width = self.program.input.shape
        return channels, height, width

    @property
    def device(self) -> torch.device:
        """Where the weights are now."""
        tensor = self._first_float()
        return tensor.device if tensor is not None else torch.device("cpu")

    @property
    def dtype(self) -> torch.dtype:
        """The weights' float type now."""
        tensor = self._first_float()
        return tensor.dtype if tensor is not None else torch.get_default_dtype()

    def layer(self, name: str) -> Layer:
        """Find a layer by its name; MissingError names close ones."""
        return find_layer(self.layers, name, model=self.model)

    def upstream(self, layer: str | None = None) -> list[Layer]:
        """List the modules called before a layer ended, or all: what feeds what is not known."""
        if layer is None:
            return self.layers
        return self.layers[: self.layers.index(self.layer(layer)) + 1]

    @overload
    def __call__(self, x: Tensor) -> Tensor: ...
    @overload
    def __call__(self, x: Tensor, taps: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]: ...
    def __call__(
        self, x: Tensor, taps: Sequence[str] | None = None
    ) -> Tensor | tuple[Tensor, dict[str, Tensor]]:
        """Compute the scores, and the outputs of some layers with them.

        Args:
            x: images, (N, C, H, W), on the weights' device.
            taps: names of layers.

        Returns:
            Scores, (N, classes); with taps also copies of the layers' outputs by name.

        Raises:
            ParamsError: the images do not fit the model.
            MissingError: there is no layer of that name.
            UnsuitableError: a layer's output is not a tensor.
        """
        scores, seen = self._collect(x, taps or ())
        return scores if taps is None else (scores, seen)

    def features(self, x: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        """Give copies of layers' outputs by name; the whole model runs for it."""
        return self._collect(x, taps)[1]

    def weight(self, name: str) -> Tensor:
        """Give a weight by its name in `state_dict()`, or one that a module computes."""
        try:
            return self._weights.get(name)
        except MissingError:
            path, _, attribute = name.rpartition(".")
            owner = dict(self._module.named_modules()).get(path)
            computed = getattr(owner, attribute, None)
            if not isinstance(computed, Tensor):
                raise
            return computed.detach()

    def weights(self) -> dict[str, Tensor]:
        """Give all parameters and buffers by their names in `state_dict()`, by reference."""
        return self._weights.all()

    def with_weights(self, tensors: Mapping[str, Tensor]) -> HookNet:
        """Give the same network with some weights replaced; the model keeps its own.

        Args:
            tensors: by their names in `state_dict()`.

        Raises:
            MissingError: there is no weight of that name.
        """
        other = copy.copy(self)
        other._weights = ReplacedWeights(self._weights, tensors)
        other._replaced = {**self._replaced, **tensors}
        return other

    def save(self, folder: str | Path) -> None:
        """Write the weights and the layer list (`graph.json` without nodes); that cannot be run.

        Raises:
            OSError: the folder cannot be written.
        """
        save_graph(self.program, self.weights(), Path(folder))

    def _collect(self, x: Tensor, taps: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]:
        for name in check_taps(taps):
            self.layer(name)
        seen: dict[str, Tensor] = {}

        def see(name: str, _module: nn.Module, output: object) -> Tensor | None:
            if name not in taps or not isinstance(output, Tensor):
                return None
            seen[name] = output.clone()
            # The model goes on with a copy that it may overwrite; gradients pass through ours.
            return seen[name].clone()

        channels = self.program.input.shape[0]
        check_images(x, where=self.model, channels=channels, device=self.device)
        scores, _ = self._run(x.to(self.dtype), ended=see)
        missing = [name for name in taps if name not in seen]
        if missing:
            message = (
                f"layer {missing[0]!r} of {self.model} gives no tensor, so it has no output to "
                "look at"
            )
            raise UnsuitableError(message)
        return scores, {name: seen[name] for name in taps}

    def _run(
        self, x: Tensor, *, ended: Ended, begun: Callable[[str], None] = lambda _: None
    ) -> tuple[Tensor, str]:
        """Run the module on stand-ins for its weights, following its modules' calls."""
        model = self._module
        parameters = model.named_parameters(remove_duplicate=False)
        state = {name: tensor.detach() for name, tensor in parameters}
        buffers = model.named_buffers(remove_duplicate=False)
        state.update({name: tensor.clone() for name, tensor in buffers})
        replaced = {name: self._replaced.get(clean_name(name)) for name in state}
        state.update({name: t.detach().clone() for name, t in replaced.items() if t is not None})
        with (
            random_state_kept(True, x.device),
            without_autocast(x.device),
            torch.compiler.set_stance("force_eager"),
            modules_kept(model),
            watched(model, begun=begun, ended=ended),
        ):
            output = torch.func.functional_call(model, state, (x.clone(),), tie_weights=False)
        return find_scores(output, of=shape_of)

    def _describe(self, example: Tensor, layers: list[Layer]) -> Program:
        shape = list(example.shape[1:])
        state = model_state(self._module)
        return Program(
            model=self.model,
            captured=self.captured,
            reason=self.reason,
            input=ImageInput(shape=shape, any_height=False, any_width=False),
            output=0,
            output_name=self.output,
            layers=layers,
            taps={},
            weights={name: tensor_info(tensor) for name, tensor in state.items()},
            nodes=[],
        )

    def _first_float(self) -> Tensor | None:
        floats = (tensor for tensor in self._module.parameters() if tensor.is_floating_point())
        return next(floats, None)
