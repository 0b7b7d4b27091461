"""What a run would cost on AWS, and how near it came to the limits.

Owns the prices: a dated table, because prices change and a number without its date is a rumour. Pure.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final, cast

from sfnbook.runs.billing import CHUNK_MB, billed_milliseconds
from sfnbook.widget.traits.shapes import CostMessage, PricesMessage


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


def cost(transitions: int, seconds: float, memory_mb: int = CHUNK_MB, prices: Prices = PRICES[REGION]) -> CostMessage:
    """Return what a run would cost, in dollars: Standard by transitions, Express by duration and memory.

    >>> cost(7, 1.4)["standard"]
    0.000175
    >>> cost(7, 0.101)["billed_ms"]
    200
    """
    billed_ms = billed_milliseconds(seconds)
    gb_seconds = billed_ms / 1000 * memory_mb / 1024
    express = prices.request + gb_seconds * prices.gb_second
    return {
        "standard": round(transitions * prices.transition, 9),
        "express": round(express, 9),
        "billed_ms": billed_ms,
        "memory_mb": memory_mb,
    }


def prices_message(region: str = REGION) -> PricesMessage:
    """Return the table for the page."""
    return cast(PricesMessage, asdict(PRICES[region]))
