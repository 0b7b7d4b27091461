"""The inspector's further rooms on a blank page: lineage, context, logs, meters, runs, long histories, no kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import recorded
import samples
from blank import Show, processor_ms
from playwright.sync_api import Browser, Page, expect

from sfnbook import StateMachine
from sfnbook.widget.traits.recorder import Recorder


@pytest.fixture(scope="module")
def shop() -> dict[str, Any]:
    return recorded.traits(recorded.shop(3))


def choose(page: Page, name: str) -> None:
    page.locator(".tlname", has_text=name).click()


def value(page: Page, stage: str, text: str) -> Any:
    return page.get_by_label(stage, exact=True).locator(".jrow.pick", has_text=text).first


def way(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in page.locator(".lineage .hops").first.locator("li").all_inner_texts()]


def answer(page: Page, kind: str, **reply: Any) -> dict[str, Any]:
    """Answer the latest message of a kind as the kernel would; return the message."""
    page.wait_for_function("(kind) => model.sent.some((m) => m.kind === kind)", arg=kind)
    sent: dict[str, Any] = page.evaluate("(kind) => model.sent.filter((m) => m.kind === kind).at(-1)", kind)
    page.evaluate("(message) => model.answer(message)", {"kind": kind, "id": sent["id"], **reply})
    return sent


# --------------------------------------------------------------------------------------------------------- lineage
def test_a_click_on_a_value_shows_where_it_came_from(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    choose(page, "Done")
    value(page, "output", '"label"').click()
    expect(page.locator(".ohead")).to_have_text("$.label in the output of Done")
    assert way(page)[:3] == [
        "Done afterParameters $.label ← Parameters $.label",
        "carried as $.label through Wait a day ← Enough? ← Each ← Pick",
        "Pick afterParameters $.label ← Parameters States.Format('{} for {}', $.order.id, $customer), made of:",
    ]
    assert way(page)[-1].startswith("Read order result $.customer ← made by read_order")
    assert any("Execution input $.order.id where the execution began" in line for line in way(page))
    assert page.evaluate("model.sent.filter((m) => m.kind === 'lineage')") == []  # no kernel was needed


def test_a_link_jumps_to_that_visit_with_the_value_marked(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    choose(page, "Done")
    value(page, "output", '"label"').click()
    page.locator(".lineage .hop").get_by_role("button", name="Pick").first.click()
    expect(page.locator(".ihead h3")).to_have_text("Pick")
    expect(page.locator(".jrow.picked")).to_contain_text('"label"')
    expect(page.locator(".ohead")).to_have_text("$.label in the output of Done")
    page.locator(".obody").press("Escape")
    expect(page.locator(".lineage")).to_be_hidden()
    expect(page.locator(".ihead h3")).to_have_text("Pick")
    assert page.locator(".picked").count() == 0


def test_lineage_by_keyboard_alone(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    choose(page, "Done")
    page.get_by_role("tree", name="output").locator('[tabindex="0"]').focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")  # the last row says what is gone
    page.keyboard.press("Enter")
    expect(page.locator(".ohead")).to_contain_text("$.tries")
    assert way(page)[-1] == "Pick Assign $tries ← written in the definition (Assign)"
    page.keyboard.press("Home")
    page.keyboard.press("o")
    expect(page.locator(".ohead")).to_have_text("$ in the output of Done")


def test_a_value_inside_a_line_can_be_clicked(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    choose(page, "Done")
    page.get_by_label("output", exact=True).locator(".jval .pick", has_text="ink").click()
    expect(page.locator(".ohead")).to_have_text("$.shipped.name in the output of Done")
    assert way(page)[-1] == "Ship line Each › item 0 result $.name ← made by ship"


def test_who_used_it_and_what_nobody_used(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    choose(page, "Read order")
    page.get_by_label("Grey what nobody used").click()
    greyed = page.get_by_label("input", exact=True).locator(".unused")
    expect(greyed).to_have_text(['"note": "soon"', '"source": "web"', '"debug": true'])
    page.get_by_label("input", exact=True).locator(".jval .pick", has_text="7").first.click()
    used = page.locator(".lineage .hops").last
    expect(used).to_contain_text("passed to read_order")
    value(page, "input", '"debug"').click()
    expect(page.locator(".obody")).to_contain_text("nobody; it was only carried as far as Pick")


def test_the_executions_own_data_can_be_followed(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    value(page, "output", '"tries"').click()
    expect(page.locator(".ohead")).to_have_text("$.tries in the output of the execution")
    assert way(page)[0] == "carried as $.tries through Done"


def test_links_that_are_not_in_the_page_come_from_the_kernel(show: Show, shop: dict[str, Any]) -> None:
    visits = [{**visit, "links_cut": visit["name"] == "Pick"} for visit in shop["visits"]]
    page = show({**shop, "visits": visits})
    choose(page, "Done")
    value(page, "output", '"label"').click()
    expect(page.locator(".onote")).to_contain_text("asking the kernel")
    hop = {
        "depth": 0,
        "visit": 2,
        "address": "/States/Read order",
        "name": "Read order",
        "where": "",
        "stage": "result",
    }
    told = {"hops": [{**hop, "path": ["x"], "how": "task", "by": "f", "without": []}] * 2, "uses": [], "cut": False}
    sent = answer(page, "lineage", lineage=told)
    assert (sent["stage"], sent["path"]) == ("output", ["label"])
    expect(page.locator(".hops").first).to_contain_text("Read order result $.x ← made by f")
    expect(page.locator(".onote")).to_have_count(0)


def test_an_export_follows_values_without_a_kernel(browser: Browser, tmp_path: Path) -> None:
    file = recorded.shop().to_html(tmp_path / "run.html")
    page = browser.new_page()
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.goto(file.as_uri())
    expect(page.locator(".head")).to_contain_text("saved page, no kernel")
    choose(page, "Done")
    value(page, "output", '"label"').click()
    assert way(page)[-1].startswith("Read order result $.customer ← made by read_order")
    assert page.get_by_role("button", name="Run again").count() == 0
    assert seen == [file.as_uri()]
    page.close()


def test_an_export_of_hostile_data_runs_nothing(browser: Browser, tmp_path: Path) -> None:
    evil = "</script><script>window.pwned=1</script><img src=x onerror=window.pwned=2>\u202e\u2028"
    machine = StateMachine({"StartAt": evil[:70], "States": {evil[:70]: {"Type": "Pass", "End": True}}}, name=evil[:60])
    page = browser.new_page()
    page.goto(machine.run({evil: [evil, "\ud83d"]}).to_html(tmp_path / "evil.html").as_uri())
    expect(page.locator(".head")).to_contain_text("SUCCEEDED")
    page.locator(".tlname").first.click()
    assert page.evaluate("window.pwned") is None
    assert page.locator("#sfn-host img, #sfn-host script").count() == 0
    page.close()


# ------------------------------------------------------------------------------------- context, choices, logs, meters
def test_a_choice_is_a_truth_table_of_its_conditions(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    choose(page, "Enough?")
    rows = page.locator(".parts tbody tr")
    expect(rows).to_have_text(['✗$.shipped.all[0] == "pad""ink"', '–$.from is present"web"'])
    expect(rows.first.get_by_role("img")).to_have_attribute("aria-label", "false")
    expect(page.locator(".rules tr.on")).to_contain_text('saw "7 for Ada"')


def test_variables_tell_who_set_them_and_what_they_were(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    choose(page, "Done")
    page.get_by_role("tab", name="Context").click()
    tries = page.locator(".variable", has_text="$tries")
    expect(tries).to_contain_text("execution · by Pick")
    tries.locator("summary").click()
    expect(tries.locator("li")).to_have_text(["Read order at 0 s 1"])
    tree = page.get_by_role("tree", name="Context object")
    for text in ('"Input"', '"Name": "shop-run-3"', '"State"', '"EnteredTime"'):
        expect(tree).to_contain_text(text)
    tries.get_by_role("button", name="Pick").click()
    expect(page.locator(".ihead h3")).to_have_text("Pick")


def test_the_context_of_an_iteration_holds_its_item(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    choose(page, "Ship line")
    page.get_by_role("tab", name="Context").click()
    expect(page.get_by_role("tree", name="Context object")).to_contain_text('"Map"')
    expect(page.locator(".variable", has_text="$customer")).to_contain_text("Ada")


def test_a_map_shows_its_items_and_what_came_of_them(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    choose(page, "Each")
    names = page.locator(".ibody > .stage").evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))")
    assert names == [
        "input",
        "afterItemsPath",
        "afterItemSelector",
        "result",
        "afterResultSelector",
        "afterResultPath",
        "output",
    ]


def test_logs_of_all_states_in_order_with_a_filter(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    page.get_by_role("tab", name="Logs").click()
    expect(page.locator(".logpart pre")).to_have_text(["reading 7", "shipping ink", "shipping pad"])
    page.get_by_label("Filter logs").fill("pad")
    expect(page.locator(".logpart pre")).to_have_text(["shipping pad"])
    page.locator(".logpart").get_by_role("button", name="Ship line", exact=True).click()
    expect(page.locator(".ihead h3")).to_have_text("Ship line")


def test_logs_that_are_not_in_the_page_are_loaded(show: Show, shop: dict[str, Any]) -> None:
    page = show({**shop, "live": {**shop["live"], "visits_total": 900}})
    page.get_by_role("tab", name="Logs").click()
    expect(page.locator(".logs")).to_contain_text("892 more")
    page.get_by_role("button", name="load all").click()
    answer(
        page,
        "logs",
        logs=[[2, "/States/Pick", "Pick", "", 1, 5, "one\n"], [1, "/States/Pick", "Pick", "", 1, 2, "two\n"]],
    )
    expect(page.locator(".logpart pre")).to_have_text(["two", "one"])


def test_meters_say_what_it_costs_and_how_near_the_limits_are(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    page.get_by_role("tab", name="Meters").click()
    expect(page.get_by_role("meter", name="History events")).to_have_attribute("aria-valuetext", "33 of 25,000")
    body = page.locator(".ibody")
    for text in (
        "Largest payload",
        "8 transitions",
        "$0.0002",
        "$0.025 per 1,000",
        "as of 2025",
        "us-east-1",
        "64 MB",
    ):
        expect(body).to_contain_text(text)
    expect(body).to_contain_text("Pick → Each")
    page.get_by_role("button", name="Enough?").last.click()
    expect(page.locator(".ihead h3")).to_have_text("Enough?")


def test_an_earlier_run_is_shown_when_it_is_chosen(show: Show, shop: dict[str, Any]) -> None:
    page = show(shop)
    page.get_by_role("tab", name="Runs 3").click()
    rows = page.locator(".runtable tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_have_attribute("aria-current", "true")
    page.get_by_label("Filter runs").fill("run-1")
    page.get_by_role("button", name="shop-run-1", exact=True).press("Enter")
    expect(page.locator(".runs")).to_contain_text("Showing shop-run-1")
    assert answer(page, "show_run", found=True)["number"] == 1
    page.evaluate("model.set('live', { ...model.get('live'), run: 'shop-run-1' })")
    expect(page.locator(".runtable tr.on")).to_contain_text("shop-run-1")


# -------------------------------------------------------------------------------------------- long histories, no kernel
def long(show: Show) -> Page:
    event = [[i, i - 1, "PassStateEntered", i, "A", "{}"] for i in (*range(1, 501), *range(23_501, 25_001))]
    page = show(samples.loop(1))
    page.evaluate(
        "(events) => { model.set('live', { ...model.get('live'), events: 25000, run: 'long' }); model.set('events', events); }",
        event,
    )
    page.get_by_role("tab", name="Events").click()
    return page


def rows(first: int, count: int) -> list[list[Any]]:
    kind = ["TaskStateEntered", "PassStateEntered"]
    return [[i + 1, i, kind[i % 7 > 0], i, "B", "{}"] for i in range(first, min(first + count, 25_000))]


def test_the_middle_of_a_long_history_comes_when_it_is_looked_at(show: Show) -> None:
    page = long(show)
    expect(page.locator(".events .bar")).to_contain_text("25,000 events")
    page.evaluate("document.querySelector('.evbody').scrollTop = 9999 * 24")
    sent = answer(page, "events", rows=rows(7_500, 2_500))
    assert (sent["first"], sent["count"]) == (7_500, 2_500)
    expect(page.locator("#sfn-ev-10000")).to_contain_text("10000")
    assert page.locator(".ev[role=row]").count() < 60


def test_a_filter_searches_all_25_000_events(show: Show) -> None:
    page = long(show)
    page.evaluate(
        """() => { model.send = (m) => { model.sent.push(m);
          if (m.kind === "events") setTimeout(() => model.answer({ kind: "events", id: m.id, rows:
            Array.from({ length: m.count }, (_, i) => m.first + i).map((i) => [i + 1, i, i % 7 ? "PassStateEntered" : "TaskStateEntered", i, "B", "{}"]) })); }; }"""
    )
    page.get_by_label("Filter events").fill("task")
    expect(page.locator(".events .bar")).to_contain_text("3,572 of 25,000 events", timeout=20_000)
    assert page.evaluate("model.sent.filter((m) => m.kind === 'events').length") == 10


def test_a_kernel_that_does_not_answer_is_said_and_what_is_there_stays(show: Show) -> None:
    page = long(show)
    page.clock.install()
    page.evaluate("document.querySelector('.evbody').scrollTop = 9999 * 24")
    expect(page.locator(".ev", has_text="asking the kernel").first).to_be_visible()
    page.clock.fast_forward(5000)
    expect(page.locator(".events .bar")).to_contain_text("23,000 are not here: No answer: the kernel is busy or gone.")
    expect(page.locator(".silence")).to_contain_text("The kernel does not answer")
    expect(page.locator(".silence")).to_contain_text("the run as it ended")
    page.evaluate("model.set('live', { ...model.get('live') })")
    expect(page.locator(".silence")).to_be_hidden()


WAITING: dict[str, Any] = {"StartAt": "Hold", "States": {"Hold": {"Type": "Wait", "Seconds": 90, "End": True}}}


def waiting() -> dict[str, Any]:
    """A run of which nothing is heard: 30 s are past, 60 s left, and the clock goes at four times the pace."""
    hold = samples.Visit(2, "/States/Hold", "Hold", "Wait", 0, None, "running", input={})
    made = samples.traits(samples.machine(WAITING), samples.Run("run 1", "RUNNING", [hold], 30.0, {}, clock="x4"))
    made["live"]["statuses"]["/States/Hold"]["until"] = 90.0
    return {**made, "live": {**made["live"], "timers": {"2": 90.0}}}


def stopped(show: Show) -> Page:
    """The page of `waiting`, whose time goes on only when told to."""
    live = waiting()["live"]
    page = show({**waiting(), "live": {**live, "rate": 0.0}})
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.evaluate("(live) => model.set('live', live)", live)
    page.clock.run_for(20)
    return page


def test_a_wait_is_seen_to_pass(show: Show) -> None:
    page = stopped(show)
    state = page.locator(".sfn-node", has_text="Hold")
    expect(state).to_contain_text("1 min left")
    page.clock.run_for(5000)
    expect(state).to_contain_text("40 s left")
    expect(page.locator(".meta")).to_contain_text("50 s on the clock")
    expect(page.locator(".tlaxis .last")).to_have_text("50 s")
    state.dispatch_event("click")
    expect(page.locator(".ihead")).to_contain_text("running since 0.000 s, waits until 1 min 30 s")
    page.clock.run_for(60_000)  # no news of an end: it does not go on for ever
    expect(state).to_contain_text("0 s left")
    expect(page.locator(".meta")).to_contain_text("1 min 42 s on the clock")


def test_a_cut_line_to_the_kernel_is_said_without_a_click(show: Show) -> None:
    page = stopped(show)
    page.evaluate("model.cut()")
    page.clock.run_for(3000)
    expect(page.locator(".silence")).to_contain_text("The kernel does not answer")
    expect(page.locator(".meta")).to_contain_text("30 s on the clock")  # the clock stands still with it
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.sfn-node.run > .sfn-shape')).animationName") == "none"
    )


def test_what_a_choice_decided_comes_first(show: Show) -> None:
    page = show(samples.loop(2))
    page.locator(".sfn-node", has_text="Did it work?").click()
    expect(page.locator(".ibody > section").first).to_have_attribute("aria-label", "Choices")


def test_a_reopened_notebook_says_that_nobody_answers(show: Show, shop: dict[str, Any]) -> None:
    page = show({**shop, "live": {**shop["live"], "status": "RUNNING", "done": False}})
    page.wait_for_function("model.sent.some((m) => m.kind === 'ping')", timeout=30_000)
    page.wait_for_selector(".silence:not([hidden])", timeout=30_000)
    expect(page.locator(".silence")).to_contain_text("the run as far as it was told")
    choose(page, "Done")
    expect(page.get_by_label("output", exact=True).first).to_contain_text("7 for Ada")


# ------------------------------------------------------------------------------------------------------- heavy values
def test_the_page_stays_quick_with_heavy_and_hostile_values(show: Show) -> None:
    deep: Any = "end"
    for _ in range(450):
        deep = {"d": deep}
    heavy = {"items": list(range(30_000)), "text": "x" * 60_000, "\u202eevil</b>": "<script>🙂</script>"}
    states = {
        "A": {
            "Type": "Pass",
            "Parameters": {"all.$": "$", "each.$": "$.items[*]"},
            "ResultPath": "$.copy",
            "Next": "B",
        },
        "B": {"Type": "Pass", "InputPath": "$.copy.each", "Next": "C"},
        "C": {"Type": "Pass", "Parameters": {"n.$": "$[7]"}, "End": True},
    }
    wide = StateMachine({"StartAt": "A", "States": states}, name="heavy").run(
        {"items": list(range(9_000)), "d": heavy["\u202eevil</b>"]}
    )
    assert wide.status == "SUCCEEDED", wide.cause
    assert [o.path for o in wide.lineage("C", "$.n").origins] == ["$.items[7]"]
    page = show(recorded.traits(wide))
    choose(page, "C")
    page.get_by_label("output", exact=True).locator(".jval .pick").click()
    expect(page.locator(".onote")).to_contain_text("asking the kernel")  # 9,000 links stay in the kernel
    told = Recorder(wide.machine, wide).lineage({"visit": wide.visits[-1].id, "stage": "output", "path": ["n"]})
    answer(page, "lineage", lineage=told)
    assert way(page)[-1] == "Execution input $.items[7] where the execution began"

    one = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="deep").run(
        {"deep": deep, **heavy}
    )
    assert one.status == "SUCCEEDED", one.cause
    page = show(recorded.traits(one))
    worked = processor_ms(page)
    before = worked()
    page.evaluate(
        """() => { document.querySelector(".tlname").click();
          document.querySelector('[aria-label="Grey what nobody used"]').click(); }"""
    )
    assert 0 < worked() - before < 500
