"""`cnnviz apply-style`: pictures, each in its own size, in a style that a network has learnt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cnnviz.cli.pictures import find_pictures
from cnnviz.cli.screen import out, progress_console, warn
from cnnviz.errors import ParamsError, UnsuitableError

__all__ = ["apply_style"]

LONGEST = 2048
"""Longer side that pictures are brought to where they are larger and none is asked for, px."""


def apply_style(
    pictures: Annotated[list[Path], typer.Argument(help="Pictures, or folders of them.")],
    logdir: Annotated[Path, typer.Option(help="Where the network was trained.")],
    run: Annotated[str | None, typer.Option(help="Not needed where there is one.")] = None,
    network: Annotated[
        str, typer.Option(help="Job that trained it (cnnviz fit-style); else the newest.")
    ] = "",
    blend: Annotated[
        str | None, typer.Option(help="How much of each style: 0.7,0.3; else alike.")
    ] = None,
    side: Annotated[
        int | None,
        typer.Option(min=8, max=8192, help=f"Longer side, px; else its own, {LONGEST} at most."),
    ] = None,
    original_colors: Annotated[
        bool, typer.Option("--original-colors", help="Keep the colours of the picture.")
    ] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda:0, or auto for the first GPU.")] = "auto",
    folder: Annotated[Path, typer.Option("--out", help="Where to write.")] = Path("styled"),
) -> None:
    """Paint pictures in a learnt style, each in its own size; PNG with where it comes from."""
    found = [(path, place) for place in pictures for path in find_pictures(place)]
    with progress_console.status("loading"):
        from cnnviz.cli.painting import Painter

        params = {"network": network, "original_colors": original_colors}
        if blend is not None:
            params["blend"] = _numbers(blend)
        painter = Painter(logdir, run, params, device=device)
    painted = 0
    for path, stem in zip([path for path, _ in found], _stems(found), strict=True):
        try:
            picture = painter.read(path, side=side, longest=LONGEST)
        except (OSError, ValueError) as error:
            text = "it is not an image" if "cannot identify" in str(error) else str(error)
            warn(f"{path} is left out: {text}")
            continue
        out.print(str(painter.paint(picture, folder / stem)))
        painted += 1
    if not painted:
        message = f"none of the {len(found)} files could be read"
        raise UnsuitableError(message)


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        message = f"--blend takes numbers with commas between, got {text!r}"
        raise ParamsError(message, field="blend") from None


def _stems(found: Sequence[tuple[Path, Path]]) -> list[str]:
    """Name the results as the pictures, by their place in the folder; no two alike."""
    stems: list[str] = []
    for path, place in found:
        inside = path.relative_to(place) if place.is_dir() else Path(path.name)
        stem = inside.with_suffix("").as_posix()
        further = sum(1 for other in stems if other == stem or other.startswith(f"{stem}-"))
        stems.append(f"{stem}-{further + 1}" if further else stem)
    return stems
