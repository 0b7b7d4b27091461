"""Simulations: many runs in virtual time, with drawn durations and errors."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest

import sfnbook
from sfnbook import StateMachine
from sfnbook.errors import DefinitionError, InputError
from sfnbook.simulation.durations import drawn

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
TEXT = """\
shop: 10 runs, 10 SUCCEEDED

              p50      p95      p99     mean  longest
duration  10.00 s  10.00 s  10.00 s  10.00 s  10.00 s

a million runs         Standard           Express
cost                     $75.00            $11.42
billed by       3.0 transitions  duration, memory

where the time goes   a run  share
Pause (Wait)         5.00 s  50.0%
Ship                 3.00 s  30.0%
Charge               2.00 s  20.0%

most of the time: Pause (Wait), 50%
prices: us-east-1 (N. Virginia), 2025, aws.amazon.com/step-functions/pricing; without free tier, functions and services"""
HISTORIES = Path(__file__).parents[2] / "examples" / "orders" / "histories"


def test_fixed_durations_add_up_and_cost_what_aws_asks() -> None:
    found = StateMachine(SHOP, name="shop").simulate(runs=10, durations={"Charge": 2, "Ship": 3})
    assert found.seconds == (10.0,) * 10
    assert (found.percentile(50), found.percentile(99), found.transitions) == (10, 10, 3)
    assert found.standard == pytest.approx(3 * 0.025 / 1000)
    assert found.express == pytest.approx(1e-6 + 10 * 64 / 1024 * 0.00001667, rel=1e-4)
    assert found.time == {"Pause (Wait)": 5, "Ship": 3, "Charge": 2}


def test_the_words_and_the_picture_say_the_same_each_time() -> None:
    machine = StateMachine(SHOP, name="shop")
    first, again = (machine.simulate(runs=40, durations={"Charge": (1, 9), "Ship": 3}, seed=7) for _ in range(2))
    assert repr(first) == repr(again)
    assert first.svg == again.svg
    assert repr(machine.simulate(runs=10, durations={"Charge": 2, "Ship": 3})) == TEXT
    drawn = ElementTree.fromstring(first.svg)
    words = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert words[0] == "shop: 40 runs"
    assert "Pause (Wait)" in words
    assert f"p95 {first.percentile(95):.2f} s" in words
    assert "prefers-color-scheme:dark" in first.svg
    assert "data:image/svg+xml" in first._repr_html_()
    assert "[data-jp-theme-light=false] .sfnbook-static img{color-scheme:dark}" in first._repr_html_()


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
        ({"region": "mars"}, "no prices of mars. Known: us-east-1, "),
        ({"rate": 0}, "rate is how many executions begin each second"),
        ({"type": "FAST"}, 'Unknown machine type "FAST"'),
    ],
)
def test_what_cannot_be_simulated_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        StateMachine(SHOP, name="shop").simulate(**options)


def test_names_that_are_markup_stay_words_in_the_picture() -> None:
    name = '<b>&"' + "x" * 100
    machine = StateMachine({"StartAt": name[:80], "States": {name[:80]: {"Type": "Wait", "Seconds": 1, "End": True}}})
    ElementTree.fromstring(machine.simulate(runs=2).svg)


def test_a_region_has_its_prices() -> None:
    machine = StateMachine(SHOP, name="shop")
    found = machine.simulate(runs=1, region="us-west-1")
    assert found.standard == pytest.approx(3 * 0.0279 / 1000)
    assert found.express is None
    assert "The Express prices of us-west-1 (N. California) are not known here." in repr(found)
    assert "not known" in found._repr_html_()
    assert machine.simulate(runs=1, region="eu-west-1").express is not None


def test_as_express_a_long_run_times_out() -> None:
    machine = StateMachine(SHOP, name="shop")
    found = machine.simulate(runs=3, durations={"Charge": 400}, type="EXPRESS")
    assert (found.statuses, found.seconds[-1], found.over) == ({"TIMED_OUT": 3}, 300, 1)
    assert machine.simulate(runs=3, durations={"Charge": 400}).statuses == {"SUCCEEDED": 3}


def test_what_express_does_not_have_is_refused() -> None:
    token = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    arguments = {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/q", "MessageBody.$": "$$.Task.Token"}
    states = {"Ask": {"Type": "Task", "Resource": token, "Parameters": arguments, "End": True}}
    with pytest.raises(DefinitionError, match=r"waitForTaskToken|Express|EXPRESS"):
        StateMachine({"StartAt": "Ask", "States": states}, name="ask").simulate(type="EXPRESS")


def test_a_rate_is_compared_with_the_quotas_of_its_region() -> None:
    machine = StateMachine(SHOP, name="shop")
    load = machine.simulate(runs=5, durations={"Charge": 2, "Ship": 3}, rate=400).load
    assert load is not None
    used = {limit.name: (round(limit.used), limit.quota) for limit in load.limits}
    assert used == {
        "StartExecution": (400, 300),
        "state transitions": (1_200, 5_000),
        "open executions": (4_000, 1_000_000),
        "Lambda functions at work": (2_000, 1_000),
    }
    assert [limit.name for limit in load.exceeded] == ["StartExecution", "Lambda functions at work"]
    assert (load.most, load.limited_by) == (200, "Lambda functions at work")
    assert load.limits[0].empty_after == 13
    assert load.open < load.open_p99 < 4_200


@pytest.mark.parametrize(
    ("region", "type", "most", "by"),
    [
        ("eu-west-1", "STANDARD", 300, "StartExecution"),
        ("eu-central-1", "STANDARD", 150, "StartExecution"),
        ("us-east-1", "EXPRESS", 6_000, "StartExecution"),
    ],
)
def test_each_region_and_type_has_its_own_quotas(region: str, type: Any, most: float, by: str) -> None:
    load = StateMachine(SHOP, name="shop").simulate(runs=2, rate=1, region=region, type=type).load
    assert load is not None
    assert (load.most, load.limited_by, load.exceeded) == (most, by, ())


def test_many_transitions_are_limited_first() -> None:
    states: dict[str, Any] = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(39)}
    states["S39"] = {"Type": "Pass", "End": True}
    load = (
        StateMachine({"StartAt": "S0", "States": states}, name="long")
        .simulate(runs=2, rate=50, region="eu-west-3")
        .load
    )
    assert load is not None
    assert (load.most, load.limited_by) == (20, "state transitions")
    assert [limit.empty_after for limit in load.exceeded] == [800 / (50 * 40 - 800)]
