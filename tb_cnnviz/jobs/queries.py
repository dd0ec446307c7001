"""The arguments of the job routes, checked before an answer sees them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from tb_cnnviz.queries import Digest, Index, KeyQuery, Query

__all__ = [
    "InputQuery",
    "JobMapsQuery",
    "JobsQuery",
    "NoQuery",
    "PreviewQuery",
]


class NoQuery(Query, frozen=True, kw_only=True):
    """What a route without arguments takes."""


class JobsQuery(Query, frozen=True, kw_only=True):
    """What `jobs` takes."""

    since: Annotated[str, Meta(max_length=64)] = ""


class PreviewQuery(Query, frozen=True, kw_only=True):
    """What `jobs/<id>/preview` takes."""

    digest: Digest = ""


class InputQuery(Query, frozen=True, kw_only=True):
    """What `jobs/<id>/input` takes."""

    index: Index


class JobMapsQuery(KeyQuery, frozen=True, kw_only=True):
    """What `jobs/<id>/maps` takes."""

    array: Annotated[str, Meta(max_length=1_000)] = ""
    image: Index = 0
    channel: Index | None = None
    exact: bool = False
