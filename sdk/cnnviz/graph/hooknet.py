"""The same interface over forward hooks, for models that torch.export cannot capture."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, overload

import msgspec
import torch
from torch import Tensor, nn

from cnnviz.contract.layers import Layer
from cnnviz.errors import MissingError, ParamsError, UnsuitableError
from cnnviz.graph.convert import tensor_info
from cnnviz.graph.copying import is_weight_hook, model_state
from cnnviz.graph.layers import Names
from cnnviz.graph.net import check_images, find_layer, without_autocast
from cnnviz.graph.output import find_scores
from cnnviz.graph.state import random_state_kept
from cnnviz.graph.weights import LiveWeights, clean_name

__all__ = ["HookNet"]

Saw = Callable[[str, nn.Module, Tensor | None], None]
"""Gets a call's name, its module and what it gave, calls in the order in which they end."""


class HookNet:
    """Runs the live module itself, in eval mode, and puts everything back afterwards.

    Parameters are replaced by cut-off views of themselves and buffers by copies while it runs, so that neither
    gradients nor running statistics reach the user's model. Functional ops are not seen: only modules are layers.
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
        self._weights = LiveWeights(model)
        self._order: list[str] = []
        self._found: dict[str, Layer] = {}
        try:
            with torch.no_grad():
                scores, self.output = self._run(example, self._describe, begin=self._order.append)
        except (ParamsError, UnsuitableError):
            raise
        except Exception as error:
            message = f"{self.model} cannot run images of shape {tuple(example.shape)}: {type(error).__name__}: {error}"
            raise ParamsError(message, field="example") from error
        self._layers = [self._found[name] for name in self._order]
        self.classes = int(scores.shape[1]) if scores.dim() == 2 else None
        self._example_shape = (int(example.shape[1]), int(example.shape[2]), int(example.shape[3]))
        self.digest = self._describe_digest()

    @property
    def layers(self) -> list[Layer]:
        """All modules in the order of their calls, a container before what it holds."""
        return self._layers

    @property
    def input_shape(self) -> tuple[int, int | None, int | None]:
        """Channels, height, width of the example: what else runs is not known."""
        return self._example_shape

    @property
    def example_shape(self) -> tuple[int, int, int]:
        """Channels, height, width of the example."""
        return self._example_shape

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
        return find_layer(self._layers, name, model=self.model)

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
        """Give a weight by its name in `state_dict()`, or one that a module computes from others (`conv.weight`)."""
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

    def _collect(self, x: Tensor, taps: Sequence[str]) -> tuple[Tensor, dict[str, Tensor]]:
        if isinstance(taps, str):
            message = f"taps must be a list of layer names, got the text {taps!r}"
            raise ParamsError(message)
        for name in taps:
            self.layer(name)
        seen: dict[str, Tensor] = {}

        def see(name: str, _module: nn.Module, output: Tensor | None) -> None:
            if name in taps and output is not None:
                seen[name] = output.clone()

        check_images(x, where=self.model, channels=self._example_shape[0], device=self.device)
        scores, _ = self._run(x.to(self.dtype), see)
        missing = [name for name in taps if name not in seen]
        if missing:
            message = f"layer {missing[0]!r} of {self.model} gave no tensor, so it has no output to look at"
            raise UnsuitableError(message)
        return scores, {name: seen[name] for name in taps}

    def _run(
        self, x: Tensor, saw: Saw, *, begin: Callable[[str], None] | None = None
    ) -> tuple[Tensor, str]:
        """Run the module on stand-ins for its weights, telling `saw` about each module call."""
        state = {
            name: tensor.detach()
            for name, tensor in self._module.named_parameters(remove_duplicate=False)
        }
        state |= {
            name: tensor.clone()
            for name, tensor in self._module.named_buffers(remove_duplicate=False)
        }
        device = x.device
        with (
            random_state_kept(True, device),
            without_autocast(device),
            torch.compiler.set_stance("force_eager"),
            _modules_kept(self._module),
            _watched(self._module, saw, begin),
        ):
            output = torch.func.functional_call(self._module, state, (x,), tie_weights=False)
        return find_scores(
            output, of=lambda leaf: list(leaf.shape) if isinstance(leaf, Tensor) else None
        )

    def _describe(self, name: str, module: nn.Module, output: Tensor | None) -> None:
        container = any(True for _ in module.children())
        kind = type(module).__name__ if container else _kind(module)
        path = name.partition(":")[0]
        own = [f"{path}.{clean_name(key)}" for key, _ in module.named_parameters(recurse=False)]
        layer = Layer(
            name=name,
            kind=kind,
            shape=list(output.shape[1:]) if output is not None else [],
            container=container,
            rectifier=not container and _is_rectifier(module),
            nonlinearity=not container and type(module).__module__ == "torch.nn.modules.activation",
            weights=[] if container else sorted(own, key=lambda key: not key.endswith("weight")),
            groups=int(getattr(module, "groups", 1)) if kind.startswith("conv") else 1,
            transposed=bool(getattr(module, "transposed", False)),
        )
        self._found[name] = layer

    def _describe_digest(self) -> str:
        state = {name: tensor_info(tensor) for name, tensor in model_state(self._module).items()}
        return hashlib.sha256(msgspec.json.encode([self.model, self._layers, state])).hexdigest()

    def _first_float(self) -> Tensor | None:
        return next(
            (tensor for tensor in self._module.parameters() if tensor.is_floating_point()), None
        )


@contextmanager
def _modules_kept(model: nn.Module) -> Iterator[None]:
    """Eval mode without the user's hooks; every module's attributes are put back on leaving."""
    modules = list(model.modules())
    before = [(module, dict(vars(module))) for module in modules]
    inner = [
        (store, dict(store))
        for module in modules
        for store in (module._parameters, module._buffers, module._modules)
    ]
    try:
        for module in modules:
            vars(module)["training"] = False
            for store in (
                "_forward_hooks",
                "_forward_pre_hooks",
                "_backward_hooks",
                "_backward_pre_hooks",
            ):
                hooks = {
                    key: hook for key, hook in vars(module)[store].items() if is_weight_hook(hook)
                }
                vars(module)[store] = OrderedDict(hooks)
        yield
    finally:
        for module, attributes in before:
            vars(module).clear()
            vars(module).update(attributes)
        for store, entries in inner:
            store.clear()
            store.update(entries)


@contextmanager
def _watched(model: nn.Module, saw: Saw, begun: Callable[[str], None] | None) -> Iterator[None]:
    """Tell `begun` each module call's name when it begins, `saw` the tensor that it gave when it ends."""
    names = Names()
    handles = []

    def watch(path: str, module: nn.Module) -> None:
        waiting: list[str] = []

        def begin(*_: object) -> None:
            waiting.append(names.give(path))
            if begun is not None:
                begun(waiting[-1])

        def end(_module: nn.Module, _args: object, output: object) -> None:
            saw(waiting.pop(), module, output if isinstance(output, Tensor) else None)

        handles.append(module.register_forward_pre_hook(begin))
        handles.append(module.register_forward_hook(end))

    for name, module in model.named_modules():
        if path := clean_name(name):
            watch(path, module)
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


_KINDS: Mapping[str, str] = {
    "batch_norm2d": "batch_norm",
    "batch_norm1d": "batch_norm",
    "re_lu": "relu",
    "re_lu6": "relu6",
}


def _kind(module: nn.Module) -> str:
    """A module's kind in the word that a graph uses for the same op."""
    name = type(module).__name__
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("parametrized_", "")
    return _KINDS.get(plain, plain)


def _is_rectifier(module: nn.Module) -> bool:
    return isinstance(module, nn.ReLU | nn.ReLU6 | nn.LeakyReLU)
