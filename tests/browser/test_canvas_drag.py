"""States and the ends of arrows, dragged elsewhere; and the same by keyboard."""

from __future__ import annotations

import json

from blank import Show
from edited import Edited
from playwright.sync_api import Locator, Page, expect

TEXT = json.dumps(
    {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Pass", "Next": "B"},
            "B": {"Type": "Pass", "Next": "OK?"},
            "OK?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "IsPresent": True, "Next": "C"}],
                "Default": "D",
            },
            "C": {"Type": "Pass", "End": True},
            "D": {
                "Type": "Parallel",
                "Branches": [{"StartAt": "E", "States": {"E": {"Type": "Pass", "End": True}}}],
                "End": True,
            },
        },
    },
    indent=2,
)


def drag(page: Page, one: Locator, to: Locator, *, release: bool = True) -> None:
    """Press on an element's middle and let go over another one's."""
    start, goal = middle(page, one), middle(page, to)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*goal, steps=6)
    if release:
        page.mouse.up()


def middle(page: Page, place: Locator) -> tuple[float, float]:
    """Return the middle of an element, which may just be drawn anew and have no box for a moment."""
    for _ in range(100):
        if box := place.bounding_box():
            return box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 20)
        page.wait_for_timeout(50)
    raise AssertionError(f"{place} is not seen")


def end(page: Page, label: str) -> Locator:
    return page.get_by_role("button", name=f"Lead the arrow {label} elsewhere", exact=True)


def nexts(edited: Edited) -> dict[str, str]:
    return {name: state.get("Next", "") for name, state in edited.states.items()}


def test_a_state_is_dragged_to_another_place(show: Show) -> None:
    edited = Edited(show, TEXT)
    page = edited.page
    drag(page, edited.state("B"), edited.plus("Add a state between OK? and C"), release=False)
    expect(page.locator(".sfn-plus.near")).to_have_attribute("aria-label", "Add a state between OK? and C")
    page.mouse.up()
    expect(edited.plus("Add a state between B and C")).to_be_visible()
    assert edited.states["OK?"]["Choices"][0]["Next"] == "B"
    assert nexts(edited) == {"A": "OK?", "B": "C", "OK?": "", "C": "", "D": ""}
    expect(page.locator(".sfn-node.selected")).to_have_attribute("data-address", "/States/B")
    drag(page, edited.state("A"), edited.plus("Add a state before E"))  # into a branch, by its text
    expect(edited.state("A")).to_have_attribute("data-address", "/States/D/Branches/0/States/A")
    assert edited.states["D"]["Branches"][0]["StartAt"] == "A"
    edited.button("Undo").click()
    edited.button("Undo").click()
    expect(edited.button("Undo")).to_be_disabled()
    assert edited.canvas.session.text == TEXT


def test_a_drag_that_is_given_up_or_leads_nowhere_changes_nothing(show: Show) -> None:
    edited = Edited(show, TEXT)
    page = edited.page
    drag(page, edited.state("B"), edited.plus("Add a state between OK? and C"), release=False)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".sfn-lead")).to_have_count(0)
    drag(page, edited.state("OK?"), edited.plus("Add a state after C"))
    expect(page.locator(".hint")).to_contain_text("cannot stand at the end")
    before = page.locator(".sfn-ground").get_attribute("style")
    drag(page, page.locator(".sfn-end.start"), edited.state("C"))  # the picture itself moves, as before
    expect(page.locator(".sfn-ground")).not_to_have_attribute("style", before or "")
    assert edited.canvas.session.text == TEXT


def test_the_end_of_an_arrow_is_dragged_to_another_state(show: Show) -> None:
    edited = Edited(show, TEXT)
    page = edited.page
    drag(page, end(page, "between A and B"), edited.state("C"), release=False)
    expect(page.locator(".target")).to_have_attribute("data-address", "/States/C")
    page.mouse.up()
    expect(edited.plus("Add a state between A and C")).to_be_visible()
    assert nexts(edited)["A"] == "C"
    drag(page, end(page, "between A and C"), page.locator(".sfn-end.end"))
    expect(edited.plus("Add a state after A")).to_be_visible()
    assert edited.states["A"] == {"Type": "Pass", "End": True}
    drag(page, end(page, "before A"), edited.state("B"))
    expect(edited.plus("Add a state before B")).to_be_visible()
    assert json.loads(edited.canvas.session.text)["StartAt"] == "B"
    drag(page, end(page, "between OK? and C"), page.locator(".sfn-node[data-address$='/States/E']"))
    expect(page.locator(".hint")).to_contain_text("no arrow leads there")


def test_the_same_by_keyboard(show: Show) -> None:
    edited = Edited(show, TEXT)
    page = edited.page
    edited.state("B").focus()
    page.keyboard.press("m")
    expect(page.get_by_role("combobox", name="Move B")).to_be_focused()
    page.keyboard.type("OK? and C")
    page.keyboard.press("Enter")
    expect(edited.plus("Add a state between B and C")).to_be_visible()
    expect(edited.state("B")).to_be_focused()
    handle = end(page, "between B and C")
    handle.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Lead to")).to_be_focused()
    page.keyboard.type("d")
    page.keyboard.press("Escape")
    expect(handle).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("d")
    page.keyboard.press("ArrowDown")  # "D" comes first, "(end)" after it
    page.keyboard.press("Enter")
    expect(edited.plus("Add a state after B")).to_be_visible()
    assert edited.states["B"] == {"Type": "Pass", "End": True}
    edited.state("C").click()
    edited.button("Move …").click()
    page.get_by_role("option", name="between A and OK?").click()
    expect(edited.plus("Add a state between C and OK?")).to_be_visible()
