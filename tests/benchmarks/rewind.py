"""How long going back takes in a run of 25,000 events: ``python tests/benchmarks/rewind.py``.

Milliseconds of wall time for `Run.at` at some events, each the median of nine.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2])]

from sfnbook import StateMachine  # noqa: E402  # a script finds its checkout by path

LOOP = {
    "StartAt": "Count",
    "States": {
        "Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More?"},
        "More?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericLessThan": 6_230, "Next": "Count"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


def seconds(run: object, event: int) -> float:
    """Time one look back."""
    began = time.perf_counter()
    assert run.at(event).event == event  # type: ignore[attr-defined]
    return time.perf_counter() - began


if __name__ == "__main__":
    run = StateMachine(LOOP, name="loop").run({"n": 0})
    for event in (2, 1_000, 12_000, len(run.events) - 10):
        print(f"event {event:>6,}: {statistics.median(seconds(run, event) for _ in range(9)) * 1000:6.1f} ms")
