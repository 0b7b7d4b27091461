"""The token of a task, found again in what it sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sfnbook import StateMachine, returns
from sfnbook.history.task_tokens import token_in
from sfnbook.widget.traits.recorder import Recorder


@pytest.mark.parametrize(
    ("template", "sent", "token"),
    [
        ({"a": [{"t.$": "$$.Task.Token"}]}, {"a": [{"t": "x"}]}, "x"),
        ({"t.$": "$$['Task']['Token']"}, {"t": "x"}, "x"),
        ({"t": "{% $states.context.Task.Token %}"}, {"t": "x"}, "x"),
        ({"t.$": "$.token"}, {"t": "x"}, None),
        ({"t.$": "States.Format('{}', $$.Task.Token)"}, {"t": "x"}, None),
        ({"t.$": "$$.Task.Token"}, "nothing of the kind", None),
        ({"a": [1, 2]}, {"a": [1]}, None),
    ],
)
def test_a_template_says_where_the_token_went(template: Any, sent: Any, token: str | None) -> None:
    assert token_in(template, sent) == token


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_the_context_object_of_a_callback_has_its_token(language: str) -> None:
    payload = {"token.$": "$$.Task.Token"} if language == "JSONPath" else {"token": "{% $states.context.Task.Token %}"}
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        ("Parameters" if language == "JSONPath" else "Arguments"): {"FunctionName": "ask", "Payload": payload},
        "End": True,
    }
    seen: list[Any] = []
    machine = StateMachine(
        {"QueryLanguage": language, "StartAt": "Ask", "States": {"Ask": ask}}, name="m", namespace={"ask": seen.append}
    )
    run = machine.run(answers={"Ask": returns({"ok": True}, after=60)})
    assert run.status == "SUCCEEDED"
    assert run.context(run.visits[0])["Task"] == {"Token": seen[0]["token"]}
    (visit,) = Recorder(machine, run).visits()
    assert json.loads(visit["context"]["text"])["Task"]["Token"] == seen[0]["token"]
