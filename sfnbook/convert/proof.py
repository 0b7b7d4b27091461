"""The proof of a conversion: both versions run, with the same tasks, inputs and failures, and are compared.

Inputs are the given ones and made ones: every path that the definition reads is there, with values that its Choice rules
ask for; and with one of them missing. Tasks answer with data that later paths find, and fail in each way a Retry or
Catch names.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from sfnbook.convert.to_jsonata import convert
from sfnbook.errors import SfnbookError
from sfnbook.query.scope import ABSENT
from sfnbook.runtime.task import Scripted, Task, at_once
from sfnbook.tasks.aws.datasets.buckets import Buckets, Stored
from sfnbook.tasks.mocks import raises, returns, script
from sfnbook.values import Json, copy_of, to_text

if TYPE_CHECKING:
    from sfnbook.machine import StateMachine

MAX_INPUTS: Final = 40
MAX_ROUNDS: Final = 40
MAX_EVENTS: Final = 600
"""A run ends after so many events: a loop that nothing ends shows what it does in its first rounds."""

MAX_VISITS: Final = 20_000
"""So many visits of states, in all runs of one comparison, are enough."""
_PATH: Final = re.compile(r"(?<![$\w])\$((?:\.[A-Za-z_]\w*|\['[^']+'\]|\[\d+\]|\[\*\]|\[\d*:\d*\])+)")
_STEP: Final = re.compile(r"\.[A-Za-z_]\w*|\['[^']+'\]|\[\d+\]|\[\*\]|\[\d*:\d*\]")


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
    definition: Mapping[str, Any] = copy_of(dict(machine._definition.machine.fields))
    if definition.get("QueryLanguage") == "JSONata":
        return Conversion(definition, machine, {}, 0)
    examples = _Examples(machine, inputs)
    keep: dict[str, str] = {}
    counterexamples: list[str] = []
    tries: list[_Try] = []
    runs = 0
    for _ in range(MAX_ROUNDS):
        made, reasons = convert(definition, frozenset(keep))
        found, count = _difference(machine, made, examples, tries)
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
        for inner in _inside(state):
            yield from _names(inner)


def _difference(
    machine: StateMachine, new: Mapping[str, Any], examples: _Examples, found: list[_Try]
) -> tuple[tuple[str, str] | None, int]:
    """Return the first state that does something else, and how, with the number of pairs that were run.

    found: the tries that found a difference before: they are first.
    """
    old: Mapping[str, Any] = machine._definition.machine.fields
    try:
        after = _bounded(machine, new)
    except SfnbookError as refused:
        diagnostics = getattr(refused, "diagnostics", ())
        places = [one.location for one in diagnostics if one.severity == "ERROR"]
        state = next((name for place in places for name in reversed(place.split("/")) if name in set(_names(old))), "")
        return (state, f"AWS would refuse it: {diagnostics[0].message if diagnostics else refused}"), 0
    count = visits = 0
    for one in dict.fromkeys([*found, *examples.tries]):
        left, right = examples.before(one), examples.run(after, one)
        count += 1
        visits += len(left.run.visits)
        if (different := _compare(left, right)) is not None:
            found.append(one)
            text = to_text(examples.inputs[one.input])
            return (different[0], f"{different[1]}, for the input {text[:300]}"), count
        if visits > MAX_VISITS:
            break
    return None, count


class _Try(NamedTuple):
    """One comparison: the input's number, and the task that fails with an error, "" for none."""

    input: int
    task: str = ""
    error: str = ""


class _Done(NamedTuple):
    """A run and what it asked of tasks and buckets, by who asked."""

    run: Any
    asked: Mapping[str, list[Json]]


