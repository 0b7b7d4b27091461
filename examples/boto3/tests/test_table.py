"""A table of cases, answered by a mock configuration as Step Functions Local reads it."""

import json

import pytest

CASES = [
    ("Paid", 40, "SUCCEEDED", ["Large?", "Refund", "Note"]),
    ("Paid", 400, "SUCCEEDED", ["Large?", "Wait a day", "Refund", "Note"]),
    ("BusyOnce", 40, "SUCCEEDED", ["Large?", "Refund", "Note"]),
    ("Closed", 40, "FAILED", ["Large?", "Refund", "Refused"]),
]


@pytest.fixture
def machine(sfn_endpoint):
    sfn_endpoint.mock_config("tests/MockConfigFile.json")
    return sfn_endpoint.create("refund", "refund.asl.json")


@pytest.mark.parametrize(("case", "amount", "status", "path"), CASES)
def test_refunds(sfn_endpoint, machine, case, amount, status, path):
    client = sfn_endpoint.client()
    data = json.dumps({"order": "7", "amount": amount})
    begun = client.start_execution(stateMachineArn=f"{machine}#{case}", input=data)
    assert sfn_endpoint.wait(begun["executionArn"])["status"] == status
    assert sfn_endpoint.runs()[0].path == path
