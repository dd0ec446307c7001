"""Names and numbers that writer, reader and page share."""

from __future__ import annotations

from typing import Final

PLUGIN_NAME: Final = "cnnviz"
"""TensorBoard's name of the plugin; also the folder under `<run>/plugins/`."""

INDEX_TAG: Final = "cnnviz/index"
"""Tag of the small events: one manifest a capture (data class TENSOR)."""

PREVIEW_TAG: Final = "cnnviz/preview"
"""Tag of the previews: one safetensors blob a capture (data class BLOB_SEQUENCE)."""

OWN_FOLDER: Final = "cnnviz"
"""Where a recorder given a plain path puts its event file: `<run>/cnnviz/`. See docs/format.md."""

FORMAT_VERSION: Final = 1
"""Version of manifests, events and graph.json; a reader shows what it can and names the rest."""

GRAPH_FILE: Final = "graph.json"
WEIGHTS_FILE: Final = "weights.safetensors"
EXAMPLES_FILE: Final = "examples.safetensors"
SNAPSHOTS_FOLDER: Final = "snapshots"
CHECKPOINTS_FOLDER: Final = "checkpoints"
DATASETS_FOLDER: Final = "datasets"
JOBS_FOLDER: Final = "jobs"
