"""What a lint rule is: a code, a kebab-case name, a level, and a docstring that is its page.

AWS's own refusals and warnings have codes that begin with ASL (`sfnbook.language.rules`); these begin with SFN, and no
answer of the Step Functions API ever holds them. A check looks at one state, or at the whole machine, as written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from sfnbook.language.diagnostics import Severity
from sfnbook.language.rule import Finding, MachineView, StateView

Level = Literal["error", "warning", "off"]
SEVERITIES: Final[dict[str, Severity]] = {"error": "ERROR", "warning": "WARNING"}


@dataclass(frozen=True, slots=True)
class LintRule:
    """A rule's identity and check. page: what it finds, why that is bad, an example, how to silence it."""

    code: str
    name: str
    level: Level
    of_state: bool
    check: Callable[[Any], Iterable[Finding]]

    @property
    def title(self) -> str:
        """``SFN101 choice-without-default``."""
        return f"{self.code} {self.name}"

    @property
    def page(self) -> str:
        """The docstring, its first line the summary."""
        return inspect.cleandoc(self.check.__doc__ or "")


RULES: Final[dict[str, LintRule]] = {}
"""Every rule by its code."""

StateCheck = Callable[[StateView], Iterable[Finding]]
MachineCheck = Callable[[MachineView], Iterable[Finding]]


def state_rule(code: str, name: str, level: Level = "warning") -> Callable[[StateCheck], StateCheck]:
    """Register a check of one state."""

    def register(check: StateCheck) -> StateCheck:
        RULES[code] = LintRule(code, name, level, True, check)
        return check

    return register


def machine_rule(code: str, name: str, level: Level = "warning") -> Callable[[MachineCheck], MachineCheck]:
    """Register a check of the whole machine."""

    def register(check: MachineCheck) -> MachineCheck:
        RULES[code] = LintRule(code, name, level, False, check)
        return check

    return register


def walk(machine: MachineView) -> Iterator[StateView]:
    """Yield every state of a machine, outer before inner."""
    for state in machine.states.values():
        yield state
        for inner in state.machines:
            yield from walk(inner)


def machines(machine: MachineView) -> Iterator[MachineView]:
    """Yield a machine and every machine inside it."""
    yield machine
    for state in machine.states.values():
        for inner in state.machines:
            yield from machines(inner)
