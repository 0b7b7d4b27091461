"""Debugging as a notebook does it, and the same commands in a terminal."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sfnbook.cli import main

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
SHOP = {
    "StartAt": "Decide",
    "States": {
        "Decide": {"Type": "Task", "Resource": FUNCTION + "decide", "ResultPath": "$.decision", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 240, "Next": "Ship"},
        "Ship": {"Type": "Task", "Resource": FUNCTION + "ship", "End": True},
    },
}


@pytest.fixture
def shop(notebook: Notebook) -> Notebook:
    notebook.cell("def decide(event):\n    return event['n'] > 3\n\ndef ship(event):\n    return {'shipped': event}")
    assert notebook.cell(f"%%statemachine shop\n{json.dumps(SHOP)}").ok
    return notebook


def said(notebook: Notebook, line: str) -> list[str]:
    lines = notebook.cell(line).text.splitlines()
    return [text for text in lines if text and not text.startswith("Out[")]  # a value that is shown already


def test_a_run_is_stepped_edited_and_continued(shop: Notebook) -> None:
    assert said(shop, '%sfn_debug shop {"n": 1}') == ["shop-run-1 paused before Decide (the start)", '  input: {"n":1}']
    assert said(shop, '%sfn_debug edit {"n": 7}') == ["shop-run-1 paused before Decide (the start)", '  input: {"n":7}']
    assert said(shop, "%sfn_debug over") == ["shop-run-1 paused at Decide's answer (step)", "  output: true"]
    assert said(shop, '%sfn_debug edit "perhaps"')[1] == '  output: "perhaps"'
    assert said(shop, "%sfn_debug to Ship")[0] == "shop-run-1 paused before Ship (here)"
    assert said(shop, "%sfn_list")[1] == "  shop-run-1  paused before Ship"
    assert said(shop, "%sfn_debug continue") == [
        "shop: SUCCEEDED",
        "path: Decide → Wait → Ship",
        'output: {"shipped":{"n":7,"decision":"perhaps"}}',
    ]


def test_the_mocks_of_a_test_case_answer_step_by_step(shop: Notebook, tmp_path: Path) -> None:
    mocks = {
        "StateMachines": {"shop": {"TestCases": {"Broken": {"Decide": "No"}}}},
        "MockedResponses": {"No": {"0": {"Throw": {"Error": "Busy", "Cause": "later"}}}},
    }
    (tmp_path / "mocks.json").write_text(json.dumps(mocks))
    shop.cell(f"%sfn_debug shop --test-case Broken --mock-config {tmp_path / 'mocks.json'}")
    assert said(shop, "%sfn_debug over")[0] == "shop-run-1 paused at Decide's failure, Busy (step)"


def test_going_back_and_on_as_a_new_run(shop: Notebook) -> None:
    shop.cell('%sfn_debug shop {"n": 1}')
    shop.cell("%sfn_debug continue")
    assert said(shop, "%sfn_debug back") == [
        "shop-run-1 paused before Ship, as it was at event 9",
        '  input: {"n":1,"decision":false}',
        "  going on from here calls again:",
        "    Ship → function ship",
    ]
    assert said(shop, "%sfn_debug at Wait")[0] == "shop-run-1 paused before Wait, as it was at event 7"
    assert said(shop, '%sfn_debug edit {"n": 2}')[0] == "Going on as shop-run-2; shop-run-1 stays as it was."
    assert said(shop, "%sfn_debug continue")[-1] == 'output: {"shipped":{"n":2}}'
    assert [line.strip() for line in said(shop, "%sfn_list")[1:]] == ["shop-run-1  SUCCEEDED", "shop-run-2  SUCCEEDED"]


def test_an_edited_cell_is_gone_on_with(shop: Notebook) -> None:
    shop.cell('%sfn_debug shop {"n": 1} --break Ship')
    shop.cell("%sfn_debug continue")
    changed = {**SHOP, "States": {**SHOP["States"], "Ship": {"Type": "Pass", "Result": "by hand", "End": True}}}  # type: ignore[dict-item]
    shop.cell(f"%%statemachine shop\n{json.dumps(changed)}")
    assert said(shop, "%sfn_debug reload")[:2] == [
        "Going on as shop-run-2; shop-run-1 stays as it was.",
        "shop-run-2 paused before Ship (breakpoint Ship)",
    ]
    assert said(shop, "%sfn_debug continue")[-1] == 'output: "by hand"'


def test_a_run_may_stop_too_and_have_faults(shop: Notebook) -> None:
    assert said(shop, '%sfn_run shop {"n": 1} --break "Ship if $.n == 1"')[0] == (
        "shop-run-1 paused before Ship (breakpoint Ship if $.n == 1)"
    )
    assert said(shop, "%sfn_debug stop")[0] == "shop: ABORTED"
    assert "error: Lost" in said(shop, '%sfn_run shop {"n": 1} --fault Ship=Lost')
    assert said(shop, '%sfn_run shop {"n": 1} --fault Ship=Lost --break error')[0] == (
        "shop-run-3 paused at Ship's failure, Lost (breakpoint error)"
    )


def test_two_debuggers_on_one_machine(shop: Notebook) -> None:
    shop.cell('%sfn_debug shop {"n": 1}')
    assert said(shop, '%sfn_debug shop {"n": 2}')[0] == (
        "shop-run-1 stays paused before Decide: its buttons work, and %sfn_debug COMMAND --run shop-run-1 steers it; "
        "without --run it is shop-run-2 now."
    )
    assert said(shop, "%sfn_debug over --run shop-run-1")[0] == "shop-run-1 paused at Decide's answer (step)"
    assert said(shop, "%sfn_debug where")[0] == "shop-run-2 paused before Decide (the start)"
    assert said(shop, "%sfn_debug where --run nothing")[0].startswith("sfnbook: No run called nothing is debugged here")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("%sfn_debug over", "sfnbook: No run is debugged yet. Start one: %sfn_debug NAME [INPUT]"),
        ("%sfn_debug shop --break Shp", 'sfnbook: There is no state "Shp". Did you mean "Ship"?'),
        ("%sfn_run shop --fault Ship", "sfnbook: The fault 'Ship' cannot be read."),
        ("%sfn_replay nowhere.json --machine shop", "sfnbook: The history nowhere.json cannot be read"),
        ("%sfn_sweep shup", 'sfnbook: There is no machine "shup". Did you mean "shop"?'),
    ],
)
def test_what_cannot_be_is_said(shop: Notebook, line: str, answer: str) -> None:
    assert said(shop, line)[0].startswith(answer)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("%sfn_debug edit {", "sfnbook: The value is no JSON"),
        ("%sfn_debug fail Lost", "sfnbook: Only a task's answer can be a failure"),
        ("%sfn_debug unbreak Ship", "sfnbook: There is no breakpoint Ship."),
        ("%sfn_debug to", "sfnbook: Something is missing: to STATE"),
        ("%sfn_debug back", "sfnbook: This is the beginning"),
        ("%sfn_debug reload", "sfnbook: shop has not been defined anew since this run began."),
        ("%sfn_debug break Ship if input[", "sfnbook: The condition input[ is no Python expression"),
    ],
)
def test_a_command_that_cannot_be_leaves_the_run_where_it_was(shop: Notebook, line: str, answer: str) -> None:
    shop.cell('%sfn_debug shop {"n": 1}')
    assert said(shop, line)[0].startswith(answer)
    assert said(shop, "%sfn_debug where")[0] == "shop-run-1 paused before Decide (the start)"


def test_a_history_is_replayed_and_gone_on_with(shop: Notebook) -> None:
    shop.cell('run = %sfn_run shop {"n": 1}')
    shop.cell("history = {'events': run.history()}")
    assert said(shop, "%sfn_replay history --machine shop")[0] == "shop: SUCCEEDED"
    assert said(shop, "%sfn_debug back")[0] == "recorded paused before Ship, as it was at event 9"
    assert said(shop, "%sfn_debug continue")[0].startswith("Going on as shop-run-2")
    assert said(shop, "%sfn_replay history")[1] == "path: Decide → Wait → Ship"


def test_a_recorded_run_goes_on_with_its_recorded_answers_until_tasks_are_to_be_called(shop: Notebook) -> None:
    shop.cell('run = %sfn_run shop {"n": 1}')
    shop.cell("history = {'events': run.history()}")
    shop.cell(
        "called = []\ndef decide(event):\n    called.append('decide')\n\ndef ship(event):\n    called.append('ship')"
    )
    shop.cell("%sfn_replay history --machine shop")
    assert said(shop, "%sfn_debug at Decide") == [
        "recorded paused before Decide, as it was at event 2",
        '  input: {"n":1}',
        "  going on from here uses the recorded answers; `call` lets the tasks be called",
    ]
    shop.cell("%sfn_debug to Ship")
    assert said(shop, "%sfn_debug continue")[-1] == 'output: {"shipped":{"n":1,"decision":false}}'
    assert said(shop, "%sfn_debug back")[:2] == [
        "shop-run-2 paused before Ship, as it was at event 9",
        '  input: {"n":1,"decision":false}',
    ]
    assert said(shop, "%sfn_debug continue")[-1] == 'output: {"shipped":{"n":1,"decision":false}}'
    assert shop.shell.user_ns["called"] == []
    shop.cell("%sfn_debug at Decide")
    lines = said(shop, "%sfn_debug call")
    assert lines[0] == "From now on, going on from an earlier moment calls the tasks."
    shop.cell("%sfn_debug continue")
    assert shop.shell.user_ns["called"] == ["decide", "ship"]


def test_a_changed_definition_goes_on_with_the_recorded_answers_that_it_still_asks_for(shop: Notebook) -> None:
    shop.cell('run = %sfn_run shop {"n": 1}')
    shop.cell("history = {'events': run.history()}")
    shop.cell("called = []\ndef ship(event):\n    called.append('ship')\n\ndef more(event):\n    called.append('more')")
    shop.cell("%sfn_replay history --machine shop")
    shop.cell("%sfn_debug at Ship")
    shop.cell("%sfn_debug over")
    changed = json.loads(json.dumps(SHOP))
    changed["States"]["Ship"] = {**changed["States"]["Ship"], "Next": "More"}
    del changed["States"]["Ship"]["End"]
    changed["States"]["More"] = {"Type": "Task", "Resource": FUNCTION + "more", "End": True}
    assert shop.cell(f"%%statemachine shop\n{json.dumps(changed)}").ok
    shop.cell("%sfn_debug at Ship")
    assert "SUCCEEDED" in shop.cell("%sfn_debug continue").text
    assert shop.shell.user_ns["called"] == ["more"]


def test_a_sweep_is_a_table(shop: Notebook) -> None:
    shown = shop.cell('%sfn_sweep shop {"n": 1}')
    assert "not handled" in str(shown.value)
    assert "<table>" in shown.value._repr_html_()


def test_the_same_in_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chain = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": True}}}
    file = tmp_path / "chain.asl.json"
    file.write_text(json.dumps(chain))
    lines = 'over\nback\nedit {\nedit {"x": 1}\nnonsense\ncontinue\nquit\n'
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    assert main(["debug", str(file), "--input", '{"x": 0}']) == 0
    out = capsys.readouterr().out
    for part in (
        "chain-run-1 paused before A (the start)",
        "chain-run-1 paused before B (step)",
        "chain-run-1 paused before A, as it was at event 2",
        "sfnbook: The value is no JSON",
        "Going on as chain-run-2; chain-run-1 stays as it was.",
        "sfnbook: There is no command nonsense.",
        'output: {"x":1}',
    ):
        assert part in out


def test_a_file_is_put_in_place_of_the_value(shop: Notebook, tmp_path: Path) -> None:
    file = tmp_path / "large one.json"
    file.write_text(json.dumps({"n": 9, "filler": "x" * 20_000}), "utf-8")
    shop.cell('%sfn_debug shop {"n": 1}')
    assert said(shop, f"%sfn_debug edit @{file}")[0] == "shop-run-1 paused before Decide (the start)"
    assert "cannot be read" in shop.cell("%sfn_debug edit @nowhere.json").text
    run = shop.cell("%sfn_debug continue")
    assert '"n":9' in run.text


def test_commands_and_their_states_are_completed(shop: Notebook) -> None:
    shop.cell('%sfn_debug shop {"n": 1} --break Ship')
    assert shop.complete("%sfn_debug to W") == ["Wait"]
    assert shop.complete("%sfn_debug unbreak ") == ["Ship"]
    assert shop.complete("%sfn_debug b D") == ["Decide"]


def test_a_fork_keeps_the_faults(shop: Notebook) -> None:
    shop.cell('%sfn_debug shop {"n": 1} --fault Ship=Out.OfStock')
    shop.cell("%sfn_debug continue")
    shop.cell("%sfn_debug at Wait")
    assert "error: Out.OfStock" in shop.cell("%sfn_debug continue").text
