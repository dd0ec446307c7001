"""`python -m cnnviz.cli` is the command `cnnviz`."""

from __future__ import annotations

from cnnviz.cli.app import main

main()
