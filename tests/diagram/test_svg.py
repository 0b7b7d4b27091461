from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from drawn import ORDERS, definition

from sfnbook.diagram.graph import edge_id, graph
from sfnbook.diagram.layout import layout
from sfnbook.diagram.svg import MARKS, edge_counts, svg

HOSTILE = [
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "]]>&amp;",
    "\u202eRTL\u202c",
    "\x00\x07\ud800",
    "👩‍💻 漢字",
]
STATUSES: dict[str, Any] = {
    "/States/Check": {"status": "succeeded", "visits": 3, "edges_out": {"/States/Again": 2, "/States/Both": 1}},
    "/States/Again": {"status": "succeeded", "visits": 2, "edges_out": {"/States/Check": 2}},
    "/States/Both": {"status": "caught", "note": "failed by “Left”", "edges_out": {"/States/Done": 1}},
    "/States/Both/Branches/0/States/Left": {"status": "failed"},
    "/States/Both/Branches/1/States/Each": {"status": "aborted", "done": 1, "failed": 1, "total": 3},
    "/States/Done": {"status": "running"},
}


@pytest.fixture(scope="module")
def picture_of_orders() -> dict[str, Any]:
    return layout(graph(definition(ORDERS)))


def hostile(name: str) -> dict[str, Any]:
    """Return a laid-out graph with a name that no parser would let through."""
    node = {
        "kind": "state",
        "type": "Task",
        "name": name,
        "detail": name,
        "x": 0,
        "y": 0,
        "w": 144,
        "h": 48,
        "parent": None,
    }
    box = {**node, "kind": "container", "id": "b", "y": 60, "h": 90, "lanes": [{"x": 8, "y": 100, "w": 120, "h": 40}]}
    points = [[0, 0], [1, 1], [2, 2], [3, 3]]
    edge = {
        "id": "e",
        "from": "n",
        "to": "b",
        "kind": "choice",
        "label": name,
        "title": name,
        "points": points,
        "label_at": [9, 9],
    }
    return {"width": 200, "height": 200, "nodes": [{**node, "id": "n", "lanes": []}, box], "edges": [edge]}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_stay_texts(name: str) -> None:
    notes = {key: {"status": "failed", "note": name, "visits": 2} for key in ("n", "b")}
    root = ElementTree.fromstring(svg(hostile(name), notes, title=name).encode())
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "style", "defs", "marker", "path", "rect", "g", "text", "tspan", "circle"}
    assert not any(key.startswith("on") for element in root.iter() for key in element.attrib)


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_same_input_gives_the_same_bytes(picture_of_orders: dict[str, Any], theme: Any) -> None:
    assert svg(picture_of_orders, STATUSES, theme) == svg(picture_of_orders, dict(STATUSES), theme)


def test_auto_follows_the_reader(picture_of_orders: dict[str, Any]) -> None:
    assert "prefers-color-scheme:dark" in svg(picture_of_orders, theme="auto")
    assert "prefers-color-scheme" not in svg(picture_of_orders, theme="light")


def test_a_status_has_a_mark_beside_its_colour(picture_of_orders: dict[str, Any]) -> None:
    picture = svg(picture_of_orders, STATUSES)
    for short in ("ok", "caught", "bad", "gone", "run"):
        assert MARKS[short] in picture
    assert not any(mark in svg(picture_of_orders) for mark in MARKS.values())


def test_the_path_taken_is_known_from_the_statuses(picture_of_orders: dict[str, Any]) -> None:
    counts = edge_counts(picture_of_orders, STATUSES)
    assert counts == {
        edge_id("<start>", "/States/Check"): 1,
        edge_id("/States/Check", "/States/Again"): 2,
        edge_id("/States/Check", "/States/Both"): 1,
        edge_id("/States/Again", "/States/Check"): 2,
        edge_id("/States/Both", "/States/Done", caught=True): 1,
    }


def test_counters_and_unbound_tasks_are_shown(picture_of_orders: dict[str, Any]) -> None:
    left = "/States/Both/Branches/0/States/Left"
    nobody = {**STATUSES, left: {"status": "failed", "note": "Lambda.ResourceNotFoundException"}}
    picture = svg(picture_of_orders, nobody, unbound=[left])
    assert "1 of 3 done · 1 failed" in picture
    assert picture.count('class="unbound"') == 1
    assert 'class="unbound"' in svg(picture_of_orders, {}, unbound=[left])
    assert 'class="unbound"' not in svg(picture_of_orders, STATUSES, unbound=[left])  # something answered it


def test_how_items_stand_is_shortened_to_its_box(picture_of_orders: dict[str, Any]) -> None:
    note = "12 succeeded, 3 failed of 15"
    inner = next(node["id"] for node in picture_of_orders["nodes"] if node["name"] == "Item 0")
    picture = svg(picture_of_orders, {inner: {"status": "failed", "note": note}})
    assert ">12 ✓ 3 ✕ of 15<" in picture
    assert f"\n{note}</title>" in picture


def test_an_edge_taken_often_says_how_often(picture_of_orders: dict[str, Any]) -> None:
    edges = {edge_id("/States/Again", "/States/Check"): 12, edge_id("/States/Check", "/States/Both"): 3}
    picture = svg(picture_of_orders, edges=edges)
    assert picture.count('class="x"') == 2
    assert "×12<" in picture
