"""Each rule with a definition that breaks it and what is said: AWS's code, message and location."""

import json
from typing import Any

import pytest

from sfnbook.language import parse
from sfnbook.language.rule import GRAPH_RULES, MACHINE_RULES, STATE_RULES, TARGET_RULES
from sfnbook.language.rules import is_timestamp

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:f"
PASS = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}


def machine(state: dict[str, Any], **top: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state, "Z": {"Type": "Succeed"}}, **top}


def found(definition: dict[str, Any], type: str = "STANDARD") -> list[tuple[str, str, str]]:
    """Return what is found, but for states that nothing leads to (most machines here have one)."""
    diagnostics = parse(definition, type=type).diagnostics
    return [(d.rule.split()[1], d.location, d.message) for d in diagnostics if d.rule != "ASL105 unreachable-state"]


def task(**fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": LAMBDA, "Next": "Z", **fields}


def map_(**fields: Any) -> dict[str, Any]:
    return {"Type": "Map", "ItemProcessor": PASS, "Next": "Z", **fields}


def choice(*rules: Any, **fields: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": list(rules), "Default": "Z", **fields}


def distributed(**config: Any) -> dict[str, Any]:
    return {**PASS, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD", **config}}


JITTER = "The field 'JitterStrategy' should have one of these values: [FULL, NONE]"

BROKEN: list[tuple[dict[str, Any], str, str, str]] = [
    ({"StartAt": "A"}, "missing-field", "/", "These fields are required: [States]"),
    ({"States": PASS["States"]}, "missing-field", "/", "These fields are required: [StartAt]"),
    ({}, "missing-field", "/", "These fields are required: [StartAt, States]"),
    (machine({"Type": "Succeed"}, TimeoutSeconds=0), "wrong-type", "/TimeoutSeconds", "Minimum value is 1"),
    (machine({"Type": "Succeed"}, Comment=1), "wrong-type", "/Comment", "Expected value of type String"),
    (machine({"Type": "Succeed"}, Start=1), "unknown-field", "/", "Field 'Start' is not supported"),
    (
        machine({"Type": "Succeed"}, QueryLanguage="JSON"),
        "query-language",
        "/QueryLanguage",
        "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]",
    ),
    (machine({"Comment": "x"}), "missing-field", "/States/A", "The field 'Type' is required"),
    (machine({"Type": "Task", "Next": "Z"}), "missing-field", "/States/A", "These fields are required: [Resource]"),
    (machine(task(Next="Y")), "unknown-next", "/States/A/Next", "Missing 'Next' target: Y"),
    (machine(task(Next=1)), "wrong-type", "/States/A/Next", "Expected value of type String"),
    (machine({"Type": "Succeed"}, StartAt="B"), "unknown-next", "/StartAt", "Missing 'Next' target: B"),
    (
        machine({"Type": "Pass"}),
        "next-or-end",
        "/States/A",
        "This object should have only one of the following fields: [Next, End]",
    ),
    (
        machine({"Type": "Pass", "Next": "Z", "End": True}),
        "next-or-end",
        "/States/A",
        "This object should have only one of the following fields: [Next, End]",
    ),
    (machine({"Type": "Succeed", "End": True}), "unknown-field", "/States/A", "Field 'End' is not supported"),
    (machine(map_(TimeoutSeconds=1)), "unknown-field", "/States/A", "Field 'TimeoutSeconds' is not supported"),
    (machine(task(InputPath="a")), "path", "/States/A/InputPath", "Value must be a valid JSONPath."),
    (machine(task(ResultPath="$$.a")), "path", "/States/A/ResultPath", "Value is not a Reference Path"),
    (machine(task(ResultPath="$.a[*]")), "path", "/States/A/ResultPath", "Value is not a Reference Path"),
    (machine(task(ResultPath="$var")), "path", "/States/A/ResultPath", "Value is not a Reference Path"),
    (machine(map_(MaxConcurrencyPath="$$.x")), "path", "/States/A/MaxConcurrencyPath", "Value is not a Reference Path"),
    (
        machine(task(Parameters={"a.$": "b"})),
        "payload-template",
        "/States/A/Parameters",
        "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call",
    ),
    (
        machine(task(Parameters={"l": [{"a": 1, "a.$": "$"}]})),
        "payload-template",
        "/States/A/Parameters",
        "There should only be one of the following fields: [a, a.$]",
    ),
    (machine(task(ResultSelector=[])), "wrong-type", "/States/A/ResultSelector", "Expected value of type Object"),
    (machine(task(Assign={"a.b": 1})), "variable-name", "/States/A/Assign", "'a.b' is not a valid variable name"),
    (machine(task(Assign={"states": 1})), "variable-name", "/States/A/Assign", "'states' is not a valid variable name"),
    (
        machine(task(Output="x")),
        "wrong-query-language",
        "/States/A",
        "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage",
    ),
    (
        machine(task(ResultPath="$"), QueryLanguage="JSONata"),
        "wrong-query-language",
        "/States/A",
        "The QueryLanguage is set to 'JSONata', but field 'ResultPath' is only supported "
        "for the 'JSONPath' QueryLanguage",
    ),
    (
        machine(task(QueryLanguage="JSONPath"), QueryLanguage="JSONata"),
        "query-language-downgrade",
        "/States/A",
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
    ),
    (machine(task(Resource="f")), "resource", "/States/A/Resource", "Value is not a valid resource ARN"),
    (machine(task(TimeoutSeconds=0)), "out-of-range", "/States/A/TimeoutSeconds", "Minimum value is 1"),
    (
        machine(task(TimeoutSeconds=5, HeartbeatSeconds=5)),
        "heartbeat-timeout",
        "/States/A/HeartbeatSeconds",
        "HeartbeatSeconds must be smaller than TimeoutSeconds",
    ),
    (
        machine(task(TimeoutSeconds=5, TimeoutSecondsPath="$.t")),
        "exclusive-fields",
        "/States/A",
        "There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath]",
    ),
    (
        machine(task(Credentials={})),
        "credentials",
        "/States/A/Credentials",
        "The field 'RoleArn' is required but was missing",
    ),
    (machine(task(Retry=[{}])), "retrier", "/States/A/Retry[0]", "These fields are required: [ErrorEquals]"),
    (
        machine(task(Retry=[{"ErrorEquals": ["E"], "IntervalSeconds": 0}])),
        "retrier",
        "/States/A/Retry[0]/IntervalSeconds",
        "Minimum value is 1",
    ),
    (
        machine(task(Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 100_000_000}])),
        "retrier",
        "/States/A/Retry[0]/MaxAttempts",
        "Maximum value is 99999999",
    ),
    (
        machine(task(Retry=[{"ErrorEquals": ["E"], "BackoffRate": 0.5}])),
        "retrier",
        "/States/A/Retry[0]/BackoffRate",
        "Minimum value is 1.0",
    ),
    (
        machine(task(Retry=[{"ErrorEquals": ["E"], "JitterStrategy": "HALF"}])),
        "retrier",
        "/States/A/Retry[0]/JitterStrategy",
        JITTER,
    ),
    (
        machine(task(Retry=[{"ErrorEquals": ["E"], "IntervalSeconds": 5, "MaxDelaySeconds": 5}])),
        "max-delay",
        "/States/A/Retry[0]/MaxDelaySeconds",
        "MaxDelaySeconds must be larger than IntervalSeconds",
    ),
    (
        machine(task(Catch=[{"ErrorEquals": ["E"]}])),
        "catcher",
        "/States/A/Catch[0]",
        "These fields are required: [Next]",
    ),
    (
        machine(task(Catch=[{"ErrorEquals": ["E"], "Next": "Y"}])),
        "unknown-next",
        "/States/A/Catch[0]/Next",
        "Missing 'Next' target: Y",
    ),
    (
        machine(task(Retry=[{"ErrorEquals": ["States.ALL", "E"]}])),
        "error-equals",
        "/States/A/Retry[0]/ErrorEquals[0]",
        "States.ALL must appear alone and at end of list",
    ),
    (
        machine(task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}])),
        "error-equals",
        "/States/A/Retry[0]/ErrorEquals[0]",
        "States.ALL must appear alone and at end of list",
    ),
    (
        machine(task(Retry=[{"ErrorEquals": []}])),
        "error-equals",
        "/States/A/Retry[0]/ErrorEquals",
        "Value cannot be empty",
    ),
    (machine(choice()), "choices", "/States/A/Choices", "Value cannot be empty"),
    (
        machine(choice({"Variable": "$", "IsNull": True})),
        "choices",
        "/States/A/Choices[0]",
        "These fields are required: [Next]",
    ),
    (
        machine(choice({"Variable": "$", "IsNull": True, "Next": "Y"})),
        "unknown-next",
        "/States/A/Choices[0]/Next",
        "Missing 'Next' target: Y",
    ),
    (
        machine(choice({"Variable": "$", "IsNull": True, "Next": "Z"}, Default="Y")),
        "unknown-next",
        "/States/A/Default",
        "Missing 'Next' target: Y",
    ),
    (
        machine(choice({"Variable": "$", "Next": "Z"})),
        "choice-rule",
        "/States/A/Choices[0]",
        "A choice rule needs a comparison operator, And, Or or Not",
    ),
    (
        machine(choice({"Variable": "$", "IsNull": True, "IsString": True, "Next": "Z"})),
        "choice-rule",
        "/States/A/Choices[0]",
        "There should only be one of the following fields: [IsNull, IsString]",
    ),
    (
        machine(choice({"Variable": "$", "NumericEquals": "1", "Next": "Z"})),
        "choice-rule",
        "/States/A/Choices[0]/NumericEquals",
        "Expected value of type Number",
    ),
    (
        machine(choice({"Variable": "$", "TimestampEquals": "today", "Next": "Z"})),
        "choice-rule",
        "/States/A/Choices[0]/TimestampEquals",
        "String does not match RFC3339 timestamp",
    ),
    (
        machine(choice({"IsNull": True, "Next": "Z"})),
        "choice-rule",
        "/States/A/Choices[0]",
        "These fields are required: [Variable]",
    ),
    (
        machine(choice({"And": [{"Variable": "$", "IsNull": True, "Next": "Z"}], "Next": "Z"})),
        "choice-rule",
        "/States/A/Choices[0]/And[0]",
        "Field 'Next' is not supported",
    ),
    (
        machine(choice({"Not": [], "Next": "Z"})),
        "choice-rule",
        "/States/A/Choices[0]/Not",
        "Expected value of type Object",
    ),
    (
        machine(choice({"Next": "Z"}), QueryLanguage="JSONata"),
        "choice-rule",
        "/States/A/Choices[0]",
        "These fields are required: [Condition]",
    ),
    (
        machine({"Type": "Wait", "Next": "Z"}),
        "one-of-fields",
        "/States/A",
        "This object should have only one of the following fields: [Seconds, Timestamp, SecondsPath, TimestampPath]",
    ),
    (
        machine({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "Next": "Z"}),
        "one-of-fields",
        "/States/A",
        "This object should have only one of the following fields: [Seconds, Timestamp, SecondsPath, TimestampPath]",
    ),
    (machine({"Type": "Wait", "Seconds": -1, "Next": "Z"}), "out-of-range", "/States/A/Seconds", "Minimum value is 0"),
    (
        machine({"Type": "Wait", "Timestamp": "{% '2016-03-14T01:59:00Z' %}", "Next": "Z"}),
        "timestamp",
        "/States/A/Timestamp",
        "String does not match RFC3339 timestamp",
    ),
    (
        machine({"Type": "Fail", "Error": "E", "ErrorPath": "$.e"}),
        "exclusive-fields",
        "/States/A",
        "There should only be one of the following fields: [Error, ErrorPath]",
    ),
    (
        machine({"Type": "Parallel", "Branches": [], "Next": "Z"}),
        "branches",
        "/States/A/Branches",
        "Value cannot be empty",
    ),
    (
        machine(
            {
                "Type": "Parallel",
                "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Pass", "Next": "Z"}, "J": {"Type": "Fail"}}}],
                "Next": "Z",
            }
        ),
        "unknown-next",
        "/States/A/Branches[0]/States/I/Next",
        "Missing 'Next' target: Z",
    ),
    (
        machine(map_(Iterator=PASS)),
        "one-of-fields",
        "/States/A",
        "This object should have only one of the following fields: [ItemProcessor, Iterator]",
    ),
    (
        machine(map_(ItemProcessor={**PASS, "QueryLanguage": "JSONata"})),
        "unknown-field",
        "/States/A/ItemProcessor",
        "Field 'QueryLanguage' is not supported",
    ),
    (
        machine(map_(ItemProcessor={**PASS, "ProcessorConfig": {"Mode": "FAST"}})),
        "processor-config",
        "/States/A/ItemProcessor/ProcessorConfig/Mode",
        "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]",
    ),
    (
        machine(map_(ItemProcessor={**PASS, "ProcessorConfig": {"Mode": "DISTRIBUTED"}})),
        "processor-config",
        "/States/A/ItemProcessor/ProcessorConfig",
        "These fields are required: [ExecutionType]",
    ),
    (
        machine(map_(ToleratedFailurePercentage=101)),
        "out-of-range",
        "/States/A/ToleratedFailurePercentage",
        "Maximum value is 100.0",
    ),
    (
        machine(map_(ItemProcessor=distributed(), Label="x" * 41)),
        "label",
        "/States/A/Label",
        "Label cannot exceed 40 characters",
    ),
    (
        machine(map_(ItemProcessor=distributed(), Label="")),
        "label",
        "/States/A/Label",
        "Label cannot be empty",
    ),
    (
        machine(map_(ItemProcessor=distributed(), ItemBatcher={})),
        "empty-batcher",
        "/States/A/ItemBatcher",
        "One of these fields is required: [MaxItemsPerBatch, MaxItemsPerBatchPath, MaxInputBytesPerBatch, "
        "MaxInputBytesPerBatchPath]",
    ),
    (
        machine(
            map_(
                ItemProcessor=distributed(),
                ItemReader={
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"MaxItems": 1, "MaxItemsPath": "$.n"},
                },
            )
        ),
        "map-parts",
        "/States/A/ItemReader/ReaderConfig",
        "There should only be one of the following fields: [MaxItems, MaxItemsPath]",
    ),
    (
        machine(task(Next="A")) | {"States": {"A": task(Next="A")}},
        "no-terminal-state",
        "",
        "Workflow has no terminal state",
    ),
    (
        {"StartAt": "x" * 81, "States": {"x" * 81: {"Type": "Succeed"}}},
        "state-name",
        "/States/" + "x" * 81,
        f"State name '{'x' * 30}…' must have 1 to 80 characters, not 81",
    ),
    (
        machine(map_(ItemProcessor={"StartAt": "Z", "States": {"Z": {"Type": "Succeed"}}})),
        "duplicate-state",
        "/States/A/ItemProcessor/States/Z",
        "Duplicate State name: Z",
    ),
    (
        machine(task(Retry=[{"ErrorEquals": ["States.Taskfailed"]}])),
        "unknown-error-name",
        "/States/A/Retry[0]/ErrorEquals[0]",
        "AWS raises no error States.Taskfailed",
    ),
    (machine(map_(Label="x")), "distributed-only", "/States/A/Label", "Label has an effect only in DISTRIBUTED mode"),
    (
        machine({"Type": "Pass", "Result": {"a.$": "$.b"}, "Next": "Z"}),
        "result-is-static",
        "/States/A/Result",
        "Result is not evaluated, so 'a.$' stays as it is",
    ),
    (
        machine(task(Parameters={"a": "$.b"})),
        "no-dollar",
        "/States/A/Parameters",
        "'a' holds what looks like a path, but is taken literally",
    ),
    (
        machine({"Type": "Fail", "Error": "$.e", "Cause": "$5 are missing"}),
        "no-path",
        "/States/A/Error",
        "'Error' holds what looks like a path, but is taken literally",
    ),
    (
        machine(choice({"Not": {"Or": [{"Variable": "$.a", "StringEquals": "$$.x"}]}, "Next": "Z"})),
        "no-path",
        "/States/A/Choices[0]/Not/Or[0]/StringEquals",
        "'StringEquals' holds what looks like a path, but is taken literally",
    ),
]


