"""A run as mocks: what each call of its tasks came to, in the shape of Step Functions Local's MockConfigFile.json.

Made by replaying the journal, so that also the calls inside a distributed Map count, in the order they were made.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from sfnbook.engine.commands import TaskFailed, TaskSucceeded, Tick
from sfnbook.engine.execution import Execution
from sfnbook.engine.frame import Call
from sfnbook.engine.journal import Journal
from sfnbook.engine.program import Program
from sfnbook.errors import TIMEOUT
from sfnbook.history.visits import FAILED, SUCCEEDED, Attempt
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json, to_text, wire_copy


def mock_config(program: Program, journal: Journal, machine: str, test_case: str) -> dict[str, Any]:
    """Return a configuration with one test case that mocks every Task state as it answered."""
    states: dict[str, list[dict[str, Json]]] = {}
    for call, outcome in _outcomes(program, journal):
        states.setdefault(call.name, []).append(outcome)
    return _config(states, machine, test_case)


def recorded_config(run: Any, test_case: str) -> dict[str, Any]:
    """Return the same for a run that is known by its history: without what the children of a distributed Map called."""
    states = {
        state: [_recorded(run.machine._program, attempt, state) for attempt in attempts]
        for state, attempts in recorded_attempts(run).items()
    }
    return _config(states, run.machine.name, test_case)


def recorded_attempts(run: Any) -> dict[str, list[Attempt]]:
    """Return the attempts of each Task state that came to something, in the order in which they were scheduled."""
    found: dict[str, list[tuple[int, Attempt]]] = {}
    for visit in run.visits:
        if visit.type != "Task":
            continue
        scheduled = [id for id in visit.events if run._raw_events[id - 1].type.endswith("Scheduled")]
        for id, attempt in zip(scheduled, visit.attempts, strict=False):
            if attempt.end is not None and attempt.status in (SUCCEEDED, FAILED):
                found.setdefault(visit.name, []).append((id, attempt))
    return {state: [one for _, one in sorted(made, key=lambda pair: pair[0])] for state, made in found.items()}


def _recorded(program: Program, attempt: Attempt, state: str) -> dict[str, Json]:
    if attempt.status == FAILED:
        return {"Throw": {"Error": attempt.error, "Cause": attempt.cause or ""}}
    named = next(one for one in program.by_address.values() if one.name == state).source.get("Resource")
    return _returned(parse_resource(named), None if attempt.output is ABSENT else attempt.output)


def _config(states: dict[str, list[dict[str, Json]]], machine: str, test_case: str) -> dict[str, Any]:
    names = {state: re.sub(r"\W+", "_", f"{machine}_{test_case}_{state}") for state in states}
    return {
        "StateMachines": {machine: {"TestCases": {test_case: names}}},
        "MockedResponses": {names[state]: _numbered(outcomes) for state, outcomes in states.items()},
    }


def _numbered(outcomes: list[dict[str, Json]]) -> dict[str, Json]:
    """Number the outcomes of a state's calls; equal ones in a row share an entry ("1-2")."""
    found: dict[str, Json] = {}
    first = 0
    for _, group in groupby(outcomes, to_text):
        same = outcomes[first : first + len(list(group))]
        last = first + len(same) - 1
        found[str(first) if first == last else f"{first}-{last}"] = wire_copy(same[0])
        first = last + 1
    return found


def _outcomes(program: Program, journal: Journal) -> list[tuple[Call, dict[str, Json]]]:
    """The answered calls of tasks, in the order they were made, and what each came to."""
    execution = Execution.start(program, journal.input, at=journal.at, seed=journal.seed, names=journal.names)
    calls: list[Call] = []
    ended: dict[int, dict[str, Json]] = {}
    for moved, command in journal.entries:
        execution.advance(moved - execution.transitions)
        calls += _drain_outbox(execution)
        if isinstance(command, (TaskSucceeded, TaskFailed)) and command.call in execution.calls:
            ended[command.call] = _ended(execution.calls[command.call], command)
        pending = list(execution.calls.values()) if isinstance(command, Tick) else []
        execution.handle(command)
        for call in pending:
            if call.id not in execution.calls and call.due == call.heartbeat_due == 0:  # timed out, not aborted
                ended[call.id] = {"Throw": {"Error": TIMEOUT, "Cause": ""}}
        calls += _drain_outbox(execution)
    return [(call, ended[call.id]) for call in calls if call.kind == "task" and call.id in ended]


def _drain_outbox(execution: Execution) -> list[Call]:
    calls, execution.outbox[:] = list(execution.outbox), []
    return calls


def _ended(call: Call, command: TaskSucceeded | TaskFailed) -> dict[str, Json]:
    if isinstance(command, TaskFailed):
        return {"Throw": {"Error": command.error, "Cause": command.cause or ""}}
    return _returned(call.resource, command.output)


def _returned(resource: Resource, output: Json) -> dict[str, Json]:
    if resource.kind == "lambda" and isinstance(output, dict) and {"StatusCode", "Payload"} <= output.keys():
        return {"Return": {"StatusCode": 200, "Payload": output}}  # or it would be read as Lambda's own answer
    return {"Return": output}
