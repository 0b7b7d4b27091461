"""Small machines and a driver for the engine's tests: scripted answers, virtual time, no threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sfnbook.engine.commands import Command, TaskFailed, TaskSucceeded, Tick
from sfnbook.engine.compile import compile_definition
from sfnbook.engine.execution import Execution
from sfnbook.engine.frame import Call
from sfnbook.engine.journal import Journal
from sfnbook.engine.program import Program
from sfnbook.history.aws import wire_map_run
from sfnbook.language import parse

NOON = 1_700_000_000.0
NAMES = {
    "execution_arn": "arn:aws:states:us-east-1:123456789012:execution:m:e",
    "execution_name": "e",
    "machine_arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m",
    "machine_name": "m",
    "role_arn": "arn:aws:iam::123456789012:role/r",
}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"

Answer = Any
"""A value (the call succeeds), an exception-like (error, cause) tuple (it fails), or None (it never answers)."""


class Never:
    """An answer that never comes."""


class Fails:
    """A call that fails."""

    def __init__(self, error: str, cause: str | None = "because") -> None:
        self.error, self.cause = error, cause


def program(definition: Mapping[str, Any], type: str = "STANDARD") -> Program:
    """Compile a definition that must be valid."""
    parsed = parse(definition, type=type)
    assert parsed.definition is not None, parsed.diagnostics
    made, problems = compile_definition(parsed.definition, type)
    assert not problems, problems
    return made


def states(*steps: tuple[str, Mapping[str, Any]], **top: Any) -> dict[str, Any]:
    """A machine whose states follow each other in the order given unless they say otherwise."""
    found: dict[str, Any] = {}
    for index, (name, fields) in enumerate(steps):
        state = dict(fields)
        ends = state["Type"] in ("Succeed", "Fail", "Choice") or "Next" in state or "End" in state
        if not ends:
            state |= {"Next": steps[index + 1][0]} if index + 1 < len(steps) else {"End": True}
        found[name] = state
    return {"StartAt": steps[0][0], "States": found, **top}


def drive(
    made: Program,
    data: Any = None,
    answers: Callable[[Call], Answer] | None = None,
    *,
    seed: int = 0,
    journal: Journal | None = None,
) -> Execution:
    """Run to the end on virtual time; ``answers`` gives each call's answer."""
    execution = Execution.start(made, {} if data is None else data, at=NOON, seed=seed, names=NAMES)
    execution.advance()

    def tell(command: Command) -> None:
        if journal is not None:
            journal.note(execution, command)
        execution.handle(command)
        execution.advance()

    while not execution.done:
        if execution.outbox:
            call = execution.outbox.pop(0)
            if call.id not in execution.calls:
                continue
            answer = answers(call) if answers is not None else {}
            if isinstance(answer, Fails):
                tell(TaskFailed(execution.now, call.id, answer.error, answer.cause))
            elif not isinstance(answer, Never):
                tell(TaskSucceeded(execution.now, call.id, answer))
            continue
        wakeup = execution.wakeup
        assert wakeup is not None, "the execution waits for nothing"
        tell(Tick(wakeup))
    return execution


def trail(execution: Execution) -> list[tuple[int, int, str, str]]:
    """The history in short: (id, previousEventId, type, state's name)."""
    return [(e.id, e.previous, e.type, e.detail.get("name", "")) for e in execution.events]


def types(execution: Execution) -> list[str]:
    """The event types in order."""
    return [e.type for e in execution.events]


def spread(*steps: tuple[str, dict[str, Any]], kind: str = "STANDARD", **fields: Any) -> dict[str, Any]:
    """A Map state whose items are worked on by child executions."""
    config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
    return {"Type": "Map", "ItemProcessor": {"ProcessorConfig": config, **states(*steps)}, **fields}


def counts(execution: Execution, what: str = "itemCounts") -> dict[str, int]:
    """The figures of the last Map run that are not 0."""
    figures = wire_map_run(execution.map_runs[-1])[what]
    return {name: value for name, value in figures.items() if value}
