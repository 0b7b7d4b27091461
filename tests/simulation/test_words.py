"""A simulation's options as a line has them."""

from __future__ import annotations

import pytest

from sfnbook.errors import InputError
from sfnbook.simulation.words import number, read_options, whole


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("Ship=2", ("Ship", 2)),
        ("Ship=.5", ("Ship", 0.5)),
        ("Ship=200ms-1.5s", ("Ship", (0.2, 1.5))),
        ("Ship it=5m", ("Ship it", 300)),
        ('"Ship it"=1h', ("Ship it", 3600)),
        ("a=b=1-3", ("a=b", (1, 3))),
        ("Ship=p50:0.2,p95:1.5", ("Ship", {"p50": 0.2, "p95": 1.5})),
        ("Ship=p95:1500ms, p50:200ms", ("Ship", {"p95": 1.5, "p50": 0.2})),
    ],
)
def test_durations(text: str, duration: object) -> None:
    assert list(read_options([text], [], [])["durations"].items()) == [duration]


@pytest.mark.parametrize(
    "text", ["Ship", "=3", "Ship=", "Ship=fast", "Ship=1-2-3", "Ship=-1", "Ship=p50:1", "Ship=p50:1,p50:2"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write STATE=SECONDS"):
        read_options([text], [], [])


def test_errors_of_one_state_add_up() -> None:
    found = read_options([], ["Charge=Busy%2", "Charge=States.Timeout%0.5", "Ship=A%100"], [])
    assert found["errors"] == {"Charge": {"Busy": 0.02, "States.Timeout": 0.005}, "Ship": {"A": 1}}


@pytest.mark.parametrize(
    "text", ["Charge", "Charge=Busy", "Charge=%2", "=Busy%2", "Charge=Busy%much", "Charge=Busy%120"]
)
def test_what_is_no_error_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write STATE=ERROR%PERCENT"):
        read_options([], [text], [])


def test_numbers() -> None:
    assert (whole("5000", "runs", 1), whole(None, "runs", 7), number("0.5", "rate", 0)) == (5_000, 7, 0.5)
    with pytest.raises(InputError, match=r"--runs is a whole number, not '1\.5'"):
        whole("1.5", "runs", 1)
    with pytest.raises(InputError, match="--rate is a number, not 'x'"):
        number("x", "rate", 1)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ('Ship={"a": "b=c"}', {"Ship": {"a": "b=c"}}),
        ('"Ship = it"=[1]', {"Ship = it": [1]}),
        ("Ship it=null", {"Ship it": None}),
    ],
)
def test_outputs(text: str, output: object) -> None:
    assert read_options([], [], [text])["outputs"] == output


@pytest.mark.parametrize("text", ["Ship", "Ship=", "={}", "Ship={"])
def test_what_is_no_output_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write STATE=JSON"):
        read_options([], [], [text])
