"""The functions that the tasks call, and the one behind the buttons of the message."""

import json

import boto3


def ask_for_approval(event, context):
    """Send the question. Its buttons call `answer` with the token; what this returns is not the task's result."""
    print(f"to the manager: refund {event['refund']}, {event['amount']} euros?")


def answer(event, context):
    """Answer the waiting task: the Lambda function behind the buttons."""
    client = boto3.client("stepfunctions")
    if event["approved"]:
        client.send_task_success(taskToken=event["token"], output=json.dumps({"by": event["by"]}))
    else:
        client.send_task_failure(taskToken=event["token"], error="Rejected", cause=event["reason"])


def refund(event, context):
    return {"refund": event["refund"], "paid": event["amount"], "approvedBy": event.get("approvedBy")}
