"""What AWS's own pages say, as checks: a table of rows in the YAML files beside this one, each run through the public API.

A file holds pages (the guide's titles), a page holds rows. A row has one of these, and what is expected of it:

``jsonata``, ``intrinsic``, ``path``: an expression, evaluated as a Pass state's output. ``choice``: a JSONPath Choice rule.
``state``: one state that ends. ``states``: several, the first of which is the start. ``definition``: a whole machine.
``call``: [operation, request] of the endpoint's API, or a list of such calls, of which the last counts.

``input`` ({} without; ``repeat: [value, times]`` for a list of many), ``type`` (STANDARD), ``clock``; ``tasks``: {state: [outcomes in order]}, an outcome is
``{returns: value, after: seconds}`` or ``{raises: [error, cause]}``; ``setup``: [[service, operation, request], ...] made in
the embedded services before.

``gives``: the output. ``has``: a part of it. ``fails``: the error that ends the execution. ``cause``: a part of its cause.
``refused``: a part of the message or the code with which a definition is refused; ``accepted`` when it is not; ``warned``:
a part of a warning. ``ends``: the status. ``events``: the types of the history in order. ``path``: names of the states.
``seconds``: on the machine's clock. ``billed``, ``memory``, ``milliseconds``: state transitions; MB and time of an Express one.
``error``: the name of the API's exception. ``differs``: why this engine does not do what the page says; such a row fails.

A Resource that is no ARN is a function's name (``f``) or an integration's (``sqs:sendMessage``).
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfnbook import StateMachine, mock, raises, returns, validate
from sfnbook.server.store import Store
from sfnbook.tasks.aws.services import embedded
from sfnbook.tasks.aws.services.endpoints import services

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
KINDS = ("jsonata", "intrinsic", "jsonpath", "choice", "state", "states", "definition", "call")


def _rows() -> Iterator[Any]:
    for file in FILES:
        for page, rows in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            for number, row in enumerate(rows, 1):
                marks = [pytest.mark.xfail(reason=row["differs"], strict=True)] if "differs" in row else []
                yield pytest.param(row, id=f"{file.stem}: {page} {number}", marks=marks)


ROWS = list(_rows())


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if embedded.running():
        embedded.stop()
        services.reset()


@pytest.mark.parametrize("row", ROWS)
def test_as_the_page_says(row: dict[str, Any]) -> None:
    """The row's expression, state or machine does what the page says."""
    [kind] = [kind for kind in KINDS if kind in row]
    if kind == "call":
        _called(row)
        return
    definition = _definition(kind, row)
    if {"refused", "accepted", "warned"} & row.keys():
        _checked(row, definition)
        return
    for service, operation, request in row.get("setup", ()):
        getattr(services.client(service), operation)(**request)
    machine = StateMachine(json.dumps(definition), type=row.get("type", "STANDARD"), name="guide")
    answers = [mock(state, *map(_outcome, outcomes), check="NONE") for state, outcomes in row.get("tasks", {}).items()]
    run = machine.run(_input(row.get("input", {})), clock=row.get("clock", "virtual"), mocks=answers)
    found = {"gives": run.output, "fails": run.error, "ends": run.status, "seconds": run.seconds, "visits": run.path}
    found |= {"events": [event["type"] for event in run.history()]}
    for what in found.keys() & row.keys():
        assert (found[what], run.cause) == (row[what], run.cause), what
    if "billed" in row:
        assert run.transitions == row["billed"]
    if "memory" in row:
        assert run.billing_details()["billedMemoryUsedInMB"] == row["memory"]
    if "milliseconds" in row:
        assert run.billing_details()["billedDurationInMilliseconds"] == row["milliseconds"]
    if "fails" not in row and "ends" not in row:
        assert run.status == "SUCCEEDED", (run.error, run.cause)
    assert row.get("cause", "") in (run.cause or "")
    if "has" in row:
        assert _part(row["has"], run.output), run.output


