"""``bedrockagentcore:invokeHarness``: the optimized integration that gathers an agent's stream into one answer.

Guide: "Invoke Amazon Bedrock AgentCore harness with Step Functions". The last message of the assistant, its text only; tokens
and latency of all turns together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sfnbook.values import Json

TOKENS: Final = ("inputTokens", "outputTokens", "totalTokens")

FAULTS: Final = ("internalServerException", "validationException", "runtimeClientError")
"""The events of the stream that end it with a failure, by their names in the API's model."""


class Failed(Exception):
    """The stream ended with a failure: ``code`` and the service's message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def result(stream: Iterable[Mapping[str, Any]]) -> dict[str, Json]:
    """Return the events of an InvokeHarness stream as the task's result. Raises Failed.

    >>> delta = {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hi"}}}
    >>> result([delta, {"messageStop": {"stopReason": "end_turn"}}])["Output"]
    {'Message': {'Role': 'assistant', 'Content': [{'Text': 'Hi'}]}}
    """
    blocks: dict[int, str] = {}
    usage = dict.fromkeys(TOKENS, 0)
    latency, stopped, role = 0, None, "assistant"
    for event in stream:
        [(kind, body)] = event.items()
        match kind:
            case "messageStart":
                blocks, role = {}, body["role"]
            case "contentBlockDelta" if "text" in body["delta"]:
                index = body["contentBlockIndex"]
                blocks[index] = blocks.get(index, "") + body["delta"]["text"]
            case "messageStop":
                stopped = body["stopReason"]
            case "metadata":
                for name in TOKENS:
                    usage[name] += body["usage"].get(name, 0)
                latency += body["metrics"]["latencyMs"]
            case _ if kind in FAULTS:
                raise Failed(kind[:1].upper() + kind[1:], str(body.get("message", "")))
    content = [{"Text": blocks[index]} for index in sorted(blocks)]
    return {
        "Output": {"Message": {"Role": role, "Content": content}},
        "StopReason": stopped,
        "Usage": {name[:1].upper() + name[1:]: count for name, count in usage.items()},
        "Metrics": {"LatencyMs": latency},
    }
