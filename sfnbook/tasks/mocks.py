"""Mocks: answers written down beforehand for the calls of a Task state, one call after the other.

Owns the scripts of answers, their ranges ("0", "1-2") and Step Functions Local's MockConfigFile.json. A mock never calls
anything and never sleeps: an answer that comes `after` some seconds comes so on the machine's clock.
"""

from __future__ import annotations

import bisect
import difflib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from sfnbook.engine.execution import Execution
from sfnbook.errors import RUNTIME, BindingError, InputError, TaskError
from sfnbook.language.resource import Resource
from sfnbook.runtime.task import Handler, Scripted, Task, at_once
from sfnbook.values import Json, copy_of, from_text, wire_copy

CHECKS: Final = ("STRICT", "PRESENT", "NONE")
"""How closely a mocked result is compared with the service's API model, in TestState's words."""

_RANGE: Final = re.compile(r"(\d+)(?:-(\d+))?")
_INVOKE: Final = frozenset({"StatusCode", "Payload", "ExecutedVersion", "FunctionError", "LogResult"})


# -------------------------------------------------------------------------------------------------------- outcomes
@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call comes to. Made by `returns` and `raises`. after: seconds on the machine's clock, None unless said."""

    output: Json = None
    error: str | None = None
    cause: str = ""
    after: float | None = None


def returns(output: Json = None, *, after: float | None = None) -> Outcome:
    """The call succeeds with ``output``, ``after`` so many seconds. Raises InputError for what is no JSON."""
    try:
        return Outcome(wire_copy(output), after=_seconds(after))
    except ValueError as fault:
        raise InputError(f"A mocked result has to be JSON: {fault}.") from None


def raises(error: str, cause: str = "", *, after: float | None = None) -> Outcome:
    """The call fails with an Error name and a Cause, ``after`` so many seconds."""
    if not isinstance(error, str) or not isinstance(cause, str):
        raise InputError("raises(error, cause) takes two texts.")
    return Outcome(None, error, cause, _seconds(after))


def _seconds(after: float | None) -> float | None:
    if after is not None and (isinstance(after, bool) or not isinstance(after, (int, float)) or not after >= 0):
        raise InputError(f"after is a number of seconds, 0 or more, not {after!r}.")
    return after


class Script:
    """Outcomes for the calls of one state. Each execution goes through them from the first; the last one repeats.

    ends: the outcome of a call beyond the last one, where that does not repeat.
    """

    def __init__(self, steps: Sequence[tuple[int, Outcome]], after: float = 0.0, ends: Outcome | None = None) -> None:
        self.ends = ends
        self._steps = tuple((end, replace(one, output=copy_of(one.output))) for end, one in steps)
        self._ends = [end for end, _ in steps]
        self._after = after
        self._calls: WeakKeyDictionary[Execution, int] = WeakKeyDictionary()

    def next(self, task: Task) -> Outcome:
        """Return the outcome of this call. The calls of an execution ask in their order."""
        number = self._calls.get(task._execution, 0)
        self._calls[task._execution] = number + 1
        if self.ends is not None and number > self._ends[-1]:
            return self.ends
        return self._steps[min(bisect.bisect_left(self._ends, number), len(self._steps) - 1)][1]

    def scripted(self, task: Task, outcome: Outcome, submitted: Any = ...) -> Scripted:
        """Return an outcome as a handler's answer to a task."""
        after = self._after if outcome.after is None else outcome.after
        if outcome.error is not None:
            return Scripted(TaskError(outcome.error, outcome.cause), after, submitted)
        return Scripted(copy_of(_as_answered(task.resource, outcome.output)), after, submitted)

    def answering(self, task: Task, handler: Handler) -> Handler:
        """Return a handler that lets ``handler`` make the request and then gives the answer that others would give."""
        outcome = self.next(task)

        def answer(task: Task) -> Any:
            if task.resource.kind == "activity":
                return self.scripted(task, outcome)
            request = handler(task)
            if hasattr(request, "__await__"):
                return self._awaiting(task, outcome, request)
            return self.scripted(task, outcome, request)

        return answer

    async def _awaiting(self, task: Task, outcome: Outcome, request: Any) -> Scripted:
        return self.scripted(task, outcome, await request)


def _as_answered(resource: Resource, output: Json) -> Json:
    """A function called by its own ARN gives its bare result, also when the mock is written as Lambda's Invoke answers."""
    if resource.kind == "lambda" and isinstance(output, dict) and {"StatusCode", "Payload"} <= output.keys() <= _INVOKE:
        return output["Payload"]
    return output


