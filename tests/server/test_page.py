"""What the page at "/" is sent: the widget's traits as they change, and answers to what it asks."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from served import ROLE, client

from sfnbook.server.run_server import Options, Served
from sfnbook.tasks.registry import Registry

ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
    "End": True,
}
asked: queue.SimpleQueue[str] = queue.SimpleQueue()


@pytest.fixture
def served() -> Iterator[Served]:
    registry = Registry()
    registry.add("ask", lambda event: asked.put(event["token"]))
    server = Served(Options(port=0, registry=registry))
    yield server
    server.stop()


def started(sfn: Any) -> str:
    """Start an execution that starts another one, waits for nothing, and return its ARN."""
    child = made(sfn, "asks", {"StartAt": "Ask", "States": {"Ask": ASK}})
    task = {"Type": "Task", "Parameters": {"StateMachineArn": child, "Name": "the-child"}, "End": True}
    states = {"Go": task | {"Resource": "arn:aws:states:::states:startExecution"}}
    machine = made(sfn, "orders", {"StartAt": "Go", "States": states})
    return str(sfn.start_execution(stateMachineArn=machine, name="one", input="{}")["executionArn"])


def made(sfn: Any, name: str, definition: dict[str, Any]) -> str:
    found = sfn.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    return str(found["stateMachineArn"])


def watch(served: Served, arn: str) -> Iterator[tuple[str, Any]]:
    """Yield what is sent of an execution, each as its name and value."""
    with urlopen(f"{served.url}/look/watch?{urlencode({'arn': arn})}", timeout=20) as answer:
        name = ""
        for line in answer:
            word, _, rest = line.decode().rstrip("\n").partition(": ")
            if word == "event":
                name = rest
            elif word == "data":
                yield name, json.loads(rest)


def ask(served: Served, arn: str, **wanted: Any) -> Any:
    query = urlencode({"arn": arn, "wanted": json.dumps(wanted)})
    with urlopen(f"{served.url}/look/value?{query}", timeout=20) as answer:
        return json.loads(answer.read())


def test_a_child_is_followed_after_its_parent_has_ended(served: Served) -> None:
    sfn = client(served.url)
    arn = started(sfn)
    told = watch(served, arn)
    child_runs = next(value for name, value in told if name == "child_runs" and value["runs"])
    assert [(run["live"]["run"], run["live"]["status"]) for run in child_runs["runs"]] == [("the-child", "RUNNING")]
    assert [one["machine"]["name"] for one in child_runs["machines"]] == ["asks"]
    sfn.send_task_success(taskToken=asked.get(timeout=20), output="5")
    rest = list(told)
    assert rest[-1] == ("end", {})
    [child] = [value for name, value in rest if name == "child_runs"][-1]["runs"]
    assert (child["live"]["status"], child["live"]["output"]["text"]) == ("SUCCEEDED", "5")
    again = dict(watch(served, arn))  # from the store: both have ended
    assert again["child_runs"]["runs"][0]["live"]["status"] == "SUCCEEDED"
    assert again["live"]["children"] == [{"name": "the-child", "machine": "asks", "visit": 2}]


def test_what_has_not_changed_is_not_sent_again(served: Served) -> None:
    sfn = client(served.url)
    arn = started(sfn)
    told = watch(served, arn)
    next(value for name, value in told if name == "child_runs" and value["runs"])
    sfn.send_task_success(taskToken=asked.get(timeout=20), output="5")
    sent = [(name, json.dumps(value)) for name, value in told]
    assert len(sent) == len(set(sent))


def test_a_child_is_asked_about_and_opened_by_its_place_or_name(served: Served) -> None:
    sfn = client(served.url)
    arn = started(sfn)
    token = asked.get(timeout=20)
    sfn.send_task_success(taskToken=token, output='{"said":"yes"}')
    assert list(watch(served, arn))[-1][0] == "end"
    child = arn.replace(":orders:one", ":asks:the-child")
    value = ask(served, arn, kind="value", id=3, child_run="0", visit=2, stage="output")
    assert value == {"kind": "value", "id": 3, "text": '{"said":"yes"}'}
    opened = {
        "kind": "open",
        "found": True,
        "arn": child,
        "machine": arn.split(":execution:")[0] + ":stateMachine:asks",
    }
    assert ask(served, arn, kind="open", id=4, child_run="0") == {**opened, "id": 4}
    assert ask(served, arn, kind="open", id=5, name="the-child") == {**opened, "id": 5}
    assert ask(served, child, kind="open", id=6, name="one")["arn"] == arn
    assert ask(served, arn, kind="open", id=7, name="nobody") == {"kind": "open", "id": 7, "found": False}
