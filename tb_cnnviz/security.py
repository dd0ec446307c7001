"""Which requests are answered: reading methods, known hosts, no other web site.

TensorBoard has no login and checks neither Host nor Origin. A page of another site cannot read our
answers (same-origin policy), unless its name is made to point at this machine (DNS rebinding): then
the Host header still carries that name.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

__all__ = ["Guard", "RefusedError", "bare_host"]


class RefusedError(Exception):
    """A request that is not answered: `status` is 403 or 405."""

    def __init__(self, message: str, *, status: int) -> None:
        """Keep the status beside the message."""
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Guard:
    """The hosts that this TensorBoard may be opened under."""

    hosts: frozenset[str]
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
        hosts.update(name for name in names if not name.startswith("."))
        domains = tuple(name for name in names if name.startswith("."))
        return cls(frozenset(hosts), domains, "*" in names)

    def check(self, method: str, headers: Headers) -> None:
        """Let a request pass or say why not.

        Raises:
            RefusedError: another method than GET (405), an unknown host or another site (403).
        """
        if method != "GET":
            raise RefusedError(f"{method} is not answered here: use GET", status=405)
        if headers.get("Sec-Fetch-Site") == "cross-site":
            raise RefusedError("requests from other web sites are not answered", status=403)
        host = bare_host(headers.get("Host", ""))
        if not self._knows(host):
            message = (
                f"the host name {host!r} is not known here: start TensorBoard with "
                f"--cnnviz_allowed_hosts={host or 'NAME'} if this is its name"
            )
            raise RefusedError(message, status=403)

    def _knows(self, host: str) -> bool:
        return (
            self.any_host
            or host in self.hosts
            or host.endswith((".localhost", *self.domains))
            or _is_address(host)
        )


def bare_host(header: str) -> str:
    """Give a Host header's name in lower case, without port and final dot; [::1]:6006 gives ::1."""
    text = header.strip().lower()
    name = text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]
    return name[:255].rstrip(".")


def _is_address(host: str) -> bool:
    # Rebinding needs a name that can be pointed elsewhere: a plain address is no such name.
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
