"""JSONata as AWS runs it: where it starts and ends, what it sees, how it fails."""

from __future__ import annotations

import contextlib
import copy
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfnbook.errors import StatesError
from sfnbook.query.jsonata.language import JSONATA
from sfnbook.query.scope import ABSENT, ExpressionError, QueryLanguage, Scope

LANGUAGE: QueryLanguage = JSONATA


def evaluate(text: str, data: Any = None, **variables: Any) -> Any:
    scope = Scope(variables=variables, context={"Execution": {"Name": "run"}}, now=1700000000.25, random=Random(3))
    return JSONATA.value("{% " + text + " %}", "Output")(data, scope)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 1", 2),
        ("null", None),
        ("$states.input.items[price > 5].name", "ink"),  # one hit is no list (JSONata's sequences)
        ("$states.input.items.price", [2, 9]),
        ("$states.input.nested.deep", [1]),
        ("$states.context.Execution.Name", "run"),
        ("$map([1, 2], function($x){ $x * 10 })", [10, 20]),
        ("$now()", "2023-11-14T22:13:20.250Z"),
        ("$range(0, 10, 3)", [0, 3, 6, 9]),
        ("$range(1, 9, 9)", 1),  # recorded: a sequence of one is its item
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$partition([0], 4)", [[0]]),
        ("$parse('{\"a\":[1]}')", {"a": [1]}),
        ("$parse('null')", None),
        ("$hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("$exists($states.result)", False),
        ("($x := 3; $x * $x)", 9),
    ],
)
def test_examples(text: str, value: object) -> None:
    data = {"items": [{"name": "pen", "price": 2}, {"name": "ink", "price": 9}], "nested": {"deep": [1]}}
    assert evaluate(text, data) == value


def test_a_variable_shadows_a_function_of_its_name() -> None:
    assert evaluate("$sum + $n * 2", sum=3, n=5) == 13
    assert evaluate("$count", count=0) == 0
    assert evaluate("$parse & $uuid", parse="a", uuid="b") == "ab"
    assert evaluate("$sum([1, 2])", n=5) == 3


def test_only_a_whole_string_is_an_expression() -> None:
    node = {"a": "{% 1 %}", "b": " {% 1 %}", "c": ["$x", "{% [2] %}", {"d": "{% $x %}"}], "e": "$states.input"}
    filled = JSONATA.template(node, "Output")(None, Scope(variables={"x": 3}))
    assert filled == {"a": 1, "b": " {% 1 %}", "c": ["$x", [2], {"d": 3}], "e": "$states.input"}


def test_states_holds_what_the_field_has() -> None:
    scope = Scope(result={"r": 1}, error={"Error": "E"}, context={"k": 1})
    whole = JSONATA.value("{% $states %}", "Output")("in", scope)
    assert whole == {"input": "in", "context": {"k": 1}, "result": {"r": 1}, "errorOutput": {"Error": "E"}}
    assert JSONATA.value("{% $states.errorOutput.Error %}", "Output")(None, scope) == "E"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("$doesNotExist", "returned nothing (undefined)."),
        ("states.input", "returned nothing (undefined)."),
        ("$states.result", "returned nothing (undefined)."),
        ("$fn := function($x){$x}", "returned an unsupported result type."),
        ("$sum", "returned an unsupported result type."),
        ("$f()", "threw an error during evaluation. T1006: Attempted to invoke a non-function"),
        (
            "($f := function(){$f()}; $f())",
            "threw an error during evaluation. U1006: The evaluation exceeded its budget",
        ),
    ],
)
def test_failures_name_the_field_and_its_place(text: str, what: str) -> None:
    with pytest.raises(StatesError) as caught:
        JSONATA.template({"a": ["{% " + text + " %}"]}, "Output")({}, Scope())
    assert caught.value.error == "States.QueryEvaluationError"
    assert caught.value.cause.startswith(
        f"The JSONata expression '{text}' specified for the field 'Output/a[0]' {what}"
    )
    assert caught.value.location == "Output/a[0]"


def test_a_condition_is_boolean() -> None:
    condition = JSONATA.condition({"Condition": "{% $states.input.n %}"}, "Choices[0]/Condition")
    assert condition({"n": True}, Scope()) is True
    with pytest.raises(StatesError) as caught:
        condition({"n": {"a": 1}}, Scope())
    assert caught.value.cause == (
        "The JSONata expression '$states.input.n' specified for the field 'Choices[0]/Condition' returned an unexpected "
        "result type. Expected 'boolean', but was 'object' for value: {\"a\":1}"
    )


