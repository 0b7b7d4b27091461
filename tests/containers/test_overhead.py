"""1,000 calls in a row of a warm container and of a function, beside the same calls without a state machine.

No test asserts a time: run it with ``-s`` to read the figures.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

import sfnbook
from sfnbook.tasks.containers.docker_api import Engine

CALLS = 1_000
WORK = "arn:aws:lambda:us-east-1:123456789012:function:work"
INVOKE = "/2015-03-31/functions/function/invocations"


def machine(target: Any) -> sfnbook.StateMachine:
    """A machine that calls the target once for each item, one after the other."""
    work = {"Type": "Task", "Resource": WORK, "End": True}
    each = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {"StartAt": "W", "States": {"W": work}}, "End": True}
    return sfnbook.StateMachine({"StartAt": "Each", "States": {"Each": each}}, name="m").bind("work", target)


def timed(what: str, call: Callable[[], Any]) -> Any:
    """Return what the calls return, and print what one of them took."""
    started = time.perf_counter()
    answer = call()
    print(f"{what}: {(time.perf_counter() - started) / CALLS * 1000:.3f} ms a call")
    return answer


def work(event: Any) -> Any:
    return {"n": event["n"] + 1}


def test_a_function() -> None:
    items = [{"n": n} for n in range(CALLS)]
    bare = timed("a function, bare", lambda: [work(json.loads(json.dumps(item))) for item in items])
    for threads in (False, True):
        run = timed(
            f"a function, by a machine, threads={threads}", lambda t=threads: machine(work).run(items, threads=t)
        )  # type: ignore[misc]
        assert run.output == bare


@pytest.mark.parametrize("image", ["sfnbook-test/emulator", "sfnbook-test/client"])
def test_a_warm_container(image: str, engine: Engine) -> None:
    items = [{"n": n} for n in range(CALLS)]
    target = machine(sfnbook.container(image))
    assert target.run([{"n": -1}]).status == "SUCCEEDED"  # the cold start
    if image.endswith("emulator"):
        (container,) = engine.own
        ports = engine.api.inspect_container(container)["NetworkSettings"]["Ports"]
        port = int(next(iter(ports.values()))[0]["HostPort"])
        timed(f"{image}, bare", lambda: [bare(port, item) for item in items])
    run = timed(f"{image}, by a machine", lambda: target.run(items))
    assert [answer["n"] for answer in run.output] == list(range(CALLS))
    assert len({answer["instance"] for answer in run.output}) == 1


def bare(port: int, item: Any) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", INVOKE, json.dumps(item), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer
