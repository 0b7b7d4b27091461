"""Machines that start machines: ``states:startExecution`` and what ``aws-sdk:sfn`` asks of Step Functions itself.

Owns the names of this process's machines and runs, and the shapes in which a task sees another execution. The machines
are those that exist here; nothing is ever started on AWS. A child has a clock of its own: on a virtual one its seconds
pass at once, and a parent that waits for it sees them pass on its own clock.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol
from uuid import NAMESPACE_URL, uuid5
from weakref import ref

from sfnbook.errors import TASK_FAILED, InputError, TaskError
from sfnbook.language.parameters import missing, unsupported
from sfnbook.language.resource import Resource
from sfnbook.runtime.clock import ChildClock, Clock
from sfnbook.runtime.session import Session, SpentToken
from sfnbook.runtime.task import Cancelled, Scripted, Task
from sfnbook.tasks import callbacks
from sfnbook.tasks.activities import Activity
from sfnbook.tasks.aws.api import parameter_checks
from sfnbook.tasks.aws.api.envelope import envelope
from sfnbook.tasks.callbacks import executions as executions
from sfnbook.tasks.functions.python import http_date
from sfnbook.tasks.registry import identifier
from sfnbook.tasks.target import Bound
from sfnbook.values import NULL, Json, from_text, to_text

DEEPEST: Final = 100
"""How many levels of children there may be: a machine that starts itself for ever ends here."""


FORBIDDEN: Final = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What no name may contain (API reference: StartExecution, name)."""

LONGEST_NAME: Final = 80

REMEMBERED: Final = 90 * 86_400
"""Seconds after its end during which the name of an execution is not free (API reference: StartExecution)."""

_FIELDS: Final = frozenset({"StateMachineArn", "Input", "Name", "TraceHeader"})
"""What StartExecution takes."""

LONGEST_CAUSE: Final = 32_768
"""Characters of a Cause (API reference: SensitiveCause); a cause inside a cause doubles its backslashes each time."""