def test_items_are_an_array() -> None:
    with pytest.raises(StatesError, match="Expected 'array', but was 'number' for value: 1"):
        JSONATA.typed("{% 1 %}", "Items", "array")(None, Scope())


@pytest.mark.parametrize(
    "text", ["$$", "($)", "$keys($$)", "*", "**", "[1].($$)", "$string()", "$lookup($$, 'a')", "a.b", "$length()"]
)
def test_an_expression_has_no_document_of_its_own(text: str) -> None:
    """What looks at the root finds nothing, above all not how ``$states`` and the variables travel."""
    for whole in (f"[{text}]", f"({text}; {text})", f"[{text}, $exists($states.input), $n]"):
        found = outcome(whole, {"a": 1}, n=7)
        assert found in (ABSENT, [], [True, 7])
    assert evaluate("$merge([$states.input, {'b': $n, 'none': $$}])", {"a": None}, n=[1]) == {"a": None, "b": [1]}


UNDEFINED = "returned nothing (undefined)."
MEMORY = (
    "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage"
)
DEPTH = (
    "threw an error during evaluation: Stack overflow error: Check for non-terminating recursive function.  "
    "Consider rewriting as tail-recursive. Depth=101 max=100"
)


def failure(text: str, data: Any = None, **variables: Any) -> str:
    """Return what AWS says of an expression after quoting it, for a JSONata error only its code and function."""
    with pytest.raises(StatesError) as caught:
        evaluate(text, data, **variables)
    what = caught.value.cause.partition(" specified for the field 'Output' ")[2]
    return what.removeprefix("threw an error during evaluation. ")


def signature(argument: int, function: str) -> str:
    return f'T0410: Argument {argument} of function "{function}" does not match function signature'


WRONG = {
    "partition": ["()", "(5, 'x')#2", "([1], null)#2", "([1], 2, 3)#3", "([1], [2])#2"],
    "range": ["()", "(1)#2", "('a', 2, 1)", "(1, true, 1)#2", "(1, 2, 'c')#3", "(1, 2, null)#3", "(1, 2, 3, 4)#4"],
    "hash": ["()", "('a')#2", "(5, 'MD5')", "(null, 'MD5')", "({}, 'MD5')", "('a', 5)#2", "('a', 'MD5', 1)#3"],
    "random": ["('x')", "(null)", "([1])", "(1, 2)#2"],
    "uuid": ["('x')", "(1)", "(null)"],
    "parse": ["()", "(1)", "(null)", "({})", "('1', '2')#2"],
}
"""Arguments that a function does not take, and which of them is the first."""


