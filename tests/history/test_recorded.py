"""Histories from elsewhere: their places found again, shown as a run is, gone on with from any point."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from test_journal import VALUES, nested

from sfnbook import InputError, StateMachine, TaskError
from sfnbook.history.aws import read_events
from sfnbook.history.recorded import agreement, placed, read_history, recorded_journal
from sfnbook.recorded_run import replay
from sfnbook.text.run_text import run_text

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
SHOP = {
    "StartAt": "Decide",
    "States": {
        "Decide": {"Type": "Task", "Resource": FUNCTION + "decide", "ResultPath": "$.decision", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 240, "Next": "Ship"},
        "Ship": {"Type": "Task", "Resource": FUNCTION + "ship", "End": True},
    },
}


def failing(event: Any) -> Any:
    raise TaskError("E", "cause")


def shop() -> StateMachine:
    return StateMachine(SHOP, name="shop", namespace={"decide": lambda event: 1, "ship": lambda event: event})


@settings(max_examples=60, deadline=None)
@given(nested(), VALUES)
def test_the_places_of_a_history_are_found_again(definition: dict[str, Any], value: Any) -> None:
    machine = (
        StateMachine(definition, name="m").bind("f", lambda event: {"a": 1, "c": [1, {"a": 2}]}).bind("g", failing)
    )
    run = machine.run({"a": value, "b": 1, "c": [1, 2]})
    found = placed(read_events(run.history()), machine.definition)
    assert [(e.id, e.previous, e.type, e.address, e.frame) for e in found] == [
        (e.id, e.previous, e.type, e.address, e.frame) for e in run.events
    ]
    assert [e.detail for e in found] == [{k: v for k, v in e.detail.items() if k != "item"} for e in run.events]


@settings(max_examples=30, deadline=None)
@given(nested(), VALUES)
def test_a_history_without_its_machine_can_be_looked_at(definition: dict[str, Any], value: Any) -> None:
    machine = (
        StateMachine(definition, name="m").bind("f", lambda event: {"a": 1, "c": [1, {"a": 2}]}).bind("g", failing)
    )
    run = machine.run({"a": value, "b": 1, "c": [1, 2]})
    seen = replay(run.history())
    assert [(v.name, v.status, v.where) for v in seen.visits] == [(v.name, v.status, v.where) for v in run.visits]


def test_a_recorded_run_is_read_as_a_run_is() -> None:
    machine = shop()
    run = machine.run({"n": 1})
    seen = replay(run.history(), machine, name=run.name)
    assert run_text(seen) == run_text(run) == str(seen)
    assert (seen.status, seen.output, seen.transitions, seen.done) == (run.status, run.output, run.transitions, True)
    assert seen.history() == run.history()
    same = ("status", "input", "output", "name", "startDate", "stopDate")
    assert {k: seen.describe()[k] for k in same} == {k: run.describe()[k] for k in same}
    assert [(s.name, s.value) for s in seen.stages(seen.visits[0])] == [
        (s.name, s.value) for s in run.stages(run.visits[0])
    ]


def test_going_on_reuses_recorded_results_up_to_that_point() -> None:
    calls: list[str] = []

    def called(name: str, value: Any) -> Any:
        calls.append(name)
        return value

    history = shop().run({"n": 1}).history()
    names = {"decide": lambda event: called("decide", 2), "ship": lambda event: called("ship", ["again", event])}
    seen = replay(history, StateMachine(SHOP, name="shop", namespace=names))
    assert seen.again("Ship") == ()
    assert [a.name for a in seen.again("Ship", recorded=False)] == ["Ship"]
    assert (seen.fork("Ship").succeeded, calls) == (True, [])
    other = seen.fork("Ship", recorded=False)
    assert (other.output, calls) == (["again", {"n": 1, "decision": 1}], ["ship"])
    assert round(other.seconds) == 240
    assert seen.fork("Decide", answer=9, recorded=False).output == ["again", {"n": 1, "decision": 9}]
    moment = seen.at("Ship")
    assert moment.line is not None
    assert (moment.line.data, [v.name for v in moment.visits]) == ({"n": 1, "decision": 1}, ["Decide", "Wait"])


def test_a_fork_of_a_fork_uses_the_recorded_answers_again() -> None:
    calls: list[str] = []
    names = {"decide": lambda event: calls.append("decide"), "ship": lambda event: calls.append("ship")}
    machine = StateMachine(SHOP, name="shop", namespace=names)
    recorded = replay(shop().run({"n": 1}).history(), machine)
    first = recorded.fork("Decide")
    for name in ("Decide", "Ship", "Decide"):
        assert first.again(name) == ()
        assert first.fork(name).output == recorded.output
        first = first.fork(name)
    assert calls == []
    assert [one.name for one in first.again("Decide", recorded=False)] == ["Decide", "Ship"]
    first.fork("Ship", recorded=False)
    assert calls == ["ship"]
    assert first.fork("Decide", answer=9).output == recorded.output
    assert first.fork("Decide", bind={"Ship": lambda event: "bound"}).output == "bound"
    assert calls == ["ship"]


def test_a_machine_that_does_something_else_before_begins_at_the_state() -> None:
    history = shop().run({"n": 1}).history()
    other = {**SHOP, "StartAt": "First", "States": {**SHOP["States"], "First": {"Type": "Pass", "Next": "Decide"}}}  # type: ignore[dict-item]
    machine = StateMachine(other, name="shop", namespace={"ship": lambda event: "here", "decide": lambda event: 3})
    run = replay(history, machine).fork("Ship", recorded=False)
    assert (run.output, [v.name for v in run.visits]) == ("here", ["Ship"])
    assert run.begun is not None
    assert "from event 2 on (TaskStateEntered)" in run.begun.misfits[0]


def test_it_comes_from_a_file_a_text_pages_or_boto3(tmp_path: Path) -> None:
    history = shop().run({"n": 1}).history()
    text = json.dumps({"events": history}, default=lambda moment: moment.isoformat())
    file = tmp_path / "history.json"
    file.write_text(text)
    backwards = list(reversed(history))
    pages = [{"events": history[:4]}, {"events": history[4:]}]
    events = read_history(history)
    for given_as in (file, text, {"events": history}, backwards, pages):
        assert [e._replace(at=0) for e in read_history(given_as)] == [e._replace(at=0) for e in events]


@pytest.mark.parametrize(
    ("given_as", "said"),
    [
        ("{", "The history is no JSON"),
        ({"events": []}, "There are no events in it"),
        ("[1, 2]", "There are no events in it"),
        ([{"id": 1}], "event 1 has no type"),
        ([{"id": 1, "type": "X", "timestamp": "yesterday"}], "event 1 cannot be read"),
        ([{"id": 7, "type": "PassStateEntered", "timestamp": 1}], "The history is not whole"),
        ({"events": [{"id": 1, "type": "ExecutionStarted", "timestamp": 1}], "nextToken": "t"}, "has a nextToken"),
        ({"events": [{"id": 1, "type": "ExecutionStarted", "timestamp": 1}], "NextToken": "t"}, "has a nextToken"),
        (Path("nowhere.json"), "cannot be read"),
    ],
)
def test_what_is_no_history_says_so(given_as: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_history(given_as)


def test_a_history_of_another_machine_says_so() -> None:
    history = shop().run({"n": 1}).history()
    other = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="other")
    with pytest.raises(InputError, match='event 2 enters the Task state "Decide", and it has no state "Decide"'):
        replay(history, other)
    with pytest.raises(InputError, match="A history alone cannot go on: name the machine"):
        replay(history).fork("Ship")


@settings(max_examples=30, deadline=None)
@given(nested(), VALUES)
def test_the_journal_of_a_history_gives_it_again(definition: dict[str, Any], value: Any) -> None:
    machine = (
        StateMachine(definition, name="m").bind("f", lambda event: {"a": 1, "c": [1, {"a": 2}]}).bind("g", failing)
    )
    run = machine.run({"a": value, "b": 1, "c": [1, 2]})
    seen = placed(read_events(run.history()), machine.definition)
    _, execution = recorded_journal(machine._program, seen)
    if not any(e.frame for e in seen):  # iterations that run at once may answer in another order than they were asked
        assert agreement(seen, execution.events) == len(seen)


CHANCE = {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 0, "Next": "P"}], "Default": "F"}
EACH = {
    "Type": "Task",
    "Resource": FUNCTION + "d",
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "J"}],
    "End": True,
}
MIXED = {
    "StartAt": "D",
    "States": {
        "D": {
            "Type": "Task",
            "Resource": FUNCTION + "d",
            "ResultPath": "$.d",
            "Retry": [{"ErrorEquals": ["Once"]}],
            "Next": "C",
        },
        "C": CHANCE,
        "P": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": FUNCTION + "d", "End": True}}},
                {"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 5, "End": True}}},
            ],
            "ResultPath": "$.p",
            "Next": "M",
        },
        "M": {
            "Type": "Map",
            "ItemsPath": "$.l",
            "ItemProcessor": {"StartAt": "I", "States": {"I": EACH, "J": {"Type": "Pass", "End": True}}},
            "End": True,
        },
        "F": {"Type": "Fail", "Error": "X"},
    },
}
JUNK = (None, 7, -1, "", [], {}, "zzz", 1e300, True, "{", [1])
TYPES = ("TaskSucceeded", "MapIterationFailed", "ExecutionRedriven", "MapRunStarted", "ExecutionFailed", "Nope", "")


def renumbered(events: list[Any]) -> list[Any]:
    for number, event in enumerate(events, 1):
        event["id"] = number
    return events


def changed(events: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """A history with up to three events left out, doubled, exchanged, cut off or changed in a field."""
    events = copy.deepcopy(events)
    for _ in range(chance.randint(1, 3)):
        if not events:
            break
        at = chance.randrange(len(events))
        event = events[at]
        details = next((value for key, value in event.items() if isinstance(value, dict)), {})
        match chance.randrange(8):
            case 0:
                del events[at]
                if chance.random() < 0.7:
                    renumbered(events)
            case 1:
                event["type"] = chance.choice([*TYPES, *(other["type"] for other in events)])
            case 2:
                event["previousEventId"] = chance.choice([*JUNK, at, len(events) + 3, chance.randrange(at + 1)])
            case 3 if details:
                details[chance.choice(sorted(details))] = chance.choice([*JUNK, "A", "P", "M", "I", "D"])
            case 4 if details:
                del details[chance.choice(sorted(details))]
            case 5:
                other = chance.randrange(len(events))
                events[at], events[other] = events[other], events[at]
                renumbered(events)
            case 6:
                event[chance.choice(["id", "timestamp", "type", "previousEventId"])] = chance.choice(JUNK)
            case _:
                events = (
                    events[:at]
                    if chance.random() < 0.5
                    else renumbered([*events[: at + 1], *copy.deepcopy(events[at:])])
                )
    return events


@pytest.mark.parametrize("known", [False, True], ids=["without its machine", "with its machine"])
def test_a_history_that_cannot_be_is_refused_in_words(known: bool) -> None:
    calls = iter(range(10_000))

    def work(event: Any) -> Any:
        number = next(calls)
        if number % 5 == 0:
            raise TaskError("Once", "cause")
        return {"x": number}

    machine = StateMachine(MIXED, name="m", namespace={"d": work})
    events = machine.run({"n": 1, "l": [1, 2, 3]}).history()
    taken = 0
    for seed in range(250):  # whatever else than InputError is raised, fails
        chance = random.Random(seed)
        try:
            run = replay(changed(events, chance), machine if known else None)
            taken += 1
            run_text(run)
            run.history()
            for visit in run.visits:
                run.stages(visit)
            point = chance.randrange(2, len(run._raw_events) + 2)
            run.at(point)
            run.again(event=point)
            run.fork(event=point, bind={"*": lambda event: 1})
        except InputError:
            continue
    assert taken > 40
