"""The tools, and a stand-in for the model."""

ORDERS = {"7": {"items": ["lamp"], "state": "delivered", "date": "2026-01-20"}}


def find_order(event, context):
    return ORDERS[event["order"]]


def refund_policy(event, context):
    return {"days": 30, "unless": "used"}


def model(event, context):
    """Answer as bedrock:invokeModel does, by how far the conversation is: one tool, then two, then words."""
    turn = sum(message["role"] == "assistant" for message in event["Body"]["messages"])
    wants = [[("find_order", {"order": "7"})], [("find_order", {"order": "8"}), ("refund_policy", {})]]
    if turn < len(wants):
        content = [
            {"type": "tool_use", "id": f"toolu_{turn}_{number}", "name": name, "input": given}
            for number, (name, given) in enumerate(wants[turn])
        ]
        stop = "tool_use"
    else:
        content = [
            {"type": "text", "text": "Order 7 was delivered on 20 January: you may return the lamp for 30 days."}
        ]
        stop = "end_turn"
    body = {
        "id": f"msg_{turn}",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-20250514",
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 400 + 100 * turn, "output_tokens": 50},
    }
    return {"Body": body, "ContentType": "application/json"}
