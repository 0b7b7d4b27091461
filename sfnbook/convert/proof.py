"""The proof of a conversion: both versions run, with the same tasks, inputs and failures, and are compared.

Inputs are the given ones and made ones: every path that the definition reads is there, with values that its Choice rules
ask for; and with one of them missing. Tasks answer with data that later paths find, and fail in each way a Retry or
Catch names.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sfnbook.convert.to_jsonata import convert
from sfnbook.errors import SfnbookError, TaskError
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json, to_text

if TYPE_CHECKING:
    from sfnbook.machine import StateMachine

MAX_INPUTS: Final = 24
MAX_ROUNDS: Final = 40
MAX_VISITS: Final = 20_000
"""So many visits of states, in all runs of one comparison, are enough: a loop that nothing ends has thousands in each."""
_PATH: Final = re.compile(r"(?<![$\w])\$((?:\.[A-Za-z_]\w*|\['[^']+'\]|\[\d+\]|\[\*\])+)")


@dataclass(frozen=True)
class Conversion:
    """A definition in JSONata. machine: the machine with it. kept: the states that stay in JSONPath, each with why. runs: how many pairs were compared.

    counterexamples: what two versions of a state did differently, which is why it stays.
    """

    definition: Mapping[str, Any]
    machine: StateMachine
    kept: Mapping[str, str]
    runs: int
    counterexamples: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The definition as JSON text."""
        return json.dumps(self.definition, indent=2, ensure_ascii=False)


def to_jsonata(machine: StateMachine, inputs: Iterable[Json] = ()) -> Conversion:
    """Return a machine in JSONata as far as the two versions do the same.

    inputs: real ones, tried besides those that are made.
    """
    definition: Mapping[str, Any] = machine.definition.machine.fields
    examples = [*inputs, *itertools.islice(made_inputs(definition), MAX_INPUTS)]
    keep: dict[str, str] = {}
    counterexamples: list[str] = []
    runs = 0
    for _ in range(MAX_ROUNDS):
        made, reasons = convert(definition, frozenset(keep))
        if not made:
            break
        found, count = _difference(machine, made, examples, reasons)
        runs += count
        if found is None:
            return Conversion(made, machine.variant(made), {**reasons, **keep}, runs, tuple(counterexamples))
        state, words = found
        counterexamples.append(f"{state}: {words}")
        if state in keep:
            break
        keep[state] = words
    return Conversion(
        definition,
        machine,
        dict.fromkeys(_names(definition), "the two versions did not do the same"),
        runs,
        tuple(counterexamples),
    )


def _names(definition: Mapping[str, Any]) -> Iterator[str]:
    for name, state in definition["States"].items():
        yield name
        for inner in (
            *state.get("Branches", ()),
            *(state[key] for key in ("ItemProcessor", "Iterator") if key in state),
        ):
            yield from _names(inner)


def _difference(
    machine: StateMachine, new: Mapping[str, Any], examples: list[Json], reasons: Mapping[str, str]
) -> tuple[tuple[str, str] | None, int]:
    """Return the first state that does something else, and how, with the number of pairs that were run."""
    old: Mapping[str, Any] = machine.definition.machine.fields
    before = machine.variant(old)
    try:
        after = machine.variant(new)
    except SfnbookError as refused:
        diagnostics = getattr(refused, "diagnostics", ())
        places = [one.location for one in diagnostics if one.severity == "ERROR"]
        state = next((name for place in places for name in reversed(place.split("/")) if name in set(_names(old))), "")
        return (state, f"AWS would refuse it: {diagnostics[0].message if diagnostics else refused}"), 0
    tasks = _tasks(old)
    answers = _answers(old)
    failing: list[tuple[str, str]] = [("", ""), *((task, error) for task, errors in tasks.items() for error in errors)]
    count = visits = 0
    for data, (task, error) in [(one, failing[0]) for one in examples] + [
        (one, f) for one in examples[:2] for f in failing[1:]
    ]:
        runs = []
        for version in (before, after):
            bind = {name: _answering(answers, error if name == task else "") for name in tasks}
            runs.append(version.run(data, bind=bind, name="proof", clock="virtual@2026-01-01T00:00:00Z"))
        count += 1
        visits += sum(len(run.visits) for run in runs)
        if (different := _compare(*runs)) is not None:
            return (different[0], f"{different[1]}, for the input {to_text(data)[:300]}"), count
        if visits > MAX_VISITS:
            break
    return None, count


def _answering(answer: Json, error: str) -> Callable[[Json], Json]:
    def task(event: Json) -> Json:
        if error:
            raise TaskError(error, "tried")
        return {**answer, "event": event} if isinstance(answer, dict) else answer

    return task


def _compare(left: Any, right: Any) -> tuple[str, str] | None:
    """Return the state at which two runs part, and how; None where they do the same.

    Names of failures inside expressions differ by the languages' nature, so there only the failure counts.
    """
    last = ""
    lines, others = _lines(left), _lines(right)
    for where in dict.fromkeys((*lines, *others)):
        for one, other in itertools.zip_longest(lines.get(where, ()), others.get(where, ())):
            if one is not None and other is not None and _failed_alike(left, one, other):
                return None
            if one is None or other is None or one.name != other.name:
                names = [visit.name if visit is not None else "nothing" for visit in (one, other)]
                return last or names[0], f"{names[0]} follows in JSONPath, {names[1]} in JSONata"
            values = [visit.output for visit in (one, other)]
            if values[0] != values[1]:
                texts = ["nothing" if value is ABSENT else to_text(value)[:200] for value in values]
                return one.name, f"its output is {texts[0]} in JSONPath, {texts[1]} in JSONata"
            last = one.name
    if left.status != right.status or (left.status == "SUCCEEDED" and left.output != right.output):
        return last, f"{left.status} ({left.error}) in JSONPath, {right.status} ({right.error}) in JSONata"
    return None


