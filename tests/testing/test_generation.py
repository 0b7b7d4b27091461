"""Cases made from a definition: what they reach, what they say of the rest, and the files they are written to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.query.scope import ABSENT
from sfnbook.testing.generation.conditions import Literal, alternatives, solve
from sfnbook.testing.generation.search import Cases, generate

MACHINES = Path(os.environ.get("SFNBOOK_MACHINES", Path(__file__).parents[3] / "shared" / "machines"))
ORDERS = Path(__file__).parents[2] / "examples" / "orders"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"


def machine(states: dict[str, Any], **more: Any) -> StateMachine:
    return StateMachine({"StartAt": next(iter(states)), "States": states, **more}, name="m")


def choosing(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "Choose": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"} for rule in rules], "Default": "No", **more},
        "Yes": {"Type": "Succeed"},
        "No": {"Type": "Succeed"},
    }


def uncovered(found: Cases) -> list[str]:
    return [str(one) for one in found.missing]


@pytest.mark.parametrize(
    "rule",
    [
        {"Variable": "$.a.b", "StringEquals": "x"},
        {"Variable": "$.a", "StringLessThan": "m"},
        {"Variable": "$.a", "StringGreaterThanEquals": "m"},
        {"Variable": "$.a", "StringMatches": "log-*.t\\*t"},
        {"Variable": "$.a[1].n", "NumericGreaterThan": 10},
        {"Variable": "$.n", "NumericLessThanEquals": 0.5},
        {"Variable": "$.t", "TimestampLessThan": "2020-01-01T00:00:00Z"},
        {"Variable": "$.t", "TimestampGreaterThanEqualsPath": "$.u"},
        {"Variable": "$.n", "NumericGreaterThanPath": "$.m"},
        {"Variable": "$.b", "BooleanEquals": False},
        {"Variable": "$.a", "IsPresent": False},
        {"Variable": "$.a", "IsNull": True},
        {"Variable": "$.a", "IsTimestamp": True},
        {"Variable": "$.a", "IsNumeric": False},
        {"Variable": "$$.Execution.Input.a", "StringEquals": "x"},
        {"Not": {"Or": [{"Variable": "$.a", "StringEquals": "x"}, {"Variable": "$.b", "NumericEquals": 2}]}},
        {"And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "StringEquals": "x"}]},
    ],
    ids=lambda rule: json.dumps(rule)[:60],
)
def test_both_outcomes_of_every_operator_are_found(rule: dict[str, Any]) -> None:
    found = generate(machine(choosing(rule)))
    assert uncovered(found) == []
    assert {found.run(case).path[-1] for case in found.cases} == {"Yes", "No"}


@pytest.mark.parametrize(
    "condition",
    [
        "$states.input.kind = 'book'",
        "'book' != $states.input.kind and $states.input.n >= 3",
        "$exists($states.input.a.b) or $states.input.done",
        "$not($count($states.input.items) > 2)",
        "$states.input.kind in ['a', 'b']",
        "$contains($states.input.name, '*x')",
        "$length($states.input.name) = 4",
    ],
)
def test_jsonata_conditions_are_solved_or_searched(condition: str) -> None:
    found = generate(machine(choosing({"Condition": f"{{% {condition} %}}"}), QueryLanguage="JSONata"))
    assert {found.run(case).path[-1] for case in found.cases} == {"Yes", "No"}


def test_values_satisfy_all_comparisons_of_a_place() -> None:
    between = [Literal("$.n", "NumericGreaterThan", 5, True), Literal("$.n", "NumericGreaterThan", 6, False)]
    assert solve(between)[0] == 6
    assert solve([*between, Literal("$.n", "NumericEquals", 6, False)]) == []
    assert set(solve([Literal("$.a", "IsPresent", True, False)])) == {ABSENT}
    assert solve([Literal("$.a", "StringEquals", "x", False)], "already")[0] == "already"


def test_alternatives_look_at_what_a_rule_would_look_at() -> None:
    rule = {"Or": [{"Variable": "$.a", "IsPresent": False}, {"Variable": "$.b", "BooleanEquals": True}]}
    first, second = alternatives(rule, True) or []
    assert [(one.path, one.wanted) for one in first] == [("$.a", False)]
    assert [(one.path, one.wanted) for one in second] == [("$.a", True), ("$.b", True)]


def test_a_value_is_followed_back_to_the_answer_it_came_from() -> None:
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "f", "Payload.$": "$"},
            "ResultSelector": {"status.$": "$.Payload.order.status", "size.$": "States.StringToJson($.Payload.n)"},
            "ResultPath": "$.answer",
            "Next": "Shape",
        },
        "Shape": {"Type": "Pass", "Parameters": {"s.$": "$.answer.status", "n.$": "$.answer.size"}, "Next": "Choose"},
        **choosing(
            {"And": [{"Variable": "$.s", "StringEquals": "paid"}, {"Variable": "$.n", "NumericGreaterThan": 9}]}
        ),
    }
    found = generate(machine(states))
    assert uncovered(found) == []
    (key,) = found.cases[0].answers
    answers = [case.answers[key][0].output["Payload"] for case in found.cases]
    assert {"order": {"status": "paid"}, "n": "10"} in answers


def test_polling_ends_and_failures_are_thrown() -> None:
    states = {
        "Poll": {
            "Type": "Task",
            "Resource": FUNCTION,
            "Retry": [{"ErrorEquals": ["Busy"]}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["Gone"], "Next": "No"}, {"ErrorEquals": ["States.ALL"], "Next": "Other"}],
            "Next": "Choose",
        },
        "Later": {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Poll"},
        "Other": {"Type": "Fail"},
        **choosing({"Variable": "$.done", "BooleanEquals": True}),
    }
    states["Choose"]["Default"] = "Later"
    found = generate(machine(states))
    assert uncovered(found) == []
    assert all(found.run(case).ends for case in found.cases)


def test_branches_and_items_inline_and_distributed() -> None:
    states = {
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Left", "States": {"Left": {"Type": "Task", "Resource": FUNCTION, "End": True}}},
                {"StartAt": "Right", "States": {"Right": {"Type": "Pass", "End": True}}},
            ],
            "Retry": [{"ErrorEquals": ["Full"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "No"}],
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$[0].orders[*]",
            "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}},
            "Next": "All",
        },
        "All": {
            "Type": "Map",
            "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"},
                           "ReaderConfig": {"InputType": "JSON"}},
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Choose",
                "States": choosing({"Variable": "$.kind", "StringEquals": "book"}),
            },
            "End": True,
        },
        "No": {"Type": "Succeed"},
    }  # fmt: skip
    for name in ("Yes", "No"):
        states["All"]["ItemProcessor"]["States"][f"Inner{name}"] = {"Type": "Succeed"}  # type: ignore[index]
    inner: Any = states["All"]["ItemProcessor"]["States"]  # type: ignore[index]
    del inner["Yes"], inner["No"]
    inner["Choose"] |= {"Default": "InnerNo"}
    inner["Choose"]["Choices"][0]["Next"] = "InnerYes"
    assert uncovered(generate(machine(states))) == []


def test_what_cannot_be_reached_is_said_and_why() -> None:
    states = {
        "Task": {
            "Type": "Task",
            "Resource": FUNCTION,
            "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 0}],
            "Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "No"}],
            "Next": "Set",
        },
        "Set": {"Type": "Pass", "Result": {"b": 1}, "Next": "Choose"},
        **choosing(
            {"Variable": "$.a", "IsPresent": True},
            {"And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.b", "NumericEquals": 2}]},
        ),
    }
    states["Choose"]["Choices"][1]["Next"] = "Never"
    states["Never"] = {"Type": "Succeed"}
    found = generate(machine(states))
    said = uncovered(found)
    assert "Task: Retry[0]: cannot be reached: its MaxAttempts is 0" in said
    assert "Task: Catch[0] → No: cannot be reached: States.Runtime is never retried or caught" in said
    assert "Never: the state: cannot be reached: no state leads there" in said
    assert any(one.startswith("Choose: Choices[1] → Never: cannot be reached: the rules before it") for one in said)
    assert "Choose: Choices[0] → Yes: not reached: $.a is not copied from the input or from an answer" in said


def test_a_parallel_with_a_branch_that_always_fails_is_never_left_by_next() -> None:
    fails = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Done"}}}
    nested = {"StartAt": "P2", "States": {"P2": {"Type": "Parallel", "Branches": [fails], "End": True}}}
    good = {"StartAt": "G", "States": {"G": {"Type": "Succeed"}}}
    states = {
        "P": {
            "Type": "Parallel",
            "Branches": [good, nested],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
            "Next": "Never",
        },
        "Never": {"Type": "Pass", "End": True},
        "Caught": {"Type": "Succeed"},
    }
    found = generate(StateMachine({"StartAt": "P", "States": states}, name="m"))
    assert {str(one) for one in found.missing} == {
        "P: Next → Never: cannot be reached: one of its branches never ends without failing",
        "P2: End → End: cannot be reached: one of its branches never ends without failing",
        "Never: the state: cannot be reached: no state leads there",
        "Never: End → End: cannot be reached: no state leads there",
    }


def test_a_parallel_whose_branch_may_fail_is_left_by_next() -> None:
    fails = {"StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "F"}], "Default": "G"},
        "F": {"Type": "Fail", "Error": "Done"}, "G": {"Type": "Succeed"},
    }}  # fmt: skip
    states = {"P": {"Type": "Parallel", "Branches": [fails], "End": True}}
    assert generate(StateMachine({"StartAt": "P", "States": states}, name="m")).missing == ()


def test_a_template_that_is_read_has_a_place_for_each_value() -> None:
    text = "States.Format($.template, $.a, $.b)"
    states = {"A": {"Type": "Pass", "Parameters": {"text.$": text}, "End": True}}
    found = generate(StateMachine({"StartAt": "A", "States": states}, name="m"))
    assert found.missing == ()
    assert found.cases[0].input == {"template": "{} {}", "a": "text", "b": "text"}


@pytest.mark.skipif(not MACHINES.is_dir(), reason="the real state machines are not here (SFNBOOK_MACHINES)")
def test_real_machines_are_covered() -> None:
    files = sorted(MACHINES.glob("*.asl.json"))[::6]
    assert len(files) > 15
    total = missing = 0
    for file in files:
        found = generate(StateMachine(file, name=file.name), most_runs=100)
        total += found.total
        missing += len([one for one in found.missing if not one.proved])
    assert missing / total < 0.05


# ------------------------------------------------------------------------------------------------------------- commands
def sfnbook(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sfnbook", *words], cwd=cwd, capture_output=True, text=True)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    shutil.copytree(ORDERS, tmp_path / "orders", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return tmp_path / "orders"


def test_the_tests_that_are_written_pass(orders: Path) -> None:
    stored = (orders / "tests" / "test_orders_cases.py").read_text("utf-8")
    (orders / "tests" / "test_orders_cases.py").unlink()
    done = sfnbook("cases", "template.yaml", "--machine", "Orders", "-o", "tests", cwd=orders)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 cases cover 16 of 16 items of Orders." in done.stdout
    text = (orders / "tests" / "test_orders_cases.py").read_text("utf-8")
    assert text == stored
    assert 'mock("Charge", raises("Card.Unreachable"), returns({"id": "text"})),' in text
    options = ("--sfn-fail-under", "100", "-p", "no:cacheprovider")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, "tests/test_orders_cases.py"],
        cwd=orders, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    again = sfnbook("cases", "template.yaml", "--machine", "Orders", "-o", "tests", cwd=orders)
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_a_mock_configuration_runs_as_the_cases_do(orders: Path) -> None:
    from sfnbook.testing.generation.writing import mock_file

    subject = StateMachine(orders / "template.yaml", name="Orders")
    found = generate(subject)
    config, inputs = mock_file(found, "Orders")
    for case, name in zip(found.cases, config["StateMachines"]["Orders"]["TestCases"], strict=True):
        run = subject.run(inputs[name], test_case=name, mock_config=config)
        assert (run.path, run.error) == (found.run(case).path, found.run(case).error)


def test_the_cells_that_are_written_run_as_text_and_as_a_notebook(orders: Path) -> None:
    printed = sfnbook("cases", "template.yaml", "--format", "cells", cwd=orders)
    assert printed.stdout.startswith("# %% [markdown]\n# # Orders: what it does, way by way\n#\n")
    assert '\n# %% Reserve fails with OutOfStock\nrun = machine.run({"total": 1, ' in printed.stdout
    (orders / "cells.py").write_text(printed.stdout, "utf-8")
    ran = subprocess.run([sys.executable, "cells.py"], cwd=orders, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    done = sfnbook("cases", "template.yaml", "--format", "cells", "-o", "notebooks", cwd=orders)
    assert "wrote notebooks/orders_cases.ipynb" in done.stdout
    options = ("--sfn-notebooks", "-p", "no:nbval", "-p", "no:cacheprovider", "notebooks")
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options], cwd=orders, capture_output=True, text=True
    )
    assert "4 passed" in tested.stdout, tested.stdout
    file = orders / "notebooks" / "orders_cases.ipynb"
    file.write_text(file.read_text("utf-8").replace("Nothing to pay", "Nothing at all"), "utf-8")
    failed = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options], cwd=orders, capture_output=True, text=True
    )
    assert "1 failed, 3 passed" in failed.stdout, failed.stdout


def test_a_cell_that_lacks_objects_is_a_text_to_complete() -> None:
    from sfnbook.testing.generation.writing import cells, notebook, percent_text

    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}}
    inner = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    }
    each = {
        "Type": "Map",
        "ItemReader": {**reader, "Parameters": {"Bucket": "b", "Key": "k"}},
        "ItemProcessor": inner,
        "End": True,
    }
    made = cells(
        generate(StateMachine({"StartAt": 'It\'s "each"', "States": {'It\'s "each"': each}}, name="m")), "m.asl.json"
    )
    texts = [text for kind, _, text in made if kind == "markdown"]
    assert any('give `StateMachine(..., buckets=...)` what It\'s "each" reads and writes' in text for text in texts)
    compile(percent_text(made), "cells.py", "exec")
    sources = ["".join(cell["source"]) for cell in notebook(made)["cells"]]
    assert sources[1] == "%load_ext sfnbook"
    assert not any(source.startswith("%%sfn_test") and "'" in source.partition("\n")[0] for source in sources)
