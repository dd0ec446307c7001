"""A method together with its parameters, checked: what a user asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cnnviz.contract.params import Params, parse
from cnnviz.contract.records import entry_key
from cnnviz.core.method import Method
from cnnviz.core.registry import discover, find
from cnnviz.errors import ParamsError, UnsuitableError

if TYPE_CHECKING:
    from cnnviz.graph.net import Net

__all__ = ["Request", "method", "parse_requests"]


@dataclass(frozen=True)
class Request:
    """A method and one set of its parameters."""

    method: Method[Any]
    params: Params
    variant: int = 0
    """Counts further sets of parameters of one method in one recorder."""

    @property
    def key(self) -> str:
        """Name that its records and its memory go by: `saliency`, then `saliency@1`."""
        return entry_key(self.method.name, None, variant=self.variant)


def method(name: str, /, **params: Any) -> Request:
    """Ask for a method with parameters other than its defaults.

        Recorder(…, methods=["filters", cnnviz.method("saliency", target=281)])

    Args:
        name: of the method; `cnnviz methods` lists them.
        **params: as its page in docs/methods/ says.

    Raises:
        MissingError: no method of this name.
        ParamsError: an unknown parameter, a wrong type, or a value out of bounds.
    """
    found = find(name)
    return Request(found, parse(found.Params, params, of=name))


def parse_requests(
    methods: str | Request | Iterable[str | Request], net: Net, *, with_dataset: bool = False
) -> list[Request]:
    """Turn what a user wrote into requests that fit this network.

    Args:
        methods: `"default"`, a name, a request, or several of them; `"default"` may be among them.
        net: the network that they will look at.
        with_dataset: whether there is a data set, so that `"default"` means its methods too.

    Returns:
        Requests in the order given, each once; a second set of parameters of one method has the
        next variant. A default method that does not suit the network stays in: `execute` says why
        it gave nothing.

    Raises:
        MissingError: an unknown method, or a layer that the network does not have.
        ParamsError: something else than names and requests, or none.
        UnsuitableError: a method asked for by name cannot work on this network.
    """
    listed = [methods] if isinstance(methods, str | Request) else _listed(methods)
    if not listed:
        raise ParamsError('methods must name at least one, or be "default"', field="methods")
    requests: list[Request] = []
    for item in listed:
        for request in _defaults(with_dataset) if item == "default" else [_named(item, net)]:
            same = [r for r in requests if r.method is request.method]
            if all(r.params != request.params for r in same):
                requests.append(replace(request, variant=len(same)))
    return requests


def _listed(methods: Iterable[str | Request]) -> list[str | Request]:
    try:
        return list(methods)
    except TypeError:
        raise ParamsError(_message(methods), field="methods") from None


def _message(got: object) -> str:
    return (
        'methods must be "default" or a list of names and cnnviz.method(…) requests, '
        f"got {type(got).__name__} {got!r:.80}"
    )


def _defaults(with_dataset: bool) -> list[Request]:
    return [
        method(name)
        for name, found in discover().items()
        if found.in_training and (with_dataset or not found.needs_dataset)
    ]


def _named(item: object, net: Net) -> Request:
    request = method(item) if isinstance(item, str) else item
    if not isinstance(request, Request):
        raise ParamsError(_message(item), field="methods")
    reason = request.method.unsuitable(net)
    if reason is not None:
        raise UnsuitableError(f"{request.method.name} does not suit this network: {reason}")
    request.method.check(net, request.params)
    for layer in request.method.layers(net, request.params):
        net.layer(layer)
    return request
