"""Answers, refusals and passing faults of the API, in the shapes that an HTTP Task has."""

import pytest

from sfnbook import mock, raises, returns

INVOICE = {"invoice": "I-7", "euros": 40, "currency": "SEK"}


def reply(body, status=200, text="OK"):
    headers = {"content-type": ["application/json"]}
    return returns({"StatusCode": status, "StatusText": text, "Headers": headers, "ResponseBody": body})


RATE = reply({"rate": 11.25})
FILED = reply({"id": "inv-7"}, 201, "Created")


@pytest.fixture
def machine(sfn):
    return sfn("machine.asl.json")


def test_an_invoice_is_converted_and_filed(machine):
    run = machine.run(INVOICE, name="invoice-7", mocks=[mock("Get the rate", RATE), mock("File the invoice", FILED)])
    assert run.output == {"invoice": "I-7", "rate": 11.25, "id": "inv-7", "status": 201}
    asked, filed = run.called("http:invoke")
    assert asked.parameters["ApiEndpoint"] == "https://api.rates.example/v1/latest/SEK"
    assert filed.parameters["RequestBody"] == {"invoice": "I-7", "currency": "SEK", "amount": 450}
    assert filed.parameters["Headers"]["Idempotency-Key"] == "invoice-7"


def test_an_unknown_currency(machine):
    run = machine.run(
        {**INVOICE, "currency": "XXX"}, mocks=[mock("Get the rate", raises("States.Http.StatusCode.404"))]
    )
    assert (run.error, run.cause) == ("UnknownCurrency", "There is no rate for XXX.")


@pytest.mark.parametrize("state", ["Get the rate", "File the invoice"])
@pytest.mark.parametrize("error", ["States.Http.StatusCode.429", "States.Http.StatusCode.503", "States.Http.Socket"])
def test_a_passing_fault_is_tried_again(machine, state, error):
    answers = {"Get the rate": [RATE], "File the invoice": [FILED]}
    answers[state] = [raises(error), *answers[state]]
    run = machine.run(INVOICE, mocks=[mock(name, *many) for name, many in answers.items()])
    assert run.succeeded
    assert run.state(state).attempts == 2


def test_a_refusal_is_not_tried_again(machine):
    run = machine.run(INVOICE, mocks=[mock("Get the rate", raises("States.Http.StatusCode.403"))])
    assert run.error == "States.Http.StatusCode.403"
    assert run.state("Get the rate").attempts == 1
