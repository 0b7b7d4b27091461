"""Broken texts of every format: whatever was changed in them, reading and checking ends with words, not with a fault of ours."""

from __future__ import annotations

import random

import pytest

from sfnbook.errors import InputError
from sfnbook.lint.check import check
from sfnbook.templates.find import find

STATES = '"States": {"A": {"Type": "Task", "Resource": "${Fn.Arn}", "Parameters": {"a.$": "$.b[0]"}, "End": true}}'
TEXTS = {
    "json": f'{{"StartAt": "A", {STATES}}}',
    "jsonata": '{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", '
    '"Output": {"t": "{% $sum($states.input.l.(n * 2)) %}"}, "End": true}}}',
    "yaml": "StartAt: A\nStates:\n  A:\n    Type: Choice\n    Choices:\n      - {Variable: $.a, NumericEquals: 1, Next: B}\n"
    "    Default: B\n  B: {Type: Succeed}\n",
    "sam": "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Type: EXPRESS\n"
    "      Definition:\n        StartAt: A\n        States:\n          A:\n            Type: Task\n"
    "            Resource: !GetAtt Fn.Arn\n            End: !If [Is, true, true]\n",
    "cloudformation": "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
    f'      DefinitionString: !Sub |\n        {{"StartAt": "A",\n        {STATES}}}\n',
    "terraform": f'resource "aws_sfn_state_machine" "m" {{\n  definition = <<EOF\n{{"StartAt": "A", {STATES}}}\nEOF\n}}\n',
    "serverless": "service: s\nstepFunctions:\n  stateMachines:\n    m:\n      definition:\n        StartAt: A\n"
    "        States:\n          A: {Type: Wait, Seconds: '${self:custom.s}', End: true}\ncustom: {s: 5}\n",
}
PIECES = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "\n",
    "${",
    "}",
    "$",
    "-",
    "|",
    "null",
    "\\",
    "\x00",
    "�",
    "&a",
    "*a",
    "{%",
    "%}",
    "Fn::If",
    "!Sub",
    "jsonencode(",
    ")",
    "é",
]


@pytest.mark.parametrize("format", TEXTS)
def test_no_change_of_a_text_breaks_its_reading(format: str) -> None:
    dice = random.Random(format)
    for _ in range(60 if format != "terraform" else 25):
        text = TEXTS[format]
        for _ in range(dice.randint(1, 4)):
            start = dice.randrange(len(text) + 1)
            end = min(len(text), start + dice.randint(0, 20))
            piece = dice.choice([dice.choice(PIECES), "", text[start:end] * 2])
            text = text[:start] + piece + text[dice.choice([start, end]) :]
        try:
            machines = find(text)
        except InputError:
            continue
        for machine in machines:
            assert machine.problem or isinstance(check(machine.definition), list), text
