"""What the page at "/" is sent: the widget's traits as they change, and answers to what it asks."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from served import ROLE, client

from sfnbook.server.http.run_server import Options, Served
from sfnbook.server.page_lists import pretty
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


def listed(served: Served, path: str, **asked: Any) -> Any:
    with urlopen(f"{served.url}/look/{path}?{urlencode(asked)}", timeout=20) as answer:
        return json.loads(answer.read())


def test_lists_hold_what_was_asked_for(served: Served) -> None:
    sfn = client(served.url)
    fails = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Declined", "Cause": 'Größe "7"'}}}
    machine = made(sfn, "shop", fails)
    other = made(sfn, "quick", {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    for number in range(4):
        sfn.start_execution(stateMachineArn=(machine, other)[number % 2], name=f"n-{number}", input=f'{{"n":{number}}}')

    def names(**asked: Any) -> list[str]:
        return [one["name"] for one in listed(served, "executions", **asked)["executions"]]

    assert names() == ["n-3", "n-2", "n-1", "n-0"]
    assert names(ascending=1) == ["n-0", "n-1", "n-2", "n-3"]
    assert names(machine=machine) == ["n-2", "n-0"]
    assert names(status="FAILED", skip=1) == ["n-0"]
    assert names(text="SHOP") == names(text="declined") == names(text='Größe "7"') == ["n-2", "n-0"]
    assert names(text="arn:aws") == names(text="execution") == []
    assert names(order="name", ascending=1) == ["n-1", "n-3", "n-0", "n-2"]  # by machine first
    assert names(since=4_000_000_000) == names(until=1_000) == []
    assert names(since=1_000, until=4_000_000_000, beyond="3") == ["n-1", "n-0"]
    assert names(status="'", since="x", skip="-1", order="head", beyond="1;drop") == names()
    assert len(names(order="duration")) == 4
    [found] = listed(served, "executions", text="n-2")["executions"]
    assert (found["error"], found["cause"], found["status"]) == ("Declined", 'Größe "7"', "FAILED")
    assert listed(served, "input", machine=other) == {"input": '{"n":3}'}
    assert listed(served, "input", machine="none") == {"input": None}
    one, two = listed(served, "machines")["machines"]
    assert (one["name"], one["counts"], two["counts"]) == ("quick", {"SUCCEEDED": 2}, {"FAILED": 2})
    assert [m["name"] for m in listed(served, "machines", text="SHO", chosen=other)["machines"]] == ["shop", "quick"]
    about = listed(served, "execution", arn=found["arn"])
    assert (about["redriveStatus"], about["input"]) == ("REDRIVABLE", '{"n":2}')


def test_the_lists_change_their_number_with_what_they_show(served: Served) -> None:
    sfn = client(served.url)
    before = listed(served, "changes")
    arn = started(sfn)
    token = asked.get(timeout=20)
    during = listed(served, "changes")
    assert (before["waiting"], during["waiting"]) == (0, 1)
    assert during["version"] > before["version"]
    [task] = listed(served, "waiting")["tasks"]
    assert (task["token"], task["state"], task["machine"]) == (token, "Ask", "asks")
    sfn.send_task_success(taskToken=token, output="5")
    assert list(watch(served, arn))[-1][0] == "end"
    assert listed(served, "changes")["waiting"] == 0


def test_another_page_cannot_do_what_the_page_does(served: Served) -> None:
    machine = made(client(served.url), "quick", {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    body = json.dumps({"stateMachineArn": machine}).encode()
    target = {"X-Amz-Target": "AWSStepFunctions.StartExecution"}
    form = {"Content-Type": "text/plain"}  # what a form of another page may send without asking first
    for headers in ({**target, "Origin": "http://evil.example"}, {**target, "Sec-Fetch-Site": "cross-site"}, form):
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(served.url, body, headers), timeout=20)
        assert refused.value.code in (400, 403, 404)
        refused.value.close()
    assert listed(served, "executions")["executions"] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"a":{"b":[1.0,1e20,"x, {y}: \\" z"]},"c":{},"d":[]}', '{\n  "a": {\n    "b": [\n      1.0,\n      1e20,\n      "x, {y}: \\" z"\n    ]\n  },\n  "c": {},\n  "d": []\n}'),
        ("{\n}", "{\n}"),
        ("StartAt: A", "StartAt: A"),
    ],
)  # fmt: skip
def test_a_definition_on_one_line_is_spread_out_and_stays_as_it_is_written(text: str, shown: str) -> None:
    assert pretty(text) == shown
