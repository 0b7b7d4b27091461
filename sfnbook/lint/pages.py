"""The page of a rule: what it finds, why that is bad, an example, how to silence it. Made from the rules' docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Final

from sfnbook.errors import InputError
from sfnbook.language import rules as _rules  # noqa: F401  # importing it fills the lists of rules
from sfnbook.language.diagnostics import nearest
from sfnbook.language.rule import GRAPH_RULES, MACHINE_RULES, PARSER_RULES, STATE_RULES, TARGET_RULES, Rule
from sfnbook.lint import check as _check  # noqa: F401  # importing it registers the lint rules
from sfnbook.lint.rule import RULES

_SILENCE: Final = """\
How to silence it: "Comment": "sfnbook: ignore {code}" in the state or in the whole machine, or in pyproject.toml
    [tool.sfnbook]
    ignore = ["{code}"]"""
_REFUSED: Final = "AWS refuses such a definition, so nothing silences it."

_OTHER: Final = {
    "ASL901": ("invalid-expression", "An expression cannot be read: AWS refuses the definition."),
    "ASL902": ("unfilled-placeholder", "A placeholder stands where AWS wants a number, an object or a time."),
    "ASL001": ("invalid-json", "The text is no JSON. The column is where reading stopped."),
    "ASL002": ("duplicate-field", "A field stands twice in one object; only the last one would count."),
    "ASL003": ("invalid-yaml", "The text is no YAML. The column is where reading stopped."),
    "ASL004": ("empty-definition", "There is no text."),
    "ASL005": ("too-deep", "Values are nested deeper than any machine needs."),
    "ASL006": ("alias-bomb", "A YAML text whose aliases make more values than fit."),
    "ASL007": ("not-an-object", "The text is JSON, but a definition is an object with StartAt and States."),
    "ASL008": ("not-json", "A value that JSON cannot hold."),
    "ASL009": ("duplicate-state", "State names are unique in the whole machine, branches included."),
    "ASL010": ("too-large", "A definition has at most 1 MB (AWS: quotas); split it, or start child executions."),
    "ASL103": ("unknown-type", "A state has one of the eight types."),
    "ASL114": ("too-deeply-nested", "Machines inside machines inside machines, deeper than AWS takes."),
    "ASL708": ("duplicate-label", "A Label names one Map state of the whole machine."),
}


def page(code: str) -> str:
    """Return the page of a rule, by code or name. Raises InputError that names the nearest."""
    for known, name, level, text in pages():
        if code.upper() == known or code.lower() == name:
            silence = _REFUSED if level == "error" and known.startswith("ASL") else _SILENCE.format(code=known)
            return f"{known} {name} ({level})\n\n{text}\n\n{silence}"
    names = [word for known, name, _, _ in pages() for word in (known, name)]
    raise InputError(
        f"There is no rule {code}. {nearest(code.upper(), names) or nearest(code.lower(), names)}".rstrip()
    )


def pages() -> Iterator[tuple[str, str, str, str]]:
    """Yield every rule: code, name, level, text."""
    found: dict[str, tuple[str, str, list[str]]] = {}
    every: list[Rule] = [*PARSER_RULES.values(), *MACHINE_RULES, *TARGET_RULES, *GRAPH_RULES]
    every += [rule for rules in STATE_RULES.values() for rule in rules]
    for rule in every:
        _, level, texts = found.setdefault(rule.number, (rule.name, rule.severity.lower(), []))
        text = inspect.cleandoc(rule.check.__doc__ or "")
        if (rule.name not in PARSER_RULES and text and text not in texts) or (
            rule.name in PARSER_RULES and PARSER_RULES[rule.name] is not rule and text not in texts
        ):
            texts.append(text)
    for code, (name, text) in _OTHER.items():
        known = found.setdefault(code, (name, "error", []))
        if not known[2]:
            known[2].append(text)
    for code, one in RULES.items():
        found[code] = (one.name, one.level, [one.page])
    for code in sorted(found):
        name, level, texts = found[code]
        yield code, name, level, "\n\n".join(texts)
