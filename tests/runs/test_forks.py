"""Going back and going on another way: the laws, then what each kind of change does."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_journal import VALUES, nested

from sfnbook import InputError, Run, StateMachine, TaskError

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"


def task(name: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": FUNCTION + name, **fields}


def told(run: Any) -> list[Any]:
    """What a run recorded, without the moments: tasks take their real time."""
    return [(e.id, e.previous, e.type, e.address, e.frame, e.detail) for e in run.events]


def failing(event: Any) -> Any:
    raise TaskError("E", "cause")


def machine_of(definition: dict[str, Any]) -> StateMachine:
    found = StateMachine(definition, name="m")
    return found.bind("f", lambda event: {"a": 1, "c": [1, {"a": 2}]}).bind("g", failing)


@settings(max_examples=25, deadline=None)
@given(nested(), VALUES, st.data())
def test_a_fork_without_a_change_ends_alike_and_never_changes_its_origin(
    definition: dict[str, Any], value: Any, data: Any
) -> None:
    machine = machine_of(definition)
    run = machine.run({"a": value, "b": 1, "c": [1]})
    before = told(run), copy.deepcopy(run._session.journal), run.describe()
    event = data.draw(st.integers(2, len(run.events)))
    kept = len(run.at(event).events)
    other = run.fork(event=event)
    assert other.events[:kept] == run.events[:kept]
    if not any(e.frame for e in run.events):  # branches and iterations may overtake each other
        assert [(e.type, e.address) for e in other.events] == [(e.type, e.address) for e in run.events]
    assert (other.status, other.output, other.error) == (run.status, run.output, run.error)
    assert (told(run), run._session.journal, run.describe()) == before


@settings(max_examples=25, deadline=None)
@given(nested(), VALUES, st.sampled_from(["into", "over", "out", "continue"]))
def test_stepping_gives_the_history_of_running(definition: dict[str, Any], value: Any, step: Any) -> None:
    machine = machine_of(definition)
    whole = machine.run({"a": value, "b": 1, "c": [1]}, threads=True, name="one")
    run = machine.debug({"a": value, "b": 1, "c": [1]}, name="one")
    debugger = run.debugger
    assert debugger is not None
    while debugger.wait(10) and debugger.where is not None:
        debugger.go(step)
    assert (run.status, run.output) == (whole.status, whole.output)
    if not any(e.frame for e in whole.events):  # branches and iterations may overtake each other, also in failing
        assert run.error == whole.error
        assert [(e.type, e.address) for e in run.events] == [(e.type, e.address) for e in whole.events]


@settings(max_examples=25, deadline=None)
@given(nested(), VALUES, st.data())
def test_a_moment_shows_the_run_as_it_was(definition: dict[str, Any], value: Any, data: Any) -> None:
    run = machine_of(definition).run({"a": value, "b": 1, "c": [1]})
    event = data.draw(st.integers(2, len(run.events)))
    moment = run.at(event)
    assert moment.events == run.events[: len(moment.events)]
    assert len(moment.events) < event
    assert [v.id for v in moment.visits] == [v.id for v in run.visits if v.id < len(moment.events) + 1]


SHOP = {
    "StartAt": "Decide",
    "States": {
        "Decide": task("decide", ResultPath="$.decision", Assign={"limit": 5}, Next="Wait"),
        "Wait": {"Type": "Wait", "Seconds": 240, "Next": "Ship"},
        "Ship": task("ship", Next="Done"),
        "Done": {"Type": "Succeed"},
    },
}


class Shop:
    """The machine and who was called."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.machine = StateMachine(SHOP, name="shop", namespace={"decide": self.decide, "ship": self.ship})
        self.run: Run = self.machine.run({"n": 1})
        self.calls.clear()

    def decide(self, event: Any) -> Any:
        self.calls.append("decide")
        return {"ok": True}

    def ship(self, event: Any) -> Any:
        self.calls.append("ship")
        return {"shipped": event}


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_past_moment_has_data_variables_and_the_clock(shop: Shop) -> None:
    moment = shop.run.at("Ship")
    assert moment.status == "RUNNING"
    assert round(moment.seconds) == 240
    assert moment.line is not None
    assert (moment.line.name, moment.line.data) == ("Ship", {"n": 1, "decision": {"ok": True}})
    assert moment.variables == {"limit": 5}
    assert [visit.name for visit in moment.visits] == ["Decide", "Wait"]
    assert repr(moment) == f"<Moment shop-run-1 RUNNING, {len(moment.events)} events>"


