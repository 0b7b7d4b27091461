"""The role's policy: what AWS documents for each integration, narrowed by runs, against a role that exists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfnbook.cli import main
from sfnbook.errors import InputError
from sfnbook.machine import SeenMachine
from sfnbook.policy.permissions import SYNCS
from sfnbook.recorded_run import replay
from sfnbook.tasks.mocks import mock, returns

ACCOUNT = "arn:aws:{}:eu-west-1:123456789012:{}"


def needs(resource: str, parameters: Any, language: str = "JSONPath") -> dict[str, list[str]]:
    """Return the ARNs by action of a machine of one task."""
    field = "Parameters" if language == "JSONPath" else "Arguments"
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", field: parameters, "End": True}
    text = {"QueryLanguage": language, "StartAt": "T", "States": {"T": task}}
    made = SeenMachine(text, name="shop").policy(region="eu-west-1", account="123456789012")
    found: dict[str, list[str]] = {}
    for statement in made.document["Statement"]:
        for action in statement["Action"]:
            found.setdefault(action, []).extend(statement["Resource"])
    return found


RULES = ("events:PutTargets", "events:PutRule", "events:DescribeRule")


def rule(name: str) -> dict[str, list[str]]:
    return {key: [ACCOUNT.format("events", f"rule/{name}")] for key in RULES}


@pytest.mark.parametrize(
    ("resource", "parameters", "expected"),
    [
        ("lambda:invoke", {"FunctionName": "f", "Payload.$": "$"}, {"lambda:InvokeFunction": [ACCOUNT.format("lambda", "function:f")]}),
        ("lambda:invoke", {"FunctionName.$": "$.f"}, {"lambda:InvokeFunction": [ACCOUNT.format("lambda", "function:*")]}),
        ("sns:publish", {"TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": "m"}, {"sns:Publish": ["arn:aws:sns:us-east-1:1:t"]}),
        ("sns:publish", {"TopicArn.$": "$.t", "Message": "m"}, {"sns:Publish": ["*"]}),
        (
            "sqs:sendMessage",
            {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q", "MessageBody": "m"},
            {"sqs:SendMessage": ["arn:aws:sqs:us-east-1:123456789012:q"]},
        ),
        ("dynamodb:getItem", {"TableName": "t", "Key": {}}, {"dynamodb:GetItem": [ACCOUNT.format("dynamodb", "table/t")]}),
        (
            "aws-sdk:dynamodb:query",
            {"TableName": "t", "IndexName": "i"},
            {"dynamodb:Query": [ACCOUNT.format("dynamodb", "table/t/index/i")]},
        ),
        (
            "aws-sdk:dynamodb:transactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "a"}}, {"Delete": {"TableName": "b"}}]},
            {"dynamodb:PutItem": [ACCOUNT.format("dynamodb", "table/a")], "dynamodb:DeleteItem": [ACCOUNT.format("dynamodb", "table/b")]},
        ),
        (
            "aws-sdk:s3:copyObject",
            {"Bucket": "to", "Key": "k", "CopySource": "from/k"},
            {"s3:GetObject": ["arn:aws:s3:::from/k"], "s3:PutObject": ["arn:aws:s3:::to/k"]},
        ),
        ("aws-sdk:s3:listObjectsV2", {"Bucket": "b"}, {"s3:ListBucket": ["arn:aws:s3:::b"]}),
        (
            "aws-sdk:s3:getObject",
            {"Bucket": "b", "Key.$": "States.Format('in/{}.json', $.id)"},
            {"s3:GetObject": ["arn:aws:s3:::b/in/*.json"]},
        ),
        (
            "states:startExecution.sync:2",
            {"StateMachineArn": ACCOUNT.format("states", "stateMachine:child")},
            {
                "states:StartExecution": [ACCOUNT.format("states", "stateMachine:child")],
                "states:DescribeExecution": [ACCOUNT.format("states", "execution:child:*")],
                "states:StopExecution": [ACCOUNT.format("states", "execution:child:*")],
                **rule("StepFunctionsGetEventsForStepFunctionsExecutionRule"),
            },
        ),
        ("states:startExecution", {"StateMachineArn": "arn:aws:states:r:1:stateMachine:c"}, {"states:StartExecution": ["arn:aws:states:r:1:stateMachine:c"]}),
        (
            "ecs:runTask.sync",
            {"TaskDefinition": "td:3"},
            {
                "ecs:RunTask": [ACCOUNT.format("ecs", "task-definition/td:3")],
                "ecs:StopTask": ["*"],
                "ecs:DescribeTasks": ["*"],
                **rule("StepFunctionsGetEventsForECSTaskRule"),
                "iam:PassRole": ["arn:aws:iam::123456789012:role/*"],
            },
        ),
        (
            "glue:startJobRun.sync",
            {"JobName": "j"},
            {key: [ACCOUNT.format("glue", "job/j")] for key in ("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun")},
        ),
        ("glue:startJobRun", {"JobName": "j"}, {"glue:StartJobRun": [ACCOUNT.format("glue", "job/j")]}),
        (
            "codebuild:startBuild.sync",
            {"ProjectName": "p"},
            {
                **{key: [ACCOUNT.format("codebuild", "project/p")] for key in ("codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds")},
                **rule("StepFunctionsGetEventForCodeBuildStartBuildRule"),
            },
        ),
        (
            "elasticmapreduce:addStep.sync",
            {"ClusterId": "j-1", "Step": {}},
            {
                **{key: [ACCOUNT.format("elasticmapreduce", "cluster/j-1")] for key in ("elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:DescribeStep", "elasticmapreduce:CancelSteps")},
                **rule("StepFunctionsGetEventForEMRAddJobFlowStepsRule"),
            },
        ),
        ("events:putEvents", {"Entries": [{"EventBusName": "bus"}, {}]}, {"events:PutEvents": [ACCOUNT.format("events", "event-bus/bus"), ACCOUNT.format("events", "event-bus/default")]}),
        (
            "apigateway:invoke",
            {"ApiEndpoint": "abc.execute-api.eu-west-1.amazonaws.com", "Method": "GET", "Stage": "prod", "Path": "/a/b"},
            {"execute-api:Invoke": [ACCOUNT.format("execute-api", "abc/prod/GET/a/b")]},
        ),
        ("bedrock:invokeModel", {"ModelId": "m", "Body": {}}, {"bedrock:InvokeModel": ["arn:aws:bedrock:eu-west-1::foundation-model/m"]}),
        ("aws-sdk:secretsmanager:getSecretValue", {"SecretId": "s"}, {"secretsmanager:GetSecretValue": [ACCOUNT.format("secretsmanager", "secret:s-??????")]}),
        ("aws-sdk:ssm:getParameter", {"Name": "/a/b"}, {"ssm:GetParameter": [ACCOUNT.format("ssm", "parameter/a/b")]}),
        ("aws-sdk:cloudwatchlogs:putLogEvents", {"LogGroupName": "g"}, {"logs:PutLogEvents": [ACCOUNT.format("logs", "log-group:g:*")]}),
        ("aws-sdk:sesv2:sendEmail", {}, {"ses:SendEmail": ["*"]}),
        ("aws-sdk:bedrockruntime:converse", {"ModelId": "m"}, {"bedrock:InvokeModel": ["arn:aws:bedrock:eu-west-1::foundation-model/m"]}),
        ("eks:call", {"ClusterName": "c"}, {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_aws_documents_for_an_integration(resource: str, parameters: Any, expected: dict[str, list[str]]) -> None:
    found = needs(resource, parameters)
    assert found == (expected or {"*": ["*"]}) or (not expected and list(found) == ["*"])


def test_a_jsonata_argument_is_known_as_far_as_its_text_is() -> None:
    found = needs("dynamodb:getItem", {"TableName": "{% 'orders-' & $states.input.stage %}", "Key": {}}, "JSONata")
    assert found == {"dynamodb:GetItem": [ACCOUNT.format("dynamodb", "table/orders-*")]}


def test_each_sync_integration_of_the_guide_polls_something() -> None:
    assert all(one.same or one.others or one.rule for one in SYNCS.values())


def one_task(**fields: Any) -> dict[str, Any]:
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "End": True, **fields}}}


def test_a_machine_that_calls_nothing_may_nothing() -> None:
    made = SeenMachine({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}).policy()
    assert made.document["Statement"] == [{"Effect": "Deny", "Action": "*", "Resource": "*"}]


def test_a_distributed_map_starts_redrives_reads_and_writes() -> None:
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}  # fmt: skip
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "in", "Prefix": "new/"}}
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "results"}}
    state = {"Type": "Map", "ItemReader": reader, "ItemProcessor": inner, "ResultWriter": writer, "End": True}
    made = SeenMachine({"StartAt": "M", "States": {"M": state}}, name="shop").policy(region="r-1", account="1")
    found = [(one.action, one.resource, one.condition) for one in made.permissions]
    execution = "arn:aws:states:r-1:1:execution:shop"
    assert found == [
        ("states:StartExecution", "arn:aws:states:r-1:1:stateMachine:shop", ()),
        ("states:DescribeExecution", f"{execution}:*", ()),
        ("states:StopExecution", f"{execution}:*", ()),
        ("states:DescribeExecution", f"{execution}/*", ()),
        ("states:StopExecution", f"{execution}/*", ()),
        ("states:RedriveExecution", f"{execution}/*", ()),
        ("s3:ListBucket", "arn:aws:s3:::in", (("StringLike", "s3:prefix", "new/*"),)),
        ("s3:PutObject", "arn:aws:s3:::out/results/*", ()),
        ("s3:GetObject", "arn:aws:s3:::out/results/*", ()),
        ("s3:ListMultipartUploadParts", "arn:aws:s3:::out/results/*", ()),
        ("s3:AbortMultipartUpload", "arn:aws:s3:::out/results/*", ()),
    ]


def test_an_http_task_calls_its_endpoint_only_and_reads_its_connection() -> None:
    parameters = {
        "ApiEndpoint": "https://api.example.com/x",
        "Method": "GET",
        "Authentication": {"ConnectionArn": "arn:aws:events:r:1:connection/c/id"},
    }
    made = SeenMachine(one_task(Resource="arn:aws:states:::http:invoke", Parameters=parameters), name="m").policy()
    first, *rest = made.document["Statement"]
    assert first["Action"] == ["states:InvokeHTTPEndpoint"]
    assert first["Condition"] == {
        "StringEquals": {"states:HTTPEndpoint": "https://api.example.com/x", "states:HTTPMethod": "GET"}
    }
    assert [one["Action"] for one in rest] == [
        ["events:RetrieveConnectionCredentials"],
        ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
    ]


def test_a_task_with_credentials_needs_its_permissions_in_the_other_role() -> None:
    role = "arn:aws:iam::222222222222:role/there"
    made = SeenMachine(
        one_task(Resource="arn:aws:lambda:us-east-1:222222222222:function:f", Credentials={"RoleArn": role})
    ).policy()
    assert [(one.action, one.resource) for one in made.permissions] == [("sts:AssumeRole", role)]
    assert [one.action for one in made.others[role].permissions] == ["lambda:InvokeFunction"]
    assert any(role in note for note in made.notes)


TWO = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Choice", "Choices": [{"Variable": "$.b", "BooleanEquals": True, "Next": "B"}], "Default": "C"},
        "B": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"TopicArn": "arn:aws:sns:r:1:t", "Message": "m"}, "End": True},
        "C": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {"TableName.$": "$.table", "Item": {}}, "End": True},
    },
}  # fmt: skip


def test_runs_narrow_it_to_what_they_called() -> None:
    machine = SeenMachine(TWO, name="two")
    run = machine.run({"b": False, "table": "orders"}, mocks=[mock("C", returns({}))])
    for one in (run, replay(run.history(), machine)):
        made = machine.policy([one])
        assert [(p.action, p.resource) for p in made.permissions] == [("dynamodb:PutItem", "arn:aws:dynamodb:*:*:table/orders")]  # fmt: skip
        assert "No run called B: what only this task needs is left out." in made.notes


def test_an_existing_role_lacks_has_unused_and_is_too_wide() -> None:
    role = {
        "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]},
        "Policies": [
            {"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": ["dynamodb:*", "s3:GetObject"], "Resource": "*"}}},
        ],
    }  # fmt: skip
    found = SeenMachine(TWO).policy().review(role)
    assert [(one.action, states) for one, states, _ in found.missing] == [("sns:Publish", ("B",))]
    assert found.unused == (("s3:GetObject", "*"),)
    assert found.wider[0] == ("dynamodb:*", "*", ("dynamodb:PutItem",))


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ({"Action": "sns:Pub*", "Resource": "arn:aws:sns:r:1:*"}, []),
        ({"Action": "SNS:publish", "Resource": "arn:aws:sns:r:1:t"}, []),
        ({"NotAction": "iam:*", "Resource": "*"}, []),
        ({"Action": "sns:*", "NotResource": "arn:aws:sns:r:1:u"}, []),
        ({"Action": "sns:Publish", "Resource": "${Topic}"}, []),
        ({"Action": "sns:Publish", "Resource": "arn:aws:sns:r:1:u"}, ["allowed on other resources only"]),
        ({"Action": "sqs:*", "Resource": "*"}, [""]),
    ],
)
def test_what_a_statement_covers(statement: dict[str, Any], missing: list[str]) -> None:
    machine = SeenMachine(
        one_task(Resource="arn:aws:states:::sns:publish", Parameters={"TopicArn": "arn:aws:sns:r:1:t", "Message": "m"})
    )
    found = machine.policy().review({"Statement": [{"Effect": "Allow", **statement}]})
    assert [why for _, _, why in found.missing] == missing


def test_a_deny_counts_and_a_condition_is_named() -> None:
    machine = SeenMachine(one_task(Resource="arn:aws:lambda:us-east-1:1:function:f"))
    allow = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    denied = machine.policy().review({"Statement": [allow, {"Effect": "Deny", "Action": "lambda:*", "Resource": "*"}]})
    assert [why for _, _, why in denied.missing] == ["a statement denies it"]
    limited = machine.policy().review({"Statement": {**allow, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}})
    assert not limited.missing
    assert [one.action for one, _ in limited.conditional] == ["lambda:InvokeFunction"]


def test_a_text_without_a_policy_is_no_role() -> None:
    with pytest.raises(InputError, match="no policy"):
        SeenMachine(TWO).policy().review({"Role": {}})


def test_a_role_made_of_the_policy_passes_its_review() -> None:
    for resource in ("aws-sdk:rekognition:detectFaces", "batch:submitJob.sync", "mediaconvert:createJob.sync"):
        machine = SeenMachine(one_task(Resource=f"arn:aws:states:::{resource}", Parameters={"JobName": "j"}))
        found = machine.policy().review(machine.policy().document)
        assert (found.missing, found.unused, found.wider, found.conditional) == ((), (), (), ())


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, role = tmp_path / "two.asl.json", tmp_path / "role.json"
    file.write_text(json.dumps(TWO))
    assert main(["policy", str(file), "--region", "r", "--account", "1"]) == 0
    said = capsys.readouterr()
    role.write_text(said.out)
    assert json.loads(said.out)["Statement"][1]["Resource"] == ["arn:aws:dynamodb:r:1:table/*"]
    assert main(["policy", str(file), "--region", "r", "--account", "1", "--role", str(role)]) == 0
    assert capsys.readouterr().out == "The role allows what the machine needs, and no more.\n"
    role.write_text('{"Statement": {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}}')
    assert main(["policy", str(file), "--role", str(role), "--json"]) == 1
    assert [one["action"] for one in json.loads(capsys.readouterr().out)["missing"]] == ["dynamodb:PutItem"]


def test_a_placeholder_is_a_wildcard_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.asl.json"
    file.write_text(json.dumps(one_task(Resource="arn:aws:states:::dynamodb:getItem", Parameters={"TableName": "${Orders}", "Key": {}})))  # fmt: skip
    assert main(["policy", str(file)]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["Statement"][0]["Resource"] == ["arn:aws:dynamodb:*:*:table/*"]
    assert "--substitute Orders=..." in said.err


def test_logging_and_tracing_of_a_template(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Tracing: {Enabled: true}\n"
        "      Logging: {Level: ALL}\n      Definition: {StartAt: P, States: {P: {Type: Pass, End: true}}}\n"
    )
    actions = {one.action for one in SeenMachine(file).policy().permissions}
    assert {"logs:CreateLogDelivery", "xray:PutTraceSegments"} <= actions
