"""What a function returns, against the encoder of AWS's own Python runtime, and what an input's refusal says to write."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import json
import math
import pathlib
import uuid
from typing import Any

import pytest

from sfnbook import InputError, StateMachine
from sfnbook.tasks.functions.marshaller import marshalled, refused

D = decimal.Decimal
Point = collections.namedtuple("Point", "x y")  # the plain kind
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


class Number(enum.IntEnum):
    ONE = 1


class Text(str, enum.Enum):  # noqa: UP042  # the older kind
    A = "a"


RETURNED = [
    {"total": D("12.50"), "count": D("3"), "large": D("1E+2"), "small": D("-0.0001")},
    [D("0.1"), (D("2"), [D("12345678901234567890")])],
    [b"caf\xc3\xa9", {b"key": b"value"}],
    Point(1, D("2.5")),
    {"at": Point(1, [Point(2, 3)])},
    [Number.ONE, Text.A, True, None, 1.5, "\u00e9"],
    {2: "a", 1.5: "b", None: "c", True: "d", Text.A: "e"},
    collections.OrderedDict(a=(1, 2)),
    {1, 2},
    {"when": datetime.datetime(2026, 1, 31)},
    [uuid.UUID(int=1)],
    {"r": range(3)},
    collections.UserDict(a=1),
    bytearray(b"x"),
    [object()],
    [b"\xff"],
]


@pytest.mark.parametrize("value", RETURNED, ids=lambda value: type(value).__name__)
def test_it_takes_and_refuses_what_awss_runtime_does(value: Any) -> None:
    runtime = pytest.importorskip("awslambdaric.lambda_runtime_marshaller")
    expected, said = _encoded(runtime.to_json, value)
    if said is None:
        assert marshalled(value) == expected
        return
    with pytest.raises(ValueError, match=r"is not JSON serializable|codec can't decode") as found:
        marshalled(value)
    assert refused(str(found.value))[0] == said


def _encoded(to_json: Any, value: Any) -> tuple[Any, str | None]:
    try:
        return json.loads(to_json(value)), None
    except (TypeError, UnicodeDecodeError) as fault:
        return None, str(fault)


@pytest.mark.parametrize("value", [D("NaN"), D("-Infinity"), D("1E+400"), math.nan, math.inf])
def test_what_is_no_json_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"at \$\.a is no JSON number: write None or a text"):
        marshalled({"a": value})


def instead(value: Any) -> str:
    with pytest.raises(InputError) as found:
        StateMachine(PASS, name="m").run({"a": value})
    return str(found.value).partition(": write ")[2]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (D("1.5"), "float(value), or int(value)."),
        (datetime.date(2026, 1, 31), "value.isoformat()."),
        (datetime.datetime(2026, 1, 31), "value.isoformat()."),
        (datetime.timedelta(1), "value.total_seconds()."),
        (math.nan, "None or a text."),
        (b"x", "value.decode()."),
        ({1}, "sorted(value)."),
        (pathlib.Path("x"), "str(value)."),
        (uuid.UUID(int=1), "str(value)."),
        (range(3), "list(value)."),
        (collections.UserDict(), "dict(value)."),
        (object(), ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_inputs_refusal_says_what_to_write(value: Any, words: str) -> None:
    assert instead(value) == words


def test_an_inputs_refusal_knows_numpy_and_pandas() -> None:
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    assert instead(numpy.int64(1)) == "value.item()."
    assert instead(numpy.array([1])) == "value.tolist()."
    assert instead(pandas.Timestamp("2026-01-31")) == "value.isoformat()."
    assert instead(pandas.DataFrame({"a": [1]})) == 'value.to_dict("records").'
    assert instead(pandas.Series([1])) == "value.tolist()."
    assert instead(pandas.NaT) == instead(pandas.NA) == "None."
