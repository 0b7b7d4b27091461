"""The application under test: it starts executions and looks at what became of them, and knows nothing of tests."""

import json

import boto3


def ask_for_refund(machine_arn, order, amount):
    """Start a refund and return the execution's ARN."""
    client = boto3.client("stepfunctions")
    begun = client.start_execution(stateMachineArn=machine_arn, input=json.dumps({"order": order, "amount": amount}))
    return begun["executionArn"]


def refunded(order):
    """Return the amount that was refunded for an order, None for nothing."""
    item = boto3.client("dynamodb").get_item(TableName="refunds", Key={"order": {"S": order}}).get("Item")
    return int(item["amount"]["N"]) if item else None
