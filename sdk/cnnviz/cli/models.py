"""A model by its name on the command line: where it comes from and how its input looks."""

from __future__ import annotations

import ast
import importlib
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnviz.cli.weights import load_weights
from cnnviz.contract.names import GRAPH_FILE
from cnnviz.errors import MissingPackageError, ParamsError

__all__ = ["LoadedModel", "load_model"]

DEFAULT, RANDOM = "default", "random"
FORMS = "torchvision:NAME, timm:NAME, package.module:factory or the folder of a saved graph"


@dataclass(kw_only=True)
class LoadedModel:
    """A model, ready to look at, with what its maker says about its input."""

    name: str
    model: Any
    """An nn.Module, or the Graph of a saved folder."""
    size: tuple[int, int] = (224, 224)
    resize: int | None = None
    """Shorter side before the centre is cut out, px; None: as the size."""
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    """Both None where nobody said."""
    class_names: list[str] | None = None


def load_model(spec: str, *, weights: str = DEFAULT) -> LoadedModel:
    """Load the model that a command line names.

    Args:
        spec: one of FORMS; a factory may have arguments, `module:factory('b0', classes=10)`, each a
            plain value.
        weights: a .safetensors, .pt or .pth file; "default": those that belong to the name; or
            "random". Files are read as data, nothing in them is executed.

    Raises:
        ParamsError: a name or file that is not there, or weights that do not fit the model.
        MissingPackageError: torchvision or timm is not installed.
    """
    source, colon, name = spec.partition(":")
    if Path(spec).is_dir():
        loaded = _from_folder(Path(spec), weights)
    elif not colon:
        message = f"no model {spec!r}: there is no such folder; a model is {FORMS}"
        raise ParamsError(message, field="model")
    elif source == "torchvision":
        loaded = _from_torchvision(name, weights)
    elif source == "timm":
        loaded = _from_timm(name, weights)
    else:
        loaded = _from_factory(source, name)
    if weights not in {DEFAULT, RANDOM}:
        load_weights(loaded.model, Path(weights))
    return loaded


def _from_folder(folder: Path, weights: str) -> LoadedModel:
    from cnnviz.graph import load_graph

    if not (folder / GRAPH_FILE).is_file():
        message = f"{folder} holds no {GRAPH_FILE}: it is not the folder of a saved graph"
        raise ParamsError(message, field="model")
    if weights != DEFAULT:
        message = "a saved graph brings its own weights: leave --weights out"
        raise ParamsError(message, field="weights")
    graph = load_graph(folder)
    _, height, width = graph.example_shape
    return LoadedModel(name=folder.resolve().name, model=graph, size=(height, width))


def _from_torchvision(name: str, weights: str) -> LoadedModel:
    try:
        from torchvision import models
    except ImportError as error:
        message = f"torchvision:{name} needs torchvision: pip install torchvision ({error})"
        raise MissingPackageError(message) from None
    try:
        known = models.get_model_weights(name)
    except ValueError:
        message = f"torchvision has no model {name!r}; torchvision.models.list_models() names them"
        raise ParamsError(message, field="model") from None
    entry = known.DEFAULT if len(known) else None
    arguments = {"init_weights": True} if name in {"googlenet", "inception_v3"} else {}
    with _downloading(f"torchvision:{name}"):
        given = entry if weights == DEFAULT else None
        model = models.get_model(name, weights=given, **({} if given else arguments))
    loaded = LoadedModel(name=name, model=model)
    if entry is not None:
        wanted = entry.transforms()
        (side,), (resize,) = wanted.crop_size, wanted.resize_size
        loaded.size, loaded.resize = (side, side), resize
        loaded.mean, loaded.std = tuple(wanted.mean), tuple(wanted.std)
        loaded.class_names = list(entry.meta["categories"])
    return loaded


def _from_timm(name: str, weights: str) -> LoadedModel:
    try:
        import timm
    except ImportError:
        raise MissingPackageError(f"timm:{name} needs timm: pip install timm") from None
    if not timm.is_model(name.partition(".")[0]):
        message = f"timm has no model {name!r}; timm.list_models() names them"
        raise ParamsError(message, field="model")
    with _downloading(f"timm:{name}"):
        model = timm.create_model(name, pretrained=weights == DEFAULT)
    known: dict[str, Any] = model.pretrained_cfg  # type: ignore[assignment] # as timm has it
    _, height, width = known["input_size"]
    return LoadedModel(
        name=name,
        model=model,
        size=(height, width),
        resize=round(min(height, width) / known.get("crop_pct", 1.0)),
        mean=tuple(known["mean"]),
        std=tuple(known["std"]),
    )


@contextmanager
def _downloading(spec: str) -> Iterator[None]:
    """Turn what fails while weights are fetched into one sentence that says what to do."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        message = f"the weights of {spec} could not be fetched ({error})"
        remedy = "give a file, --weights FILE, or --weights random"
        raise ParamsError(f"{message}: {remedy}", field="weights") from None


def _from_factory(module_name: str, call: str) -> LoadedModel:
    """Import what the person who starts the command named, and call it."""
    path, positional, named = _parse_call(call)
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))  # a script's own folder, as `python -m` has it
    try:
        with _running(module_name):
            target: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        message = f"no module {error.name!r}; a model is {FORMS}"
        raise ParamsError(message, field="model") from None
    for part in path:
        if not hasattr(target, part):
            message = f"{module_name} has no {'.'.join(path)!r}"
            raise ParamsError(message, field="model")
        target = getattr(target, part)
    model = target
    if callable(target) and not _is_module(target):
        with _running(f"{module_name}:{call}"):
            model = target(*positional, **named)
    if not _is_module(model):
        message = f"{module_name}:{call} gave a {type(model).__name__}, not a torch.nn.Module"
        raise ParamsError(message, field="model")
    return LoadedModel(name=path[-1], model=model)


@contextmanager
def _running(what: str) -> Iterator[None]:
    """Turn what another's code raises into one sentence that says where."""
    try:
        yield
    except ModuleNotFoundError:
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f" ({last.filename}, line {last.lineno})" if last.filename != __file__ else ""
        message = f"{what} raised {type(error).__name__}: {error}{where}"
        raise ParamsError(message, field="model") from error


def _is_module(value: object) -> bool:
    from torch import nn

    return isinstance(value, nn.Module)


def _parse_call(text: str) -> tuple[list[str], list[Any], dict[str, Any]]:
    """Split `a.b('x', n=3)` into its names and plain arguments."""
    message = f"{text!r} is not a factory: write name or name('plain', number=10)"
    try:
        node = ast.parse(text, mode="eval").body
        call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
        names = ast.unparse(call.func).split(".")
        positional = [ast.literal_eval(argument) for argument in call.args]
        named = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (SyntaxError, ValueError):
        raise ParamsError(message, field="model") from None
    if not all(name.isidentifier() for name in names):
        raise ParamsError(message, field="model")
    return names, positional, named
