"""A unittest.TestCase: setUp creates a state machine with boto3, each test starts executions."""

import json
import unittest
from pathlib import Path

import boto3
import pytest

DEFINITION = (Path(__file__).parents[1] / "refund.asl.json").read_text("utf-8")


class RefundTest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _endpoint(self, sfn_endpoint):
        self.endpoint = sfn_endpoint

    def setUp(self):
        self.client = boto3.client("stepfunctions")
        self.machine = self.client.create_state_machine(
            name="refund", definition=DEFINITION, roleArn=self.endpoint.role
        )["stateMachineArn"]
        self.endpoint.bind("Note", lambda event: {})

    def execution(self, **data):
        begun = self.client.start_execution(stateMachineArn=self.machine, input=json.dumps({"order": "7", **data}))
        return self.endpoint.wait(begun["executionArn"])

    def test_a_small_amount_is_refunded(self):
        self.endpoint.bind("refund", lambda event: {"id": f"refund-{event['order']}"})
        found = self.execution(amount=40)
        self.assertEqual(found["status"], "SUCCEEDED")
        self.assertEqual(json.loads(found["output"])["refund"], {"id": "refund-7"})

    def test_a_large_amount_waits_a_day_and_the_test_does_not(self):
        self.endpoint.bind("refund", lambda event: {})
        found = self.execution(amount=400)
        self.assertEqual((found["stopDate"] - found["startDate"]).days, 1)

    def test_a_bank_that_says_no(self):
        def refund(event):
            raise ValueError("account closed")

        self.endpoint.bind("refund", refund)
        found = self.execution(amount=40)
        self.assertEqual((found["status"], found["error"]), ("FAILED", "RefundRefused"))
        history = self.client.get_execution_history(executionArn=found["executionArn"])["events"]
        self.assertIn("LambdaFunctionFailed", [event["type"] for event in history])

    def test_nothing_is_left_of_other_tests(self):
        executions = self.client.list_executions(stateMachineArn=self.machine)["executions"]
        self.assertEqual(executions, [])
