"""Closed, open and half open, with the table of template.yaml in the embedded DynamoDB."""

import boto3
import pytest

from sfnbook import mock, raises, returns

ASK = {"service": "north", "article": "lamp"}
DOWN = {**ASK, "down": True}


@pytest.fixture
def machine(sfn):
    return sfn("template.yaml", "CircuitBreaker", setup=True)


def at(machine, time, order=ASK, **more):
    return machine.run(order, clock=f"virtual@2026-01-01T{time}Z", **more)


def circuit():
    table = boto3.resource("dynamodb").Table("circuits")
    return {
        name: value for name, value in table.get_item(Key={"service": "north"})["Item"].items() if name != "service"
    }


def test_an_answer_closes_the_circuit(machine):
    run = at(machine, "09:00:00")
    assert run.output["price"] == 4
    assert circuit() == {"failures": 0}


def test_three_failures_open_it_and_nobody_calls(machine):
    runs = [at(machine, f"09:00:0{second}", DOWN) for second in range(3)]
    assert [run.error for run in runs] == ["SupplierDown"] * 3
    assert runs[-1].cause == "Failure 3 of north in a row."
    blocked = at(machine, "09:00:30")
    assert (blocked.error, blocked.cause) == ("CircuitOpen", "north is not called for another 32 seconds.")
    assert not blocked.called("lambda:invoke")


def test_half_open_one_failure_opens_it_again(machine):
    for second in range(3):
        at(machine, f"09:00:0{second}", DOWN)
    assert at(machine, "09:02:00", DOWN).error == "SupplierDown"
    assert at(machine, "09:02:30").error == "CircuitOpen"


def test_half_open_one_answer_closes_it(machine):
    for second in range(3):
        at(machine, f"09:00:0{second}", DOWN)
    assert at(machine, "09:02:00").succeeded
    assert circuit() == {"failures": 0}


def test_an_answer_between_failures_sets_the_count_back(machine):
    for second, order in enumerate((DOWN, DOWN, ASK, DOWN)):
        at(machine, f"09:00:0{second}", order)
    assert circuit() == {"failures": 1}


def test_another_supplier_has_a_circuit_of_its_own(machine):
    for second in range(3):
        at(machine, f"09:00:0{second}", DOWN)
    assert at(machine, "09:00:30", {"service": "south", "article": "lamp"}).succeeded


@pytest.mark.parametrize(
    ("state", "order", "answer"),
    [
        ("Look at the circuit", ASK, {}),
        ("Close the circuit", ASK, {}),
        ("Count the failure", DOWN, {"Attributes": {"failures": {"N": "3"}}}),
        ("Open the circuit", DOWN, {}),
    ],
)
def test_a_throttled_table_is_asked_again(machine, state, order, answer):
    throttled = mock(state, raises("DynamoDB.ProvisionedThroughputExceededException"), returns(answer))
    counted = mock("Count the failure", returns({"Attributes": {"failures": {"N": "3"}}}))
    run = at(machine, "09:00:00", order, mocks=[counted, throttled])
    assert run.state(state).attempts == 2
