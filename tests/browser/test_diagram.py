"""The diagram in the page: folding, turning, passes through containers, the pace of updates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from itertools import combinations
from typing import Any

import nested
import pytest
import samples
from blank import MOUNT_AGAIN, Show, processor_ms
from playwright.sync_api import Browser, Locator, Page, expect

from sfnbook.diagram.graph import graph
from sfnbook.diagram.layout import layout
from sfnbook.diagram.svg import svg
from sfnbook.language import parse

ORDERS = "/States/Orders"
LINES = f"{ORDERS}/ItemProcessor/States/Lines"
Arrange = Callable[..., dict[str, Any]]


@pytest.fixture
def orders(show: Show) -> Page:
    return show(nested.ran(nested.ORDERS, nested.INPUT), height=1000)


def state(page: Page, name: str) -> Locator:
    return page.locator(f'.sfn-node[aria-label^="{name},"]')


# -- folding ----------------------------------------------------------------------------------------------------------


def test_a_folded_container_is_one_box_that_counts_what_is_inside(orders: Page) -> None:
    orders.locator(f'[data-fold="{LINES}"]').click()
    expect(state(orders, "Reserve")).to_have_count(0)
    box = state(orders, "Lines")
    expect(box).to_have_class(re.compile("sfn-folded"))
    expect(box).to_have_class(re.compile("ok"))
    expect(box).to_have_attribute("aria-label", re.compile("1 state inside"))
    assert box.bounding_box()["height"] < 60  # type: ignore[index]
    orders.locator(f'[data-fold="{LINES}"]').click()
    expect(state(orders, "Reserve")).to_have_count(1)


def test_what_is_folded_stays_where_the_reader_clicked(orders: Page) -> None:
    before = orders.locator(f'[data-fold="{ORDERS}"]').bounding_box()
    orders.locator(f'[data-fold="{ORDERS}"]').click()
    after = orders.locator(f'[data-fold="{ORDERS}"]').bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["x"] - after["x"]) < 4
    assert abs(before["y"] - after["y"]) < 8
    expect(state(orders, "Validate")).to_have_count(0)


def test_space_folds_and_the_focus_stays(orders: Page) -> None:
    state(orders, "Orders").focus()
    orders.keyboard.press("Space")
    expect(state(orders, "Orders")).to_be_focused()
    expect(state(orders, "Orders")).to_have_class(re.compile("sfn-folded"))


def test_finding_a_state_unfolds_what_holds_it(orders: Page) -> None:
    orders.get_by_role("button", name="Fold all containers").click()
    expect(orders.locator(".sfn-node")).to_have_count(3)
    orders.get_by_role("button", name="Find a state (/)").click()
    orders.keyboard.type("reserve")
    expect(state(orders, "Reserve")).to_have_class(re.compile("current"))


def test_a_chosen_state_inside_marks_the_box_that_holds_it(orders: Page) -> None:
    orders.locator(".tlname", has_text="Validate").first.click()
    orders.locator(f'[data-fold="{ORDERS}"]').click()
    expect(state(orders, "Orders")).to_have_class(re.compile("holds"))
    expect(orders.locator(".ihead h3")).to_have_text("Validate")


def test_a_large_machine_starts_folded_where_that_makes_it_readable(show: Show) -> None:
    page = show(nested.new(nested.wide(8)), width=1000)
    expect(page.locator(".sfn-folded")).to_have_count(8)
    page.get_by_role("button", name="Unfold all containers").click()
    expect(page.locator(".sfn-folded")).to_have_count(0)


def test_a_small_machine_starts_open(orders: Page) -> None:
    expect(orders.locator(".sfn-folded")).to_have_count(0)


# -- the other way across ---------------------------------------------------------------------------------------------


def test_the_machine_runs_from_left_to_right(orders: Page) -> None:
    orders.get_by_role("button", name="Run from left to right").click()
    load, done = state(orders, "Load").bounding_box(), state(orders, "Done").bounding_box()
    assert load is not None
    assert done is not None
    assert done["x"] > load["x"] + load["width"]
    state(orders, "Load").focus()
    orders.keyboard.press("ArrowRight")
    expect(state(orders, "Orders")).to_be_focused()
    orders.get_by_role("button", name="Run from top to bottom").click()
    assert state(orders, "Done").bounding_box()["y"] > state(orders, "Load").bounding_box()["y"]  # type: ignore[index]


@pytest.fixture(scope="module")
def arrange(browser: Browser) -> Iterator[Arrange]:
    """The page's layout: ``arrange(graph, folded, across)``."""
    page = browser.new_page()
    module = files("sfnbook.widget").joinpath("static", "diagram", "layout.js").read_text()
    page.evaluate(
        """async (text) => {
          window.module = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
          window.lay = (graph, folded, across) => module.arrange(graph, new Set(folded), across);
        }""",
        module,
    )
    yield lambda *given: page.evaluate("(given) => lay(...given)", list(given))
    page.close()


