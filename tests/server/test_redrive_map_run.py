"""RedriveExecution of an execution whose Map run failed, as a client sees it; also when the server dies meanwhile."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from served import ROLE, serving

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"


def spread(kind: str) -> str:
    """A distributed Map over the input: an item may fail, then there is a wait of an hour before it ends."""
    inner = {
        "StartAt": "T",
        "States": {
            "T": {"Type": "Task", "Resource": FUNCTION + "work", "Next": "W"},
            "W": {"Type": "Wait", "Seconds": 0.0, "End": True} | {"Seconds": 3_600 if kind == "STANDARD" else 1},
        },
    }
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, **inner}
    state = {"Type": "Map", "Label": "L", "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}
    return json.dumps({"StartAt": "M", "States": {"M": state}})


class Work:
    """Fails for 2 as long as it is broken; notes what it was asked."""

    def __init__(self) -> None:
        self.broken = True
        self.asked: list[Any] = []

    def __call__(self, event: Any) -> Any:
        self.asked.append(event)
        if self.broken and event == 2:
            raise ValueError("not yet")
        return event * 10


def until(look: Any, wanted: Any) -> Any:
    """Look until what is seen is wanted, at most 20 seconds."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = look()
        if wanted(found):
            return found
        time.sleep(0.02)
    raise AssertionError(f"it stayed {look()}")


