"""The page with a fake model: what a reader sees and does, one thing a test, no kernel."""

from __future__ import annotations

import re
from typing import Any

import pytest
import samples
from blank import Show, processor_ms
from playwright.sync_api import Page, expect

DB = "Unittest update_db"


def choose(page: Page, name: str) -> None:
    """Click a state in the timeline."""
    page.locator(".tlname", has_text=name).click()


def head(page: Page) -> str:
    return page.locator(".head").inner_text()


def test_the_header_alone_tells_how_the_run_went(show: Show) -> None:
    text = head(show(samples.shop_failed()))
    for part in ("shop", "FAILED", "run 2", "3.4 s on the clock", "7 transitions", "$0.000175", "events 22 / 25,000"):
        assert part in text


def test_a_click_on_a_state_shows_what_it_did(show: Show) -> None:
    page = show(samples.shop_failed())
    page.locator(".sfn-node", has_text="Performance test").last.click()
    expect(page.locator(".ihead h3")).to_have_text("Performance test")
    expect(page.get_by_role("region", name="input")).to_contain_text('"AMIS-shop"')
    expect(page.get_by_role("region", name="Inspector")).to_contain_text("notebook function, cell 3")


def test_a_click_fills_the_inspector_within_100_ms(show: Show) -> None:
    page = show(samples.shop_failed())
    worked = processor_ms(page)
    before = worked()
    page.evaluate(
        """async () => {
          const rows = [...document.querySelectorAll(".tlname")];
          for (let i = 0; i < 20; i++) {
            const row = rows[i % rows.length];
            row.click();
            if (document.querySelector(".ihead h3").textContent !== row.title) throw new Error("not there");
            await new Promise(requestAnimationFrame);
            await new Promise((done) => setTimeout(done));
          }
        }"""
    )
    assert 0 < (worked() - before) / 20 < 100


def test_the_error_comes_first_with_the_line_of_the_users_code(show: Show) -> None:
    page = show(samples.shop_failed())
    choose(page, DB)
    first = page.locator(".ibody > section").first
    expect(first).to_contain_text("ValueError: db is down")
    expect(first).to_contain_text('raise ValueError("db is down")')
    expect(first).to_contain_text("not caught")


def test_attempts_are_tabs_with_their_delay(show: Show) -> None:
    page = show(samples.shop_failed())
    choose(page, DB)
    tabs = page.get_by_role("tablist", name="Attempts").get_by_role("tab")
    expect(tabs).to_have_text(["attempt 1 · KeyError", "attempt 2 · +1 s · KeyError", "attempt 3 · +2 s · ValueError"])
    tabs.first.click()
    expect(page.locator(".ibody")).to_contain_text("return event['order']")
    expect(page.locator(".ibody")).not_to_contain_text("db is down")


def test_stages_mark_what_is_new_and_what_went(show: Show) -> None:
    page = show(samples.shop_failed())
    choose(page, DB)
    stage = page.get_by_label("afterParameters", exact=True)
    expect(stage.locator(".shead code")).to_have_text("Parameters · took $.order.id, $.table")
    expect(stage.locator(".jrow.add")).to_have_text(re.compile('"key": 1042'))
    expect(stage.locator(".jrow.del")).to_contain_text('"order"')
    expect(stage.locator(".jrow", has_text="AMIS-shop")).not_to_have_class(re.compile("add|chg|del"))


def test_a_changed_value_tells_what_it_was(show: Show) -> None:
    page = show(samples.stages({"n": 1, "same": [1, 2]}, {"n": 2, "same": [1, 2]}))
    choose(page, "A")
    expect(page.locator(".jrow.chg, .jval .chg")).to_contain_text("2")


def test_an_unchanged_stage_is_folded(show: Show) -> None:
    page = show(samples.loop(2))
    choose(page, "Did it work?")
    output = page.get_by_role("button", name="output", exact=True)
    expect(output).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_label("output", exact=True).first).to_contain_text("same as input")


def test_the_output_shows_what_the_stage_before_it_changed(show: Show) -> None:
    page = show(samples.loop(1))
    choose(page, "Decide")
    expect(page.get_by_role("button", name="afterResultPath", exact=True)).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("region", name="output").locator(".add")).to_contain_text('"decision"')