@pytest.mark.parametrize(
    ("definition", "rule", "where", "message"), BROKEN, ids=[f"{b[1]}-{b[3][:40]}" for b in BROKEN]
)
def test_rule(definition: dict[str, Any], rule: str, where: str, message: str) -> None:
    findings = found(definition)
    assert (rule, where, message) in findings
    assert len(findings) == 1, findings


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (
            "arn:aws:states:::states:startExecution.sync",
            "Express state machine does not support '.sync' service integration",
        ),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            "Express state machine does not support '.sync' service integration",
        ),
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Express state machine does not support '.waitForTaskToken' service integration ",
        ),
        ("arn:aws:states:us-east-1:123456789012:activity:a", "Express state machine does not support Activity ARN"),
    ],
)
def test_express_cannot_wait(resource: str, message: str) -> None:
    definition = machine(task(Resource=resource))
    assert found(definition) == []
    assert found(definition, "EXPRESS") == [("express-integration", "/States/A/Resource", message)]


@pytest.mark.parametrize(
    ("resource", "known"),
    [
        ("sqs:sendMessage.waitForTaskToken", True),
        ("sqs:sendMessage.sync", False),
        ("lambda:invoke.sync", False),
        ("dynamodb:getItem.waitForTaskToken", False),
        ("glue:startJobRun.sync", True),
        ("glue:startJobRun.waitForTaskToken", False),
        ("ecs:runTask.sync", True),
        ("states:startExecution.sync:2", True),
        ("glue:startJobRun.sync:2", False),
        ("aws-sdk:sqs:sendMessage.waitForTaskToken", True),
        ("aws-sdk:glue:startJobRun.sync", False),
    ],
)
def test_not_every_service_can_be_waited_for(resource: str, known: bool) -> None:
    arn = f"arn:aws:states:::{resource}"
    message = (
        f"The resource provided {arn} is not recognized. The value is not a valid resource ARN, "
        "or the resource is not available in this region."
    )
    assert found(machine(task(Resource=arn))) == ([] if known else [("resource", "/States/A/Resource", message)])


