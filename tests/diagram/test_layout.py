from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crossings import crossings
from drawn import ORDERS, chain, choices, definition, many_catches, shared_handlers, wide_choice

from sfnbook.diagram.graph import graph
from sfnbook.diagram.layout import LABEL_LINE, LABEL_SIZE, layout
from sfnbook.diagram.text_width import elide, width, wrap
from sfnbook.language import parse

REAL = Path(os.environ.get("SFNBOOK_MACHINES", Path(__file__).parents[3] / "shared" / "machines"))
Rectangle = tuple[float, float, float, float]

WIDE: dict[str, Any] = {
    "StartAt": "P",
    "States": {"P": {"Type": "Parallel", "Branches": [chain(1 + i % 3, f"B{i} ") for i in range(30)], "End": True}},
}
SELF: dict[str, Any] = {
    "StartAt": "C",
    "States": {
        "C": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.again", "BooleanEquals": True, "Next": "C"}],
            "Default": "D",
        },
        "D": {"Type": "Succeed"},
    },
}
LONG: dict[str, Any] = {
    "StartAt": "A" * 80,
    "States": {"A" * 80: {"Type": "Pass", "Next": "漢字 " * 20}, "漢字 " * 20: {"Type": "Pass", "End": True}},
}
OURS = {
    "orders": ORDERS,
    "one": chain(1),
    "row": chain(60),
    "wide": WIDE,
    "self": SELF,
    "long": LONG,
    "catches": many_catches(40),
    "handlers": shared_handlers(7, 3),
    "choice": wide_choice(14),
}


