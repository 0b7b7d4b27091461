"""Editing on the diagram: every act by pointer and by keyboard, and the text always what the diagram shows."""

from __future__ import annotations

import json

import pytest
from blank import Show
from edited import Edited
from playwright.sync_api import expect
from test_accessibility import serious

from sfnbook.notebook.editing import empty


def test_a_machine_is_made_by_pointer(show: Show) -> None:
    edited = Edited(show, empty("JSON", "JSONPath"), open=False)
    page = edited.page
    expect(edited.plus("Add a state after First")).to_have_count(0)
    edited.button("Edit").click()
    edited.plus("Add a state after First").click()
    page.locator(".sfn-palette").get_by_role("option", name="Choice").first.click()
    expect(edited.state("Choice")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Choice")
    edited.plus("Add a state between First and Choice").click()
    page.get_by_role("combobox", name="Add a state between First and Choice").fill("dynamo put")
    page.get_by_role("option", name="dynamodb:putItem").nth(
        1
    ).wait_for()  # the SDK's, too: the list is that of the text
    page.get_by_role("option", name="dynamodb:putItem").first.click()
    expect(edited.state("Put item")).to_be_visible()
    assert edited.states["Put item"]["Next"] == "Choice"
    assert edited.states["First"]["Next"] == "Put item"

    edited.state("Put item").dblclick()
    page.get_by_role("textbox", name="New name of Put item").fill("Keep it")
    page.keyboard.press("Enter")
    expect(edited.state("Keep it")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Keep it")
    page.get_by_role("textbox", name="ResultPath").fill("$.kept")
    page.get_by_role("textbox", name="ResultPath").blur()
    expect(edited.button("Undo")).to_have_attribute("title", "Undo: Keep it: ResultPath (Ctrl+Z)")
    assert edited.states["Keep it"]["ResultPath"] == "$.kept"
    page.get_by_role("combobox", name="Next").select_option("Done")
    expect(page.locator(".dfind.bad")).to_have_count(0)
    page.get_by_label("Add a field").select_option("TimeoutSeconds")
    page.get_by_label("TimeoutSeconds", exact=True).fill("0")
    page.keyboard.press("Enter")
    expect(page.locator(".efindings .dfind.bad")).to_contain_text("TimeoutSeconds")
    edited.button("Remove TimeoutSeconds").click()
    expect(page.locator(".efindings .dfind.bad")).to_have_count(0)

    while edited.button("Undo").is_enabled():
        before = len(edited.canvas.session.done)
        edited.button("Undo").click()
        expect(edited.button("Redo")).to_be_enabled()
        page.wait_for_function(f"model.get('editing').undo !== undefined && {before} > 0")
    expect(page.locator(".sfn-node")).to_have_count(1)
    assert edited.canvas.session.text == empty("JSON", "JSONPath")


def test_a_machine_is_made_by_keyboard(show: Show) -> None:
    edited = Edited(show, empty("YAML", "JSONPath"))
    page = edited.page
    edited.plus("Add a state after First").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Add a state after First")).to_be_focused()
    page.keyboard.press("Escape")
    expect(edited.plus("Add a state after First")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("wait")
    page.keyboard.press("Enter")
    expect(edited.state("Wait")).to_be_focused()
    page.keyboard.press("Insert")
    page.keyboard.type("decide")  # a function of the notebook
    page.keyboard.press("Enter")
    expect(edited.state("decide")).to_be_focused()
    page.keyboard.press("F2")
    expect(page.get_by_role("textbox", name="New name of decide")).to_be_focused()
    page.keyboard.type("Wait")  # taken
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="already")).to_be_visible()
    page.get_by_role("textbox", name="New name of decide").fill("Decide")
    page.keyboard.press("Enter")
    expect(edited.state("Decide")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(edited.state("Wait")).to_be_focused()
    page.keyboard.press("Delete")
    expect(edited.state("Wait")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(edited.state("Wait")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(edited.state("decide")).to_be_visible()
    page.keyboard.press("Control+Shift+z")
    expect(edited.state("Decide")).to_be_visible()
    assert "  Decide:\n    Type: Task\n" in edited.canvas.session.text


def test_what_a_step_of_the_page_leads_to_can_be_written_and_copied(show: Show) -> None:
    edited = Edited(show, empty("JSON", "JSONPath"))
    page = edited.page
    edited.state("First").click()
    edited.button("Put into Parallel").click()
    expect(edited.state("Parallel")).to_be_visible()
    edited.button("Add a branch").click()
    expect(edited.state("Branch")).to_be_visible()
    edited.plus("Add a state before Branch").click()
    page.locator(".sfn-palette").get_by_role("option", name="Wait").first.click()
    expect(edited.state("Wait")).to_be_visible()
    edited.button("Duplicate").click()
    expect(edited.state("Wait 2")).to_be_visible()
    expect(page.locator(".efindings .dfind")).to_contain_text(["Wait 2"])  # nothing leads there yet
    edited.button("Delete").click()
    expect(edited.state("Wait 2")).to_have_count(0)
    edited.button("Apply").click()
    expect(page.locator(".hint")).to_contain_text("Run any cell: the new cell comes below it. shop is defined anew.")
    assert edited.cells == [f"%%statemachine shop\n{edited.canvas.session.text.rstrip()}"]
    page.evaluate(
        "addEventListener('sfn-apply', (event) => { event.preventDefault(); event.detail.said = 'Written.'; window.cell = event.detail.cell; })"
    )
    edited.button("Apply").click()
    expect(page.locator(".hint")).to_contain_text("Written.")
    assert page.evaluate("window.cell") == edited.cells[0]
    edited.button("Done").click()
    expect(edited.button("Edit")).to_be_visible()
    expect(page.locator(".sfn-plus")).to_have_count(0)


def test_an_expression_is_tried_while_it_is_typed(show: Show) -> None:
    edited = Edited(show, empty("JSON", "JSONPath"))
    page = edited.page
    edited.state("First").click()
    edited.button("Try it here").click()
    expect(page.locator(".etry .tnote")).to_contain_text("There is no run yet")
    edited.canvas.machine.run({"order": {"id": 7}})
    page.get_by_label("Add a field").select_option("OutputPath")
    page.get_by_role("textbox", name="OutputPath").press_sequentially("$.order")
    expect(page.get_by_role("region", name="output, tried")).to_contain_text('"id": 7')
    expect(page.get_by_role("region", name="output, tried")).not_to_contain_text("order")  # nothing newer comes
    box = page.get_by_role("region", name="output, tried").locator(".sbody").bounding_box()
    assert box is not None
    assert box["height"] > 20  # not squeezed
    page.get_by_role("textbox", name="OutputPath").press_sequentially(".gone")
    expect(page.locator(".etry .bad")).to_contain_text("$.order.gone")
    assert edited.states["First"] == {"Type": "Pass", "End": True}  # nothing was told yet
    assert serious(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_has_nothing_to_say(show: Show, dark: bool) -> None:
    text = json.dumps(
        {
            "StartAt": "Decide",
            "States": {
                "Decide": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:gone", "Next": "OK?"},
                "OK?": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.foo", "NumericEquals": 1, "Next": "Ship"}],
                    "Default": "Refuse",
                },
                "Ship": {"Type": "Pass", "End": True},
                "Refuse": {"Type": "Fail"},
            },
        },
        indent=2,
    )  # fmt: skip
    edited = Edited(show, text, dark=dark)
    page = edited.page
    assert serious(page) == []
    edited.state("Decide").click()
    expect(page.get_by_role("textbox", name="Resource")).to_be_visible()
    page.get_by_role("textbox", name="Resource").fill("")
    page.keyboard.press("Tab")
    assert serious(page) == []
    edited.plus("Add a state between Decide and OK?").click()
    expect(page.get_by_role("option").first).to_be_visible()
    assert serious(page) == []
    page.keyboard.press("Escape")
    edited.state("OK?").dblclick()
    assert serious(page) == []
