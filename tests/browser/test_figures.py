"""What the page says in figures: the clock of a saved page, times of events, how long states took, what was searched."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import recorded
import samples
from blank import Show
from playwright.sync_api import expect

from sfnbook import StateMachine

WORK = "arn:aws:lambda:eu-west-1:1:function:work"


def pause(seconds: float) -> dict[str, Any]:
    """A second's wait (or another one) before 86 ms of work."""
    made = samples.wait_240()
    for visit, (start, end) in zip(
        made["visits"], [(0, 40), (40, 40 + seconds * 1000), (40 + seconds * 1000, 86 + seconds * 1000)], strict=True
    ):
        visit |= {"start_ms": start, "end_ms": end, "attempts": []}
    made["live"]["seconds"] = seconds + 0.086
    return made


def test_a_saved_page_says_how_long_the_run_took(show: Show) -> None:
    page = show({**samples.shop_failed(), "host": {"kernel": False}})
    expect(page.locator(".meta")).to_contain_text("3.4 s on the clock")


def test_events_have_their_moment_and_how_much_later_that_is(show: Show) -> None:
    made = samples.loop(5)
    made["events"] = [
        [1, 0, "ExecutionStarted", 3_600_000.4, "", ""],
        [2, 1, "TaskStateEntered", 3_600_010.0, "Decide", ""],
    ]
    made["live"]["events"] = 2
    page = show(made)
    page.get_by_role("tab", name="Events").click()
    row = page.locator(".ev[role=row]").nth(1)
    expect(row.get_by_role("gridcell").nth(1)).to_have_text("1:00:00.010")
    expect(row.get_by_role("gridcell").nth(2)).to_have_text("+9.6 ms")


def test_a_wait_is_cut_only_where_the_work_could_not_be_seen(show: Show) -> None:
    page = show(pause(1))
    expect(page.locator(".tlgap")).to_have_count(0)
    expect(page.get_by_role("button", name="Linear")).to_be_hidden()
    assert page.locator(".tltook").all_inner_texts() == ["40 ms", "1 s", "46 ms"]


def test_a_cut_wait_can_be_seen_to_scale(show: Show) -> None:
    page = show(pause(3600))
    expect(page.locator(".tlaxis .tlgap")).to_have_count(1)
    page.get_by_role("button", name="Linear").click()
    expect(page.locator(".tlaxis .tlgap")).to_have_count(0)
    page.locator(".tlbar").first.hover(position={"x": 300, "y": 4})
    expect(page.locator(".tlcursor")).to_be_visible()
    expect(page.locator(".tlcursor")).to_contain_text(".")


def test_a_search_says_that_only_a_part_was_searched_and_can_ask_for_all(show: Show) -> None:
    page = show(samples.big())
    page.locator('.sfn-node[aria-label^="Decide,"]').click()
    page.get_by_role("button", name="Search in the data").click()
    page.get_by_role("searchbox", name="Search in the data").fill("99999")
    found = page.locator(".finder [role=status]")
    expect(found).to_contain_text("no match in the beginning of input")
    page.evaluate(
        """() => { model.send = (message) => setTimeout(() => model.answer({ id: message.id,
             text: message.stage === "input" ? '{"items":[1,99999],"after":1}' : "[[1]]" })); }"""
    )
    page.get_by_role("button", name="search all of it").click()
    expect(found).to_have_text("1 of 1")


def each(function: Any, **fields: Any) -> Any:
    """A Map of four items, run."""
    task = {"Type": "Task", "Resource": WORK, **(fields or {"End": True})}
    states: dict[str, Any] = {"Work": task}
    if "Next" in fields:
        states["Sorry"] = {"Type": "Pass", "End": True}
    machine = StateMachine(
        {
            "StartAt": "Each",
            "States": {"Each": {"Type": "Map", "End": True, "ItemProcessor": {"StartAt": "Work", "States": states}}},
        },
        name="each",
        namespace={"work": function},
    )
    return machine.run([0, 1, 2, 3])


def refuse(event: Any) -> Any:
    if event == 2:
        raise ValueError("no")
    return event


