"""The arguments of the job routes, checked before an answer sees them."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from tb_cnnviz.queries import Digest, Index, Name, Query

__all__ = [
    "InputQuery",
    "JobMapsQuery",
    "JobsQuery",
    "NoQuery",
    "PreviewQuery",
    "RecordOfJobQuery",
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


class RecordOfJobQuery(Query, frozen=True, kw_only=True):
    """What `jobs/<id>/images` and `jobs/<id>/arrays` take."""

    key: Name
    digest: Digest = ""


class JobMapsQuery(RecordOfJobQuery, frozen=True, kw_only=True):
    """What `jobs/<id>/maps` takes."""

    array: Annotated[str, Meta(max_length=1_000)] = ""
    image: Index = 0
    channel: Index | None = None
    exact: bool = False
