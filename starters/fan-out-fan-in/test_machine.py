"""Many parts, one, none, and one that cannot be counted."""

import functions
import pytest

from sfnbook import mock, raises, returns

TEXT = "The sea, the sea, the open sea, the blue, the fresh, the ever free."


@pytest.fixture
def machine(sfn):
    return sfn("machine.asl.json", functions=functions)


@pytest.mark.parametrize("parts", [1, 3, 14])
def test_the_counts_do_not_depend_on_the_parts(machine, parts):
    run = machine.run({"text": TEXT, "parts": parts})
    assert run.output["words"]["the"] == 6
    assert run.output["words"]["sea"] == 3
    assert len([visit for visit in run.visits if visit.name == "Count words"]) == run.output["parts"]


def test_no_text(machine):
    assert machine.run({"text": "", "parts": 3}).output == {"parts": 0, "words": {}}


def test_a_part_that_fails_lets_the_others_finish(machine):
    counted = returns({"StatusCode": 200, "Payload": {"part": 0, "words": {"sea": 1}}})
    run = machine.run({"text": TEXT, "parts": 3}, mocks=[mock("Count words", raises("OutOfMemory"), counted)])
    assert (run.error, run.cause) == ("PartsMissing", "1 of 3 parts could not be counted, the first with OutOfMemory.")


@pytest.mark.parametrize(
    ("state", "payload"),
    [
        ("Split", {"parts": ["the sea"]}),
        ("Count words", {"part": 0, "words": {"sea": 1}}),
        ("Fan in", {"parts": 1, "words": {"sea": 1}}),
    ],
)
def test_a_throttled_function_is_called_again(machine, state, payload):
    answer = returns({"StatusCode": 200, "Payload": payload})
    run = machine.run(
        {"text": "sea", "parts": 1}, mocks=[mock(state, raises("Lambda.TooManyRequestsException"), answer)]
    )
    assert run.succeeded
    assert run.state(state).attempts == 2
