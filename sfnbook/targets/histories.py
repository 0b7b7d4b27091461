"""Histories of executions elsewhere: which there are, and what they did, as GetExecutionHistory answers it.

Express keeps no history (API reference: GetExecutionHistory): those executions are read from the log group of their
machine, which has them whole at log level ALL with execution data. Asks, and changes nothing there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sfnbook.errors import InputError
from sfnbook.history.aws import details_member
from sfnbook.targets.target import Target, target_error

ENDED: Final = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
"""The statuses of executions whose history is whole."""

_STATUS_OF: Final = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Found:
    """An execution that has ended. events: as GetExecutionHistory gives them, where they are known already."""

    arn: str
    status: str
    started: datetime
    events: tuple[Mapping[str, Any], ...] | None = None

    @property
    def name(self) -> str:
        """Its name; of an Express execution with the id behind it."""
        return "-".join(self.arn.split(":")[7:])


def moment(text: str, now: datetime) -> datetime:
    """Return the moment that a text means: so long ago, or a date and time (UTC where no offset is given).

    >>> moment("7d", datetime(2026, 1, 8, tzinfo=UTC)).isoformat()
    '2026-01-01T00:00:00+00:00'
    """
    ago = re.fullmatch(r"(\d{1,6})([smhdw])", text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InputError(f"{text!r} is no time: write 90m, 36h, 7d, 2w, or 2026-01-31T09:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Histories:
    """The histories at a place. logs: where CloudWatch Logs answers. group: the log group, where the machine names none."""

    def __init__(self, place: Target, *, logs: Target | None = None, group: str = "") -> None:
        self.place = place
        self.logs = logs or place
        self._group = group
        self._client = place.client()

    # ------------------------------------------------------------------------------------------------ which there are
    def of_machine(self, machine: str, statuses: Sequence[str], since: datetime | None, most: int) -> list[Found]:
        """Return the executions of a machine (its ARN or name) that ended so, the latest first, at most so many.

        Raises InputError for a machine that is not there and for an Express machine without the log that is needed.
        """
        arn = self.machine_arn(machine)
        described = self._ask("describe_state_machine", stateMachineArn=arn)
        if described["type"] == "EXPRESS":
            return self._logged(described, statuses, since, most)
        found: list[Found] = []
        for status in statuses:
            pages = self._pages("list_executions", "executions", stateMachineArn=arn, statusFilter=status)
            for number, one in enumerate(pages):
                if number == most or (since is not None and one["startDate"] < since):
                    break
                found.append(Found(one["executionArn"], status, one["startDate"]))
        return sorted(found, key=lambda one: one.started, reverse=True)[:most]

    def machine_arn(self, machine: str) -> str:
        """Return the ARN of a machine given by ARN or name. Raises InputError for a name that is not there."""
        if machine.startswith("arn:"):
            return machine
        names = []
        for one in self._pages("list_state_machines", "stateMachines"):
            if one["name"] == machine:
                return str(one["stateMachineArn"])
            names.append(one["name"])
        there = f"There are: {', '.join(sorted(names)[:20])}." if names else "There is none at all."
        raise InputError(f'{self.place.text} has no state machine "{machine}". {there}')

    def definition(self, execution: str) -> str:
        """Return the definition that an execution ran with, or its machine's of today for an Express one."""
        if _is_express(execution):
            return str(self._ask("describe_state_machine", stateMachineArn=_machine_of(execution))["definition"])
        return str(self._ask("describe_state_machine_for_execution", executionArn=execution)["definition"])

    def of_execution(self, arn: str, since: datetime | None) -> Found:
        """Return one execution. Raises InputError when it is not there, or runs still.

        since: of an Express execution how far back its log is searched, all of it by default.
        """
        if arn.count(":") < 7 or arn.split(":")[5] not in ("execution", "express"):
            raise InputError(f"{arn!r} is no execution's ARN. The executions of a machine: --machine NAME.")
        if _is_express(arn):
            described = self._ask("describe_state_machine", stateMachineArn=_machine_of(arn))
            found = self._logged(described, ENDED, since, 1, execution=arn)
            if not found:
                raise InputError(f"The log has no whole execution {arn}. Give --since a longer time, if it is older.")
            return found[0]
        one = self._ask("describe_execution", executionArn=arn)
        if one["status"] not in ENDED:
            raise InputError(f"{arn} is {one['status']}: its history is whole when it has ended.")
        return Found(arn, one["status"], one["startDate"])

    # --------------------------------------------------------------------------------------------------- what they did
    def events(self, found: Found) -> list[dict[str, Any]]:
        """Return the history of an execution as GetExecutionHistory's ``events``, JSON only: timestamps as ISO text."""
        events = found.events
        if events is None:
            events = tuple(self._pages("get_execution_history", "events", executionArn=found.arn, maxResults=1000))
        return [{key: _json(value) for key, value in event.items()} for event in events]

    # ------------------------------------------------------------------------------------------------------- from logs
    def _logged(
        self, described: Mapping[str, Any], statuses: Sequence[str], since: datetime | None, most: int,
        *, execution: str = "",
    ) -> list[Found]:  # fmt: skip
        """Return the executions of an Express machine that its log has whole."""
        group = self._group or _log_group(described)
        pattern = f'{{ $.execution_arn = "{execution or _express(described["stateMachineArn"]) + "*"}" }}'
        request: dict[str, Any] = {"logGroupName": group, "filterPattern": pattern}
        if since is not None:
            request["startTime"] = int(since.timestamp() * 1000)
        by_arn: dict[str, dict[int, Mapping[str, Any]]] = {}
        client = self.logs.client("logs")
        try:
            for page in client.get_paginator("filter_log_events").paginate(**request):
                for entry in page["events"]:
                    logged = _entry(entry["message"])
                    arn = str(logged.get("execution_arn", ""))
                    if (execution and arn == execution) or (
                        not execution and arn.startswith(_express(described["stateMachineArn"]))
                    ):
                        by_arn.setdefault(arn, {})[int(logged["id"])] = logged
        except Exception as fault:  # whatever a client raises: the place's word or the network's
            raise target_error(fault, self.logs) from None
        found = [_from_log(arn, [logged[id] for id in sorted(logged)]) for arn, logged in by_arn.items()]
        wanted = [one for one in found if one is not None and one.status in statuses]
        return sorted(wanted, key=lambda one: one.started, reverse=True)[:most]

    # ---------------------------------------------------------------------------------------------------------- asking
    def _ask(self, operation: str, **request: Any) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = getattr(self._client, operation)(**request)
        except Exception as fault:  # as in `_logged`
            raise target_error(fault, self.place) from None
        return answer

    def _pages(self, operation: str, member: str, **request: Any) -> Iterator[Any]:
        try:
            for page in self._client.get_paginator(operation).paginate(**request):
                yield from page[member]
        except Exception as fault:  # as in `_logged`
            raise target_error(fault, self.place) from None