LABELLED = {
    "StartAt": "Choose",
    "States": {
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.a", "NumericEquals": index, "Next": f"Way {index % 4}"} for index in range(6)],
            "Default": "Choose",
        },
        **{f"Way {index}": {"Type": "Pass", "Next": "Choose" if index == 3 else "End of it"} for index in range(4)},
        "End of it": {"Type": "Succeed"},
    },
}


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize(
    "definition", [nested.ORDERS, nested.RETRIED, nested.wide(3), nested.chain(60), LABELLED], ids="ORWCL"
)
def test_nothing_overlaps_however_it_is_folded_and_turned(
    arrange: Arrange, definition: dict[str, Any], across: bool
) -> None:
    parsed = parse(definition)
    assert parsed.definition is not None
    drawn = layout(graph(parsed.definition))
    containers = [node["id"] for node in drawn["nodes"] if node["kind"] == "container"]
    for folded in ([], containers, containers[::2]):
        check(arrange(drawn, folded, across))


def check(drawn: dict[str, Any]) -> None:
    nodes = {node["id"]: node for node in drawn["nodes"]}
    for node in nodes.values():
        assert 0 <= node["x"] <= node["x"] + node["w"] <= drawn["width"] + 0.2
        assert 0 <= node["y"] <= node["y"] + node["h"] <= drawn["height"] + 0.2
    for one, other in combinations(nodes.values(), 2):
        assert one["parent"] != other["parent"] or not meet(one, other), (one["name"], other["name"])
    solid = [node for node in nodes.values() if node["kind"] != "container" or node["folded"]]
    for edge in drawn["edges"]:
        for node in solid:
            if node["id"] not in (edge["from"], edge["to"]):
                assert not any(holds(node, x, y) for x, y in curve(edge["points"])), (edge["id"], node["name"])


@pytest.mark.parametrize("across", [False, True])
def test_what_is_on_one_way_stands_in_one_line(arrange: Arrange, across: bool) -> None:
    """Also where a way back and a handler pull at it."""
    nodes = arrange(laid(nested.POLLING), [], across)["nodes"]
    centres = {node["name"]: node["y"] + node["h"] / 2 if across else node["x"] + node["w"] / 2 for node in nodes}
    assert len({round(centres[name]) for name in ("Submit", "Wait", "Ask", "Done?")}) == 1


def test_choices_one_after_the_other_do_not_drift_aside(arrange: Arrange) -> None:
    drawn = arrange(laid(nested.checks(12)), [], False)
    middles = [node["x"] + node["w"] / 2 for node in drawn["nodes"] if node["name"].startswith("Check")]
    assert max(middles) - min(middles) < 200


def laid(definition: dict[str, Any]) -> dict[str, Any]:
    parsed = parse(definition)
    assert parsed.definition is not None
    return layout(graph(parsed.definition))


# -- the first view ---------------------------------------------------------------------------------------------------


def test_a_machine_a_little_too_wide_is_first_seen_in_its_whole_width(show: Show) -> None:
    page = show(nested.new(nested.fan(7)), width=1208)
    pane = page.locator(".sfn-stage").bounding_box()
    assert pane is not None
    for index in range(7):
        box = state(page, f"Way {index}").bounding_box()
        assert box is not None
        assert pane["x"] <= box["x"]
        assert box["x"] + box["width"] <= pane["x"] + pane["width"]


def test_buttons_and_legend_lie_beside_the_drawing_not_on_it(orders: Page) -> None:
    bars = [orders.locator(one).bounding_box() for one in (".sfn-tools", ".sfn-legend")]
    pane = orders.locator(".sfn-stage").bounding_box()
    assert pane is not None
    assert bars[0] is not None
    assert bars[1] is not None
    assert bars[0]["y"] + bars[0]["height"] <= pane["y"] + 0.5
    assert pane["y"] + pane["height"] <= bars[1]["y"] + 0.5


