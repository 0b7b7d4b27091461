"""The loop's three endings, on the virtual clock: ten minutes take no time."""

import functions
import pytest

from sfnbook import mock, raises, returns


@pytest.fixture
def machine(sfn):
    return sfn("machine.asl.json", functions=functions)


def answers(*payloads):
    return mock("Ask", *(returns({"StatusCode": 200, "Payload": payload}) for payload in payloads))


def test_asks_until_the_report_is_there(machine):
    run = machine.run({"month": "2026-10"})
    assert run.output == {"report": "s3://shop-reports/report-2026-10.pdf", "asked": 4}
    assert run.seconds == 4 * 30


def test_a_failed_job_ends_at_once(machine):
    job = answers({"status": "RUNNING"}, {"status": "FAILED", "reason": "no sales in October"})
    run = machine.run({"month": "2026-10"}, mocks=[job])
    assert (run.error, run.cause) == ("ReportFailed", "no sales in October")
    assert run.path.count("Ask") == 2


def test_gives_up_after_twenty_questions(machine):
    run = machine.run({"month": "2026-10"}, mocks=[answers({"status": "RUNNING"})])
    assert run.error == "ReportTimeout"
    assert run.path.count("Ask") == 20
    assert run.seconds == 20 * 30


def test_throttled_functions_are_called_again(machine):
    throttled = raises("Lambda.TooManyRequestsException")
    started = mock("Start the report", throttled, returns({"StatusCode": 200, "Payload": {"job": "report-7"}}))
    ready = returns({"StatusCode": 200, "Payload": {"status": "SUCCEEDED", "report": "s3://shop-reports/7.pdf"}})
    run = machine.run({"month": "2026-10"}, mocks=[started, mock("Ask", throttled, ready)])
    assert run.output == {"report": "s3://shop-reports/7.pdf", "asked": 1}
