"""What the reader of a wrong definition sees: the whole text, caret included."""

from textwrap import dedent

import pytest

from sfnbook.language import Diagnostic, expression_diagnostic, parse
from sfnbook.language.diagnostics import location, nearest
from sfnbook.language.source import Source, Span


def shown(text: str, **options: str) -> str:
    """Return all diagnostics of a text as they are shown."""
    return "\n".join(str(diagnostic) for diagnostic in parse(dedent(text).strip(), **options).diagnostics)


def expected(text: str) -> str:
    return dedent(text).strip("\n")


def test_a_misspelt_next_shows_the_place_and_the_nearest_name() -> None:
    assert shown(
        """
        {
          "StartAt": "A",
          "States": {
            "A": {"Type": "Pass",
              "Next": "Ship"},
            "Shipped": {"Type": "Succeed"}
          }
        }
        """
    ) == expected(
        """
ERROR ASL104 unknown-next at /States/A/Next, line 5, column 15: Missing 'Next' target: Ship. Did you mean "Shipped"?
          "Next": "Ship"},
                  ^^^^^^
ERROR ASL105 unreachable-state at /States/Shipped, line 6, column 5: State "Shipped" is not reachable.
        "Shipped": {"Type": "Succeed"}
        ^^^^^^^^^
        """
    )


def test_yaml_has_the_same_places() -> None:
    assert shown(
        """
        StartAt: A
        States:
          A:
            Type: Wait
            Seconds: soon
            End: true
        """
    ) == expected(
        """
ERROR ASL108 wrong-type at /States/A/Seconds, line 5, column 14: Expected value of type Integer. "Seconds" \
holds a String
        Seconds: soon
                 ^^^^
        """
    )


def test_an_unknown_field_points_at_its_name() -> None:
    assert shown('{"StartAt": "A", "States": {"A": {"Type": "Succeed", "Comments": "x"}}}') == expected(
        """
ERROR ASL102 unknown-field at /States/A, line 1, column 54: Field 'Comments' is not supported. Did you mean "Comment"?
    {"StartAt": "A", "States": {"A": {"Type": "Succeed", "Comments": "x"}}}
                                                         ^^^^^^^^^^
        """
    )


def test_a_field_of_another_type_says_whose_it_is() -> None:
    [found] = parse('{"StartAt": "A", "States": {"A": {"Type": "Pass", "Catch": [], "End": true}}}').diagnostics
    assert found.message == "Field 'Catch' is not supported"
    assert found.hint == "Only Task, Parallel, Map have it"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("", "ERROR ASL004 empty-definition: The definition is empty. Write its StartAt and States"),
        (
            '{"StartAt": "A",}',
            """
ERROR ASL001 invalid-json at line 1, column 16: Unexpected character ('}' (code 125)): \
was expecting double-quote to start field name. A comma is followed by no value
    {"StartAt": "A",}
                   ^
            """,
        ),
        (
            '{"StartAt": "A"',
            """
ERROR ASL001 invalid-json at line 1, column 15: Unexpected end-of-input: expected close marker for Object. \
Expected ',' or '}' but found the end of the text
    {"StartAt": "A"
                  ^
            """,
        ),
        (
            '{"StartAt": "A"} trailing',
            """
ERROR ASL001 invalid-json at line 1, column 18: Unrecognized token 'trailing': was expecting \
(JSON String, Number, Array, Object or token 'null', 'true' or 'false'). The definition ends here, but the text goes on
    {"StartAt": "A"} trailing
                     ^^^^^^^^
            """,
        ),
        (
            '{"StartAt": NaN}',
            """
ERROR ASL001 invalid-json at line 1, column 13: Expected a value but found 'NaN'
    {"StartAt": NaN}
                ^^^
            """,
        ),
        (
            "{'StartAt': 'A'}",
            """
ERROR ASL001 invalid-json at line 1, column 2: Unexpected character (''' (code 39)): \
was expecting double-quote to start field name. Expected a field name in double quotes
    {'StartAt': 'A'}
     ^^^^^^^^^
            """,
        ),
        (
            "StartAt: A\nStates: [",
            """
ERROR ASL003 invalid-yaml at line 2, column 9: Expected the node content, but found '<stream end>'
    States: [
            ^
            """,
        ),
        (
            "just words",
            """
ERROR ASL001 invalid-json at line 1, column 1: Unrecognized token 'just': was expecting \
(JSON String, Number, Array, Object or token 'null', 'true' or 'false'). A state machine is a JSON object
    just words
    ^^^^^^^^^^
            """,
        ),
        (
            "[]",
            """
ERROR ASL007 not-an-object at /, line 1, column 1: A state machine is a JSON object
    []
    ^
            """,
        ),
    ],
)
def test_no_definition_at_all(text: str, want: str) -> None:
    assert "\n".join(map(str, parse(text).diagnostics)) == expected(want)