def meet(a: dict[str, Any], b: dict[str, Any]) -> bool:
    slack = 0.2
    return bool(
        a["x"] < b["x"] + b["w"] - slack
        and b["x"] < a["x"] + a["w"] - slack
        and a["y"] < b["y"] + b["h"] - slack
        and b["y"] < a["y"] + a["h"] - slack
    )


def holds(node: dict[str, Any], x: float, y: float) -> bool:
    return bool(node["x"] + 2 < x < node["x"] + node["w"] - 2 and node["y"] + 2 < y < node["y"] + node["h"] - 2)


def curve(points: list[list[float]]) -> Iterator[tuple[float, float]]:
    for start in range(0, len(points) - 3, 3):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points[start : start + 4]
        for step in range(9):
            t = step / 8
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3


# -- passes -----------------------------------------------------------------------------------------------------------


def test_one_item_of_a_map_is_shown_and_the_inspector_follows(orders: Page) -> None:
    expect(state(orders, "Orders")).to_have_attribute("aria-label", re.compile("3 of 3 done"))
    expect(state(orders, "Validate")).to_have_attribute("aria-label", re.compile("3 visits"))
    orders.locator(f'[data-pass="{ORDERS}"]').click()
    options = orders.get_by_role("option")
    expect(options).to_have_count(4)
    options.nth(2).click()
    expect(state(orders, "Reject")).to_have_attribute("aria-label", re.compile("succeeded"))
    expect(state(orders, "Lines")).to_have_attribute("aria-label", re.compile("not reached"))
    state(orders, "Validate").click()
    expect(orders.locator(".ihead")).to_contain_text("item 1")
    expect(orders.locator(".picker")).to_have_count(0)
    orders.locator(f'[data-pass="{ORDERS}"]').click()
    orders.keyboard.press("Home")
    orders.keyboard.press("Enter")
    expect(state(orders, "Validate")).to_have_attribute("aria-label", re.compile("3 visits"))


def test_the_path_of_one_item_is_its_own(orders: Page) -> None:
    taken = orders.locator(".sfn-edge.taken")
    everything = taken.count()
    state(orders, "Orders").focus()
    orders.keyboard.press("]")
    expect(orders.locator(".sfn-chip.on")).to_contain_text("item 0")
    assert taken.count() < everything


def test_a_map_in_a_map_counts_within_the_chosen_item(orders: Page) -> None:
    state(orders, "Orders").focus()
    orders.keyboard.press("]")
    orders.locator(f'[data-pass="{LINES}"]').click()
    expect(orders.get_by_role("option")).to_have_text(
        [re.compile("all 2 items"), re.compile("item 0"), re.compile("item 1")]
    )
    orders.keyboard.press("Escape")
    expect(state(orders, "Lines")).to_be_focused()


def test_a_visit_from_elsewhere_brings_its_item(orders: Page) -> None:
    state(orders, "Orders").focus()
    orders.keyboard.press("]")
    orders.locator(".tlname", has_text="Reject").click()
    expect(orders.locator(".ihead h3")).to_have_text("Reject")


def test_the_attempts_of_a_parallel_are_told_apart(show: Show) -> None:
    page = show(nested.ran(nested.RETRIED), height=1000)
    page.locator("[data-pass]").click()
    expect(page.get_by_role("option")).to_have_text(
        [re.compile("all 2 attempts"), re.compile("attempt 1"), re.compile("attempt 2")]
    )
    page.get_by_role("option").nth(1).click()
    state(page, "Fail").click()
    expect(page.locator(".ihead .picker")).to_have_count(0)


def test_a_loop_shows_how_often_each_edge_was_taken(show: Show) -> None:
    traits = nested.ran(nested.ORDERS, nested.INPUT)
    page = show(traits)
    edge = next(id for id in traits["live"]["edges"])
    page.evaluate("(edge) => model.set('live', {...model.get('live'), edges: {[edge]: 3}})", edge)
    expect(page.locator(".sfn-times")).to_have_text(["×3"])


# -- pace -------------------------------------------------------------------------------------------------------------


def test_five_hundred_states_are_painted_within_a_second(show: Show, source: str) -> None:
    page = show(nested.new(nested.chain(500)))
    worked = processor_ms(page)
    before = worked()
    page.evaluate(MOUNT_AGAIN, source)
    assert 0 < worked() - before < 1000


