"""Mocks: scripts of answers, the machine's clock, MockConfigFile.json, recording and the check against the API's model."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

import sfnbook
from sfnbook import InputError, StateMachine, mock, raises, returns

INVOKE = "arn:aws:states:::lambda:invoke"


def line(name: str, *states: tuple[str, dict[str, Any]]) -> StateMachine:
    """A machine whose states follow one another."""
    written = {}
    for (state, fields), following in zip(states, [*states[1:], None], strict=True):
        written[state] = {**fields, **({"Next": following[0]} if following else {"End": True})}
    return StateMachine({"StartAt": states[0][0], "States": written}, name=name)


def charge(**more: Any) -> tuple[str, dict[str, Any]]:
    return "Charge", {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "charge"}, **more}


RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "BackoffRate": 1}]


def test_outcomes_come_one_per_call_and_the_last_repeats() -> None:
    machine = line("shop", charge(Retry=RETRY), ("Again", charge()[1]))
    run = machine.run(mocks=[mock("Charge", raises("Card.Declined", "no"), returns({"StatusCode": 200})),
                             mock("Again", returns({"StatusCode": 201}))])  # fmt: skip
    assert (run.status, run.output) == ("SUCCEEDED", {"StatusCode": 201})
    assert [a.error for a in run.visits[0].attempts] == ["Card.Declined", None]
    assert run.seconds == 10


def test_ranges_number_the_calls_as_step_functions_local_does() -> None:
    machine = line("shop", charge(Retry=[{**RETRY[0], "MaxAttempts": 5}]))
    script = mock("Charge", {"0": raises("A"), "1-2": raises("B"), "3": returns({"StatusCode": 200})})
    run = machine.run(mocks=[script])
    assert [a.error for a in run.visits[0].attempts] == ["A", "B", "B", None]
    assert machine.run(mocks=[script]).status == "SUCCEEDED", "every run begins with the first outcome again"


def test_iterations_of_a_map_get_their_outcomes_in_order() -> None:
    one = {"StartAt": "Charge", "States": {"Charge": {**charge()[1], "End": True}}}
    machine = line("shop", ("All", {"Type": "Map", "ItemProcessor": one}))
    script = mock("Charge", *(returns({"StatusCode": n}) for n in range(100, 130)))
    run = machine.run(list(range(30)), mocks=[script])
    assert [answer["StatusCode"] for answer in run.output] == list(range(100, 130))


def test_after_passes_on_the_machines_clock_and_takes_no_time() -> None:
    machine = line("shop", charge())
    started = time.monotonic()
    run = machine.run(mocks=[mock("Charge", returns({"StatusCode": 200}, after=3600))])
    assert run.seconds == 3600
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(("after", "status"), [(9, "SUCCEEDED"), (10, "FAILED"), (11, "FAILED")])
def test_a_timeout_comes_before_an_answer_of_the_same_moment(after: float, status: str) -> None:
    run = line("shop", charge(TimeoutSeconds=10)).run(mocks=[mock("Charge", returns({"StatusCode": 200}), after=after)])
    assert (run.status, run.seconds) == (status, min(after, 10))


def test_branches_with_answers_at_different_times_end_in_the_order_of_time() -> None:
    branches = [{"StartAt": n, "States": {n: {**charge()[1], "End": True}}} for n in ("A", "B", "C")]
    machine = line("shop", ("Both", {"Type": "Parallel", "Branches": branches}))
    mocks = [mock(n, returns({"StatusCode": 200}, after=s)) for n, s in (("A", 30), ("B", 10), ("C", 20))]
    run = machine.run(mocks=mocks)
    assert [e["stateExitedEventDetails"]["name"] for e in run.history() if e["type"] == "TaskStateExited"] == list(
        "BCA"
    )
    assert run.seconds == 30


def test_a_mock_replays_from_its_journal() -> None:
    from sfnbook.engine.journal import replay

    machine = line("shop", charge(Retry=RETRY))
    run = machine.run(mocks=[mock("Charge", raises("A", after=2), returns({"StatusCode": 200}, after=5))])
    assert tuple(replay(machine._program, run._session.journal).events) == run.events


def test_a_mocked_callback_ends_with_the_mock() -> None:
    machine = line("ask", ("Ask", {"Type": "Task", "Resource": f"{INVOKE}.waitForTaskToken",
                                   "Parameters": {"FunctionName": "ask", "Payload.$": "$$.Task.Token"}}))  # fmt: skip
    run = machine.run(mocks=[mock("Ask", returns({"ok": True}, after=60))])
    assert run.output == {"ok": True}
    assert [e["type"] for e in run.history()][2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_answers_leave_the_request_to_its_function_and_script_what_comes_back() -> None:
    machine = line("ask", ("Ask", {"Type": "Task", "Resource": f"{INVOKE}.waitForTaskToken",
                                   "Parameters": {"FunctionName": "ask", "Payload.$": "$$.Task.Token"}}))  # fmt: skip
    asked = []
    machine.bind("ask", lambda event: asked.append(event))
    run = machine.run(answers={"Ask": [raises("Rejected", "by hand", after=30)]})
    assert len(asked) == 1
    assert (run.error, run.cause) == ("Rejected", "by hand")
    assert machine.run(answers={"Ask": {"plain": 1}}).output == {"plain": 1}


def test_bind_takes_a_mock() -> None:
    machine = line("shop", charge())
    assert machine.run(bind={"charge": mock("Charge", returns({"StatusCode": 202}))}).output == {"StatusCode": 202}


# ------------------------------------------------------------------------------------------------ bad input
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: mock("Charge"), "at least one outcome"),
        (lambda: mock("Charge", {"a": returns()}), '"a" is no number of a call'),
        (lambda: line("m", charge()).run(answers={"Chrge": 1}), 'Did you mean "Charge"?'),
        (
            lambda: line("m", charge()).run(answers={"Charge": 1}),
            "Give it a mock: mocks=[mock('Charge', returns({...}))]",
        ),
        (lambda: mock("Charge", {"a": 1}), "An answer is written returns({...})."),  # type: ignore[dict-item]
        (lambda: line("m", charge()).run(mocks={"Charge": returns({})}), "'Charge' is none."),  # type: ignore[arg-type]
        (lambda: mock("Charge", {"0": returns(), "2": returns()}), "without gap or overlap: 1 is wrong"),
        (lambda: mock("Charge", {"0-2": returns(), "1": returns()}), "without gap or overlap: 3 is wrong"),
        (lambda: mock("Charge", 5), "made with returns(...) or raises(...), not 5"),  # type: ignore[arg-type]
        (lambda: returns({1, 2}), "has to be JSON"),
        (lambda: returns(1, after=-1), "0 or more"),
        (lambda: mock("Charge", returns(), check="LOOSE"), 'Unknown check "LOOSE"'),
        (lambda: line("m", charge()).run(mocks=[mock("Chrge", returns({}))]), 'Did you mean "Charge"?'),
    ],
)
def test_a_wrong_mock_says_what_is_wrong(make: Any, words: str) -> None:
    with pytest.raises(InputError) as refused:
        make()
    assert words in str(refused.value)


def test_results_are_checked_against_the_services_model() -> None:
    send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "u"}}
    machine = line("m", ("Send", send))
    wrong = {"MessageId": 5}
    for check in ("STRICT", "PRESENT"):
        with pytest.raises(InputError, match="The mock of Send is no answer of sqs:sendMessage: Field 'MessageId'"):
            machine.run(mocks=[mock("Send", returns(wrong), check=check)])
    assert machine.run(mocks=[mock("Send", returns(wrong), check="NONE")]).output == wrong


# ----------------------------------------------------------------------------------------- MockConfigFile.json
CONFIG = {
    "StateMachines": {"shop": {"TestCases": {"Happy": {"Charge": "Paid"}, "Retried": {"Charge": "LatePaid"}}}},
    "MockedResponses": {
        "Paid": {"0": {"Return": {"StatusCode": 200, "Payload": {"paid": True}}}},
        "LatePaid": {
            "0-1": {"Throw": {"Error": "Lambda.ResourceNotReadyException", "Cause": "Lambda resource is not ready."}},
            "2": {"Return": {"StatusCode": 200, "Payload": {"paid": True}}},
        },
    },
}


def test_a_mock_configuration_is_read_as_it_is(tmp_path: Path) -> None:
    place = tmp_path / "MockConfigFile.json"
    place.write_text(json.dumps(CONFIG))
    machine = line("shop", charge(Retry=RETRY))
    run = machine.run(test_case="Retried", mock_config=place)
    assert run.output == {"StatusCode": 200, "Payload": {"paid": True}}
    assert [a.cause for a in run.visits[0].attempts] == ["Lambda resource is not ready."] * 2 + [None]


def test_a_call_beyond_the_last_outcome_of_a_mock_file_is_a_runtime_failure() -> None:
    caught = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "After"}]}
    outcomes = {"0": CONFIG["MockedResponses"]["LatePaid"]["0-1"]}
    config = {**CONFIG, "MockedResponses": {"LatePaid": outcomes}}
    machine = line("shop", charge(Retry=RETRY, **caught), ("After", {"Type": "Pass"}))
    run = machine.run(test_case="Retried", mock_config=config)
    assert (run.status, run.error) == ("FAILED", "States.Runtime")
    assert "LatePaid" in (run.cause or "")
    repeated = machine.run(mocks=[mock("Charge", raises("Lambda.ResourceNotReadyException"))])
    assert repeated.status == "SUCCEEDED"  # a mock of Python's repeats its last outcome; the catcher took it


def test_a_function_called_by_its_arn_gives_the_mocked_payload() -> None:
    bare = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:charge"}
    assert line("shop", ("Charge", bare)).run(test_case="Happy", mock_config=CONFIG).output == {"paid": True}


@pytest.mark.parametrize(
    ("machine", "case", "config", "words"),
    [
        ("shop", "Hapy", CONFIG, 'no test case of shop "Hapy". Did you mean "Happy"?'),
        ("shp", "Happy", CONFIG, 'no state machine "shp". Did you mean "shop"?'),
        ("shop", "Happy", {}, "no object StateMachines"),
        ("shop", "Happy", {**CONFIG, "MockedResponses": {}}, 'no mocked response "Paid"'),
        ("shop", "Happy", {**CONFIG, "MockedResponses": {"Paid": {"0": {}}}}, "needs Return, or Throw with an Error"),
        ("shop", "Happy", "/nowhere/MockConfigFile.json", "Cannot read the mock configuration"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(machine: str, case: str, config: Any, words: str) -> None:
    with pytest.raises(InputError) as refused:
        line(machine, charge()).run(test_case=case, mock_config=config)
    assert words in str(refused.value)


def test_a_run_is_recorded_and_plays_back(tmp_path: Path) -> None:
    machine = line(
        "shop",
        charge(Retry=RETRY),
        ("Note", {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:note"}),
    )
    calls = []

    def charge_(event: Any) -> Any:
        calls.append(event)
        if len(calls) < 3:
            raise sfnbook.TaskError("Busy", "later")
        return {"StatusCode": 1, "Payload": 2}

    bound = {"charge": charge_, "note": lambda event: {"StatusCode": 200, "Payload": "looks like Lambda's answer"}}
    first = machine.run(bind=bound)
    place = tmp_path / "MockConfigFile.json"
    config = first.mocks("Slow", save=place)
    assert list(config["MockedResponses"]["shop_Slow_Charge"]) == ["0-1", "2"]
    again = machine.run(test_case="Slow", mock_config=place)
    assert (again.output, len(calls)) == (first.output, 3)
    assert [e.type for e in again.events] == [e.type for e in first.events]
    again.mocks("Other", save=place)
    assert set(json.loads(place.read_text())["StateMachines"]["shop"]["TestCases"]) == {"Slow", "Other"}


def test_a_recorded_timeout_is_a_throw() -> None:
    machine = line("shop", charge(TimeoutSeconds=5))
    run = machine.run(mocks=[mock("Charge", returns({"StatusCode": 200}), after=9)])
    assert run.mocks()["MockedResponses"]["shop_Recorded_Charge"] == {
        "0": {"Throw": {"Error": "States.Timeout", "Cause": ""}}
    }
