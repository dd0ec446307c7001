"""A sheet of facets: the picture that each group of images leads to, and those images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.facet_params import FacetsParams
from cnnviz.core.octaves import OctaveClimb
from cnnviz.core.pictures_made import batches, images_result, inputs_of, numbers, space_of
from cnnviz.ops.objectives import Objective, Part
from cnnviz.ops.probabilities import probabilities, reading_of

if TYPE_CHECKING:
    from cnnviz.contract.results import Result
    from cnnviz.core.context import Context
    from cnnviz.core.datasets import DataSet

__all__ = ["FacetPictures"]

AT_ONCE: Final = 16
"""Images that are read together."""


class FacetPictures:
    """Climbs from the mean of each group's middle images."""

    def __init__(
        self, ctx: Context, params: FacetsParams, data: DataSet, members: Sequence[np.ndarray]
    ) -> None:
        """Read the images.

        Args:
            ctx: the network.
            params: what is climbed.
            data: where the images come from; its rows are fixed.
            members: of each facet rows of the data set, nearest to its middle first.
        """
        self._ctx, self._params, self._data = ctx, params, data
        self._members = list(members)
        self._rows = [rows[: params.sources] for rows in members]
        self._space = space_of(ctx)
        images = self._read(np.unique(np.concatenate(self._rows)))
        pixels = {row: self._space.clip(self._space.from_input(one)) for row, one in images.items()}
        self._sources = [torch.stack([pixels[int(row)] for row in rows]) for rows in self._rows]
        self._means = torch.stack([source.mean(dim=0) for source in self._sources])

    def make(self, facts: dict[str, Any]) -> Result:
        """Climb, and lay out a row a facet.

        Args:
            facts: what is known already.
        """
        unit = self._params.target if self._params.layer is None else self._params.channel or 0
        count = len(self._members)
        part = Part(self._params.layer, "mean", [[unit]] * count, [[1.0]] * count)
        objective = Objective([part])
        pixels = self._climbed(objective)
        values, reached = self._measured(objective, pixels)
        found = numbers(values)
        sheet, captions = self._sheet(pixels, found, reached)
        facets = [
            {
                "images": len(members),
                "rows": rows.tolist(),
                "objective": value,
                "probability": share,
            }
            for members, rows, value, share in zip(
                self._members, self._rows, found, reached, strict=True
            )
        ]
        more = {"columns": self._columns, "facets": facets, "target": None, "channel": None}
        more |= {"target": unit} if self._params.layer is None else {"channel": unit}
        return images_result(
            self._space, sheet, layer=self._params.layer, captions=captions, facts=facts | more
        )

    @property
    def _columns(self) -> int:
        return 2 + min(self._params.shown, max(len(rows) for rows in self._rows))

    def _read(self, rows: np.ndarray) -> dict[int, Tensor]:
        """Give the images of some rows, (C, H, W) as the network takes them."""
        positions = self._data.positions[rows] if self._data.positions is not None else rows
        found: dict[int, Tensor] = {}
        for batch in self._data.source.batches(AT_ONCE, positions):
            there = rows[np.searchsorted(positions, batch.positions)]
            images = batch.images.to(self._space.std)
            found |= zip(there.tolist(), images, strict=True)
        return found

    def _climbed(self, objective: Objective) -> Tensor:
        params = self._params
        climb = OctaveClimb(
            self._ctx,
            self._space,
            objective,
            count=len(self._means),
            iterations=params.iterations,
            rate=params.rate,
            denoising=params.denoising,
            power=params.power,
            robust=params.robust,
        )
        cut = batches(self._ctx, len(self._means))
        made: list[Tensor] = []
        for number, part in enumerate(cut):

            def tell(step: int, pixels: Tensor, values: Tensor, number: int = number) -> None:
                self._ctx.report(
                    number * params.iterations + step,
                    len(cut) * params.iterations,
                    lambda: self._space.to_unit(torch.cat([*made, pixels])),
                    objective=values,
                )

            made.append(climb.climb(self._means[part], part, tell))
        return torch.cat(made)

    def _measured(self, objective: Objective, pixels: Tensor) -> tuple[Tensor, list[float | None]]:
        """Give what the finished pictures excite, and how sure the network is of the class."""
        values, shares = [], []
        for part in batches(self._ctx, len(pixels)):
            inputs = inputs_of(self._space, pixels[part])
            with torch.no_grad():
                values.append(objective.values(self._ctx.net, inputs, part))
                if self._params.layer is None:
                    scores = self._ctx.net(inputs)
                    every = probabilities(scores, reading_of(scores))
                    shares.append(every[:, self._params.target])
        if not shares:
            return torch.cat(values), [None] * len(pixels)
        return torch.cat(values), numbers(torch.cat(shares))

    def _sheet(
        self,
        pixels: Tensor,
        values: Sequence[float | None],
        reached: Sequence[float | None],
    ) -> tuple[Tensor, list[str]]:
        rows: list[Tensor] = []
        captions: list[str] = []
        blank = 127.5 - self._space.mean
        for at, sources in enumerate(self._sources):
            shown = sources[: self._columns - 2]
            missing = self._columns - 2 - len(shown)
            rows += [pixels[at : at + 1], self._means[at : at + 1], shown]
            rows += [blank.expand(missing, *pixels.shape[1:])] if missing else []
            told = _told(values[at], reached[at])
            captions.append(f"facet {at + 1} · {len(self._members[at])} images · {told}")
            captions.append(f"mean of {len(sources)}")
            captions += [f"image {row}" for row in self._rows[at][: len(shown)]]
            captions += [""] * missing
        return torch.cat(rows), captions


def _told(value: float | None, share: float | None) -> str:
    if share is not None:
        return f"probability {share:.2f}"
    return "not a number" if value is None else f"{value:.3g}"