def test_a_choice_shows_which_rule_matched_and_why(show: Show) -> None:
    page = show(samples.loop(3))
    choose(page, "Did it work?")
    page.get_by_label("Earlier visit").click()
    on = page.locator(".rules tr.on")
    expect(on).to_contain_text("≥ 500")
    expect(on).to_contain_text("Wait a little")
    expect(on).to_contain_text("saw 500")
    expect(page.locator(".words")).to_contain_text("Rule 2 matched")


def test_the_visit_picker_walks_through_the_visits(show: Show) -> None:
    page = show(samples.loop(5))
    choose(page, "Decide")
    picker = page.get_by_label("Visit", exact=True)
    expect(picker).to_have_value("4")
    page.get_by_label("Earlier visit").click()
    expect(picker).to_have_value("3")
    picker.select_option("0")
    expect(page.locator(".ihead")).to_contain_text("entered at 0.000 s")


def test_logs_count_their_lines(show: Show) -> None:
    page = show(samples.shop_failed())
    choose(page, DB)
    page.get_by_role("tab", name="Logs 4").click()
    expect(page.locator(".ibody")).to_contain_text("no route to AMIS-shop")


def test_the_execution_shows_when_no_state_is_chosen(show: Show) -> None:
    page = show(samples.shop_failed())
    expect(page.locator(".ihead h3")).to_have_text("Execution")
    page.get_by_role("button", name=f"in {DB}").click()
    expect(page.locator(".ihead h3")).to_have_text(DB)
    page.keyboard.press("Escape")
    expect(page.locator(".ihead h3")).to_have_text("Execution")


def test_a_machine_without_a_run_shows_its_definition(show: Show) -> None:
    page = show(samples.shop_new())
    expect(page.locator(".pill")).to_be_hidden()
    expect(page.locator(".tl")).to_be_hidden()
    expect(page.get_by_role("tab")).to_have_text(["Definition"])
    page.locator(".sfn-node", has_text="Get statistics").last.click()
    expect(page.locator(".ibody")).to_contain_text("AMIS_perftest_get_stats")
    expect(page.locator(".ibody")).to_contain_text("nothing answers it yet")


def test_updates_keep_selection_tab_scroll_and_opened_values(show: Show) -> None:
    page = show(samples.shop_running(0))
    choose(page, "Unittest accept")
    page.get_by_label("input", exact=True).locator('.jrow:has-text("order")').first.click()
    opened = page.get_by_label("input", exact=True).locator('[aria-expanded="true"]').count()
    update(page, samples.shop_running(2))
    expect(page.locator(".ihead h3")).to_have_text("Unittest accept")
    expect(page.get_by_label("output", exact=True).first).to_be_visible()
    assert page.get_by_label("input", exact=True).locator('[aria-expanded="true"]').count() == opened
    expect(page.locator(".pill").first).to_contain_text("RUNNING")
    update(page, samples.shop_failed())
    expect(page.locator(".head .pill")).to_contain_text("FAILED")


def update(page: Page, traits: dict[str, Any]) -> None:
    page.evaluate("(traits) => { for (const [k, v] of Object.entries(traits)) model.set(k, v); }", traits)


def test_buttons_only_send_messages(show: Show) -> None:
    page = show(samples.shop_running())
    page.get_by_role("button", name="Stop").click()
    [asked] = page.evaluate("model.sent")
    assert (asked["kind"], asked["run"]) == ("stop", page.evaluate("model.get('live').run"))
    update(page, samples.shop_failed())
    page.get_by_role("button", name="Run again").click()
    assert page.evaluate("model.sent.at(-1)") == {"kind": "run_again"}


def test_a_cut_value_shows_its_beginning_and_loads_the_rest(show: Show) -> None:
    page = show(samples.big())
    choose(page, "Decide")
    stage = page.get_by_label("input", exact=True).first
    expect(stage).to_contain_text("the first 8,192 B of 589 kB")
    stage.get_by_role("button", name="Load the whole value").click()
    sent = page.evaluate("model.sent.at(-1)")
    assert (sent["kind"], sent["visit"], sent["stage"]) == ("value", 2, "input")
    page.evaluate(
        "(id) => model.answer({kind: 'value', id, text: JSON.stringify({items: Array.from({length: 100000}, (_, i) => i), after: 1})})",
        sent["id"],
    )
    expect(stage).to_contain_text("100,000 items")
    assert stage.locator(".jrow").count() < 50


