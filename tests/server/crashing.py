"""Killing the server at random moments under load, and what must hold afterwards.

``python tests/server/crashing.py 200`` kills 200 times and prints what it found; the test suite does it a few times.
"""

from __future__ import annotations

import collections
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROLE = "arn:aws:iam::123456789012:role/example"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:crash"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
DEFINITION = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Task", "Resource": FUNCTION + "first", "ResultPath": "$.first", "Next": "Pause"},
        "Pause": {"Type": "Wait", "SecondsPath": "$.pause", "Next": "Both"},
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": FUNCTION + "second", "End": True}}},
                {"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 1, "End": True}}},
            ],
            "ResultSelector": {"id.$": "$[0].id", "first.$": "$[1].first.id"},
            "End": True,
        },
    },
}
FUNCTIONS = """
import os, time

def _note(what, event):
    with open(os.environ["EFFECTS"], "a") as log:
        log.write(f"{what} {event['id']}\\n")
    return {"id": event["id"]}

def first(event):
    return _note("first", event)

def second(event):
    time.sleep(0.01)
    return _note("second", event)
"""


class Wire:
    """A connection that posts AWS JSON; the way a client sees the server, without what boto3 costs."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def __call__(self, action: str, **request: Any) -> dict[str, Any]:
        """Make a call; raises OSError when there is no answer, RuntimeError when it is refused."""
        headers = {"X-Amz-Target": f"AWSStepFunctions.{action}", "Content-Type": "application/x-amz-json-1.0"}
        try:
            self._connection.request("POST", "/", json.dumps(request), headers)
            answer = self._connection.getresponse()
            body = json.loads(answer.read())
        except (http.client.HTTPException, ValueError) as fault:
            self._connection.close()
            raise OSError(str(fault)) from None
        except OSError:
            self._connection.close()
            raise
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {body}")
        return dict(body)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *fault: object) -> None:
        self._connection.close()


class Victim:
    """The server's process, over one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.effects = folder / "effects"
        (folder / "crash_functions.py").write_text(FUNCTIONS)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        paths = [str(self.folder), str(Path(__file__).parents[2])]
        environment = {**os.environ, "EFFECTS": str(self.effects), "PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, "-m", "sfnbook", "serve", "--port", str(self.port), "--db", str(self.folder / "db")]
        command += ["--bind", "first=crash_functions:first", "--bind", "second=crash_functions:second"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            try:
                with Wire(self.port) as wire:
                    wire("ListStateMachines")
            except OSError:
                assert self.process.poll() is None, "the server did not start"
                time.sleep(0.02)
            else:
                return
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


def crash(folder: Path, kills: int, *, seed: int = 0, clients: int = 3) -> dict[str, Any]:
    """Kill the server ``kills`` times under load; return what was found at the end."""
    rng = random.Random(seed)
    victim = Victim(folder)
    victim.start()
    with Wire(victim.port) as wire:
        wire("CreateStateMachine", name="crash", definition=json.dumps(DEFINITION), roleArn=ROLE)
    acknowledged: dict[str, dict[str, Any]] = {}
    ending = threading.Event()

    def load(client: int) -> None:
        with Wire(victim.port) as wire:
            send(client, wire)

    def send(client: int, wire: Wire) -> None:
        number, picks = 0, random.Random(client)
        while not ending.is_set():
            name = f"{client}-{number}"
            given = {"id": name, "pause": picks.choice((0, 0, 1, 2))}
            number += 1
            try:
                wire("StartExecution", stateMachineArn=MACHINE, name=name, input=json.dumps(given))
            except OSError:
                time.sleep(0.05)
            else:
                acknowledged[name] = given
            time.sleep(0.01)

    threads = [threading.Thread(target=load, args=(client,), daemon=True) for client in range(clients)]
    for thread in threads:
        thread.start()
    for _ in range(kills):
        time.sleep(rng.uniform(0.05, 0.6))
        victim.kill()
        victim.start()
    time.sleep(0.3)
    ending.set()
    for thread in threads:
        thread.join()
    try:
        with Wire(victim.port) as wire:
            return _examine(victim, wire, acknowledged, kills)
    finally:
        victim.kill()


def _examine(victim: Victim, wire: Wire, acknowledged: dict[str, Any], kills: int) -> dict[str, Any]:
    until = time.monotonic() + 60
    while wire("ListExecutions", stateMachineArn=MACHINE, statusFilter="RUNNING", maxResults=1)["executions"]:
        assert time.monotonic() < until, "executions still run"
        time.sleep(0.2)
    listed, token = collections.Counter[str](), {}
    while True:
        page = wire("ListExecutions", stateMachineArn=MACHINE, maxResults=1000, **token)
        listed.update(entry["name"] for entry in page["executions"])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    wrong = []
    for name, given in acknowledged.items():
        arn = MACHINE.replace("stateMachine", "execution") + f":{name}"
        found = wire("DescribeExecution", executionArn=arn)
        types = [e["type"] for e in wire("GetExecutionHistory", executionArn=arn)["events"]]
        early = found["stopDate"] - found["startDate"] < given["pause"] + 1 - 0.002
        good = found["status"] == "SUCCEEDED" and json.loads(found["output"]) == {"id": name, "first": name}
        if not good or early or listed[name] != 1 or types.count("LambdaFunctionSucceeded") != 2:
            wrong.append((name, found, types))
    effects = collections.Counter(victim.effects.read_text().splitlines())
    return {
        "kills": kills,
        "acknowledged": len(acknowledged),
        "listed": sum(listed.values()),
        "wrong": wrong,
        "missing effects": [name for name in acknowledged if not effects[f"first {name}"]],
        "calls": sum(effects.values()),
        "calls made again": sum(count - 1 for count in effects.values()),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        began = time.monotonic()
        result = crash(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 200)
        print(json.dumps({**result, "seconds": round(time.monotonic() - began)}, indent=1, default=str)[:4000])
