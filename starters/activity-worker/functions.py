"""The work of the activity."""


class Broken(Exception):
    """An item cannot be sent."""


def pack(event, context=None):
    for item in event["items"]:
        if item.startswith("broken"):
            raise Broken(item)
    return {"box": f"box with {len(event['items'])} items for order {event['order']}"}
