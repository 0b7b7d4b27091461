"""What a run would cost on AWS, for the page. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final, cast

from sfnbook.runs.billing import CHUNK_MB, billed_milliseconds
from sfnbook.runs.prices import PRICES, REGION, Prices, express_cost, standard_cost
from sfnbook.widget.traits.shapes import CostMessage, PricesMessage

_HERE: Final = PRICES[REGION]


def cost(transitions: int, seconds: float, memory_mb: int = CHUNK_MB, prices: Prices = _HERE) -> CostMessage:
    """Return what a run would cost, in dollars: Standard by transitions, Express by duration and memory.

    prices: of a region whose Express prices are known.

    >>> cost(7, 1.4)["standard"]
    0.000175
    >>> cost(7, 0.101)["billed_ms"]
    200
    """
    express = express_cost(seconds, memory_mb, prices)
    assert express is not None, prices.region
    return {
        "standard": standard_cost(transitions, prices),
        "express": express,
        "billed_ms": billed_milliseconds(seconds),
        "memory_mb": memory_mb,
    }


def prices_message() -> PricesMessage:
    """Return the table's row for the page."""
    return cast(PricesMessage, asdict(_HERE))
