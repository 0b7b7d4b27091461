"""AWS's TestState: one state tried out alone, with AWS's parameters, answer and refusals.

Owns the call: what it takes, what it refuses and in which words, and the shape of its answer. How the state behaves is
the engine's (`isolation`); what a mocked result may look like is the API models' (`bindings.apimodel`).
"""

# ruff: noqa: PT028  # test_state is AWS's name for the call, no test function
from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, Final

from sfnbook.engine.commands import Command, TaskFailed
from sfnbook.engine.program import CompiledMachine, CompiledState, Program
from sfnbook.errors import TIMEOUT, DefinitionError, InputError
from sfnbook.isolation import STATE_NAME, Isolated, Surroundings
from sfnbook.language import reader
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.language.texts import read_json
from sfnbook.machine import StateMachine, examine
from sfnbook.query.scope import ABSENT
from sfnbook.run import ACCOUNT, REGION
from sfnbook.runtime.capture import routing
from sfnbook.runtime.dispatch import UNBOUND, Answer, perform
from sfnbook.runtime.task import Task
from sfnbook.tasks.aws.api import model
from sfnbook.tasks.aws.datasets.map_datasets import READERS
from sfnbook.tasks.aws.http.client import Exchange, noted
from sfnbook.tasks.registry import Registry, unbound_cause
from sfnbook.tasks.resolve import built_in
from sfnbook.values import Json, from_text, to_text, wire_copy

_SECONDS: Final = 300.0
"""A test runs five minutes at most (API reference); then it fails with States.Timeout."""

_MOCKABLE: Final = frozenset({"Task", "Map", "Parallel"})

_MACHINE: Final = "StateMachine"
_EXECUTION: Final = "Execution"


class TestStateError(InputError):
    """The call is refused, as AWS refuses it. code: AWS's name of the exception. message: its words."""

    __test__: ClassVar = False  # pytest: no test class

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(f"{code}: {message}" + (f"\n{hint}" if hint else ""))
        self.code = code
        self.message = message


def _invalid(message: str, hint: str = "") -> TestStateError:
    return TestStateError("ValidationException", message, hint)


@dataclass(frozen=True, slots=True)
class _Subject:
    """The state under test: a program that starts at it, and whether a Map is around it."""

    program: Program
    state: CompiledState
    in_map: bool

    @property
    def resource(self) -> Resource | None:
        """A Task's resource."""
        return parse_resource(self.state.source.fields["Resource"]) if self.state.type == "Task" else None

    def inner(self, name: str | None) -> CompiledState | None:
        """Return the state of this name inside the Map or Parallel, None if there is none."""
        machines = (machine for branch in self.state.branches for machine, _ in _machines(branch, False))
        return next((machine.states[name] for machine in machines if name in machine.states), None)


