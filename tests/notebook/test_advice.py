"""What a cell says of a definition beyond AWS's validation: by itself, quietly, at the levels of the project's settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfnbook.editor import services
from sfnbook.notebook.editor import Editor
from sfnbook.widget.traits.definition import diagnostics_message
from sfnbook.workspace import Workspace

JOB = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName": "j"},
    "End": True,
}
CHOOSES = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "B"}]}
TEXT = json.dumps({"StartAt": "A", "States": {"A": CHOOSES, "B": JOB}}, indent=1)
DEFAULT = "Advice SFN101 choice-without-default at /States/A, line 4, column 3: "
TIMEOUT = "Advice SFN403 task-without-timeout at /States/B, line 14, column 3: "


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_advice_comes_after_a_cell_one_line_each(notebook: Any, folder: Path) -> None:
    lines = notebook.cell(f"%%statemachine shop\n{TEXT}").printed.splitlines()
    assert [line.split(": ")[0] + ": " for line in lines[:2]] == [DEFAULT, TIMEOUT]
    assert lines[2].startswith("B → ")
    checked = notebook.cell("%sfn_check shop").printed
    assert "SFN101" in checked
    assert "0 errors, 2 warnings" in checked


def test_the_page_marks_advice_at_its_line(folder: Path, notebook: Any) -> None:
    notebook.cell(f"%%statemachine shop\n{TEXT}")
    workspace = Workspace.of_notebook
    assert workspace is not None
    machine = workspace.machines["shop"]
    assert [(one["severity"], one["line"]) for one in diagnostics_message(machine)] == [("ADVICE", 4), ("ADVICE", 14)]


def test_what_cannot_work_is_an_error_before_all_advice(notebook: Any, folder: Path) -> None:
    fails = TEXT.replace('"JobName": "j"', '"JobName.$": "$totl"')
    lines = notebook.cell(f"%%statemachine shop\n{fails}").printed.splitlines()
    assert lines[0].startswith("ERROR SFN303 variable-never-assigned at /States/B/Parameters/JobName.$, line 18")
    assert [lines[3][: len(DEFAULT)], lines[4][: len(TIMEOUT)]] == [DEFAULT, TIMEOUT]


def test_every_wrong_expression_is_named_beside_what_aws_refuses_first(notebook: Any, folder: Path) -> None:
    states = {
        "A": {"Type": "Pass", "Output": "{% $summ(1) %}", "Next": "Bee"},
        "B": {"Type": "Pass", "Output": "{% total %}", "End": True},
    }
    text = json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": states}, indent=1)
    said = notebook.cell(f"%%statemachine shop\n{text}").text
    assert "shop has 4 errors" in said
    for words in ('Did you mean "$sum"?', "Missing 'Next' target: Bee", "Write $states.input.total"):
        assert words in said


def test_the_settings_of_the_project_count_in_cells_and_in_the_editor(notebook: Any, folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.sfnbook]\nignore = ["SFN4"]\nlevels = { choice-without-default = "error" }\n', "utf-8"
    )
    lines = notebook.cell(f"%%statemachine shop\n{TEXT}").printed.splitlines()
    assert lines[0].startswith("ERROR SFN101 choice-without-default at /States/A, line 4")
    assert not any("SFN403" in line for line in lines)
    found = Editor(Workspace({})).answer({"id": 1, "what": "look", "text": f"%%statemachine shop\n{TEXT}"})
    assert [(one["rule"][:6], one["severity"]) for one in found["diagnostics"]] == [("SFN101", "error")]
    (folder / "pyproject.toml").write_text('[tool.sfnbook]\nignore = ["SFN"]\n', "utf-8")
    assert notebook.cell(f"%%statemachine shop\n{TEXT}").printed.startswith("B → ")


def test_faulty_settings_are_told_of_and_stop_nothing(notebook: Any, folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.sfnbook]\nlevels = { SFN101 = "loud" }\n', "utf-8")
    shown = notebook.cell(f"%%statemachine shop\n{TEXT}")
    assert shown.ok
    assert "levels: SFN101 is 'loud', not error, warning or off." in shown.printed


def test_much_advice_is_cut_short(notebook: Any, folder: Path) -> None:
    states: dict[str, Any] = {f"B{n}": {**JOB, "Next": f"B{n + 1}"} for n in range(7)}
    for state in states.values():
        state.pop("End", None)
    text = json.dumps({"StartAt": "B0", "States": {**states, "B7": JOB}}, indent=1)
    lines = notebook.cell(f"%%statemachine many\n{text}").printed.splitlines()
    assert [line.startswith("Advice SFN403") for line in lines[:5]] == [True, True, True, True, False]
    assert lines[4] == "4 more: %sfn_check many"


def test_an_editor_is_told_what_is_advice() -> None:
    assert [one["level"] for one in services.diagnostics(TEXT)] == ["advice", "advice"]


def test_the_file_is_named_where_a_template_leads_to_another(notebook: Any, folder: Path) -> None:
    (folder / "template.yaml").write_text(
        "Resources:\n  Shop:\n    Type: AWS::Serverless::StateMachine\n    Properties: {DefinitionUri: shop.asl.json}\n"
    )
    (folder / "shop.asl.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Bee"}}}')
    said = notebook.cell("%statemachine Shop --file template.yaml").text
    assert "Shop in shop.asl.json has 2 errors" in said