@pytest.fixture(params=["graphviz", "layered"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Lay out with Graphviz, and as where it is missing."""
    if request.param == "layered":
        monkeypatch.setitem(sys.modules, "pygraphviz", None)
    return str(request.param)


@pytest.mark.parametrize("name", OURS)
def test_nothing_overlaps(engine: str, name: str) -> None:
    check(layout(graph(definition(OURS[name]))), lines=engine == "graphviz")


def test_nothing_overlaps_in_real_machines() -> None:
    if not REAL.is_dir():
        pytest.skip(f"the real machines are not here ({REAL.name})")
    for path in sorted(REAL.glob("*.asl.json")):
        parsed = parse(path.read_text())
        assert parsed.definition is not None, path.name
        check(layout(graph(parsed.definition)), lines=True)


@pytest.mark.parametrize("name", OURS)
def test_the_same_definition_gives_the_same_positions(engine: str, name: str) -> None:
    first, second = (json.dumps(layout(graph(definition(OURS[name])))) for _ in range(2))
    assert first == second


def test_many_wires_to_one_state_run_on_a_rail() -> None:
    drawn = layout(graph(definition(many_catches(60))))
    handler = next(node for node in drawn["nodes"] if node["name"] == "Handler")
    ends = [edge["points"][-1] for edge in drawn["edges"] if edge["to"] == handler["id"]]
    assert len(ends) == 60
    assert sum(end == ends[0] for end in ends) > 40
    assert sum("rail" in edge for edge in drawn["edges"]) > 40


def test_handlers_that_several_tasks_share_are_reached_by_trunks() -> None:
    drawn = layout(graph(definition(shared_handlers(6, 3))))
    assert len(crossings(drawn)) <= 6
    assert {edge["rail"] for edge in drawn["edges"] if "rail" in edge} == {"left", "right"}
    check(drawn, lines=True)


@pytest.mark.parametrize(("tasks", "handlers", "most"), [(3, 2, 2), (5, 2, 2), (9, 3, 9), (6, 4, 12), (12, 2, 2)])
def test_few_lines_cross_whatever_the_number_of_handlers(tasks: int, handlers: int, most: int) -> None:
    drawn = layout(graph(definition(shared_handlers(tasks, handlers))))
    assert len(crossings(drawn)) <= most


@pytest.mark.parametrize("count", [8, 12, 30])
def test_the_targets_of_a_large_choice_stand_in_rows(count: int) -> None:
    drawn = layout(graph(definition(wide_choice(count))))
    targets = [node for node in drawn["nodes"] if node["name"].startswith("Handle")]
    rows = {node["y"] for node in targets}
    assert len(rows) > 1
    assert drawn["width"] < count * (targets[0]["w"] + 32)
    check(drawn, lines=True)


def test_lines_of_real_machines_do_not_cross() -> None:
    if not REAL.is_dir():
        pytest.skip(f"the real machines are not here ({REAL.name})")
    drawn = (parse(path.read_text()).definition for path in sorted(REAL.glob("*.asl.json")))
    assert sum(len(crossings(layout(graph(made)))) for made in drawn if made) <= 2


def test_five_hundred_states_are_laid_out() -> None:
    drawn = layout(graph(definition(many_catches(500))))
    assert len(drawn["nodes"]) == 500 + len(("Handler", "Start", "End"))


def test_texts_fit_where_they_are_cut_to() -> None:
    for text in ("W" * 90, "short", "漢字" * 40, "a b " * 30, "👩‍💻" * 30):
        assert width(elide(text, 120, 12), 12) <= 120
        assert all(width(line, 12) <= 120 for line in wrap(text, 120, 12))


# -- what must hold of every layout ------------------------------------------------------------------------------------


def check(drawn: dict[str, Any], *, lines: bool) -> None:
    nodes = {node["id"]: node for node in drawn["nodes"]}
    assert all(n["x"] >= 0 and n["x"] + n["w"] <= drawn["width"] + 0.2 for n in nodes.values())
    assert all(n["y"] >= 0 and n["y"] + n["h"] <= drawn["height"] + 0.2 for n in nodes.values())
    for node in nodes.values():
        for other in nodes.values():
            if node["parent"] == other["parent"] and node["id"] < other["id"]:
                assert not overlap(box(node), box(other)), (node["name"], other["name"])
        if node["parent"]:
            assert any(within(box(node), box(lane)) for lane in nodes[node["parent"]]["lanes"]), node["name"]
    for edge in drawn["edges"]:
        assert len(edge["points"]) % 3 == 1
        boxes = [n for n in nodes.values() if n["kind"] != "container" and n["id"] not in (edge["from"], edge["to"])]
        for node in boxes:
            if edge["label_at"] and lines:
                assert not overlap(label(edge), box(node)), (edge["label"], node["name"])
            assert not any(inside(point, box(node)) for point in curve(edge["points"])), (edge["id"], node["name"])


def box(shape: dict[str, float]) -> Rectangle:
    return shape["x"], shape["y"], shape["x"] + shape["w"], shape["y"] + shape["h"]


def label(edge: dict[str, Any]) -> Rectangle:
    texts = edge["label"].split("\n")
    x, y = edge["label_at"]
    half = LABEL_LINE * len(texts) / 2
    return x, y - half, x + max(width(text, LABEL_SIZE) for text in texts), y + half


def overlap(a: Rectangle, b: Rectangle) -> bool:
    return a[0] < b[2] - 0.2 and b[0] < a[2] - 0.2 and a[1] < b[3] - 0.2 and b[1] < a[3] - 0.2


def within(a: Rectangle, b: Rectangle) -> bool:
    return a[0] >= b[0] and a[1] >= b[1] and a[2] <= b[2] and a[3] <= b[3]


def inside(point: tuple[float, float], b: Rectangle) -> bool:
    return b[0] + 2 < point[0] < b[2] - 2 and b[1] + 2 < point[1] < b[3] - 2


def curve(points: list[list[float]]) -> Iterator[tuple[float, float]]:
    for start in range(0, len(points) - 3, 3):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points[start : start + 4]
        for step in range(9):
            t = step / 8
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3


def test_a_tall_machine_stands_upright() -> None:
    """A row of choices that meet again is as wide at 120 of them as at ten, and its steps stand below each other."""
    few, many = (layout(graph(definition(choices(count)))) for count in (10, 120))
    assert many["width"] <= few["width"]
    first, last = (next(node["x"] for node in many["nodes"] if node["name"] == f"Check {i}") for i in (1, 119))
    assert abs(first - last) < 200
