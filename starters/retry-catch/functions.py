"""The functions that the tasks call. The name of an exception is the name of the error in Retry and Catch."""


class BankBusy(Exception):
    """The bank answers later."""


class CardDeclined(Exception):
    """The bank has said no."""


def charge(event, context):
    if event["card"].endswith("0000"):
        raise CardDeclined(f"The card {event['card'][-4:]} is blocked.")
    return {"payment": f"payment-{event['order']}"}


def ask_for_another_card(event, context):
    print("to the customer:", event["reason"])
    return {"order": event["order"], "asked": True}