def _is_express(execution: str) -> bool:
    return execution.split(":")[5] == "express"


def _machine_of(execution: str) -> str:
    parts = execution.split(":")
    return ":".join([*parts[:5], "stateMachine", parts[6]])


def _express(machine: str) -> str:
    """Return what the ARNs of a machine's Express executions begin with."""
    parts = machine.split(":")
    return ":".join([*parts[:5], "express", parts[6], ""])


def _log_group(described: Mapping[str, Any]) -> str:
    """Return the log group of an Express machine that has whole histories. Raises InputError without one."""
    name, logging = described["name"], described.get("loggingConfiguration") or {}
    needed = (
        f"{name} is Express, whose executions are known by their log only, and that needs the level ALL with "
        "includeExecutionData; "
    )
    arns = [one.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "") for one in logging.get("destinations") or ()]
    group = arns[0].split(":log-group:")[-1].removesuffix(":*") if arns else ""
    if not group:
        raise InputError(f"{needed}it has no log group. If its logs are elsewhere: --log-group NAME.")
    if logging.get("level") != "ALL" or not logging.get("includeExecutionData"):
        data = "with" if logging.get("includeExecutionData") else "without"
        raise InputError(f"{needed}it has the level {logging.get('level', 'OFF')} {data} execution data.")
    return str(group)


def _entry(message: str) -> Mapping[str, Any]:
    try:
        found = json.loads(message)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and "id" in found and "type" in found else {}


def _from_log(arn: str, logged: Sequence[Mapping[str, Any]]) -> Found | None:
    """Return an execution from its log events, None where the log does not have all of them.

    Raises InputError where the log has them without their data, or with data that was cut.
    """
    status = _STATUS_OF.get(str(logged[-1]["type"]))
    if status is None or [int(one["id"]) for one in logged] != list(range(1, len(logged) + 1)):
        return None
    if "input" not in (logged[0].get("details") or {}):
        raise InputError(f"The log of {arn} has no execution data. Log it with includeExecutionData.")
    for one in logged:
        details = one.get("details") or {}
        for name in ("input", "output"):
            if (details.get(f"{name}Details") or {}).get("truncated"):
                raise InputError(
                    f"The log of {arn} has only a part of the {name} in event {one['id']}: it was too large."
                )
    events = tuple(_logged_event(one) for one in logged)
    return Found(arn, status, events[0]["timestamp"], events)


def _logged_event(logged: Mapping[str, Any]) -> dict[str, Any]:
    """Return a log event in GetExecutionHistory's shape."""
    event: dict[str, Any] = {
        "timestamp": datetime.fromtimestamp(int(logged["event_timestamp"]) / 1000, UTC),
        "type": str(logged["type"]),
        "id": int(logged["id"]),
        "previousEventId": int(logged.get("previous_event_id", 0)),
    }
    if logged.get("details"):
        event[details_member(event["type"])] = logged["details"]
    return event


def _json(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
