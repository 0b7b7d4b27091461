"""Each quota of the table that is held here is met here, or by the test that is named for it; the others say why not."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sfnbook import InputError, StateMachine
from sfnbook.engine.eligibility import redrive_status_reason
from sfnbook.server.api.wire import ApiError, check
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.operations import OPERATIONS
from sfnbook.server.quotas import QUOTAS, not_held
from sfnbook.server.store import Store
from sfnbook.tasks.activities import Activity

ROLE = "arn:aws:iam::123456789012:role/r"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
CREATE = ("CreateStateMachine", {"name": "m", "definition": PASS, "roleArn": ROLE})

TESTS = Path(__file__).parents[1]

ELSEWHERE = {
    "HTTP Task duration": ("tasks/aws/http/test_task.py", "test_a_response_that_drips_ends_at_the_limit"),
    "a harness's task": ("tasks/aws/optimized/test_sync_jobs.py", "test_a_harness_has_fifteen_minutes"),
    "redrives of a Map Run": ("engine/test_redrive_map_run.py", "test_a_map_run_is_redriven_a_thousand_times_at_most"),
}
"""Held quotas that another test meets: its file and its name."""


def run(*states: dict[str, Any], input: Any = None, type: Any = "STANDARD", **top: Any) -> Any:
    names = [f"S{number}" for number in range(len(states))]
    linked = {
        name: {**state, **({"Next": names[i + 1]} if i + 1 < len(names) else {"End": True})}
        for i, (name, state) in enumerate(zip(names, states, strict=True))
    }
    return StateMachine({"StartAt": "S0", "States": linked, **top}, name="m", type=type).run(input)


def calls(*made: tuple[str, dict[str, Any]], prepare: Callable[[Endpoint], None] = lambda endpoint: None) -> str | None:
    """Make API calls at an endpoint of their own; return the code with which one was refused, None if none was."""

    async def main() -> str | None:
        endpoint = Endpoint(Store(""))
        endpoint.open()
        try:
            for number, (operation, request) in enumerate(made):
                if number == len(made) - 1:
                    prepare(endpoint)
                answer: Any = OPERATIONS[operation](endpoint, check(operation, request))
                if inspect.isawaitable(answer):
                    await answer
            return None
        except ApiError as fault:
            return str(fault.code)
        finally:
            endpoint.close()

    return asyncio.run(main())


def name_length(limit: int) -> None:
    start = {"stateMachineArn": MACHINE}
    assert calls(CREATE, ("StartExecution", {**start, "name": "x" * limit})) is None
    assert calls(CREATE, ("StartExecution", {**start, "name": "x" * (limit + 1)})) == "ValidationException"


def machines(limit: int) -> None:
    def fill(endpoint: Endpoint) -> None:
        endpoint.catalogue.machines.update(dict.fromkeys(map(str, range(limit))))

    assert calls(CREATE, prepare=fill) == "StateMachineLimitExceeded"


def activities(limit: int) -> None:
    def fill(endpoint: Endpoint) -> None:
        endpoint.catalogue.activities.update(dict.fromkeys(map(str, range(limit))))

    assert calls(("CreateActivity", {"name": "a"}), prepare=fill) == "ActivityLimitExceeded"


def definition(limit: int) -> None:
    long = PASS.replace('"End": true', f'"End": true, "Comment": "{"x" * limit}"')
    assert calls((CREATE[0], {**CREATE[1], "definition": long})) == "ValidationException"


def standard_time(limit: int) -> None:
    made = run({"Type": "Wait", "Seconds": 99_999_999})
    assert (made.status, made.seconds) == ("TIMED_OUT", limit)


def express_time(limit: int) -> None:
    made = run({"Type": "Wait", "Seconds": limit + 1}, type="EXPRESS")
    assert (made.status, made.seconds) == ("TIMED_OUT", limit)


def history(limit: int) -> None:
    again = {"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": True, "Next": "A"}], "Default": "End"}
    states = {"A": {"Type": "Pass", "Next": "Again"}, "Again": again, "End": {"Type": "Succeed"}}
    endless = StateMachine({"StartAt": "A", "States": states}, name="m").run()
    assert (endless.status, len(endless.events)) == ("FAILED", limit)


def redrivable(limit: int) -> None:
    assert redrive_status_reason("FAILED", since=limit) is None
    assert redrive_status_reason("FAILED", since=limit + 1) == "Execution redrivable period exceeded"


def redrive_events(limit: int) -> None:
    assert redrive_status_reason("FAILED", limit) is None
    assert redrive_status_reason("FAILED", limit + 1) == "Execution history event limit exceeded"


def payload(limit: int) -> None:
    assert run({"Type": "Pass"}, input="x" * (limit - 2)).status == "SUCCEEDED"
    with pytest.raises(InputError):
        run({"Type": "Pass"}, input="x" * (limit - 1))


def versions(limit: int) -> None:
    def fill(endpoint: Endpoint) -> None:
        machine = endpoint.catalogue.machines[MACHINE]
        made = endpoint.catalogue.versions[f"{MACHINE}:1"]
        endpoint.catalogue.versions.update({f"{MACHINE}:{n}": made for n in range(2, limit + 1)})
        machine.revision = replace(machine.revision, id="another")

    publish = ("PublishStateMachineVersion", {"stateMachineArn": MACHINE})
    assert calls(CREATE, publish, publish, prepare=fill) == "ServiceQuotaExceededException"


def aliases(limit: int) -> None:
    routing = [{"stateMachineVersionArn": f"{MACHINE}:1", "weight": 100}]
    publish = ("PublishStateMachineVersion", {"stateMachineArn": MACHINE})
    made = [("CreateStateMachineAlias", {"name": f"a{n}", "routingConfiguration": routing}) for n in range(limit + 1)]
    assert calls(CREATE, publish, *made[:limit], made[0]) is None
    assert calls(CREATE, publish, *made) == "ServiceQuotaExceededException"


def tags(limit: int) -> None:
    def tag(count: int) -> tuple[str, dict[str, Any]]:
        return "TagResource", {"resourceArn": MACHINE, "tags": [{"key": f"k{n}", "value": ""} for n in range(count)]}

    assert calls(CREATE, tag(limit)) is None
    assert calls(CREATE, tag(limit + 1)) == "TooManyTags"


def tag_key(limit: int) -> None:
    assert tagged("k" * limit, "v") is None
    assert tagged("k" * (limit + 1), "v") == "ValidationException"


def tag_value(limit: int) -> None:
    assert tagged("k", "v" * limit) is None
    assert tagged("k", "v" * (limit + 1)) == "ValidationException"


def tagged(key: str, value: str) -> str | None:
    return calls(CREATE, ("TagResource", {"resourceArn": MACHINE, "tags": [{"key": key, "value": value}]}))


def all_variables(limit: int) -> None:
    given = {"x": "x" * (limit // 41)}
    states = [{"Type": "Pass", "Assign": {f"v{n}.$": "$.x"}} for n in range(42)]
    assert run(*states[:40], input=given).status == "SUCCEEDED"
    assert run(*states, input=given).error == "States.DataLimitExceeded"


def one_assign(limit: int) -> None:
    assert run({"Type": "Pass", "Assign": {"a": "x" * (limit - 100)}}).status == "SUCCEEDED"
    assert run({"Type": "Pass", "Assign": {"a": "x" * limit}}).error == "States.DataLimitExceeded"


def inline_map(limit: int) -> None:
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "End": True}}}
    state = {"Type": "Map", "ItemProcessor": wait}
    assert [run(state, input=[0] * count).seconds for count in (limit, limit + 1)] == [5, 10]


def array_range(limit: int) -> None:
    made = [{"Type": "Pass", "Parameters": {"x.$": f"States.ArrayRange(1, {n}, 1)"}} for n in (limit, limit + 1)]
    assert [run(state).status for state in made] == ["SUCCEEDED", "FAILED"]


def intrinsic_text(limit: int) -> None:
    for call in ("States.Base64Encode($)", "States.Hash($, 'MD5')"):
        state = {"Type": "Pass", "Parameters": {"x.$": call}}
        assert [run(state, input="x" * n).status for n in (limit, limit + 1)] == ["SUCCEEDED", "FAILED"]


def activity_poll(limit: int) -> None:
    assert inspect.signature(Activity.get_task).parameters["timeout"].default == limit


MET: dict[str, Callable[[int], None]] = {
    "name length": name_length,
    "registered state machines": machines,
    "registered activities": activities,
    "state machine definition": definition,
    "execution time of Standard": standard_time,
    "execution time of Express": express_time,
    "execution history": history,
    "redrivable period": redrivable,
    "events before a redrive": redrive_events,
    "input or output": payload,
    "published versions of a machine": versions,
    "aliases of a machine": aliases,
    "tags of a resource": tags,
    "tag key": tag_key,
    "tag value": tag_value,
    "all variables of an execution": all_variables,
    "variables of one Assign": one_assign,
    "iterations of an inline Map at once": inline_map,
    "items of States.ArrayRange": array_range,
    "text for States.Base64Encode and States.Hash": intrinsic_text,
    "GetActivityTask": activity_poll,
}


@pytest.mark.parametrize("name", MET)
def test_a_quota_that_is_held(name: str) -> None:
    """What is just at AWS's number passes, and what is over it is refused."""
    [quota] = [quota for quota in QUOTAS if quota.name == name]
    assert quota.here == quota.aws
    MET[name](int(quota.aws))


def test_every_quota_is_met_or_says_why_not() -> None:
    """The table, the checks above and the named tests cover one another."""
    held = {quota.name for quota in QUOTAS} - {quota.name for quota in not_held()}
    assert held == MET.keys() | ELSEWHERE.keys()
    assert all(quota.why for quota in not_held())
    for file, words in ELSEWHERE.values():
        assert words in (TESTS / file).read_text(encoding="utf-8")


def test_what_is_not_held() -> None:
    """These numbers of the quotas page are not AWS's here."""
    assert [quota.name for quota in not_held()] == [
        "open executions",
        "open Map Runs",
        "parallel child executions of a Map Run",
        "history retention",
        "state transitions a second",
        "API actions a second",
    ]


@pytest.mark.parametrize(("key", "value"), [("aws:x", "v"), ("k", "aws:v"), ("k!", "v"), ("k", "v;w")])
def test_tags_that_are_reserved_or_have_other_characters(key: str, value: str) -> None:
    assert tagged(key, value) == "ValidationException"
    create = {**CREATE[1], "tags": [{"key": key, "value": value}]}
    assert calls(("CreateStateMachine", create)) == "ValidationException"
    assert tagged("Käse _.:/=+-@7", "aw s:") is None
