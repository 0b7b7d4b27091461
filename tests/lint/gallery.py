"""The gallery: broken definitions, each with the whole text that `check` says about it, in ``gallery.txt``.

``python tests/lint/gallery.py`` writes the texts anew after a change that is meant to alter them; look at the difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sfnbook.language import reader
from sfnbook.lint.check import check

TEXTS = Path(__file__).with_name("gallery.txt")

END = {"Type": "Pass", "End": True}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
TASK = {"Type": "Task", "Resource": FUNCTION, "End": True}
SQS = "arn:aws:states:::sqs:sendMessage"


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def jsonata(**states: Any) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", **machine(**states)}


def out(text: str) -> dict[str, Any]:
    return jsonata(A={**END, "Output": text})


def parameters(**values: Any) -> dict[str, Any]:
    return machine(A={**END, "Parameters": values})


def choice(*rules: Any, **more: Any) -> dict[str, Any]:
    return machine(A={"Type": "Choice", "Choices": list(rules), "Default": "B", **more}, B=END)


def rule(**fields: Any) -> dict[str, Any]:
    return {"Variable": "$.a", "Next": "B", **fields}


def catching(*errors: Any, **task: Any) -> dict[str, Any]:
    return machine(A={**TASK, **task, "Catch": [{"ErrorEquals": list(one), "Next": "B"} for one in errors]}, B=END)


def retrying(entry: Any, **task: Any) -> dict[str, Any]:
    return machine(A={**TASK, **task, "Retry": entry if isinstance(entry, list) else [entry]})


def mapping(**fields: Any) -> dict[str, Any]:
    return machine(A={"Type": "Map", "End": True, "ItemProcessor": machine(I=END), **fields})


def distributed(inner: Any = END, **fields: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, **machine(I=inner)}
    given = {"ItemProcessor": processor, "MaxConcurrency": 5, **fields}
    return mapping(**{name: value for name, value in given.items() if value is not ...})


def _renamed(definition: dict[str, Any]) -> Any:
    """Return a Map with other names of states."""
    return json.loads(json.dumps(definition).replace('"A"', '"B"').replace('"I"', '"J"'))


CASES: dict[str, Any] = {
    # syntax
    "nothing": "",
    "a comma too much": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true,}}}',
    "a comma too few": '{"StartAt": "A"\n "States": {}}',
    "a quote too few": '{"StartAt": "A, "States": {}}',
    "a brace too few": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}',
    "a comment": '{"StartAt": "A", // begin\n "States": {}}',
    "single quotes": "{'StartAt': 'A'}",
    "Python's True": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}',
    "a list": "[1]",
    "a field twice": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Type": "Wait", "End": true}}}',
    "a state twice": '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}, "A": {"Type": "Succeed"}}}',
    "YAML with a tab": "StartAt: A\nStates:\n\tA: {}",
    # structure
    "no StartAt": {"States": {"A": END}},
    "no States": {"StartAt": "A"},
    "no state at all": {"StartAt": "A", "States": {}},
    "StartAt misspelt": {"StartsAt": "A", "States": {"A": END}},
    "States in small letters": {"StartAt": "A", "states": {"A": END}},
    "StartAt nowhere": {"StartAt": "B", "States": {"A": END}},
    "Next nowhere": machine(A={"Type": "Pass", "Next": "Ship"}, Shipp=END),
    "Next in another case": machine(A={"Type": "Pass", "Next": "ship"}, Ship=END),
    "Default nowhere": choice(rule(IsPresent=True), Default="C"),
    "Catch leads nowhere": machine(A={**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]}),
    "unreachable": machine(A=END, B=END),
    "no end": machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}),
    "a loop beside an end": machine(
        A={"Type": "Choice", "Choices": [rule(IsPresent=True)], "Default": "C"},
        B={"Type": "Wait", "Seconds": 5, "Next": "D"},
        C=END,
        D={"Type": "Pass", "Next": "B"},
    ),
    "no Type": machine(A={"End": True}),
    "an unknown Type": machine(A={"Type": "Lambda", "End": True}),
    "a Type in small letters": machine(A={"Type": "pass", "End": True}),
    "neither Next nor End": machine(A={"Type": "Pass"}),
    "Next and End": machine(A={"Type": "Pass", "Next": "B", "End": True}, B=END),
    "End is a text": machine(A={"Type": "Pass", "End": "true"}),
    "End is false": machine(A={"Type": "Pass", "End": False}),
    "Next at a Succeed": machine(A={"Type": "Succeed", "Next": "B"}, B=END),
    "Catch at a Pass": machine(A={**END, "Catch": []}),
    "a field misspelt": machine(A={**TASK, "TimeoutSecond": 5}),
    "a name of 81 characters": machine(**{"x" * 81: END}),
    "the same name in a branch": machine(A={"Type": "Parallel", "End": True, "Branches": [machine(A=END)]}),
    "an unknown query language": {"QueryLanguage": "JSONATA", **machine(A=END)},
    # tasks
    "no Resource": machine(A={"Type": "Task", "End": True}),
    "a Resource that is a name": machine(A={**TASK, "Resource": "decide"}),
    "an unknown integration": machine(A={**TASK, "Resource": "arn:aws:states:::lamda:invoke"}),
    "an unknown action": machine(A={**TASK, "Resource": "arn:aws:states:::dynamodb:query"}),
    "sync where there is none": machine(A={**TASK, "Resource": SQS + ".sync", "Parameters": {}}),
    "a timeout of 0": machine(A={**TASK, "TimeoutSeconds": 0}),
    "a timeout as text": machine(A={**TASK, "TimeoutSeconds": "5"}),
    "a heartbeat as long as the timeout": machine(A={**TASK, "TimeoutSeconds": 5, "HeartbeatSeconds": 5}),
    "two timeouts": machine(A={**TASK, "TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t"}),
    "a parameter misspelt": machine(A={**TASK, "Resource": SQS, "Parameters": {"QueueURL": "q", "MessageBody": "m"}}),
    "a parameter missing": machine(
        A={**TASK, "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": {"TableName": "t"}}
    ),
    "a parameter of an SDK call": machine(
        A={**TASK, "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {"Bucket": "b", "key": "k"}}
    ),
    "a callback without its token": machine(
        A={
            **TASK,
            "Resource": SQS + ".waitForTaskToken",
            "TimeoutSeconds": 9,
            "Parameters": {"QueueUrl": "q", "MessageBody": "m"},
        }
    ),
    "a callback without a timeout": machine(
        A={
            **TASK,
            "Resource": SQS + ".waitForTaskToken",
            "Parameters": {"QueueUrl": "q", "MessageBody": {"t.$": "$$.Task.Token"}},
        }
    ),
    "a job without a timeout": machine(
        A={**TASK, "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}}
    ),
    "an activity without a timeout": machine(
        A={**TASK, "Resource": "arn:aws:states:us-east-1:123456789012:activity:a"}
    ),
    "an ended service": machine(A={**TASK, "Resource": "arn:aws:states:::aws-sdk:qldb:listLedgers"}),
    "a deprecated runtime": machine(
        A={
            **TASK,
            "Resource": "arn:aws:states:::aws-sdk:lambda:createFunction",
            "Parameters": {"FunctionName": "f", "Role": "r", "Code": {}, "Runtime": "python3.7"},
        }
    ),
    "credentials without a role": machine(A={**TASK, "Credentials": {"Role": "r"}}),
    "a callback in an Express machine": (
        "EXPRESS",
        machine(
            A={
                **TASK,
                "Resource": SQS + ".waitForTaskToken",
                "TimeoutSeconds": 9,
                "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
            }
        ),
    ),
    "a long wait in an Express machine": ("EXPRESS", machine(A={"Type": "Wait", "Seconds": 600, "End": True})),
    # errors
    "States.ALL not last": catching(["States.ALL"], ["Mine"]),
    "States.ALL not alone": catching(["Mine", "States.ALL"]),
    "an unknown error of AWS": catching(["States.TaskFailled"]),
    "an empty ErrorEquals": catching([]),
    "Catch without Next": machine(A={**TASK, "Catch": [{"ErrorEquals": ["States.ALL"]}]}),
    "Retry without ErrorEquals": retrying({"MaxAttempts": 2}),
    "Retry that is no list": machine(A={**TASK, "Retry": {"ErrorEquals": ["States.ALL"]}}),
    "a retrier misspelt": retrying({"ErrorEquals": ["States.ALL"], "MaxAttemps": 2}),
    "a backoff below 1": retrying({"ErrorEquals": ["States.ALL"], "BackoffRate": 0.5}),
    "an interval of 0": retrying({"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0}),
    "an unknown jitter": retrying({"ErrorEquals": ["States.ALL"], "JitterStrategy": "Full"}),
    "a delay below the interval": retrying({"ErrorEquals": ["States.ALL"], "IntervalSeconds": 9, "MaxDelaySeconds": 5}),
    "what can never be caught": catching(["States.Runtime"]),
    "a catcher twice": catching(["Mine"], ["Mine"]),
    "a catcher after TaskFailed": catching(["States.TaskFailed"], ["Lambda.Unknown", "Mine"]),
    "Lambda's error at DynamoDB": catching(
        ["Lambda.ServiceException"],
        Resource="arn:aws:states:::dynamodb:getItem",
        Parameters={"TableName": "t", "Key": {}},
    ),
    "a heartbeat's error without one": catching(["States.HeartbeatTimeout"]),
    "JSONata's error in JSONPath": catching(["States.QueryEvaluationError"]),
    # Choice
    "no Choices": machine(A={"Type": "Choice", "Default": "B"}, B=END),
    "empty Choices": machine(A={"Type": "Choice", "Choices": [], "Default": "B"}, B=END),
    "no Default": machine(A={"Type": "Choice", "Choices": [rule(NumericEquals=1)]}, B=END),
    "a rule without Next": choice({"Variable": "$.a", "IsPresent": True}),
    "a rule without Variable": choice({"NumericEquals": 1, "Next": "B"}),
    "a rule without an operator": choice({"Variable": "$.a", "Next": "B"}),
    "two operators": choice(rule(NumericGreaterThan=1, NumericLessThan=5)),
    "an operator misspelt": choice(rule(NumericEqual=1)),
    "a number as text": choice(rule(NumericEquals="1")),
    "a Variable that is no path": choice(rule(Variable="a", IsPresent=True)),
    "a path in StringEquals": choice(rule(StringEquals="$.b")),
    "a timestamp that is none": choice(rule(TimestampEquals="2024-01-01")),
    "And that is no list": choice({"And": rule(IsPresent=True), "Next": "B"}),
    "a rule taken before": choice(rule(NumericGreaterThan=1), rule(NumericGreaterThan=10)),
    "the same rule twice": choice(rule(StringEquals="x"), rule(StringEquals="x")),
    "Condition in JSONPath": choice({"Condition": "{% true %}", "Next": "B"}),
    "Condition that is a plain text": jsonata(
        A={"Type": "Choice", "Choices": [{"Condition": "$states.input.a > 1", "Next": "B"}], "Default": "B"}, B=END
    ),
    "Variable in JSONata": jsonata(A={"Type": "Choice", "Choices": [rule(IsPresent=True)], "Default": "B"}, B=END),
    # Wait, Parallel, Map
    "a Wait without a time": machine(A={"Type": "Wait", "End": True}),
    "a Wait with two times": machine(
        A={"Type": "Wait", "Seconds": 1, "Timestamp": "2024-01-01T00:00:00Z", "End": True}
    ),
    "negative seconds": machine(A={"Type": "Wait", "Seconds": -1, "End": True}),
    "a Timestamp without a zone": machine(A={"Type": "Wait", "Timestamp": "2024-01-01T00:00:00", "End": True}),
    "a placeholder for a number": machine(A={"Type": "Wait", "Seconds": "${Delay}", "End": True}),
    "no Branches": machine(A={"Type": "Parallel", "End": True, "Branches": []}),
    "Next out of a branch": machine(
        A={"Type": "Parallel", "Next": "B", "Branches": [machine(C={"Type": "Pass", "Next": "B"})]}, B=END
    ),
    "a Map without a processor": machine(A={"Type": "Map", "End": True}),
    "Iterator and ItemProcessor": mapping(Iterator=machine(J=END)),
    "an old Map": machine(
        A={"Type": "Map", "End": True, "Iterator": machine(I=END), "Parameters": {"x.$": "$$.Map.Item.Value"}}
    ),
    "ItemReader in an inline Map": mapping(ItemReader={"Resource": "arn:aws:states:::s3:getObject", "Parameters": {}}),
    "a mode in small letters": mapping(ItemProcessor={"ProcessorConfig": {"Mode": "distributed"}, **machine(I=END)}),
    "DISTRIBUTED without ExecutionType": mapping(
        ItemProcessor={"ProcessorConfig": {"Mode": "DISTRIBUTED"}, **machine(I=END)}
    ),
    "a Label of 41 characters": distributed(Label="x" * 41),
    "a percentage of 101": distributed(ToleratedFailurePercentage=101),
    "an empty batcher": distributed(ItemBatcher={}),
    "a distributed Map in an Express machine": ("EXPRESS", distributed()),
    "ten thousand calls at once": distributed(TASK, MaxConcurrency=...),
    # paths and templates
    "a path without $": machine(A={**END, "InputPath": "a.b"}),
    "a ResultPath with a wildcard": machine(A={**TASK, "ResultPath": "$.a[*]"}),
    "a ResultPath into the Context object": machine(A={**TASK, "ResultPath": "$$.x"}),
    "a path not closed": parameters(**{"a.$": "$.b["}),
    "a path with a blank": parameters(**{"a.$": "$.b c"}),
    ".$ with a literal": parameters(**{"a.$": "b"}),
    "x beside x.$": parameters(**{"a.$": "$.b", "a": 1}),
    "a path without .$": parameters(a="$.b"),
    "a Result with a path": machine(A={**END, "Result": {"a.$": "$.b"}}),
    "an Error with a path": machine(A={"Type": "Fail", "Error": "$.error"}),
    "an intrinsic function misspelt": parameters(**{"a.$": "States.ArrayLenght($.b)"}),
    "too few arguments": parameters(**{"a.$": "States.MathAdd($.b)"}),
    "too many placeholders": parameters(**{"a.$": "States.Format('{} {}', $.b)"}),
    "double quotes in a call": parameters(**{"a.$": 'States.Format("{}", $.b)'}),
    "a call not closed": parameters(**{"a.$": "States.UUID("}),
    "the Context object misspelt": parameters(**{"a.$": "$$.Executoin.Id"}),
    "Execution.ID": parameters(**{"a.$": "$$.Execution.ID"}),
    "a variable misspelt": machine(
        A={"Type": "Pass", "Assign": {"total": 1}, "Next": "B"}, B={**END, "Parameters": {"a.$": "$totl"}}
    ),
    "a variable never used": machine(A={**END, "Assign": {"total": 1}}),
    "a variable called states": machine(A={**END, "Assign": {"states": 1}}),
    "the input thrown away": machine(
        A={
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"TopicArn": "t", "Message": "m"},
            "Next": "B",
        },
        B={**END, "Parameters": {"order.$": "$.order"}},
    ),
    "Payload forgotten": machine(
        A={
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "f"},
            "Next": "B",
        },
        B={"Type": "Choice", "Choices": [{"Variable": "$.status", "StringEquals": "ok", "Next": "C"}], "Default": "C"},
        C=END,
    ),
    "a field that a Pass does not make": machine(
        A={"Type": "Pass", "Result": {"price": 1}, "Next": "B"}, B={**END, "Parameters": {"p.$": "$.prize"}}
    ),
    "the input lost in a Catch": machine(
        A={**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]}, B={**END, "InputPath": "$.order"}
    ),
    # JSONata
    "a field of JSONPath in JSONata": jsonata(A={**TASK, "Parameters": {}}),
    "a field of JSONata in JSONPath": machine(A={**END, "Output": "{% 1 %}"}),
    "JSONPath in a JSONata machine": jsonata(A={**END, "QueryLanguage": "JSONPath"}),
    ".$ in JSONata": jsonata(A={**END, "Output": {"id.$": "$.id"}}),
    "a path in JSONata": jsonata(A={**END, "Output": {"id": "$.id"}}),
    "braces in JSONPath": parameters(a="{% 1 + 1 %}"),
    "a function misspelt": out("{% $summ($states.input.prices) %}"),
    "a bare name": out("{% total > 100 %}"),
    "a bare $": out("{% $.total %}"),
    "too many arguments": out("{% $sum(1, 2) %}"),
    "an expression not closed": out("{% $sum([1, 2 %}"),
    "an expression that stops": out("{% 1 + %}"),
    "a text not closed": out("{% 'abc %}"),
    "$eval": out("{% $eval('1') %}"),
    "a variable never assigned": out("{% $totl %}"),
    "$states misspelt": out("{% $states.inputs.a %}"),
    "a result in a Pass": out("{% $states.result %}"),
    "the Context object in JSONata": out("{% $states.context.Execution.ID %}"),
    "three faults at once": jsonata(
        A={"Type": "Pass", "Output": "{% $summ(1) %}", "Next": "Bee"},
        B={**END, "Output": "{% total %}", "Assign": {"x": "{% 1 + %}"}},
    ),
    "a variable of outside assigned in a branch": machine(
        A={"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        B={"Type": "Parallel", "End": True, "Branches": [machine(C={**END, "Assign": {"x": 2}})]},
    ),
    "an input type misspelt": distributed(
        ItemReader={
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSW"},
            "Parameters": {"Bucket": "b", "Key": "k"},
        }
    ),
    "a Label twice": machine(
        A={"Type": "Parallel", "End": True, "Branches": [distributed(Label="x"), _renamed(distributed(Label="x"))]}
    ),
    "an empty writer": distributed(ResultWriter={}),
    "half an expression": out("{% 1 }"),
    "a fault in a branch": jsonata(
        A={"Type": "Parallel", "End": True, "Branches": [machine(C={**END, "Output": "{% $lenght('a') %}"})]}
    ),
}


INVOKE = "arn:aws:states:::lambda:invoke"
CHILD = "arn:aws:states:us-east-1:123456789012:stateMachine:x"


def _task(resource: str = FUNCTION, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


# what people ask about most: slips of the hand, and things believed that are not so
CASES |= {
    "End at a Fail": machine(A={"Type": "Fail", "Error": "E", "End": True}),
    "End at a Choice": machine(
        A={"Type": "Choice", "Choices": [rule(IsPresent=True)], "Default": "B", "End": True}, B=END
    ),
    "Next at a Choice": machine(
        A={"Type": "Choice", "Choices": [rule(IsPresent=True)], "Default": "B", "Next": "B"}, B=END
    ),
    "Retry at a Choice": machine(
        A={
            "Type": "Choice",
            "Choices": [rule(IsPresent=True)],
            "Default": "B",
            "Retry": [{"ErrorEquals": ["States.ALL"]}],
        },
        B=END,
    ),
    "a path inside a text": parameters(url="/orders/$.id/items"),
    "a path inside a message": machine(
        A=_task("arn:aws:states:::sns:publish", Parameters={"TopicArn": "t", "Message": "Hello $.name"})
    ),
    "$$ without .$": parameters(id="$$.Execution.Id"),
    "a call without .$": parameters(id="States.UUID()"),
    "a call in InputPath": machine(A={**END, "InputPath": "States.StringToJson($.a)"}),
    "a call in Variable": choice(rule(Variable="States.ArrayLength($.a)", NumericEquals=1)),
    "text around a call": parameters(**{"a.$": "Hello States.Format('{}', $.b)"}),
    "paths added": parameters(**{"a.$": "$.a + $.b"}),
    "a text and a path added": parameters(**{"a.$": "'x' + $.b"}),
    "a path that ends with a dot": parameters(**{"a.$": "$.b."}),
    "a path without its dot": parameters(**{"a.$": "$b.c"}),
    "a name of two words": parameters(**{"a.$": "$.my field"}),
    "ResultPath empty": machine(A=_task(ResultPath="")),
    "ResultPath null string": machine(A=_task(ResultPath="null")),
    "ResultPath no $": machine(A=_task(ResultPath="result")),
    "OutputPath Payload without invoke": machine(A=_task(OutputPath="$.Payload")),
    "ResultSelector on Pass": machine(A={**END, "ResultSelector": {"a.$": "$.b"}}),
    "ResultSelector non path": machine(A=_task(ResultSelector={"a": "$.b"})),
    "Parameters string": machine(A=_task(Parameters="$.b")),
    "Parameters.$": machine(A={"Type": "Task", "Resource": FUNCTION, "End": True, "Parameters.$": "$.b"}),
    "Input instead of Parameters": machine(A={"Type": "Task", "Resource": FUNCTION, "End": True, "Input": {"a": 1}}),
    "Payload without .$": machine(A=_task(INVOKE, Parameters={"FunctionName": "f", "Payload": "$"})),
    "invoke without FunctionName": machine(A=_task(INVOKE, Parameters={"Payload.$": "$"})),
    "lamda": machine(A=_task("arn:aws:lamda:us-east-1:123456789012:function:f")),
    "two colons instead of three": machine(A=_task("arn:aws:states::lambda:invoke", Parameters={"FunctionName": "f"})),
    "a slash instead of a colon": machine(A=_task("arn:aws:states:::lambda/invoke", Parameters={"FunctionName": "f"})),
    "waitForTaskToken on lambda ARN": machine(A=_task(FUNCTION + ".waitForTaskToken", TimeoutSeconds=5)),
    "sync on lambda": machine(A=_task(INVOKE + ".sync", Parameters={"FunctionName": "f"})),
    "waitForTaskToken casing": machine(
        A=_task(SQS + ".waitForTasktoken", Parameters={"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"})
    ),
    "a service in capitals": machine(A=_task("arn:aws:states:::aws-sdk:DynamoDB:query", Parameters={"TableName": "t"})),
    "an action in PascalCase": machine(
        A=_task("arn:aws:states:::aws-sdk:dynamodb:Query", Parameters={"TableName": "t"})
    ),
    "an untyped key": machine(
        A=_task("arn:aws:states:::dynamodb:getItem", Parameters={"TableName": "t", "Key": {"id": "1"}})
    ),
    "sfn startExecution sync without Input": machine(
        A=_task(
            "arn:aws:states:::states:startExecution.sync",
            Parameters={
                "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:x",
                "Input.$": "States.JsonToString($)",
            },
        )
    ),
    "batch jobdefinition missing": machine(
        A=_task("arn:aws:states:::batch:submitJob.sync", TimeoutSeconds=5, Parameters={"JobName": "j", "JobQueue": "q"})
    ),
    "ecs LaunchType misspelt": machine(
        A=_task(
            "arn:aws:states:::ecs:runTask.sync",
            TimeoutSeconds=5,
            Parameters={"Cluster": "c", "TaskDefinition": "t", "LaunchType": "fargate"},
        )
    ),
    "sns Message and Topic": machine(
        A=_task("arn:aws:states:::sns:publish", Parameters={"TopicARN": "t", "Message": "m"})
    ),
    "eventbridge entries not list": machine(
        A=_task(
            "arn:aws:states:::events:putEvents",
            Parameters={"Entries": {"Detail": {}, "DetailType": "d", "Source": "s"}},
        )
    ),
    "Choice string true": choice(rule(BooleanEquals="true")),
    "Choice And inside Next": choice(
        {
            "And": [{"Variable": "$.a", "IsPresent": True, "Next": "B"}, {"Variable": "$.b", "IsPresent": True}],
            "Next": "B",
        }
    ),
    "StringEqual numeric": choice(rule(StringEquals=1)),
    "NumericEqualsPath no path": choice(rule(NumericEqualsPath="b")),
    "Choices object": machine(
        A={"Type": "Choice", "Choices": {"Variable": "$.a", "IsPresent": True, "Next": "B"}, "Default": "B"}, B=END
    ),
    "IsPresent string": choice(rule(IsPresent="true")),
    "Not list": choice({"Not": [{"Variable": "$.a", "IsPresent": True}], "Next": "B"}),
    "StringMatches with regex": choice(rule(StringMatches="^a.*$")),
    "Wait with string seconds": machine(A={"Type": "Wait", "Seconds": "10", "End": True}),
    "Wait Seconds path": machine(A={"Type": "Wait", "Seconds": "$.s", "End": True}),
    "Wait Timestamp path": machine(A={"Type": "Wait", "Timestamp": "$.t", "End": True}),
    "Wait SecondsPath number": machine(A={"Type": "Wait", "SecondsPath": 10, "End": True}),
    "TimeoutSeconds path": machine(A=_task(TimeoutSeconds="$.t")),
    "Retry MaxAttempts big": retrying({"ErrorEquals": ["States.ALL"], "MaxAttempts": 100000000000}),
    "Retry IntervalSeconds float": retrying({"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1.5}),
    "ErrorEquals as text": retrying({"ErrorEquals": "States.ALL"}),
    "Error misspelt States.Timout": retrying({"ErrorEquals": ["States.Timout"]}),
    "States.TaskFailed lower": retrying({"ErrorEquals": ["states.taskfailed"]}),
    "Retry with Next": retrying({"ErrorEquals": ["States.ALL"], "Next": "A"}),
    "Catch with MaxAttempts": machine(
        A={**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B", "MaxAttempts": 2}]}, B=END
    ),
    "Catch to itself only": machine(A={**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "A"}]}),
    "Parallel branch list of names": machine(A={"Type": "Parallel", "End": True, "Branches": ["B"]}, B=END),
    "Parallel States inside": machine(A={"Type": "Parallel", "End": True, "States": {"C": END}, "StartAt": "C"}),
    "Branch no StartAt": machine(A={"Type": "Parallel", "End": True, "Branches": [{"States": {"C": END}}]}),
    "Branches object": machine(A={"Type": "Parallel", "End": True, "Branches": machine(C=END)}),
    "after Parallel as object": machine(
        A={"Type": "Parallel", "Next": "B", "Branches": [machine(C={"Type": "Pass", "Result": {"x": 1}, "End": True})]},
        B={**END, "Parameters": {"x.$": "$.x"}},
    ),
    "Map Items in JSONPath": mapping(Items=[1, 2]),
    "Map Value misspelt": mapping(ItemSelector={"x.$": "$$.Map.Item.value"}),
    "Map after as object": machine(
        A={"Type": "Map", "Next": "B", "ItemProcessor": machine(I={"Type": "Pass", "Result": {"x": 1}, "End": True})},
        B={**END, "Parameters": {"x.$": "$.x"}},
    ),
    "MaxConcurrency text": mapping(MaxConcurrency="5"),
    "Map Concurrency misspelt": mapping(MaxConcurency=5),
    "ItemReader Bucket missing": distributed(
        ItemReader={
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV"},
            "Parameters": {"Key": "k"},
        }
    ),
    "ResultWriter no Prefix": distributed(
        ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Key": "b"}}
    ),
    "TimeoutSeconds at Pass": machine(A={**END, "TimeoutSeconds": 5}),
    "Comment number": machine(A={**END, "Comment": 1}),
    "Type state machine field": {**machine(A=END), "Type": "EXPRESS"},
    "States list": {"StartAt": "A", "States": [{"Name": "A", **END}]},
    "JSONata output as text": jsonata(A={**END, "Output": "$states.input.a"}),
    "JSONata braces double": out("{{ $states.input.a }}"),
    "JSONata $input": out("{% $input.a %}"),
    "JSONata states.input": out("{% states.input.a %}"),
    "JSONata $state.input": out("{% $state.input.a %}"),
    "two equals signs": out("{% $states.input.a == 1 %}"),
    "two ampersands": out("{% $states.input.a && true %}"),
    "JSONata plus strings": out("{% 'a' + 'b' %}"),
    "JSONata States.Format": out("{% States.Format('{}', $states.input.a) %}"),
    "JSONata double quoted inside": '{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Pass","Output":"{% "a" %}","End":true}}}',
    "JSONata Assign to states": jsonata(A={**END, "Assign": {"states.input": 1}}),
    "JSONata InputPath": jsonata(A={**END, "InputPath": "$.a"}),
    "JSONata ResultPath": jsonata(A=_task(ResultPath="$.a")),
    "JSONata Result in Pass": jsonata(A={**END, "Result": {"a": 1}}),
    "JSONata errorOutput outside": out("{% $states.errorOutput.Error %}"),
    "JSONata seconds text": jsonata(A={"Type": "Wait", "Seconds": "10", "End": True}),
    "JSONata SecondsPath": jsonata(A={"Type": "Wait", "SecondsPath": "$.a", "End": True}),
    "JSONata context misspelt": out("{% $states.context.Task.token %}"),
    "JSONata ItemsPath": jsonata(A={"Type": "Map", "ItemsPath": "$.a", "ItemProcessor": machine(I=END), "End": True}),
    "a variable of the same state": machine(
        A={"Type": "Pass", "Assign": {"x": 1}, "Parameters": {"y.$": "$x"}, "End": True}
    ),
    "a variable of a branch": machine(
        A={"Type": "Parallel", "Next": "B", "Branches": [machine(C={**END, "Assign": {"x": 1}})]},
        B={**END, "Parameters": {"y.$": "$x"}},
    ),
    "a variable with a dash": machine(A={**END, "Assign": {"my-var": 1}}),
    "a job in an Express machine": (
        "EXPRESS",
        machine(A=_task("arn:aws:states:::glue:startJobRun.sync", Parameters={"JobName": "j"}, TimeoutSeconds=5)),
    ),
    "activity in Express": (
        "EXPRESS",
        machine(A=_task("arn:aws:states:us-east-1:123456789012:activity:a", TimeoutSeconds=5)),
    ),
    "Heartbeat without": machine(A=_task(HeartbeatSeconds=10)),
    "Heartbeat > timeout": machine(A=_task(HeartbeatSeconds=100, TimeoutSeconds=10)),
    "an HTTP Task without a connection": machine(
        A=_task("arn:aws:states:::http:invoke", Parameters={"ApiEndpoint": "https://x", "Method": "GET"})
    ),
    "http instead of https": machine(
        A=_task(
            "arn:aws:states:::http:invoke",
            Parameters={
                "ApiEndpoint": "http://x",
                "Method": "GET",
                "Authentication": {"ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/c/1"},
            },
        )
    ),
    "a URL for API Gateway": machine(
        A=_task(
            "arn:aws:states:::apigateway:invoke",
            Parameters={"ApiEndpoint": "https://x.execute-api.us-east-1.amazonaws.com", "Method": "GET"},
        )
    ),
    "other names of SQS": machine(A=_task(SQS, Parameters={"QueueURL": "q", "Body": "m"})),
    "token as text": machine(
        A=_task(
            SQS + ".waitForTaskToken",
            TimeoutSeconds=9,
            Parameters={"QueueUrl": "q", "MessageBody": {"t": "$$.Task.Token"}},
        )
    ),
    "token misspelt": machine(
        A=_task(
            SQS + ".waitForTaskToken",
            TimeoutSeconds=9,
            Parameters={"QueueUrl": "q", "MessageBody": {"t.$": "$$.TaskToken"}},
        )
    ),
    "trailing text": '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}} x',
    "smart quotes": '{“StartAt”:"A","States":{"A":{"Type":"Pass","End":true}}}',
    "True in JSON": '{"StartAt":"A","States":{"A":{"Type":"Pass","End":True}}}',
    "hash comment": '{"StartAt":"A", # x\n"States":{"A":{"Type":"Pass","End":true}}}',
    "yaml unquoted colon": "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Comment: a: b\n    End: true\n",
    "yaml indentation": "StartAt: A\nStates:\n  A:\n    Type: Pass\n   End: true\n",
    "true in quotes in YAML": 'StartAt: A\nStates:\n  A:\n    Type: Pass\n    End: "true"\n',
    "multi-line string": '{"StartAt":"A","States":{"A":{"Type":"Pass","Comment":"a\nb","End":true}}}',
    "backslash": '{"StartAt":"A","States":{"A":{"Type":"Pass","Comment":"a\\d","End":true}}}',
}


def said() -> Iterator[tuple[str, str]]:
    """Yield each case with all that is said about it."""
    for name, case in CASES.items():
        type, written = case if isinstance(case, tuple) else ("STANDARD", case)
        text = written if isinstance(written, str) else json.dumps(written, indent=1)
        found = check(reader.read(text), type=type)
        yield name, "\n".join(str(one) for one in found)


def golden() -> str:
    return "".join(f"== {name}\n{text}\n\n" for name, text in said())


if __name__ == "__main__":
    TEXTS.write_text(golden(), "utf-8")
