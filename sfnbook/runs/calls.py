"""What a test asks of a run: the visits of one state, and the calls that its tasks made.

Read from visits; a run here, elsewhere and a recorded one answer alike.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sfnbook.engine.program import Program
from sfnbook.errors import InputError
from sfnbook.history.visits import Visit
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json, printable, to_text

_LONGEST = 100


@dataclass(frozen=True, repr=False)
class StateRuns:
    """What became of one state in a run. ``visits``: each time it was entered, in order, also in branches and iterations.

    False where it was never entered. The other values are those of the last visit, None where there was none.
    """

    name: str
    visits: tuple[Visit, ...]

    def __bool__(self) -> bool:
        return bool(self.visits)

    @property
    def visit(self) -> Visit | None:
        """The last visit."""
        return self.visits[-1] if self.visits else None

    @property
    def attempts(self) -> int:
        """How often its work was tried in the last visit: 1 without a retry, 0 for a state that tries nothing."""
        return len(self.visits[-1].attempts) if self.visits else 0

    @property
    def status(self) -> str | None:
        """``succeeded``, ``caught``, ``failed``, ``aborted`` or ``running``."""
        return self.visits[-1].status if self.visits else None

    @property
    def input(self) -> Json:
        """The state's input."""
        return self.visits[-1].input if self.visits else None

    @property
    def output(self) -> Json:
        """The state's output."""
        found = self.visits[-1].output if self.visits else None
        return None if found is ABSENT else found

    @property
    def error(self) -> str | None:
        """The error that it ended with or that was caught."""
        return self.visits[-1].error if self.visits else None

    @property
    def cause(self) -> str | None:
        """The cause of that error."""
        return self.visits[-1].cause if self.visits else None

    @property
    def logs(self) -> str:
        """What its function printed and logged, all attempts together."""
        return "".join(attempt.logs for visit in self.visits for attempt in visit.attempts)

    @property
    def seconds(self) -> float | None:
        """How long the last visit took on the machine's clock, None while it goes on."""
        last = self.visit
        return None if last is None or last.end is None else last.end - last.start

    def __repr__(self) -> str:
        if not self.visits:
            return f"<{self.name}: never entered>"
        many = f"{len(self.visits)} visits, " if len(self.visits) > 1 else ""
        tries = f", {self.attempts} attempts" if self.attempts > 1 else ""
        error = f": {self.error}" if self.error else ""
        return printable(f"<{self.name}: {many}{self.status}{tries}{error}>")


def state_runs(program: Program, visits: Sequence[Visit], name: str) -> StateRuns:
    """Return what became of a state. Raises InputError for a name that the machine does not have."""
    names = {state.name for state in program.by_address.values()}
    if name not in names:
        near = difflib.get_close_matches(name, names, 1, 0.5)
        hint = f'Did you mean "{near[0]}"?' if near else f"It has {', '.join(sorted(names))}."
        raise InputError(f'The machine has no state "{name}". {hint}')
    return StateRuns(name, tuple(visit for visit in visits if visit.name == name))


@dataclass(frozen=True, slots=True)
class TaskCall:
    """One try of a Task: ``parameters`` is what was sent, ``output`` what came back (ABSENT without), ``error`` its failure."""

    state: str
    resource: Resource
    attempt: int
    parameters: Json
    output: Json
    error: str | None

    def __str__(self) -> str:
        text = to_text(self.parameters) if self.parameters is not ABSENT else ""
        shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
        failed = f" failed with {self.error}" if self.error else ""
        return printable(f"{self.state}: {self.resource.label}({shown}){failed}")


class Calls(tuple[TaskCall, ...]):
    """The calls that were asked for, in their order; empty, and false, where there was none. ``everything``: all that
    the run's tasks called, for the message of a failing assertion."""

    wanted: str
    everything: tuple[TaskCall, ...]

    @classmethod
    def of(cls, calls: Sequence[TaskCall], wanted: str, everything: Sequence[TaskCall]) -> Calls:
        """Return calls with what was asked for in words."""
        made = cls(calls)
        made.wanted, made.everything = wanted, tuple(everything)
        return made

    def with_(self, parameters: Mapping[str, Any] | None = None, **named: Any) -> Calls:
        """Return those whose parameters hold these values; objects in them may hold more than is asked for.

        parameters: for names that are no Python names.
        """
        asked = {**(parameters or {}), **named}
        found = [call for call in self if _holds(call.parameters, asked)]
        words = ", ".join(f"{name}={to_text(value)}" for name, value in asked.items())
        return Calls.of(found, f"{self.wanted} with {words}", self.everything)

    @property
    def once(self) -> bool:
        """Whether it was exactly one."""
        return len(self) == 1

    def __repr__(self) -> str:
        if self:
            return f"<{len(self)} call{'' if len(self) == 1 else 's'} of {self.wanted}>"
        made = ", ".join(f"{call.state} ({call.resource.label})" for call in self.everything) or "none"
        return printable(f"<no call of {self.wanted}; calls: {made}>")


def calls_of(program: Program, visits: Sequence[Visit], wanted: str) -> Calls:
    """Return the calls of a resource: by its ARN or a glob of it, ``dynamodb:putItem``, a function's or a state's name."""
    everything = list(_calls(program, visits))
    return Calls.of([call for call in everything if _is(call, wanted)], wanted, everything)


def _calls(program: Program, visits: Sequence[Visit]) -> Iterator[TaskCall]:
    for visit in visits:
        state = program.by_address.get(visit.address)
        if visit.type == "Task" and state is not None:
            resource = parse_resource(state.source.fields["Resource"])
            for attempt in visit.attempts:
                yield TaskCall(
                    visit.name, resource, attempt.number, attempt.parameters, attempt.output, attempt.error
                )  # fmt: skip


def _is(call: TaskCall, wanted: str) -> bool:
    resource = call.resource
    names = [resource.text, resource.label, call.state]
    if resource.kind == "service":
        names += [f"{resource.type}:{resource.action}", f"{resource.type}:{resource.operation}"]
        names.append(f"{resource.type.removeprefix('aws-sdk:')}:{resource.operation}")
    if resource.is_lambda_invoke and isinstance(call.parameters, dict):
        function = str(call.parameters.get("FunctionName", ""))
        names += [function, parse_resource(function).function]
    return any(name == wanted or fnmatchcase(name, wanted) for name in names)


def _holds(value: Any, asked: Any) -> bool:
    if isinstance(asked, Mapping):
        return isinstance(value, dict) and all(name in value and _holds(value[name], asked[name]) for name in asked)
    return bool(value == asked)