@pytest.mark.parametrize(("name", "written"), [(name, each) for name, calls in WRONG.items() for each in calls])
def test_arguments_that_do_not_match_a_signature(name: str, written: str) -> None:
    arguments, _, number = written.partition("#")
    assert failure(f"${name}{arguments}") == signature(int(number or 1), name)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("$partition([], 2)", UNDEFINED),
        ("$partition($nothing, 2)", UNDEFINED),
        ("$partition([1], 0)", "D3137: The second argument of the partition function must be a positive integer"),
        ("$partition([1], -2)", "D3137: The second argument of the partition function must be a positive integer"),
        ("$partition([1], 0.9)", "D3137: The second argument of the partition function must be a positive integer"),
        ("$range(4, 9)", UNDEFINED),
        ("$range($nothing, 9, 1)", UNDEFINED),
        ("$range(5, 1, 1)", UNDEFINED),
        ("$range(1, 9, 0)", "D3137: The third argument of the range function must not be zero"),
        ("$range(1, 9, 0.5)", "D3137: The third argument of the range function must not be zero"),
        ("$range(1, 873783, 1)", MEMORY),
        ("$range(1, 1e18, 1)", MEMORY),
        ("$hash($nothing, 'MD5')", UNDEFINED),
        (
            "$hash('a', 'MD4')",
            "D3137: The second argument of the hash function must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512",
        ),
        ("$parse($nothing)", UNDEFINED),
        ("$base64decode('!!!')", "threw an error during evaluation: Illegal base64 character 21"),
        ("$base64decode('YWJ jZA')", "threw an error during evaluation: Illegal base64 character 20"),
        ("$base64decode('YQ=')", "threw an error during evaluation: Input byte array has wrong 4-byte ending unit"),
        ("$base64decode('YWJjZ')", "threw an error during evaluation: Last unit does not have enough valid bits"),
        ("$base64decode(1)", signature(1, "base64decode")),
        ("$eval('1 + 1')", "T1006: Attempted to invoke a non-function"),
        (
            "$formatBase(1, 99)",
            "D3100: The radix of the formatBase function must be between 2 and 36.  It was given 99",
        ),
        ("$sqrt(-1)", "D3060: The sqrt function cannot be applied to a negative number: -1"),
        ("$number('x')", 'D3030: Unable to cast value to a number: "x"'),
        ("$error('own words')", "D3137: own words"),
        ("[1..873783] ~> $count()", MEMORY),
        ("$pad('', 6990257) ~> $length()", MEMORY),
        ("$parse($join([1..400000].('0'), ',')) ~> $count()", "D3137: The argument of the parse function is not valid"),
        ("(" * 100 + "1" + ")" * 100, DEPTH),
        ("1" + " + 1" * 100, DEPTH),
        ("($f := function($n){ $n = 0 ? 0 : 1 + $f($n - 1) }; $f(200))", DEPTH),
    ],
)
def test_failures_have_jsonatas_code_and_words(text: str, what: str) -> None:
    assert failure(text).startswith(what)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$partition([1, 2, 3])", [[1, 2, 3]]),
        ("$partition([1, 2, 3], 2.9)", [[1, 2], [3]]),
        ("$partition('a', 1)", [["a"]]),
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$range(0.9, 4.9, 2.9)", [0, 2, 4]),
        ("$range(5, 1, -2)", [5, 3, 1]),
        ("$count($range(1, 200000, 1))", 200_000),
        ("$random(42)", 0.7275636800328681),  # java.util.Random
        ("$random(42.9)", 0.7275636800328681),
        ("$length($hash($pad('', 20000), 'SHA-512'))", 128),
        ("$base64decode('YQ')", "a"),
        ("$base64decode('YWJj')", "abc"),
        ("'YQ==' ~> $base64decode()", "a"),
        ("[1..873782] ~> $count()", 873_782),
        ("(" * 99 + "1" + ")" * 99, 1),
        ("1" + " + 1" * 99, 100),
        ("($f := function($n){ $n = 0 ? 0 : $f($n - 1) }; $f(2000))", 0),  # a call at the end takes no depth
        ("$eval", ABSENT),
        ("'a ?? b' & ' ?: c'", "a ?? b ?: c"),
        ("$contains('ab', /a?:?b/)", True),
        ("function($x)<n?:n>{ $x }(1)", 1),  # a signature is no operator
        ("false ? 1 : 2", 2),
    ],
)
def test_functions_and_limits_are_awss(text: str, value: object) -> None:
    assert outcome(text, None) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/0", "Infinity"),
        ("-1/0", "-Infinity"),
        ("1e308 * 10", "Infinity"),
        ("0/0", "NaN"),
        ("1 % 0", "NaN"),
        ("[1, 1/0, [0/0], null]", [1, "Infinity", ["NaN"], None]),
        ("{'a': {'b': 1/0}, 'c': 0/0}", {"a": {"b": "Infinity"}, "c": "NaN"}),
        ("[0, 1, 2].($/0)", ["NaN", "Infinity", "Infinity"]),
        ("[[0, 1].(1/$), 1/0]", ["Infinity", 1, "Infinity"]),
        ("$n / $zero > 0.5", True),
        ("0/0 > 0.5", False),
        ("[$uuid(), 1/0]", None),
    ],
)
def test_infinity_and_what_is_no_number_are_words(text: str, value: object) -> None:
    found = evaluate(text, n=3, zero=0)
    if value is None:  # what is evaluated again draws the same
        assert found == [evaluate("$uuid()"), "Infinity"]
    else:
        assert found == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(1/0) + 1", "D1001"),
        ("2 * (1/0)", "D1001"),
        ("1/(10e300 * 10e100)", "D1001"),
        ("(1/0) * 2", "D1001"),
        ("(0/0) + 1", "T2001"),
        ("$string(1/0)", "D3001"),
        ("$string({'a': 1/0})", "D1001"),
        ("'a' / 0", "T2001"),
    ],
)
def test_nothing_is_computed_with_infinity(text: str, code: str) -> None:
    assert failure(text).startswith(f"{code}: ")


