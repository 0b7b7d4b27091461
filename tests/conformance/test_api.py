"""The recorded sequences of API calls, made with boto3 against a server of their own each. Every miss has its reason."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import corpus
import pytest
import yaml

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from served import client

from sfnbook.server.serve import Options, Served

ACCOUNT = "111111111111"

MISSES = {
    "test_base_variable_references_in_jsonata_template": "recorded after July 2024, when encryptionConfiguration came; "
    "the others were recorded before. It is told where one was set",
    "test_list_map_runs_and_describe_map_run": "recorded before November 2023, when redrive and its counts came",
}
LACKING = {
    "test_path_based_on_data": "its CloudFormation template is not part of the case",
    "test_wait_for_callback": "its CloudFormation template is not part of the case",
}


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
        self.answers: dict[int, Any] = {}
        self.last_token: str | None = None
        self.found: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        for call in self.case["calls"]:
            answer = self.answers[call["i"]] = self.make(call)
            for key in call.get("match_keys", ()):
                self.found.setdefault(key, answer)
        self.describe_the_rest()
        return self.found

    def make(self, call: dict[str, Any]) -> Any:
        if call["service"] == "cloudformation":
            return self.stack(call["params"])
        if call["service"] == "s3":
            return self.bucket(call)
        parameters = {key: self.given(key, value) for key, value in call["params"].items()}
        try:
            answer = getattr(self.sfn, call["op"])(**parameters)
        except Exception as fault:
            return fault
        answer.pop("ResponseMetadata")
        self.last_token = answer.get("nextToken", self.last_token)
        if call["op"] == "start_execution" and "executionArn" in call:
            self.replaced[call["executionArn"]] = answer["executionArn"]
            if ":express:" not in answer["executionArn"]:
                self.wait(answer["executionArn"])
        if call["op"] == "list_map_runs":
            self.map_run = answer["mapRuns"][0]["mapRunArn"]
        return answer

    def given(self, name: str, value: Any) -> Any:
        if name == "mapRunArn":
            return self.map_run
        if name == "nextToken" and (value is None or str(value).startswith("REC#")):
            return self.last_token
        if isinstance(value, str):
            return self.replaced.get(value, value)
        return value

    def wait(self, arn: str) -> None:
        until = time.monotonic() + 10
        while self.sfn.describe_execution(executionArn=arn)["status"] == "RUNNING":
            assert time.monotonic() < until
            time.sleep(0.01)

    def stack(self, parameters: dict[str, Any]) -> Any:
        """What CloudFormation does with a template that holds one machine."""
        [resource] = yaml.safe_load(parameters["TemplateBody"])["Resources"].values()
        wanted = resource["Properties"]
        self.stacked = self.sfn.create_state_machine(
            name=wanted["StateMachineName"], roleArn=wanted["RoleArn"], definition=json.dumps(wanted["Definition"])
        )["stateMachineArn"]
        return {}

    def bucket(self, call: dict[str, Any]) -> Any:
        parameters = call["params"]
        place = self.folder / parameters["Bucket"]
        place.mkdir(exist_ok=True)
        if "Key" in parameters:
            (place / parameters["Key"]).write_text(parameters["Body"])
        return {}

    def describe_the_rest(self) -> None:
        if "describe_state_machine_response" in self.case["expected"]["matches"]:
            answer = self.sfn.describe_state_machine(stateMachineArn=self.stacked)
            answer.pop("ResponseMetadata")
            self.found["describe_state_machine_response"] = answer


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


def compare(case: dict[str, Any], found: dict[str, Any]) -> list[Any]:
    module = corpus.module("compare")
    context = module.Ctx(case)
    differing: list[Any] = []
    for key, expected in case["expected"]["matches"].items():
        if key not in found:
            continue
        module.match(
            module.parse(expected),
            module.actual(module.parse(_plain(told(expected, found[key]))), context),
            context,
            None,
            key,
            differing,
        )
    return [d for d in differing if not _masked(d)]


def _plain(answer: Any) -> Any:
    return json.loads(json.dumps(answer, default=lambda value: "datetime"))


def _masked(difference: tuple[str, Any, Any]) -> bool:
    """What the recording masked without saying so: names of resources, dates."""
    _, expected, actual = difference
    if not isinstance(expected, str) or not isinstance(actual, str):
        return False
    words = ("activity_arn", "activity_name", "creation-date", "start-date", "stop-date", "snf_role_arn_t\\d",
             "invalid_execution_arn", "sm_nonexistent_arn", "ssm_nonexistent_arn", "state_machine_alias_name", "datetime",
             "state_machine_name")  # fmt: skip
    pattern = re.escape(expected)
    for word in words:
        pattern = re.sub(word, r"[^']+", pattern.replace("\\-", "-"))
    pattern = re.sub(r"<[a-z_]+chars>", r"[^']+", pattern)
    return re.fullmatch(re.sub(r"<[\w:\-]+>", r"[^']+", pattern), actual) is not None


@pytest.mark.skipif(
    not corpus.available(), reason="the recorded cases (shared/conformance) do not lie beside this checkout"
)
def test_recorded_calls(tmp_path: Path) -> None:
    """Every answer is AWS's, the words of its refusals included."""
    missed: dict[str, Any] = defaultdict(list)
    cases = [c for c in corpus.load("api") if not any(name in c["id"] for name in LACKING)]
    for number, case in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        with server(folder) as sfn:
            differing = compare(case, Replay(case, sfn, folder).run())
        if differing and not any(name in case["id"] for name in MISSES):
            missed[case["id"]] = differing[:4]
    assert len(cases) > 60
    assert not missed, json.dumps(missed, indent=1, default=str)
