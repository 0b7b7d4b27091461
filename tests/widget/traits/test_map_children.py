"""A Map run's children on the page: counts, statuses and edges inside the Map, visits as of iterations, one asked for."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.widget.traits.map_children import SPAN
from sfnbook.widget.traits.recorder import Recorder

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
M = "/States/M"
T = "/States/M/ItemProcessor/States/T"
P = "/States/M/ItemProcessor/States/P"
SPREAD = {
    "StartAt": "Before",
    "States": {
        "Before": {"Type": "Pass", "Next": "M"},
        "M": {
            "Type": "Map",
            "ToleratedFailureCount": 1,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "T",
                "States": {
                    "T": {"Type": "Task", "Resource": FUNCTION + "f", "Next": "P"},
                    "P": {"Type": "Pass", "Parameters": {"n.$": "$.n"}, "End": True},
                },
            },
            "End": True,
        },
    },
}


def f(event: Any) -> Any:
    if event == 150:
        raise ValueError("no")
    return {"n": event * 10}


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    machine = StateMachine(SPREAD, name="m")
    machine.bind("T", f)
    return Recorder(machine, machine.run(list(range(200))))


def test_the_map_tells_its_figures_and_the_states_inside_how_they_stand(recorder: Recorder) -> None:
    live = recorder.live()
    assert {k: v for k, v in live["statuses"][M].items() if k != "status"} == {
        "visits": 1,
        "done": 199,
        "failed": 1,
        "running": 0,
        "total": 200,
        "tolerated": 1,
        "loaded": 24,
    }
    assert live["statuses"][T] == {
        "status": "failed",
        "visits": 101,
        "note": "in 101 of 200 items: 100 succeeded, 1 failed",
    }
    assert live["statuses"][P] == {
        "status": "succeeded",
        "visits": 100,
        "note": "in 101 of 200 items: 100 succeeded",
    }
    assert live["visits_total"] == 2 + 24 + 23
    assert live["edges"][f"{T} -> {P}"] == 100


def test_a_small_map_counts_what_the_run_did_not_what_travelled() -> None:
    state = {**SPREAD["States"]["M"], "ToleratedFailureCount": 5}
    machine = StateMachine({"StartAt": "M", "States": {"M": state}}, name="m")

    def three(event: Any) -> Any:
        if event in (3, 7, 40):
            raise ValueError("no")
        return {"n": event}

    machine.bind("T", three)
    live = Recorder(machine, machine.run(list(range(50)))).live()["statuses"]
    assert (live[T]["note"], live[T]["visits"]) == ("47 succeeded, 3 failed of 50", 50)
    assert (live[P]["note"], live[P]["visits"]) == ("47 succeeded of 50", 47)


def test_visits_of_children_are_those_of_iterations_with_ids_of_their_own(recorder: Recorder) -> None:
    visits = recorder.visits()
    assert len({visit["id"] for visit in visits}) == len(visits)
    inner = [visit for visit in visits if visit["frame"]]
    assert len({visit["frame"] for visit in inner}) == 24
    [bad] = [visit for visit in inner if visit["status"] == "failed"]
    assert (bad["where"], bad["name"], bad["error"]) == ("M › item 150", "T", "ValueError")
    assert bad["start_ms"] >= visits[1]["start_ms"]
    assert recorder.reply({"kind": "value", "id": 1, "visit": bad["id"], "stage": "input"}) == {
        "kind": "value",
        "id": 1,
        "text": "150",
    }


def test_any_other_child_can_be_asked_for(recorder: Recorder) -> None:
    answer = recorder.reply({"kind": "child", "id": 7, "address": M, "number": 120})
    assert answer is not None
    assert [(v["name"], v["where"], v["frame"]) for v in answer["visits"]] == [
        ("T", "M › item 120", answer["frame"]),
        ("P", "M › item 120", answer["frame"]),
    ]
    last = answer["visits"][-1]
    assert last["output"]["text"] == '{"n":1200}'
    asked = {"id": 8, "visit": last["id"], "stage": "output"}
    fresh = Recorder(recorder.run.machine, recorder.run)  # type: ignore[attr-defined]  # as the endpoint's page does
    assert fresh.reply({"kind": "value", **asked}) == {"kind": "value", "id": 8, "text": '{"n":1200}'}
    traced = fresh.reply({"kind": "lineage", "path": ["n"], **asked})
    assert traced is not None
    assert {hop["where"] for hop in traced["lineage"]["hops"]} == {"M › item 120"}
    assert traced["lineage"]["hops"][-1]["visit"] == answer["visits"][0]["id"]


def test_what_is_not_to_be_had_is_said(recorder: Recorder) -> None:
    answer = recorder.reply({"kind": "child", "id": 1, "address": M, "number": 200})
    assert answer is not None
    assert answer["problem"] == "Child 200 of /States/M never began; the Map run has 200 items."
    assert recorder.reply({"kind": "value", "id": 1, "visit": 300 * SPAN + 2, "stage": "input"}) == {
        "kind": "value",
        "id": 1,
        "text": None,
    }


def test_a_redriven_map_shows_its_counts_again() -> None:
    works: list[bool] = []

    def shaky(event: Any) -> Any:
        if event == 2 and not works:
            raise ValueError("not yet")
        return {"n": event}

    machine = StateMachine(
        SPREAD | {"States": SPREAD["States"] | {"M": {**_map(), "ToleratedFailureCount": 0}}}, name="m"
    )
    machine.bind("T", shaky)
    run = machine.run([1, 2, 3])
    recorder = Recorder(machine, run)
    status = recorder.live()["statuses"][M]
    assert (status["status"], status["failed"], status["total"]) == ("failed", 1, 3)
    works.append(True)
    run.redrive()
    live = recorder.live()
    assert (live["statuses"][M]["status"], live["statuses"][M]["done"], live["statuses"][M]["failed"]) == (
        "succeeded",
        3,
        0,
    )
    assert live["statuses"][T]["status"] == "succeeded"
    [again] = [v for v in recorder.visits() if v["name"] == "T" and v["where"] == "M › item 1"]
    assert [attempt["status"] for attempt in again["attempts"]] == ["failed", "succeeded"]


def _map() -> dict[str, Any]:
    states: Any = SPREAD["States"]
    return dict(states["M"])


def test_batches_are_called_so_with_the_items_they_have() -> None:
    batcher = {"ItemBatcher": {"MaxItemsPerBatch": 10}, "ItemProcessor": _map()["ItemProcessor"]}
    state = {**_map(), **batcher, "ToleratedFailurePercentage": 100}
    machine = StateMachine(SPREAD | {"States": SPREAD["States"] | {"M": state}}, name="m")
    machine.bind("T", lambda event: {"n": len(event["Items"])})
    recorder = Recorder(machine, machine.run(list(range(995))))
    live = recorder.live()
    counts = {name: live["statuses"][M].get(name) for name in ("done", "total", "loaded", "batches")}
    assert counts == {"done": 995, "total": 995, "loaded": 24, "batches": 100}
    assert live["statuses"][T]["note"] == "100 succeeded"
    inner = [visit for visit in recorder.visits() if visit["frame"] and visit["name"] == "T"]
    assert [(visit["where"], visit["batch"]) for visit in inner[:2]] == [
        ("M › batch 0", [0, 0, 9]),
        ("M › batch 1", [0, 10, 19]),
    ]
    answer = recorder.reply({"kind": "child", "id": 1, "address": M, "number": 99})
    assert answer is not None
    assert [(v["where"], v["batch"]) for v in answer["visits"]] == [("M › batch 99", [0, 990, 994])] * 2
    assert "batch" not in recorder.visits()[0]