def test_items_that_run_as_express_workflows_cannot_wait_either() -> None:
    waiting = task(Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken")
    items = {"StartAt": "I", "States": {"I": {**waiting, "Next": "J"}, "J": {"Type": "Succeed"}}}
    for kind, rules in (("STANDARD", []), ("EXPRESS", ["express-integration"])):
        config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}}
        assert [rule for rule, _, _ in found(machine(map_(ItemProcessor={**items, **config})))] == rules


def test_a_label_names_one_map() -> None:
    innermost = {**distributed(), "StartAt": "K", "States": {"K": {"Type": "Succeed"}}}
    inner = {"I": map_(ItemProcessor=innermost, Label="x", Next="J"), "J": {"Type": "Succeed"}}
    outer = map_(ItemProcessor={**distributed(), "StartAt": "I", "States": inner}, Label="x")
    [twice] = parse(machine(outer)).diagnostics
    assert (twice.code, twice.location, twice.message) == (
        "DUPLICATE_LABEL_NAME",
        "/States/A/ItemProcessor/States/I/Label",
        "Duplicate Label name: x",
    )


def test_express_cannot_distribute() -> None:
    definition = machine(map_(ItemProcessor=distributed()))
    assert found(definition) == []
    assert [rule for rule, _, _ in found(definition, "EXPRESS")] == ["express-distributed-map"]