def script(outcomes: Any, after: float = 0.0) -> Script:
    """Return the script that is meant: outcomes in their order, or a mapping of ranges (``{"0": ..., "1-2": ...}``).

    Raises InputError for anything else, for gaps and for overlaps.
    """
    if isinstance(outcomes, Mapping):
        return Script(_ranges(outcomes), after)
    steps = [(number, _outcome(outcome)) for number, outcome in enumerate(outcomes)]
    if not steps:
        raise InputError("A mock needs at least one outcome: returns(...) or raises(...).")
    return Script(steps, after)


def _outcome(value: Any) -> Outcome:
    if isinstance(value, Outcome):
        return value
    raise InputError(f"A mock's outcome is made with returns(...) or raises(...), not {value!r}.")


def _ranges(outcomes: Mapping[Any, Any]) -> list[tuple[int, Outcome]]:
    found = []
    for key, value in outcomes.items():
        match = _RANGE.fullmatch(str(key))
        if not match or (match[2] is not None and int(match[2]) < int(match[1])):
            raise InputError(
                f'"{key}" is no number of a call: write "0", or "1-2" for several. An answer is written returns({{...}}).'
            )
        found.append((int(match[1]), int(match[2] or match[1]), _outcome(value)))
    found.sort(key=lambda entry: entry[0])
    expected = 0
    for first, last, _ in found:
        if first != expected:
            raise InputError(f"The calls of a mock are numbered from 0 without gap or overlap: {expected} is wrong.")
        expected = last + 1
    if not found:
        raise InputError('A mock needs at least the outcome of its first call, "0".')
    return [(last, outcome) for _, last, outcome in found]


# ----------------------------------------------------------------------------------------------------------- mocks
class Mock:
    """Answers the calls of one Task state from a script. Give it to ``run(mocks=[...])``, ``run(bind=...)`` or ``bind``."""

    text = "mock"

    def __init__(self, state: str, answers: Script, check: str = "STRICT") -> None:
        if check not in CHECKS:
            raise InputError(f'Unknown check "{check}". Use {", ".join(CHECKS)}.')
        self.state = state
        self._script = answers
        self.check = check

    @at_once
    def handle(self, task: Task) -> Scripted:
        """Answer a task."""
        outcome = self._script.next(task)
        problem = self.problem(task.resource, outcome)
        if problem is not None:
            raise BindingError(problem)
        callback = task.resource.pattern != ""
        return self._script.scripted(task, outcome, {} if callback else ...)

    def problem(self, resource: Resource, outcome: Outcome) -> str | None:
        """Return what is wrong with an outcome by the service's API model, None when nothing is."""
        if outcome.error is not None or self.check == "NONE" or resource.kind != "service":
            return None
        from sfnbook.tasks.aws.api.model import result_problem  # loads botocore's models: only when a mock is checked

        fault = result_problem(resource, outcome.output, self.check)  # type: ignore[arg-type]  # one of CHECKS
        if fault is None:
            return None
        return f"The mock of {self.state} is no answer of {resource.label}: {fault}."

    def fits(self, resources: Mapping[str, Resource]) -> None:
        """Raise InputError unless it mocks one of these Task states with results that the service could give."""
        if self.state not in resources:
            raise InputError(f'There is no Task state "{self.state}" to mock. {_nearest(self.state, resources)}')
        for _, outcome in self._script._steps:
            problem = self.problem(resources[self.state], outcome)
            if problem is not None:
                raise InputError(problem)

    def __repr__(self) -> str:
        return f"<Mock of {self.state}: {len(self._script._steps)} outcome(s)>"


def mock(state: str, *outcomes: Outcome | Mapping[str, Outcome], after: float = 0.0, check: str = "STRICT") -> Mock:
    """Mock a Task state: its first call gives the first outcome, and so on; the last one repeats.

    outcomes: `returns` and `raises`, or one mapping ``{"0": raises("E"), "1-2": returns({})}``. after: seconds on the
    machine's clock before an answer that says none itself. check: how closely results are compared with the service's
    API model, STRICT, PRESENT or NONE as in TestState. Raises InputError.
    """
    _seconds(after)
    if len(outcomes) == 1 and isinstance(outcomes[0], Mapping):
        return Mock(state, script(outcomes[0], after), check)
    return Mock(state, script(outcomes, after), check)


