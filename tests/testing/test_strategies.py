"""Strategies made from a definition: the inputs reach every branch, keep to their types on request, and need hypothesis."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

import sfnbook
from sfnbook import InputError, StateMachine, strategies

ORDERS = StateMachine(
    {
        "StartAt": "Decide",
        "States": {
            "Decide": {
                "Type": "Choice",
                "Choices": [
                    {
                        "And": [
                            {"Variable": "$.order.total", "NumericGreaterThan": 500},
                            {"Variable": "$.country", "StringEquals": "Peru"},
                        ],
                        "Next": "Ask",
                    },
                    {"Variable": "$.order.total", "NumericEquals": 0, "Next": "Free"},
                ],
                "Default": "Pay",
            },
            **{name: {"Type": "Pass", "End": True} for name in ("Ask", "Free", "Pay")},
        },
    },
    name="orders",
)
JSONATA = StateMachine(
    {
        "QueryLanguage": "JSONata",
        "StartAt": "Decide",
        "States": {
            "Decide": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input.total > 500 %}", "Next": "Ask"}],
                "Default": "Pay",
            },
            "Ask": {"Type": "Pass", "End": True},
            "Pay": {"Type": "Pass", "Output": "{% $states.input.name & '!' %}", "End": True},
        },
    },
    name="orders",
)
FEW = settings(max_examples=500, database=None, derandomize=True, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(
    "wanted",
    [
        {"order": {"total": 501}, "country": "Peru"},
        {"order": {"total": 500}, "country": "Peru"},
        {"order": {"total": 0}, "country": "Peru"},
        {},
    ],
    ids=["a rule fits", "the border", "another rule", "nothing given"],
)
def test_the_constants_and_their_neighbours_come(wanted: dict[str, Any]) -> None:
    assert find(strategies.inputs(ORDERS), lambda one: one == wanted, settings=FEW) == wanted


def test_a_field_is_left_out_or_of_another_type_only_on_request() -> None:
    whole = strategies.inputs(ORDERS, missing=False)

    @settings(FEW, max_examples=40)
    @given(whole)
    def holds(one: Any) -> None:
        assert ORDERS.run(one).succeeded

    holds()
    found = find(strategies.inputs(ORDERS), lambda one: ORDERS.run(one).error == "States.Runtime", settings=FEW)
    assert "total" not in found.get("order", {}) or "country" not in found


@settings(FEW, max_examples=20)
@given(st.data())
def test_jsonata_is_read_as_well(data: st.DataObject) -> None:
    run = JSONATA.run(data.draw(JSONATA_INPUTS))
    assert run.status in ("SUCCEEDED", "FAILED")


JSONATA_INPUTS = strategies.inputs(JSONATA)


@pytest.mark.parametrize("total", [499, 500, 501])
def test_the_constants_of_a_condition_come(total: int) -> None:
    assert find(JSONATA_INPUTS, lambda one: one.get("total") == total, settings=FEW)["total"] == total


def test_a_machine_that_reads_nothing_has_one_input() -> None:
    still = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, name="still")
    assert find(strategies.inputs(still), lambda one: True, settings=FEW) == {}


def test_without_hypothesis_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(InputError, match=r"pip install 'sfnbook\[pytest\]'"):
        sfnbook.strategies.inputs(ORDERS)
