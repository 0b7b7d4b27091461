"""jsonata-python behind jlens's interface, as Python in a browser uses it: the same values and references as jlens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jlens
import pytest

from sfnbook.query.jsonata import pure_python
from sfnbook.query.jsonata.language import expressions

DATA = {
    "a": {"b": [1, 2, 3], "c": "text", "d": None},
    "items": [{"n": "x", "p": 2.5, "q": 4}, {"n": "y", "p": 10, "q": 1}, {"n": "x", "p": 1, "q": 1}],
    "when": "2024-05-06T07:08:09.000Z",
    "word": "Hello, World",
}
SAME = """a.b[1] | a.b[-1] | a.b[$ > 1] | a.d | a.missing | items.p | items[q = 1].n | items^(>p).n | items{n: $sum(p)} | *.c
$sum(items.(p * q)) | $average(items.p) | $max(a.b) | $count(items) | $string(a) | $number("12.5") | $length(word) | -a.b[0]
$uppercase(word) | $substring(word, 0, 5) | $substringBefore(word, ",") | $split(word, ", ") | $join(["a", "b"], "-") | $trim(" a  b ")
$contains(word, /w/i) | $match(word, /o/) | $replace(word, /l+/, "L") | $pad("a", -4, "#") | $formatNumber(1234.5, "#,##0.00")
$map(a.b, function($v, $i) {$v * $i}) | $filter(items, function($x) {$x.p > 2}).n | $reduce(a.b, function($x, $y) {$x + $y}) | [1..5]
$keys(a) | $lookup(a, "c") | $merge([{"x": 1}, {"y": 2}]) | $each(a, function($v, $k) {$k}) | $spread({"x": 1, "y": 2}) | $type(a.b)
$sort(a.b, function($l, $r) {$l < $r}) | $distinct(items.n) | $zip([1, 2], [3, 4]) | $reverse(a.b) | $append(a.b, 4) | a ~> |$|{"e": 5}|
$toMillis(when) | $fromMillis(0) | $boolean(a.b) | $not(a.d) | $exists(a.x) | $floor(2.7) | $round(2.5) | $round(3.5) | $power(2, 10) | $sqrt(9)
a.b[0] = 1 and "x" in items.n | word ? "yes" : "no" | ($x := 2; $f := function($n) {$n < 2 ? 1 : $n * $f($n - 1)}; $f(5)) | "a" & 1 & true
{"v": a.d} | [a.d, 1] | $base64encode("hé") | $encodeUrlComponent("a b&c") | items#$i[$i > 0].n | items@$e.{"n": $e.n} | a.b.($ * 2) | 7 % 3""".replace("\n", " | ")  # fmt: skip
WRONG = ["a.b +", "$foo(", "'abc", "1 + 'x'", "$nothing()", "$substring(5)", "[1..'x']", "a < 'x'", "$number('x')", "($f := function($n) {1 + $f($n)}; $f(1))"]  # fmt: skip


@pytest.mark.parametrize("text", SAME.split(" | "))
def test_values_are_those_of_jlens(text: str) -> None:
    value = pure_python.Expression(text).evaluate(DATA)
    expected = jlens.Expression(text).evaluate(DATA)
    assert json.dumps(value) == json.dumps(expected)


@pytest.mark.parametrize("text", WRONG)
def test_failures_have_the_same_codes(text: str) -> None:
    limits = {"timeout": 5.0, "max_depth": 100}
    codes = []
    for library in (jlens, pure_python):
        with pytest.raises(library.JlensError) as caught:  # type: ignore[attr-defined]
            library.Expression(text).evaluate(DATA, **limits)  # type: ignore[attr-defined]
        codes.append(caught.value.code)  # type: ignore[attr-defined]
    assert codes[0] == codes[1]


READ = """$states.input.a.b | $x.y & $z | ($a := b; $a + c) | $map($states.input.l, function($v) {$v.k + $w}) | $$.a | $ | $.a.b | name[0].x
$string() | $string(x) | $sum() | *.b | $states.input[$.x > $limit] | $states.result.(a & b) | {"k": $q.r} | $f(1) | a ~> $substring(1)
$states.input.l^(>price){kind: $sum(n)} | ($f := function($n) {$n = 0 ? 0 : $f($n - 1)}; $f(3)) | $states.input.x ~> $map($g)"""


@pytest.mark.parametrize("text", READ.replace("\n", " | ").split(" | "))
def test_what_is_read_is_found_as_jlens_finds_it(text: str) -> None:
    assert found(pure_python, text) == found(jlens, text)


def found(library: Any, text: str) -> tuple[Any, set[str]]:
    reads = library.Expression(text).reads()
    named = reads.get("input")
    return True if named is True else set(named or ()), set(reads.get("bindings", ()))


@pytest.mark.skipif("SFNBOOK_MACHINES" not in os.environ, reason="SFNBOOK_MACHINES names no folder of machines")
def test_references_of_real_machines_are_found_alike() -> None:
    texts = {
        text
        for file in Path(os.environ["SFNBOOK_MACHINES"]).rglob("*.json")
        for text, _ in expressions(json.loads(file.read_text("utf-8")))
    }
    assert len(texts) > 30
    for text in sorted(texts):
        mine, theirs = found(pure_python, text), found(jlens, text)
        assert mine[1] == theirs[1], text
        assert not theirs[0] or mine[0], text


MACHINE = """
import sys
sys.modules["jlens"] = None
import sfnbook
machine = sfnbook.StateMachine({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
    "A": {"Type": "Pass", "Output": "{% {'t': $sum($states.input.p), 'n': $now(), 'parts': $partition([1, 2, 3], 2)} %}",
          "Assign": {"k": "{% $states.input.p[$ > 1] %}"}, "Next": "B"},
    "B": {"Type": "Pass", "Output": "{% {'k': $k, 'parsed': $parse('null'), 'hash': $hash('a', 'MD5'), 'in': $states.input} %}", "Next": "C"},
    "C": {"Type": "Pass", "Output": "{% $states.input.nothing %}", "End": True}}})
run = machine.run({"p": [1, 2]}, clock="virtual@2024-01-01T00:00:00Z")
print(run.visits[-1].input)
print(run.error, run.cause.split(". ", 1)[1])
"""


def test_a_machine_runs_without_jlens() -> None:
    done = subprocess.run([sys.executable, "-c", MACHINE], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines() == [
        "{'k': 2, 'parsed': None, 'hash': '0cc175b9c0f1b6a831c399e269772661', "
        "'in': {'t': 3, 'n': '2024-01-01T00:00:00.000Z', 'parts': [[1, 2], [3]]}}",
        "States.QueryEvaluationError The JSONata expression '$states.input.nothing' specified for the field 'Output' "
        "returned nothing (undefined).",
    ]
