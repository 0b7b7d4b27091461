"""The recorded sequences of API calls, made with boto3 against a server of their own each."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import corpus
import pytest
import yaml

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from served import client

from sfnbook.server.http.run_server import Options, Served
from sfnbook.tasks.aws.services import embedded
from sfnbook.tasks.aws.services.endpoints import services

ACCOUNT = "111111111111"

PATIENCE = 5.0
"""Seconds after which an answer that differs from the recorded one is taken for what it is."""

SINCE = {
    "redriveCount": date(2023, 11, 15),
    "redriveStatus": date(2023, 11, 15),
    "redriveStatusReason": date(2023, 11, 15),
    "failuresNotRedrivable": date(2023, 11, 15),
    "pendingRedrive": date(2023, 11, 15),
    "encryptionConfiguration": date(2024, 7, 25),
}
"""The day on which AWS began to tell a member: redrive's, and customer managed keys'. The server answers as AWS does
today; a recording made before that day is compared without it (one of after it has to have it)."""


@contextmanager
def server(folder: Path) -> Iterator[Any]:
    served = Served(Options(port=0, account=ACCOUNT, buckets=folder))
    try:
        yield client(served.url)
    finally:
        served.stop()


class Replay:
    """Makes the calls of a case, with what this server answered in place of what AWS did."""

    def __init__(self, case: dict[str, Any], sfn: Any, folder: Path) -> None:
        self.case = case
        self.sfn = sfn
        self.folder = folder
        self.replaced: dict[str, str] = {}
        self.last_token: str | None = None
        self.found: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        for call in self.case["calls"]:
            answer = self.settled(call) if call["op"].startswith(("describe", "list", "get_exec")) else self.make(call)
            for key in call.get("match_keys", ()):
                self.found.setdefault(key, answer)
        self.ask_for_the_rest()
        return self.found

    def settled(self, call: dict[str, Any]) -> Any:
        """What a call that only reads answers, asked again while it is not the recorded answer: AWS's test waited too."""
        until, token = time.monotonic() + PATIENCE, self.last_token
        while True:
            self.last_token = token
            answer = self.make(call)
            found = dict.fromkeys(call.get("match_keys", ()), answer)
            if not compare(self.case, found) or time.monotonic() > until:
                return answer
            time.sleep(0.05)

    def make(self, call: dict[str, Any]) -> Any:
        if call["service"] == "cloudformation":
            return self.stack(call["params"])
        if call["service"] == "s3":
            return self.bucket(call)
        parameters = {key: self.given(key, value) for key, value in call["params"].items()}
        _make_log_groups(parameters.get("loggingConfiguration"))
        try:
            answer = getattr(self.sfn, call["op"])(**parameters)
        except Exception as fault:
            return fault
        answer.pop("ResponseMetadata")
        self.last_token = answer.get("nextToken", self.last_token)
        if call["op"] == "start_execution" and "executionArn" in call:
            self.replaced[call["executionArn"]] = answer["executionArn"]
            if ":express:" not in answer["executionArn"]:
                self.wait(answer["executionArn"])  # a test that leaves one running goes on with it
        if call["op"] == "list_map_runs":
            self.map_run = answer["mapRuns"][0]["mapRunArn"]
        return answer

    def given(self, name: str, value: Any) -> Any:
        if name == "mapRunArn":
            return self.map_run
        if name == "nextToken" and (value is None or str(value).startswith("REC#")):
            return self.last_token
        if value == "cfn:StateMachineArn":
            return self.stacked
        if isinstance(value, str):
            return self.replaced.get(value, value)
        return value

    def wait(self, arn: str) -> None:
        until = time.monotonic() + 1
        while self.sfn.describe_execution(executionArn=arn)["status"] == "RUNNING" and time.monotonic() < until:
            time.sleep(0.01)

    def stack(self, parameters: dict[str, Any]) -> Any:
        """What CloudFormation does with a template that holds one machine.

        A template that lies in a file is not part of the case: then the machine is the one that was described.
        """
        if "TemplateBody" in parameters:
            resources = yaml.safe_load(parameters["TemplateBody"])["Resources"].values()
            [wanted] = [r["Properties"] for r in resources if r["Type"] == "AWS::StepFunctions::StateMachine"]
        else:
            described = json.dumps(self.case["expected"]["matches"]["describe_statemachine"])
            wanted = json.loads(described.replace("<partition>", "aws"))
            wanted = {"StateMachineName": "stacked", "Definition": wanted["definition"], "RoleArn": wanted["roleArn"]}
        self.stacked = self.sfn.create_state_machine(
            name=wanted["StateMachineName"],
            roleArn=wanted["RoleArn"],
            type=wanted.get("StateMachineType", "STANDARD"),
            definition=wanted.get("DefinitionString") or json.dumps(wanted["Definition"]),
        )["stateMachineArn"]
        return {}

    def bucket(self, call: dict[str, Any]) -> Any:
        parameters = call["params"]
        place = self.folder / parameters["Bucket"]
        place.mkdir(exist_ok=True)
        if "Key" in parameters:
            (place / parameters["Key"]).write_text(parameters["Body"])
        return {}

    def ask_for_the_rest(self) -> None:
        """Make the calls whose answers were recorded, but not they themselves."""
        listing: dict[str, dict[str, Any]] = {
            "page-1": {"maxResults": 10},
            "page-2": {"maxResults": 3, "nextToken": None},
            "invalid-param-too-large": {"maxResults": 1001},
            "invalid-param-short-nextToken": {"nextToken": ""},
            "invalid-param-long-nextToken": {"nextToken": "x" * 1025},
        }
        more = {
            "describe_state_machine_response": ("describe_state_machine", {"stateMachineArn": "cfn:StateMachineArn"})
        }
        more |= {f"list-state-machines-{page}": ("list_state_machines", params) for page, params in listing.items()}
        for key, (op, params) in more.items():
            if key in self.case["expected"]["matches"] and key not in self.found:
                self.found[key] = self.make({"service": "stepfunctions", "op": op, "params": params})