def answer_scripts(given: Mapping[str, Any], resources: Mapping[str, Resource]) -> dict[str, Script]:
    """Return the scripted answers of callback tasks and activities, by state.

    A value is an outcome, a list of outcomes or the plain output. resources: those of the Task states there are. Raises
    InputError for a state that calls nothing.
    """
    found = {}
    for state, value in given.items():
        if state not in resources:
            raise InputError(f'There is no Task state "{state}" to answer. {_nearest(state, resources)}')
        if not resources[state].pattern and resources[state].kind != "activity":
            raise InputError(
                f"{state} waits for no answer from outside: it is neither a callback, a job nor an activity. "
                f"Give it a mock: mocks=[mock({state!r}, returns({{...}}))]."
            )
        if isinstance(value, Outcome):
            found[state] = script([value])
        elif isinstance(value, list) and value and all(isinstance(one, Outcome) for one in value):
            found[state] = script(value)
        else:
            found[state] = script([returns(value)])
    return found


def _nearest(name: str, names: Iterable[str]) -> str:
    known = list(names)
    near = difflib.get_close_matches(name, known, 1, 0.5)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"There are {', '.join(known)}." if known else "There is none."


# ------------------------------------------------------------------------------------------- MockConfigFile.json
def read_config(config: str | Path | Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Return a mock configuration: a dict as it is, or read from a file.

    Without one it is the file that SFN_MOCK_CONFIG names (as for Step Functions Local), else ./MockConfigFile.json.
    Raises InputError.
    """
    if isinstance(config, Mapping):
        return config
    path = Path(config or os.environ.get("SFN_MOCK_CONFIG") or "MockConfigFile.json").expanduser()
    try:
        found = from_text(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"Cannot read the mock configuration {path}: {fault}") from None
    except ValueError as fault:
        raise InputError(f"The mock configuration {path} is no JSON: {fault}.") from None
    if not isinstance(found, dict) or not isinstance(found.get("StateMachines"), dict):
        raise InputError(f"The mock configuration {path} has to be an object with StateMachines and MockedResponses.")
    return found


def configured(config: Mapping[str, Any], machine: str, test_case: str, check: str = "NONE") -> list[Mock]:
    """Return the mocks of a test case of a machine. Raises InputError that says what the configuration lacks."""
    cases = _member(_member(config, "StateMachines", machine, "state machine"), "TestCases", None, "")
    states = _entry(cases, test_case, f"test case of {machine}")
    responses = config.get("MockedResponses", config.get("MockedResponse", {}))
    return [Mock(state, _response(responses, name), check) for state, name in states.items()]


def _member(config: Any, field: str, key: str | None, what: str) -> Mapping[str, Any]:
    members = config.get(field) if isinstance(config, Mapping) else None
    if not isinstance(members, Mapping):
        raise InputError(f"The mock configuration has no object {field}.")
    return members if key is None else _entry(members, key, what)


def _entry(members: Mapping[str, Any], key: str, what: str) -> Mapping[str, Any]:
    if key not in members:
        raise InputError(f'The mock configuration has no {what} "{key}". {_nearest(key, members)}')
    found = members[key]
    if not isinstance(found, Mapping):
        raise InputError(f'The {what} "{key}" in the mock configuration has to be an object.')
    return found


def _response(responses: Any, name: Any) -> Script:
    """Return a mocked response's script; a call beyond its last outcome is States.Runtime (Step Functions Local)."""
    response = _entry(responses if isinstance(responses, Mapping) else {}, str(name), "mocked response")
    steps = script({number: _configured_outcome(name, entry) for number, entry in response.items()})._steps
    return Script(steps, ends=raises(RUNTIME, f'The mocked response "{name}" has no outcome for this call.'))


def _configured_outcome(name: str, entry: Any) -> Outcome:
    match entry:
        case {"Return": output}:
            return returns(output)
        case {"Throw": {"Error": str(error), **rest}}:
            return raises(error, str(rest.get("Cause", "")))
    raise InputError(f'The mocked response "{name}" needs Return, or Throw with an Error, for each call.')


def save_config(config: Mapping[str, Any], path: str | Path) -> None:
    """Write a mock configuration to a file, into what is there already. Raises InputError."""
    place = Path(path).expanduser()
    present: dict[str, Any] = dict(read_config(place)) if place.exists() else {}
    machines = dict(present.get("StateMachines", {}))
    for name, machine in config["StateMachines"].items():
        known = machines.get(name, {})
        machines[name] = {**known, "TestCases": {**known.get("TestCases", {}), **machine["TestCases"]}}
    responses = {**present.get("MockedResponses", {}), **config["MockedResponses"]}
    whole = {**present, "StateMachines": machines, "MockedResponses": responses}
    try:
        place.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as fault:
        raise InputError(f"Cannot write the mock configuration {place}: {fault.strerror}.") from None