class _Examples:
    """Everything that a machine is tried with, and what it did itself, run once for each."""

    def __init__(self, machine: StateMachine, inputs: Iterable[Json]) -> None:
        definition: Mapping[str, Any] = copy_of(dict(machine._definition.machine.fields))
        self.inputs = [*inputs, *itertools.islice(made_inputs(definition), MAX_INPUTS)]
        self.answers = list(_task_answers(definition))
        self.tasks = _tasks(definition)
        self.own = dict(_lists(definition, self.answers[0]))
        self.readers = _readers(definition)
        failing = [(task, error) for task, errors in self.tasks.items() for error in errors]
        first = range(min(2, len(self.inputs)))
        self.tries = [_Try(index) for index in range(len(self.inputs))]
        self.tries += [_Try(index, task, error) for task, error in failing for index in first]
        self._machine = _bounded(machine, definition)
        self._runs: dict[_Try, _Done] = {}

    def before(self, one: _Try) -> _Done:
        """Return the run of the machine as it was."""
        if one not in self._runs:
            self._runs[one] = self.run(self._machine, one)
        return self._runs[one]

    def run(self, machine: StateMachine, one: _Try) -> _Done:
        """Run a version: its tasks and buckets answer by how often they were asked, and note what they were asked."""
        asked: dict[str, list[Json]] = {}
        bind = {
            name: _Answering(
                name, [*self.own.get(name, ()), *self.answers], one.input, one.error if name == one.task else "", asked
            )
            for name in self.tasks
        }
        places = Buckets(client=object())
        places.store = _Store(self.readers, asked)
        run = machine.run(
            self.inputs[one.input], bind=bind, buckets=places, name="proof", clock="virtual@2026-01-01T00:00:00Z"
        )
        return _Done(run, asked)


def _bounded(machine: StateMachine, definition: Mapping[str, Any]) -> StateMachine:
    """Return a version whose runs end soon, also where a loop waits for an answer that never comes."""
    made = machine.variant(definition)
    made._program = dataclasses.replace(made._program, most_events=MAX_EVENTS)
    return made


class _Answering:
    """Answers one task, a callback or an activity too: the next of the made answers at each call, or always an error."""

    text = "proof"

    def __init__(self, name: str, answers: list[Json], first: int, error: str, asked: dict[str, list[Json]]) -> None:
        self.noted = asked.setdefault(name, [])
        self.answers, self.first, self.error = answers, first, error

    @at_once
    def handle(self, task: Task) -> Scripted:
        """Answer a task (see `sfnbook.runtime.task.Handler`)."""
        self.noted.append(task.input)
        answer = self.answers[(self.first + len(self.noted) - 1) % len(self.answers)]
        outcome = raises(self.error, "tried") if self.error else returns(answer)
        return script([outcome]).scripted(task, outcome, {} if task.resource.pattern else ...)


class _Store:
    """Buckets in which every key is: its content fits the Map that reads it as far as one can tell."""

    def __init__(self, readers: list[Mapping[str, Any]], asked: dict[str, list[Json]]) -> None:
        self.readers = readers
        self.noted = asked.setdefault("S3", [])

    def open(self, bucket: str, key: str, version: str | None = None) -> BinaryIO:
        self.noted.append(["get", bucket, key, version])
        return io.BytesIO(_content(self.readers[0] if self.readers else {}).encode())

    def list(self, bucket: str, prefix: str) -> Iterator[Stored]:
        self.noted.append(["list", bucket, prefix])
        for name in ("a.json", "b.json"):
            yield Stored(f"{prefix}{name}", 2, 1_767_225_600.0, f'"{name}"')

    def put(self, bucket: str, key: str, chunks: Iterable[bytes]) -> int:
        body = b"".join(chunks)
        self.noted.append(["put", bucket, key, body.decode("utf-8", "replace")])
        return len(body)


