"""JSONPath: what a path finds, and what it says where it finds nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath_ng.ext import parse

from sfnbook.query.jsonpath.paths import compile_path, reference_path
from sfnbook.query.jsonpath.steps import PathFailure
from sfnbook.query.scope import ExpressionError, Scope

ORDER = {
    "id": 7,
    "items": [
        {"name": "pen", "price": 2, "tags": ["blue", "thin"], "gift": False},
        {"name": "ink", "price": 9, "kind": "/wet/black"},
        {"name": "Pad", "price": 30, "limit": 30},
    ],
    "top": 9,
    "sizes": [1, 2, 3.5],
    "two words": {"a-b": 1},
    "Größe": 5,
    "empty": [],
}
SCOPE = Scope(variables={"basket": {"size": 3}}, context={"Execution": {"Name": "run"}})


def read(path: str, data: Any = ORDER) -> Any:
    return compile_path(path).read(data, SCOPE)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.id", 7),
        ("$.items[(@.length-1)].name", "Pad"),
        ("$.sizes[(@.length - 2)]", 2),
        ("$.sizes[ ( @.length()-3 ) ]", 1),
        ("$.items[0].name", "pen"),
        ("$.items[-1].name", "Pad"),
        ("$['two words']['a-b']", 1),
        ("$.Größe", 5),
        ("$.items[0]['name','price']", {"name": "pen", "price": 2}),
        ("$$.Execution.Name", "run"),
        ("$basket.size", 3),
        ("$.items.length()", 3),
        ("$.sizes.max()", 3.5),
        ("$.sizes.sum()", 6.5),
        ("$..price.sum()", 41.0),
        ("$.items[0].keys()", ["name", "price", "tags", "gift"]),
    ],
)
def test_a_definite_path_gives_the_value(path: str, value: object) -> None:
    assert compile_path(path).definite
    assert read(path) == value


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.items[*].name", ["pen", "ink", "Pad"]),
        ("$.items[0,2].price", [2, 30]),
        ("$.items[1:].price", [9, 30]),
        ("$.items[-2:].price", [9, 30]),
        ("$.items[:1].name", ["pen"]),
        ("$.items[1:-1]", []),  # Jayway counts no negative bound from the end where both are given
        ("$..tags", [["blue", "thin"]]),
        ("$..tags[*]", ["blue", "thin"]),
        ("$.items[*].kind", ["/wet/black"]),
        ("$.items[9:]", []),
        ("$.nothing[*].at.all", []),
        ("$.nothing[1:2]", []),
        ("$.nothing[?(@.x)]", []),
    ],
)
def test_an_indefinite_path_always_gives_a_list(path: str, values: list[object]) -> None:
    assert not compile_path(path).definite
    assert read(path) == values


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("@.price > 2", ["ink", "Pad"]),
        ("@.price >= $.top", ["ink", "Pad"]),
        ("$.top == @.price", ["ink"]),
        ("@.price == @.limit", ["Pad"]),
        ("@.price > 2 && @.name == 'ink'", ["ink"]),
        ("@.price == 2 || @.name == 'Pad'", ["pen", "Pad"]),
        ("@.price < 30 && (@.kind || @.gift)", ["pen", "ink"]),
        ("!(@.price > 2)", ["pen"]),
        ("!@.kind", ["pen", "Pad"]),
        ("@.gift", ["pen"]),  # there, although false
        ("@.name in ['pen', 'ink']", ["pen", "ink"]),
        ("@.name nin ['pen', 'ink']", ["Pad"]),
        ("@.name =~ /p.*/i", ["pen", "Pad"]),
        ("@.name =~ /p/", []),  # the whole text has to match
        ("@.name == pen", ["pen"]),  # AWS accepts words without quotes
        ("@.kind == /wet/black", ["ink"]),
        ("@.tags[0] == 'blue'", ["pen"]),
        ("@.tags contains 'thin'", ["pen"]),
        ("@.tags size 2", ["pen"]),
        ("@.price == '9'", ["ink"]),
        ("@.kind != 'x'", ["pen", "ink", "Pad"]),
        ("@.kind == null", []),
        ("@['price']<=9", ["pen", "ink"]),
    ],
)
def test_filters(condition: str, names: list[str]) -> None:
    assert read(f"$.items[?({condition})].name") == names


def test_a_filter_keeps_objects_only() -> None:
    assert read("$.sizes[?(@ > 1)]") == []


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("$.x", "No results for path: $['x']"),
        ("$.x.y", "Missing property in path $['x']"),
        ("$.items[3]", "No results for path: $['items'][3]"),
        ("$.items[0].x.y", "Missing property in path $['items'][0]['x']"),
        ("$[1:5]", "Filter: [1:5] can only be applied to arrays. Current context is: {}"),
        ("$gone", "Variable '$gone' is not defined"),
    ],
)
def test_a_path_to_nothing_says_so_in_jayways_words(path: str, why: str) -> None:
    with pytest.raises(PathFailure) as caught:
        read(path, {} if path == "$[1:5]" else ORDER)
    assert str(caught.value) == why


def test_text_has_no_index() -> None:
    with pytest.raises(PathFailure, match=r"can only be applied to arrays\. Current context is: pen"):
        read("$.items[0].name[0]")


@pytest.mark.parametrize(
    "text",
    ["", "x", "$.", "$..", "$.a b", "$[", "$.a[?(@.x ==)]", "$.a[?(@.x]", "$.a.nope()", "$.a[1.5]", "$.a[?(@.x=~/(/)]"],
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="Value is not a valid JSONPath"):
        compile_path(text)


def test_reference_paths() -> None:
    assert reference_path("$.a['b c'][0]") == ("a", "b c", 0)
    assert reference_path("$") == ()
    for text in ("$.a[*]", "$.a[?(@.b)]", "$$.a", "$name", "$.a[", "$.a b", "", "x"):
        with pytest.raises(ExpressionError, match="Value is not a Reference Path"):
            reference_path(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
path_texts = st.lists(
    st.sampled_from(
        [
            "$",
            ".a",
            ".b",
            "..",
            "[0]",
            "[-1]",
            "[*]",
            "[1:]",
            "['a','b']",
            "[?(@.a)]",
            "[?(@.a==@.b)]",
            "[?(",
            ")]",
            ".*",
            "[?(!@.a || @.b in [1,'a'])]",
            ".length()",
            ".max()",
            "&&",
            "'",
            "/",
            "é",
            " ",
            "\\",
            "1",
            "@",
            "=~",
            "[",
        ]
    ),
    max_size=6,
).map("".join)


@given(path_texts.map("$".__add__) | path_texts | st.text(max_size=12), json_values)
def test_any_text_is_a_path_or_an_expression_error_and_changes_nothing(text: str, data: Any) -> None:
    before = copy.deepcopy(data)
    try:
        path = compile_path(text)
        value = path.read(data, SCOPE)
        assert path.definite or isinstance(value, list)
    except (ExpressionError, PathFailure):
        pass
    assert data == before


rows = st.lists(
    st.fixed_dictionaries({"a": st.integers(0, 4)}, optional={"b": st.integers(0, 4), "c": st.lists(st.integers(0, 2))})
)
common_paths = st.sampled_from(
    ["$.rows[*].a", "$.rows[*].b", "$.rows[0].a", "$.rows[1:3].b", "$.rows[:2].c", "$..a", "$..b", "$.rows[*].c[0]"]
    + [f"$.rows[?(@.a {sign} 2)].b" for sign in ("<", "<=", "==", "!=", ">", ">=")]
    + ["$.rows[?(@.a > 1 && @.a < 4)].a", "$.rows[?(@.a == 1 || @.a == 3)].b", "$.rows[?(@.b)].a"]
)


@given(common_paths, rows)
def test_on_their_common_ground_jsonpath_ng_finds_the_same(path: str, data: list[Any]) -> None:
    """An oracle from elsewhere, on paths where Jayway and jsonpath-ng mean the same."""
    expected = [match.value for match in parse(path).find({"rows": data})]
    compiled = compile_path(path)
    try:
        found = compiled.read({"rows": data}, SCOPE)
    except PathFailure:
        assert expected == []
    else:
        assert ([found] if compiled.definite else found) == expected


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (r"""$['say \"hi\"']""", r"say \"hi\""),
        (r"""$["say \"hi\""]""", r"say \"hi\""),
        (r"""$['a','say \"hi\"']""", r"say \"hi\""),
        (r"""$['it\'s']""", "it's"),
    ],
)
def test_an_escaped_quote_stays_two_characters(path: str, key: str) -> None:
    found = read(path, {key: 1})
    assert found == (1 if "," not in path else {key: 1})


@pytest.mark.parametrize("path", ["$.sizes[(@.length)]", "$.sizes[(@.length-0)]", "$.sizes[(@.length-4)]"])
def test_counted_from_the_end_beyond_either_end(path: str) -> None:
    with pytest.raises(PathFailure, match="No results for path"):
        read(path)
