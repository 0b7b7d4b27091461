"""An existing role's policies compared with what a machine needs: what is missing, unused, or wider than needed.

Reads policy documents wherever they stand in a JSON or YAML value. Knows no account: what a boundary, an organization or
a resource's own policy allows is not seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import unquote

from sfnbook.errors import InputError
from sfnbook.policy.permissions import ANY, Permission
from sfnbook.values import Json

_TRUST: Final = frozenset({"AssumeRolePolicyDocument", "assume_role_policy"})
"""Who may take the role on: nothing of what it may do."""


@dataclass(frozen=True)
class RoleReview:
    """What a role lacks and what it has too much.

    missing: permissions that it does not allow, each with the states that need it and why. unused: actions that it allows and
    nothing needs. wider: actions or ARNs with wildcards, each with what would be enough. conditional: permissions that it
    allows only under conditions, which are not judged here.
    """

    missing: tuple[tuple[Permission, tuple[str, ...], str], ...]
    unused: tuple[tuple[str, str], ...]
    wider: tuple[tuple[str, str, tuple[str, ...]], ...]
    conditional: tuple[tuple[Permission, str], ...] = ()

    def __str__(self) -> str:
        lines = [
            f"missing: {one.action} on {one.resource} ({', '.join(states)}){f': {why}' if why else ''}"
            for one, states, why in self.missing
        ]
        lines += [f"under a condition: {one.action} on {one.resource}: {words}" for one, words in self.conditional]
        lines += [f"unused: {action} on {resource}" for action, resource in self.unused]
        lines += [
            f"wider than needed: {action} on {arn}: enough is {', '.join(enough)}" for action, arn, enough in self.wider
        ]
        return "\n".join(lines) or "The role allows what the machine needs, and no more."

    def as_json(self) -> dict[str, Json]:
        """Return the comparison as JSON values."""
        return {
            "missing": [
                {"action": one.action, "resource": one.resource, "states": list(states), "why": why}
                for one, states, why in self.missing
            ],
            "unused": [{"action": action, "resource": resource} for action, resource in self.unused],
            "wider": [{"action": a, "resource": r, "enough": list(enough)} for a, r, enough in self.wider],
            "conditional": [
                {"action": one.action, "resource": one.resource, "condition": words} for one, words in self.conditional
            ],
        }


def review(needed: Mapping[Permission, tuple[str, ...]], role: Json) -> RoleReview:
    """Compare what is needed with the policy documents in a value. Raises InputError where there is none."""
    statements = list(_statements(role))
    if not statements:
        raise InputError("There is no policy with a Statement in what was given for the role.")
    allows = [one for one in statements if one.get("Effect") == "Allow"]
    denies = [one for one in statements if one.get("Effect") == "Deny"]
    missing, conditional = [], []
    for one, states in needed.items():
        covering = [each for each in allows if _covers(each, one)]
        denied = next((each for each in denies if not each.get("Condition") and _covers(each, one)), None)
        if denied is not None:
            missing.append((one, states, "a statement denies it"))
        elif not covering:
            near = any(_has_action(each, one.action) for each in allows)
            missing.append((one, states, "allowed on other resources only" if near else ""))
        elif not any(_met(each.get("Condition"), one) for each in covering):
            conditional.append((one, json.dumps(covering[0]["Condition"])))
    unused: list[tuple[str, str]] = []
    wider: list[tuple[str, str, tuple[str, ...]]] = []
    for statement in allows:
        for action in _list(statement.get("Action")):
            _judge(statement, str(action), needed, unused, wider)
        if "NotAction" in statement:
            enough = tuple(dict.fromkeys(one.action for one in needed))
            wider.append((f"all but {', '.join(_list(statement['NotAction']))}", _arns(statement), enough))
    return RoleReview(tuple(missing), tuple(unused), tuple(wider), tuple(conditional))


def _judge(
    statement: Mapping[str, Any],
    action: str,
    needed: Iterable[Permission],
    unused: list[tuple[str, str]],
    wider: list[tuple[str, str, tuple[str, ...]]],
) -> None:
    meant = [one for one in needed if _match(action.lower(), one.action.lower())]
    reached = [one for one in meant if _on(statement, one) or _overlaps(statement, one)]
    if not reached:
        unused.append((action, _arns(statement)))
        return
    if "*" in action or "?" in action:
        wider.append((action, _arns(statement), tuple(dict.fromkeys(one.action for one in reached))))
    for arn in _list(statement.get("Resource")):
        pattern = _placeholders(str(arn))
        under = list(dict.fromkeys(one.resource for one in reached if _arn_match(pattern, one.resource)))
        if (
            under
            and ANY not in under
            and ("*" in pattern or "?" in pattern)
            and all(_narrower(one, pattern) for one in under)
        ):
            wider.append((action, str(arn), tuple(under)))


def _narrower(arn: str, pattern: str) -> bool:
    """Tell whether an ARN names less than a pattern: something that the pattern leaves open, beyond region and account."""
    one, other = arn.split(":", 5), pattern.split(":", 5)
    return pattern == ANY or (
        len(one) == len(other) == 6 and one[5] != other[5] and one[5].count("*") <= other[5].count("*")
    )


def _statements(value: Json) -> Iterator[dict[str, Any]]:
    if isinstance(value, str):
        text = unquote(value) if value.lstrip().startswith("%7B") else value
        if '"Statement"' in text:
            try:
                yield from _statements(json.loads(text))
            except ValueError:
                return
    elif isinstance(value, list):
        for one in value:
            yield from _statements(one)
    elif isinstance(value, dict):
        found = value.get("Statement")
        for one in _list(found):
            if isinstance(one, dict) and "Effect" in one:
                yield one
        for key, one in value.items():
            if key != "Statement" and key not in _TRUST:
                yield from _statements(one)


def _list(value: Json) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _arns(statement: Mapping[str, Any]) -> str:
    if "NotResource" in statement:
        return f"all but {', '.join(map(str, _list(statement['NotResource'])))}"
    return ", ".join(map(str, _list(statement.get("Resource")))) or "nothing"


def _covers(statement: Mapping[str, Any], needed: Permission) -> bool:
    return _has_action(statement, needed.action) and _on(statement, needed)


def _has_action(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not any(_match(str(one).lower(), action.lower()) for one in _list(statement["NotAction"]))
    return any(_match(str(one).lower(), action.lower()) for one in _list(statement.get("Action")))


def _on(statement: Mapping[str, Any], needed: Permission) -> bool:
    if "NotResource" in statement:
        return not any(_arn_match(_placeholders(str(one)), needed.resource) for one in _list(statement["NotResource"]))
    return any(_arn_match(_placeholders(str(one)), needed.resource) for one in _list(statement.get("Resource")))


def _overlaps(statement: Mapping[str, Any], needed: Permission) -> bool:
    """Tell whether a statement's ARN is one of those that a need with wildcards may mean."""
    return any(_arn_match(needed.resource, _placeholders(str(one))) for one in _list(statement.get("Resource")))


