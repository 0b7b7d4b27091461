"""The doctor: for each service and each task, what would answer it and whether it does.

Asks no more than it must: the embedded services are started, an endpoint is knocked at, an account named for a service is
asked who is calling (STS), an engine whether it has an image. Nothing is created or called anywhere.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Final
from urllib.parse import urlsplit

from sfnbook.errors import BindingError
from sfnbook.language.resource import Resource
from sfnbook.tasks.aws.services.endpoints import Services, Where, service_id, service_of_action
from sfnbook.tasks.target import Check

PATIENCE: Final = 2.0
"""Seconds an endpoint may take to take a connection."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one service. ok: whether it answers; words: how, or what is wrong and what to do."""

    service: str
    place: str
    source: str
    ok: bool
    words: str


def examine(services: Services, wanted: Iterable[str] = ()) -> list[Finding]:
    """Return a finding for each service in ``wanted`` and for each that something was said about."""
    names = dict.fromkeys([*(service_id(name) for name in wanted), *(name for name, _ in services.named())])
    found: dict[tuple[str, str, str], tuple[bool, str]] = {}
    findings = []
    for name in sorted(names):
        where = services.where(name)
        key = (where.kind, where.url, where.profile)
        if key not in found:
            found[key] = check_place(services, where)
        findings.append(Finding(name, where.text(name), where.source, *found[key]))
    return findings


def service_of(resource: Resource, bound: str | None, services: Services) -> str:
    """Return the service that answers a resource, "" when something else does: ``bound`` says what, in words."""
    if resource.kind != "service" or resource.type in ("http", "states"):
        return ""
    name = service_of_action(resource)
    return name if bound == services.where(name).text(name) else ""


def answers(tasks: Iterable[tuple[str, str | None, str, Check | None]], known: Iterable[Finding] = ()) -> str:
    """Return tasks as lines of text: its name, what answers it and whether it does, or the hint when nothing does.

    tasks: (name, what answers or None, hint, how to find out whether it is there). Each place is looked at once; those
    in ``known`` have been.
    """
    rows = list(tasks)
    seen = {finding.place: (finding.ok, "" if finding.ok else "see above") for finding in known}
    width = max((len(name) for name, *_ in rows), default=0)
    lines = []
    for name, bound, hint, check in rows:
        words = f"→ {bound}" if bound else f"○ {hint}"
        if bound and check is not None:
            if bound not in seen:
                seen[bound] = check()
            ok, found = seen[bound]
            words += ("  ok" if ok else "  NO") + (f": {found}" if found else "")
        lines.append(f"  {name:<{width}}  {words}")
    return "\n".join(lines)


def check_place(services: Services, where: Where) -> tuple[bool, str]:
    """Return whether a place answers, and how or why not."""
    match where.kind:
        case "embedded":
            return _embedded(services)
        case "endpoint":
            return check_url(where.url)
        case "aws":
            return _account(services, where)


def _embedded(services: Services) -> tuple[bool, str]:
    try:
        services.start()
    except BindingError as fault:
        return False, str(fault)
    try:
        return True, f"ready, moto {version('moto')}, account {services.account}, {services.region}"
    except PackageNotFoundError:  # moto on the path without being installed
        return True, "ready"


def check_url(url: str) -> tuple[bool, str]:
    """Return whether a URL takes connections, and why not."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), timeout=PATIENCE):
            return True, "takes connections"
    except TimeoutError:
        return False, f"does not answer within {PATIENCE:g} s. Is {host}:{port} right?"
    except socket.gaierror:
        hint = (
            " Inside a container that name may be known; here it is not." if "." not in host or "docker" in host else ""
        )
        return False, f"there is no host {host}.{hint}"
    except OSError as fault:
        return False, f"{(fault.strerror or str(fault)).lower()}. Is the service running at {host}:{port}?"


def _account(services: Services, where: Where) -> tuple[bool, str]:
    faults = import_module("botocore.exceptions")
    try:
        client = Services({}).configured("sts", where)
        with services.call_context(where):
            return True, f"signed in as {client.get_caller_identity()['Arn']}"
    except (BindingError, faults.BotoCoreError, faults.ClientError) as fault:
        return False, str(fault)


def table(findings: Iterable[Finding]) -> str:
    """Return findings as lines of text, one a service."""
    rows = [(f.place, f.source, ("ok: " if f.ok else "NO: ") + f.words) for f in findings]
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(2)]
    return "\n".join(f"  {place:<{widths[0]}}  {source:<{widths[1]}}  {words}" for place, source, words in rows)
