"""``%sfn_new``, and what becomes of a text that was edited on the diagram."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sfnbook.notebook import editing
from sfnbook.workspace import Workspace

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook


def test_a_new_machine_has_one_state_and_runs(notebook: Notebook) -> None:
    shown = notebook.cell("%sfn_new fresh")
    assert shown.ok
    assert "fresh" in shown.text
    assert notebook.cell("%sfn_run fresh").value.status == "SUCCEEDED"
    assert notebook.cell("%sfn_new fresh").ok  # nothing was made of it yet
    notebook.cell('%%statemachine fresh\n{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}')
    assert 'There is a machine "fresh" already' in notebook.cell("%sfn_new fresh").printed


@pytest.mark.parametrize("options", ["", "--format YAML", "--query-language JSONata", "--format YAML --type EXPRESS"])
def test_what_is_applied_is_the_cell_of_the_same_machine(options: str) -> None:
    from sfnbook.notebook.arguments import parse

    workspace = Workspace({})
    arguments = parse(editing.NEW, f"shop {options}")
    assert arguments is not None
    machine, canvas = editing.new(workspace, arguments)
    canvas.answer({"op": "open"})
    (spot,) = [one for one in canvas.message()["spots"] if one["arrow"]["target"] == ""]
    canvas.answer({"op": "edit", "edit": "insert", "arguments": {"arrow": spot["arrow"], "what": "type:Wait"}})
    reply = canvas.answer({"op": "apply"})
    assert reply["said"] == "shop is defined anew."
    assert list(workspace.machines["shop"].definition.machine.states) == ["First", "Wait"]
    line, _, text = reply["cell"].partition("\n")
    assert line == f"%%statemachine shop{' --type EXPRESS' if 'EXPRESS' in options else ''}"
    assert text == canvas.session.text.rstrip("\n")
    assert text.startswith("{") == ("YAML" not in options)
    assert workspace.machines["shop"].type == machine.type


def test_a_file_is_edited_as_it_is_and_a_template_is_not(tmp_path: Path) -> None:
    machine = Workspace({}).define("m", '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}')
    file = tmp_path / "m.asl.json"
    file.write_bytes(b'{"StartAt": "A",\r\n "States": {"A": {"Type": "Succeed"}}}')
    made = editing.canvas(machine, f"m --file {file}", "", lambda text: machine, str(file))
    assert made is not None
    assert made.session.text == file.read_bytes().decode()
    definition = json.loads(file.read_text())
    template = {
        "Resources": {"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"Definition": definition}}}
    }
    assert editing.canvas(machine, "m", json.dumps(template), lambda text: machine, None) is None


def test_a_cell_with_errors_shows_what_there_is_to_be_mended(notebook: Notebook) -> None:
    notebook.shell.kernel = object()  # there is a page
    wrong = notebook.cell('%%statemachine shop\n{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}')
    assert not wrong.ok
    assert "shop is not defined: its text has errors." in wrong.text
    template = notebook.cell("%%statemachine shop\nResources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n")
    assert not template.ok
    assert "is not defined" not in template.text


def test_what_was_refused_is_defined_when_it_is_mended(tmp_path: Path) -> None:
    from sfnbook.errors import DefinitionError
    from sfnbook.notebook.arguments import parse
    from sfnbook.notebook.magics import STATEMACHINE

    workspace = Workspace({})
    good = workspace.define("shop", '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}', type="EXPRESS")
    file = tmp_path / "shop.asl.json"
    file.write_text('{"StartAt": "A", "States": {"A": {"Type": "Succeed"}', "utf-8")
    arguments = parse(STATEMACHINE, f"shop --file {file}")
    assert arguments is not None
    with pytest.raises(DefinitionError) as refused:
        workspace.define("shop", file)
    found = editing.broken(
        workspace, arguments, f"shop --file {file}", "", refused.value.diagnostics, lambda text: workspace.define("shop", file)
    )  # fmt: skip
    assert found is not None
    machine, canvas = found
    assert (machine.type, machine.bindings) == ("EXPRESS", good.bindings)
    canvas.answer({"op": "open"})
    canvas.answer({"op": "edit", "edit": "write", "arguments": {"text": file.read_text() + "}}"}})
    assert canvas.answer({"op": "save"})["said"] == f"Saved to {file}. shop is defined anew."
    assert workspace.machines["shop"] is canvas.machine
