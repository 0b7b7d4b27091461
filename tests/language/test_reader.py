"""JSON and YAML to values and places."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfnbook.language import reader
from sfnbook.language.reader import read
from sfnbook.language.source import Span

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


def test_places_of_keys_and_values() -> None:
    reading = read('{"a": [1, {"b": null}]}')
    assert reading.value == {"a": [1, {"b": None}]}
    assert reading.places[("a", 1, "b")] == (Span(11, 14), Span(16, 20))
    assert reading.places[("a",)].value == Span(6, 22)
    assert reading.places[()].value == Span(0, 23)


@given(JSON.filter(lambda v: isinstance(v, dict | list)), st.sampled_from([None, 1]))
def test_the_positional_reader_agrees_with_json(value: object, indent: int | None) -> None:
    reading = read(json.dumps(value, indent=indent))
    assert reading.ok
    assert reading.value == value
    text = json.dumps(value, indent=indent)
    for path, place in reading.places.items():
        at = value
        for part in path:
            at = at[part]  # type: ignore[index]
        assert json.loads(text[slice(*place.value)]) == at


def test_placeholders_stand_for_values_without_quotes() -> None:
    reading = read('{"Seconds": ${Delay}, "Resource": "arn:${Partition}:x", "List": [${A},${B}]}')
    assert reading.ok
    assert reading.value == {"Seconds": "${Delay}", "Resource": "arn:${Partition}:x", "List": ["${A}", "${B}"]}


@pytest.mark.parametrize(
    "text", ['{"a": Infinity}', '{"a": -Infinity}', '{"a": 1e999}', '{"a": 01}', '{"a": .5}', '{"a": +1}']
)
def test_numbers_that_json_lacks(text: str) -> None:
    reading = read(text)
    assert not reading.ok
    assert [problem.kind for problem in reading.problems] == ["json"]


def test_a_byte_order_mark_is_no_matter() -> None:
    assert read('\ufeff{"a": 1}').value == {"a": 1}


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "- " * 50_000, "[" * 501 + "]" * 501])
def test_depth_is_a_problem_not_a_crash(text: str) -> None:
    reading = read(text)
    assert not reading.ok
    assert reading.problems[-1].kind == "depth"


def test_500_levels_are_fine() -> None:
    assert read("[" * 500 + "]" * 500).ok


def test_yaml_is_read_as_json_would_be() -> None:
    reading = read(
        "yes: no\nday: 2020-01-01\ntime: 12:30:45\nnumber: 1_000\nfloat: 1.5\nbig: 1e3\nhex: 0x1F\n"
        "true: True\nnull: ~\nempty:\nquoted: '1'\ntagged: !!str 1\nref: !Ref Name\nsub: !Sub 'a ${B}'\n"
    )
    assert reading.value == {
        "yes": "no",
        "day": "2020-01-01",
        "time": "12:30:45",
        "number": "1_000",
        "float": 1.5,
        "big": 1000.0,
        "hex": "0x1F",
        "true": True,
        "null": None,
        "empty": None,
        "quoted": "1",
        "tagged": "1",
        "ref": "${Name}",
        "sub": "a ${B}",
    }


def test_yaml_aliases_are_values_and_bombs_are_not() -> None:
    assert read("a: &a {x: 1}\nb: *a\n").value == {"a": {"x": 1}, "b": {"x": 1}}
    levels = [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    bomb = read("a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(levels))
    assert [problem.kind for problem in bomb.problems] == ["bomb"]
    assert [problem.kind for problem in read("a: &a [*a]").problems] == ["depth"]


def test_yaml_duplicate_keys_have_their_place() -> None:
    [problem] = read("a: 1\nb: 2\na: 3\n").problems
    assert (problem.kind, problem.message, problem.span) == ("duplicate", "a", Span(10, 11))


@settings(max_examples=300)
@given(st.text())
def test_no_text_raises(text: str) -> None:
    read(text)


@settings(max_examples=300)
@given(st.text(alphabet="{}[]\":,0-1e.tfn ${}\\u&*!|>#\n\t'a", max_size=60))
def test_no_text_that_looks_like_json_or_yaml_raises(text: str) -> None:
    read(text)
    read("{" + text)


YAML_TEXTS = [
    "a: |\n  xü\n  y\n\nb: >-\n  q\n   r: 1",
    "# ü\n--- \na: !Sub 'x ${ü}'\nb: &x {c: d}\ne: *x\n",
    "\ufeffa: 1\nb: ü",
    'a: 😀 b\nc: "d\\u00e9"\n',
    "a: 'x\n  y'\nb: !GetAtt x.y\n? c\n: - 1\n  - - 2\n",
    "a: !!str 1\nb: 'yes'\nc: ~\nd:\n",
    "%YAML 1.1\n---\na: 1\n...\n",
    "a:\n- b\n-   c: d\n    e: \n",
    "a: [1, 2,\n  {b: c}]\na: twice\n",
]


@pytest.mark.parametrize("text", YAML_TEXTS)
@pytest.mark.parametrize("tags", [False, True])
def test_libyaml_reads_what_pyyaml_reads_and_where(text: str, tags: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    def seen() -> Any:
        reading = read(text, tags=tags)
        return reading.ok, reading.value, reading.problems, reading.places

    fast = seen()
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert seen() == fast


def test_a_long_yaml_text_is_no_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_YAML_VALUES", 100)
    reading = read("a:\n" + "- 1\n" * 500)
    assert (reading.ok, reading.problems) == (True, ())
    aliases = read("a: &a [1, 1, 1, 1, 1, 1]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b]\n")
    assert [problem.kind for problem in aliases.problems] == ["bomb"]
