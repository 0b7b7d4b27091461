"""The function that each child execution calls, with a batch of rows."""


def book(event, context):
    amounts = [int(order["amount"]) for order in event["Items"]]
    return {"file": event["BatchInput"]["file"], "orders": len(amounts), "sum": sum(amounts)}
