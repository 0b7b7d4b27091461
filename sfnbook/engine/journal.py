"""The journal of an execution: how it started and every command it was told, in order.

Because the engine is pure, the journal is the run: `replay` gives the same events, up to any command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sfnbook.engine.commands import Command
from sfnbook.engine.execution import Execution
from sfnbook.engine.program import Program
from sfnbook.values import Json


@dataclass(slots=True)
class Journal:
    """A start and its commands. ``at`` in seconds since the epoch; ``names`` as for `Execution.start`."""

    input: Json
    at: float
    seed: int
    names: Mapping[str, str]
    commands: list[Command] = field(default_factory=list)


def replay(program: Program, journal: Journal, until: int | None = None) -> Execution:
    """Return the execution as it was after the first ``until`` commands (all of them by default)."""
    execution = Execution.start(program, journal.input, at=journal.at, seed=journal.seed, names=journal.names)
    execution.advance()
    for command in journal.commands[:until]:
        execution.handle(command)
        execution.advance()
    return execution
