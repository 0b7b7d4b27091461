"""How large inputs, outputs and variables may grow, and what counts as what."""

from __future__ import annotations

from typing import Any

import pytest
from machines import FUNCTION, Fails, drive, program, states, types

TASK = {"Type": "Task", "Resource": FUNCTION + "f"}
PASS = {"Type": "Pass"}
BIG = "x" * 200_000
WHOLE = "{% $states.input %}"


def run(*steps: tuple[str, dict[str, Any]], data: Any = BIG, answer: Any = 1) -> tuple[str, str | None, str | None]:
    """Return status, error and cause of a machine whose input is large."""
    done = drive(program(states(*steps)), data, lambda call: answer)
    return done.status, done.error, done.cause


def too_large(state: str) -> tuple[str, str, str]:
    """What AWS says of a state whose data is too large."""
    words = (
        f"The state/task '{state}' returned a result with a size exceeding the maximum number of bytes service limit."
    )
    return "FAILED", "States.DataLimitExceeded", words


@pytest.mark.parametrize(
    "fields",
    [
        {"Parameters": {"a.$": "$", "b.$": "$"}},
        {"QueryLanguage": "JSONata", "Arguments": [WHOLE, WHOLE]},
    ],
)
def test_what_a_task_would_be_given(fields: dict[str, Any]) -> None:
    """AWS's documents: the limit holds "after Parameters processing" too; nothing is scheduled, nothing catches it."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
    made = program(states(("T", {**TASK, **fields, "Catch": catch, "End": True}), ("Z", {"Type": "Succeed"})))
    done = drive(made, BIG)
    assert (done.status, done.error, done.cause) == too_large("T")
    assert types(done) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


def test_a_path_may_lead_to_a_variable_larger_than_the_input() -> None:
    steps = ("A", {**PASS, "Assign": {"x.$": "$"}}), ("B", {**PASS, "ResultPath": None, "InputPath": "$x"})
    assert run(*steps, data="x" * 100_000) == ("SUCCEEDED", None, None)
    grown = {**PASS, "Parameters": {"a.$": "$x", "b.$": "$x"}, "Next": "C"}
    first = ("A", {**PASS, "Assign": {"x.$": "$"}, "OutputPath": None})
    assert run(first, ("B", grown), ("C", {"Type": "Succeed"})) == too_large("B")
    assert run(first, ("B", {**PASS, "InputPath": "$x", "Next": "C"}), ("C", {**PASS, "Parameters": {"n.$": "$"}})) == (
        "SUCCEEDED",
        None,
        None,
    )


def test_the_output_of_a_catcher_or_a_choice_rule_counts_as_any() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Z", "ResultPath": "$.e"}]
    task = {**TASK, "ResultPath": None, "Catch": catch, "End": True}
    made = program(states(("T", task), ("Z", {"Type": "Succeed"})))
    done = drive(made, {"a": BIG}, lambda call: Fails("E", BIG))
    assert (done.status, done.error, done.cause) == too_large("T")
    rule = {"Condition": True, "Next": "Z", "Output": [WHOLE, WHOLE]}
    choice = {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [rule]}
    assert run(("C", choice), ("Z", {"Type": "Succeed"})) == too_large("C")


def test_variables_of_one_assign_and_of_the_whole_execution() -> None:
    """AWS's documents: 256 KiB an Assign, 10 MiB in all; what is assigned again counts once."""
    words = "The state/task '{}' assigned variables with a size exceeding the maximum number of bytes service limit."
    both = {**PASS, "Assign": {"x.$": "$", "y.$": "$"}}
    assert run(("A", both)) == ("FAILED", "States.DataLimitExceeded", words.format("A"))
    apart = ("A", {**PASS, "Assign": {"x.$": "$"}}), ("B", {**PASS, "Assign": {"y.$": "$"}})
    assert run(*apart) == ("SUCCEEDED", None, None)
    many = [(f"S{number}", {**PASS, "Assign": {f"v{number}.$": "$"}}) for number in range(60)]
    assert run(*many) == ("FAILED", "States.DataLimitExceeded", words.format("S52"))
    again = [(f"S{number}", {**PASS, "Assign": {"v.$": "$"}}) for number in range(60)]
    assert run(*again) == ("SUCCEEDED", None, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"ItemSelector": {"a.$": "$", "b.$": "$"}, "ItemsPath": "$x"},
        {"QueryLanguage": "JSONata", "Items": [1], "ItemSelector": [WHOLE, WHOLE]},
        {"QueryLanguage": "JSONata", "Items": "{% [$states.input & $states.input] %}"},
    ],
)
def test_what_an_iteration_would_be_given(fields: dict[str, Any]) -> None:
    body = {"ItemProcessor": states(("A", PASS))}
    steps = ("V", {**PASS, "Assign": {"x": [1]}}), ("M", {"Type": "Map", **fields, **body})
    assert run(*steps) == too_large("M")


def test_items_of_a_variable_count_in_their_iteration() -> None:
    """They may be larger than the Map's input, which bounds nothing then."""
    twice = states(("A", {**PASS, "Parameters": {"a.$": "$", "b.$": "$"}}))
    given = ("V", {**PASS, "Assign": {"x.$": "States.Array($)"}, "OutputPath": None})
    assert run(given, ("M", {"Type": "Map", "ItemsPath": "$x", "ItemProcessor": twice})) == too_large("A")
