"""Yes, no, and no answer: by script, and once by the function behind the buttons."""

import boto3
import functions
import pytest

from sfnbook import mock, raises, returns

LARGE = {"refund": 12, "amount": 250}


@pytest.fixture
def machine(sfn):
    return sfn("machine.asl.json", functions=functions)


def test_a_small_refund_is_paid_at_once(machine):
    run = machine.run({"refund": 11, "amount": 100})
    assert run.path == ["Large?", "Refund"]


def test_approved_after_an_hour(machine):
    run = machine.run(LARGE, answers={"Ask for approval": returns({"by": "Ann"}, after=3600)})
    assert run.output == {"refund": 12, "paid": 250, "approvedBy": "Ann"}
    assert run.seconds == 3600


def test_rejected(machine):
    run = machine.run(LARGE, answers={"Ask for approval": raises("Rejected", "no receipt")})
    assert (run.error, run.cause) == ("Rejected", "no receipt")


def test_nobody_answers_for_three_days(machine):
    boto3.client("sns", region_name="us-east-1").create_topic(Name="refunds")
    run = machine.run(LARGE, answers={})
    assert run.path == ["Large?", "Ask for approval", "Hand on"]
    assert run.output == {**LARGE, "handedOn": True}
    assert run.seconds == 3 * 86400
    assert run.called("sns:publish").with_(Subject="Nobody answered: refund 12").once


@pytest.mark.parametrize(("approved", "status"), [(True, "SUCCEEDED"), (False, "FAILED")])
def test_the_buttons_answer(machine, approved, status):
    run = machine.run(LARGE, wait=False)
    token = run.tasks_waiting(timeout=30)[0].token
    functions.answer({"token": token, "approved": approved, "by": "Ann", "reason": "no receipt"}, None)
    run.wait(30)
    assert run.status == status


@pytest.mark.parametrize("state", ["Ask for approval", "Refund"])
def test_a_throttled_function_is_called_again(machine, state):
    answer = {"by": "Ann"} if state == "Ask for approval" else {"StatusCode": 200, "Payload": {"paid": 250}}
    asked = mock("Ask for approval", returns({"by": "Ann"}))
    run = machine.run(LARGE, mocks=[asked, mock(state, raises("Lambda.TooManyRequestsException"), returns(answer))])
    assert run.state(state).attempts == 2
