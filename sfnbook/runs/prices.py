"""What AWS asks for Step Functions, by region, and how fast a region lets executions through by default.

Owns both tables; each row has its date and its source, because prices and quotas change. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sfnbook.errors import InputError
from sfnbook.runs.billing import billed_milliseconds

REGION: Final = "us-east-1"
"""The region whose prices are meant where none is named."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one region at one time, in dollars, without the free tier.

    transition: of one Standard state transition. request: of one Express request. gb_second: of Express duration, in the
    first tier of a month (more is cheaper). The last two are None where AWS's price is not known here.
    """

    region: str
    as_of: str
    source: str
    transition: float
    request: float | None = None
    gb_second: float | None = None


_SOURCE: Final = "aws.amazon.com/step-functions/pricing"
_REQUEST: Final = 1.00 / 1_000_000
_GB_SECOND: Final = 0.00001667

PRICES: Final[dict[str, Prices]] = {
    "us-east-1": Prices("us-east-1 (N. Virginia)", "2025", _SOURCE, 0.025 / 1_000, _REQUEST, _GB_SECOND),
    **{
        region: Prices(f"{region} ({place})", "2025", _SOURCE, 0.025 / 1_000, _REQUEST, _GB_SECOND)
        for region, place in (("us-east-2", "Ohio"), ("us-west-2", "Oregon"), ("eu-west-1", "Ireland"))
    },
    **{
        region: Prices(f"{region} ({place})", "2019", _SOURCE, dollars / 1_000)
        for region, place, dollars in (
            ("us-west-1", "N. California", 0.0279),
            ("ca-central-1", "Canada", 0.025),
            ("sa-east-1", "São Paulo", 0.0375),
            ("us-gov-east-1", "GovCloud US-East", 0.03),
            ("us-gov-west-1", "GovCloud US-West", 0.03),
            ("eu-central-1", "Frankfurt", 0.025),
            ("eu-west-2", "London", 0.025),
            ("eu-west-3", "Paris", 0.0297),
            ("eu-north-1", "Stockholm", 0.025),
            ("ap-southeast-1", "Singapore", 0.025),
            ("ap-southeast-2", "Sydney", 0.025),
            ("ap-northeast-1", "Tokyo", 0.025),
            ("ap-northeast-2", "Seoul", 0.0271),
            ("ap-south-1", "Mumbai", 0.0285),
        )
    },
}
"""The table. The rows of 2019 are the pricing page's table of that year, which had Standard only. Look at AWS's page before
money depends on it."""


def prices_of(region: str) -> Prices:
    """Return the prices of a region. Raises InputError that lists the known ones."""
    if region not in PRICES:
        raise InputError(f"There are no prices of {region}. Known: {', '.join(PRICES)}.")
    return PRICES[region]


def standard_cost(transitions: int, prices: Prices) -> float:
    """Return what a Standard execution costs, in dollars.

    >>> standard_cost(4_000, PRICES["us-east-1"])
    0.1
    """
    return round(transitions * prices.transition, 9)


def express_cost(seconds: float, memory_mb: int, prices: Prices) -> float | None:
    """Return what an Express execution costs, in dollars; None where the region's price is not known.

    >>> express_cost(10, 64, PRICES["us-east-1"])
    1.1419e-05
    """
    if prices.request is None or prices.gb_second is None:
        return None
    gb_seconds = billed_milliseconds(seconds) / 1000 * memory_mb / 1024
    return round(prices.request + gb_seconds * prices.gb_second, 9)


@dataclass(frozen=True, slots=True)
class Throttle:
    """A token bucket: so many at once, and so many each second after that."""

    bucket: int
    rate: int


@dataclass(frozen=True, slots=True)
class Throughput:
    """What an account may do in a region by default, until AWS raises it.

    starts, transitions: None where nothing limits them. open: executions that may be open at once.
    """

    starts: Throttle
    transitions: Throttle | None
    open: int | None


THROUGHPUT_SOURCE: Final = "docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, 2025"
LAMBDA_CONCURRENCY: Final = 1_000
"""Calls of Lambda functions at work at once, all functions of an account in a region together (Lambda quotas, default)."""

_LARGE: Final = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
"""The regions that the quotas page names; one row holds for all others."""


def throughput(region: str, *, express: bool) -> Throughput:
    """Return the default quotas of a region.

    >>> throughput("eu-central-1", express=False).starts
    Throttle(bucket=800, rate=150)
    """
    if express:
        return Throughput(Throttle(6_000, 6_000), None, None)
    large = region in _LARGE
    starts = Throttle(1_300, 300) if large else Throttle(800, 150)
    return Throughput(starts, Throttle(5_000, 5_000) if large else Throttle(800, 800), 1_000_000)
