"""A machine's policy: the permissions of all its states as one document that IAM takes.

Owns which states count, the narrowing to what runs called, and the document. What an integration needs is `permissions`'.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sfnbook.language.definition import Machine, State
from sfnbook.language.resource import parse_resource
from sfnbook.policy.permissions import (
    ANY,
    LOGGING,
    TRACING,
    Call,
    Permission,
    Place,
    every,
    known_value,
    map_permissions,
    task_permissions,
)
from sfnbook.policy.role import RoleReview, review
from sfnbook.query.scope import ABSENT
from sfnbook.runs.calls import TaskCall, calls_of
from sfnbook.values import Json, texts

MAX_MANAGED: Final = 6_144
"""Characters of a managed policy, white space not counted (IAM User Guide, quotas)."""


_NAMING: Final = frozenset({"Resource", "Parameters", "Arguments", "ItemReader", "ResultWriter", "Credentials"})
"""Fields that name what a task calls, and on what."""


@dataclass(frozen=True)
class Policy:
    """What a machine's role must allow.

    permissions: each with the states that need it. notes: what a reader should know: what is wider than it might be, and
    what was left out. others: the policies of roles that tasks assume by ``Credentials``, by the role's ARN.
    """

    permissions: Mapping[Permission, tuple[str, ...]]
    notes: tuple[str, ...] = ()
    others: Mapping[str, Policy] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """The policy as IAM takes it. For a machine that calls nothing, one that denies everything (developer guide)."""
        statements = [_statement(*parts) for parts in _grouped(self.permissions)]
        nothing = {"Effect": "Deny", "Action": "*", "Resource": "*"}
        return {"Version": "2012-10-17", "Statement": statements or [nothing]}

    @property
    def text(self) -> str:
        """The policy as JSON text."""
        return json.dumps(self.document, indent=2)

    def review(self, role: Json) -> RoleReview:
        """Compare with an existing role: what is missing there, what is unused, what is wider than needed.

        role: a policy document, several, or anything that holds some: what ``aws iam get-role-policy`` answers, a
        template with the role. Raises InputError for what holds none.
        """
        return review(self.permissions, role)

    def __repr__(self) -> str:
        return self.text


def policy(
    machine: Machine,
    *,
    name: str,
    runs: Iterable[Any] | None = None,
    region: str = "",
    account: str = "",
    logging: bool = False,
    tracing: bool = False,
) -> Policy:
    """Return the least policy for the role of a machine.

    runs: runs or recorded runs; only what these called is allowed then, on what they called it on. region, account: of
    what the definition names without them; by default those of its ARNs, else ``*``.
    """
    place = _place(machine, name, region, account)
    gathered = _Gathered(place)
    seen = _seen(runs) if runs is not None else None
    never: list[str] = []
    for state, recordable in _states(machine, True):
        if state.type in ("Task", "Map"):
            fields = {key: value for key, value in state.fields.items() if key in _NAMING}
            gathered.placeholders |= dict.fromkeys(n for t in texts(fields) for n in re.findall(r"\$\{([^}]+)\}", t))
        if state.type == "Map" and _distributed(state):
            gathered.add(state.name, _map(state, place))
        if state.type != "Task":
            continue
        calls = [Call(parse_resource(state.fields["Resource"]), _parameters(state), place)]
        if seen is not None and recordable:
            made = seen.get(state.name, [])
            if not made:
                never.append(state.name)
                continue
            calls = [Call(one.resource, _sent(one), place) for one in made]
        for call in calls:
            gathered.task(state, call)
    if logging:
        gathered.add("logging", every(LOGGING))
    if tracing:
        gathered.add("tracing", every(TRACING))
    return gathered.policy(never)


class _Gathered:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.placeholders: dict[str, None] = {}
        self.own: dict[Permission, dict[str, None]] = {}
        self.others: dict[str, dict[Permission, dict[str, None]]] = {}

    def add(self, state: str, permissions: Iterable[Permission]) -> None:
        for one in permissions:
            self.own.setdefault(one, {})[state] = None

    def task(self, state: State, call: Call) -> None:
        credentials = known_value(state.get("Credentials"), state.query_language)
        role = credentials.get("RoleArn") if isinstance(credentials, dict) else None
        if not isinstance(role, str):
            self.add(state.name, task_permissions(call))
            return
        arn = role if role != ANY else f"arn:{self.place.partition}:iam::*:role/*"
        self.add(state.name, [Permission("sts:AssumeRole", arn)])
        theirs = self.others.setdefault(arn, {})
        for one in task_permissions(call):
            theirs.setdefault(one, {})[state.name] = None

    def policy(self, never: list[str]) -> Policy:
        own = _named(self.own)
        notes = [_left_out(never)] if never else []
        for one, states in own.items():
            if one.resource == ANY and not _always_wide(one.action):
                notes.append(
                    f'{one.action} is allowed on "*": what {_and(states)} means by it is not known, or has no ARN.'
                )
        if self.placeholders:
            names = " ".join(f"--substitute {name}=..." for name in self.placeholders)
            notes.append(f"Placeholders count as *. To fill them in: {names}")
        if any(":*:*:" in one.resource for one in own):
            notes.append("Region and account are not known: --region and --account make the ARNs narrower.")
        made = Policy(own, tuple(dict.fromkeys(notes)), {role: Policy(_named(p)) for role, p in self.others.items()})
        if len(re.sub(r"\s", "", made.text)) > MAX_MANAGED:
            notes.append(f"The policy is longer than the {MAX_MANAGED:,} characters that a managed policy may have.")
        notes += [
            f"The tasks {_and(_users(p))} run as {role}: that role needs a policy, too."
            for role, p in self.others.items()
        ]
        return Policy(made.permissions, tuple(dict.fromkeys(notes)), made.others)


def _named(found: Mapping[Permission, Mapping[str, None]]) -> dict[Permission, tuple[str, ...]]:
    return {one: tuple(states) for one, states in found.items()}


def _users(found: Mapping[Permission, Mapping[str, None]]) -> list[str]:
    return list(dict.fromkeys(state for states in found.values() for state in states))


def _left_out(never: list[str]) -> str:
    return f"No run called {_and(never)}: what only {'this task needs' if len(never) == 1 else 'these tasks need'} is left out."


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _always_wide(action: str) -> bool:
    """Tell whether the developer guide has an action on ``*`` whatever the machine names."""
    return action in (*LOGGING, *TRACING) or action.startswith(
        ("ecs:", "batch:", "sagemaker:ListTags", "s3:ListAll", "elasticmapreduce:RunJobFlow")
    )


# -- the document ----------------------------------------------------------------------------------------------------


def _grouped(permissions: Iterable[Permission]) -> Iterator[tuple[list[str], list[str], Any]]:
    """Yield actions that are allowed on the same ARNs, in the order of the states."""
    by_action: dict[tuple[str, Any], list[str]] = {}
    for one in permissions:
        known = by_action.setdefault((one.action, one.condition), [])
        if one.resource not in known:
            known.append(one.resource)
    groups: dict[tuple[tuple[str, ...], Any], list[str]] = {}
    for (action, condition), resources in by_action.items():
        wide = [ANY] if ANY in resources else sorted(resources)
        groups.setdefault((tuple(wide), condition), []).append(action)
    for (resources_, condition), actions in groups.items():
        yield actions, list(resources_), condition


def _statement(actions: list[str], resources: list[str], condition: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": resources}
    for operator, key, value in condition:
        made.setdefault("Condition", {}).setdefault(operator, {})[key] = value
    return made


# -- what a machine says ---------------------------------------------------------------------------------------------


def _states(machine: Machine, recordable: bool) -> Iterator[tuple[State, bool]]:
    """Yield every state, and whether its calls stand in the history of the run itself."""
    for state in machine.states.values():
        yield state, recordable
        for inner in state.branches:
            yield from _states(inner, recordable and not (state.type == "Map" and _distributed(state)))


def _distributed(state: State) -> bool:
    processor = state.get("ItemProcessor")
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"


def _map(state: State, place: Place) -> Iterator[Permission]:
    reader, writer = state.get("ItemReader"), state.get("ResultWriter")
    resource = reader.get("Resource", "") if isinstance(reader, dict) else ""
    given = _inside(writer, state)
    yield from map_permissions(place, _inside(reader, state), given if given else None, str(resource))


def _inside(value: Json, state: State) -> Mapping[str, Json] | None:
    if not isinstance(value, dict):
        return None
    given = known_value(value.get("Arguments", value.get("Parameters")), state.query_language)
    return given if isinstance(given, dict) else {}


def _parameters(state: State) -> Mapping[str, Json]:
    field = "Arguments" if state.query_language == "JSONata" else "Parameters"
    given = known_value(state.get(field), state.query_language)
    return given if isinstance(given, dict) else {ANY: ANY}


def _place(machine: Machine, name: str, region: str, account: str) -> Place:
    """Return the region and account given, else the ones that all ARNs of the definition name."""
    found = {"": ("", "")}
    for state in machine.walk():
        for text in texts(state.fields):
            parts = text.split(":")
            if len(parts) > 5 and parts[0] == "arn" and (parts[3] or parts[4]):
                found[text] = (parts[3], parts[4])
    regions = {one for one, _ in found.values() if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", one)}
    accounts = {one for _, one in found.values() if re.fullmatch(r"\d{12}", one)}
    own = regions.pop() if len(regions) == 1 else ANY
    return Place(region or own, account or (accounts.pop() if len(accounts) == 1 else ANY), name or ANY)


# -- what runs called ------------------------------------------------------------------------------------------------


def _seen(runs: Iterable[Any]) -> dict[str, list[TaskCall]]:
    found: dict[str, list[TaskCall]] = {}
    for run in runs:
        for call in calls_of(run.machine._program, run.visits, ANY):
            found.setdefault(call.state, []).append(call)
    return found


def _sent(call: TaskCall) -> Mapping[str, Json]:
    sent = call.parameters
    return sent if sent is not ABSENT and isinstance(sent, dict) else {ANY: ANY}
