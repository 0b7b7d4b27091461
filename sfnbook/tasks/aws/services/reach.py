"""Where a Task's own HTTP request may go: schemes and addresses.

Step Functions calls HTTPS endpoints, with a connection. What else a definition (or its input) may name here is allowed by
words: `WORDS`. `sfnbook.tasks.aws.services.opener` holds sockets to it. Knows neither tasks nor who allows what.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Final

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
_EMBEDDING: Final = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")))
"""IPv6 networks whose last 32 bits are an IPv4 address: NAT64 (RFC 6052, RFC 8215), SIIT (RFC 2765), "compatible" (RFC 4291)."""


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
    if ip.version == 6 and not (ip.is_loopback or ip.is_unspecified):
        inner = ip.ipv4_mapped or ip.sixtofour
        if any(ip in network for network in _EMBEDDING):
            inner = ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    if ip.is_loopback or ip.is_unspecified:
        return "loopback"
    if ip.is_link_local or (ip.version == 6 and ip in _METADATA):
        return "link-local"
    return "private" if ip.is_multicast or not ip.is_global else ""


def refused(what: str, word: str) -> Unreachable:
    """Return the error for what would have to be allowed by one of `WORDS`."""
    return Unreachable(f"{what}, which HTTP Tasks may not reach here. {to_allow(word)}")


def to_allow(word: str) -> str:
    """Return how one of `WORDS` is allowed."""
    return f"To allow it: %sfn_services --http-tasks {word}, or sfnbook serve --http-tasks {word}."