def test_a_loop_hides_what_is_unreachable_and_a_missing_target_does_not() -> None:
    loop = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}, "C": {"Type": "Pass", "Next": "A"}}
    both = parse({"StartAt": "A", "States": loop}).diagnostics
    assert [(d.code, d.location, d.message) for d in both] == [
        ("MISSING_END_STATE", "", "Workflow has no terminal state")
    ]
    dangling = parse({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "N"}}}).diagnostics
    assert [(d.code, d.location) for d in dangling] == [
        ("MISSING_TRANSITION_TARGET", "/States/A/Next"),
        ("MISSING_END_STATE", ""),
    ]


@pytest.mark.parametrize("name", ["jsonata", "", 5, None])
def test_an_unknown_query_language_is_held_for_jsonata(name: object) -> None:
    """So what is written in JSONata beside the misspelt name is not reported as well (measured: floci#2968)."""
    state = {"Type": "Pass", "Output": "{% 1 %}", "Next": "Z"}
    assert [where for _, where, _ in found(machine(state, QueryLanguage=name))] == ["/QueryLanguage"]
    assert [where for _, where, _ in found(machine({**state, "QueryLanguage": name}))] == ["/States/A/QueryLanguage"]


def test_query_languages_of_map_and_its_states() -> None:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "QueryLanguage": "JSONPath", "End": True}}}
    assert found(machine(map_(QueryLanguage="JSONata", ItemProcessor=inner), QueryLanguage="JSONPath")) == []
    jsonata = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Output": 1, "End": True}}}
    assert [rule for rule, _, _ in found(machine(map_(QueryLanguage="JSONata", ItemProcessor=jsonata)))] == [
        "wrong-query-language"
    ]


