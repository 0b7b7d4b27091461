"""Functions that edit everything they are given, and everything they returned, over generated machines.

Every history equals that of the same machine with functions that copy first, twice in a row.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sfnbook import StateMachine, TaskError, mock, returns

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
KINDS = ("f", "g", "here", "activity", "invoke", "mocked")
RESOURCES = {
    **{kind: f"{ARN}{kind}" for kind in ("f", "g", "here", "mocked")},
    "activity": "arn:aws:states:us-east-1:123456789012:activity:activity",
    "invoke": "arn:aws:states:::lambda:invoke",
}


def answer(event: Any) -> Any:
    """What all functions return: something made of the event, edited in place."""
    if isinstance(event, dict):
        event["n"] = event.get("n", 0) + 1
        event.setdefault("seen", []).append(len(event))
    elif isinstance(event, list):
        event.append(len(event))
    return event


def ruin(value: Any) -> None:
    """Edit everything in a value, also with what is no JSON."""
    if isinstance(value, dict):
        for part in list(value.values()):
            ruin(part)
        value["ruined"] = object()
    elif isinstance(value, list):
        for part in list(value):
            ruin(part)
        value.append({1, 2})


class Editing:
    """Functions that keep what they get and return, and ruin it at their next call; the first call of each visit fails."""

    def __init__(self, *, copying: bool) -> None:
        self.copying = copying
        self.held: list[Any] = []
        self.failed: set[str] = set()

    def __call__(self, event: Any, context: Any) -> Any:
        if self.copying:
            event = deepcopy(event)
        else:
            held, self.held = self.held, []
            for value in held:
                ruin(value)
        key = context.aws_request_id.partition("-")[2] + context.function_name
        if key not in self.failed:
            self.failed.add(key)
            if not self.copying:
                ruin(event)
            raise TaskError("Again", "")
        result = answer(event)
        if not self.copying:
            self.held += [event, result]
        return result


def task(kind: str, constant: bool) -> dict[str, Any]:
    given: dict[str, Any] = {"n": 0, "deep": {"list": [[1], {"a": []}]}}
    fields: dict[str, Any] = {"Type": "Task", "Resource": RESOURCES[kind]}
    if kind == "invoke":
        payload: dict[str, Any] = {"Payload": given} if constant else {"Payload.$": "$"}
        fields |= {"Parameters": {"FunctionName": "f", **payload}, "ResultSelector": {"v.$": "$.Payload"}}
    elif constant:
        fields["Parameters"] = given
    return fields | {"Retry": [{"ErrorEquals": ["Again"], "MaxAttempts": 3}]}


@st.composite
def lines(draw: Any, depth: int = 2, name: str = "s") -> dict[str, Any]:
    """A machine, a branch or an item processor: one to three states in a row."""
    count = draw(st.integers(1, 3))
    states: dict[str, Any] = {}
    for number in range(count):
        own = f"{name}{number}"
        kind = draw(st.sampled_from(("task", "task", "pass", "parallel", "map") if depth else ("task", "task", "pass")))
        if kind == "task":
            state = task(draw(st.sampled_from(KINDS)), draw(st.booleans()))
        elif kind == "pass":
            state = {"Type": "Pass", "Result": {"n": 0, "items": [[], {"a": 1}]}}
        elif kind == "parallel":
            state = {"Type": "Parallel", "Branches": [draw(lines(depth - 1, f"{own}{b}")) for b in "ab"]}
        else:
            state = {
                "Type": "Map",
                "ItemSelector": {"n": 0, "all.$": "$"},
                "ItemProcessor": draw(lines(depth - 1, own + "i")),
            }
            state["ItemsPath"] = "$$.Execution.Input.items"
        state |= draw(st.sampled_from(({}, {"ResultPath": "$.r"}, {"ResultPath": None}))) if kind != "pass" else {}
        states[own] = state | ({"Next": f"{name}{number + 1}"} if number + 1 < count else {"End": True})
    return {"StartAt": f"{name}0", "States": states}  # fmt: skip


def histories(machine: StateMachine, functions: Callable[..., Any], pool: ThreadPoolExecutor) -> str:
    """Return the history of a run and of a fork of it, with everything that it handed out ruined in between."""
    data = {"items": [{"k": []}, {"k": [1]}], "n": 0}
    names = [
        state.name for state in machine.definition.machine.walk() if state.fields.get("Resource", "").endswith("mocked")
    ]
    outcome = returns({"mocked": [[]]})
    run = machine.run(
        data,
        bind=dict.fromkeys(("f", "g", "activity"), functions),
        mocks=[mock(name, outcome) for name in names],
        clock="virtual@2026-01-01",
        name="same",
    )  # fmt: skip
    first = json.dumps([run.history(), run.describe()], default=str)
    for value in (run.input, run.output, data, *(e.detail for e in run.events), *(v.input for v in run.visits)):
        ruin(value)
    for visit in run.visits:
        for stage in run.stages(visit):
            ruin(stage.value)
        for attempt in visit.attempts:
            ruin(attempt.parameters)
            ruin(attempt.output)
    again = run.fork(run.visits[0], name="same") if run.visits else run
    assert json.dumps([run.history(), run.describe()], default=str) == first
    return json.dumps([first, again.history()], default=str)


@settings(max_examples=60)
@given(lines())
def test_functions_that_edit_everything_make_the_histories_of_functions_that_copy(definition: dict[str, Any]) -> None:
    with ThreadPoolExecutor(2) as pool:

        def made(copying: bool) -> list[str]:
            machine = StateMachine(definition, name="m")
            found = []
            for _ in range(2):
                functions = Editing(copying=copying)
                machine.bind("here", functions, executor=pool)
                found.append(histories(machine, functions, pool))
            return found

        editing, copying = made(False), made(True)
    assert editing[0] == editing[1] == copying[0] == copying[1]
