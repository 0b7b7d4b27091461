"""pytest fixtures: a machine, a table of the embedded DynamoDB, and the application between them."""

import sys
from pathlib import Path

import boto3
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

import refunds

from sfnbook import TaskError


@pytest.fixture
def table(sfn_endpoint):
    return boto3.resource("dynamodb").create_table(
        TableName="refunds",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "order", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "order", "KeyType": "HASH"}],
    )


@pytest.fixture
def machine(sfn_endpoint):
    return sfn_endpoint.create("refund", "refund.asl.json")


def test_a_refund_is_noted(sfn_endpoint, machine, table):
    sfn_endpoint.bind("refund", lambda event: {})
    sfn_endpoint.wait(refunds.ask_for_refund(machine, "7", 40))
    assert refunds.refunded("7") == 40
    assert refunds.refunded("8") is None


def test_a_busy_bank_is_asked_again(sfn_endpoint, machine, table):
    answers = iter([TaskError("Bank.Busy", "later"), {}])

    def refund(event):
        answer = next(answers)
        if isinstance(answer, TaskError):
            raise answer
        return answer

    sfn_endpoint.bind("refund", refund)
    sfn_endpoint.wait(refunds.ask_for_refund(machine, "7", 40))
    (run,) = sfn_endpoint.runs()
    assert run.state("Refund").attempts == 2
    assert run.path == ["Large?", "Refund", "Note"]


def test_without_a_table_the_execution_fails(sfn_endpoint, machine):
    sfn_endpoint.bind("refund", lambda event: {})
    found = sfn_endpoint.wait(refunds.ask_for_refund(machine, "7", 40))
    assert found["error"] == "DynamoDB.ResourceNotFoundException"
