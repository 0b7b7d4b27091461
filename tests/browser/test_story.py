"""The first story of everybody who comes from the console, in JupyterLab: AWS's template for a Choice, made one's own and run.

States are renamed, the dot at a resource that nothing answers goes, a path is mended, two waits are put in, and both ways are
taken: once in the text by keyboard, once on the diagram by pointer, where keys only write names and values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter import notebook, run_cell, server
from playwright.sync_api import Browser, Locator, Page, expect
from test_editor import put_cursor

pytest.importorskip("jupyterlab")

FUNCTION = """%load_ext sfnbook
def deciding_function(event, context):
    return {"statusCode": 200 if event["amount"] <= 100 else 500}
"""
ARN = "arn:aws:lambda:REGION:ACCOUNT_ID:function:"
TEMPLATE = f"""%%statemachine shop
{{
  "Comment": "An example of the Amazon States Language using a choice state.",
  "StartAt": "FirstState",
  "States": {{
    "FirstState": {{
      "Type": "Task",
      "Resource": "{ARN}FUNCTION_NAME",
      "Next": "ChoiceState"
    }},
    "ChoiceState": {{
      "Type": "Choice",
      "Choices": [
        {{"Variable": "$.foo", "NumericEquals": 1, "Next": "FirstMatchState"}},
        {{"Variable": "$.foo", "NumericEquals": 2, "Next": "SecondMatchState"}}
      ],
      "Default": "DefaultState"
    }},
    "FirstMatchState": {{"Type": "Pass", "Next": "NextState"}},
    "SecondMatchState": {{"Type": "Pass", "Next": "NextState"}},
    "DefaultState": {{"Type": "Fail", "Error": "DefaultStateError", "Cause": "No Matches!"}},
    "NextState": {{"Type": "Pass", "End": true}}
  }}
}}"""
RUNS = ['%sfn_run shop {"amount": 40}', '%sfn_run shop {"amount": 4000}']


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A page with the story's notebook, the function's cell run."""
    (tmp_path / "shop.ipynb").write_text(notebook([FUNCTION, TEMPLATE, *RUNS]), "utf-8")
    with server("jupyterlab", tmp_path) as address:
        context = browser.new_context(viewport={"width": 1500, "height": 1500})
        opened = context.new_page()
        opened.set_default_timeout(30_000)
        opened.goto(f"{address}/lab/tree/shop.ipynb")
        opened.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
        run_cell(opened, 0)
        expect(opened.locator(".jp-InputPrompt").first).to_have_text("[1]:", timeout=60_000)
        yield opened
        context.close()


def type_over(page: Page, cell: Locator, old: str, new: str) -> None:
    """Select a text of the cell with the arrow keys and type another one."""
    put_cursor(page, cell, old)
    for _ in old:
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.insert_text(new)


def both_ways(page: Page, names: dict[str, str], times: tuple[str, str]) -> None:
    """Check the two runs: which states were visited, and how long it took on the clock."""
    for index, way in ((2, "first"), (3, "second")):
        output = page.locator(".jp-CodeCell").nth(index).locator(".jp-OutputArea")
        output.scroll_into_view_if_needed()  # a run's data is sent once it is seen
        frame = output.locator(".sfn-frame")
        expect(frame.locator(".head .pill")).to_contain_text("SUCCEEDED", timeout=60_000)
        for one, name in names.items():
            node = frame.locator(f'.sfn-node[data-address="/States/{name}"]')
            visited = one in ("decide", way)
            expect(node).to_have_class(re.compile(r"\bok\b") if visited else re.compile(r"^(?!.*\bok\b)"))
        expect(frame.locator(".meta")).to_contain_text(times[0] if way == "first" else times[1])


