"""Secrets masked in a recorded history, so that it can be kept beside the code.

Owns what a secret is and where one may stand: in inputs, outputs, parameters, variables and causes, also in JSON inside a text.
Names of states, types and ids stay, so that the history is still one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sfnbook.errors import InputError
from sfnbook.values import Json, from_text, to_text

SECRETS: Final = "secrets"
"""The word for the patterns of `_NAMES` and `_FORMS`."""

_NAMES: Final = re.compile(
    r"(?i)pass(word|wd|phrase)|secret|(^|[^a-z])token$|[a-z]token$|api_?-?key|authorization|credential|private_?-?key"
    r"|card_?-?number|^cvv$|^ssn$|^iban$"
)
_FORMS: Final = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}"  # ids of AWS access keys
    r"|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"  # JSON web tokens
    r"|(?<![\w-])(?:[sr]k|whsec|ghp|gho|glpat|xox[abp])[_-][\w-]{10,}"  # keys that say what they are
    r"|(?i:(?<=bearer )[\w.~+/-]{8,}=*)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----"
)

_DATA: Final = frozenset({"input", "output", "parameters", "cause", "assignedVariables"})

_SHORTEST: Final = 6
"""Characters of a secret that is looked for in other texts as well; a shorter one would be found by chance."""


class Masking:
    """Masks what patterns match: a member whose name one matches, and the parts of texts that one matches.

    patterns: regular expressions, or `SECRETS`. A secret has the same mask wherever it stands in one history, so that what
    was equal stays equal. Raises InputError for what is no regular expression.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._names: list[re.Pattern[str]] = []
        self._forms: list[re.Pattern[str]] = []
        for pattern in patterns:
            if pattern == SECRETS:
                self._names.append(_NAMES)
                self._forms.append(_FORMS)
                continue
            try:
                compiled = re.compile(pattern)
            except re.error as fault:
                raise InputError(f"The pattern {pattern!r} is no regular expression: {fault}.") from None
            if compiled.search(""):
                raise InputError(f"The pattern {pattern!r} matches everything.")
            self._names.append(compiled)
            self._forms.append(compiled)

    def events(self, events: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return GetExecutionHistory's events with the secrets masked."""
        masks: dict[str, str] = {}
        for text in (text for event in events for text in _texts(event)):
            for secret in self._found(text, named=False):
                masks.setdefault(secret, f"*** {len(masks) + 1}")
        everywhere = sorted((one for one in masks if len(one) >= _SHORTEST), key=len, reverse=True)
        known = re.compile("|".join(map(re.escape, everywhere))) if everywhere else None
        return [_with_data(event, lambda value: self._masked(value, masks, known, named=False)) for event in events]

    def _found(self, value: Json, *, named: bool) -> Iterator[str]:
        match value:
            case dict():
                for key, child in value.items():
                    yield from self._found(child, named=named or self._is_name(key))
            case list():
                for child in value:
                    yield from self._found(child, named=named)
            case str():
                inside = _inside(value)
                if inside is not None:
                    yield from self._found(inside, named=named)
                elif named and value:
                    yield value
                else:
                    for form in self._forms:
                        yield from (found[0] for found in form.finditer(value) if found[0])

    def _masked(self, value: Json, masks: Mapping[str, str], known: re.Pattern[str] | None, *, named: bool) -> Json:
        match value:
            case dict():
                return {
                    key: self._masked(child, masks, known, named=named or self._is_name(key))
                    for key, child in value.items()
                }
            case list():
                return [self._masked(child, masks, known, named=named) for child in value]
            case bool():
                return value
            case int() | float():
                return 0 if named or any(form.fullmatch(str(value)) for form in self._forms) else value
            case str():
                inside = _inside(value)
                if inside is not None:
                    return to_text(self._masked(inside, masks, known, named=named))
                if named and value:
                    return masks[value]
                text = value if known is None else known.sub(lambda found: masks[found[0]], value)
                for form in self._forms:
                    text = form.sub(lambda found: masks.get(found[0], "***"), text)
                return text
        return value

    def _is_name(self, key: str) -> bool:
        return any(name.search(key) for name in self._names)


def _inside(text: str) -> Json:
    """Return the object or list that a text is as JSON, None where it is none."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        found: Json = from_text(text)
    except ValueError:
        return None
    return found if isinstance(found, (dict, list)) else None


def _texts(event: Mapping[str, Any]) -> Iterator[Json]:
    for details in event.values():
        if isinstance(details, Mapping):
            yield from (_read(value) for key, value in details.items() if key in _DATA)


def _with_data(event: Mapping[str, Any], change: Callable[[Json], Json]) -> dict[str, Any]:
    return {
        member: {
            key: _written(value, change(_read(value))) if key in _DATA else value for key, value in details.items()
        }
        if isinstance(details, Mapping)
        else details
        for member, details in event.items()
    }


def _read(value: Any) -> Json:
    """Return what a text of JSON stands for, of a mapping of them (variables) each; a text that is none as it is."""
    if isinstance(value, Mapping):
        return {name: _read(text) for name, text in value.items()}
    try:
        return from_text(value)
    except ValueError:
        return value


def _written(before: Any, value: Any) -> Any:
    """Return a value in the form that it had: a text of JSON, or a text that was none."""
    if isinstance(before, Mapping):
        return {name: _written(text, value[name]) for name, text in before.items()}
    return value if isinstance(value, str) and not before.startswith('"') else to_text(value)
