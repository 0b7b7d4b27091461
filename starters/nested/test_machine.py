"""The payment alone, the order with it, and an order whose payment is refused."""

import functions
import pytest

from sfnbook import mock, raises, returns

ORDER = {"order": 7, "amount": 40, "card": "4111-1111-1111-1111"}
DECLINED = {**ORDER, "card": "4111-1111-1111-0000"}
THROTTLED = raises("Lambda.TooManyRequestsException")


@pytest.fixture
def payment(sfn):
    return sfn("take-payment.asl.json", "take-payment", functions=functions)


@pytest.fixture
def order(sfn, payment):
    return sfn("machine.asl.json", "order", functions=functions)


def test_a_payment(payment):
    assert payment.run(ORDER).output == {"payment": "payment-7"}


def test_a_refused_payment(payment):
    run = payment.run(DECLINED)
    assert (run.error, run.cause) == ("CardDeclined", "Authorisation auth-7 was refused.")


def test_an_order_starts_its_payment_and_is_shipped(order):
    run = order.run(ORDER)
    assert run.output == {"order": 7, "payment": "payment-7", "parcel": "parcel-7"}
    child = run.children[0]
    assert child.path == ["Authorise", "Authorised?", "Capture"]
    assert child.input["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"] == run.arn


def test_a_refused_payment_ends_the_order(order):
    run = order.run(DECLINED)
    assert (run.error, run.cause) == ("NotPaid", "The payment of order 7 ended with CardDeclined.")
    assert "Ship" not in run.path


def test_a_payment_that_takes_too_long_ends_the_order(order):
    run = order.run(ORDER, mocks=[mock("Take payment", raises("States.Timeout"))])
    assert run.cause == "The payment of order 7 ended with States.Timeout."


def test_too_many_executions_are_tried_again(order):
    ended = returns(
        {
            "ExecutionArn": "arn:aws:states:us-east-1:123456789012:execution:take-payment:7",
            "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:take-payment",
            "StartDate": "2026-01-01T00:00:00Z",
            "Status": "SUCCEEDED",
            "Output": {"payment": "payment-7"},
        }
    )
    run = order.run(ORDER, mocks=[mock("Take payment", raises("StepFunctions.ExecutionLimitExceeded"), ended)])
    assert run.state("Take payment").attempts == 2


def test_throttled_functions_are_called_again(order, payment):
    shipped = returns({"StatusCode": 200, "Payload": {"parcel": "parcel-7"}})
    assert order.run(ORDER, mocks=[mock("Ship", THROTTLED, shipped)]).succeeded
    authorised = returns({"StatusCode": 200, "Payload": {"authorisation": "auth-7", "authorised": True}})
    captured = returns({"StatusCode": 200, "Payload": {"payment": "payment-7"}})
    mocks = [mock("Authorise", THROTTLED, authorised), mock("Capture", THROTTLED, captured)]
    assert payment.run(ORDER, mocks=mocks).output == {"payment": "payment-7"}
