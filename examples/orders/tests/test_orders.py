"""Whole orders, offline: the definition of the template, with mocks or the real handlers."""

import boto3
import pytest

from sfnbook import mock, raises, returns

ORDER = {"id": "7", "total": 40, "items": ["book"]}
RESERVED = mock("Reserve", returns({"items": ["book"]}))
CHARGED = mock("Charge", returns({"id": "payment-7"}))
STORED = mock("Store", returns({}))


@pytest.fixture
def orders(sfn):
    return sfn("template.yaml", "Orders")


def test_an_order_is_reserved_charged_and_stored(orders):
    run = orders.run(ORDER, mocks=[RESERVED, CHARGED, STORED])
    assert run.succeeded
    assert run.path == ["Anything to pay?", "Reserve", "Charge", "Store"]
    assert run.called("dynamodb:putItem").with_(TableName="orders", Item={"id": {"S": "7"}}).once


def test_nothing_to_pay(orders):
    run = orders.run({"id": "7", "total": 0})
    assert run.succeeded
    assert not run.called("*")


def test_a_bank_that_is_slow_is_asked_again(orders):
    slow = mock("Charge", raises("Card.Unreachable"), raises("Card.Unreachable"), returns({"id": "payment-7"}))
    run = orders.run(ORDER, mocks=[RESERVED, slow, STORED])
    assert run.state("Charge").attempts == 3
    assert run.state("Charge").seconds == 30 + 60


@pytest.mark.parametrize(("state", "error"), [("Reserve", "OutOfStock"), ("Charge", "CardDeclined")])
def test_an_order_that_cannot_be_had_is_refused(orders, state, error):
    run = orders.run(ORDER, mocks=[RESERVED, CHARGED, STORED, mock(state, raises(error))])
    assert run.error == "OrderRefused"
    assert run.state(state).error == error
    assert not run.called("dynamodb:putItem")


def test_the_order_is_in_the_table(orders):
    table = boto3.resource("dynamodb").create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    assert orders.run(ORDER, mocks=[RESERVED, CHARGED]).succeeded
    assert table.get_item(Key={"id": "7"})["Item"] == {"id": "7", "paid": "payment-7"}


def test_with_its_own_functions_and_its_own_table(sfn):
    run = sfn("template.yaml", "Orders", setup=True).run(ORDER)
    assert run.path == ["Anything to pay?", "Reserve", "Charge", "Store"]
    assert boto3.resource("dynamodb").Table("orders").get_item(Key={"id": "7"})["Item"]["id"] == "7"


@pytest.mark.sfn_cases("tests/MockConfigFile.json")
def test_mock_configuration(orders, sfn_case, sfn_snapshot):
    sfn_snapshot(sfn_case.run(orders, ORDER))


@pytest.mark.sfn_sweep("template.yaml", ORDER, machine="Orders", allow=["Store", "Reserve:*"])
def test_no_failure_goes_unhandled(sfn_failure):
    assert sfn_failure.status in ("SUCCEEDED", "FAILED")


@pytest.mark.sfn_replay("histories/*.json", "template.yaml", machine="Orders")
def test_production_would_go_the_same_way(sfn_replayed):
    assert sfn_replayed.same
