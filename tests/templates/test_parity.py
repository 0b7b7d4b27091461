"""One machine in every format a definition is kept in: the same definition, diagnostics, graph and history.

The machines: small ones here, every broken one of the rule gallery, and real ones where SFNBOOK_MACHINES names a folder.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfnbook import StateMachine, mock, raises, returns
from sfnbook.diagram.graph import Graph, graph
from sfnbook.language.resource import parse_resource
from sfnbook.lint.check import check
from sfnbook.machine import examine
from sfnbook.tasks.mocks import Mock, Outcome
from sfnbook.templates.find import choose, find_in
from sfnbook.templates.machine import TemplateMachine

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:work"
TASK: dict[str, Any] = {"Type": "Task", "Resource": FUNCTION}
QUEUE = {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q"}
ITEMS = {"StartAt": "Each", "States": {"Each": {**TASK, "End": True}}}
DISTRIBUTED = {**ITEMS, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}


def steps(*states: dict[str, Any], **top: Any) -> dict[str, Any]:
    """Return a machine of states A, B, ... that follow each other unless they say where they go."""
    names = "ABCDEFGH"[: len(states)]
    made = {}
    for index, (name, state) in enumerate(zip(names, states, strict=True)):
        last = {"End": True} if index + 1 == len(states) else {"Next": names[index + 1]}
        goes = state["Type"] in ("Choice", "Fail", "Succeed") or "Next" in state or "End" in state
        made[name] = state if goes else {**state, **last}
    return {"StartAt": "A", "States": made, **top}


MACHINES: dict[str, dict[str, Any]] = {
    "pass": steps({"Type": "Pass", "Result": {"é": "☃ \U0001f600", "n": 1.5, "no": None, "on": [True, -0.0, 1e-7]}}),
    "words YAML would read otherwise": steps(
        {"Type": "Pass", "Result": {"2024-01-31": "no", "y": "0x1F", "1": "1_000", "~": "null", "=": "#", "<<": " "}}
    ),
    "characters that templates give a meaning": steps(
        {
            "Type": "Pass",
            "Comment": "quotes \" ' \\ %{if} $$ # no\n\tcomment",
            "Result": {"t": "\\d\"'\n{{x}} %{ ${a}"},
        },
    ),
    "choice": steps(
        {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "C"}], "Default": "B"},
        {"Type": "Pass", "Parameters": {"twice.$": "States.MathAdd($.n, $.n)"}, "End": True},
        {"Type": "Fail", "Error": "Large", "Cause": "too\nlarge"},
    ),
    "retry and catch": steps(
        {
            **TASK,
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 1, "JitterStrategy": "FULL"}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B", "ResultPath": "$.why"}],
        },
        {"Type": "Wait", "Seconds": 5},
    ),
    "parallel": steps(
        {
            "Type": "Parallel",
            "Branches": [ITEMS, {"StartAt": "Other", "States": {"Other": {"Type": "Pass", "End": True}}}],
            "ResultPath": "$.both",
        },
        {"Type": "Succeed", "OutputPath": "$.both[0]"},
    ),
    "map": steps({"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "ItemProcessor": ITEMS}),
    "distributed map": steps({"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": DISTRIBUTED, "Label": "Each"}),
    "jsonata": steps(
        {"Type": "Pass", "Assign": {"n": "{% $states.input.n + 1 %}"}, "Output": {"at": '{% $now() & "\\\\\'" %}'}},
        {"Type": "Wait", "Seconds": "{% $n %}"},
        QueryLanguage="JSONata",
    ),
    "callback": steps(
        {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {**QUEUE, "MessageBody": {"token.$": "$$.Task.Token"}},
            "TimeoutSeconds": 60,
        }
    ),
    "service": steps(
        {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
            "Parameters": {"TableName": "t", "Key": {"id": {"S.$": "$.n"}}},
            "ResultSelector": {"all.$": "$"},
        }
    ),
    "comment and timeout": steps({**TASK, "HeartbeatSeconds": 5, "TimeoutSeconds": 9}, Comment="x", TimeoutSeconds=60),
}
"""Small machines: each state type, both query languages, and texts that some format would change unless it is told."""

DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
INPUT = {"n": 1, "items": [1, 2, 3]}


# -- formats ---------------------------------------------------------------------------------------------------------


def resources(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": {"Machine": {"Type": kind, "Properties": properties}}}


def terraform(definition: Any) -> str:
    return f'resource "aws_sfn_state_machine" "machine" {{\n  definition = {definition}\n}}\n'


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def as_yaml(value: Any) -> str:
    return str(yaml.dump(value, Dumper=DUMPER, sort_keys=False, allow_unicode=True))


def json_text(value: Any) -> str:
    return as_json(value)


def yaml_text(value: Any) -> str:
    return as_yaml(value)


def sam(value: Any) -> str:
    return as_yaml(resources("AWS::Serverless::StateMachine", {"Definition": value}))


def sam_in_json(value: Any) -> str:
    return as_json(resources("AWS::Serverless::StateMachine", {"Definition": value}))


def cloudformation_sub(value: Any) -> str:
    text = as_json(value).replace("${", "${!")
    return as_yaml(resources("AWS::StepFunctions::StateMachine", {"DefinitionString": {"Fn::Sub": text}}))


def cloudformation_block(value: Any) -> str:
    """A ``!Sub |`` block, as people write it by hand."""
    text = as_json(value).replace("${", "${!")
    lines = "".join(f"        {line}\n" for line in text.split("\n"))
    head = "Resources:\n  Machine:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
    return f"{head}      DefinitionString: !Sub |\n{lines}"


def terraform_jsonencode(value: Any) -> str:
    return terraform(f"jsonencode({as_json(value).replace('${', '$${').replace('%{', '%%{')})")


def terraform_heredoc(value: Any) -> str:
    return terraform(f"<<EOF\n{as_json(value).replace('${', '$${').replace('%{', '%%{')}\nEOF")


FORMATS: dict[str, Callable[[Any], str]] = {
    "definition.json": json_text,
    "definition.yaml": yaml_text,
    "sam.yaml": sam,
    "sam.json": sam_in_json,
    "sub.yaml": cloudformation_sub,
    "block.yaml": cloudformation_block,
    "encoded.tf": terraform_jsonencode,
    "heredoc.tf": terraform_heredoc,
}

ONE_OF_EACH = ("definition.json", "definition.yaml", "sam.yaml", "sub.yaml", "encoded.tf")
"""Each format once; the small machines go through the other ways to write one, too."""

# -- what is compared ------------------------------------------------------------------------------------------------


@dataclass
class Seen:
    """What is made of one machine in one format: all that must not depend on the format."""

    value: Any
    diagnostics: list[tuple[str, str, str, str]]
    advice: list[tuple[str, str, str]]
    graph: Graph | None
    history: list[dict[str, Any]] | None


def seen(found: TemplateMachine, *, type: str = "STANDARD", run: bool = True) -> Seen:
    definition, program, diagnostics = examine(found, type)
    wrong = [(one.severity, one.code, one.location, one.message) for one in diagnostics]
    advice = [(one.severity, one.rule, one.location) for one in check(found.definition, type=type)]
    drawn = graph(definition) if definition is not None else None
    return Seen(found.definition.value, wrong, advice, drawn, history(found) if run and program is not None else None)


def history(found: TemplateMachine) -> list[dict[str, Any]]:
    """Return the history of a run whose every task is mocked: its first call is busy, the second answers."""
    machine = StateMachine(found, name="machine")
    run = machine.run(
        INPUT,
        mocks=mocks(machine),
        answers={},
        buckets={},
        name="one",
        clock="virtual@2026-01-31T09:00:00Z",
        seed=7,
    )
    assert run.done
    return run.history()


def mocks(machine: StateMachine) -> list[Mock]:
    found = []
    for state in machine.definition.machine.walk():
        if state.type == "Task":
            fails = parse_resource(state.fields["Resource"]).pattern == ""
            outcomes: list[Outcome] = [raises("Busy", "once"), returns({})] if fails else [returns({})]
            found.append(mock(state.name, *outcomes, check="NONE"))
    return found


def assert_same(value: Any, folder: Path, formats: Sequence[str] = tuple(FORMATS), **options: Any) -> Seen:
    """Write a definition in these formats, and hold that each is read as the values themselves are; returns what is seen."""
    readings = {}
    for name in formats:
        file = folder / name
        file.write_text(FORMATS[name](value), "utf-8")
        readings[name] = seen(choose(find_in(file)), **options)
    first = readings["definition.json"]
    assert first.value == value
    for name, other in readings.items():
        assert as_json(other.value) == as_json(value), name  # the order of keys is the order of states
        assert other.diagnostics == first.diagnostics, name
        assert other.advice == first.advice, name
        assert other.graph == first.graph, name
        assert other.history == first.history, name
    return first


@pytest.mark.parametrize("name", MACHINES)
def test_small_machines(name: str, tmp_path: Path) -> None:
    found = assert_same(MACHINES[name], tmp_path)
    assert [one for one in found.diagnostics if one[0] == "ERROR"] == []
    assert found.graph is not None
    assert found.history is not None
    assert found.history[-1]["type"].startswith("Execution")


REAL = sorted(Path(os.environ.get("SFNBOOK_MACHINES", "/nowhere")).glob("*.asl.json"))


@pytest.mark.skipif(not REAL, reason="SFNBOOK_MACHINES names no folder of real state machines")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_machines(path: Path, tmp_path: Path) -> None:
    assert_same(json.loads(path.read_text("utf-8")), tmp_path, ONE_OF_EACH)


def gallery() -> dict[str, tuple[str, Any]]:
    """Return the rule gallery's definitions that are values, with their type."""
    spec = importlib.util.spec_from_file_location("gallery", Path(__file__).parents[1] / "lint" / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cases = {name: case if isinstance(case, tuple) else ("STANDARD", case) for name, case in module.CASES.items()}
    return {name: case for name, case in cases.items() if isinstance(case[1], dict) and "States" in case[1]}


@pytest.mark.parametrize(("type", "value"), gallery().values(), ids=gallery())
def test_broken_machines(type: str, value: Any, tmp_path: Path) -> None:
    assert_same(value, tmp_path, ONE_OF_EACH, type=type, run=False)