class Execution(Protocol):
    """What is asked of a run: `sfnbook.run.Run`."""

    _caller: int | None
    _session: Session
    _waited_for: bool
    _all_answers_given: bool

    @property
    def name(self) -> str: ...
    @property
    def clock(self) -> str: ...
    @property
    def parent(self) -> Any: ...
    @property
    def blocking(self) -> bool: ...
    @property
    def children(self) -> list[Any]: ...
    @property
    def arn(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def done(self) -> bool: ...
    @property
    def input(self) -> Json: ...
    @property
    def seconds(self) -> float: ...
    def describe(self) -> dict[str, Any]: ...
    def billing_details(self) -> dict[str, int]: ...
    def stop(self, error: str | None = None, cause: str | None = None) -> None: ...


class Machine(Protocol):
    """What is asked of a machine: `sfnbook.machine.StateMachine`."""

    name: str
    type: Any
    runs: list[Any]

    @property
    def arn(self) -> str: ...
    def run_named(self, name: str) -> Any: ...
    def let_go(self, name: str) -> bool: ...
    def run(self, input: Json = None, **options: Any) -> Any: ...


machines: Final[dict[str, Any]] = {}
"""The machines of this process by name, whether or not a variable holds them; the latest definition counts."""

finders: Final[list[Callable[[str], Machine | None]]] = []
"""Asked for an ARN before `machines`: an endpoint in this process knows its own, their versions and aliases too."""


def find(arn: str) -> Machine | None:
    """Return the machine that an ARN (also of a version or an alias) or a name means; region and account do not count.

    A template's ``${Child}`` or ``${Child.Arn}`` means the machine called Child.
    """
    for finder in finders:
        own = finder(arn)
        if own is not None:
            return own
    parts = arn.split(":")
    if len(parts) == 1:
        found = machines.get(arn) or machines.get(identifier(arn) if "${" in arn else "")
    elif len(parts) >= 7 and parts[2] == "states" and parts[5] == "stateMachine":
        found = machines.get(parts[6])
    else:
        found = None
    return found


def bound(resource: Resource, parent: Execution | None = None) -> Bound | None:
    """Return what answers a resource that is about Step Functions itself, None for all others."""
    if resource.kind != "service":
        return None
    if resource.type == "states" and resource.operation == "startExecution":
        return Bound(_starter(parent), "a machine defined here")
    if resource.type == "aws-sdk:sfn" and not resource.pattern.startswith("sync"):
        action = _ACTIONS.get(resource.operation)
        if action is not None:
            return Bound(lambda task: action(task, parent), "sfnbook")
        if resource.operation == "startExecution":
            return Bound(_starter(parent), "a machine defined here")
    return None


# ------------------------------------------------------------------------------------------------ starting a child
def _starter(parent: Execution | None) -> Callable[[Task], Any]:
    def start(task: Task) -> Any:
        waits = task.resource.pattern.startswith("sync")
        child, ended = _start(task, parent)
        started = child.describe()["startDate"]
        if task.resource.type == "states":
            answer = {"ExecutionArn": child.arn, "StartDate": _milliseconds(started)}
            answer |= _metadata(task, answer)
        else:
            answer = {"ExecutionArn": child.arn, "StartDate": _iso(started)}
        if not waits:
            return answer
        task.submitted(answer)
        return _result(task, child, ended)

    return start


def _start(task: Task, parent: Execution | None) -> tuple[Execution, Any]:
    """Start the execution that a task asks for; returns it and a future that is done when it has ended."""
    from concurrent.futures import Future  # 10 ms: only where machines start machines

    _fits(task)
    machine = _machine(task)
    data = _input(task)
    name = _name(task)
    ended: Future[None] = Future()
    known = machine.run_named(name) if machine.type != "EXPRESS" else None
    if known is not None:
        made_again = task._call.submitted or _parameter(task, "Name") is None  # this very call's own, after a restart
        if made_again or (not known.done and to_text(known.input) == to_text(data)):
            return known, _watch(known, ended)
        if task.at - _stopped_at(known) < REMEMBERED:
            raise refused(task, "ExecutionAlreadyExists", f"Execution Already Exists: '{known.arn}'")
    elif machine.type != "EXPRESS" and machine.let_go(name):
        arn = f"{machine.arn.replace(':stateMachine:', ':execution:')}:{name}"
        raise refused(task, "ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
    if _depth(parent) >= DEEPEST:
        raise refused(task, "ExecutionLimitExceeded", f"Execution Limit Exceeded: {DEEPEST} levels of children")
    clock: str | Clock = parent.clock if parent is not None else "virtual"
    child_clock = None
    waited_for = task.resource.pattern.startswith("sync") or task.resource.operation == "startSyncExecution"
    if clock == "virtual":
        grain = getattr(parent._session.clock, "grain", 0.0) if parent is not None else 0.0
        clock = child_clock = ChildClock(task.at, _deadline(task, parent) if waited_for else None, grain)
    try:
        given = NULL if data is None else data
        child = machine.run(given, name=name, clock=clock, wait=False, parent=parent, listener=_ender(ended))
    except InputError as fault:
        raise refused(task, "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{fault}'") from None
    child._caller = task.entered_id
    child._waited_for = waited_for
    child._all_answers_given = parent is not None and parent._all_answers_given
    if child_clock is not None:
        me = ref(child)
        child_clock.stopped_by(lambda: run.stop() if (run := me()) is not None else None)
    return child, ended


def _stopped_at(run: Execution) -> float:
    """When an execution ended, in seconds since the epoch; infinity while it runs."""
    return run.describe()["stopDate"].timestamp() if run.done else math.inf


def _deadline(task: Task, parent: Execution | None) -> float | None:
    """When a task that waits for a child will be given up at the latest: by itself, its machine or their ancestors."""
    execution, ends = task._execution, []
    ends += [task.at + seconds for seconds in (task.timeout, task._call.heartbeat) if seconds is not None]
    if execution.program.timeout is not None and not execution.redrives:  # a redriven one has its whole time again
        ends.append(execution.started_at + execution.program.timeout)
    clock = parent._session.clock if parent is not None else None
    if isinstance(clock, ChildClock) and clock.end is not None:
        ends.append(clock.end)
    return min(ends, default=None)


def _fits(task: Task) -> None:
    """Refuse Parameters with which Step Functions would not even start the task."""
    given = task._call.arguments if isinstance(task._call.arguments, dict) else {}
    wrong = [unsupported(key) for key in given if key not in _FIELDS]
    if "StateMachineArn" not in given:
        wrong.append(missing("StateMachineArn"))
    if wrong:
        raise parameter_checks.unstartable(task, wrong)


def _name(task: Task) -> str:
    """The child's name: the one that is asked for, or an id of the call's own."""
    given = _parameter(task, "Name")
    if given is None:
        return str(uuid5(NAMESPACE_URL, f"{task._execution.names['execution_arn']}/{task.id}"))
    name = given if isinstance(given, str) else to_text(given)
    if not name or len(name) > LONGEST_NAME:
        bound = f"less than or equal to {LONGEST_NAME}" if name else "greater than or equal to 1"
        constraint = f"Value '{name}' at 'name' failed to satisfy constraint: Member must have length {bound}"
        raise refused(task, "ValidationException", f"1 validation error detected: {constraint}")
    if FORBIDDEN.search(name):
        raise refused(task, "InvalidName", f"Invalid Name: '{name}'")
    return name


def _depth(run: Any) -> int:
    depth = 0
    while run is not None:
        depth, run = depth + 1, run.parent
    return depth


def _ender(ended: Any) -> Callable[[Any], None]:
    def look(run: Any) -> None:
        if run.done and not ended.done():
            ended.set_result(None)

    return look


def _watch(run: Any, ended: Any) -> Any:
    look = _ender(ended)
    run.add_listener(look)
    look(run)
    return ended


async def _until(ended: Any, task: Task, child: Execution) -> None:
    """Wait for a child's end; stop it when its parent's task is cancelled."""
    import asyncio

    future = asyncio.wrap_future(ended)
    try:
        while not future.done():
            await asyncio.wait((future,), timeout=0.1)
            task.check()
            task.idle = child._session.idle
    except Cancelled:
        child.stop()
        raise


async def _result(task: Task, child: Execution, ended: Any) -> Scripted:
    """What ``.sync`` and ``.sync:2`` answer: the description, Input and Output as JSON for the latter (recorded)."""
    await _until(ended, task, child)
    described = _described(child.describe(), _milliseconds)
    if task.resource.pattern == "sync:2":
        for key in ("Input", "Output"):
            if key in described:
                described[key] = from_text(described[key])
    outcome: Any = described
    if child.status != "SUCCEEDED":
        outcome = TaskError(TASK_FAILED, to_text(described)[:LONGEST_CAUSE])
    return Scripted(outcome, child.seconds)


def _described(wire: Mapping[str, Any], date: Callable[[datetime], Json]) -> dict[str, Json]:
    """A description as a task sees it: PascalCase, in the order of the names."""

    def shown(value: Any) -> Json:
        if isinstance(value, datetime):
            return date(value)
        return {_pascal(k): v for k, v in value.items()} if isinstance(value, dict) else value

    return {_pascal(key): shown(wire[key]) for key in sorted(wire)}


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _metadata(task: Task, answer: Json) -> dict[str, Json]:
    """What the optimized integrations add to an answer."""
    headers = {
        "connection": "keep-alive",
        "Content-Length": str(len(to_text(answer))),
        "Content-Type": "application/x-amz-json-1.0",
        "Date": http_date(task.at),
        "x-amzn-RequestId": _request_id(task),
    }
    return envelope(headers, headers["x-amzn-RequestId"])


# ------------------------------------------------------------------------------------------------ what a task asks
def _parameter(task: Task, name: str) -> Json:
    given = task._call.arguments
    return given.get(name) if isinstance(given, dict) else None


def _text(task: Task, name: str) -> str:
    return _optional_text(task, name) or ""


def _optional_text(task: Task, name: str) -> str | None:
    """A parameter that the API wants as a text: other values are given as their JSON text."""
    value = _parameter(task, name)
    return value if value is None or isinstance(value, str) else to_text(value)


def _machine(task: Task) -> Machine:
    arn = _text(task, "StateMachineArn")
    machine = find(arn)
    if machine is None:
        _check_arn(task, arn, "stateMachine")
        raise refused(task, "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return machine


def _check_arn(task: Task, arn: str, *kinds: str) -> None:
    """Refuse what is no ARN of Step Functions, or one of something else (recorded: the endpoint's own tests)."""
    parts = arn.split(":")
    if parts[0] != "arn":
        words = f"Invalid ARN prefix: {arn}"
    elif len(parts) < 7 or not all(parts[1:7]):
        words = f"Invalid ARN: {arn}"
    elif parts[2] != "states":
        words = f"Invalid ARN service: {arn}"
    elif parts[5] not in kinds:
        words = f"Resource type not valid in this context: {parts[5]}"
    else:
        return
    raise refused(task, "InvalidArn", f"Invalid Arn: '{words}'")


def _input(task: Task) -> Json:
    """The child's input: a text is JSON itself, null and nothing are ``{}``."""
    given = _parameter(task, "Input")
    if isinstance(given, str):
        try:
            return from_text(given)
        except ValueError as fault:
            raise refused(task, "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{fault}'") from None
    return {} if given is None else given


def _request_id(task: Task) -> str:
    return f"{task.id:08x}-0000-4000-8000-{task.entered_id & 0xFFFFFFFFFFFF:012x}"


def refused(task: Task, code: str, message: str) -> TaskError:
    """Return the failure of a task that Step Functions refused, in the words of its kind of integration (recorded)."""
    request = _request_id(task)
    exception = f"{code.removesuffix('Exception')}Exception"
    if task.resource.type == "states":
        tail = f"(Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: {request}; Proxy: null)"
        return TaskError(f"StepFunctions.{exception}", f"{message} {tail}")
    tail = f"(Service: Sfn, Status Code: 400, Request ID: {request}) (SDK Attempt Count: 1)"
    return TaskError(f"Sfn.{exception}", f"{message} {tail}")


# ----------------------------------------------------------------------------------------- aws-sdk:sfn, by operation
def _start_sync(task: Task, parent: Execution | None) -> Any:
    if _machine(task).type != "EXPRESS":
        raise refused(
            task,
            "StateMachineTypeNotSupported",
            "State Machine Type Not Supported: 'This operation is not supported by this type of state machine'",
        )
    return _answered(task, *_start(task, parent))


async def _answered(task: Task, child: Execution, ended: Any) -> Scripted:
    """What StartSyncExecution answers: a description without redrives, and the bill; a failed child is no failure."""
    await _until(ended, task, child)
    wire = {k: v for k, v in child.describe().items() if not k.startswith("redrive")}
    return Scripted(_described({**wire, "billingDetails": child.billing_details()}, _iso), child.seconds)


def _execution(task: Task) -> Execution:
    arn = _text(task, "ExecutionArn")
    found: Execution | None = executions.get(arn)
    if found is None:
        _check_arn(task, arn, "execution")
        raise refused(task, "ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    return found


def _describe(task: Task, parent: Execution | None) -> Json:
    return _described(_execution(task).describe(), _iso)


def _stop(task: Task, parent: Execution | None) -> Json:
    _execution(task).stop(_text(task, "Error") or None, _text(task, "Cause") or None)
    return {"StopDate": _iso(datetime.fromtimestamp(task.at, UTC))}


def _token_action(action: Callable[[Task, str], None]) -> Callable[[Task, Execution | None], Json]:
    def act(task: Task, parent: Execution | None) -> Json:
        try:
            action(task, _text(task, "TaskToken"))
        except SpentToken:
            words = "Task Timed Out: 'Provided task does not exist anymore'"
            raise refused(task, "TaskTimedOut", words) from None
        except InputError:
            raise refused(task, "InvalidToken", "Invalid Token: 'Invalid token'") from None
        return {}

    return act


def _succeed(task: Task, token: str) -> None:
    held = callbacks.waiting(token)
    try:
        output = from_text(_text(task, "Output"))
    except ValueError as fault:
        raise refused(task, "InvalidOutput", f"Invalid Output: '{fault}'") from None
    held.succeed(token, output)


def _fail(task: Task, token: str) -> None:
    callbacks.send_task_failure(token, _optional_text(task, "Error"), _optional_text(task, "Cause"))


def _beat(task: Task, token: str) -> None:
    callbacks.send_task_heartbeat(token)


def _take(task: Task, parent: Execution | None) -> Json:
    work = Activity(_text(task, "ActivityArn")).get_task(_text(task, "WorkerName") or None, wanted=task.check)
    return {} if work is None else {"Input": to_text(work.input), "TaskToken": work.token}


_ACTIONS: Final[dict[str, Callable[[Task, Execution | None], Any]]] = {
    "startSyncExecution": _start_sync,
    "describeExecution": _describe,
    "stopExecution": _stop,
    "sendTaskSuccess": _token_action(_succeed),
    "sendTaskFailure": _token_action(_fail),
    "sendTaskHeartbeat": _token_action(_beat),
    "getActivityTask": _take,
}
