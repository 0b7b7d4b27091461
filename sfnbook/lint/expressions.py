"""What is wrong inside expressions: every one of a definition, each with why, where in it, and the cure.

AWS says only that a value is no valid expression, and only once the rest of the definition is right. Here every
expression is looked at by itself. A finding of these carries the rule ASL901, whose words for AWS are the compiler's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from sfnbook.language.checks import has_placeholder
from sfnbook.language.diagnostics import Path, location, nearest
from sfnbook.language.rule import MachineView, StateView
from sfnbook.lint.expression_texts import FUNCTIONS, JSONATA, expressions, without_texts
from sfnbook.lint.rule import walk
from sfnbook.query.data_flow import states_members
from sfnbook.query.jsonata import language as jsonata
from sfnbook.query.jsonpath import intrinsics
from sfnbook.query.jsonpath.language import JSONPATH
from sfnbook.query.jsonpath.paths import compile_path
from sfnbook.query.scope import ExpressionError

RULE: Final = "ASL901 invalid-expression"


class Wrong(NamedTuple):
    """What is wrong with an expression: its place, why, the cure, and the piece of it that is meant ("": all of it)."""

    path: Path
    message: str
    hint: str
    piece: str
    offset: int = -1


def wrong_expressions(machine: MachineView) -> Iterator[Wrong]:
    """Yield what is wrong with every expression of a machine."""
    for state in walk(machine):
        for path, text in expressions(state):
            if not has_placeholder(text):
                yield from _jsonata(path, text, state) if state.language == JSONATA else _jsonpath(path, text)
        yield from _conditions(state)


def _conditions(state: StateView) -> Iterator[Wrong]:
    rules = state.fields.get("Choices") if state.type == "Choice" and state.language != JSONATA else None
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict) and "Condition" in rule:
            path = (*state.path, "Choices", index, "Condition")
            yield Wrong(
                path, "Condition is JSONata's", 'Add "QueryLanguage": "JSONata" to the state or the machine', ""
            )


# -- JSONata


def _jsonata(path: Path, text: str, state: StateView) -> Iterator[Wrong]:
    from sfnbook.query.jsonata.library import jlens

    if "$eval" in text:
        yield Wrong(path, "Function $eval is not supported", "AWS has no $eval: write the expression itself", "$eval")
        return
    try:
        jlens.Expression(text)
    except jlens.JlensError as error:
        yield Wrong(
            path,
            str(error),
            _foreign_sign(text),
            "",
            min(int(getattr(error, "position", 0) or 0), max(len(text) - 1, 0)),
        )
        return
    except UnicodeEncodeError:
        return
    bare = without_texts(text)
    if match := _ADDED.search(bare):
        yield Wrong(path, "+ adds numbers only", "& joins texts", "", match.start())
        return
    yield from _calls(path, bare)
    field = location(path[len(state.path) :]).removeprefix("/")
    for refused in jsonata.JSONATA.refused(f"{{%{text}%}}", field, states_members(state.type, field)):
        name = re.search(r"'([^']+)'", str(refused))
        hint = ""
        if name and str(refused).startswith("Reference to"):
            hint = _TOP_LEVEL.get(name[1], "Write $states.input" + (f".{name[1]}" if "$" not in name[1] else ""))
        yield Wrong(path, str(refused), hint, name[1] if name else "")


_ADDED: Final = re.compile(r"""["'] *\+|\+ *["']""")
_SIGNS: Final = {
    "==": "JSONata compares with =",
    "&&": "JSONata writes and",
    "||": "JSONata writes or",
    "!==": "JSONata writes !=",
}
_TOP_LEVEL: Final = {
    "states": "Write $states",
    "States": "Intrinsic functions are JSONPath's: use JSONata's, as in 'text' & $states.input.id",
}


def _foreign_sign(text: str) -> str:
    """Return what JSONata has for an operator of other languages that stands in an expression, "" for none."""
    bare = without_texts(text)
    return next((words for sign, words in _SIGNS.items() if sign in bare), "")


_CALL: Final = re.compile(r"\$(\w+)\s*\(")


def _calls(path: Path, bare: str) -> Iterator[Wrong]:
    own = set(re.findall(r"\$(\w+)\s*:=", bare)) | {
        name.strip(" $") for match in re.findall(r"(?:function|λ)\s*\(([^)]*)\)", bare) for name in match.split(",")
    }
    for match in _CALL.finditer(bare):
        name = match[1]
        if name in own:
            continue
        if name not in FUNCTIONS:
            yield Wrong(
                path,
                f"There is no function ${name}",
                nearest(name, FUNCTIONS).replace('"', '"$', 1),
                f"${name}",
                match.start(),
            )
            continue
        count = _arguments(bare, match.end())
        least, most = FUNCTIONS[name]
        if count is not None and not least <= count <= most:
            piped = bool(re.search(r"~>\s*$|\.\s*$", bare[: match.start()]))
            if not (piped and count + 1 >= least and count <= most):
                wants = str(least) if least == most else f"{least} to {most}"
                message = f"${name} takes {wants} argument{'' if wants == '1' else 's'}, not {count}"
                yield Wrong(path, message, "", f"${name}", match.start())


def _arguments(text: str, at: int) -> int | None:
    """Return how many arguments stand between the parentheses that open just before ``at``."""
    depth, count, empty = 0, 0, True
    for char in text[at:]:
        if char in ")]}":
            if depth == 0:
                return 0 if empty else count + 1
            depth -= 1
        elif char in "([{":
            depth += 1
        elif char == "," and depth == 0:
            count += 1
        if not char.isspace():
            empty = False
    return None


# -- JSONPath


def _jsonpath(path: Path, text: str) -> Iterator[Wrong]:
    field = str(path[-1])
    try:
        if intrinsics.is_call(text):
            intrinsics.compile_call(text)
        elif field.endswith(".$"):
            compile_path(text)
        elif field == "Variable" or (field.endswith("Path") and field != "ResultPath"):
            JSONPATH.value(text, field)
    except ExpressionError as error:
        why = str(error.__cause__ or error)
        name = re.search(r"States\.(\w+)", why)
        hint = ""
        if "no intrinsic function" in why and name is not None:
            hint = nearest(name[1], intrinsics.INTRINSICS).replace('"', '"States.', 1)
        elif name is not None and (row := intrinsics.INTRINSICS.get(name[1])) is not None:
            most = "any number" if row.most is None else str(row.most)
            hint = f"It takes {row.least} to {most}" if row.most != row.least else f"It takes {row.least}"
        place = re.search(r"position (\d+)", why)
        piece = f"States.{name[1]}" if name is not None else ""
        yield Wrong(path, why[:1].upper() + why[1:], hint, piece, int(place[1]) if place else -1)