def test_duplicate_fields_and_states() -> None:
    assert shown(
        """
        {"StartAt": "A", "StartAt": "B",
         "States": {"A": {"Type": "Succeed"},
                    "A": {"Type": "Succeed"}}}
        """
    ).startswith(
        expected(
            """
ERROR ASL002 duplicate-field at /, line 1, column 18: Duplicate field: StartAt. Only the last one would count
    {"StartAt": "A", "StartAt": "B",
                     ^^^^^^^^^
            """
        )
    )
    assert "ERROR ASL009 duplicate-state at /States, line 3, column 13: Duplicate State name: A" in shown(
        """
        {"StartAt": "A",
         "States": {"A": {"Type": "Succeed"},
                    "A": {"Type": "Succeed"}}}
        """
    )


def test_a_mapping_has_no_lines() -> None:
    [found] = parse({"StartAt": "A", "States": {"A": {"Type": "Pas", "End": True}}}).diagnostics
    assert (found.line, found.column, found.excerpt) == (None, None, "")
    assert str(found) == (
        "ERROR ASL103 unknown-type at /States/A/Type: The field 'Type' should have one of these values: "
        '[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]. Did you mean "Pass"?'
    )


def test_an_expression_the_compiler_refuses_gets_its_place() -> None:
    text = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"x": {"y.$": "States.Foo("}}}}}'
    message = "The value for the field 'y.$' must be a valid JSONPath or a valid intrinsic function call"
    assert str(expression_diagnostic(text, "/States/A/Parameters", message, field="y.$")) == expected(
        """
ERROR ASL901 invalid-expression at /States/A/Parameters, line 1, column 79: The value for the field 'y.$' must be a \
valid JSONPath or a valid intrinsic function call
    {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"x": {"y.$": "States.Foo("}}}}}
                                                                                  ^^^^^^^^^^^^^
        """
    )
    assert expression_diagnostic({}, "/States/A", "no").line is None
    assert expression_diagnostic(text, "/States/Nowhere", "no").line is None


def test_locations_are_written_as_aws_writes_them() -> None:
    assert location(("States", "P", "Branches", 1, "States", "A b", "Choices", 0, "Next")) == (
        "/States/P/Branches[1]/States/A b/Choices[0]/Next"
    )


def test_nearest_never_offers_the_word_itself_or_something_far() -> None:
    assert nearest("Next", ["Next", "Next "]) == 'Did you mean "Next "?'
    assert nearest("next", ["Next"]) == 'Did you mean "Next"?'
    assert nearest("Zebra", ["Next"]) == ""
    assert nearest("x" * 1000, ["x" * 999]) == ""


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "a" * 300 + "HERE" + "b" * 300
    first, second = Source(text).excerpt(Span(300, 304)).split("\n")
    assert len(first) <= 102
    assert first[second.index("^") : second.index("^") + 4] == "HERE"
    assert second.strip() == "^^^^"


def test_tabs_and_lone_surrogates_do_not_break_the_excerpt() -> None:
    found = parse('{"StartAt": "A", "States":\t{"\\ud800": 1}}').diagnostics[0]
    assert str(found).encode()
    assert "\t" not in str(found)
    assert isinstance(found, Diagnostic)
