"""The function that the task calls."""


class SupplierDown(Exception):
    """It does not answer."""


def call_supplier(event, context):
    if event.get("down"):
        raise SupplierDown(f"{event['service']} does not answer.")
    return {"service": event["service"], "article": event["article"], "price": 4}
