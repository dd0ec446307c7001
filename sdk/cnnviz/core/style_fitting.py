"""Doing a style network's training: gone on with, shown, saved and kept."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

import msgspec
import torch
from torch import Tensor

from cnnviz.contract.trained import Trained
from cnnviz.core.context import Context
from cnnviz.core.picture_descent import rounded
from cnnviz.core.style_fit_params import FitStyleParams
from cnnviz.core.style_net import StyleNetwork, single_style
from cnnviz.core.style_objective import Losses
from cnnviz.core.style_preparing import Fitting
from cnnviz.core.style_training import Standing
from cnnviz.core.trained import keep
from cnnviz.core.training_state import TrainingState
from cnnviz.core.training_steps import Weights
from cnnviz.core.uninterrupted import uninterrupted
from cnnviz.errors import JobCancelled, RecordError, UnsuitableError
from cnnviz.graph import Graph, capture
from cnnviz.storage.shelf import Shelf

__all__ = ["StyleFitter"]

_EXAMPLE = 32
"""Side of the picture that the network is captured with, px; it takes any."""


_KINDS = ("values", "first", "second", "good")
"""What is saved of each weight."""


class _Said(msgspec.Struct, frozen=True):
    """What is saved of a training beside its tensors."""

    iteration: int
    loss: float | None
    gathered: tuple[float, int]
    curve: tuple[tuple[int, float], ...]
    broken: bool


class StyleFitter:
    """One training in a job."""

    def __init__(self, ctx: Context, params: FitStyleParams, fitting: Fitting) -> None:
        """Capture the network beforehand, so that what is learnt can be kept at any moment.

        Raises:
            UnsuitableError: there is no job to keep the network in.
        """
        self._ctx, self._params, self._fitting = ctx, params, fitting
        self._shelf = shelf_of(ctx)
        self._graph = _captured(fitting.held_out.shape[1], params.width, params.residual_blocks)
        self._state = TrainingState(self._shelf.training(fitting.key), fitting.key)
        self._standing = fitting.training.begin()
        self.name: str | None = None
        """Of the network, once it is kept."""

    @property
    def standing(self) -> Standing:
        """Where the training is."""
        return self._standing

    def train(self) -> None:
        """Go on from where the same training was stopped, to the end.

        Raises:
            JobCancelled: the job was taken back; the network is kept as it is.
        """
        self._restore()
        plan = self._fitting.training.plan
        try:
            while self._standing.iteration < plan.iterations and not self._standing.broken:
                self._standing = self._fitting.training.advance(self._standing)
                self._ctx.report(
                    self._standing.iteration,
                    plan.iterations,
                    lambda: self.samples(self._fitting.held_out[:1]).flatten(0, 1),
                    objective=self._standing.loss,
                )
                if self._state.is_due:
                    self._save()
        except JobCancelled:
            with uninterrupted():
                self._save()
            raise
        self._keep()
        self._state.remove()

    def samples(self, wanted: Tensor) -> Tensor:
        """Give each picture (n, C, h, w), and it in every style: (n, 1 + S, C, h, w)."""
        styles = range(len(self._fitting.rows))
        return torch.stack([wanted.float(), *(self._made(wanted, one) for one in styles)], dim=1)

    def losses(self) -> list[dict[str, float | None]]:
        """Give the parts of each style's mean loss on the pictures that are held out."""
        wanted, found = self._fitting.held_out, []
        for style in range(len(self._fitting.rows)):
            parts = [self._judged(one[None], style) for one in wanted]
            means = {
                name: rounded(sum(float(getattr(part, name)) for part in parts) / len(parts))
                for name in ("total", "content", "style", "variation")
            }
            found.append(means)
        return found

    def _made(self, wanted: Tensor, style: int) -> Tensor:
        mix = torch.zeros(len(wanted), len(self._fitting.rows), device=wanted.device)
        mix[:, style] = 1.0
        return self._fitting.training.made(self._standing.good, wanted, mix)

    def _judged(self, wanted: Tensor, style: int) -> Losses:
        styles = torch.full((len(wanted),), style, device=wanted.device)
        with torch.no_grad():
            return self._fitting.objective.losses(self._made(wanted, style), wanted, styles)

    def _restore(self) -> None:
        """Go on where the same training was stopped.

        Raises:
            RecordError: what is stored does not fit; it is removed, so that the next try begins
                anew.
        """
        found = self._state.load()
        if found is None:
            return
        try:
            self._standing = _standing(*found, like=self._standing)
        except (msgspec.ValidationError, KeyError, ValueError) as error:
            self._state.remove()
            message = "the training that was stopped cannot be gone on with: start it again"
            raise RecordError(message) from error

    def _save(self) -> None:
        """Save the state and keep the network as it is."""
        now = self._standing
        if not now.iteration:
            return
        kinds = dict(zip(_KINDS, _values(now), strict=True))
        tensors = {f"{kind}|{name}": t for kind, part in kinds.items() for name, t in part.items()}
        said = _Said(
            iteration=now.iteration,
            loss=now.loss if math.isfinite(now.loss) else None,
            gathered=now.gathered,
            curve=now.curve,
            broken=now.broken,
        )
        self._state.save(tensors, msgspec.to_builtins(said))
        self._keep()

    def _keep(self) -> None:
        """Put the network on the shelf; one that has learnt nothing is not."""
        now = self._standing
        if not now.iteration:
            return
        weights, tables = single_style(_with(self._fitting.network, now.good))
        facts: dict[str, Any] = {
            "styles": self._fitting.rows,
            "size": max(self._fitting.training.plan.size),
            "iterations": now.iteration,
            "loss": rounded(now.curve[-1][1] if now.curve else now.loss),
        }
        trained = Trained(
            kind="style",
            method="fit_style",
            params=msgspec.to_builtins(self._params),
            run=self._ctx.run,
            step=self._ctx.step,
            model_digest=self._ctx.net.digest,
            facts=facts,
        )
        self.name = keep(self._shelf, self._graph.with_weights(weights), trained, more=tables)