def _readers(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the ReaderConfigs of a definition's Maps."""
    found = []
    for state in definition["States"].values():
        if "ItemReader" in state:
            found.append(state["ItemReader"].get("ReaderConfig") or {})
        for inner in _inside(state):
            found += _readers(inner)
    return found


def _content(config: Mapping[str, Any]) -> str:
    """Return two items as a ReaderConfig wants them."""
    items: Json = [{"id": "1", "name": "one", "key": "a"}, {"id": "2", "name": "two", "key": "b"}]
    match config.get("InputType"):
        case "CSV":
            head = "" if config.get("CSVHeaders") else "id,name,key\n"
            return head + "1,one,a\n2,two,b\n"
        case "JSONL":
            return "".join(f"{to_text(one)}\n" for one in items)
    for part in reversed(str(config.get("ItemsPointer", "")).split("/")[1:]):
        items = {part: items}
    return to_text(items)


def _inside(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the machines inside a state."""
    yield from state.get("Branches", ())
    yield from (state[key] for key in ("ItemProcessor", "Iterator") if key in state)


def _compare(before: _Done, after: _Done) -> tuple[str, str] | None:
    """Return the state at which two runs part, and how; None where they do the same.

    Names of failures inside expressions differ by the languages' nature, so there only the failure counts.
    """
    left, right = before.run, after.run
    last = ""
    lines, others = _lines(left), _lines(right)
    cut = _is_cut(left) or _is_cut(right)
    failed = left.error in _UNREADABLE and any(words in (left.cause or "") for words in _OF_JSONPATH)
    failed = failed or any(
        _failed_alike(left, one, other)
        for where in lines
        for one, other in zip(lines[where], others.get(where, ()), strict=False)
    )
    for where in dict.fromkeys((*lines, *others)):
        for one, other in itertools.zip_longest(lines.get(where, ()), others.get(where, ())):
            if one is not None and other is not None and _failed_alike(left, one, other):
                break
            if one is None or other is None or one.name != other.name:
                if (cut or failed) and (one is None or other is None):
                    break
                names = [visit.name if visit is not None else "nothing" for visit in (one, other)]
                return last or names[0], f"{names[0]} follows in JSONPath, {names[1]} in JSONata"
            values = [visit.output for visit in (one, other)]
            if values[0] != values[1] and not ((cut or failed) and ABSENT in values):
                texts = ["nothing" if value is ABSENT else to_text(value)[:200] for value in values]
                return one.name, f"its output is {texts[0]} in JSONPath, {texts[1]} in JSONata"
            last = one.name
    for name, asked in before.asked.items():
        for one, other in zip(asked, after.asked.get(name, ()), strict=False):
            if one != other:
                state = last if name == "S3" else name
                return state, f"it asks with {to_text(one)[:200]} in JSONPath, {to_text(other)[:200]} in JSONata"
    if not (cut or failed) and (
        left.status != right.status or (left.status == "SUCCEEDED" and left.output != right.output)
    ):
        return last, f"{left.status} ({left.error}) in JSONPath, {right.status} ({right.error}) in JSONata"
    return None


def _is_cut(run: Any) -> bool:
    return run.status == "FAILED" and "maximum number of history events" in (run.cause or "")


def _lines(run: Any) -> dict[str, list[Any]]:
    """Return the visits of a run by branch and iteration: those of different lines come in any order.

    Inner lines come first, so that a fault is found where it began.
    """
    lines: dict[str, list[Any]] = {}
    for visit in run.visits:
        lines.setdefault(visit.where, []).append(visit)
    return dict(sorted(lines.items(), key=lambda pair: -len(pair[1][0].frame)))


_UNREADABLE: Final = frozenset({"States.Runtime", "States.ParameterPathFailure", "States.IntrinsicFailure"})


_OF_JSONPATH: Final = ("could not be used to start the Task", "Unable to apply Path transformation to null")
"""Failures that JSONPath alone has: what Parameters may hold is looked at more closely there, and null is no data."""


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
        for inner in _inside(state):
            found |= _tasks(inner)
    return found


# -- made data -------------------------------------------------------------------------------------------------------


def made_inputs(definition: Mapping[str, Any]) -> Iterator[Json]:
    """Yield inputs: with all that is read, empty, with numbers and null for texts, with lists of one, none and lists, with
    each value that a Choice asks for, with one path missing at a time."""
    whole = _answers(definition)
    yield whole
    yield {}
    yield from _varied(whole)
    for path, value in _wanted(definition):
        yield _with(whole, path, value)
    yield from _lacking(whole)


def _lists(definition: Mapping[str, Any], whole: Json) -> Iterator[tuple[str, list[Json]]]:
    """Yield the tasks whose ResultPath leads to where a list is read, each with such a list as its first answer."""
    for name, state in definition["States"].items():
        place = state.get("ResultPath")
        if state["Type"] == "Task" and isinstance(place, str) and place.startswith("$.") and isinstance(whole, dict):
            found: Json = whole
            for step in place[2:].split("."):
                found = found.get(step) if isinstance(found, dict) else None
            if isinstance(found, list):
                yield name, [found]
        for inner in _inside(state):
            yield from _lists(inner, whole)


def _varied(whole: Json) -> Iterator[Json]:
    """Yield a value with other leaves and other lists."""
    for leaf in (7, None, True):
        yield _mapped(whole, _instead_of_text(leaf))
    for items in (_one, _none, _nested):
        if (changed := _mapped(whole, _of_lists(items))) != whole:
            yield changed


def _instead_of_text(leaf: Json) -> Callable[[Json], Json]:
    return lambda value: leaf if value == "text" else value


def _of_lists(items: Callable[[list[Json]], Json]) -> Callable[[Json], Json]:
    return lambda value: items(value) if isinstance(value, list) else value


def _one(items: list[Json]) -> Json:
    return items[:1]


def _none(_: list[Json]) -> Json:
    return []


def _nested(items: list[Json]) -> Json:
    """Return a list of lists in place of one of plain values; where objects are meant no list is."""
    return items if any(isinstance(one, dict) for one in items) else [items, items[:1]]


def _mapped(value: Json, change: Callable[[Json], Json]) -> Json:
    if isinstance(value, dict):
        return {name: _mapped(one, change) for name, one in value.items()}
    return change([_mapped(one, change) for one in value] if isinstance(value, list) else value)


def _lacking(value: Json) -> Iterator[Json]:
    """Yield an object with one of its fields missing at a time, inner ones after outer ones."""
    if isinstance(value, dict):
        for name in value:
            yield {key: one for key, one in value.items() if key != name}
        for name, inner in value.items():
            for changed in _lacking(inner):
                yield {**value, name: changed}


def _task_answers(definition: Mapping[str, Any]) -> Iterator[Json]:
    """Yield what tasks answer, one after the other: everything that is read, wherever a ResultPath puts it; then each
    value that a Choice asks for, so that loops that wait for it end."""
    whole = _answers(definition)
    inner = _answers(definition, suffixes=True)
    whole = {**inner, **whole} if isinstance(whole, dict) and isinstance(inner, dict) else whole
    yield whole
    for path, value in _wanted(definition):
        changed = _with(whole, path, value)
        names = path.split(".")[1:]
        for start in range(1, len(names)):
            changed = _with(changed, "$." + ".".join(names[start:]), value)
        yield changed
    yield from _varied(whole)


def _answers(definition: Mapping[str, Any], *, suffixes: bool = False) -> Json:
    """Return an object in which every path of the definition finds something. suffixes: its last parts, too."""
    made: Json = {}
    text = json.dumps(definition)
    first = json.dumps(definition["States"][definition["StartAt"]])
    for match in _PATH.findall(text):
        if match.startswith("[") and f"${match}" not in first:
            continue  # an array that a Parallel or a Map has made, not the input
        steps = ["*" if ":" in part else part.strip("[]'.") for part in _STEP.findall(match)]
        for start in range(len(steps)) if suffixes else (0,):
            if start == 0 or not steps[start].isdigit():
                made = _put(made, steps[start:], "text")
    for path, value in _wanted(definition):
        made = _with(made, path, value)
    for items in _items(definition):
        if items != "$" and not items.startswith("$$"):
            inner = dict(made) if isinstance(made, dict) else {"of": made}
            made = _with(made, items, [{**inner, "n": 1}, {**inner, "n": 2}])
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
        for inner in _inside(state):
            yield from _items(inner)