def test_by_keyboard_in_the_text(page: Page) -> None:
    cell = page.locator(".jp-CodeCell").nth(1)
    wrong = cell.locator(".sfn-wrong")
    expect(wrong).to_have_text([f'"{ARN}FUNCTION_NAME"'])
    expect(cell.locator(".sfn-gutter .sfn-dot.sfn-error:visible")).to_have_count(1)
    type_over(page, cell, "FUNCTION_NAME", "deciding_function")
    expect(wrong).to_have_count(0)
    for old, new in {"FirstState": "Decide", "ChoiceState": "Was it OK?"}.items():
        put_cursor(page, cell, f'{old}": {{')
        page.keyboard.press("F2")
        expect(page.get_by_role("textbox", name=f"New name of {old}")).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type(new)
        page.keyboard.press("Enter")
        expect(cell.locator(f".sfn-state[title='Go to {new}']")).to_be_visible()
    for code in ("200", "500"):
        type_over(page, cell, "$.foo", "$.statusCode")
        type_over(
            page, cell, '"NumericEquals": 1,' if code == "200" else '"NumericEquals": 2,', f'"NumericEquals": {code},'
        )
    for name, seconds in {"FirstMatchState": 60, "SecondMatchState": 300}.items():
        type_over(page, cell, '"Type": "Pass", "Next": "NextState"', f'"Type": "Wait", "Seconds": {seconds}, "Next": "NextState"')  # fmt: skip
        expect(cell.locator(f".sfn-state[title='Go to {name}']")).to_be_visible()
    expect(wrong).to_have_count(0)
    for index in (1, 2, 3):
        run_cell(page, index)
    both_ways(page, {"decide": "Decide", "first": "FirstMatchState", "second": "SecondMatchState", "none": "DefaultState"}, ("1 min", "5 min"))  # fmt: skip


def test_by_pointer_on_the_diagram(page: Page) -> None:
    def press_run(index: int) -> None:
        page.locator(".jp-CodeCell").nth(index).locator(".jp-InputArea-prompt").click()
        page.locator('.jp-Toolbar [data-command="notebook:run-cell-and-select-next"]').first.click()

    press_run(1)
    frame = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea .sfn-frame")

    def state(name: str) -> Locator:
        return frame.locator(f'.sfn-node[data-address="/States/{name}"]')

    def write(label: str, text: str) -> None:
        box = frame.get_by_role("textbox", name=label, exact=True)
        box.click()
        box.press("Control+a")
        page.keyboard.type(text)
        frame.get_by_role("tab", name="State").click()  # the field is left: what it holds counts
        expect(frame.get_by_role("button", name="Undo")).to_have_attribute(
            "title", re.compile(re.escape(label.split(" of ")[0]))
        )

    frame.get_by_role("button", name="Edit", exact=True).click(timeout=60_000)
    state("FirstState").click()
    expect(frame.locator(".efindings .dfind.bad")).to_contain_text("Nothing answers")
    expect(state("FirstState").locator(".sfn-unbound")).to_be_visible()
    write("Resource", f"{ARN}deciding_function")
    expect(frame.locator(".efindings .dfind.bad")).to_have_count(0)
    for old, new in {"FirstState": "Decide", "ChoiceState": "Was it OK?"}.items():
        state(old).click()
        frame.get_by_role("button", name=f"Rename {old}", exact=True).click()
        page.keyboard.press("Control+a")
        page.keyboard.type(new)
        state("NextState").click()
        expect(state(new)).to_be_visible()
    state("Was it OK?").click()
    for rule, code in ((1, "200"), (2, "500")):
        write(f"Variable of rule {rule}", "$.statusCode")
        write(f"NumericEquals of rule {rule}", code)
    for match, seconds in {"FirstMatchState": "120", "SecondMatchState": "300"}.items():
        frame.get_by_role("button", name=f"Add a state between Was it OK? and {match}", exact=True).click()
        frame.locator(".sfn-palette").get_by_role("option", name="Wait").first.click()
        expect(frame.get_by_role("textbox", name="Seconds", exact=True)).to_be_visible()
        write("Seconds", seconds)
    expect(state("Wait 2")).to_be_visible()
    frame.get_by_role("button", name="Apply", exact=True).click()
    expect(frame.locator(".hint")).to_contain_text("Written to the cell. shop is defined anew.")
    made = page.locator(".jp-CodeCell").nth(1).locator(".cm-content")
    expect(made).to_contain_text('"Variable": "$.statusCode", "NumericEquals": 500, "Next": "Wait 2"')
    expect(made).to_contain_text("An example of the Amazon States Language using a choice state.")
    for index in (2, 3):
        press_run(index)
    both_ways(
        page, {"decide": "Decide", "first": "Wait", "second": "Wait 2", "none": "DefaultState"}, ("2 min", "5 min")
    )