def test_a_hundred_thousand_items_open_step_by_step(show: Show) -> None:
    page = show(samples.big())
    choose(page, "Decide")
    page.evaluate("() => document.querySelector('.more button').click()")
    sent = page.evaluate("model.sent.at(-1)")
    page.evaluate(
        "(id) => model.answer({kind: 'value', id, text: JSON.stringify({items: Array.from({length: 100000}, (_, i) => i)})})",
        sent["id"],
    )
    stage = page.get_by_label("input", exact=True).first
    stage.locator(".jrow", has_text="100,000 items").click()
    stage.locator(".jrow", has_text="90,000 … 99,999").click()
    stage.locator(".jrow", has_text="99,900 … 99,999").click()
    expect(stage.locator(".jrow", has_text="99999: 99999")).to_be_attached()
    assert page.locator(".jrow").count() < 500
    stage.locator(".jrow", has_text="90,000 … 99,999").click()
    assert stage.locator(".jrow").count() < 40


def test_depth_400_opens_without_an_error(show: Show) -> None:
    page = show(samples.big())
    choose(page, "Decide")
    page.evaluate(
        """() => {
          for (let i = 0; i < 420; i++) {
            const shut = document.querySelector('[aria-label="output"] .jrow[aria-expanded="false"]');
            if (!shut) break;
            shut.click();
          }
        }"""
    )
    expect(page.get_by_role("tree", name="output").locator(".jnumber")).to_have_count(1)


def test_search_finds_opens_and_counts(show: Show) -> None:
    page = show(samples.big())
    choose(page, "Decide")
    page.locator(".ibody").press("/")
    page.keyboard.type("1234")
    expect(page.locator(".finder")).to_contain_text("1 of 1")
    expect(page.locator(".jrow.now")).to_have_text("1234: 1234")
    page.keyboard.type("zzz")
    expect(page.locator(".finder")).to_contain_text("no match")


def test_the_tree_answers_to_the_keyboard(show: Show) -> None:
    page = show(samples.shop_failed())
    choose(page, DB)
    tree = page.get_by_role("tree", name="input")
    tree.locator('[tabindex="0"]').focus()
    page.keyboard.press("ArrowDown")
    row = tree.locator(".jrow:focus")
    expect(row).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    expect(row).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    expect(tree.locator(".jrow:focus")).to_have_text('"id": 1042')
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(row).to_have_attribute("aria-expanded", "false")


