"""What Orders does, way by way. Made from its definition by `sfnbook cases`; yours to change."""

import pytest

from sfnbook import mock, raises, returns


@pytest.fixture
def machine(sfn):
    return sfn("../template.yaml", "Orders")


def test_anything_to_pay_goes_to_nothing_to_pay(machine):
    run = machine.run({"total": 0})
    assert run.succeeded
    assert run.path == ["Anything to pay?", "Nothing to pay"]


def test_reserve_fails_with_outofstock(machine):
    run = machine.run({"total": 1, "id": "text"}, mocks=[mock("Reserve", raises("OutOfStock"))])
    assert run.error == "OrderRefused"
    assert run.path == ["Anything to pay?", "Reserve", "Refused"]


def test_charge_fails_with_somethingelse(machine):
    run = machine.run(
        {"total": 1, "id": "text"},
        mocks=[
            mock("Reserve", returns({})),
            mock("Charge", raises("SomethingElse")),
        ],
    )
    assert run.error == "OrderRefused"
    assert run.path == ["Anything to pay?", "Reserve", "Charge", "Refused"]


def test_charge_is_tried_again_after_card_unreachable(machine):
    run = machine.run(
        {"total": 1, "id": "text"},
        mocks=[
            mock("Reserve", returns({})),
            mock("Charge", raises("Card.Unreachable"), returns({"id": "text"})),
            mock("Store", returns({})),
        ],
    )
    assert run.succeeded
    assert run.path == ["Anything to pay?", "Reserve", "Charge", "Store"]
