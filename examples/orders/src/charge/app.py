"""Charges the customer's card."""

import os


class CardDeclined(Exception):
    """The bank said no."""


def lambda_handler(event, context):
    if event["total"] > float(os.environ.get("LIMIT", "500")):
        raise CardDeclined(f"{event['total']} is over the limit")
    return {"id": f"payment-{event['id']}", "amount": event["total"]}
