"""The workspace: names, and what a text means as input."""

from __future__ import annotations

import pytest

from sfnbook.errors import DefinitionError, InputError
from sfnbook.values import NULL
from sfnbook.workspace import Workspace, nearest, read_input

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
ECHO = {"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": True}}}
CALL = {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": ARN, "End": True}}}


def test_a_wrong_definition_leaves_the_machine_of_that_name() -> None:
    workspace = Workspace()
    machine = workspace.define("echo", ECHO)
    with pytest.raises(DefinitionError):
        workspace.define("echo", {"StartAt": "Nowhere", "States": {}})
    assert workspace.machine("echo") is machine


def test_runs_are_kept_in_order() -> None:
    workspace = Workspace()
    workspace.define("echo", ECHO)
    runs = [workspace.run("echo", 1), workspace.run("echo", 2)]
    assert workspace.runs == runs
    assert [run.output for run in runs] == [1, 2]


def test_functions_are_looked_up_in_the_namespace_at_each_call() -> None:
    namespace = {"f": lambda event: "first"}
    workspace = Workspace(namespace)
    workspace.define("call", CALL)
    assert workspace.run("call").output == "first"
    namespace["f"] = lambda event: "second"
    assert workspace.run("call").output == "second"


def test_a_binding_reaches_machines_there_are_and_machines_to_come() -> None:
    workspace = Workspace({"g": lambda event: "g"})
    workspace.define("before", CALL)
    assert workspace.bind("Call", "g") == ["before: Call"]
    workspace.define("after", CALL)
    assert workspace.run("before").output == workspace.run("after").output == "g"


def test_an_unknown_name_is_answered_with_what_there_is() -> None:
    workspace = Workspace()
    with pytest.raises(InputError, match=r'There is no machine "a": none is defined yet\. Define one'):
        workspace.machine("a")
    assert nearest("shpo", ["shop", "test"]) == 'Did you mean "shop"?'
    assert nearest("x", ["shop"]) == 'There is "shop".'
    assert nearest("x", ["shop", "test"]) == 'There are "shop", "test".'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        ("  ", {}),
        ("null", NULL),
        ('{"a": [1.5]}', {"a": [1.5]}),
        ("1 + 1", 2),
        ("{'a': None}", {"a": None}),
        ("$NULL", NULL),
    ],
)
def test_an_input_is_json_before_it_is_an_expression(text: str, value: object) -> None:
    assert read_input(text, eval) == value


@pytest.mark.parametrize("text", ["{", "[NaN]", "{'a': 1}", "order"])
def test_without_expressions_only_json_counts(text: str) -> None:
    with pytest.raises(InputError, match="The input is not JSON"):
        read_input(text)
