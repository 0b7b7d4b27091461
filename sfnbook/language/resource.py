"""A Task's Resource taken apart: which service, which action, and how the task waits for its answer.

Owns the reading of ARNs in the Resource field; knows nothing of who answers them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Pattern = Literal["", "sync", "sync:2", "waitForTaskToken"]

_PATTERNS: Final[tuple[Pattern, ...]] = ("waitForTaskToken", "sync:2", "sync")


@dataclass(frozen=True, slots=True)
class Resource:
    """A Resource field.

    kind: "lambda" (a function's own ARN, or a text that is no ARN), "activity", or "service" (an integration).
    type, action: as in TaskScheduled's ``resourceType`` and ``resource`` (the action with its pattern).
    pattern: how the task waits. function: the function's or the activity's name (kind "lambda" and "activity").
    integration: what the events of a service's task name. is_lambda_invoke: True for the optimised integration
    ``lambda:invoke`` in any pattern.
    """

    text: str
    kind: Literal["lambda", "activity", "service"]
    type: str
    action: str
    pattern: Pattern
    function: str = ""
    region: str = "us-east-1"
    integration: dict[str, str] = field(init=False, compare=False, repr=False)
    is_lambda_invoke: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        named = {"resourceType": self.type, "resource": self.action} if self.kind == "service" else {}
        object.__setattr__(self, "integration", named)
        invoke = self.type == "lambda" and self.operation == "invoke" and self.kind == "service"
        object.__setattr__(self, "is_lambda_invoke", invoke)

    @property
    def operation(self) -> str:
        """The action without its pattern."""
        return self.action.removesuffix("." + self.pattern) if self.pattern else self.action

    @property
    def label(self) -> str:
        """What a reader calls it: the function's name, or ``service:action``."""
        return self.function or f"{self.type.removeprefix('aws-sdk:')}:{self.action}"


def parse_resource(text: str) -> Resource:
    """Return a Resource field taken apart. Never raises: a text that is no ARN counts as a function's name."""
    parts = text.split(":")
    if len(parts) >= 6 and parts[0] == "arn":
        service, region = parts[2], parts[3] or "us-east-1"
        if service == "states" and not parts[3] and not parts[4]:
            return _service(text, ":".join(parts[5:]))
        if service == "states" and parts[5] == "activity":
            return Resource(text, "activity", "activity", text, "", ":".join(parts[6:]), region)
        if service == "lambda" and parts[5] == "function" and len(parts) > 6:
            return Resource(text, "lambda", "lambda", text, "", parts[6], region)
    return Resource(text, "lambda", "lambda", text, "", function_name(text))


def _service(text: str, rest: str) -> Resource:
    pattern: Pattern = ""
    for candidate in _PATTERNS:
        if rest.endswith("." + candidate):
            pattern = candidate
            break
    body = rest.removesuffix("." + pattern) if pattern else rest
    kind, _, action = body.rpartition(":")
    return Resource(text, "service", kind, f"{action}.{pattern}" if pattern else action, pattern)


def function_name(text: str) -> str:
    """Return the plain name of a function given as a name, ``name:alias``, partial or full ARN."""
    parts = text.split(":")
    if "function" in parts and parts.index("function") + 1 < len(parts):
        return parts[parts.index("function") + 1]
    return parts[0] if parts[0] != "arn" else text
