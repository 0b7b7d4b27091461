"""Whatever comes in, nothing but our own errors comes out: mutated definitions, any input, any answer."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfnbook import DefinitionError, InputError, StateMachine, TaskError, validate

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)

TASK = {
    "Type": "Task",
    "Resource": ARN,
    "InputPath": "$.a",
    "Parameters": {"x.$": "$.b[0]", "s.$": "States.Format('{}-{}', $.b, $$.State.Name)", "k": [1, {"d.$": "$..c"}]},
    "ResultSelector": {"r.$": "$.v"},
    "ResultPath": "$.t",
    "OutputPath": "$",
    "TimeoutSeconds": 30,
    "Retry": [{"ErrorEquals": ["E", "States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1.5}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "C"}],
    "Next": "C",
}
MACHINES: list[dict[str, Any]] = [
    {
        "Comment": "everything in JSONPath",
        "StartAt": "T",
        "TimeoutSeconds": 3600,
        "States": {
            "T": TASK,
            "C": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.n", "NumericLessThan": 3, "Next": "W"},
                    {
                        "And": [
                            {"Variable": "$.s", "IsPresent": True},
                            {"Not": {"Variable": "$.s", "StringMatches": "a*"}},
                        ],
                        "Next": "P",
                    },
                    {"Variable": "$.d", "TimestampGreaterThanPath": "$.z", "Next": "F"},
                ],
                "Default": "P",
            },
            "W": {"Type": "Wait", "SecondsPath": "$.n", "Next": "P"},
            "P": {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "P1", "States": {"P1": {"Type": "Pass", "Assign": {"v.$": "$.a"}, "End": True}}},
                    {"StartAt": "P2", "States": {"P2": {"Type": "Task", "Resource": ARN, "End": True}}},
                ],
                "ResultPath": "$.p",
                "Next": "M",
            },
            "M": {
                "Type": "Map",
                "ItemsPath": "$.b",
                "MaxConcurrency": 2,
                "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value"},
                "ItemProcessor": {
                    "StartAt": "I",
                    "States": {"I": {"Type": "Pass", "Parameters": {"h.$": "States.Hash($.v, 'MD5')"}, "End": True}},
                },
                "Next": "S",
            },
            "S": {"Type": "Succeed"},
            "F": {"Type": "Fail", "ErrorPath": "$.s", "CausePath": "States.JsonToString($)"},
        },
    },
    {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Pass",
                "Assign": {"n": "{% $states.input.n %}"},
                "Output": {"o": "{% $states.input %}"},
                "Next": "T",
            },
            "T": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": "f", "Payload": "{% $merge([$states.input, {'u': $uuid()}]) %}"},
                "Output": "{% $states.result.Payload %}",
                "TimeoutSeconds": "{% 5 + 5 %}",
                "Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL", "MaxDelaySeconds": 5}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "C"}],
                "Next": "C",
            },
            "C": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $n > 3 %}", "Output": "{% $n %}", "Next": "M"}],
                "Default": "W",
            },
            "W": {"Type": "Wait", "Seconds": "{% $n %}", "Next": "M"},
            "M": {
                "Type": "Map",
                "Items": "{% [1, 2, $n] %}",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "I",
                    "States": {"I": {"Type": "Pass", "Output": "{% $states.input * 2 %}", "End": True}},
                },
                "End": True,
            },
        },
    },
]


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a definition."""
    found = [path] if path else []
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        found += places(child, (*path, key))
    return found


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A definition in which up to three places are replaced, removed or taken from elsewhere."""
    machine = copy.deepcopy(draw(st.sampled_from(MACHINES)))
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from(places(machine)))
        target = machine
        try:
            for key in way:
                target = target[key]
            match draw(st.integers(0, 3)):
                case 0:
                    del target[last]
                case 1:
                    target[last] = draw(
                        st.sampled_from(["$.x", "$$", "$v", "{% $x %}", "{% ( %}", "States.UUID()", "S", -1, 0.5])
                    )
                case _:
                    target[last] = draw(JSON)
        except (KeyError, IndexError, TypeError):
            continue
        if not places(machine):
            break
    return machine


def answer(event: Any) -> Any:
    """A function that succeeds, fails or returns nonsense, by what it gets."""
    shape = len(str(event)) % 4
    if shape == 0:
        raise TaskError("E", "cause")
    return [event, {"v": event}, None, "x"][shape]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(), JSON)
def test_any_definition_and_any_input(definition: dict[str, Any], value: Any) -> None:
    assert validate(definition)["result"] in ("OK", "FAIL")
    try:
        machine = StateMachine(definition, name="m")
    except DefinitionError:
        return
    try:
        run = machine.run(value, bind={"*": answer})
    except InputError:
        return
    assert run.status in ("SUCCEEDED", "FAILED", "TIMED_OUT")
    assert run._session.fault is None
    assert run.history()[0]["type"] == "ExecutionStarted"
    for visit in run.visits[:50]:
        run.stages(visit)
        run.rules(visit)
    run.describe()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda b: b.decode("latin-1")))
def test_any_text(text: str) -> None:
    assert validate(text)["result"] in ("OK", "FAIL")
