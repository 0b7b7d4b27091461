"""What the page lists: machines, executions as they are filtered and sorted, tasks that wait for an answer.

Only reads; what the page changes goes through the API like every other client's requests. Shapes are JSON; the page's types are made from
them (`tests/javascript/declarations.py`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, NotRequired, TypedDict, cast

from sfnbook.engine.frame import Call
from sfnbook.server.catalogue import Machine
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.runs import ServedRun, as_stored, date, describe
from sfnbook.server.store import Stored, Wanted
from sfnbook.text.waiting import waiting_text
from sfnbook.values import cause_message

PAGE: Final = 50
"""Executions shown at once."""

MOST_MACHINES: Final = 200
MOST_WAITING: Final = 200
"""Machines and waiting tasks shown; a filter finds the others."""

_CAUSE: Final = 300
_STATUSES: Final = frozenset({"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})
_ORDERS: Final = frozenset({"started", "name", "duration"})
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"{}\[\],:]+|[{}\[\],:]')


class Changes(TypedDict):
    """A number that grows with whatever the lists show, and how many tasks wait."""

    version: int
    waiting: int


class MachineRow(TypedDict):
    """A machine in the list. counts: its executions by status."""

    arn: str
    name: str
    type: str
    counts: dict[str, int]


class MachineList(TypedDict):
    """The machines listed. found, known: how many have the text that was asked for, and how many there are.

    counts: all executions by status. guarded: a client's access key id is the server's token.
    """

    machines: list[MachineRow]
    found: int
    known: int
    counts: dict[str, int]
    region: str
    guarded: NotRequired[bool]


class ExecutionRow(TypedDict):
    """An execution in the list. id: grows with each. start: in ISO 8601. seconds: None while it runs."""

    id: int
    arn: str
    name: str
    machine: str
    status: str
    start: str
    seconds: float | None
    error: str | None
    cause: str | None
    redrives: int


class ExecutionList(TypedDict):
    """A page of executions. more: whether there is another page."""

    executions: list[ExecutionRow]
    more: bool


class ExecutionHead(TypedDict):
    """What can be done with an execution and what it began with, in DescribeExecution's words."""

    stateMachineArn: str
    name: str
    status: str
    redriveStatus: NotRequired[str]
    redriveStatusReason: NotRequired[str]
    input: str


class LastInput(TypedDict):
    """The input of a machine's last execution as JSON text; None where it never ran."""

    input: str | None


class WaitingTask(TypedDict):
    """A task that waits for its token. name, machine: of its execution. words: what it waits for."""

    token: str
    state: str
    address: str
    execution: str
    name: str
    machine: str
    words: str


class WaitingList(TypedDict):
    """The tasks that wait, the oldest first; total: also those that are not listed."""

    tasks: list[WaitingTask]
    total: int


def changes(endpoint: Endpoint) -> Changes:
    """Return a number that grows with whatever the lists show, and how many tasks wait."""
    own = endpoint.own_runs()
    version = endpoint.version + len(own) + sum(run.done for run in own)
    return {"version": version, "waiting": sum(1 for _ in _waiting(endpoint))}


def machines(endpoint: Endpoint, asked: Mapping[str, str]) -> MachineList:
    """Return the machines whose name has ``text``, by name, with how many executions each has in each status.

    chosen: the ARN of one that is listed in any case.
    """
    counts: dict[str, dict[str, int]] = {}
    for (arn, status), count in endpoint.store.counts().items():
        counts.setdefault(arn, {})[status] = count
    for run in endpoint.own_runs():
        of = counts.setdefault(run.machine.arn, {})
        of[run.status] = of.get(run.status, 0) + 1
    text, chosen = asked.get("text", "").lower(), asked.get("chosen")
    known = sorted(endpoint.catalogue.machines.values(), key=lambda machine: machine.name)
    found = [machine for machine in known if text in machine.name.lower()]
    listed = found[:MOST_MACHINES]
    if chosen is not None and all(machine.arn != chosen for machine in listed):
        listed += [machine for machine in known if machine.arn == chosen]
    totals: dict[str, int] = {}
    for one in counts.values():
        for status, count in one.items():
            totals[status] = totals.get(status, 0) + count
    return {
        "machines": [_machine(machine, counts.get(machine.arn, {})) for machine in listed],
        "found": len(found),
        "known": len(known),
        "counts": totals,
        "region": endpoint.region,
    }


def _machine(machine: Machine, counts: dict[str, int]) -> MachineRow:
    return {"arn": machine.arn, "name": machine.name, "type": machine.type, "counts": counts}