@pytest.mark.parametrize(
    ("error", "known"),
    [("States.Http.StatusCode.404", True), ("States.Http.StatusCode.40", False), ("States.Http.StatusCode.999", False)],
)
def test_an_http_task_raises_its_status(error: str, known: bool) -> None:
    assert (found(machine(task(Retry=[{"ErrorEquals": [error]}]))) == []) is known


def test_sound_definitions_are_left_alone() -> None:
    jsonata = {
        "Arguments": "{% $states.input %}",
        "Output": "{% $states.result %}",
        "Assign": {"x": "{% 1 %}"},
        "TimeoutSeconds": "{% 5 %}",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Z"}],
    }
    assert found(machine(task(**jsonata), QueryLanguage="JSONata")) == []
    for state in (
        task(
            Parameters={"a.$": "States.UUID()", "b.$": "$$.Task.Token", "c.$": "$v.x"}, ResultPath=None, InputPath=None
        ),
        task(TimeoutSecondsPath="$.t", HeartbeatSeconds=3, ResultPath="$.a['b c'][0]"),
        choice(
            {
                "And": [{"Not": {"Variable": "$.a", "IsPresent": True}}],
                "Next": "Z",
                "Comment": "x",
                "Assign": {"v.$": "$.a"},
            }
        ),
        choice({"Variable": "$$.x", "TimestampLessThanPath": "$.t", "Next": "Z"}),
        {"Type": "Fail", "ErrorPath": "$$.State.Name", "CausePath": "States.Format('{}', $.c)"},
        {"Type": "Fail"},
        {"Type": "Wait", "Timestamp": "2024-02-29T23:59:59.123456789+01:00", "Next": "Z"},
    ):
        assert found(machine(state)) == []


