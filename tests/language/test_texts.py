"""The words against a text that is no JSON."""

from __future__ import annotations

import pytest

from sfnbook.language.texts import read_json


def test_json_is_read() -> None:
    assert read_json('{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "not some json",
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
            "'false')",
        ),
        ("{'not': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
        ("[1", "Unexpected end-of-input: expected close marker for Array"),
        ('{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value"),
        ('{"a": 1 2}', "Unexpected character ('2' (code 50)): was expecting comma to separate Object entries"),
        ('"open', "Unexpected end-of-input: was expecting closing quote for a string value"),
    ],
)
def test_what_is_none_is_told_as_by_aws(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as fault:
        read_json(text)
    assert str(fault.value) == words
