"""The static twin: the same run gives the same text, and nothing in it is executed."""

from __future__ import annotations

import base64
import re
import threading
from typing import Any

import pytest

import sfnbook
from sfnbook.widget.static_html import STEPS, TEXT, machine_twin, ordered, run_twin

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"


def task(name: str) -> dict[str, Any]:
    return {"StartAt": name, "States": {name: {"Type": "Task", "Resource": FUNCTION + name, "End": True}}}


PARALLEL = {
    "StartAt": "Both",
    "States": {
        "Both": {"Type": "Parallel", "Branches": [task("left"), task("right")], "Next": "Done"},
        "Done": {"Type": "Succeed"},
    },
}


def run_with_winner(winner: str) -> sfnbook.Run:
    """Run both branches at once and let one of them be first."""
    first = threading.Event()

    def function(event: Any, context: Any) -> str:
        if context.function_name == winner:
            first.set()
        else:
            assert first.wait(60)
        return str(context.function_name)

    return sfnbook.StateMachine(PARALLEL, name="both").bind("*", function).run()


def test_branches_stand_in_the_order_of_the_definition() -> None:
    twins = [run_twin(run_with_winner(winner)) for winner in ("left", "right")]
    assert twins[0] == twins[1]
    assert re.findall(r"<summary>(.*?)</summary>", twins[0]) == [
        "input and output",
        "✓ Both: Parallel succeeded",
        "✓ left (Both › branch 1): Task succeeded",
        "✓ right (Both › branch 2): Task succeeded",
        "✓ Done: Succeed succeeded",
    ]


def test_iterations_stand_below_the_visit_that_holds_them() -> None:
    machine = sfnbook.StateMachine(
        {
            "StartAt": "Outer",
            "States": {
                "Outer": {
                    "Type": "Map",
                    "ItemProcessor": {
                        "StartAt": "Inner",
                        "States": {
                            "Inner": {
                                "Type": "Map",
                                "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}},
                                "End": True,
                            }
                        },
                    },
                    "End": True,
                }
            },
        },
        name="nested",
    )
    visits = ordered(machine.run([[1, 2], [3]]).visits)
    assert [visit.name for visit in visits] == ["Outer", "Inner", "P", "P", "Inner", "P"]
    assert [visit.output for visit in visits if visit.name == "P"] == [1, 2, 3]


def test_a_failed_run_shows_the_users_lines_without_places() -> None:
    def left(event: Any) -> None:
        raise KeyError("<b>gone</b>")

    run = sfnbook.StateMachine(task("left"), name="fails").bind("left", left).run()
    twin = run_twin(run)
    assert "<b>fails</b> FAILED: KeyError" in twin
    assert "raise KeyError(&quot;&lt;b&gt;gone&lt;/b&gt;&quot;)" in twin
    assert "output: " not in twin


def test_what_users_write_is_shown_as_text() -> None:
    name = "<script>alert(1)</script> \u202e\"&'"
    machine = sfnbook.StateMachine({"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}}, name="hostile")
    twin = run_twin(machine.run({"<img src=x onerror=alert(1)>": name}))
    assert "<script" not in twin
    assert "<img src=x" not in twin
    assert "&lt;script&gt;" in twin
    pictures = re.findall(r"base64,([^\"]*)", twin)
    assert len(pictures) == 1
    assert "<script" not in base64.b64decode(pictures[0]).decode()


def test_long_values_and_long_runs_are_cut() -> None:
    item = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    machine = sfnbook.StateMachine(
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": item, "End": True}}}, name="long"
    )
    twin = run_twin(machine.run(["x" * 10_000, *range(STEPS + 10)]))
    assert "x" * TEXT not in twin
    assert "… and 12 more steps" in twin


@pytest.mark.parametrize("bound", [True, False])
def test_a_machine_is_its_picture(bound: bool) -> None:
    machine = sfnbook.StateMachine(task("left"), name="one")
    if bound:
        machine.bind("left", lambda event: event)
    twin = machine_twin(machine)
    assert twin.startswith('<div class="sfnbook-static">')
    assert "left" in base64.b64decode(re.findall(r"base64,([^\"]*)", twin)[0]).decode()
