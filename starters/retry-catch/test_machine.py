"""Each retrier and each catcher, and every failure that a task can have."""

import functions
import pytest

from sfnbook import mock, raises, returns

ORDER = {"order": 7, "card": "4111-1111-1111-1111", "amount": 40}
PAID = returns({"StatusCode": 200, "Payload": {"payment": "payment-7"}})


@pytest.fixture
def machine(sfn):
    return sfn("machine.asl.json", functions=functions)


def test_paid(machine):
    run = machine.run(ORDER)
    assert run.output == {"order": 7, "payment": "payment-7"}


def test_a_busy_bank_is_asked_again_after_10_and_30_seconds(machine):
    run = machine.run(ORDER, mocks=[mock("Charge", raises("BankBusy"), raises("BankBusy"), PAID)])
    assert run.path == ["Charge", "Paid"]
    assert run.seconds == 10 + 30


def test_a_bank_that_stays_busy_fails_the_payment(machine):
    run = machine.run(ORDER, mocks=[mock("Charge", raises("BankBusy", "try tomorrow"))])
    assert run.seconds == 10 + 30 + 90 + 120  # the fourth interval is cut by MaxDelaySeconds
    assert (run.error, run.cause) == ("BankBusy", "try tomorrow")


@pytest.mark.parametrize("state", ["Charge", "Ask for another card"])
def test_a_throttled_function_is_called_again(machine, state):
    answer = returns({"StatusCode": 200, "Payload": {"payment": "payment-7"}})
    throttled = mock(state, raises("Lambda.TooManyRequestsException"), answer)
    run = machine.run({**ORDER, "card": "0000" if state != "Charge" else "1111"}, mocks=[throttled])
    assert run.succeeded
    assert run.state(state).attempts == 2


def test_a_declined_card_is_not_tried_again(machine):
    run = machine.run({**ORDER, "card": "4111-1111-1111-0000"})
    assert run.state("Charge").attempts == 1
    assert run.path == ["Charge", "Ask for another card"]
    assert run.state("Ask for another card").input["reason"] == "The card 0000 is blocked."


def test_a_cause_in_plain_words_is_the_reason(machine):
    run = machine.run(ORDER, mocks=[mock("Charge", raises("CardDeclined", "stolen"))])
    assert run.state("Ask for another card").input["reason"] == "stolen"


@pytest.mark.sfn_sweep(
    "machine.asl.json", ORDER, bind={"*": lambda event, context: {"payment": "p"}}, states=["Charge"]
)
def test_no_failure_of_the_charge_goes_unhandled(sfn_failure):
    assert sfn_failure.outcome != "not handled"
