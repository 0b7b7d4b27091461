"""Statuses, notes and edges, counted as a run goes on."""

from __future__ import annotations

from typing import Any

from sfnbook import StateMachine, TaskError
from sfnbook.widget.traits.state_summary import StateCounts


def run(definition: dict[str, Any], input: Any = None, **functions: Any) -> tuple[StateCounts, Any]:
    machine = StateMachine(definition, name="m", namespace=functions)
    done = machine.run(input)
    counts = StateCounts(machine.definition)
    counts.read(done.visits, done.events)
    return counts, done


def refuse(event: Any) -> Any:
    raise TaskError("Refused", "no")


def task(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:aws:lambda:eu-west-1:1:function:{name}",
        **({} if "Next" in fields else {"End": True}),
        **fields,
    }


def test_a_failing_branch_and_the_one_it_stopped() -> None:
    branches = [
        {"StartAt": "A", "States": {"A": task("refuse")}},
        {"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 9, "End": True}}},
    ]
    counts, _ = run(
        {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}}, refuse=refuse
    )
    statuses = counts.statuses()
    assert statuses["/States/P"] == {"status": "failed", "visits": 1, "note": "failed by “A”"}
    assert statuses["/States/P/Branches/0/States/A"]["note"] == "Refused"
    assert statuses["/States/P/Branches/1/States/B"]["status"] == "aborted"


def test_a_catch_takes_its_own_edge() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]
    counts, _ = run(
        {"StartAt": "A", "States": {"A": task("refuse", Catch=catch), "Sorry": {"Type": "Succeed"}}}, refuse=refuse
    )
    assert counts.statuses()["/States/A"] == {"status": "caught", "visits": 1, "note": "Refused"}
    assert counts.edges["/States/A !> /States/Sorry"] == 1


def test_a_map_counts_its_iterations() -> None:
    item = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    counts, _ = run({"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": item, "End": True}}}, [1, 2, 3])
    status = counts.statuses()["/States/M"]
    assert (status["done"], status["failed"], status["running"], status["total"]) == (3, 0, 0, 3)


def test_a_state_that_the_next_item_enters_is_running_between_two_items() -> None:
    """Amber, blue, amber at each item: a state with work ahead of it is blue until its Map has no item left."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]
    states = {"A": task("refuse", Catch=catch), "Sorry": {"Type": "Pass", "End": True}}
    item = {"StartAt": "A", "States": states}
    fields = {"MaxConcurrency": 1, "ItemProcessor": item, "End": True}
    machine = StateMachine({"StartAt": "M", "States": {"M": {"Type": "Map", **fields}}}, name="m")
    seen: list[tuple[str, str]] = []
    counts = StateCounts(machine.definition)

    def look(run: Any) -> None:
        counts.read(run.visits, run._raw_events)
        found = counts.statuses()
        inner = "/States/M/ItemProcessor/States/"
        if inner + "A" in found and inner + "Sorry" in found:
            seen.append((found[inner + "A"]["status"], found[inner + "Sorry"]["status"]))

    machine.run([1, 2, 3], bind={"refuse": refuse}, listener=look)
    firsts = [first for first, _ in seen]
    assert firsts == sorted(firsts, reverse=True)
    assert firsts[-1] == "caught"
    assert ("running", "succeeded") in seen


def test_reading_step_by_step_counts_the_same() -> None:
    codes = iter([0, 0, 1])
    choose = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "End"}], "Default": "A"}
    definition = {"StartAt": "A", "States": {"A": task("step", Next="C"), "C": choose, "End": {"Type": "Succeed"}}}
    machine = StateMachine(definition, name="m", namespace={"step": lambda event: next(codes)})
    counts = StateCounts(machine.definition)
    done = machine.run(listener=lambda run: counts.read(run.visits, run.events))
    whole = StateCounts(machine.definition)
    whole.read(done.visits, done.events)
    counts.read(done.visits, done.events)
    assert counts.statuses() == whole.statuses()
    assert counts.edges == whole.edges
    assert whole.edges["/States/C -> /States/A"] == 2


def test_retries_leave_a_mark() -> None:
    calls: list[int] = []

    def second(event: Any) -> Any:
        calls.append(1)
        if len(calls) < 2:
            raise ValueError("no")
        return event

    counts, _ = run(
        {"StartAt": "A", "States": {"A": task("second", Retry=[{"ErrorEquals": ["States.ALL"]}])}}, second=second
    )
    assert counts.statuses()["/States/A"] == {"status": "succeeded", "visits": 1, "retries": 1}
