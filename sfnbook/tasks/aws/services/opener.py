"""Opens a URL and connects to allowed addresses only, as `sfnbook.tasks.aws.services.reach` has them.

The address is looked at when the socket is connected, so that a name which leads somewhere else a moment later gains
nothing.
"""

from __future__ import annotations

import http.client
import socket
import unicodedata
from collections.abc import Set
from typing import Any
from urllib.parse import urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    build_opener,
    getproxies,
    proxy_bypass,
)

from sfnbook.tasks.aws.services.reach import Unreachable, kind_of, refused


def opener(url: str, allowed: Set[str] | None) -> OpenerDirector:
    """Return what opens a URL, follows no redirects and connects to allowed addresses only; None allows everything.

    Raises Unreachable for a URL that is not allowed whatever its address is.
    """
    try:
        parts = urlsplit(url)
    except ValueError as fault:
        raise Unreachable(f"{url[:200]} is no HTTPS URL: {fault}.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unreachable(f"{url[:200]} is no HTTPS URL.")
    if allowed is None:
        return build_opener(_NoRedirects)
    if parts.scheme == "http" and "http" not in allowed:
        raise refused(f"{url[:200]} is no HTTPS URL", "http")
    if parts.scheme in getproxies() and not proxy_bypass(parts.hostname):
        _check_literally(parts.hostname, allowed)  # the proxy looks the name up, and connects
        return build_opener(_NoRedirects)
    return build_opener(_NoRedirects, ProxyHandler({}), _Plain(allowed), _Secure(allowed))


def _check_literally(host: str, allowed: Set[str]) -> None:
    try:
        kind = kind_of(_numeric(host))
    except ValueError:
        name = host.removesuffix(".")
        kind = "loopback" if name == "localhost" or name.endswith(".localhost") else ""
    if kind and kind not in allowed:
        raise refused(f"{host} is a {kind} address", kind)


def _numeric(host: str) -> str:
    """Return an address that is written as C libraries read it, such as ``0x7f.1`` or ``2130706433``, as it is usually written."""
    try:
        return socket.inet_ntoa(socket.inet_aton(unicodedata.normalize("NFKC", host)))
    except (OSError, UnicodeError):
        return host


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **options: Any) -> None:
        return None


class _Connector:
    """Stands for `socket.create_connection`: looks a host up once and connects to what it has looked at."""

    def __init__(self, allowed: Set[str]) -> None:
        self._allowed = allowed

    def __call__(self, address: tuple[str, int], timeout: Any = None, source: Any = None) -> socket.socket:
        fault: OSError = OSError(f"{address[0]} has no address")
        for family, kind, protocol, _, place in socket.getaddrinfo(*address, 0, socket.SOCK_STREAM):
            word = kind_of(str(place[0]))
            if word and word not in self._allowed:
                fault = refused(f"{address[0]} is at {place[0]}, a {word} address", word)
                continue
            made = socket.socket(family, kind, protocol)
            try:
                if isinstance(timeout, (int, float)):
                    made.settimeout(timeout)
                made.connect(place)
                return made
            except OSError as failed:
                made.close()
                fault = failed
        raise fault


class _Plain(HTTPHandler):
    def __init__(self, allowed: Set[str]) -> None:
        super().__init__()
        self._allowed = allowed

    def http_open(self, request: Any) -> Any:
        return self.do_open(_connection(http.client.HTTPConnection, self._allowed), request)


class _Secure(HTTPSHandler):
    def __init__(self, allowed: Set[str]) -> None:
        super().__init__()
        self._allowed = allowed

    def https_open(self, request: Any) -> Any:
        return self.do_open(_connection(http.client.HTTPSConnection, self._allowed), request)


def _connection(kind: Any, allowed: Set[str]) -> Any:
    def make(host: str, **options: Any) -> Any:
        connection = kind(host, **options)
        connection._create_connection = _Connector(allowed)
        return connection

    return make
