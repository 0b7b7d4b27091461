"""Where a Task's own HTTP request may go: schemes and addresses.

Step Functions calls HTTPS endpoints, with a connection. What else a definition (or its input) may name here is allowed by
words: `WORDS`. The address is looked at when the socket is connected, so that a name which leads somewhere else a moment
later gains nothing. Knows sockets; knows neither tasks nor who allows what.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
from collections.abc import Set
from typing import Any, Final
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

from sfnbook.errors import InputError

WORDS: Final = {
    "http": "http:// besides https://, and no connection",
    "loopback": "addresses of this machine itself",
    "private": "addresses of private networks",
    "link-local": "link-local addresses, where clouds keep their metadata",
    "local": "http and loopback",
}
"""What can be allowed, and what each means."""

NOTEBOOK: Final = frozenset({"private"})
"""What a notebook's own machines may reach unless configured otherwise; an endpoint's: nothing of `WORDS`."""

_METADATA: Final = ipaddress.ip_network("fd00:ec2::/32")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class Unreachable(OSError):
    """A request may not go where it wants to; the words say what would allow it."""


def read_words(text: str) -> frozenset[str]:
    """Return what a list of words allows, such as ``local,private``. Raises InputError."""
    found = {word.strip() for word in text.split(",") if word.strip()}
    unknown = sorted(found - WORDS.keys())
    if unknown:
        known = "; ".join(f"{word} ({meaning})" for word, meaning in WORDS.items())
        raise InputError(f'HTTP Tasks cannot be allowed "{unknown[0]}": give some of {known}.')
    return frozenset(found - {"local"} | ({"http", "loopback"} if "local" in found else set()))


def kind_of(address: str) -> str:
    """Return what has to be allowed for an address to be connected to, "" for one of the internet.

    >>> [kind_of(a) for a in ("127.0.0.1", "::ffff:169.254.169.254", "10.0.0.1", "0.0.0.0", "8.8.8.8")]
    ['loopback', 'link-local', 'private', 'loopback', '']
    """
    ip: Any = ipaddress.ip_address(address.partition("%")[0])
    if ip.version == 6:
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    if ip.is_loopback or ip.is_unspecified:
        return "loopback"
    if ip.is_link_local or (ip.version == 6 and ip in _METADATA):
        return "link-local"
    return "private" if ip.is_multicast or not ip.is_global else ""


def opener(url: str, allowed: Set[str] | None) -> OpenerDirector:
    """Return what opens a URL, follows no redirects and connects to allowed addresses only; None allows everything.

    Raises Unreachable for a URL that is not allowed whatever its address is.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unreachable(f"{url[:200]} is no HTTPS URL.")
    if allowed is None:
        return build_opener(_NoRedirects)
    if parts.scheme == "http" and "http" not in allowed:
        raise _refused(f"{url[:200]} is no HTTPS URL", "http")
    if parts.scheme in getproxies() and not proxy_bypass(parts.hostname):
        _check_literally(parts.hostname, allowed)  # the proxy looks the name up, and connects
        return build_opener(_NoRedirects)
    return build_opener(_NoRedirects, ProxyHandler({}), _Plain(allowed), _Secure(allowed))


def _refused(what: str, word: str) -> Unreachable:
    return Unreachable(f"{what}, which HTTP Tasks may not reach here. {to_allow(word)}")


def to_allow(word: str) -> str:
    """Return how one of `WORDS` is allowed."""
    return f"To allow it: %sfn_services --http-tasks {word}, or sfnbook serve --http-tasks {word}."


def _check_literally(host: str, allowed: Set[str]) -> None:
    try:
        kind = kind_of(host)
    except ValueError:
        kind = "loopback" if host == "localhost" or host.endswith(".localhost") else ""
    if kind and kind not in allowed:
        raise _refused(f"{host} is a {kind} address", kind)


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
                fault = _refused(f"{address[0]} is at {place[0]}, a {word} address", word)
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