def _lines(run: Any) -> dict[str, list[Any]]:
    """Return the visits of a run by branch and iteration: those of different lines come in any order.

    Inner lines come first, so that a fault is found where it began.
    """
    lines: dict[str, list[Any]] = {}
    for visit in run.visits:
        lines.setdefault(visit.where, []).append(visit)
    return dict(sorted(lines.items(), key=lambda pair: -len(pair[1][0].frame)))


_UNREADABLE: Final = frozenset({"States.Runtime", "States.ParameterPathFailure", "States.IntrinsicFailure"})


def _failed_alike(run: Any, one: Any, other: Any) -> bool:
    """Tell whether an expression failed at one state in both languages, which from there on differ by their nature:
    a Catcher of States.ALL takes JSONata's failure, and none takes States.Runtime."""
    failed = one.name == other.name and one.output is ABSENT and run.error in _UNREADABLE
    return bool(failed and (other.error == "States.QueryEvaluationError" or other.output is ABSENT))


def _tasks(machine: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the tasks by name, each with the errors that it is made to fail with."""
    found: dict[str, list[str]] = {}
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            named = [error for key in ("Retry", "Catch") for one in state.get(key, ()) for error in one["ErrorEquals"]]
            found[name] = list(dict.fromkeys("Tried" if error == "States.ALL" else error for error in named)) or [
                "Tried"
            ]
        for inner in (
            *state.get("Branches", ()),
            *(state[key] for key in ("ItemProcessor", "Iterator") if key in state),
        ):
            found |= _tasks(inner)
    return found


# -- made data -------------------------------------------------------------------------------------------------------


def made_inputs(definition: Mapping[str, Any]) -> Iterator[Json]:
    """Yield inputs: with all that is read, with each value that a Choice asks for, with one field missing at a time."""
    whole = _answers(definition)
    yield whole
    yield {}
    wanted = list(_wanted(definition))
    for path, value in wanted:
        yield _with(whole, path, value)
    for key in whole if isinstance(whole, dict) else ():
        yield {name: value for name, value in whole.items() if name != key}


def _answers(definition: Mapping[str, Any]) -> Json:
    """Return an object in which every path of the definition finds something."""
    made: Json = {}
    text = json.dumps(definition)
    for match in _PATH.findall(text):
        steps = [part.strip("[]'.") for part in re.findall(r"\.[A-Za-z_]\w*|\['[^']+'\]|\[\d+\]|\[\*\]", match)]
        made = _put(made, steps, "text")
    for path, value in _wanted(definition):
        made = _with(made, path, value)
    for items in _items(definition):
        made = (
            _with(
                made,
                items,
                [{"of": made, "n": 1}, {"of": made, "n": 2}]
                if not isinstance(made, dict)
                else [{**made, "n": 1}, {**made, "n": 2}],
            )
            if items != "$"
            else made
        )
    return made


def _put(data: Json, steps: list[str], value: Json) -> Json:
    if not steps:
        return value if data in (None, "text") or not isinstance(data, (dict, list)) else data
    first, *rest = steps
    if first == "*" or first.isdigit():
        items = list(data) if isinstance(data, list) else []
        size = max(int(first) + 1 if first.isdigit() else 2, len(items))
        items += [None] * (size - len(items))
        return [_put(one, rest, value) for one in items]
    found = dict(data) if isinstance(data, dict) else {}
    found[first] = _put(found.get(first), rest, value)
    return found


def _with(data: Json, path: str, value: Json) -> Json:
    steps = [part.strip("[]'.") for part in re.findall(r"\.[A-Za-z_]\w*|\['[^']+'\]|\[\d+\]", path)]
    return _set(data, steps, value)


def _set(data: Json, steps: list[str], value: Json) -> Json:
    if not steps:
        return value
    if steps[0].isdigit():
        items = list(data) if isinstance(data, list) else [None] * (int(steps[0]) + 1)
        items += [None] * (int(steps[0]) + 1 - len(items))
        items[int(steps[0])] = _set(items[int(steps[0])], steps[1:], value)
        return items
    found = dict(data) if isinstance(data, dict) else {}
    return {**found, steps[0]: _set(found.get(steps[0]), steps[1:], value)}


def _wanted(node: Json) -> Iterator[tuple[str, Json]]:
    """Yield the values that Choice rules compare with, each with its path."""
    if isinstance(node, dict):
        variable = node.get("Variable")
        if isinstance(variable, str) and variable.startswith("$."):
            for key, value in node.items():
                if re.match(r"(String|Numeric|Boolean|Timestamp)\w+$", key) and not key.endswith("Path"):
                    yield variable, value.replace("*", "x") if isinstance(value, str) else value
                    if isinstance(value, (int, float)) and not isinstance(value, bool):
                        yield variable, value + 1
        for one in node.values():
            yield from _wanted(one)
    elif isinstance(node, list):
        for one in node:
            yield from _wanted(one)


def _items(definition: Mapping[str, Any]) -> Iterator[str]:
    for state in definition["States"].values():
        if state["Type"] == "Map":
            yield state.get("ItemsPath", "$")
        for inner in (
            *state.get("Branches", ()),
            *(state[key] for key in ("ItemProcessor", "Iterator") if key in state),
        ):
            yield from _items(inner)
