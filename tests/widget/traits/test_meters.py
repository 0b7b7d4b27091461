"""Costs and limits: what the meters read."""

from __future__ import annotations

from sfnbook import StateMachine
from sfnbook.runs.billing import express_memory_mb
from sfnbook.runs.prices import PRICES
from sfnbook.widget.traits.meters import cost, prices_message
from sfnbook.widget.traits.recorder import Recorder
from sfnbook.widget.traits.state_summary import StateCounts


def test_standard_counts_transitions_and_express_duration_in_steps() -> None:
    assert cost(4_000, 0)["standard"] == 0.1
    assert [cost(1, seconds)["billed_ms"] for seconds in (0, 0.1, 0.1001, 1.25)] == [100, 100, 200, 1300]
    assert cost(1, 10)["express"] == round(0.000001 + 10 * 64 / 1024 * 0.00001667, 9)


def test_express_memory_comes_in_chunks_of_64_mb() -> None:
    assert express_memory_mb(1_000, 262_144) == 64
    assert express_memory_mb(1_000, 20_000_000) == 128


def test_the_prices_say_their_day_and_their_region() -> None:
    message = prices_message()
    assert (message["region"], message["as_of"]) == ("us-east-1 (N. Virginia)", PRICES["us-east-1"].as_of)


def test_edges_and_the_largest_payload_are_weighed() -> None:
    states = {"A": {"Type": "Pass", "Result": "x" * 98, "ResultPath": "$.big", "Next": "B"}, "B": {"Type": "Succeed"}}
    machine = StateMachine({"StartAt": "A", "States": states}, name="m")
    run = machine.run({"n": 1})
    counts = StateCounts(machine.definition)
    counts.read(run.visits, run.events)
    size = len('{"n":1,"big":""}') + 98
    assert counts.edge_bytes == {
        "<start> -> /States/A": 7,
        "/States/A -> /States/B": size,
        "/States/B -> <end>": size,
    }
    assert counts.largest == (size, 2, "output")
    assert Recorder(machine, run).live()["largest"] == {"bytes": size, "visit": 2, "stage": "output"}
