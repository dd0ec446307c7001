"""Watching a live module's calls, and putting the module back as it was."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from cnnviz.contract.layers import Layer
from cnnviz.graph.copying import HOOK_STORES, is_weight_hook
from cnnviz.graph.layers import Names
from cnnviz.graph.weights import clean_name

__all__ = ["describe_call", "modules_kept", "watched"]

_KINDS: Mapping[str, str] = {
    "BatchNorm1d": "batch_norm",
    "BatchNorm2d": "batch_norm",
    "SyncBatchNorm": "batch_norm",
    "ReLU": "relu",
    "ReLU6": "relu6",
    "SiLU": "silu",
    "GELU": "gelu",
    "ELU": "elu",
    "PReLU": "prelu",
    "LeakyReLU": "leaky_relu",
}
_RECTIFIERS = nn.ReLU | nn.ReLU6 | nn.LeakyReLU


@contextmanager
def modules_kept(model: nn.Module) -> Iterator[None]:
    """Eval mode without the user's hooks; every module's attributes are put back on leaving."""
    modules = list(model.modules())
    attributes = [(module, dict(vars(module))) for module in modules]
    stores: list[dict[str, Any]] = [
        vars(module)[name] for module in modules for name in ("_parameters", "_buffers", "_modules")
    ]
    entries = [dict(store) for store in stores]
    try:
        for module in modules:
            vars(module)["training"] = False
            for name in HOOK_STORES:
                hooks = vars(module)[name].items()
                kept = OrderedDict((key, hook) for key, hook in hooks if is_weight_hook(hook))
                vars(module)[name] = kept
        yield
    finally:
        for module, before in attributes:
            vars(module).clear()
            vars(module).update(before)
        for store, held in zip(stores, entries, strict=True):
            store.clear()
            store.update(held)


@contextmanager
def watched(
    model: nn.Module,
    *,
    begun: Callable[[str], None],
    ended: Callable[[str, nn.Module, object], Tensor | None],
) -> Iterator[None]:
    """Follow every module call but the model's own.

    Args:
        model: whose modules are followed.
        begun: gets a call's layer name when it begins.
        ended: gets its name, its module and what it gave; may return a tensor to go on with
            instead.
    """
    names = Names()
    handles = []

    def watch(path: str, module: nn.Module) -> None:
        waiting: list[str] = []

        def begin(*_: object) -> None:
            waiting.append(names.give(path))
            begun(waiting[-1])

        def end(_module: nn.Module, _args: object, output: object) -> Tensor | None:
            return ended(waiting.pop(), module, output)

        handles.append(module.register_forward_pre_hook(begin))
        handles.append(module.register_forward_hook(end))

    for name, module in model.named_modules():
        path = clean_name(name)
        if path and "parametrizations" not in path.split("."):
            watch(path, module)
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def describe_call(name: str, module: nn.Module, output: object) -> Layer:
    """Describe a module's call as a layer, in the words that a graph uses for the same op."""
    shape = list(output.shape[1:]) if isinstance(output, Tensor) else []
    if any(True for _ in module.children()) and not hasattr(module, "parametrizations"):
        return Layer(name=name, kind=type(module).__name__, shape=shape, container=True)
    kind = _kind(type(module).__name__.removeprefix("Parametrized"))
    return Layer(
        name=name,
        kind=kind,
        shape=shape,
        rectifier=isinstance(module, _RECTIFIERS),
        nonlinearity=type(module).__module__ == "torch.nn.modules.activation",
        weights=_weights(name.partition(":")[0], module),
        groups=int(getattr(module, "groups", 1)) if kind.startswith("conv") else 1,
        transposed=kind.startswith("conv_transpose"),
    )


def _kind(class_name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name).lower()
    return _KINDS.get(class_name, snake)


def _weights(path: str, module: nn.Module) -> list[str]:
    """Names of a module's own weights, the kernel first; a computed kernel under its own name."""
    if isinstance(getattr(module, "weight", None), Tensor):
        names = [
            name for name in ("weight", "bias") if isinstance(getattr(module, name, None), Tensor)
        ]
    else:
        names = [name for name, _ in module.named_parameters(recurse=False)]
    return [f"{path}.{name}" for name in names]
