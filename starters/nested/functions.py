"""The functions that the tasks of both machines call."""


def authorise(event, context):
    declined = event["card"].endswith("0000")
    return {"authorisation": f"auth-{event['order']}", "authorised": not declined}


def capture(event, context):
    return {"payment": event["authorisation"].replace("auth", "payment")}


def ship(event, context):
    return {"parcel": f"parcel-{event['order']}"}
