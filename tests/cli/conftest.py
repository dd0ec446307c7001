"""Runs command lines in this process, as the shell would see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from cnnviz.cli.app import main


@dataclass(frozen=True)
class Finished:
    status: int
    out: str
    err: str


@pytest.fixture
def cnnviz(capsys, monkeypatch) -> Callable[..., Finished]:
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Finished:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return Finished(int(ended.value.code or 0), said.out, said.err)

    return run
