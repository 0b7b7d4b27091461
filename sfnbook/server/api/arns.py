"""ARNs of Step Functions, and of roles: read as AWS reads them, with its words for those that are none.

Owns their parts; knows nothing of what they name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sfnbook.server.api.wire import ApiError


def invalid_arn(words: str) -> ApiError:
    """Return AWS's refusal of an ARN."""
    return ApiError("InvalidArn", f"Invalid Arn: '{words}'")


@dataclass(frozen=True, slots=True)
class Arn:
    """kind: stateMachine, execution, express, activity, mapRun. names: what follows, for example (machine, version)."""

    text: str
    kind: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The first name: of the machine or activity."""
        return self.names[0]


def read_arn(text: str, *kinds: str) -> Arn:
    """Return an ARN of one of these kinds. Raises ApiError (InvalidArn)."""
    parts = text.split(":")
    if parts[0] != "arn":
        raise invalid_arn(f"Invalid ARN prefix: {text}")
    if len(parts) < 7 or not all(parts[i] for i in (1, 2, 3, 4, 5, 6)):
        raise invalid_arn(f"Invalid ARN: {text}")
    if parts[2] != "states":
        raise invalid_arn(f"Invalid ARN service: {text}")
    kind = parts[5]
    if kind not in kinds:
        raise invalid_arn(f"Resource type not valid in this context: {kind}")
    return Arn(text, kind, tuple(parts[6:]))


_ROLE: Final = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")


def read_role(text: str) -> str:
    """Return a role's ARN. Raises ApiError in AWS's words (aws/amazon-sagemaker-examples#2432)."""
    if not _ROLE.fullmatch(text):
        raise ApiError("InvalidArn", f"Invalid Role Arn: '{text}'")
    return text
