"""Expressions over text that nobody has checked: none may take for ever, and Java's spellings are read."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import sfnbook
from sfnbook.errors import StatesError
from sfnbook.query import regexes
from sfnbook.query.jsonata import language
from sfnbook.query.jsonpath.choice_rules import glob
from sfnbook.query.jsonpath.paths import compile_path
from sfnbook.query.scope import ExpressionError, Scope

ENDLESS = "a" * 40 + "!"
"""What `(a|aa)+$` tries in some billion ways."""


def keeps(pattern: str, *texts: str) -> list[str]:
    found: list[dict[str, str]] = compile_path(f"$[?(@.v =~ {pattern})]").read([{"v": text} for text in texts], Scope())
    return [item["v"] for item in found]


@pytest.mark.parametrize(
    ("pattern", "kept", "dropped"),
    [
        (r"/\w+/", "abc", "été"),  # Java's classes are ASCII, unless told otherwise
        (r"/\w+/U", "été", "-"),
        (r"/(?i)SHIP.*/", "shipped", "paid"),
        (r"/ship.*/i", "SHIPPED", "PAID"),
        (r"/(?!x).+/", "abc", "xbc"),
        (r"/(?<word>a+)-\k<word>/", "aa-aa", "aa-a"),
        (r"/\Qa.b\E+/", "a.bb", "axb"),
        (r"/\p{Alpha}++[0-9&&[^5]]/", "ab4", "ab5"),
        (r"/\x{41}./", "AB", "aB"),
        (r"/[[a-c][x-z]]+/", "ax", "m"),
        (r"/a.b/s", "a\nb", "ab"),
    ],
)
def test_javas_spellings(pattern: str, kept: str, dropped: str) -> None:
    assert keeps(pattern, kept, dropped) == [kept]


@pytest.mark.parametrize("body", ["(((a{1000}){1000}){1000}){1000}", "(a|b){0,99999999}", "x" * 100_001])
def test_a_pattern_that_would_fill_the_memory_is_none(body: str) -> None:
    with pytest.raises(ExpressionError, match="too large"):
        compile_path(f"$[?(@.v =~ /{body}/)]")


FILTER = {"Type": "Pass", "InputPath": "$.a[?(@.x =~ /(a|aa)+$/)]", "End": True}
CHOICE = {"Variable": "$.a[?(@.x =~ /(a|aa)+$/)]", "IsPresent": True, "Next": "Done"}
MACHINES: dict[str, dict[str, Any]] = {
    "a filter": {"StartAt": "A", "States": {"A": FILTER}},
    "a choice": {
        "StartAt": "A",
        "States": {
            "A": {"Type": "Choice", "Choices": [CHOICE], "Default": "Done"},
            "Done": {"Type": "Succeed"},
        },
    },
}
for name, call in {
    "$match": "$match(%s, /(a|aa)+$/)",
    "$contains": "$contains(%s, /(a|aa)+$/)",
    "$replace": "$replace(%s, /(a|aa)+$/, 'x')",
    "$split": "$split(%s, /(a|aa)+$/)",
    "a bare one": "%s ~> /(a|aa)+$/",
    "without steps": "$count($distinct([1..200000].('a' & $)))",
}.items():
    output = "{%" + call.replace("%s", "$states.input.a[0].x") + "%}"
    MACHINES[name] = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Output": output, "End": True}},
    }


@pytest.mark.parametrize("definition", MACHINES.values(), ids=MACHINES)
def test_an_expression_that_takes_too_long_fails_its_state(
    definition: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regexes, "SECONDS", 0.05)
    monkeypatch.setitem(language.LIMITS, "timeout", 0.05)
    run = sfnbook.StateMachine(definition, name="m").run({"a": [{"x": ENDLESS}] * 3})
    assert run.status == "FAILED"
    if "QueryLanguage" in definition:
        assert run.error == "States.QueryEvaluationError"
        assert "threw an error during evaluation. D1012: Evaluation timeout" in (run.cause or "")
    else:
        assert run.error == "States.Runtime"
        assert "The regular expression /(a|aa)+$/ took more than" in (run.cause or "")
    for visit in run.visits:  # looking at it fails no more than running it did
        run.stages(visit)
        run.rules(visit)


@pytest.mark.parametrize("text", ["$states.input.x", "$states.input.x & $string()"], ids=["plain", "root"])
@pytest.mark.parametrize("call", ["$match(%s, /(a|aa)+$/)", "[1.5, $count($match(%s, /(a|aa)+$/)) / 1]"])
def test_other_threads_go_on_while_a_regular_expression_tries(
    text: str, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second form may read the document's root, so its data travels another way."""
    monkeypatch.setitem(language.LIMITS, "timeout", 0.2)
    evaluate = language.JSONATA.value("{%" + call % text + "%}", "Output")
    ended, turns = threading.Event(), []

    def work() -> None:
        while not ended.wait(0.001):
            turns.append(1)

    other = threading.Thread(target=work)
    other.start()
    with pytest.raises(StatesError, match="D1012"):
        evaluate({"x": ENDLESS}, Scope())
    ended.set()
    other.join()
    assert len(turns) > 3


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.n / 1 & $string()", "7"),
        ("[$states.input.n / 2, $string()]", [3.5]),
        ("[$states.input.big, 1 / 1, $string()]", [12345678901234567, 1]),
        ("[4e18 / 1, $string()]", [4000000000000000000]),
    ],
)
def test_what_may_read_the_root_gives_the_same_numbers(expression: str, value: Any) -> None:
    found = language.JSONATA.value("{%" + expression + "%}", "Output")({"n": 7, "big": 12345678901234567}, Scope())
    assert repr(found) == repr(value)


def test_one_evaluation_has_one_limit_however_much_it_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(regexes.time, "monotonic", lambda: now.__setitem__(0, now[0] + 0.1) or now[0])
    few, many = [{"x": "a"}] * 2, [{"x": "a"}] * 40
    read = compile_path("$[?(@.x =~ /a/)]").read
    assert read(few, Scope()) == few
    with pytest.raises(sfnbook.SfnbookError, match="took more than"):
        read(many, Scope())
    assert read(few, Scope()) == few


def test_a_glob_takes_no_longer_than_its_text() -> None:
    """With a star for a run of anything, as a regular expression has it, this one takes hours."""
    assert not glob("*error*retry*error*fatal*")("error retry " * 20_000)
    assert not glob("*a" * 500 + "b")("a" * 200_000)
    assert glob("*a" * 500 + "*")("a" * 200_000)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("*", "", True),
        ("a", "ab", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("a**b", "ab", True),
        ("*ab*b", "abb", True),
        ("*ab*b", "ab", False),
        (r"\**", "*x", True),
        (r"\*", "x", False),
        ("a*", "a\nb", True),
        ("*aab", "aaab", True),
    ],
)
def test_globs(pattern: str, text: str, expected: bool) -> None:
    assert glob(pattern)(text) is expected
