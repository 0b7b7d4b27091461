"""What a rule is: its identity, what it looks at, what it yields, and the lists in which rules stand.

Owns no rule; knows nothing of the text's places or of how diagnostics look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from sfnbook.language import fields as f
from sfnbook.language.diagnostics import Path, Severity
from sfnbook.language.fields import Field
from sfnbook.values import Json

SCHEMA: Final = "SCHEMA_VALIDATION_FAILED"
TARGET: Final = "MISSING_TRANSITION_TARGET"
SYNTAX: Final = "INVALID_JSON_DESCRIPTION"


class Finding(NamedTuple):
    """What a rule found. ``path`` becomes AWS's location (None: AWS gives none); ``at`` is the place in the text."""

    path: Path | None
    message: str
    at: Path
    on: Literal["value", "key"] = "value"
    hint: str = ""
    like: tuple[str, Iterable[str]] | None = None
    """A word and the words it may have meant to be: looked up only for a finding that is shown."""


Findings: TypeAlias = Iterable[Finding]


@dataclass(slots=True)
class MachineView:
    """A machine as written: the whole, a branch, or an item processor."""

    path: Path
    fields: Mapping[str, Json]
    kind: Literal["top", "branch", "processor"]
    language: str
    express: bool
    allowed: Mapping[str, Field]
    states: dict[str, StateView] = field(default_factory=dict)


@dataclass(slots=True)
class StateView:
    """A state as written, of a known type. ``language`` is the query language in force."""

    name: str
    path: Path
    type: str
    fields: Mapping[str, Json]
    language: str
    machine: MachineView
    machines: list[MachineView] = field(default_factory=list)
    expressions: tuple[tuple[Path, str], ...] | None = None
    """Its expressions with their places, kept once they have been asked for: most rules ask."""


class Rule(NamedTuple):
    """A rule's identity. ``code`` is AWS's diagnostic code."""

    number: str
    name: str
    code: str
    severity: Severity
    check: Callable[[Any], Findings]

    @property
    def title(self) -> str:
        """``ASL104 unknown-next``."""
        return f"{self.number} {self.name}"


Check: TypeAlias = Callable[[Any], Findings]
Register: TypeAlias = Callable[[Check], Check]

MACHINE_RULES: Final[list[Rule]] = []
STATE_RULES: Final[dict[str, list[Rule]]] = {type_: [] for type_ in f.STATE_TYPES}
"""By the type of the states they look at."""

TARGET_RULES: Final[list[Rule]] = []
GRAPH_RULES: Final[list[Rule]] = []
"""What follows from the transitions as a whole: said only of a machine whose parts are right, else it is noise."""


def machine_rule(number: str, name: str, code: str = SCHEMA) -> Register:
    """Register a check of a `MachineView`."""
    return _register([MACHINE_RULES], number, name, code, "ERROR")


def target_rule(number: str, name: str, code: str = TARGET) -> Register:
    """Register a check of where a machine's transitions lead, one by one."""
    return _register([TARGET_RULES], number, name, code, "ERROR")


def graph_rule(number: str, name: str, code: str = TARGET) -> Register:
    """Register a check of a machine's transitions as a whole."""
    return _register([GRAPH_RULES], number, name, code, "ERROR")


def state_rule(number: str, name: str, *types: str, code: str = SCHEMA, severity: Severity = "ERROR") -> Register:
    """Register a check of a `StateView` of these types, of every type if none is named."""
    return _register([STATE_RULES[t] for t in types or f.STATE_TYPES], number, name, code, severity)


def _register(lists: list[list[Rule]], number: str, name: str, code: str, severity: Severity) -> Register:
    def register(check: Check) -> Check:
        for rules in lists:
            rules.append(Rule(number, name, code, severity, check))
        return check

    return register


def _no_check(_: Any) -> Findings:
    return ()


PARSER_RULES: Final = {
    name: Rule(number, name, code, "ERROR", _no_check)
    for number, name, code in (
        ("ASL001", "invalid-json", SYNTAX),
        ("ASL002", "duplicate-field", SYNTAX),
        ("ASL003", "invalid-yaml", SYNTAX),
        ("ASL004", "empty-definition", "MISSING_DESCRIPTION"),
        ("ASL005", "too-deep", SYNTAX),
        ("ASL006", "alias-bomb", SYNTAX),
        ("ASL007", "not-an-object", SYNTAX),
        ("ASL008", "not-json", SYNTAX),
        ("ASL010", "too-large", SCHEMA),
        ("ASL009", "duplicate-state", "DUPLICATE_STATE_NAME"),
        ("ASL101", "missing-field", SCHEMA),
        ("ASL103", "unknown-type", SCHEMA),
        ("ASL108", "wrong-type", SCHEMA),
        ("ASL114", "too-deeply-nested", "TOO_DEEPLY_NESTED"),
        ("ASL708", "duplicate-label", "DUPLICATE_LABEL_NAME"),
    )
}
"""What the parser finds on its way, before there is a machine or a state to look at."""