def test_recorded_results_are_reused_and_only_what_comes_after_is_called(shop: Shop) -> None:
    assert [(a.name, a.times) for a in shop.run.again("Ship")] == [("Ship", 1)]
    other = shop.run.fork("Ship")
    assert shop.calls == ["ship"]
    assert (other.name, other.status, round(other.seconds)) == ("shop-run-2", "SUCCEEDED", 240)
    assert shop.machine.runs == [shop.run, other]


def test_a_call_in_flight_at_that_point_is_made_again_and_named(shop: Shop) -> None:
    succeeded = next(e for e in shop.run.events if e.type == "LambdaFunctionSucceeded" and "Decide" in e.address)
    assert [(a.name, a.in_flight) for a in shop.run.again(event=succeeded.id)] == [("Decide", True), ("Ship", False)]
    shop.run.fork(event=succeeded.id)
    assert shop.calls == ["decide", "ship"]


def test_another_input_answer_or_function(shop: Shop) -> None:
    assert shop.run.fork("Wait", input={"n": 2}).output == {"shipped": {"n": 2}}
    other = shop.run.fork("Decide", answer={"ok": "edited"})
    assert other.output == {"shipped": {"n": 1, "decision": {"ok": "edited"}}}
    assert shop.calls == ["ship", "ship"]
    failed = shop.run.fork("Ship", answer=TaskError("Lost", "by the carrier"))
    assert (failed.status, failed.error, failed.cause) == ("FAILED", "Lost", "by the carrier")
    assert shop.run.fork("Ship", bind={"ship": lambda event: "by hand"}).output == "by hand"
    again = other.fork("Ship", bind={"ship": lambda event: event["decision"]})
    assert again.output == {"ok": "edited"}


def changed(**states: Any) -> dict[str, Any]:
    return {**SHOP, "States": {**SHOP["States"], **states}}  # type: ignore[dict-item]  # SHOP is plain JSON


def test_a_changed_definition_goes_on_where_the_run_stood(shop: Shop) -> None:
    later = changed(Done={"Type": "Pass", "Result": "new", "End": True})
    other = shop.run.fork("Ship", definition=later)
    assert (other.output, shop.calls) == ("new", ["ship"])
    assert other.begun is not None
    assert other.begun.misfits == ()
    assert other.events[:5] == shop.run.events[:5]


def test_a_definition_changed_before_that_point_begins_at_the_state(shop: Shop) -> None:
    earlier = changed(Wait={"Type": "Wait", "Seconds": 1, "Next": "Ship"}, Decide=task("decide", Next="Wait"))
    other = shop.run.fork("Ship", definition=earlier)
    assert other.status == "SUCCEEDED"
    assert [visit.name for visit in other.visits] == ["Ship", "Done"]
    assert other.visits[0].variables == {"limit": 5}
    assert other.begun is not None
    assert other.begun.misfits[0].startswith("From event 6 on the changed definition does something else")
    assert other.begun.misfits[1] == "The new history begins at Ship."


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"visit": "Nowhere"}, "was never in Nowhere. It was in Decide, Wait, Ship, Done."),
        ({"event": 99}, "has no event 99"),
        ({}, "Say from where"),
        ({"visit": "Wait", "answer": 1}, "no task answered there"),
        ({"visit": "Ship", "input": {1, 2}}, "The input is no JSON"),
    ],
)
def test_a_fork_that_cannot_be_says_why(shop: Shop, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        shop.run.fork(**options)
    assert shop.machine.runs == [shop.run]


def test_a_changed_definition_without_the_current_state_says_so(shop: Shop) -> None:
    without = {"StartAt": "Other", "States": {"Other": {"Type": "Succeed"}}}
    with pytest.raises(InputError, match='no state "Ship", where the run stands'):
        shop.run.fork("Ship", definition=without)


def test_rewinding_in_a_run_of_25000_events() -> None:
    loop = {
        "StartAt": "Count",
        "States": {
            "Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More?"},
            "More?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericLessThan": 6_230, "Next": "Count"}],
                "Default": "Done",
            },
            "Done": {"Type": "Succeed"},
        },
    }
    run = StateMachine(loop, name="loop").run({"n": 0})
    assert len(run.events) > 24_900
    for event in (24_900, 12_000, 2):
        moment = run.at(event)
        assert moment.event == event
        assert moment.events == run.events[: event - 1]