def _make_log_groups(configuration: Any) -> None:
    """AWS's test made the log groups that a machine logs to; a recording leaves that out."""
    destinations = configuration.get("destinations") if isinstance(configuration, dict) else None
    for destination in destinations or ():
        arn = destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
        if ":log-group:" in arn:
            services.start()
            logs, name = services.client("logs"), arn.split(":log-group:")[1].removesuffix(":*")
            if not logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
                logs.create_log_group(logGroupName=name)


def told(expected: Any, answer: Any) -> Any:
    """Return an answer in the form in which this one was recorded."""
    if isinstance(answer, Exception):
        response = getattr(answer, "response", {})
        if isinstance(expected, str):
            return str(answer)
        if "exception_typename" in expected:
            return {"exception_typename": type(answer).__name__, "exception_value": str(answer)}
        return {"Error": response.get("Error"), "message": response.get("message")}
    if isinstance(expected, list):
        return next(value for value in answer.values() if isinstance(value, list))
    return answer


def as_of(day: date, answer: Any) -> Any:
    """Return an answer as it was on a day: without the members that AWS has added to it since."""
    match answer:
        case dict():
            return {k: as_of(day, v) for k, v in answer.items() if k not in SINCE or day >= SINCE[k]}
        case list():
            return [as_of(day, item) for item in answer]
    return answer


def compare(case: dict[str, Any], found: dict[str, Any]) -> list[Any]:
    module = corpus.module("compare")
    context = module.Ctx(case)
    day = datetime.strptime(case["recorded"], "%d-%m-%Y, %H:%M:%S").date()
    differing: list[Any] = []
    for key, expected in case["expected"]["matches"].items():
        if key not in found:
            continue
        module.match(
            module.parse(expected),
            module.actual(module.parse(_plain(as_of(day, told(expected, found[key])))), context),
            context,
            None,
            key,
            differing,
        )
    return [d for d in differing if not _masked(d)]


def _plain(answer: Any) -> Any:
    return json.loads(json.dumps(answer, default=lambda value: "datetime"))


def _masked(difference: tuple[str, Any, Any]) -> bool:
    """What the recording masked without saying so: names of resources, dates, tokens."""
    _, expected, actual = difference
    if not isinstance(expected, str) or not isinstance(actual, str) or "<absent>" in (expected, actual):
        return False
    pattern = re.sub(_MASK, r"[^']+", re.escape(expected).replace("\\-", "-"))
    return re.fullmatch(pattern, actual) is not None


_MASK = re.compile(r"<[\w:\-]+>|\bdatetime\b|\b[a-z]+(?:[_-][a-z0-9]+)*[_-](?:arn|name|date|token|id)(?:_t\d)?\b")
"""``<ArnPart_0idx>``, or a word of small letters that says what stood there: ``sm_nonexistent_arn``, ``start-date``."""


@pytest.fixture
def _fresh() -> Iterator[None]:
    yield
    embedded.stop()
    services.reset()


@pytest.mark.usefixtures("_fresh")
@pytest.mark.skipif(
    not corpus.available(), reason="the recorded cases (shared/conformance) do not lie beside this checkout"
)
def test_recorded_calls(tmp_path: Path) -> None:
    """Every answer is AWS's, the words of its refusals included."""
    missed: dict[str, Any] = defaultdict(list)
    cases = corpus.load("api")
    for number, case in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        with server(folder) as sfn:
            differing = compare(case, Replay(case, sfn, folder).run())
        if differing:
            missed[case["id"]] = differing[:4]
    assert len(cases) > 60
    assert not missed, json.dumps(missed, indent=1, default=str)