def test_placeholders_may_stand_for_anything() -> None:
    state = task(
        Resource="${Function}", TimeoutSeconds="${Timeout}", Parameters="${P}", Retry="${Retry}", ResultPath="${R}"
    )
    assert found(machine(state)) == []
    assert found(machine({"Type": "Wait", "Timestamp": "${When}", "Next": "Z"})) == []


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2016-03-14T01:59:00Z", True),
        ("2016-03-14T01:59:00.123456789Z", True),
        ("2016-03-14T01:59:00-08:00", True),
        ("2016-03-14T01:59:00", False),
        ("2016-03-14t01:59:00z", False),
        ("2016-12-05T25:29:29Z", False),
        ("2015-02-29T00:00:00Z", False),
        ("05-12-2016T21:29:29Z", False),
    ],
)
def test_timestamps(text: str, good: bool) -> None:
    assert is_timestamp(text) is good


def test_every_rule_says_what_and_why_and_numbers_are_used_once() -> None:
    rules = {*MACHINE_RULES, *TARGET_RULES, *GRAPH_RULES, *(rule for rules in STATE_RULES.values() for rule in rules)}
    names: dict[str, str] = {}
    for rule in rules:
        assert (rule.check.__doc__ or "").strip(), rule.title
        assert names.setdefault(rule.number, rule.name) == rule.name


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (
            {"StartAt": "A", "States": {}},
            [
                ("/States", "Value cannot be empty"),
                ("/StartAt", "Missing 'Next' target: A"),
                ("", "Workflow has no terminal state"),
            ],
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass"}}},
            [
                ("/States/A", "This object should have only one of the following fields: [Next, End]"),
                ("", "Workflow has no terminal state"),
            ],
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Wait", "End": True}}},
            [
                (
                    "/States/A",
                    "This object should have only one of the following fields: "
                    "[Seconds, Timestamp, SecondsPath, TimestampPath]",
                )
            ],
        ),
        ({"StartAt": "A", "States": {"A": {"End": True}}}, [("/States/A", "The field 'Type' is required")]),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}},
            [("/States/A/Next", "Missing 'Next' target: B"), ("", "Workflow has no terminal state")],
        ),
    ],
)
def test_findings_that_come_together(definition: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert sorted((where, message) for _, where, message in found(definition)) == sorted(expected)


@pytest.mark.parametrize(
    ("rule", "where", "message"),
    [
        ({"And": []}, "/States/A/Choices[0]/And", "Value cannot be empty"),
        ({"Or": []}, "/States/A/Choices[0]/Or", "Value cannot be empty"),
        ({"Not": {"And": []}}, "/States/A/Choices[0]/Not/And", "Value cannot be empty"),
        (
            {"Variable": "a", "IsNull": True},
            "/States/A/Choices[0]/Variable",
            "Value is not a Reference Path: Reference path didn't start with '$'",
        ),
    ],
)
def test_words_of_choice_rules(rule: dict[str, Any], where: str, message: str) -> None:
    assert ("choice-rule", where, message) in found(machine(choice({**rule, "Next": "Z"})))


@pytest.mark.parametrize("value", [[], [1, {"a": "b"}], "text", 5, 1.5, True, None, {}])
@pytest.mark.parametrize("field", ["Parameters", "ItemSelector"])
def test_parameters_and_item_selector_may_be_any_value(field: str, value: Any) -> None:
    assert found(machine(map_(**{field: value}))) == []
    if field == "Parameters":
        assert found(machine(task(Parameters=value))) == []


def test_a_template_in_an_array_is_looked_at() -> None:
    assert [rule for rule, _, _ in found(machine(task(Parameters=[{"a.$": "no path"}])))] == ["payload-template"]


JSONATA_TOP = {"QueryLanguage": "JSONata"}


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("{% 1 }", True),
        ("{% 1", True),
        ("1 %}", True),
        (" {% 1 %}", True),
        ("{%}", True),
        ("{% 1 %}", False),
        ("{ 1 }", False),
        ("100%", False),
    ],
)
def test_what_is_almost_an_expression(text: str, warned: bool) -> None:
    definition = machine({"Type": "Pass", "Output": {"a": [text]}, "Next": "Z"}, **JSONATA_TOP)
    expected = ("almost-an-expression", "/States/A/Output/a[0]")
    assert [(rule, where) for rule, where, _ in found(definition)] == ([expected] if warned else [])