def shelf_of(ctx: Context) -> Shelf:
    """Give the shelf that a network can be kept on.

    Raises:
        UnsuitableError: there is none, or no job at hand.
    """
    if ctx.shelf is None:
        message = (
            "fit_style keeps the network that it trains in a job's folder: send it as a job from "
            "the page, or use cnnviz fit-style"
        )
        raise UnsuitableError(message)
    ctx.shelf.own_place()
    return ctx.shelf


@functools.lru_cache(maxsize=4)
def _captured(channels: int, width: int, blocks: int) -> Graph:
    """Capture the network for one style; its weights are put in when it is kept."""
    plain = StyleNetwork(channels=channels, width=width, blocks=blocks, styles=None)
    found = capture(plain.eval(), torch.zeros(2, channels, _EXAMPLE, _EXAMPLE), fallback=False)
    if not isinstance(found, Graph):
        raise UnsuitableError("the style network cannot be captured by this torch")
    return found


def _with(network: StyleNetwork, values: Mapping[str, Tensor]) -> StyleNetwork:
    """Put weights into a network."""
    network.load_state_dict(dict(values))
    return network


def _values(standing: Standing) -> list[Mapping[str, Tensor]]:
    """List what is saved of a standing, as `_KINDS` names it."""
    weights = standing.weights
    return [weights.values, weights.first, weights.second, standing.good]


def _standing(
    tensors: Mapping[str, Tensor], facts: Mapping[str, Any], *, like: Standing
) -> Standing:
    """Make a standing of what was saved; `like` has the names, shapes and device."""
    said = msgspec.convert(dict(facts), _Said)
    parts: list[dict[str, Tensor]] = []
    for kind in _KINDS:
        part = {}
        for name, known in like.good.items():
            tensor = tensors[f"{kind}|{name}"]
            if tensor.shape != known.shape or tensor.dtype != known.dtype:
                raise ValueError(name)
            part[name] = tensor.to(known.device)
        parts.append(part)
    values, first, second, good = parts
    return Standing(
        Weights(values, first, second, said.iteration),
        good,
        math.nan if said.loss is None else said.loss,
        said.gathered,
        said.curve,
        said.broken,
    )