def test_many_updates_leave_the_page_responsive_and_the_last_one_is_shown(show: Show) -> None:
    page = show(nested.new(nested.chain(300)))
    frames = page.evaluate(
        """async () => {
          const states = Object.keys(model.get("machine").states);
          const began = performance.now();
          let sent = 0;
          let frames = 0;
          let on = true;
          const count = () => { frames += 1; if (on) requestAnimationFrame(count); };
          requestAnimationFrame(count);
          while (performance.now() - began < 1500) {
            for (let due = (performance.now() - began) * 0.3; sent < due; sent += 1) {
              const statuses = { ...model.get("live").statuses };
              for (let i = 0; i < 33; i++) statuses[states[(sent * 33 + i) % states.length]] = { status: ["running", "succeeded"][sent % 2], visits: sent };
              model.set("live", { ...model.get("live"), run: "r", status: "RUNNING", statuses });
            }
            await new Promise((done) => setTimeout(done, 3));
          }
          on = false;
          const statuses = Object.fromEntries(states.map((address) => [address, { status: "failed", visits: 1 }]));
          model.set("live", { ...model.get("live"), statuses, status: "FAILED", done: true });
          return frames / 1.5;
        }"""
    )
    expect(page.locator(".sfn-node.bad")).to_have_count(301)
    assert frames > 5, frames  # 30 and more where nothing else runs; tests share the machine


def test_following_keeps_the_running_state_in_view(show: Show) -> None:
    page = show(nested.new(nested.chain(80)))
    page.get_by_role("button", name="Keep the running state in view").click()
    for name in ("Step 40", "Step 79"):
        page.evaluate(
            """(name) => model.set("live", { ...model.get("live"), run: "r", status: "RUNNING",
                 statuses: { [`/States/${name}`]: { status: "running", visits: 1 } } })""",
            name,
        )
        expect(state(page, name)).to_be_in_viewport()
        box, pane = state(page, name).bounding_box(), page.locator(".diag").bounding_box()
        assert box is not None
        assert pane is not None
        page.wait_for_function(
            """([name, low, high]) => {
              const box = document.querySelector(`.sfn-node[aria-label^="${name},"]`).getBoundingClientRect();
              return box.top >= low && box.bottom <= high;
            }""",
            arg=[name, pane["y"], pane["y"] + pane["height"]],
        )


def test_fifty_runs_leave_no_garbage(show: Show) -> None:
    traits = nested.ran(nested.ORDERS, nested.INPUT)
    page = show(traits, height=1000)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def measured() -> dict[str, float]:
        session.send("HeapProfiler.collectGarbage")
        return {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}

    def runs(count: int) -> None:
        page.evaluate(
            """async ([traits, count]) => {
              for (let i = 0; i < count; i++) {
                model.set("live", { ...traits.live, run: `run ${i}`, status: "RUNNING", done: false, statuses: {}, edges: {} });
                await new Promise(requestAnimationFrame);
                model.set("live", { ...structuredClone(traits.live), run: `run ${i}` });
                model.set("visits", structuredClone(traits.visits));
                await new Promise(requestAnimationFrame);
                document.querySelector("[data-fold]").dispatchEvent(new MouseEvent("click", { bubbles: true }));
              }
            }""",
            [traits, count],
        )

    runs(10)
    before = measured()
    runs(50)
    after = measured()
    assert after["JSHeapUsedSize"] < before["JSHeapUsedSize"] * 1.15 + 200_000
    assert after["Nodes"] <= before["Nodes"] * 1.2


def test_a_state_chosen_on_the_timeline_is_brought_into_view(show: Show) -> None:
    page = show(samples.loop(3), width=1208)
    pane = page.locator(".sfn-stage").bounding_box()
    assert pane is not None
    page.get_by_role("button", name="Zoom in (+)").first.click(click_count=6)
    last = state(page, "Ready")
    box = last.bounding_box()
    assert box is not None
    assert box["y"] > pane["y"] + pane["height"]
    page.locator(".tlname", has_text="Ready").click()
    page.wait_for_timeout(400)
    box = last.bounding_box()
    assert box is not None
    assert pane["y"] < box["y"] < pane["y"] + pane["height"] - box["height"]


def test_the_page_and_the_static_picture_draw_the_same_lines(show: Show) -> None:
    traits = samples.shop_failed()
    page = show(traits)
    there = page.locator(".sfn-line").evaluate_all("(all) => all.map((line) => line.getAttribute('d'))")
    graph = traits["machine"]["graph"]
    here = [
        re.sub(r"[MC ]+", " ", line).split() for line in re.findall(r'<path class="e [^>]* d="([^"]+)"', svg(graph))
    ]
    assert sorted(re.sub(r"[MC ]+", " ", line).split() for line in there) == sorted(here)