def test_state(
    definition: str | Mapping[str, Any] | Path | StateMachine,
    *,
    input: Json = None,
    state_name: str | None = None,
    role_arn: str | None = None,
    inspection_level: str = "INFO",
    reveal_secrets: bool = False,
    variables: Json = None,
    context: Json = None,
    mock: Mapping[str, Any] | None = None,
    state_configuration: Mapping[str, Any] | None = None,
    bind: Mapping[str, Any] | Registry | None = None,
) -> dict[str, Any]:
    """Return what AWS's TestState answers (boto3's ``test_state``): status, output, nextState, error, inspectionData.

    definition: one state; or a whole machine, and ``state_name`` says which. input, variables, context, mock["result"]
    and state_configuration["mapItemReaderData"]: JSON text as in boto3, or the value itself. inspection_level: INFO,
    DEBUG or TRACE. mock: ``{"result" | "errorOutput": {"error", "cause"}, "fieldValidationMode"}``. bind: functions
    that answer a Task that is not mocked; they stand in for the role that AWS wants. With role_arn whatever answers in
    an execution does so here too: embedded services, other machines, HTTP endpoints (TRACE then shows request and
    response, with what a connection adds to it only for reveal_secrets). Raises TestStateError for what AWS refuses.
    """
    if isinstance(definition, StateMachine):
        bind = definition.bindings if bind is None else bind
        definition = definition._definition.text
    request = _request(
        definition=_written(definition),
        input=input,
        stateName=state_name,
        roleArn=role_arn,
        inspectionLevel=inspection_level,
        revealSecrets=reveal_secrets or None,
        variables=variables,
        context=context,
        mock=mock,
        stateConfiguration=state_configuration,
    )
    _check_request(request)
    subject = _subject(request["definition"], state_name)
    _check_subject(subject, request)
    data = _input(request.get("input", "{}"))
    around = _surroundings(subject, request, data)
    answer = _mocked(subject, request.get("mock"))
    tested = Isolated.start(subject.program, data, at=round(time.time(), 3), names=_names(role_arn))
    assert isinstance(tested, Isolated)
    tested.place(around)
    tested.enter()
    exchange = None
    iterations = tested.iterations
    if iterations is None and isinstance(answer, list):  # an ItemReader whose data was not given
        iterations = len(answer)
    if around.failures is not None and iterations is not None and around.failures > iterations:
        raise _invalid("Map iteration failure count must be less than or equal to the number of Map iterations")
    if tested.waits:
        if isinstance(answer, _Failure):
            tested.deny(answer.error, answer.cause)
        elif answer is not ABSENT:
            tested.give(answer)
        else:
            exchange = Exchange(secrets=reveal_secrets)
            tested.take(_performed(tested, _registry(bind), role_arn, exchange))
    return _response(tested, around, request, exchange)


test_state.__dict__["__test__"] = False  # pytest: no test function


# -------------------------------------------------------------------------------------------------------- the request
def _written(definition: str | Mapping[str, Any] | Path) -> str:
    match definition:
        case str():
            return definition
        case Path():
            try:
                return definition.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as fault:
                raise InputError(f"Cannot read {definition}: {fault}") from None
    return _text("definition", dict(definition))


def _request(**parameters: Any) -> dict[str, Any]:
    """Return the request as it goes over the wire: what is there, JSON as text."""
    request = {name: value for name, value in parameters.items() if value is not None}
    for name in ("input", "variables", "context"):
        if name in request:
            request[name] = _text(name, request[name])
    for name, inner in (("mock", "result"), ("stateConfiguration", "mapItemReaderData")):
        if isinstance(request.get(name), Mapping):
            request[name] = {key: value for key, value in request[name].items() if value is not None}
            if inner in request[name]:
                request[name][inner] = _text(inner, request[name][inner])
    return request


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    try:
        return to_text(wire_copy(value))
    except ValueError as fault:
        raise InputError(f"{name} is no JSON: {fault}.") from None


def _check_request(request: Mapping[str, Any]) -> None:
    """Refuse what can be refused before the definition is read."""
    report = model.malformed("stepfunctions", "TestState", request)
    if report:
        raise TestStateError("ParamValidationError", f"Parameter validation failed:\n{report}")
    broken = model.unacceptable("stepfunctions", "TestState", request)
    if broken:
        count = f"{len(broken)} validation error{'s' if len(broken) > 1 else ''} detected"
        raise _invalid(f"{count}: {'; '.join(broken)}")
    mock = request.get("mock")
    if mock is None:
        for name in (*request.get("stateConfiguration", {}), *(("context",) if "context" in request else ())):
            raise _invalid(f"TestState does not support {name[0].upper()}{name[1:]} when a mock is not specified.")
        return
    if request.get("revealSecrets"):
        raise _invalid("TestState does not support RevealSecrets when a mock is specified.")
    if "result" in mock and "errorOutput" in mock:
        raise _invalid("A test mock should have only one of the following fields: [result, errorOutput].")
    if "result" not in mock and "errorOutput" not in mock:
        raise _invalid("A mock must have a result or an errorOutput.")
    if "errorOutput" in mock and not mock["errorOutput"].get("error"):
        raise _invalid("A mock's errorOutput must have an error.")


def _input(text: str) -> Json:
    try:
        if not text.strip():
            raise ValueError("Invalid execution input.")
        return read_json(text)
    except ValueError as fault:
        raise TestStateError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{fault}'") from None


_REFUSED: Final = "Invalid Context object provided:"
_REFUSED_CONTEXT: Final = f"{_REFUSED} Context object"

