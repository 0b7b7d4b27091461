"""Exercises from files: what is judged, what a file may hold, and what is said about one that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfnbook import InputError, StateMachine
from sfnbook.exercises.exercise import Exercise, find_exercise, judge, read_exercises
from sfnbook.workspace import is_blank

FILE = """
- name: express-lane
  task: |
    Orders up to 100 go to Ship, all others to Ask first.
  stub: |
    # write your definition here
  functions: |
    def price(event):
        return event["amount"] * 2
  cases:
    - says: a small order is shipped at once
      input: {amount: 10}
      path: [Price, "Large?", Ship]
    - says: a large order ends as it should
      input: {amount: 60}
    - says: a busy Price is tried again
      input: {amount: 60}
      faults: ["Price=Busy@1"]
  hints: [Which kind of state looks at the data?, A Choice with a Default.]
  solution: |
    StartAt: Price
    States:
      Price: {Type: Task, Resource: "arn:aws:lambda:us-east-1:123456789012:function:price", ResultPath: $.price,
              Retry: [{ErrorEquals: [Busy]}], Next: "Large?"}
      "Large?": {Type: Choice, Choices: [{Variable: $.price, NumericGreaterThan: 100, Next: Ask}], Default: Ship}
      Ask: {Type: Wait, Seconds: 240, Next: Ship}
      Ship: {Type: Succeed}
"""


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    path = tmp_path / "shop.yaml"
    path.write_text(FILE)
    return find_exercise("express-lane", [path])


def test_the_solution_passes_and_is_not_the_stub(exercise: Exercise) -> None:
    verdict = judge(exercise, exercise.reference)
    assert verdict.failure is None
    assert str(verdict).splitlines() == [
        "✓ a small order is shipped at once",
        "✓ a large order ends as it should",
        "✓ a busy Price is tried again",
    ]
    assert exercise.untouched("  # write your definition here\n\n")
    assert exercise.untouched("")
    assert not exercise.untouched(exercise.solution)


def test_an_answer_is_judged_by_what_it_does(exercise: Exercise) -> None:
    other_way = {  # JSONata, other names, no Choice: the same behaviour but for the path and the retry
        "QueryLanguage": "JSONata",
        "StartAt": "P",
        "States": {
            "P": {
                "Type": "Task",
                "Resource": "arn:aws:lambda:us-east-1:123456789012:function:price",
                "Output": "{% $merge([$states.input, {'price': $states.result}]) %}",
                "End": True,
            }
        },
    }
    verdict = judge(exercise, StateMachine(other_way, name="mine", namespace=exercise.namespace))
    assert verdict.lines[0] == "✗ a small order is shipped at once"
    assert verdict.lines[1] == "  ✗ it goes P; wanted: Price → Large? → Ship"
    assert verdict.lines[2] == "✓ a large order ends as it should"
    assert verdict.lines[3:] == (
        "✗ a busy Price is tried again",
        '  ✗ There is no state "Price". The states are "P".',
    )
    assert verdict.failure is not None
    assert verdict.failure.run is not None
    assert verdict.failure.reference is not None
    assert verdict.failure.reference.path == ["Price", "Large?", "Ship"]


def test_functions_of_the_exercise_judge_even_where_the_notebook_has_its_own(exercise: Exercise) -> None:
    cheat = StateMachine(exercise.solution, name="mine", namespace={"price": lambda event: 0})
    assert judge(exercise, cheat).failure is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x", "write a list of exercises"),
        ("- 3", "exercise 1: write an object"),
        ("- {name: a, task: b, cases: [{}]}", "exercise a: the field solution is missing"),
        ("- {name: a, tusk: b}", 'there is no field tusk. Did you mean "task"?'),
        ("- {name: a, task: b, solution: c, cases: [{pth: []}]}", 'a case has no field pth. Did you mean "path"?'),
        ("- {name: a, task: b, solution: c, cases: 3}", "cases are a list of objects"),
        ("- [", "is not YAML"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_exercises(path)
    assert "mine.yaml" in str(caught.value)
    assert said in str(caught.value)


def test_an_unknown_name_finds_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(FILE)
    with pytest.raises(InputError, match=r'no exercise "expres-lane".*"express-lane"'):
        find_exercise("expres-lane", [tmp_path / "a.yaml"])


@pytest.mark.parametrize("text", ["", "\n", "# here", "// here\n", "{ }", "...", "…"])
def test_what_holds_no_definition_is_no_answer(exercise: Exercise, text: str) -> None:
    assert exercise.untouched(text)
    assert is_blank(text) == (text not in ("{ }", "...", "…"))
    assert not exercise.untouched(text + "\n" + json.dumps({"StartAt": "A"}))
