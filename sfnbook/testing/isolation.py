"""Keeps a test on this machine: no connection leaves loopback, and no AWS credentials or profiles are within reach."""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import Any, Final

CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
"""What stands in the environment during a test; every other variable that begins with AWS_ is taken away."""

_ALLOWED: Final = ("AWS_LAMBDA_", "AWS_SAM_")


class NetworkRefused(ConnectionError):
    """A test tried to reach another machine."""


def shut_network(monkeypatch: Any) -> None:
    """Let connections and name look-ups go to loopback only, until ``monkeypatch`` undoes it."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self, address)
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *args: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not _here(str(name)):
            raise NetworkRefused(_words(str(name)))
        return look_up(host, *args, **named)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


def hide_credentials(monkeypatch: Any) -> None:
    """Put credentials that open nothing into the environment, until ``monkeypatch`` undoes it."""
    for name in list(os.environ):
        if name.startswith("AWS_") and not name.startswith(_ALLOWED):
            monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def _check(connection: socket.socket, address: Any) -> None:
    inet = connection.family in (socket.AF_INET, socket.AF_INET6)
    if inet and isinstance(address, tuple) and not _here(str(address[0])):
        raise NetworkRefused(_words(str(address[0])))


def _here(host: str) -> bool:
    if host in ("localhost", "", "0.0.0.0", "::") or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _words(host: str) -> str:
    return (
        f"This test would connect to {host}. Tests that use the fixture sfn stay on this machine: bind or mock what is "
        "called, or run it elsewhere on purpose with --sfn-on."
    )
