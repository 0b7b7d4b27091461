"""What a run would cost on AWS, and how near it came to the limits.

Owns the prices: a dated table, because prices change and a number without its date is a rumour. Pure.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one region at one time, in dollars, without the free tier.

    transition: of one Standard state transition. request: of one Express request. gb_second: of Express duration, in the
    first tier of a month (more is cheaper).
    """

    region: str
    as_of: str
    source: str
    transition: float
    request: float
    gb_second: float


PRICES: Final[dict[str, Prices]] = {
    "us-east-1": Prices(
        region="us-east-1 (N. Virginia)",
        as_of="2025",
        source="aws.amazon.com/step-functions/pricing",
        transition=0.025 / 1_000,
        request=1.00 / 1_000_000,
        gb_second=0.00001667,
    )
}
"""The table. Look at AWS's page before money depends on it."""

REGION: Final = "us-east-1"
CHUNK_MB: Final = 64
"""Express memory is billed in chunks of so many MB."""
ROUNDING_MS: Final = 100
"""Express duration is rounded up to so many milliseconds."""
BASE_MB: Final = 50
"""Memory an Express execution is taken to use besides its definition and data; what AWS meters is not published."""


def express_memory_mb(definition_bytes: int, largest_bytes: int) -> int:
    """Return the memory billed for an Express execution, in MB, as far as it can be told from here.

    >>> express_memory_mb(2_000, 300)
    64
    """
    used = BASE_MB + (definition_bytes + largest_bytes) / 1_048_576
    return max(1, math.ceil(used / CHUNK_MB)) * CHUNK_MB


def cost(
    transitions: int, seconds: float, memory_mb: int = CHUNK_MB, prices: Prices = PRICES[REGION]
) -> dict[str, Any]:
    """Return what a run would cost, in dollars: Standard by transitions, Express by duration and memory.

    >>> cost(7, 1.4)["standard"]
    0.000175
    >>> cost(7, 0.101)["billed_ms"]
    200
    """
    billed_ms = max(1, math.ceil(round(seconds * 1000, 3) / ROUNDING_MS)) * ROUNDING_MS
    gb_seconds = billed_ms / 1000 * memory_mb / 1024
    express = prices.request + gb_seconds * prices.gb_second
    return {
        "standard": round(transitions * prices.transition, 9),
        "express": round(express, 9),
        "billed_ms": billed_ms,
        "memory_mb": memory_mb,
    }


def prices_message(region: str = REGION) -> dict[str, Any]:
    """Return the table for the page."""
    return asdict(PRICES[region])
