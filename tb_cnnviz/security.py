"""Which requests are answered: known methods and hosts, no other web site; changes need a token.

TensorBoard has no login and checks neither Host nor Origin. A page of another site cannot read our
answers (same-origin policy), unless its name is made to point at this machine (DNS rebinding): then
the Host header still carries that name.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

__all__ = ["TOKEN_HEADER", "Guard", "RefusedError", "bare_host", "is_loopback"]

TOKEN_HEADER: Final = "X-Cnnviz-Token"
HOST_AND_PORT: Final = re.compile(r"(?:\[(?P<address>[^\[\]]*)\]|(?P<name>[^:\[\]@]*))(?::[0-9]*)?")


class RefusedError(Exception):
    """A request that is not answered: `status` is 403, 405, 408, 409, 413 or 415."""

    def __init__(self, message: str, *, status: int, allowed: Sequence[str] = ("GET",)) -> None:
        """Keep the status beside the message, and which methods there are."""
        super().__init__(message)
        self.status, self.allowed = status, allowed


@dataclass(frozen=True)
class Guard:
    """The hosts that this TensorBoard may be opened under."""

    hosts: frozenset[str]
    listed: frozenset[str]
    """Those of them that the user named."""
    domains: tuple[str, ...]
    any_host: bool

    @classmethod
    def from_flags(cls, flags: Any) -> Guard:
        """Take localhost, the bound host, this machine's name and the user's list.

        Args:
            flags: TensorBoard's flags; those that are absent count as not given.
        """
        own = socket.gethostname().lower()
        hosts = {"localhost", own, own.partition(".")[0]}
        hosts.add(str(getattr(flags, "host", None) or "localhost").lower())
        listed = str(getattr(flags, "cnnviz_allowed_hosts", "") or "").lower().split(",")
        names = [name.strip() for name in listed if name.strip()]
        plain = frozenset(name for name in names if not name.startswith("."))
        domains = tuple(name for name in names if name.startswith("."))
        return cls(frozenset(hosts) | plain, plain, domains, "*" in names)

    def check(self, method: str, headers: Headers, *, allowed: Sequence[str] = ("GET",)) -> None:
        """Let a request pass or say why not.

        Args:
            method: the request's.
            headers: the request's.
            allowed: the methods that its route answers.

        Raises:
            RefusedError: another method (405), an unknown host or another site (403).
        """
        if method not in allowed:
            message = f"{method} is not answered here: use {' or '.join(allowed)}"
            raise RefusedError(message, status=405, allowed=allowed)
        if headers.get("Sec-Fetch-Site") == "cross-site":
            raise RefusedError("requests from other web sites are not answered", status=403)
        host = bare_host(headers.get("Host", ""))
        if not self._knows(host):
            message = (
                f"the host name {host!r} is not known here: start TensorBoard with "
                f"--cnnviz_allowed_hosts={host or 'NAME'} if this is its name"
            )
            raise RefusedError(message, status=403)

    def check_change(self, headers: Headers, *, token: str) -> None:
        """Let a request that changes something pass or say why not; `check` comes before.

        The content type and the header of our own cannot be sent from another site without a
        preflight, which is not answered; the token cannot be read from there.

        Raises:
            RefusedError: another content type (415); another origin, or not the token (403).
        """
        if headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            raise RefusedError("send JSON: Content-Type: application/json", status=415)
        if not self._is_same_site(headers):
            raise RefusedError("requests from other web sites are not answered", status=403)
        given = headers.get(TOKEN_HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, token.encode()):
            message = f"{TOKEN_HEADER} is not the token that the route session gives: reload"
            raise RefusedError(message, status=403)

    def _is_same_site(self, headers: Headers) -> bool:
        site = headers.get("Sec-Fetch-Site")
        if site is not None:  # a browser says it, and a page cannot make it lie
            return site == "same-origin"
        origin = headers.get("Origin")
        if origin is None:
            return True  # no browser
        try:
            named = urlsplit(origin).netloc.lower()
        except ValueError:
            return False
        own = headers.get("Host", "").strip().lower()
        # Behind a proxy the Host may be another than the browser's.
        listed = bare_host(named) in self.listed or bare_host(named).endswith(self.domains)
        return bool(named) and (named == own or listed)

    def _knows(self, host: str) -> bool:
        return (
            self.any_host
            or host in self.hosts
            or host.endswith((".localhost", *self.domains))
            or _is_address(host)
        )


def bare_host(header: str) -> str:
    """Give a Host header's name in lower case, without port and final dot; [::1]:6006 gives ::1.

    What is no name and port comes back whole, so that nobody knows it.
    """
    text = header.strip().lower()
    parts = HOST_AND_PORT.fullmatch(text)
    name = text if parts is None else (parts["address"] or parts["name"] or "")
    return name[:255].rstrip(".")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a host that a server listens on."""
    name = bare_host(host) if not host.count(":") > 1 else host.strip("[]")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _is_address(host: str) -> bool:
    # Rebinding needs a name that can be pointed elsewhere: a plain address is no such name.
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
