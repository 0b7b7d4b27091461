"""Simulations: many runs in virtual time, with drawn durations and errors."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

import sfnbook
from sfnbook import StateMachine
from sfnbook.errors import InputError
from sfnbook.simulation import drawn

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
SHOP = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": FUNCTION + "charge",
            "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 10, "MaxAttempts": 1}],
            "Next": "Pause",
        },
        "Pause": {"Type": "Wait", "Seconds": 5, "Next": "Ship"},
        "Ship": {"Type": "Task", "Resource": FUNCTION + "ship", "End": True},
    },
}
HISTORIES = Path(__file__).parents[1] / "examples" / "orders" / "histories"


def test_fixed_durations_add_up_and_cost_what_aws_asks() -> None:
    found = StateMachine(SHOP, name="shop").simulate(runs=10, durations={"Charge": 2, "Ship": 3})
    assert found.seconds == (10.0,) * 10
    assert (found.percentile(50), found.percentile(99), found.transitions) == (10, 10, 3)
    assert found.standard == pytest.approx(3 * 0.025 / 1000)
    assert found.express == pytest.approx(1e-6 + 10 * 64 / 1024 * 0.00001667, rel=1e-4)
    assert found.time == {"Pause (Wait)": 5, "Ship": 3, "Charge": 2}
    assert "p50 10.00 s" in repr(found)
    assert "<svg" in found._repr_html_()


def test_errors_are_retried_or_fail_in_their_share() -> None:
    found = StateMachine(SHOP, name="shop").simulate(runs=2_000, errors={"Charge": {"Busy": 0.5}})
    assert 0.7 < found.statuses["SUCCEEDED"] / 2_000 < 0.8
    assert found.errors == {"Busy": found.statuses["FAILED"]}
    assert 4 < found.time["Charge (waiting to retry)"] < 6


def test_the_same_seed_gives_the_same_runs() -> None:
    machine = StateMachine(SHOP, name="shop")
    first, again, other = (machine.simulate(runs=50, durations={"Ship": (1, 9)}, seed=seed) for seed in (1, 1, 2))
    assert first.seconds == again.seconds != other.seconds
    assert 6 <= first.seconds[0] <= first.seconds[-1] <= 14


@pytest.mark.parametrize(
    ("duration", "least", "middle", "most"),
    [(2, 2, 2, 2), ((1, 3), 1, 2, 3), ([1.0, 1.0, 4.0], 1, 1, 4), ({"p50": 0.2, "p95": 1.5}, 0, 0.2, 60)],
)
def test_durations(duration: Any, least: float, middle: float, most: float) -> None:
    random = Random(0)
    values = sorted(drawn(duration, random, "Ship") for _ in range(4_001))
    assert least <= values[0] <= values[-1] <= most
    assert values[2_000] == pytest.approx(middle, rel=0.1)


def test_log_normal_durations_have_the_percentile_that_was_given() -> None:
    random = Random(0)
    values = sorted(drawn({"p50": 0.2, "p95": 1.5}, random, "Ship") for _ in range(20_001))
    assert values[19_000] == pytest.approx(1.5, rel=0.1)


def test_recorded_histories_give_durations_answers_and_errors() -> None:
    machine = StateMachine(HISTORIES.parent / "template.yaml", name="Orders")
    recorded = [sfnbook.replay(file, machine) for file in sorted(HISTORIES.glob("*.json"))]
    found = machine.simulate({"id": "7", "total": 40}, runs=200, histories=recorded)
    assert set(found.statuses) == {"SUCCEEDED", "FAILED"}
    assert found.percentile(99) > 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"durations": {"Chrage": 1}}, 'no Task state "Chrage"'),
        ({"durations": {"Ship": "long"}}, "The duration of Ship is seconds"),
        ({"durations": {"Ship": (3, 1)}}, "The duration of Ship is seconds"),
        ({"durations": {"Ship": {"p50": 1}}}, "The duration of Ship is seconds"),
        ({"errors": {"Ship": {"A": 0.7, "B": 0.7}}}, "together 1 at most"),
        ({"runs": 0}, "runs is how many"),
        ({"region": "mars"}, "no prices of mars"),
    ],
)
def test_what_cannot_be_simulated_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        StateMachine(SHOP, name="shop").simulate(**options)
