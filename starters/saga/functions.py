"""The functions that the tasks call: three systems that share no transaction. What is booked is in BOOKED."""

BOOKED = {}


class SoldOut(Exception):
    """There is none left."""


class CardDeclined(Exception):
    """The bank has said no."""


def book(what, trip):
    id = f"{what}-{trip['trip']}"  # made from the trip's own id: booking twice is booking once
    BOOKED[id] = trip["to"]
    return {"id": id}


def reserve_flight(event, context):
    if event["to"] == "Atlantis":
        raise SoldOut("There is no flight to Atlantis.")
    return book("flight", event)


def reserve_hotel(event, context):
    return book("hotel", event)


def charge(event, context):
    if event["card"].endswith("0000"):
        raise CardDeclined("The card is blocked.")
    return book("payment", event)


def refund(event, context):
    BOOKED.pop(f"payment-{event['trip']}", None)  # undoing what was never done does nothing


def cancel_hotel(event, context):
    BOOKED.pop(f"hotel-{event['trip']}", None)


def cancel_flight(event, context):
    BOOKED.pop(f"flight-{event['trip']}", None)
