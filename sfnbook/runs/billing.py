"""What AWS would bill a run for: state transitions of a Standard one, duration and memory of an Express one.

Pricing page: a retry is a transition; duration counts in steps of 100 ms, memory in steps of 64 MB; the memory is that of the
workflow, its definition and its payloads, of all steps that a Map or Parallel has at work at once. Pure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sfnbook.engine.events import FrameKey
from sfnbook.engine.sizes import Sizes
from sfnbook.history.visits import Visit
from sfnbook.language.definition import Definition
from sfnbook.query.scope import ABSENT

CHUNK_MB: Final = 64
"""Express memory is billed in chunks of so many MB."""
ROUNDING_MS: Final = 100
"""Express duration is rounded up to so many milliseconds."""
BASE_MB: Final = 50
"""Memory an Express execution is taken to use besides its definition and data (the pricing page's example)."""


def transitions(visits: Iterable[Visit]) -> int:
    """Return how many state transitions visits were: each entry, and each retry of a Task, Parallel or Map."""
    return sum(1 + retries(visit) for visit in visits)


def retries(visit: Visit) -> int:
    """Return how often a visit tried again."""
    return max(0, len(visit.attempts) - 1)


def billed_milliseconds(seconds: float) -> int:
    """Return a duration as it is billed.

    >>> billed_milliseconds(0.101), billed_milliseconds(0)
    (200, 100)
    """
    return max(1, math.ceil(round(seconds * 1000, 3) / ROUNDING_MS)) * ROUNDING_MS


def express_memory_mb(definition_bytes: int, payload_bytes: int) -> int:
    """Return the memory billed for an Express execution, in MB, as far as it is known here.

    >>> express_memory_mb(2_000, 300), express_memory_mb(2_000, 800 * 32 * 1024)
    (64, 128)
    """
    used = BASE_MB + (definition_bytes + payload_bytes) / 1_048_576
    return max(1, math.ceil(used / CHUNK_MB)) * CHUNK_MB


def billing_details(definition: Definition, visits: Iterable[Visit], seconds: float) -> dict[str, int]:
    """Return StartSyncExecution's ``billingDetails``."""
    memory = express_memory_mb(len(definition.text), payload_bytes(definition, visits))
    return {"billedDurationInMilliseconds": billed_milliseconds(seconds), "billedMemoryUsedInMB": memory}


def payload_bytes(definition: Definition, visits: Iterable[Visit]) -> int:
    """Return the most bytes of payload that steps held at once: of a Map or Parallel the sum over those at work together."""
    sizes, own = Sizes(), defaultdict[FrameKey, int](int)
    places: dict[tuple[FrameKey, int], str] = {}
    for visit in visits:
        held = max((sizes.of(value) for value in (visit.input, visit.output) if value is not ABSENT), default=0)
        own[visit.frame] = max(own[visit.frame], held)
        if visit.frame:
            places[visit.frame[:-1], visit.frame[-1][0]] = visit.address
    at_once = _at_once(definition)
    for depth in range(max(map(len, own), default=0), 0, -1):
        together: defaultdict[tuple[FrameKey, int], list[int]] = defaultdict(list)
        for frame, held in own.items():
            if len(frame) == depth:
                together[frame[:-1], frame[-1][0]].append(held)
        for (outer, started), amounts in together.items():
            most = next((n for address, n in at_once if places[outer, started].startswith(address)), None)
            own[outer] = max(own[outer], sum(sorted(amounts, reverse=True)[:most]))
    return own[()]


def _at_once(definition: Definition) -> list[tuple[str, int]]:
    """Where a Map's processor stands, the innermost first, and its MaxConcurrency, where that is a number above 0."""
    found: Mapping[str, Any] = {
        f"{state.address}/": state.fields.get("MaxConcurrency")
        for state in definition.machine.walk()
        if state.type == "Map"
    }
    limits = [(address, n) for address, n in found.items() if isinstance(n, int) and n > 0]
    return sorted(limits, key=lambda entry: -len(entry[0]))