_CONTEXT: Final[dict[str, dict[str, type]]] = {
    "Execution": {
        **dict.fromkeys(("Id", "Name", "RoleArn", "StartTime", "RedriveTime"), str),
        "Input": object,
        "RedriveCount": int,
    },
    "State": {"EnteredTime": str, "Name": str, "RetryCount": int},
    "StateMachine": {"Id": str, "Name": str},
    "Task": {"Token": str},
}
"""What a Context object that comes with a call may hold (guide, "Context object"; three refusals recorded by others)."""


def _json_object(request: Mapping[str, Any], name: str, refused: str) -> dict[str, Json] | None:
    """Return a parameter that must be the text of a JSON object, None without it. refused: how a refusal begins."""
    if name not in request:
        return None
    try:
        value = read_json(request[name])
    except ValueError as fault:
        raise _invalid(f"{refused} is not valid JSON: {fault}") from None
    if not isinstance(value, dict):
        raise _invalid(f"{refused} is not a JSON object")
    return value


def _surroundings(subject: _Subject, request: Mapping[str, Any], data: Json) -> Surroundings:
    configuration = request.get("stateConfiguration", {})
    culprit = subject.inner(configuration.get("errorCausedByState"))
    return Surroundings(
        variables=_json_object(request, "variables", "Invalid variables provided: the text") or {},
        context=_context(request, subject),
        role_arn=request.get("roleArn"),
        item={"Index": 0, "Value": data} if subject.in_map else None,
        retries=configuration.get("retrierRetryCount", 0),
        read=_read(subject, request),
        failures=configuration.get("mapIterationFailureCount"),
        by_task=culprit is not None and culprit.type == "Task",
    )


def _context(request: Mapping[str, Any], subject: _Subject) -> dict[str, Json] | None:
    """Return the Context object as given, None for AWS's own."""
    context = _json_object(request, "context", _REFUSED_CONTEXT)
    if context is None:
        return None
    for part, value in context.items():
        if part == "Map":
            raise _invalid(f"{_REFUSED} 'Map' field is not supported when mocking a Context object")
        if part not in _CONTEXT:
            raise _invalid(f"{_REFUSED} Field '{part}' is not allowed")
        if not isinstance(value, dict):
            raise _invalid(f"{_REFUSED_CONTEXT} contains '{part}' that is not a JSON object")
        for name, inner in value.items():
            if name not in _CONTEXT[part]:
                raise _invalid(f"{_REFUSED} Field '{name}' is not allowed")
            kind = _CONTEXT[part][name]
            if (isinstance(inner, bool) and kind is not object) or not isinstance(inner, kind):
                word = "string" if kind is str else "number"
                raise _invalid(f"{_REFUSED} {part}.{name} must be a {word}")
    resource = subject.resource
    if "Task" in context and (resource is None or not resource.pattern):
        raise _invalid(
            f"{_REFUSED_CONTEXT} contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service "
            "integration pattern"
        )
    return context


def _names(role_arn: str | None) -> dict[str, str]:
    place = f"arn:aws:states:{REGION}:{ACCOUNT}"
    return {
        "execution_arn": f"{place}:express:{_MACHINE}:{_EXECUTION}",
        "execution_name": _EXECUTION,
        "machine_arn": f"{place}:stateMachine:{_MACHINE}",
        "machine_name": _MACHINE,
        "role_arn": role_arn or "",
    }


# ----------------------------------------------------------------------------------------------- the state under test
def _subject(definition: str, name: str | None) -> _Subject:
    """Return the state: of the machine that ``definition`` is, or, without a name, the one that it is itself."""
    found, program, diagnostics = examine(definition if name is not None else _wrapped(definition), "STANDARD")
    if found is None or program is None:
        message = DefinitionError(diagnostics).aws_message
        hint = "\n".join(str(d) for d in diagnostics if d.severity == "ERROR")
        if name is None and _is_machine(definition):
            hint = "This is a whole machine: say which of its states with state_name."
        raise TestStateError("InvalidDefinition", message, hint)
    for machine, in_map in _machines(program.machine, False):
        state = machine.states.get(STATE_NAME if name is None else name)
        if state is not None:
            alone = CompiledMachine(state.name, machine.states, machine.address)
            return _Subject(replace(program, machine=alone, timeout=None), state, in_map)
    raise _invalid("State not found in definition")


