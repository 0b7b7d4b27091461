"""Children of Map runs as runs of their own: those whose history was kept, and those that a replay finds again."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from sfnbook import InputError, StateMachine
from sfnbook.runs.map_children import worth_showing

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
INNER = {
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Pass",
            "Parameters": {"n.$": "$", "at.$": "$$.Map.Item.Index", "l": [1, 2], "id.$": "$$.Execution.Name"},
            "Next": "Work",
        },
        "Work": {"Type": "Task", "Resource": FUNCTION + "work", "ResultPath": "$.r", "Next": "Each"},
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.l",
            "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}},
            "End": True,
        },
    },
}


def spread(**fields: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    state = {"Type": "Map", "ItemProcessor": {"ProcessorConfig": config, **INNER}, "ResultPath": None, "End": True}
    return {"StartAt": "All / of them", "States": {"All / of them": {**state, **fields}}}


class Work:
    def __init__(self, *bad: int) -> None:
        self.bad = list(bad)
        self.calls = 0

    def __call__(self, event: Any) -> Any:
        self.calls += 1
        print("working on", event["n"])
        if event["n"] in self.bad:
            self.bad.remove(event["n"])
            raise ValueError(str(event["n"]))
        return event["n"] * 2


def ran(items: int, work: Work, **fields: Any) -> Any:
    machine = StateMachine(spread(**fields), name="m")
    machine.bind("Work", work)
    return machine.run(list(range(items)))


def test_a_child_is_a_run_with_visits_stages_logs_and_lineage() -> None:
    run = ran(3, Work())
    child = run.child("All / of them", 1)
    assert (child.status, child.input, child.output) == ("SUCCEEDED", 1, [1, 2])
    assert [(v.name, v.where, v.status) for v in child.visits] == [
        ("Look", "", "succeeded"),
        ("Work", "", "succeeded"),
        ("Each", "", "succeeded"),
        ("P", "Each › item 0", "succeeded"),
        ("P", "Each › item 1", "succeeded"),
    ]
    assert child.visits[1].attempts[0].logs == "working on 1\n"
    [made] = [stage for stage in child.stages(child.visits[0]) if stage.name == "afterParameters"]
    assert made.value == {"n": 1, "at": 1, "l": [1, 2], "id": child.name}
    assert [told.how for told in child.lineage("Work", "$.n").hops][-1] == "origin"
    wire = child.describe()
    assert wire["executionArn"] == child.arn
    assert wire["mapRunArn"] == run.map_runs()[0]["mapRunArn"]
    assert wire["stateMachineArn"].startswith(run.machine.arn + "/")


def test_a_child_that_was_not_kept_is_found_again_and_nobody_is_called() -> None:
    work = Work(207)
    run = ran(300, work, ToleratedFailureCount=3)
    assert len(run._execution.map_runs[0].children) == 101
    again = run.child("All / of them", 250)
    assert (again.input, again.status, len(again.visits), work.calls) == (250, "SUCCEEDED", 5, 300)
    assert again.visits[1].attempts[0].logs == "working on 250\n"
    assert again.visits[1].output["r"] == 500
    failed = run.child("All / of them", 207)
    assert (failed.status, failed.error, failed.visits[-1].status) == ("FAILED", "ValueError", "failed")


def test_what_is_found_again_is_what_was_there() -> None:
    run = ran(5, Work())
    kept = dict(run._execution.map_runs[0].children)
    run._execution.map_runs[0].children.clear()
    assert [run.child(0, number)._child for number in range(5)] == [kept[number] for number in range(5)]


def test_a_redriven_child_that_was_not_kept_has_both_its_attempts() -> None:
    work = Work(*range(120))
    run = ran(120, work, ToleratedFailureCount=120, MaxConcurrency=1)
    assert (run.status, run.map_figures()) == (
        "SUCCEEDED",
        {"/States/All ~1 of them": {"done": 0, "failed": 120, "running": 0, "total": 120, "tolerated": 120}},
    )
    strict = ran(120, Work(*range(119)), ToleratedFailureCount=118, MaxConcurrency=1)
    assert strict.status == "FAILED"
    strict.redrive()
    figures = {"done": 120, "failed": 0, "running": 0, "total": 120, "tolerated": 118}
    assert strict.map_figures() == {"/States/All ~1 of them": figures}
    child = strict.child("All / of them", 110)
    assert [event.type for event in child.events].count("ExecutionRedriven") == 1
    assert [(a.status, a.logs) for a in child.visits[1].attempts] == [
        ("failed", "working on 110\n"),
        ("succeeded", "working on 110\n"),
    ]
    assert child.describe()["redriveCount"] == 1
    assert child.context(child.visits[-1])["Execution"]["RedriveCount"] == 1


def test_a_redriven_map_is_a_second_attempt_of_its_visit() -> None:
    run = ran(3, Work(1), MaxConcurrency=1)
    run.redrive()
    [visit] = run.visits
    assert (visit.status, [attempt.status for attempt in visit.attempts]) == ("succeeded", ["failed", "succeeded"])


def test_those_worth_showing_are_the_unsuccessful_and_the_first() -> None:
    run = ran(60, Work(30, 41), ToleratedFailureCount=3)
    found = worth_showing(run._execution.map_runs[0], 5)
    assert [child.number for child in found] == [0, 1, 2, 30, 41]


def test_what_there_is_not() -> None:
    run = ran(3, Work(0), MaxConcurrency=1)
    with pytest.raises(InputError, match="Child 2 of All / of them never began; the Map run has 3 items"):
        run.child("All / of them", 2)
    with pytest.raises(InputError, match="has no Map run of Elsewhere"):
        run.child("Elsewhere", 0)


def test_a_map_run_inside_a_child_has_children_too() -> None:
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    inner = {"StartAt": "In", "States": {"In": {"Type": "Map", "ItemProcessor": {**config, **INNER}, "End": True}}}
    outer = {"StartAt": "Out", "States": {"Out": {"Type": "Map", "ItemProcessor": {**config, **inner}, "End": True}}}
    machine = StateMachine(outer, name="m")
    machine.bind("Work", Work())
    run = machine.run([[1, 2], [3]])
    assert run.child("In", 0).input == 3
    assert run.child("Out", 0).input == [1, 2]
    assert [v.name for v in run.child("Out", 0).visits] == ["In"]


def test_a_child_can_be_seen_as_it_was_at_each_of_its_events() -> None:
    run = ran(130, Work(3), ToleratedFailureCount=1)
    for number in (3, 125):
        child = run.child("All / of them", number)
        for event in range(2, len(child.events) + 1):
            moment = child.at(event)
            assert moment.events == child.events[: len(moment.events)]
            assert len(moment.events) < event
            assert all(line.frame == () or line.frame[0][0] < event for line in moment.lines)
    moment = run.child("All / of them", 125).at("Work")
    assert moment.line is not None
    assert (moment.line.name, moment.line.data["n"], len(moment.visits)) == ("Work", 125, 1)
    assert [v.name for v in run.child("All / of them", 125).at(1).visits] == []


def test_a_run_can_go_on_from_inside_a_child() -> None:
    work = Work(2)
    run = ran(4, work, MaxConcurrency=1)
    assert (run.status, work.calls) == ("FAILED", 3)
    before = run.events
    other = run.child("All / of them", 2).fork("Work", answer=7)
    assert (other.status, work.calls, run.events) == ("SUCCEEDED", 4, before)
    assert other.child("All / of them", 2).visits[1].output["r"] == 7
    assert [again.times for again in other.begun.again] == []
    first = run.child("All / of them", 0).fork("Work", input={"n": 50, "l": []})
    assert first.child("All / of them", 0).visits[1].output == {"n": 50, "l": [], "r": 100}
    assert [(again.name, again.times) for again in first.begun.again] == [("Work", 3)]
    with pytest.raises(InputError, match=r"In child 1 of the Map run: .* inside a Parallel or Map"):
        run.child("All / of them", 0).fork("Work", definition=spread(MaxConcurrency=2))
    with pytest.raises(InputError, match="was never in Nowhere"):
        run.child("All / of them", 0).fork("Nowhere")


def changed(name: str, **fields: Any) -> dict[str, Any]:
    """The machine with one of the states inside the Map changed."""
    found = copy.deepcopy(spread(MaxConcurrency=1))
    found["States"]["All / of them"]["ItemProcessor"]["States"][name].update(fields)
    return found


def test_a_child_goes_on_with_a_definition_that_changed_after_that_point() -> None:
    work = Work(2)
    machine = StateMachine(changed("Each"), name="m")
    machine.bind("Work", work)
    run = machine.run(list(range(4)))
    assert run.status == "FAILED"
    caught = {"Catch": [{"ErrorEquals": ["ValueError"], "ResultPath": "$.e", "Next": "Each"}]}
    other = run.child("All / of them", 2).fork("Work", definition=changed("Work", **caught))
    assert (other.status, other.begun.misfits, work.calls) == ("SUCCEEDED", (), 5)  # it works now, nothing is caught
    work.bad.append(2)
    again = run.child("All / of them", 2).fork("Work", definition=changed("Work", **caught))
    assert (again.status, again.child("All / of them", 2).visits[1].status) == ("SUCCEEDED", "caught")
    assert [visit.name for visit in again.child("All / of them", 0).visits][:2] == ["Look", "Work"]


def test_a_definition_that_did_something_else_before_that_point_is_refused_in_words() -> None:
    machine = StateMachine(changed("Each"), name="m")
    machine.bind("Work", Work(2))
    run = machine.run(list(range(4)))
    child = run.child("All / of them", 2)
    with pytest.raises(InputError, match=r"In child 0 of the Map run: .*PassStateExited Look with other data"):
        child.fork("Work", definition=changed("Look", Parameters={"n.$": "$", "l": [1]}))
    with pytest.raises(InputError, match="Go on from the state around it"):
        child.fork("Work", definition=changed("Look", Parameters={"n.$": "$", "l": [1]}))


def test_a_definition_that_changed_what_a_forgotten_child_came_to_is_refused() -> None:
    def definition(**fields: Any) -> dict[str, Any]:
        steps = {
            "Look": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 120, "Next": "Odd"}]},
            "Odd": {"Type": "Pass", "End": True},
            "Keep": {"Type": "Pass", "End": True},
        }
        steps["Look"]["Default"] = "Keep"
        steps["Odd"].update(fields)
        config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        processor = {"ProcessorConfig": config, "StartAt": "Look", "States": steps}
        state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}
        return {"StartAt": "M", "States": {"M": state}}

    run = StateMachine(definition(), name="m").run(list(range(130)))
    child = run.child("M", 125)
    with pytest.raises(InputError, match="something else in other children"):
        child.fork("Keep", definition=definition(Result="changed"))
    assert run.child("M", 110).fork("Keep", definition=definition(Result="changed")).output[120] == "changed"


def test_a_child_names_the_calls_that_going_on_from_it_repeats() -> None:
    run = ran(4, Work(), MaxConcurrency=1)
    assert [(again.name, again.times) for again in run.child("All / of them", 2).again("Work")] == [("Work", 2)]


def test_a_fork_before_a_map_run_names_the_calls_of_its_children() -> None:
    definition = spread()
    states = {"First": {"Type": "Pass", "Next": "All / of them"}, **definition["States"]}
    machine = StateMachine({"StartAt": "First", "States": states}, name="m")
    machine.bind("Work", Work())
    run = machine.run([1, 2, 3])
    assert [(again.name, again.times) for again in run.again("First")] == [("Work", 3)]
