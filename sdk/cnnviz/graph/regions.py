"""Running a network on copies of an image that differ in a window, computing only what changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnviz.graph.interpreter import Interpreter
from cnnviz.graph.net import without_autocast
from cnnviz.graph.patch_rules import work_on_patches
from cnnviz.graph.patch_sites import Site, Windows, Work
from cnnviz.graph.patches import Patches, corners, paste_all
from cnnviz.graph.program import INPUT, WEIGHT, Program
from cnnviz.graph.spans import Area, Span

__all__ = ["Grid", "WindowPass"]

WHOLE = 0.8
"""Patches that cover more than this share of a map cost more than the map: cutting and pasting."""

Interval = tuple[int, int]
"""First pixel, and one beyond the last."""

Grid = tuple[Sequence[Interval], Sequence[Interval]]
"""Rows and columns of windows, in pixels: window (i, j) has the i-th rows and j-th columns."""


class WindowPass:
    """A network made ready to see one image with a window of it replaced.

    The image is run once; after that each operator computes only the units that a window can
    change, the same number of them for every window, until patches cover most of a map or an
    operator needs whole ones. Exact, but for the order of sums inside convolutions; or, as in
    Krypton (Nakandala, Kumar, Papakonstantinou 2019, https://doi.org/10.1145/3299869.3319874),
    approximate and sooner, where the units that can change are kept to a part of the map.
    """

    def __init__(
        self,
        program: Program,
        interpreter: Interpreter,
        *,
        image: Tensor,
        fill: Tensor,
        grid: Grid,
        wanted: int,
        weight: Callable[[str], Tensor],
        guard: Callable[[Tensor], None] | None = None,
        reach: float = 1.0,
    ) -> None:
        """Run the image and plan what is computed again.

        Args:
            program: the network.
            interpreter: of the program.
            image: (1, C, H, W).
            fill: (1, C, H, W), what is seen in a window.
            grid: the windows.
            wanted: node that is asked for.
            weight: gives a weight by its name, in the image's float type.
            guard: watches the size of what runs, for a program that is not ours.
            reach: side that what changes may grow to, as a share of the map's; below 1 what lies
                beyond is taken for unchanged, and the result is approximate.
        """
        self._guard = guard
        self._reach = reach
        self._interpreter = interpreter
        self._nodes = program.nodes
        self._wanted = wanted
        self._device = image.device
        self._image = image.contiguous(memory_format=torch.channels_last)
        self._fill = fill.contiguous(memory_format=torch.channels_last)
        self._grid = grid
        self._order = sorted(interpreter.ancestors([wanted]))
        self._changing = self._find_changing()
        values = interpreter.run(
            self._order, image=self._image, weight=_laid_out(weight), device=self._device
        )
        base = dict(zip(self._order, values, strict=True))
        self._works = self._plan(base)
        self._base = {
            index: value
            for index, value in base.items()
            if index not in self._changing or index in self._works
        }
        self._done = self._last_reads()
        self.unchanged: Tensor = base[wanted]
        """The wanted node's value without any window, (1, …)."""
        self.share = self._share_of_work(base)
        """Multiplications of a window's pass by those of a whole one, in convolutions and linear
        layers: the bound of what can be won."""

    def __call__(self, windows: Windows) -> Tensor:
        """Compute the wanted node's value with each window replaced.

        Args:
            windows: places in the grid, (row, column).

        Returns:
            (B, …), one a window.
        """
        if self._guard is not None:
            self._guard(self._image.expand(len(windows), -1, -1, -1))
        with torch.no_grad(), without_autocast(self._device):
            return self._run(windows)

    def _run(self, windows: Windows) -> Tensor:
        patches: dict[int, Patches] = {}
        values = {i: value for i, value in self._base.items() if i not in self._works}
        for index in self._order:
            work = self._works.get(index)
            if work is not None:
                found = work.run(patches, windows)
                patches[index] = Patches(found, corners(work.area, windows))
            elif index in self._changing:
                values[index] = self._run_whole(index, values, patches, len(windows))
            for source in self._done.get(index, ()):
                patches.pop(source, None)
                values.pop(source, None)
        if self._wanted in patches:
            return paste_all(self._base[self._wanted], patches[self._wanted])
        result: Tensor = values[self._wanted]
        return result

    def _run_whole(
        self, index: int, values: dict[int, Any], patches: dict[int, Patches], count: int
    ) -> Any:
        """Run a node on whole maps; those known as patches are put together, once."""
        node, reads = self._nodes[index], self._interpreter.reads(index)
        if node.op == "aten.sym_size.int" and reads[0] in patches:
            base: Tensor = self._base[reads[0]]
            dimension: int = node.args[1]
            return count if dimension % base.dim() == 0 else base.shape[dimension]
        for source in reads:
            if source in patches and source not in values:
                values[source] = _pasted(self._base[source], patches[source])
        return self._interpreter.call(index, values, self._device)()

    def _find_changing(self) -> set[int]:
        changing: set[int] = set()
        for index in self._order:
            reads = self._interpreter.reads(index)
            if self._nodes[index].op == INPUT or any(source in changing for source in reads):
                changing.add(index)
        return changing

    def _plan(self, base: dict[int, Any]) -> dict[int, Work]:
        works: dict[int, Work] = {}
        areas: dict[int, Area] = {}
        for index in self._order:
            if index not in self._changing:
                continue
            work = self._work(index, base, areas)
            if work is not None and (self._nodes[index].op == INPUT or work.area.share <= WHOLE):
                works[index] = work
                areas[index] = work.area
        return works

    def _work(self, index: int, base: dict[int, Any], areas: dict[int, Area]) -> Work | None:
        node = self._nodes[index]
        if node.op == INPUT:
            return self._input_work()
        return work_on_patches(
            Site(
                node=node,
                nodes=self._nodes,
                call=self._interpreter.call(index, base, self._device),
                base=base,
                result=base[index],
                areas=areas,
                changing=self._changing,
                reach=self._reach,
            )
        )

    def _input_work(self) -> Work:
        """Cut the image and put the windows in."""
        rows, columns = (
            Span.of(
                np.array([first for first, _ in intervals], dtype=np.int64),
                np.array([last for _, last in intervals], dtype=np.int64),
                size,
            )
            for intervals, size in zip(self._grid, self._image.shape[-2:], strict=True)
        )
        area = Area(rows, columns)

        def run(_: object, windows: Windows) -> Tensor:
            patches = []
            for (row, column), (top, left) in zip(windows, corners(area, windows), strict=True):
                height, width = slice(top, top + rows.length), slice(left, left + columns.length)
                patch = self._image[0, :, height, width].clone()
                (first, last), (start, end) = self._grid[0][row], self._grid[1][column]
                patch[:, first - top : last - top, start - left : end - left] = self._fill[
                    0, :, first:last, start:end
                ]
                patches.append(patch)
            return torch.stack(patches).contiguous(memory_format=torch.channels_last)

        return Work(area, run)

    def _last_reads(self) -> dict[int, list[int]]:
        last: dict[int, int] = {}
        for index in self._order:
            last[index] = index
            last.update(dict.fromkeys(self._interpreter.reads(index), index))
        done: dict[int, list[int]] = {}
        for source, reader in last.items():
            if source in self._changing and source != self._wanted:
                done.setdefault(reader, []).append(source)
        return done

    def _share_of_work(self, base: dict[int, Any]) -> float:
        whole = part = 0.0
        for index in self._order:
            node = self._nodes[index]
            weights = [i for i in self._interpreter.reads(index) if self._nodes[i].op == WEIGHT]
            if index not in self._changing or not _multiplies(node.op):
                continue
            # A weight has one row an output channel: each unit takes a row's multiplications.
            units = base[index].numel() * base[weights[0]][0].numel() if weights else 0
            whole += units
            part += units * (self._works[index].area.share if index in self._works else 1.0)
        return part / whole if whole else 1.0


def _multiplies(op: str) -> bool:
    return "conv" in op or op == "aten.linear.default"


def _pasted(base: Any, patches: Patches) -> Any:
    if isinstance(patches.values, Tensor):
        return paste_all(base, patches)
    return [
        paste_all(one, Patches(given, patches.corners))
        for one, given in zip(base, patches.values, strict=True)
    ]


def _laid_out(weight: Callable[[str], Tensor]) -> Callable[[str], Tensor]:
    """Give convolutions' weights in the images' layout, so that no call has to reorder them."""

    def give(name: str) -> Tensor:
        tensor = weight(name)
        if tensor.dim() != 4:
            return tensor
        return tensor.contiguous(memory_format=torch.channels_last)

    return give