def _machines(machine: CompiledMachine, in_map: bool) -> Iterator[tuple[CompiledMachine, bool]]:
    yield machine, in_map
    for state in machine.states.values():
        for branch in state.branches:
            yield from _machines(branch, in_map or state.type == "Map")


def _wrapped(definition: str) -> str | dict[str, Json]:
    """Return a machine of this one state, and an end for each state that it may go on to."""
    state = reader.read(definition).value
    if not isinstance(state, dict):
        return definition
    ends = {name: {"Type": "Succeed"} for name in _targets(state)}
    return {"StartAt": STATE_NAME, "States": {**ends, STATE_NAME: state}}


def _is_machine(definition: str) -> bool:
    written = reader.read(definition).value
    return isinstance(written, dict) and "States" in written


def _targets(state: Mapping[str, Json]) -> Iterator[str]:
    entries = [
        state,
        *(e for field in ("Choices", "Catch") if isinstance(state.get(field), list) for e in state[field]),
    ]
    for entry in entries:
        if isinstance(entry, dict):
            yield from (entry[f] for f in ("Next", "Default") if isinstance(entry.get(f), str))


def _check_subject(subject: _Subject, request: Mapping[str, Any]) -> None:
    """Refuse what does not go with this type of state."""
    state, kind = subject.state, subject.state.type
    if "mock" not in request:
        _check_unmocked(subject)
        return
    if kind not in _MOCKABLE:
        raise _invalid(f"State type '{kind}' is not supported when a mock is specified")
    configuration = request.get("stateConfiguration", {})
    culprit = configuration.get("errorCausedByState")
    if culprit is not None and subject.inner(culprit) is None:
        raise _invalid(f"State '{culprit}' not found in the states of '{state.name}'")
    if "mapIterationFailureCount" in configuration and kind != "Map" and not subject.in_map:
        raise _invalid("MapIterationFailureCount is only supported for Map states")
    if "mapItemReaderData" in configuration and "ItemReader" not in state.source.fields:
        raise _invalid("MapItemReaderData is only supported for Map states with an ItemReader")


def _check_unmocked(subject: _Subject) -> None:
    resource = subject.resource
    if subject.state.type in ("Map", "Parallel"):
        what = "Map or Parallel states"
    elif resource is not None and resource.kind == "activity":
        what = "Activity tasks"
    elif resource is not None and resource.pattern:
        what = f"the .{resource.pattern} service integration pattern"
    else:
        return
    types = "[Task, Wait, Pass, Succeed, Fail, Choice]"
    raise TestStateError(
        "InvalidDefinition",
        f"TestState API does not support {what}. Supported state types include: {types}",
        "It can be tested with a mock, for example mock={'result': ...}.",
    )


# ----------------------------------------------------------------------------------------------------------- the mock
@dataclass(frozen=True, slots=True)
class _Failure:
    """A mocked failure."""

    error: str
    cause: str | None


def _mocked(subject: _Subject, mock: Mapping[str, Any] | None) -> Json | _Failure:
    """Return what the mock answers, checked; ABSENT without a mock."""
    if mock is None:
        return ABSENT
    if "errorOutput" in mock:
        return _Failure(mock["errorOutput"]["error"], mock["errorOutput"].get("cause"))
    try:
        result = from_text(mock["result"])
    except ValueError:
        raise _invalid("Mocked result must be valid JSON") from None
    state, resource = subject.state, subject.resource
    if resource is None:
        exports = "Resource" in (state.source.get("ResultWriter") or {})
        if exports and not isinstance(result, dict):
            raise _invalid("Mocked result must be a JSON object.")
        if not exports and not isinstance(result, list):
            raise _invalid("Mocked result must be an array.")
        if state.type == "Parallel" and len(result) != len(state.branches):
            raise _invalid("Mocked result must contain the same number of items as number of Parallel branches.")
        return result
    problem = model.result_problem(resource, result, mock.get("fieldValidationMode", "STRICT"))
    if problem is not None:
        raise _invalid(f"Mock result schema validation error: {problem}")
    return result


