"""The laws: same journal, same events; replay equals live; no value is ever mutated."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machines import FUNCTION, NAMES, NOON, Fails, drive, program

from sfnbook.engine.commands import TaskFailed, TaskSucceeded, Tick
from sfnbook.engine.frame import Call
from sfnbook.engine.journal import Entries, Entry, Journal, replay, rewind

NAMED = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMED, inner, max_size=3),
    max_leaves=6,
)
PATHS = st.sampled_from(["$", "$.a", "$.b", "$.a.b", "$.c[0]", "$..a", "$.c[*]", "$$.State.Name"])


def leaf() -> st.SearchStrategy[dict[str, Any]]:
    """A state that ends by itself, with any data flow."""
    flow = st.fixed_dictionaries(
        {},
        optional={
            "InputPath": PATHS,
            "OutputPath": PATHS,
            "ResultPath": st.sampled_from([None, "$", "$.a", "$.b.c"]),
            "Parameters": st.fixed_dictionaries({"p.$": PATHS, "q": VALUES, "u.$": st.just("States.UUID()")}),
        },
    )
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "JitterStrategy": "FULL"}]
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "End"}]
    kinds = st.sampled_from(
        [
            {"Type": "Pass"},
            {"Type": "Task", "Resource": FUNCTION + "f", "Retry": retry},
            {"Type": "Task", "Resource": FUNCTION + "g", "Catch": catch},
        ]
    )
    return st.builds(lambda kind, fields: {**kind, **fields}, kinds, flow)


def chain(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """A machine of a few states in a row, ending in a state called End."""

    def build(found: list[dict[str, Any]]) -> dict[str, Any]:
        names = [f"S{i}" for i in range(len(found))]
        linked = {
            n: {**f, "Next": names[i + 1] if i + 1 < len(names) else "End"}
            for i, (n, f) in enumerate(zip(names, found, strict=True))
        }
        return {"StartAt": names[0], "States": {**linked, "End": {"Type": "Pass", "End": True}}}

    return st.lists(inner, min_size=1, max_size=3).map(build)


def nested() -> st.SearchStrategy[dict[str, Any]]:
    """Machines with waits, choices, Parallel and Map inside."""
    inner = chain(leaf())
    parallel = st.lists(inner, min_size=1, max_size=3).map(lambda b: {"Type": "Parallel", "Branches": b})
    mapping = inner.map(
        lambda m: {"Type": "Map", "ItemsPath": "$.c", "MaxConcurrency": 2, "ItemProcessor": m, "ResultPath": "$.a"}
    )
    wait = st.just({"Type": "Wait", "Seconds": 3})
    return chain(leaf() | parallel | mapping | wait).map(lambda machine: renamed(machine, ""))


def renamed(machine: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Give every state a name of its own, as AWS wants within a whole machine."""
    found = {}
    for name, fields in machine["States"].items():
        state = dict(fields)
        if "Next" in state:
            state["Next"] = prefix + state["Next"]
        state["Catch"] = [{**c, "Next": prefix + c["Next"]} for c in state.get("Catch", ())]
        if not state["Catch"]:
            del state["Catch"]
        if "Branches" in state:
            state["Branches"] = [renamed(b, f"{prefix}{name}{i}.") for i, b in enumerate(state["Branches"])]
        if "ItemProcessor" in state:
            state["ItemProcessor"] = renamed(state["ItemProcessor"], f"{prefix}{name}.")
        found[prefix + name] = state
    return {"StartAt": prefix + machine["StartAt"], "States": found}


def answers(call: Call) -> Any:
    """Answers that depend on the call alone."""
    if call.resource.function == "g" or (call.attempt + call.id) % 3 == 0:
        return Fails("E", "cause")
    return {"a": call.attempt, "c": [1, {"a": 2}]}


@settings(max_examples=60, deadline=None)
@given(nested(), VALUES, st.integers(0, 3))
def test_replay_equals_live_and_nothing_is_mutated(definition: dict[str, Any], value: Any, seed: int) -> None:
    data = {"a": value, "b": [value], "c": [value, 1]}
    kept = copy.deepcopy(data)
    made = program(definition)
    journal = Journal(data, NOON, seed, NAMES)
    live = drive(made, data, answers, seed=seed, journal=journal)
    again = replay(made, journal)
    assert again.events == live.events
    assert (again.status, again.output, again.error, again.cause) == (live.status, live.output, live.error, live.cause)
    assert data == kept
    assert [e.id for e in live.events] == list(range(1, len(live.events) + 1))
    assert all(e.previous < e.id for e in live.events)


@settings(max_examples=30, deadline=None)
@given(nested(), VALUES, st.data())
def test_a_replay_up_to_any_command_is_a_prefix_of_the_run(definition: dict[str, Any], value: Any, data: Any) -> None:
    made = program(definition)
    journal = Journal({"a": value, "b": 1, "c": [1]}, NOON, 0, NAMES)
    live = drive(made, journal.input, answers, journal=journal)
    until = data.draw(st.integers(0, len(journal.entries)))
    part = replay(made, journal, until)
    assert part.events == live.events[: len(part.events)]


@settings(max_examples=30, deadline=None)
@given(nested(), VALUES)
def test_one_state_at_a_time_gives_the_same_history(definition: dict[str, Any], value: Any) -> None:
    made = program(definition)
    journal = Journal({"a": value, "b": 1, "c": [1]}, NOON, 0, NAMES)
    live = drive(made, journal.input, answers, journal=journal)
    from sfnbook.engine.execution import Execution

    stepped = Execution.start(made, journal.input, at=NOON, seed=0, names=NAMES)
    entries = iter(journal.entries)
    while not stepped.done:
        if not stepped.advance(limit=1):
            stepped.handle(next(entries).command)
    assert stepped.events == live.events


@settings(max_examples=30, deadline=None)
@given(nested(), VALUES, st.data())
def test_rewinding_to_any_event_and_going_on_gives_the_same_history(
    definition: dict[str, Any], value: Any, data: Any
) -> None:
    made = program(definition)
    journal = Journal({"a": value, "b": 1, "c": [1]}, NOON, 0, NAMES)
    live = drive(made, journal.input, answers, journal=journal)
    event = data.draw(st.integers(1, len(live.events)))
    back, told = rewind(made, journal, event)
    assert back.events == live.events[: len(back.events)]
    assert len(back.events) < event or event == 1
    for moved, command in journal.entries[told:]:
        back.advance(moved - back.transitions)
        back.handle(command)
    back.advance()
    assert back.events == live.events


def test_entries_are_a_sequence_of_what_was_noted() -> None:
    commands = [TaskSucceeded(1.5, 1, {"a": 1}), Tick(2.0), TaskFailed(3.0, 2, "E", None), TaskSucceeded(4.0, 3, None)]
    noted = [Entry(number, command) for number, command in enumerate(commands)]
    entries = Entries(noted)
    assert list(entries) == noted
    assert (entries[0], entries[-1], len(entries)) == (noted[0], noted[-1], 4)
    assert entries[1:3] == noted[1:3]
    assert [type(command) for _, command in entries] == [type(command) for command in commands]
    with pytest.raises(IndexError, match="no entry at 4 of 4"):
        entries[4]