def test_the_items_of_a_map_say_which_were_caught_and_that_one_is_opened_first(show: Show) -> None:
    run = each(refuse, Next="Sorry", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}])
    page = show(recorded.traits(run))
    page.locator('.sfn-node[aria-label^="Each,"]').focus()
    page.keyboard.press("p")
    assert page.get_by_role("option").all_inner_texts()[3].split() == ["!", "item", "2", "caught"]
    page.keyboard.press("Escape")
    page.locator('.sfn-node[aria-label^="Work,"]').click()
    expect(page.locator(".ihead")).to_contain_text("Each › item 2")


def test_the_rows_of_a_map_stand_below_it(show: Show) -> None:
    made = recorded.traits(each(refuse))
    last = made["visits"][0]
    made["visits"] = [*made["visits"][1:], last]  # as those of a distributed Map's children: elsewhere in the list
    page = show(made)
    assert [text.split()[0] for text in page.locator(".tlname").all_inner_texts()] == ["Each", "Work"]


def test_json_in_a_string_is_shown_as_a_tree(show: Show) -> None:
    page = show(samples.stages({}, {"Payload": '{"order": {"id": 7}}', "note": "[1, 2]", "plain": "{ not JSON"}))
    page.locator('.sfn-node[aria-label^="A,"]').click()
    inside = page.get_by_role("tree", name="JSON in $.Payload")
    expect(inside).to_contain_text('"id": 7')
    note = page.locator(".jrow", has_text='"note"').last
    note.get_by_role("button", name="The JSON in this text as a tree").click()
    expect(page.get_by_role("tree", name="JSON in $.note")).to_be_visible()
    page.get_by_role("treeitem", name="note").first.press("ArrowLeft")
    assert page.locator(".jin").count() == 2


def test_the_first_click_moves_nothing(show: Show) -> None:
    traits = samples.shop_failed()
    words = dict.fromkeys(("kind", "position", "reason", "address", "frame", "message"), "")
    flags = {"paused": False, "editable": False, "debugged": False, "can_back": True, "answered": 0, "past": None}
    rest: dict[str, Any] = {
        "error": None,
        "cause": None,
        "variables": {},
        "called_again": [],
        "breakpoints": [],
        "breakpoint_addresses": [],
    }
    traits["live"]["debug"] = {**words, **flags, **rest}
    page = show(traits, width=1000)
    before = page.locator(".canvas").bounding_box()
    page.locator('.sfn-node[aria-label^="Unittest update_db,"]').click()
    expect(page.get_by_role("button", name="Back to before")).to_be_visible()
    assert page.locator(".canvas").bounding_box() == before
    assert page.locator(".head").evaluate("(head) => head.getBoundingClientRect().height") < 50


def tolerated() -> Any:
    """A Map whose failing items are caught, and a Fail state at the end."""

    def work(event: Any) -> Any:
        if event == 1:
            raise ValueError("no ones")
        return event

    item = {"Type": "Task", "Resource": WORK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Give up"}]}
    states = {"Work": {**item, "End": True}, "Give up": {"Type": "Fail", "Error": "Gone", "Cause": "no"}}
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "Work", "States": states}, "Next": "Bad"}
    catch = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Bad"}]}
    end = {"Type": "Fail", "Error": "Mine", "Cause": "in the end"}
    machine = StateMachine({"StartAt": "Each", "States": {"Each": {**each, **catch}, "Bad": end}}, name="m")
    return machine.run([0, 1, 2], bind={"work": work})


def test_the_error_names_the_state_that_ended_the_run(show: Show) -> None:
    page = show(recorded.traits(tolerated()))
    expect(page.get_by_role("region", name="Error", exact=True)).to_contain_text("in Bad")


def test_the_error_of_a_branch_names_its_state(show: Show) -> None:
    page = show(samples.shop_failed())
    expect(page.get_by_role("region", name="Error", exact=True)).to_contain_text("in Unittest update_db")