def executions(endpoint: Endpoint, asked: Mapping[str, str]) -> ExecutionList:
    """Return a page of executions, those among them that the notebook's own code started.

    asked: machine, status, text, since and until (seconds since the epoch), order, ascending; beyond (a number of an
    execution) and skip (how many) say which page. Whatever cannot be read is as if it were not there.
    """
    order = asked.get("order", "started")
    wanted = Wanted(
        machine=asked.get("machine"),
        status=asked["status"] if asked.get("status") in _STATUSES else None,
        text=asked.get("text", "")[:200],
        since=_number(asked.get("since")),
        until=_number(asked.get("until")),
        order=order if order in _ORDERS else "started",
        descending="ascending" not in asked,
    )
    beyond, skip = _number(asked.get("beyond")), _number(asked.get("skip")) or 0
    first = int(skip)
    own = [stored for run in endpoint.own_runs() if _meant(stored := as_stored(run), wanted)]
    if own:  # a notebook's: few, in no store
        found = [*own, *endpoint.store.search(wanted, limit=first + PAGE + 1)]
        found.sort(key=lambda stored: _rank(stored, wanted.order), reverse=wanted.descending)
        found = found[first : first + PAGE + 1]
    else:
        found = endpoint.store.search(
            wanted, limit=PAGE + 1, skip=first, beyond=None if beyond is None else int(beyond)
        )
    return {"executions": [_execution(endpoint, stored) for stored in found[:PAGE]], "more": len(found) > PAGE}


def _meant(stored: Stored, wanted: Wanted) -> bool:
    """Tell whether an execution that is in no store is one that a list holds."""
    words = [stored.arn.partition(":execution:")[2], *(str(stored.result.get(key, "")) for key in ("error", "cause"))]
    return (
        wanted.machine in (None, stored.machine)
        and wanted.status in (None, stored.status)
        and any(wanted.text.lower() in word.lower() for word in words)
        and (wanted.since is None or stored.started >= wanted.since)
        and (wanted.until is None or stored.started < wanted.until)
    )


def _rank(stored: Stored, order: str) -> tuple[Any, int]:
    if order == "name":
        return stored.arn, stored.id
    if order == "duration":
        return (time.time() if stored.stopped is None else stored.stopped) - stored.started, stored.id
    return stored.started, stored.id


def _number(text: str | None) -> float | None:
    """Return a number as an address has it, None for no such text."""
    return float(text) if text is not None and re.fullmatch(r"\d{1,15}(\.\d{1,6})?", text) else None


def _execution(endpoint: Endpoint, stored: Stored) -> ExecutionRow:
    return {
        "id": stored.id,
        "arn": stored.arn,
        "name": str(stored.head["name"]) if ":express:" not in stored.arn else stored.arn.split(":")[-2],
        "machine": stored.machine,
        "status": stored.status,
        "start": date(stored.started).isoformat(timespec="milliseconds"),
        "seconds": None if stored.stopped is None else round(stored.stopped - stored.started, 3),
        "error": stored.result.get("error"),
        "cause": _message(stored.result.get("cause")),
        "redrives": stored.redrives,
    }


def _message(cause: Any) -> str | None:
    """Return the beginning of a cause; of what a function raised, its message."""
    return cause_message(cause)[:_CAUSE] if isinstance(cause, str) else None


def execution(endpoint: Endpoint, stored: Stored) -> ExecutionHead:
    """Return what can be done with one execution, and what it began with."""
    described = describe(stored)
    keys = ("stateMachineArn", "name", "status", "redriveStatus", "redriveStatusReason", "input")
    return cast(ExecutionHead, {key: described[key] for key in keys if key in described})


def last_input(endpoint: Endpoint, machine: str) -> LastInput:
    """Return the input that the machine's last execution had, as JSON text; None where it never ran."""
    return {"input": endpoint.store.last_input(machine)}


def waiting(endpoint: Endpoint) -> WaitingList:
    """Return the tasks that wait for somebody to answer their token, the oldest first."""
    found = list(_waiting(endpoint))
    return {"tasks": [_waiting_task(*one) for one in found[:MOST_WAITING]], "total": len(found)}


def _waiting(endpoint: Endpoint) -> Iterator[tuple[str, ServedRun, Call]]:
    for token, (run, id) in list(endpoint.tokens.items()):
        call = run._execution.calls.get(id)
        if call is not None:
            yield token, run, call


def _waiting_task(token: str, run: ServedRun, call: Call) -> WaitingTask:
    return {
        "token": token,
        "state": call.name,
        "address": call.address,
        "execution": run.arn,
        "name": run.name,
        "machine": run.machine.name,
        "words": waiting_text(call).replace(f" ({token})", "").partition(" waits for ")[2],
    }


def pretty(text: str) -> str:
    """Return a JSON text with two blanks for each level; strings and numbers stay as they are written.

    A text that has lines already is how somebody wants it, and stays.
    """
    if "\n" in text.strip() or not text.lstrip().startswith("{"):
        return text
    parts, depth, opened = list[str](), 0, False
    for token in _TOKEN.findall(text):
        if token in "}]":
            depth -= 1
            parts.append("" if opened else "\n" + "  " * depth)
        elif opened or (parts and parts[-1] == ","):
            parts.append("\n" + "  " * depth)
        opened = token in "{["
        depth += opened
        parts.append(": " if token == ":" else token)
    return "".join(parts)
