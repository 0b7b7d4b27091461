"""The middle of a Task: what is scheduled, with which deadlines, and the events AWS writes for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfnbook.engine.events import EVENTS, WIDTH, scheduled, started
from sfnbook.engine.failures import cannot_start
from sfnbook.engine.field_values import shown, unexpected_type, whole_number
from sfnbook.engine.program import CompiledState, Work
from sfnbook.errors import QUERY_EVALUATION_ERROR, RUNTIME, StatesError
from sfnbook.language import parameters
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.query.data_flow import Compiler
from sfnbook.query.scope import Expr
from sfnbook.values import Json, to_text

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution
    from sfnbook.engine.frame import Frame

DEFAULT_TIMEOUT = 99_999_999
"""AWS's default for TimeoutSeconds, in seconds; a task that has it gets no deadline here."""


def task_work(compiler: Compiler, state: CompiledState) -> Work:
    """Task: schedule a call and wait for its answer."""
    fields = state.source.fields
    resource = parse_resource(fields["Resource"])
    state.callback = bool(resource.pattern)  # a .sync task has a token too (recorded: test_sync_with_task_token)
    timeout = _seconds_field(compiler, fields, "TimeoutSeconds")
    heartbeat = _seconds_field(compiler, fields, "HeartbeatSeconds")
    credentials = compiler.template(fields["Credentials"], "Credentials") if "Credentials" in fields else None
    simple = timeout is None and heartbeat is None and credentials is None
    plain, activity = simple and resource.kind == "lambda", resource.kind == "activity"
    shapes, longest = parameters.shapes(resource), parameters.longest(resource)
    if shapes is not None and compiler.jsonata:
        shapes = shapes._replace(texts=())  # seen on AWS in Parameters only

    def work(execution: Execution, frame: Frame, data: Json) -> None:
        if shapes is not None and (wrong := parameters.parameter_problem(shapes, data)) is not None:
            raise StatesError(RUNTIME, cannot_start(data, wrong))
        if activity and resource.text in execution.missing_activities:
            raise StatesError(RUNTIME, "The activity ARN does not exist.")
        if plain:
            raw, now, key = frame.log.raw, execution.now, frame.key
            number = len(raw) // WIDTH + 1
            raw += (scheduled, frame.head, now, key, state, data, started, number, now, key, state, None)
            frame.head = number + 1
            execution.call(frame, resource, data)
            return
        detail = _scheduled(resource, data)
        seconds = beat = None
        role: Json = None
        if not simple:
            if timeout is not None:
                seconds = detail["timeoutInSeconds"] = timeout(frame.data, frame)
            if heartbeat is not None:
                beat = detail["heartbeatInSeconds"] = heartbeat(frame.data, frame)
            if credentials is not None:
                role = credentials(frame.data, frame)
                detail["taskCredentials"] = {"roleArn": role.get("RoleArn")} if isinstance(role, dict) else {}
        if longest is not None:
            seconds = longest if seconds is None else min(seconds, longest)
        schedule(execution, frame, resource, data, detail, seconds, beat, role)

    return work


def schedule(
    execution: Execution,
    frame: Frame,
    resource: Resource,
    data: Json,
    detail: dict[str, Any],
    timeout: float | None,
    heartbeat: float | None,
    credentials: Json,
) -> None:
    """Write the Scheduled (and Started) events and put the call into the outbox."""
    names = EVENTS[resource.kind]
    frame.head = execution.emit(frame, names["scheduled"], detail)
    if resource.kind != "activity":
        frame.head = execution.emit(frame, names["started"], resource.integration)
    execution.call(frame, resource, data, timeout=timeout, heartbeat=heartbeat, credentials=credentials)


def _scheduled(resource: Resource, data: Json) -> dict[str, Any]:
    if resource.kind == "service":
        return {
            "resourceType": resource.type,
            "resource": resource.action,
            "region": resource.region,
            "parameters": data,
        }
    return {"resource": resource.text, "input": data}


def _seconds_field(compiler: Compiler, fields: Any, name: str) -> Expr | None:
    """The expression of TimeoutSeconds or HeartbeatSeconds, of their ...Path forms, or None without."""
    path = f"{name}Path"
    if not compiler.jsonata and path in fields:
        return _checked(compiler.value(fields[path], path), path, fields[path], jsonata=False)
    if name not in fields:
        return None
    literal = fields[name]
    if not compiler.jsonata or not isinstance(literal, str):
        return lambda data, scope: literal
    return _checked(compiler.value(literal, name), name, literal, jsonata=True)


def _checked(expr: Expr, field: str, text: Json, *, jsonata: bool) -> Expr:
    def seconds(data: Json, scope: Any) -> Json:
        value = expr(data, scope)
        number = None if jsonata and isinstance(value, str) else whole_number(value)
        if number is not None and 0 < number <= DEFAULT_TIMEOUT:
            return number
        if jsonata:
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise unexpected_type(text, field, "number", value)
            if value == int(value) and 0 <= value <= DEFAULT_TIMEOUT:
                return int(value)
            words = f"{field} must be between 0 and {DEFAULT_TIMEOUT} but was: {to_text(value)}"
            raise StatesError(QUERY_EVALUATION_ERROR, words, field)
        raise StatesError(RUNTIME, f"The {field} parameter is not a positive integer: {text} == {shown(value)}")

    return seconds
