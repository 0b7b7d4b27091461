"""What an execution tells other services of the account: its log events, and the changes of its status.

CloudWatch Logs gets the events that a machine's loggingConfiguration asks for (guide: "Using CloudWatch Logs to log execution
history"), EventBridge a "Step Functions Execution Status Change" at each start and end. Both go to wherever those services
answer, from a thread of their own, in order: an execution never waits for its log, and goes on without it (recorded:
test_deleted_log_group).
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sfnbook.engine.events import Event
from sfnbook.history.aws import wire_event, without_data
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.values import to_text

if TYPE_CHECKING:
    from sfnbook.server.runs import ServedRun

LONGEST_DATA: Final = 248 * 1024
"""Bytes of an escaped input or output in a log event; what is longer is cut (guide: "CloudWatch Logs payloads")."""

BATCH: Final = 200
"""Log events that are sent at once."""

FATAL: Final = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
_ENDS_BADLY: Final = ("Aborted", "Failed", "TimedOut")

STATUS_CHANGE: Final = "Step Functions Execution Status Change"


# ------------------------------------------------------------------------------------------------------- log events
def is_logged(type: str, level: str) -> bool:
    """Return whether an event of a type is logged at a level (guide: "Log levels for Step Functions execution events").

    >>> [is_logged("TaskFailed", level) for level in ("ALL", "ERROR", "FATAL", "OFF")]
    [True, True, False, False]
    """
    match level:
        case "ALL":
            return True
        case "ERROR":
            return type == "FailStateEntered" or type.endswith(_ENDS_BADLY)
        case "FATAL":
            return type in FATAL
    return False


def log_events(
    events: Iterable[Event], execution_arn: str, *, level: str = "ALL", data: bool = False, redrives: int = 0
) -> list[dict[str, Any]]:
    """Return what CloudWatch Logs gets of a history, as JSON objects; ``data``: includeExecutionData."""
    return [_log_event(event, execution_arn, data, redrives) for event in events if is_logged(event.type, level)]


def _log_event(event: Event, execution_arn: str, data: bool, redrives: int) -> dict[str, Any]:
    wire = wire_event(event) if data else without_data(wire_event(event))
    details: Mapping[str, Any] = next((value for name, value in wire.items() if name.endswith("EventDetails")), {})
    return {
        "id": str(event.id),
        "type": event.type,
        "details": _cut(details),
        "previous_event_id": str(event.previous),
        "event_timestamp": str(round(event.at * 1000)),
        "execution_arn": execution_arn,
        "redrive_count": str(redrives),
    }


def _cut(details: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(details)
    for name in ("input", "output"):
        text = found.get(name)
        if isinstance(text, str) and len(to_text(text).encode()) > LONGEST_DATA:
            found[name] = text.encode()[: LONGEST_DATA // 2].decode(errors="ignore")
            found[f"{name}Details"] = {"truncated": True}
    return found


# --------------------------------------------------------------------------------------------------------- log groups
def log_group(configuration: Mapping[str, Any]) -> str:
    """Return the name of the log group that a loggingConfiguration names, "" without one."""
    destinations = configuration.get("destinations") or [{}]
    arn = str(destinations[0].get("cloudWatchLogsLogGroup", {}).get("logGroupArn", ""))
    return arn.split(":log-group:")[-1].removesuffix(":*")


def group_exists(name: str) -> bool:
    """Return whether a log group is there, where CloudWatch Logs answers."""
    try:
        found = services.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    except Exception:  # moto missing, a place that does not answer: a destination that cannot be reached
        return False
    return any(group["logGroupName"] == name for group in found)


# ----------------------------------------------------------------------------------------------------------- delivery
class Delivery:
    """Sends what executions tell, one thing after the other. Make and close it on the endpoint's loop."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None

    def follow(self, run: ServedRun, *, resumed: bool) -> None:
        """Send what happens to a run; of one that is resumed only what is new."""
        logging = run.stored.head["logging"]
        group = log_group(logging) if logging["level"] != "OFF" else ""
        if group:
            self._follow_log(run, group, logging, len(run._execution.events) if resumed else 0)
        if not resumed:
            self.status_changed(run)

    def _follow_log(self, run: ServedRun, group: str, logging: Mapping[str, Any], sent: int) -> None:
        at = datetime.fromtimestamp(time.time(), UTC)
        stream = f"states/{run.machine.name}/{at:%Y-%m-%d-%H-%M}/{zlib.crc32(run.arn.encode()):08x}"
        level, data = logging["level"], bool(logging.get("includeExecutionData"))

        def look() -> None:
            nonlocal sent
            events, redrives = run._execution.events, run._execution.redrives
            if len(events) > sent:
                fresh, sent = events[sent:], len(events)
                self._post(lambda: _put(group, stream, fresh, run.arn, level, data, redrives))

        run._session.listen(look)

    def status_changed(self, run: ServedRun) -> None:
        """Send the present status of a Standard execution to the event bus, if one is there to have rules."""
        if run.machine.type != "STANDARD" or not _bus():
            return
        detail = status_detail(run)
        self._post(lambda: _notify(run.arn, detail))

    def _post(self, work: Callable[[], None]) -> None:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "sfnbook-delivery")
        self._thread.submit(_quietly, work)

    def flush(self) -> None:
        """Wait until everything has been sent."""
        if self._thread is not None:
            self._thread.submit(lambda: None).result()

    def close(self) -> None:
        """Send what is left, and no more."""
        if self._thread is not None:
            self._thread.shutdown()


def _quietly(work: Callable[[], None]) -> None:
    with suppress(
        Exception
    ):  # a group or bus that is gone: "best effort", as on AWS; nobody is there to read the failure
        work()


def _put(group: str, stream: str, events: Sequence[Event], arn: str, level: str, data: bool, redrives: int) -> None:
    logged = log_events(events, arn, level=level, data=data, redrives=redrives)
    if not logged:
        return
    client = services.client("logs")
    with suppress(client.exceptions.ResourceAlreadyExistsException):
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    latest = round(time.time() * 1000)  # a scaled clock may be ahead: CloudWatch takes no events of the future
    entries = [{"timestamp": min(int(one["event_timestamp"]), latest), "message": to_text(one)} for one in logged]
    for start in range(0, len(entries), BATCH):
        batch = entries[start : start + BATCH]
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)


def _bus() -> bool:
    """Whether there is an event bus that may have rules: the embedded one, once it runs."""
    from sfnbook.tasks.aws.services import embedded

    return embedded.running() and services.where("events").kind == "embedded"


def status_detail(run: ServedRun) -> dict[str, Any]:
    """Return the detail of a status change: DescribeExecution's members, times in milliseconds (guide: EventBridge)."""
    wire = run.describe()
    members = ("executionArn", "stateMachineArn", "name", "status", "startDate", "stopDate", "input", "output", "error",
               "cause", "inputDetails", "outputDetails", "stateMachineVersionArn", "stateMachineAliasArn",
               "redriveCount", "redriveDate", "redriveStatus", "redriveStatusReason")  # fmt: skip
    return {member: _milliseconds(wire.get(member)) for member in members}


def _milliseconds(value: Any) -> Any:
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else value


def _notify(arn: str, detail: Mapping[str, Any]) -> None:
    entry = {
        "Source": "aws.states",
        "DetailType": STATUS_CHANGE,
        "Detail": to_text(detail),
        "Resources": [arn],
        "Time": datetime.fromtimestamp(time.time(), UTC),
    }
    services.client("events").put_events(Entries=[entry])