def test_the_table_is_worth_its_name() -> None:
    """Three hundred rows at least, over every topic, and none twice."""
    topics = Counter(param.id.partition(":")[0] for param in ROWS)
    assert sum(topics.values()) >= 300, topics
    texts = Counter(json.dumps(param.values[0], sort_keys=True, default=str) for param in ROWS)
    assert [text for text, count in texts.items() if count > 1] == []


def _input(given: Any) -> Any:
    """An input with its long texts and lists written out."""
    match given:
        case {"repeat": [value, times]}:
            return [value] * times if not isinstance(value, str) else value * times
        case dict():
            return {key: _input(value) for key, value in given.items()}
    return given


def _resources(value: Any) -> Any:
    """A definition with its short Resources written out."""
    if isinstance(value, list):
        return [_resources(child) for child in value]
    if not isinstance(value, dict):
        return value
    found = {key: _resources(child) for key, child in value.items()}
    resource = found.get("Resource")
    if isinstance(resource, str) and not resource.startswith("arn:"):
        kind = "arn:aws:states:::" if ":" in resource else "arn:aws:lambda:us-east-1:123456789012:function:"
        found["Resource"] = kind + resource
    return found


def _definition(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    given = _resources(row[kind])
    match kind:
        case "definition":
            return dict(given)
        case "states":
            return {"StartAt": next(iter(given)), "States": given}
        case "state":
            state = (
                given if given["Type"] in ("Succeed", "Fail", "Choice") or "Next" in given else {**given, "End": True}
            )
        case "jsonata":
            state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% " + given + " %}", "End": True}
        case "intrinsic" | "jsonpath":
            state = {"Type": "Pass", "Parameters": {"x.$": given}, "OutputPath": "$.x", "End": True}
        case "choice":
            yes, no = ({"Type": "Pass", "Result": value, "End": True} for value in (True, False))
            choice = {"Type": "Choice", "Choices": [{**given, "Next": "Yes"}], "Default": "No"}
            return {"StartAt": "Choice", "States": {"Choice": choice, "Yes": yes, "No": no}}
    return {"StartAt": "State", "States": {"State": state}}


def _checked(row: dict[str, Any], definition: dict[str, Any]) -> None:
    answer = validate(json.dumps(definition), row.get("type", "STANDARD"))
    told = {
        severity: [
            f"{d['code']} {d['message']} {d['location']}" for d in answer["diagnostics"] if d["severity"] == severity
        ]
        for severity in ("ERROR", "WARNING")
    }
    if "refused" in row:
        assert any(row["refused"] in text for text in told["ERROR"]), answer
    else:
        assert told["ERROR"] == []
    if "warned" in row:
        assert any(row["warned"] in text for text in told["WARNING"]), answer


def _called(row: dict[str, Any]) -> None:
    calls = row["call"] if isinstance(row["call"][0], list) else [row["call"]]
    answer, error = asyncio.run(_call(calls))
    assert (error, answer)[: 1 if "error" in row else 2] == ((row["error"],) if "error" in row else (None, answer))
    if "has" in row:
        assert _part(row["has"], answer), answer


async def _call(calls: list[list[Any]]) -> tuple[Any, str | None]:
    from sfnbook.server.api.wire import ApiError, check
    from sfnbook.server.endpoint import Endpoint
    from sfnbook.server.operations import OPERATIONS

    endpoint = Endpoint(Store(""))
    endpoint.open()
    try:
        for number, (operation, request) in enumerate(calls):
            try:
                answer = OPERATIONS[operation](endpoint, check(operation, request))
                answer = await answer if hasattr(answer, "__await__") else answer
            except ApiError as fault:
                if number == len(calls) - 1:
                    return fault.message, fault.code
                raise
        return answer, None
    finally:
        endpoint.close()


def _outcome(given: dict[str, Any]) -> Any:
    after = given.get("after", 0)
    if "raises" in given:
        return raises(*given["raises"], after=after)
    return returns(given.get("returns"), after=after)


def _part(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and _part(value, whole[key]) for key, value in part.items())
    return bool(part == whole)