def _assigning(place: str, name: str, suffix: str) -> dict[str, Any]:
    """Return a state that assigns a variable in its own Assign, a catcher's or a choice rule's."""
    assigned = {"Assign": {name + suffix: 1 if not suffix else "$.x"}}
    if place == "Catch":
        return task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Z", **assigned}])
    if place == "Choices":
        test = {"Condition": True} if not suffix else {"Variable": "$.x", "IsNull": True}
        return {"Type": "Choice", "Default": "Z", "Choices": [{**test, "Next": "Z", **assigned}]}
    return {"Type": "Pass", "Next": "Z", **assigned}


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
@pytest.mark.parametrize("outer", ["Assign", "Catch", "Choices"])
@pytest.mark.parametrize("inner", ["Assign", "Catch", "Choices"])
@pytest.mark.parametrize("nesting", ["branch", "iteration", "children", "deep"])
def test_a_variable_of_a_parent_scope_is_not_assigned(language: str, outer: str, inner: str, nesting: str) -> None:
    suffix = ".$" if language == "JSONPath" else ""
    processor = {"StartAt": "I", "States": {"I": _assigning(inner, "x", suffix), "Z": {"Type": "Succeed"}}}
    processor["States"]["Y"] = processor["States"].pop("Z")  # names are unique in the whole machine
    text = json.dumps(processor).replace('"Z"', '"Y"')
    processor = json.loads(text)
    around: dict[str, Any] = {
        "branch": {"Type": "Parallel", "Branches": [processor], "Next": "Z"},
        "iteration": {"Type": "Map", "ItemProcessor": processor, "Next": "Z"},
        "children": {
            "Type": "Map",
            "ItemProcessor": {
                **processor,
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            },
            "Next": "Z",
        },
    }
    within = {"Type": "Map", "ItemProcessor": processor, "End": True}
    around["deep"] = {"Type": "Parallel", "Branches": [{"StartAt": "M", "States": {"M": within}}], "Next": "Z"}
    states = {"S": {"Type": "Choice", "Choices": [], "Default": "A"}, "A": _assigning(outer, "x", suffix)}
    states["P"] = around[nesting]
    states["Z"] = {"Type": "Succeed"}
    test = {"Condition": True} if language == "JSONata" else {"Variable": "$.x", "IsNull": True}
    states["S"]["Choices"] = [{**test, "Next": "P"}]
    definition = {"QueryLanguage": language, "StartAt": "S", "States": states}
    if nesting == "children":  # the children of a distributed Map do not see it
        assert found(definition) == []
        return
    (finding,) = found(definition)
    assert finding[::2] == (
        "shadowed-variable",
        "The variable name 'x' was already defined in a parent scope.",
    )
    assert finding[1].endswith(
        {"Assign": "/I/Assign", "Catch": "/I/Catch[0]/Assign", "Choices": "/I/Choices[0]/Assign"}[inner]
    )


def test_names_of_siblings_and_of_inner_scopes_are_free() -> None:
    def branch(name: str) -> dict[str, Any]:
        return {"StartAt": name, "States": {name: {"Type": "Pass", "Assign": {"x": 1}, "End": True}}}

    parallel = {"Type": "Parallel", "Branches": [branch("B1"), branch("B2")], "Assign": {"y": 1}, "Next": "Z"}
    assert found(machine(parallel)) == []