def _met(condition: Json, needed: Permission) -> bool:
    """Tell whether a statement's conditions are none but those that the need itself has."""
    if not condition:
        return True
    own = {(operator, key): value for operator, key, value in needed.condition}
    return isinstance(condition, dict) and all(
        own.get((operator, key)) in _list(value) or _like(own, key, value)
        for operator, pairs in condition.items()
        for key, value in (pairs.items() if isinstance(pairs, dict) else ())
    )


def _like(own: Mapping[tuple[str, str], str], key: str, patterns: Json) -> bool:
    given = next((value for (_, name), value in own.items() if name == key), None)
    return given is not None and any(_match(str(one), given) for one in _list(patterns))


def _arn_match(pattern: str, arn: str) -> bool:
    """Tell whether a pattern covers an ARN; a region or account that is not known counts as any."""
    if _match(pattern, arn):
        return True
    one, other = pattern.split(":", 5), arn.split(":", 5)
    if len(one) != 6 or len(other) != 6:
        return False
    parts = [a == b or ANY in (a, b) for a, b in zip(one[1:5], other[1:5], strict=True)]
    return all(parts) and _match(one[5], other[5])


def _placeholders(text: str) -> str:
    """Return an ARN of a template with a wildcard for each name that only a deployment knows."""
    made = re.sub(r"\$\{[^}]*\}", ANY, text)
    return f"arn:*:*:*:*:{ANY}" if made == ANY and text != ANY else made


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern), re.DOTALL)


def _match(pattern: str, text: str) -> bool:
    return _regex(pattern).fullmatch(text) is not None
