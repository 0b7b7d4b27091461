"""What the endpoint takes: ``python tests/benchmarks/serve_load.py [load] [waiting] [stored]``.

load: 300 StartExecution a second for a minute, a describe and a history call beside each; latencies of the answers, the
server's resident memory and the size of the write-ahead log afterwards.
waiting: memory that 1,000 concurrent executions in Wait, and 1,000 in a callback, cost. stored: memory after 100,000.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "server")]

from crashing import ROLE, Victim, Wire  # noqa: E402  # a script finds its neighbours by path

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:"
RATE, SECONDS, CLIENTS = 300, 60, 8

PASSES = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": True}}}
CALLS = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:first", "Next": "B"},
        "B": {"Type": "Wait", "Seconds": 1, "Next": "C"},
        "C": {"Type": "Pass", "End": True},
    },
}
WAITS = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
ASKS = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "first", "Payload": {"id": "x", "token.$": "$$.Task.Token"}},
            "End": True,
        }
    },
}


def memory(victim: Victim) -> float:
    """Return the server's resident memory in MB."""
    assert victim.process is not None
    for line in Path(f"/proc/{victim.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def create(victim: Victim, name: str, definition: Any) -> str:
    Wire(victim.port)("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE)
    return ARN + name


def load(victim: Victim) -> dict[str, Any]:
    """Every client sends at its own times, whether or not the last answer was quick."""
    arn = create(victim, "load", CALLS)
    times: dict[str, list[float]] = {"StartExecution": [], "DescribeExecution": [], "GetExecutionHistory": []}
    faults: list[str] = []

    def timed(wire: Wire, since: float, action: str, **request: Any) -> dict[str, Any]:
        answer = wire(action, **request)
        times[action].append(time.perf_counter() - since)
        return answer

    def client(number: int) -> None:
        wire = Wire(victim.port)
        began = time.perf_counter()
        for turn in range(RATE * SECONDS // CLIENTS):
            due = began + (turn + number / CLIENTS) * CLIENTS / RATE
            if (left := due - time.perf_counter()) > 0:
                time.sleep(left)
            try:
                started = timed(
                    wire, time.perf_counter(), "StartExecution", stateMachineArn=arn, input='{"id": "load"}'
                )
                for action in ("DescribeExecution", "GetExecutionHistory"):
                    timed(wire, time.perf_counter(), action, executionArn=started["executionArn"])
            except (OSError, RuntimeError) as fault:
                faults.append(str(fault))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    return {
        "starts a second": round(len(times["StartExecution"]) / elapsed),
        "faults": len(faults),
        "resident MB": round(memory(victim), 1),
        "log MB": round(sum(path.stat().st_size for path in victim.folder.glob("*-wal")) / 1e6, 1),
        **{
            action: {f"p{p}": round(sorted(found)[int(len(found) * p / 100)] * 1000, 1) for p in (50, 95, 99)}
            for action, found in times.items()
        },
    }


def many(victim: Victim, arn: str, count: int, clients: int = 4) -> float:
    """Start executions as fast as it goes; return how many a second."""

    def client() -> None:
        wire = Wire(victim.port)
        for _ in range(count // clients):
            wire("StartExecution", stateMachineArn=arn, input="{}")

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count / (time.perf_counter() - began)


def waiting(victim: Victim) -> dict[str, Any]:
    many(victim, create(victim, "warm", PASSES), 100)
    before = memory(victim)
    many(victim, create(victim, "waits", WAITS), 1000)
    between = memory(victim)
    many(victim, create(victim, "asks", ASKS), 1000)
    time.sleep(2)
    found = {"before MB": before, "1,000 in Wait": between - before, "1,000 in a callback": memory(victim) - between}
    return {key: round(value, 1) for key, value in found.items()}


def stored(victim: Victim) -> dict[str, Any]:
    arn = create(victim, "stored", PASSES)
    many(victim, arn, 1000)
    found = {"MB after 1,000": memory(victim)}
    rate = many(victim, arn, 99_000)
    found |= {"MB after 100,000": memory(victim), "starts a second": rate}
    began = time.perf_counter()
    Wire(victim.port)("ListExecutions", stateMachineArn=arn, maxResults=1000)
    return {key: round(value, 1) for key, value in found.items()} | {
        "list ms": round((time.perf_counter() - began) * 1e3)
    }


if __name__ == "__main__":
    sys.setswitchinterval(0.0005)  # the clients' threads must not measure one another
    wanted = sys.argv[1:] or ["load", "waiting"]
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            subject = Victim(Path(folder))
            subject.start()
            try:
                print(name, json.dumps({"load": load, "waiting": waiting, "stored": stored}[name](subject)), flush=True)
            finally:
                subject.kill()
