"""check and predict: what they accept, and what they say about everything else."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import CheckError, InputError, StateMachine, check, predict

ORDER = {
    "StartAt": "Price",
    "States": {
        "Price": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:price",
            "ResultPath": "$.price",
            "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1, "IntervalSeconds": 30}],
            "Next": "Large?",
        },
        "Large?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.price", "NumericGreaterThan": 100, "Next": "Ask"}],
            "Default": "Ship",
        },
        "Ask": {"Type": "Wait", "Seconds": 240, "Next": "Ship"},
        "Ship": {"Type": "Succeed"},
    },
}


@pytest.fixture
def order() -> StateMachine:
    def price(event: Any) -> Any:
        return event["amount"] * 2

    return StateMachine(ORDER, name="order").bind("Price", price)


def test_a_machine_that_does_what_is_wanted_gives_its_run(order: StateMachine) -> None:
    run = check(
        order,
        {"amount": 60},
        path=["Price", "Large?", "Ask", "Ship"],
        output={"amount": 60, "price": 120},
        calls={"Price": 1},
        transitions=5,
        seconds=240,
        cost=0.0002,
        like=order,
    )
    assert run.succeeded


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"path": ["Price", "Ship"]}, "it goes Price → Large? → Ask → Ship; wanted: Price → Ship"),
        ({"output": {}}, 'its output is {"amount":60,"price":120}; wanted: {}'),
        ({"output": lambda output: output["price"] < 100}, 'its output is not right: {"amount":60,"price":120}'),
        ({"calls": {"Price": 2}}, "it calls Price once; wanted: 2 times"),
        ({"transitions": 3}, "it takes 4 transitions; wanted: at most 3"),
        ({"seconds": 10}, "wanted: at most 10 s"),
        ({"cost": 0.00005}, "it costs $0.000100000 a run; wanted: at most $0.000050000"),
        ({"coverage": 100}, "Large?: Choices[0] is false, Default → Ship"),
        ({"error": "Busy"}, "it ends as SUCCEEDED; wanted: FAILED"),
        ({"faults": ["Price=Busy"]}, "it ends as FAILED (Busy); wanted: SUCCEEDED"),
        ({"faults": ["Price=Busy"], "error": "Lost"}, "its error is Busy; wanted: Lost"),
    ],
)
def test_every_want_that_is_not_met_is_said(order: StateMachine, wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(CheckError) as caught:
        check(order, {"amount": 60}, **wanted)
    assert said in str(caught.value)
    assert str(caught.value).startswith('order with {"amount":60}\n  ✗ ')
    assert isinstance(caught.value, AssertionError)
    assert caught.value.run is not None


def test_a_fault_that_is_survived(order: StateMachine) -> None:
    assert check(order, {"amount": 1}, faults=["Price=Busy@1"], calls={"Price": 2}, seconds=30).succeeded
    check(order, {"amount": 1}, faults=["Price=Busy"], error="Busy")


def test_coverage_counts_all_checks_of_a_machine(order: StateMachine) -> None:
    check(order, {"amount": 1})
    check(order, {"amount": 60})
    with pytest.raises(CheckError, match=r"Missing: Price: Retry\[0\]"):
        check(order, {"amount": 60}, coverage=100)
    check(order, {"amount": 1}, faults=["Price=Busy@1"], coverage=100)


def test_another_machine_is_the_measure(order: StateMachine) -> None:
    free = StateMachine(ORDER, name="free").bind("Price", lambda event: 0)
    with pytest.raises(CheckError, match="wanted") as caught:
        check(free, {"amount": 60}, like=order, says="a large order")
    assert str(caught.value) == (
        'a large order\n  ✗ its output is {"amount":60,"price":0}; wanted: {"amount":60,"price":120}'
    )
    assert caught.value.reference is not None
    assert caught.value.reference.path == ["Price", "Large?", "Ask", "Ship"]


def test_a_prediction_is_asked_for_and_compared(order: StateMachine, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict(order, {"amount": 60}, after="Price", next=..., holds={"$.price": ...}) is None
    assert capsys.readouterr().out == (
        "Predict which state comes after Price and what $.price holds after Price: "
        "write it in place of the ... and run the cell again.\n"
    )
    assert predict(order, {"amount": 60}, after="Price", next="Large?", holds={"$.price": 120}, seconds=240)
    assert capsys.readouterr().out == "Right.\n"
    assert predict(order, {"amount": 60}, next="Price", status="SUCCEEDED", holds={"$.amount": 60})


@pytest.mark.parametrize(
    ("predicted", "said"),
    [
        ({"after": "Large?", "next": "Ship"}, "after Large? comes Ask, not Ship, because $.price > 100"),
        ({"after": "Ship", "next": "Ask"}, "after Ship comes the end, not Ask"),
        ({"next": "Ask"}, "first comes Price, not Ask"),
        ({"after": "Price", "holds": {"$.price": 60}}, "$.price holds 120, not 60"),
        ({"holds": {"$.nothing": 60}}, "$.nothing holds nothing, not 60"),
        ({"status": "FAILED"}, "the run ends as SUCCEEDED, not FAILED"),
        ({"seconds": 1}, "not 1 s"),
    ],
)
def test_a_wrong_prediction_says_what_comes(order: StateMachine, predicted: dict[str, Any], said: str) -> None:
    with pytest.raises(CheckError) as caught:
        predict(order, {"amount": 60}, **predicted)
    assert said in str(caught.value)


def test_what_cannot_be_asked_is_said(order: StateMachine) -> None:
    with pytest.raises(InputError, match="does not come to Ask: it goes Price → Large\\? → Ship"):
        predict(order, {"amount": 1}, after="Ask", next="Ship")
    with pytest.raises(InputError, match="pass the StateMachine itself"):
        check("order")
