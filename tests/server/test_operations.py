"""What boto3 gets from the endpoint, operation by operation."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from botocore.exceptions import ClientError
from served import ROLE, serving

from sfnbook.server.api.wire import operations
from sfnbook.server.operations import OPERATIONS

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
TASK = {
    "StartAt": "T",
    "States": {"T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "End": True}},
}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 300, "End": True}}}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/orders"
ACTIVITY_ARN = "arn:aws:states:us-east-1:123456789012:activity:paint"


@pytest.fixture(scope="module")
def sfn() -> Iterator[Any]:
    with serving(bind={"f": lambda event: {"doubled": event["n"] * 2}, "broken": _broken}) as client:
        yield client


def _broken(event: Any) -> Any:
    raise ValueError("no")


def make(sfn: Any, name: str, definition: Any, **options: Any) -> str:
    made = sfn.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE, **options)
    return str(made["stateMachineArn"])


def run(sfn: Any, arn: str, input: Any = None, **options: Any) -> dict[str, Any]:
    started = sfn.start_execution(stateMachineArn=arn, input=json.dumps(input or {}), **options)
    return ended(sfn, started["executionArn"])


def ended(sfn: Any, arn: str) -> dict[str, Any]:
    until = time.monotonic() + 20
    while (found := sfn.describe_execution(executionArn=arn))["status"] == "RUNNING":
        assert time.monotonic() < until
        time.sleep(0.01)
    return dict(found)


def refused(code: str, call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as fault:
        call(**parameters)
    assert fault.value.response["Error"]["Code"] == code
    return str(fault.value.response["Error"]["Message"])


def test_every_operation_of_the_model_is_there() -> None:
    assert set(OPERATIONS) == operations()
    assert len(OPERATIONS) == 37


def test_a_task_runs_the_function_bound_to_it(sfn: Any) -> None:
    done = run(sfn, make(sfn, "double", TASK), {"n": 21})
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"doubled": 42})
    events = sfn.get_execution_history(executionArn=done["executionArn"])["events"]
    assert [e["type"] for e in events][2:5] == [
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
    ]


def test_starting_is_idempotent_while_the_execution_runs(sfn: Any) -> None:
    arn = make(sfn, "waits", WAIT)
    first = sfn.start_execution(stateMachineArn=arn, name="one", input='{"a": 1}')
    again = sfn.start_execution(stateMachineArn=arn, name="one", input='{"a": 1}')
    assert (first["executionArn"], first["startDate"]) == (again["executionArn"], again["startDate"])
    refused("ExecutionAlreadyExists", sfn.start_execution, stateMachineArn=arn, name="one", input='{"a": 2}')
    sfn.stop_execution(executionArn=first["executionArn"], error="E", cause="C")
    done = sfn.describe_execution(executionArn=first["executionArn"])
    assert (done["status"], done["error"], done["cause"]) == ("ABORTED", "E", "C")
    refused("ExecutionAlreadyExists", sfn.start_execution, stateMachineArn=arn, name="one", input='{"a": 1}')


def test_histories_and_lists_come_page_by_page(sfn: Any) -> None:
    loop = {"StartAt": "S0", "States": {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(60)}}
    loop["States"]["S60"] = {"Type": "Succeed"}
    arn = make(sfn, "pages", loop)
    executions = [run(sfn, arn)["executionArn"] for _ in range(3)]
    pages = sfn.get_paginator("get_execution_history").paginate(
        executionArn=executions[0], PaginationConfig={"PageSize": 50}
    )
    forwards = [e["id"] for page in pages for e in page["events"]]
    assert forwards == list(range(1, 125))
    pages = sfn.get_paginator("get_execution_history").paginate(
        executionArn=executions[0], reverseOrder=True, PaginationConfig={"PageSize": 50}
    )
    assert [e["id"] for page in pages for e in page["events"]] == forwards[::-1]
    pages = sfn.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 2})
    assert [e["executionArn"] for page in pages for e in page["executions"]] == executions[::-1]
    assert sfn.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"] == []
    token = sfn.list_executions(stateMachineArn=arn, maxResults=1)["nextToken"]
    refused("InvalidToken", sfn.list_executions, stateMachineArn=arn, statusFilter="FAILED", nextToken=token)
    refused("InvalidToken", sfn.list_executions, stateMachineArn=arn, nextToken="none of ours")


def test_a_callback_answers_by_token(sfn: Any) -> None:
    seen: list[str] = []
    definition = {
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
                "End": True,
            }
        },
    }
    with serving(bind={"ask": lambda event: seen.append(event["token"])}) as own:
        started = own.start_execution(stateMachineArn=make(own, "ask", definition))
        while not seen:
            time.sleep(0.01)
        refused("InvalidOutput", own.send_task_success, taskToken=seen[0], output="{")
        own.send_task_heartbeat(taskToken=seen[0])
        own.send_task_success(taskToken=seen[0], output='{"ok": true}')
        done = ended(own, started["executionArn"])
        assert json.loads(done["output"]) == {"ok": True}
        refused("TaskTimedOut", own.send_task_success, taskToken=seen[0], output="{}")
        refused("InvalidToken", own.send_task_failure, taskToken="none")


def test_an_activity_waits_for_its_worker(sfn: Any) -> None:
    sfn.create_activity(name="paint")
    definition = {"StartAt": "P", "States": {"P": {"Type": "Task", "Resource": ACTIVITY_ARN, "End": True}}}
    taken: list[Any] = []
    worker = threading.Thread(
        target=lambda: taken.append(sfn.get_activity_task(activityArn=ACTIVITY_ARN, workerName="ann"))
    )
    worker.start()
    started = sfn.start_execution(stateMachineArn=make(sfn, "paint", definition), input='{"colour": "red"}')
    worker.join(10)
    assert json.loads(taken[0]["input"]) == {"colour": "red"}
    sfn.send_task_success(taskToken=taken[0]["taskToken"], output='"painted"')
    assert ended(sfn, started["executionArn"])["output"] == '"painted"'
    events = sfn.get_execution_history(executionArn=started["executionArn"])["events"]
    assert events[3]["activityStartedEventDetails"] == {"workerName": "ann"}
    assert [a["name"] for a in sfn.list_activities()["activities"]] == ["paint"]


def test_versions_and_an_alias_that_routes(sfn: Any) -> None:
    def says(word: str) -> dict[str, Any]:
        return {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": word, "End": True}}}

    arn = make(sfn, "routed", says("one"), publish=True)
    sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(says("two")), publish=True)
    alias = sfn.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    )["stateMachineAliasArn"]
    assert run(sfn, alias)["output"] == '"one"'
    sfn.update_state_machine_alias(
        stateMachineAliasArn=alias, routingConfiguration=[{"stateMachineVersionArn": f"{arn}:2", "weight": 100}]
    )
    done = run(sfn, alias)
    assert (done["output"], done["stateMachineVersionArn"], done["stateMachineAliasArn"]) == (
        '"two"',
        f"{arn}:2",
        alias,
    )
    assert len(sfn.list_executions(stateMachineArn=alias)["executions"]) == 2
    gone = f"{arn}:gone"
    words = refused("ResourceNotFound", sfn.update_state_machine_alias, stateMachineAliasArn=gone, description="d")
    assert words == "Request references a resource that does not exist."
    words = refused("ResourceNotFound", sfn.describe_state_machine_alias, stateMachineAliasArn=gone)
    assert words == f"Request references a resource that does not exist: '{gone}'"
    assert len(sfn.list_executions(stateMachineArn=f"{arn}:1")["executions"]) == 1
    refused("ConflictException", sfn.delete_state_machine_version, stateMachineVersionArn=f"{arn}:2")
    assert sfn.describe_state_machine_alias(stateMachineAliasArn=alias)["name"] == "live"
    sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
    refused("ResourceNotFound", sfn.describe_state_machine_alias, stateMachineAliasArn=alias)


def test_an_express_machine_answers_at_once(sfn: Any) -> None:
    arn = make(sfn, "express", TASK, type="EXPRESS")
    answer = sfn.start_sync_execution(stateMachineArn=arn, input='{"n": 4}')
    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"doubled": 8})
    assert answer["billingDetails"]["billedDurationInMilliseconds"] == 100
    failed = sfn.start_sync_execution(stateMachineArn=arn, input="{}")
    assert (failed["status"], failed["error"]) == ("FAILED", "KeyError")
    refused("StateMachineTypeNotSupported", sfn.start_sync_execution, stateMachineArn=make(sfn, "no", PASS))


def test_a_machine_starts_another(sfn: Any) -> None:
    child = make(sfn, "child", PASS)
    parent = {
        "StartAt": "Call",
        "States": {
            "Call": {
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Parameters": {"StateMachineArn": child, "Input": {"a": 1}},
                "OutputPath": "$.Output",
                "End": True,
            }
        },
    }
    assert run(sfn, make(sfn, "parent", parent))["output"] == '{"a":1}'
    assert len(sfn.list_executions(stateMachineArn=child)["executions"]) == 1


def test_redrive_goes_on_where_it_failed(sfn: Any) -> None:
    works: list[bool] = []

    def shaky(event: Any) -> Any:
        if not works:
            raise ValueError("not yet")
        return "fine"

    definition = {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Next": "T"},
            "T": {"Type": "Task", "Resource": FUNCTION + "shaky", "End": True},
        },
    }
    with serving(bind={"shaky": shaky}) as own:
        done = run(own, make(own, "shaky", definition))
        assert (done["status"], done["redriveStatus"]) == ("FAILED", "REDRIVABLE")
        works.append(True)
        first = own.redrive_execution(executionArn=done["executionArn"], clientToken="once")
        assert (
            own.redrive_execution(executionArn=done["executionArn"], clientToken="once")["redriveDate"]
            == first["redriveDate"]
        )
        again = ended(own, done["executionArn"])
        assert (again["status"], again["output"], again["redriveCount"]) == ("SUCCEEDED", '"fine"', 1)
        refused("ExecutionNotRedrivable", own.redrive_execution, executionArn=done["executionArn"])
        assert (
            len(own.list_executions(stateMachineArn=done["stateMachineArn"], redriveFilter="REDRIVEN")["executions"])
            == 1
        )


def test_map_runs_and_their_children(sfn: Any) -> None:
    definition = {
        "StartAt": "M",
        "States": {
            "M": {
                "Type": "Map",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "P",
                    "States": {"P": {"Type": "Pass", "End": True}},
                },
                "End": True,
            }
        },
    }
    arn = make(sfn, "mapped", definition)
    done = ended(sfn, sfn.start_execution(stateMachineArn=arn, input="[1, 2, 3]")["executionArn"])
    [listed] = sfn.list_map_runs(executionArn=done["executionArn"])["mapRuns"]
    described = sfn.describe_map_run(mapRunArn=listed["mapRunArn"])
    assert described["itemCounts"]["succeeded"] == 3
    children = sfn.list_executions(mapRunArn=listed["mapRunArn"])["executions"]
    assert len(children) == 3
    child = sfn.describe_execution(executionArn=children[0]["executionArn"])
    assert (child["status"], child["output"], child["mapRunArn"]) == ("SUCCEEDED", "3", listed["mapRunArn"])
    of_child = sfn.describe_state_machine_for_execution(executionArn=child["executionArn"])
    assert of_child["mapRunArn"] == listed["mapRunArn"]
    assert of_child["stateMachineArn"] == f"{arn}/{of_child['label']}" == child["stateMachineArn"]
    assert len(sfn.get_execution_history(executionArn=children[0]["executionArn"])["events"]) == 4
    refused("ValidationException", sfn.update_map_run, mapRunArn=listed["mapRunArn"], maxConcurrency=2)
    refused("ValidationException", sfn.list_executions, stateMachineArn=arn, statusFilter="PENDING_REDRIVE")
    for call in (sfn.describe_state_machine, sfn.update_state_machine, sfn.start_execution):
        refused("ValidationException", call, stateMachineArn=child["stateMachineArn"])


def test_trying_a_state_and_a_definition(sfn: Any) -> None:
    tested = sfn.test_state(definition=json.dumps(TASK["States"]["T"]), roleArn=ROLE, input='{"n": 1}')
    assert (tested["status"], tested["output"]) == ("SUCCEEDED", '{"doubled":2}')
    refused("ValidationException", sfn.test_state, definition=json.dumps(TASK["States"]["T"]), input='{"n": 1}')
    words = refused("InvalidExecutionInput", sfn.test_state, definition='{"Type": "Succeed"}', input="not")
    assert "Unrecognized token 'not'" in words
    words = refused("InvalidArn", sfn.test_state, definition='{"Type": "Succeed"}', roleArn="me")
    assert words == "Invalid Role Arn: 'me'"
    found = sfn.validate_state_machine_definition(definition='{"StartAt": "A"}')
    assert found["result"] == "FAIL"
    assert found["diagnostics"][0]["message"] == "These fields are required: [States]"
    loop = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}
    assert sfn.validate_state_machine_definition(definition=json.dumps(loop))["diagnostics"] == [
        {"severity": "ERROR", "code": "MISSING_END_STATE", "message": "Workflow has no terminal state"}
    ]


@pytest.mark.parametrize(
    ("parameters", "code", "words"),
    [
        ({"name": "a b"}, "InvalidName", "Invalid Name: 'a b'"),
        ({"roleArn": "me"}, "InvalidArn", "Invalid Role Arn: 'me'"),
        ({"roleArn": "arn:aws:iam::aws:policy/Some"}, "InvalidArn", "Invalid Role Arn: 'arn:aws:iam::aws:policy/Some'"),
        ({"definition": "{}"}, "InvalidDefinition", "These fields are required: [StartAt, States]"),
        ({"versionDescription": "x"}, "ValidationException", "publish"),
        (
            {"loggingConfiguration": {"level": "ALL", "destinations": []}},
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Must specify exactly one Log Destination.",
        ),
        (
            {
                "loggingConfiguration": {
                    "level": "ALL",
                    "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}],
                }
            },
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Log Group ARN must be provided with '*' qualifier.",
        ),
        (
            {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY"}},
            "InvalidEncryptionConfiguration",
            "Invalid Encryption Configuration: 'kmsKeyId is required for CUSTOMER_MANAGED_KMS_KEY'",
        ),
    ],
)
def test_what_creating_refuses(sfn: Any, parameters: dict[str, Any], code: str, words: str) -> None:
    given = {"name": "refused", "definition": json.dumps(PASS), "roleArn": ROLE, **parameters}
    assert words in refused(code, sfn.create_state_machine, **given)


def test_what_describing_a_machine_tells(sfn: Any) -> None:
    jsonata = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $total + $tax %}", "Next": "A"}
    arn = make(sfn, "told", {"StartAt": "J", "States": {"J": jsonata, **PASS["States"]}})
    done = run(sfn, arn)
    for told in (
        sfn.describe_state_machine(stateMachineArn=arn),
        sfn.describe_state_machine_for_execution(executionArn=done["executionArn"]),
    ):
        assert told["variableReferences"] == {"J": ["tax", "total"]}
        assert told["encryptionConfiguration"] == {"type": "AWS_OWNED_KEY"}
    for told in (
        sfn.describe_state_machine(stateMachineArn=arn, includedData="METADATA_ONLY"),
        sfn.describe_state_machine_for_execution(executionArn=done["executionArn"], includedData="METADATA_ONLY"),
    ):
        assert told["definition"] == "{}"
        assert "variableReferences" not in told
    sfn.delete_state_machine(stateMachineArn=arn)
    left = sfn.describe_state_machine_for_execution(executionArn=done["executionArn"])
    assert left["variableReferences"] == {"J": ["tax", "total"]}
    plain = make(sfn, "untold", PASS, encryptionConfiguration={"type": "AWS_OWNED_KEY"})
    assert make(sfn, "untold", PASS) == plain  # the default, written or not, is the same
    assert "variableReferences" not in sfn.describe_state_machine(stateMachineArn=plain)


def test_an_activity_made_again_with_the_default_encryption_is_the_same(sfn: Any) -> None:
    made = sfn.create_activity(name="twice")
    again = sfn.create_activity(name="twice", encryptionConfiguration={"type": "AWS_OWNED_KEY"})
    assert made["activityArn"] == again["activityArn"]
    key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/mine"}
    refused("ActivityAlreadyExists", sfn.create_activity, name="twice", encryptionConfiguration=key)


def test_tags(sfn: Any) -> None:
    arn = make(sfn, "tagged", PASS, tags=[{"key": "a", "value": "1"}])
    sfn.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    sfn.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    many = [{"key": str(i), "value": ""} for i in range(50)]
    refused("TooManyTags", sfn.tag_resource, resourceArn=arn, tags=many)


def test_the_words_of_a_status_filter_stand_in_awss_order(sfn: Any) -> None:
    words = refused("ValidationException", sfn.list_executions, stateMachineArn=ROLE, statusFilter="LOST")
    assert "[SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]" in words