def _read(subject: _Subject, request: Mapping[str, Any]) -> Json:
    """Return the items that the ItemReader would have read from this text, ABSENT without one."""
    text = request.get("stateConfiguration", {}).get("mapItemReaderData")
    if text is None:
        return ABSENT
    config = subject.state.source.get("ItemReader", {}).get("ReaderConfig") or {}
    read = READERS.get(config.get("InputType", "JSON"), READERS["JSON"])
    try:
        items = read(BytesIO(text.encode()), "MapItemReaderData", config)
        return items if isinstance(items, dict) else list(items)
    except ValueError as fault:
        raise _invalid(f"MapItemReaderData cannot be read: {fault}") from None


# ------------------------------------------------------------------------------------------------- without any mock
def _registry(bind: Mapping[str, Any] | Registry | None) -> Registry:
    if isinstance(bind, Registry):
        return bind
    registry = Registry()
    for resource, handler in (bind or {}).items():
        registry.add(resource, handler)
    return registry


def _performed(tested: Isolated, registry: Registry, role_arn: str | None, exchange: Exchange) -> Command:
    """Do the Task's call on what is bound to it, with a role also on what executions find, and return its answer."""
    call = tested.outbox.pop()
    task = Task(call, _unheard)
    bound = registry.resolve(task.resource, task.state, task.input)
    if bound is None and role_arn is not None:
        bound = built_in(task.resource, None, registry)
    if bound is None and role_arn is None:
        raise _invalid(
            "RoleArn must be specified when testing a Task state",
            f"Here a function can answer instead: test_state(..., bind={{{task.resource.label!r}: your_function}}).",
        )
    if bound is None:
        words = unbound_cause(task.resource, task.state, task.input, registry.namespace)
        return TaskFailed(tested.now, call.id, UNBOUND, words)
    answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
    limit = min(_SECONDS, call.timeout or _SECONDS)
    before = noted.set(exchange)
    try:
        with routing():
            perform(task, bound.handler, lambda _, answer: answers.put(answer), lambda _, answer: answers.put(answer))
            answer = answers.get(timeout=limit)
    except queue.Empty:
        answer = None
    finally:
        noted.reset(before)
    return answer(tested.now) if answer is not None else TaskFailed(tested.now, call.id, TIMEOUT)


def _unheard(answer: Answer) -> None:
    """What a handler says on its way: only ``.sync`` and activities do, and those are mocked."""


# --------------------------------------------------------------------------------------------------------- the answer
def _response(
    tested: Isolated, around: Surroundings, request: Mapping[str, Any], exchange: Exchange | None
) -> dict[str, Any]:
    response: dict[str, Any] = {"status": tested.outcome}
    if tested.outcome in ("SUCCEEDED", "CAUGHT_ERROR"):
        response["output"] = to_text(tested.line.data)
    error, cause = tested.failed_with
    response |= {k: v for k, v in (("error", error), ("cause", cause), ("nextState", tested.next)) if v is not None}
    if request.get("inspectionLevel") in ("DEBUG", "TRACE"):
        response["inspectionData"] = _inspection(tested, around, request.get("input", "{}"))
    if request.get("inspectionLevel") == "TRACE" and exchange is not None:
        seen = {"request": exchange.request, "response": exchange.response}
        response["inspectionData"] |= {name: part for name, part in seen.items() if part}
    return response


def _inspection(tested: Isolated, around: Surroundings, given: str) -> dict[str, Any]:
    data: dict[str, Any] = {"input": given}
    data |= {name: to_text(value) for name, value in tested.stages().items()}
    data |= tested.limits
    details = {
        "catchIndex": tested.catch_index,
        "retryIndex": tested.retry_index,
        "retryBackoffIntervalSeconds": tested.backoff,
    }
    if any(detail is not None for detail in details.values()):
        data["errorDetails"] = {name: detail for name, detail in details.items() if detail is not None}
    if tested.line.variables:
        data["variables"] = to_text(tested.line.variables)
    return data
