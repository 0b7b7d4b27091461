"""Arguments: the line behind a magic."""

from __future__ import annotations

import pytest

from sfnbook.errors import InputError
from sfnbook.notebook.arguments import Command, Option, parse, split

FRY = Command(
    name="%fry",
    words="DISH [SAUCE]",
    summary="Fry a dish.",
    options=(
        Option("heat", "DEGREES", "how hot", choices=("low", "high")),
        Option("with", "THING", "something beside it", repeatable=True),
        Option("quick", "", "be quick"),
    ),
    examples=("%fry egg --heat low",),
    required=1,
)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("shop", ["shop"]),
        ('shop {"a": [1, 2], "b": "}"}', ["shop", '{"a": [1, 2], "b": "}"}']),
        ("shop order(1, {'x': ')'}) --clock x60", ["shop", "order(1, {'x': ')'})", "--clock", "x60"]),
        ('"Wait 4 min" f', ['"Wait 4 min"', "f"]),
        ("x it's fine", ["x", "it's", "fine"]),
        (r'x "a \" b"', ["x", r'"a \" b"']),
        ("x [1, 2", ["x", "[1, 2"]),
        ("--bind 'My state'=f", ["--bind", "'My state'=f"]),
    ],
)
def test_words_are_split_outside_quotes_and_brackets(line: str, words: list[str]) -> None:
    assert split(line) == words


def test_options_stand_anywhere_and_the_rest_stays_as_written() -> None:
    arguments = parse(FRY, '--heat=high egg {"salt":  1} --with bacon --quick --with beans')
    assert arguments is not None
    assert arguments.words[0] == "egg"
    assert arguments.rest == '{"salt":  1}'
    assert arguments.options == {"heat": ("high",), "with": ("bacon", "beans"), "quick": ("",)}
    assert arguments.option("heat") == "high"
    assert arguments.option("none") is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "DISH is missing."),
        ("egg --haet low", "There is no option --haet; did you mean --heat?"),
        ("egg --zzz", "There is no option --zzz."),
        ("egg --heat", "--heat needs DEGREES: how hot."),
        ("egg --heat --quick", "--heat needs DEGREES: how hot."),
        ("egg --heat mild", "--heat mild: choose one of low, high."),
        ("egg --heat low --heat low", "--heat is given twice."),
    ],
)
def test_a_line_that_does_not_fit_teaches_the_form(line: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(FRY, line)
    assert str(caught.value).splitlines() == [
        problem,
        "  usage:   %fry DISH [SAUCE] [--heat DEGREES] [--with THING]... [--quick]",
        "  example: %fry egg --heat low",
    ]


def test_help_shows_form_options_and_examples() -> None:
    assert parse(FRY, "egg --help") is None
    assert FRY.help() == "\n".join(
        [
            "Fry a dish.",
            "",
            "  %fry DISH [SAUCE] [--heat DEGREES] [--with THING]... [--quick]",
            "",
            "  --heat DEGREES  how hot",
            "  --with THING    something beside it",
            "  --quick         be quick",
            "",
            "Examples:",
            "  %fry egg --heat low",
        ]
    )