def test_tabs_answer_to_arrow_keys(show: Show) -> None:
    page = show(samples.shop_failed())
    choose(page, DB)
    page.get_by_role("tab", name="Data flow").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Error", exact=True)).to_be_focused()
    expect(page.get_by_role("tab", name="Error", exact=True)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(page.get_by_role("tab", name="Events")).to_be_focused()


def test_events_filter_and_only_the_rows_in_view_exist(show: Show) -> None:
    page = show(samples.loop(1))
    page.evaluate(
        """() => {
          const events = Array.from({ length: 24000 }, (_, i) => [i + 1, i, "TaskStateEntered", i, "Decide", "{}"]);
          model.set("live", { ...model.get("live"), events: 24001 });
          model.set("events", [...events, [24001, 24000, "TaskStateAborted", 1, "Decide", "{}"]]);
        }"""
    )
    page.get_by_role("tab", name="Events").click()
    assert page.locator(".ev[role=row]").count() < 60
    page.get_by_label("Filter events").fill("aborted")
    expect(page.locator(".ev[role=row]")).to_have_count(1)
    page.locator(".ev[role=row]").click()
    expect(page.locator(".evdetail")).to_contain_text("event 24001, after 24000")
    page.get_by_role("grid").press("Enter")
    expect(page.locator(".ihead h3")).to_have_text("Decide")


def test_a_jump_of_the_clock_is_a_break(show: Show) -> None:
    page = show(samples.wait_240())
    gap = page.locator(".tlbar .tlgap").first
    expect(gap).to_have_attribute("title", "the clock jumped 4 min")
    box, whole = gap.bounding_box(), page.locator(".tlbar").first.bounding_box()
    assert box is not None
    assert whole is not None
    assert box["width"] < whole["width"] / 8
    expect(page.locator(".tlaxis")).to_contain_text("241 s")


def test_work_after_a_jump_is_labelled_from_the_end_of_the_jump(show: Show) -> None:
    made = samples.wait_240()
    at = {0: (0, 0.09), 1: (0.09, 240_000.09), 2: (240_000.09, 240_000.25)}
    for index, (start, end) in at.items():
        made["visits"][index] |= {"start_ms": start, "end_ms": end}
        made["visits"][index]["attempts"] = []
    made["live"]["seconds"] = 240.00025
    page = show(made)
    axis = page.locator(".tlaxis")
    for text in ("0.05 ms", "4 min", "+0.05 ms", "+0.16 ms"):
        expect(axis).to_contain_text(text)
    expect(axis).not_to_contain_text("240.0")


def test_hostile_names_and_values_are_text(show: Show) -> None:
    page = show(samples.hostile())
    for index in range(4):
        page.locator(".tlname").nth(index).click()
        for tab in page.get_by_role("tablist", name="Inspector").get_by_role("tab").all():
            tab.click()
    assert page.evaluate("window.pwned") is None
    assert page.locator("#host script, #host img").count() == 0
    page.get_by_role("tab", name="Data flow").click()
    expect(page.locator(".ibody")).to_contain_text("12345678901234567890")
    expect(page.locator(".ibody")).to_contain_text(r"\u202e")


def test_nothing_leaves_the_frame_in_a_narrow_cell(show: Show) -> None:
    page = show(samples.shop_failed(), width=700, height=1300)
    choose(page, DB)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    diagram, inspector = page.locator(".diag").bounding_box(), page.locator(".insp").bounding_box()
    assert diagram is not None
    assert inspector is not None
    assert inspector["y"] >= diagram["y"] + diagram["height"] - 1


def test_folded_panes_stay_folded(show: Show) -> None:
    page = show(samples.shop_failed())
    page.get_by_label("Hide the inspector").click()
    page.get_by_role("button", name="Timeline").click()
    update(page, samples.shop_running())
    expect(page.locator(".insp")).to_be_hidden()
    expect(page.locator(".tlrows")).to_be_hidden()
    page.get_by_role("button", name="Inspector").click()
    expect(page.locator(".insp")).to_be_visible()


def test_closing_lets_go_of_the_model(show: Show) -> None:
    page = show(samples.shop_failed())
    assert page.evaluate("model.listening()") == 11
    page.evaluate("unmount()")
    assert page.evaluate("model.listening()") == 0
    assert page.locator(".sfn-frame").count() == 0


def test_the_saved_twin_hides_beside_the_live_widget(show: Show) -> None:
    page = show(samples.shop_failed())
    page.evaluate(
        """() => {
          const area = document.createElement("div");
          area.className = "jp-OutputArea";
          document.body.append(area);
          area.append(Object.assign(document.createElement("div"), { className: "sfnbook-static", textContent: "twin" }));
          area.append(document.getElementById("host"));
          document.body.append(Object.assign(document.createElement("div"), { className: "sfnbook-static other", textContent: "other" }));
        }"""
    )
    expect(page.locator(".jp-OutputArea .sfnbook-static")).to_be_hidden()
    expect(page.locator(".other")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True])
def test_text_meets_aa_contrast(show: Show, dark: bool) -> None:
    page = show(samples.shop_failed(), dark=dark)
    choose(page, DB)
    assert page.evaluate(CONTRAST) == []
    page.get_by_role("tab", name="Error", exact=True).click()
    assert page.evaluate(CONTRAST) == []


CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const read = (colour, under) => {
    canvas.clearRect(0, 0, 1, 1);
    if (under) { canvas.fillStyle = `rgb(${under})`; canvas.fillRect(0, 0, 1, 1); }
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    const own = read(getComputedStyle(element).backgroundColor);
    if (own[3] === 255 || !element.parentElement) return own.slice(0, 3);
    return read(getComputedStyle(element).backgroundColor, ground(element.parentElement)).slice(0, 3);
  };
  const bad = [];
  for (const element of document.querySelectorAll("#host *:not(svg *)")) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3 && n.data.trim()).map((n) => n.data).join("");
    if (!text || !element.checkVisibility() || element.disabled) continue;
    const under = ground(element);
    const [a, b] = [light(read(getComputedStyle(element).color, under)), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) bad.push([element.className, text.slice(0, 30), ratio.toFixed(2)]);
  }
  return bad;
}"""