def begun(sfn: Any, kind: str = "STANDARD") -> tuple[str, str]:
    """Start an execution that fails; return its ARN and its Map run's."""
    made = sfn.create_state_machine(name="m", definition=spread(kind), roleArn=ROLE)["stateMachineArn"]
    arn = sfn.start_execution(stateMachineArn=made, input="[1, 2, 3]")["executionArn"]
    done = until(lambda: sfn.describe_execution(executionArn=arn), lambda d: d["status"] != "RUNNING")
    assert (done["status"], done["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    [listed] = sfn.list_map_runs(executionArn=arn)["mapRuns"]
    return arn, listed["mapRunArn"]


def figures(sfn: Any, map_run: str) -> dict[str, int]:
    found = sfn.describe_map_run(mapRunArn=map_run)["executionCounts"]
    return {name: count for name, count in found.items() if count}


def test_a_map_run_goes_on_under_its_arn(tmp_path: Path) -> None:
    work = Work()
    with serving(bind={"work": work}, speed=36_000.0, db=str(tmp_path / "db")) as sfn:
        arn, map_run = begun(sfn)
        assert figures(sfn, map_run) == {"succeeded": 1, "failed": 1, "pending": 1, "total": 3}
        failed, good = sfn.list_executions(mapRunArn=map_run)["executions"]
        child = sfn.describe_execution(executionArn=failed["executionArn"])
        assert (child["redriveStatus"], child["mapRunArn"]) == ("REDRIVABLE_BY_MAP_RUN", map_run)
        assert sfn.describe_execution(executionArn=good["executionArn"])["redriveStatus"] == "NOT_REDRIVABLE"
        with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
            sfn.redrive_execution(executionArn=failed["executionArn"])
        work.broken = False
        sfn.redrive_execution(executionArn=arn)
        done = until(lambda: sfn.describe_execution(executionArn=arn), lambda d: d["status"] != "RUNNING")
        assert (done["status"], done["output"], work.asked) == ("SUCCEEDED", "[10,20,30]", [1, 2, 2, 3])
        described = sfn.describe_map_run(mapRunArn=map_run)
        assert (described["status"], described["redriveCount"]) == ("SUCCEEDED", 1)
        assert described["redriveDate"] > described["startDate"]
        assert len(sfn.list_map_runs(executionArn=arn)["mapRuns"]) == 1
        [again] = sfn.list_executions(mapRunArn=map_run, redriveFilter="REDRIVEN")["executions"]
        assert (again["executionArn"], again["redriveCount"], again["itemCount"]) == (failed["executionArn"], 1, 1)
        assert len(sfn.list_executions(mapRunArn=map_run, redriveFilter="NOT_REDRIVEN")["executions"]) == 2
        child = sfn.describe_execution(executionArn=failed["executionArn"])
        assert (child["status"], child["redriveCount"], child["redriveDate"]) == ("SUCCEEDED", 1, again["redriveDate"])
        types = [e["type"] for e in sfn.get_execution_history(executionArn=failed["executionArn"])["events"]]
        assert types.count("ExecutionRedriven") == 1
        [told] = [e for e in sfn.get_execution_history(executionArn=arn)["events"] if e["type"] == "MapRunRedriven"]
        assert told["mapRunRedrivenEventDetails"] == {"mapRunArn": map_run, "redriveCount": 1}


def test_express_children_start_again_under_their_arns() -> None:
    work = Work()
    with serving(bind={"work": work}, speed=1_000.0) as sfn:
        arn, map_run = begun(sfn, "EXPRESS")
        failed = sfn.list_executions(mapRunArn=map_run, statusFilter="FAILED")["executions"][0]
        work.broken = False
        sfn.redrive_execution(executionArn=arn)
        until(lambda: sfn.describe_execution(executionArn=arn), lambda d: d["status"] == "SUCCEEDED")
        child = sfn.describe_execution(executionArn=failed["executionArn"])
        assert (child["status"], child["redriveCount"], "redriveDate" in child) == ("SUCCEEDED", 0, False)


def test_a_redriven_map_run_survives_its_server(tmp_path: Path) -> None:
    work, db = Work(), str(tmp_path / "db")
    with serving(bind={"work": work}, speed=36_000.0, db=db) as sfn:
        arn, map_run = begun(sfn)
    work.broken = False
    with serving(bind={"work": work}, speed=1.0, db=db) as sfn:
        sfn.redrive_execution(executionArn=arn)
        until(lambda: work.asked, lambda asked: asked == [1, 2, 2])
        assert figures(sfn, map_run) == {"succeeded": 1, "running": 1, "pending": 1, "total": 3}
    with serving(bind={"work": work}, speed=1.0, db=db) as sfn:
        described = sfn.describe_map_run(mapRunArn=map_run)
        assert (described["status"], described["redriveCount"]) == ("RUNNING", 1)
        assert figures(sfn, map_run) == {"succeeded": 1, "running": 1, "pending": 1, "total": 3}
        sfn.stop_execution(executionArn=arn)
        assert figures(sfn, map_run) == {"succeeded": 1, "aborted": 1, "pending": 1, "total": 3}
    with serving(bind={"work": work}, speed=36_000.0, db=db) as sfn:
        sfn.redrive_execution(executionArn=arn)
        done = until(lambda: sfn.describe_execution(executionArn=arn), lambda d: d["status"] != "RUNNING")
        assert (done["output"], done["redriveCount"], work.asked) == ("[10,20,30]", 2, [1, 2, 2, 3])
        assert sfn.describe_map_run(mapRunArn=map_run)["redriveCount"] == 2


def test_the_page_finds_any_child_of_a_run_that_goes_on() -> None:
    """Its history was not kept, and the journal is in the store: nobody is called again."""
    asked: list[Any] = []

    def work(event: Any) -> Any:
        asked.append(event)
        return event * 10

    state = json.loads(spread("STANDARD"))["States"]["M"]
    del state["MaxConcurrency"], state["ItemProcessor"]["States"]["W"]
    state["ItemProcessor"]["States"]["T"] = {"Type": "Task", "Resource": FUNCTION + "work", "End": True}
    rest = {"M": {**state, "Next": "Rest"}, "Rest": {"Type": "Wait", "Seconds": 3_600, "End": True}}
    del rest["M"]["End"]
    with serving(bind={"work": work}) as sfn:
        definition = json.dumps({"StartAt": "M", "States": rest})
        made = sfn.create_state_machine(name="m", definition=definition, roleArn=ROLE)["stateMachineArn"]
        arn = sfn.start_execution(stateMachineArn=made, input=json.dumps(list(range(130))))["executionArn"]
        [listed] = until(lambda: sfn.list_map_runs(executionArn=arn)["mapRuns"], lambda found: found)
        until(lambda: figures(sfn, listed["mapRunArn"]).get("succeeded"), lambda done: done == 130)
        assert len(sfn.list_executions(mapRunArn=listed["mapRunArn"])["executions"]) == 100
        wanted = quote(json.dumps({"kind": "child", "address": "/States/M", "number": 125}))
        place = f"{sfn.meta.endpoint_url}/look/value?arn={quote(arn)}&wanted={wanted}"
        with urlopen(place) as answer:
            found = json.load(answer)
        assert [(v["name"], v["where"]) for v in found["visits"]] == [("T", "M › item 125")]
        assert (found["visits"][0]["output"]["text"], len(asked)) == ("1250", 130)


def test_the_page_shows_the_children_of_an_execution_that_has_ended(tmp_path: Path) -> None:
    work = Work()
    with serving(bind={"work": work}, speed=36_000.0, db=str(tmp_path / "db")) as sfn:
        arn, _ = begun(sfn)
    with serving(bind={"work": work}, db=str(tmp_path / "db")) as sfn:
        place = f"{sfn.meta.endpoint_url}/look/value?arn={quote(arn)}&wanted="
        with urlopen(place + quote(json.dumps({"kind": "child", "address": "/States/M", "number": 1}))) as answer:
            found = json.load(answer)
        assert [(v["name"], v["where"], v["status"]) for v in found["visits"]] == [("T", "M › item 1", "failed")]
        with urlopen(place + quote(json.dumps({"kind": "child", "address": "/States/M", "number": 2}))) as answer:
            assert "not kept here" in json.load(answer)["problem"]
        with urlopen(f"{sfn.meta.endpoint_url}/look/watch?arn={quote(arn)}") as answer:
            text = answer.read().decode()
        [live] = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if '"statuses"' in line][-1:]
        status = live["statuses"]["/States/M"]
        assert (status["done"], status["failed"], status["total"], status["loaded"]) == (1, 1, 3, 2)
