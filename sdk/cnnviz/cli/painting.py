"""A style network of a run at work on one picture after the other."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cnnviz.cli.exporting import open_log, the_run
from cnnviz.cli.saving import save_pictures
from cnnviz.contract.jobs import JobRequest
from cnnviz.core.context import Context
from cnnviz.core.execute import execute
from cnnviz.core.requests import method, parse_requests
from cnnviz.ops.pictures import MODES, read_picture
from cnnviz.storage.files import LocalFolder
from cnnviz.storage.jobs_folder import new_job_id
from cnnviz.storage.snapshot_records import records_of
from cnnviz.storage.snapshots import SnapshotFile
from cnnviz.storage.whole_files import write_whole
from cnnviz.worker.devices import choose_device
from cnnviz.worker.nets import Nets
from cnnviz.worker.results import encode_result
from cnnviz.worker.shelves import shelf_of_run

__all__ = ["Painter"]


class Painter:
    """`fast_style` with one set of parameters, on pictures of any size."""

    def __init__(
        self, logdir: Path, run: str | None, params: Mapping[str, Any], *, device: str
    ) -> None:
        """Open the run and check the parameters.

        Raises:
            CnnvizError: a run or parameters that do not fit.
        """
        chosen = the_run(open_log(logdir), run)
        folder = LocalFolder(logdir)
        step = chosen.checkpoints[-1] if chosen.checkpoints else None
        self._net = Nets(choose_device(device)).load(folder, chosen.name, step)
        self._run, self._step = chosen.name, step
        self._shelf = shelf_of_run(folder, chosen.name)
        (self._request,) = parse_requests([method("fast_style", **params)], self._net)

    def read(self, path: Path, *, side: int | None, longest: int) -> Tensor:
        """Read a picture, (1, C, H, W) in 0 … 1.

        Args:
            path: of the file.
            side: its longer side is brought to this, px; None for its own.
            longest: where it is None, larger pictures are brought to this.

        Raises:
            OSError: it is no picture; ValueError likewise.
        """
        picture = read_picture(path)
        if picture.mode == "RGBA":
            picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
        picture = picture.convert(MODES[self._net.example_shape[0]])
        wanted = side or min(longest, max(picture.size))
        if wanted != max(picture.size):
            scale = wanted / max(picture.size)
            sides = [max(1, round(one * scale)) for one in picture.size]
            picture = picture.resize((sides[0], sides[1]), Image.Resampling.LANCZOS)
        values = np.asarray(picture, np.float32) / 255
        if values.ndim == 2:
            values = values[..., None]
        return torch.from_numpy(values.transpose(2, 0, 1)[None].copy())

    def paint(self, picture: Tensor, stem: Path) -> Path:
        """Paint a picture and write it; give the file's path.

        Args:
            picture: (1, C, H, W) in 0 … 1.
            stem: the file's path without its ending.

        Raises:
            CnnvizError: there is no such network, or it does not fit.
        """
        asked = JobRequest(
            id=new_job_id(),
            method=self._request.method.name,
            params=msgspec.to_builtins(self._request.params),
            run=self._run,
            step=self._step,
            created=time.time(),
        )
        ctx = Context(self._net, picture.to(self._net.device))
        ctx.shelf, ctx.run, ctx.step = self._shelf, self._run, self._step
        execution = execute([self._request], ctx, on_error="raise")
        _, chunks = encode_result(asked, self._net, execution, {"examples": [stem.name]})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "result.safetensors"
            write_whole(path, chunks, durable=False)
            (record,) = records_of(SnapshotFile(path))
            (made,) = save_pictures(record, stem)
        return made