def test_an_error_that_nothing_can_catch_is_looked_for_inside(show: Show) -> None:
    check = {"Type": "Choice", "Choices": [{"Variable": "$.no", "NumericEquals": 1, "Next": "Ok"}], "Default": "Ok"}
    item = {"StartAt": "Check", "States": {"Check": check, "Ok": {"Type": "Succeed"}}}
    machine = StateMachine(
        {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": item, "End": True}}}, name="m"
    )
    page = show(recorded.traits(machine.run([{}])))
    expect(page.get_by_role("region", name="Error", exact=True)).to_contain_text("in Check")


def test_the_way_of_a_value_closes_with_the_data(show: Show) -> None:
    page = show(recorded.traits(recorded.shop(1)))
    page.get_by_label("input", exact=True).locator(".jrow.pick").first.click()
    expect(page.locator(".lineage")).to_be_visible()
    page.get_by_role("tab", name="Events").click()
    expect(page.locator(".lineage")).to_be_hidden()


def test_counts_stand_above_all_edges(show: Show) -> None:
    page = show(samples.loop(5))
    assert page.locator(".sfn-edge .sfn-times").count() == 0
    order = page.locator(".sfn-ground > g").evaluate_all("(all) => all.map((one) => one.getAttribute('class'))")
    assert order.index("sfn-numbers") > order.index("sfn-edges")
    expect(page.locator(".sfn-numbers .sfn-times").first).to_contain_text("×")


def test_a_task_that_the_run_answered_is_not_marked_as_unbound(show: Show) -> None:
    task = {"Type": "Task", "Resource": WORK, "Next": "Other"}
    other = {"Type": "Task", "Resource": WORK.replace("work", "nobody"), "End": True}
    machine = StateMachine({"StartAt": "Work", "States": {"Work": task, "Other": other}}, name="m")
    page = show(recorded.traits(machine.run({}, bind={"work": lambda event: event})))
    dot = page.locator(".sfn-node .sfn-unbound")
    expect(dot.first).to_be_hidden()
    expect(dot.last).to_be_visible()
    expect(page.get_by_label("Work, Task")).to_have_count(1)
    assert "nothing answers" not in (page.locator('.sfn-node[aria-label^="Work,"]').get_attribute("aria-label") or "")
    page.locator('.sfn-node[aria-label^="Work,"]').click()
    expect(page.locator(".ihead")).not_to_contain_text("Nothing answers")
    page = show(recorded.traits(machine.run({}, bind={"work": lambda event: event, "nobody": lambda event: event})))
    expect(
        page.locator(".sfn-legend", has_text="nothing answers it").locator("span", has_text="nothing answers it")
    ).to_be_hidden()


def test_the_name_of_a_machine_is_whole_at_a_thousand_pixels(show: Show) -> None:
    traits = samples.shop_failed()
    traits["machine"]["name"] = "order-processing-with-stock"
    page = show({**traits, "host": {"kernel": False}}, width=1000)
    assert page.locator(".mname").evaluate("(one) => one.scrollWidth <= one.clientWidth && one.textContent.length > 20")
    assert page.locator(".head").evaluate("(head) => head.getBoundingClientRect().height") < 50


def test_no_button_touches_another_in_a_narrow_cell(show: Show) -> None:
    traits = samples.shop_failed()
    words = dict.fromkeys(("kind", "position", "reason", "address", "frame", "message"), "")
    flags = {"paused": False, "editable": False, "debugged": False, "can_back": True, "answered": 0, "past": None}
    rest: dict[str, Any] = {"error": None, "cause": None, "variables": {}, "called_again": []}
    traits["live"]["debug"] = {**words, **flags, **rest, "breakpoints": [], "breakpoint_addresses": []}
    page = show(traits, width=840)
    for row in (".head .btn", ".sfn-tools .sfn-tool"):
        boxes = [box for one in page.locator(row).all() if one.is_visible() and (box := one.bounding_box())]
        assert len({round(box["y"]) for box in boxes}) == 1, row
        for left, right in pairwise(boxes):
            assert left["x"] + left["width"] <= right["x"], row