LONG = 9007199254740993


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"$parse('{LONG}')", LONG),
        (f"$parse('[{{\"a\":-{LONG}}}]').a", -LONG),
        (f"$string($parse('{LONG}'))", str(LONG)),
        (f"'id-' & $parse('{LONG}')", f"id-{LONG}"),
        ("$states.input.id", LONG),
        ("$string($states.input.id)", str(LONG)),
        ("[$states.input.ids[0], 1]", [LONG, 1]),
        ("$merge([$states.input, {'ids': 2}])", {"id": LONG, "ids": 2}),
        ("{'v': $n}", {"v": 2**63 - 1}),
        ("$states.input.id > 5 ? $states.input.id : 0", LONG - 1),  # compared as a number: a double, as in JSONata
        ("$states.input.id + 0", LONG - 1),
        ("$length($string($states.input.id))", 16),
        ("$parse('1' & $pad('', 18, '0') & '1')", 10**19),  # no long: a double
    ],
)
def test_whole_numbers_within_a_long_stay_exact(text: str, value: object) -> None:
    data = {"id": LONG, "ids": [LONG, 5]}
    found = evaluate(text, data, n=2**63 - 1)
    assert found == value
    assert type(found) is type(value)


def refused(text: str, *members: str) -> list[str]:
    problems = list(JSONATA.refused(["{% " + text + " %}"], "Output", members))
    assert {(p.where, p.code) for p in problems} <= {("Output[0]", "UNSUPPORTED_JSONATA_EXPRESSION")}
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$$", ["Reference to '$$' is not supported."]),
        ("$$.a.b", ["Reference to '$$' is not supported."]),
        ("[1, 2].($ + $count($$))", ["Reference to '$$' is not supported."]),
        ("$", ["Reference to '$' at the top level is not supported."]),
        ("$ & 'x'", ["Reference to '$' at the top level is not supported."]),
        (
            "a.b + c",
            [
                "Reference to 'a' at the top level is not supported.",
                "Reference to 'c' at the top level is not supported.",
            ],
        ),
        ("$states.errorOutput.Error", ["Field '$states.errorOutput' does not exist."]),
        ("$states . `result`", ["Field '$states.result' does not exist."]),
        ('$states."result"', ["Field '$states.result' does not exist."]),
        ("$states.inputs", ["Field '$states.inputs' does not exist."]),
        ("$states.input", []),
        ("[1, 2][$ > 1]", []),
        ("'$$' & '$states.result' & /$$/.match", []),
        ("/* $$ */ 1", []),
        ("$lookup($states, 'result')", []),
        ("$eval('1')", []),
    ],
)
def test_what_is_refused_when_a_machine_is_created(text: str, words: list[str]) -> None:
    assert refused(text, "input", "context") == words


@pytest.mark.parametrize("text", ["1 +", "", "a; b", "(" * 5000, "'\ud800'", "a ?? 1", "a ?: 1", "[a??1]"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text)


def test_random_numbers_repeat_with_the_execution() -> None:
    for text in ("$random()", "$uuid()", "$shuffle([1..20])"):
        assert evaluate(text) == evaluate(text)
    assert evaluate("[$uuid(), $uuid()]")[0] != evaluate("[$uuid(), $uuid()]")[1]
    assert evaluate("$random(5)") == evaluate("($random(); $random(5))")
    assert len({*evaluate("$map([1, 2, 3], function() { $uuid() })")}) == 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=10,
)


def outcome(text: str, data: Any, **variables: Any) -> Any:
    try:
        return evaluate(text, data, **variables)
    except StatesError:
        return ABSENT


@given(json_values, st.lists(st.sampled_from(["a", "b"]), max_size=3))
def test_the_short_way_of_plain_reads_gives_what_jlens_gives(data: Any, keys: list[str]) -> None:
    text = ".".join(["$states.input", *keys])
    before = copy.deepcopy(data)
    assert outcome(text, data) == outcome(f"({text})", data)
    assert data == before


@given(st.text(alphabet="$abx1.[]{}()+-*/%'\" :=,;?<>&~^@#|`", max_size=15))
def test_any_text_is_an_expression_or_an_expression_error(text: str) -> None:
    with contextlib.suppress(ExpressionError, StatesError):
        evaluate(text, {"a": 1}, a=[1, 2], x={"b": None})
