"""What a state did, in plain words: one line for an expression, a few sentences for a visit.

Made only when somebody looks, from a definition's fields and what was recorded. Evaluates nothing; knows no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NotRequired, TypedDict

from sfnbook.diagram.graph import called
from sfnbook.language.definition import State
from sfnbook.values import Json, to_text

_PATH: Final = re.compile(r"\$[\w.$\[\]*'@-]*(?![\w.$\[\]*'@-]|\s*\()")
"""A path; not a function's name, which a parenthesis follows."""
_BRACES: Final = re.compile(r"\{%(.*?)%\}", re.DOTALL)
MAX_TEXT: Final = 160


class Part(TypedDict):
    """A condition in a rule: its text, the value it saw as JSON text, and what came of it (None: not looked at)."""

    text: str
    value: NotRequired[str]
    matched: bool | None


class Rule(TypedDict):
    """A choice rule: its text, whether it matched (None: not tried), where it leads, what its parts saw."""

    text: str
    matched: bool | None
    next: str
    why: str
    parts: NotRequired[list[Part]]


def expression(field: str, text: Json) -> str:
    """Return in one line what made a stage: the field and the paths it took.

    >>> expression("Parameters", {"key.$": "$.order.id", "to.$": "$.table", "n": 1})
    'Parameters · took $.order.id, $.table'
    >>> expression("OutputPath", "$.order")
    'OutputPath $.order'
    >>> expression("Output", "{% $merge([$states.input, $order]) %}")
    'Output · took $states.input, $order'
    """
    if not field:
        return ""
    if text is None:
        return f"{field} null"
    if isinstance(text, str) and not text.lstrip().startswith("{%"):
        return f"{field} {_short(text)}"
    took = list(dict.fromkeys(paths(text)))
    if not took:
        return f"{field} · constant" if isinstance(text, (dict, list)) else f"{field} {_short(to_text(text))}"
    return f"{field} · took {_short(', '.join(took))}"


def paths(node: Json) -> Iterator[str]:
    """Yield the paths that a payload template or a JSONata field mentions, in order."""
    if isinstance(node, dict):
        for key, child in node.items():
            if key.endswith(".$") and isinstance(child, str):
                yield from (child,) if child.startswith("$") else _PATH.findall(child)
            else:
                yield from paths(child)
    elif isinstance(node, list):
        for child in node:
            yield from paths(child)
    elif isinstance(node, str):
        for inside in _BRACES.findall(node):
            yield from (found for found in _PATH.findall(inside) if len(found) > 1)


def words(
    state: State,
    *,
    status: str,
    fields: Sequence[tuple[str, Json]],
    next: str | None = None,
    error: str | None = None,
    attempts: int = 0,
    seconds: float | None = None,
    chosen: Sequence[Rule] = (),
) -> str:
    """Return one to four sentences that say what a visit did.

    fields: the (field, text) of its stages in order. attempts: how often its work was tried.
    """
    said = [
        _flow(field, text)
        for field, text in fields
        if field not in ("ResultSelector", "ResultPath", "OutputPath", "Output")
    ]
    said.append(_work(state, status=status, seconds=seconds, chosen=chosen, next=next))
    said.append(_failure(state, status=status, error=error, attempts=attempts, next=next))
    if status == "succeeded":
        said += [
            _flow(field, text)
            for field, text in fields
            if field in ("ResultSelector", "ResultPath", "OutputPath", "Output")
        ]
    return " ".join(sentence for sentence in said if sentence)


def _flow(field: str, text: Json) -> str:
    took = _listed(list(dict.fromkeys(paths(text))))
    match field:
        case "InputPath":
            return (
                f"InputPath took {text} of the input." if text is not None else "InputPath null left an empty object."
            )
        case "Parameters" | "Arguments" | "ItemSelector":
            return f"{field} built a new value from {took}." if took else f"{field} is a constant."
        case "ResultSelector":
            return (
                f"ResultSelector took {took} of the result."
                if took
                else "ResultSelector replaced the result by a constant."
            )
        case "ResultPath" if text is None:
            return "ResultPath null dropped the result and kept the input."
        case "ResultPath":
            return f"ResultPath put the result at {text}." if text != "$" else ""
        case "OutputPath":
            return f"OutputPath kept {text}." if text is not None else "OutputPath null left an empty object."
        case "Output":
            return f"Output was made from {took}." if took else "Output is a constant."
    return ""


def _work(state: State, *, status: str, seconds: float | None, chosen: Sequence[Rule], next: str | None) -> str:
    match state.type:
        case "Choice":
            for index, rule in enumerate(chosen):
                if rule["matched"]:
                    if rule["text"] == "Default":
                        return f"No rule matched, so Default led to “{rule['next']}”."
                    return f"Rule {index + 1} matched ({rule['text']}), so “{rule['next']}” came next."
            return f"It led to “{next}”." if next else ""
        case "Wait" if seconds is not None and status == "succeeded":
            return f"It waited {duration(seconds)} on the machine's clock."
        case "Task" if seconds is not None and status == "succeeded":
            return f"{called(state) or 'The task'} answered in {duration(seconds)}."
        case "Pass" if "Result" in state.fields:
            return "Its Result is written in the definition."
        case "Fail":
            return "It ended the execution as failed." if status == "failed" else ""
    return ""


def duration(seconds: float) -> str:
    """Return a duration with three digits.

    >>> duration(0.00576), duration(4.2)
    ('5.76 ms', '4.2 s')
    """
    if 0 < seconds < 0.1:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.3g} s" if seconds < 1000 else f"{seconds:,.0f} s"


def _failure(state: State, *, status: str, error: str | None, attempts: int, next: str | None) -> str:
    tried = f" after {attempts} attempts" if attempts > 1 else ""
    if status == "aborted":
        return "It was aborted, because something beside it failed or the run was stopped."
    if status == "running" and error is None:
        return ""
    if status == "succeeded":
        return f"It succeeded at attempt {attempts}." if attempts > 1 else ""
    if error is None or state.type == "Fail":
        return ""
    if status == "caught":
        return f"It failed with {error}{tried}; a Catch took it{f' to “{next}”' if next else ''}."
    retry = (
        "no Retry entry names it" if attempts <= 1 and state.get("Retry") else "" if attempts > 1 else "it has no Retry"
    )
    catch = "no Catch entry names it" if state.get("Catch") else "it has no Catch"
    if state.type not in ("Task", "Parallel", "Map"):
        return f"It failed with {error}."
    return f"It failed with {error}{tried}; {' and '.join(part for part in (retry, catch) if part)}."


def _listed(names: list[str]) -> str:
    shown = names[:4] + ([f"{len(names) - 4} more"] if len(names) > 4 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def _short(text: str, length: int = MAX_TEXT) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
