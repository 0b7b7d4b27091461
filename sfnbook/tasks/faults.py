"""Faults: failures, delays and timeouts put in the way of a run's tasks, to see what the machine does with them.

A layer over the handlers: ``Ship=States.Timeout@1-2`` (the first two attempts fail), ``Ship=slow:30`` (the answer
comes 30 seconds later on the machine's clock), ``Ship=timeout``, ``*=Lambda.TooManyRequestsException%10`` (one call in
ten, by the run's seed). Nothing is called where a failure is put.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from typing import Any, Final

from sfnbook.engine.program import Program
from sfnbook.errors import TIMEOUT, InputError, TaskError
from sfnbook.runtime.breakpoints import unknown_state
from sfnbook.runtime.dispatch import Resolve
from sfnbook.runtime.task import Handler, Scripted, Task, Waiting, at_once

CAUSE: Final = "Put there by --fault"
"""The Cause of a failure that was put in."""

_WHAT: Final = re.compile(r"(?P<what>[^@%\s]+)(?:@(?P<attempts>[\d,-]+))?(?:%(?P<percent>\d+(?:\.\d+)?))?")
_SLOW: Final = re.compile(r"slow:(\d+(?:\.\d+)?)s?")
_SPAN: Final = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong in a state's tasks. state: its name, or a glob. error: None for one that is only slow.

    after: seconds later on the machine's clock. attempts: which, from 1; None for every one. share: of the calls, from
    0 to 1. timeout: no answer comes before the state's own deadline.
    """

    state: str
    error: str | None = None
    after: float = 0.0
    attempts: frozenset[int] | None = None
    share: float = 1.0
    timeout: bool = False
    cause: str = CAUSE

    def strikes(self, task: Task, seed: int) -> bool:
        """Return whether it happens to this call. The same seed gives the same calls, in whatever order they come."""
        if not fnmatchcase(task.state, self.state) and task.state != self.state:
            return False
        if self.attempts is not None and task.attempt + 1 not in self.attempts:
            return False
        if self.share >= 1.0:
            return True
        key = f"{seed}/{self}/{task.address}/{task.frame}/{task.entered_id}/{task.attempt}"
        return Random(key).random() < self.share


def fault_of(text: str) -> Fault:
    """Return the fault that ``STATE=WHAT[@ATTEMPTS][%PERCENT]`` means. Raises InputError that teaches the form.

    >>> fault_of("Ship=States.Timeout@1-2").attempts == {1, 2}
    True
    """
    state, equals, rest = text.rpartition("=")
    match = _WHAT.fullmatch(rest.strip())
    if not (equals and state.strip() and match):
        raise InputError(
            f"The fault {text!r} cannot be read. Write STATE=ERROR[@ATTEMPTS][%PERCENT], for example "
            "Ship=States.Timeout@1-2, Ship=slow:30, Ship=timeout, *=States.TaskFailed%10"
        )
    what = match["what"]
    slow = _SLOW.fullmatch(what)
    attempts = _attempts(match["attempts"], text) if match["attempts"] else None
    share = float(match["percent"]) / 100 if match["percent"] else 1.0
    name = state.strip()
    if slow:
        return Fault(name, None, float(slow[1]), attempts, share)
    if what == "timeout":
        return Fault(name, TIMEOUT, 0.0, attempts, share, timeout=True)
    return Fault(name, what, 0.0, attempts, share)


def _attempts(text: str, whole: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = _SPAN.fullmatch(part)
        if not match or not 0 < int(match[1]) <= int(match[2] or match[1]) <= 1000:
            raise InputError(f"The attempts of {whole!r} cannot be read: write @1, @2-3 or @1,3; the first is 1.")
        found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return frozenset(found)


def faults_of(faults: Iterable[str | Fault], program: Program) -> tuple[Fault, ...]:
    """Return the faults, read and checked against a machine. Raises InputError for a state that is no Task of it."""
    found = tuple(fault_of(fault) if isinstance(fault, str) else fault for fault in faults)
    if not found:
        return ()
    tasks = [state.name for state in program.by_address.values() if state.type == "Task"]
    for fault in found:
        if fault.state in tasks or any(fnmatchcase(task, fault.state) for task in tasks):
            continue
        names = {state.name: state.type for state in program.by_address.values()}
        if fault.state in names:
            raise InputError(
                f"{fault.state} is a {names[fault.state]} state: faults are for Task states"
                + (f", here {', '.join(tasks)}." if tasks else "; this machine has none.")
            )
        raise InputError(unknown_state(program, fault.state))
    return found


def faulty(resolve: Resolve, faults: Sequence[Fault], seed: int) -> Resolve:
    """Return a resolver that lets faults happen; the first one that strikes counts."""
    if not faults:
        return resolve

    def found(task: Task) -> Handler:
        fault = next((f for f in faults if task.kind == "task" and f.strikes(task, seed)), None)
        if fault is None:
            return resolve(task)
        if fault.error is None:
            return _slow(resolve(task), fault.after)
        return _failing(fault)

    return found


def _failing(fault: Fault) -> Handler:
    @at_once
    def fail(task: Task) -> Any:
        deadline = task.timeout or task._call.heartbeat
        after = deadline + 1.0 if fault.timeout and deadline else fault.after
        return Scripted(TaskError(fault.error or TIMEOUT, fault.cause), after)

    return fail


def _slow(handler: Handler, after: float) -> Handler:
    def answer(task: Task) -> Any:
        try:
            result = handler(task)
        except TaskError as failure:
            return Scripted(failure, after)
        if hasattr(result, "__await__"):
            return _slow_later(result, after)
        return _late(result, after)

    return answer


async def _slow_later(result: Any, after: float) -> Any:
    try:
        return _late(await result, after)
    except TaskError as failure:
        return Scripted(failure, after)


def _late(result: Any, after: float) -> Any:
    if isinstance(result, Waiting):
        return result
    if isinstance(result, Scripted):
        return Scripted(result.outcome, result.after + after, result.submitted, result.worker)
    return Scripted(result, after)
