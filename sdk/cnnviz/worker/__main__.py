"""`python -m cnnviz.worker --device cpu`, or `python -m cnnviz.worker catalogue`."""

from __future__ import annotations

import argparse
import os
import sys

from cnnviz.errors import CnnvizError
from cnnviz.worker.allocator import keep_memory


def main() -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(prog="python -m cnnviz.worker", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve", "catalogue"], default="serve")
    parser.add_argument("--device", default="cpu", help="cpu, cuda:N, or auto")
    arguments = parser.parse_args()
    keep_memory()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else cuBLAS varies
    # What follows imports torch, which reads these settings.
    from cnnviz.worker.catalogue import make_catalogue
    from cnnviz.worker.streams import Events

    events = Events()
    catalogue = make_catalogue()
    if arguments.command == "catalogue":
        events.write(catalogue)
        return 0
    events.say("catalogue", catalogue=catalogue)
    from cnnviz.worker.devices import choose_device
    from cnnviz.worker.serving import serve

    try:
        device = choose_device(arguments.device)
    except CnnvizError as error:
        events.say("unable", reason=str(error))
        print(f"error: {error}", file=sys.stderr)
        return 1
    serve(device, sys.stdin.buffer, events)
    return 0


if __name__ == "__main__":
    sys.exit(main())
