"""``sfnbook fetch``: as a person runs it against an endpoint; by botocore's stubs for what only AWS has."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from sfnbook import StateMachine, mock, raises, replay, returns
from sfnbook.errors import InputError
from sfnbook.history.masking import Masking
from sfnbook.server.delivery import log_events
from sfnbook.server.http.run_server import Options, Served
from sfnbook.targets.histories import Histories, moment
from sfnbook.targets.target import Target
from sfnbook.tasks.registry import Registry
from sfnbook.testing.recorded_test import recorded_test

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
SHOP: dict[str, Any] = {
    "StartAt": "Reserve",
    "States": {
        "Reserve": {"Type": "Task", "Resource": FUNCTION + "reserve", "Next": "Charge"},
        "Charge": {"Type": "Task", "Resource": FUNCTION + "charge", "End": True},
    },
}


def reserve(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"items": 1}


def charge(event: dict[str, Any]) -> dict[str, Any]:
    if event["id"] == 2:
        raise ValueError(f"declined: {event['token']}")
    return {"paid": event["id"]}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Served]:
    registry = Registry()
    registry.add("reserve", reserve)
    registry.add("charge", charge)
    served = Served(Options(port=0, registry=registry))
    try:
        client = Target(served.url, url=served.url).client()
        role = "arn:aws:iam::123456789012:role/r"
        for name, type in (("shop", "STANDARD"), ("quick", "EXPRESS")):
            client.create_state_machine(name=name, type=type, definition=json.dumps(SHOP), roleArn=role)
        shop = "arn:aws:states:us-east-1:123456789012:stateMachine:shop"
        for number in (1, 2, 3):
            data = json.dumps({"id": number, "token": "tok-123456", "note": "use tok-123456"})
            arn = client.start_execution(stateMachineArn=shop, name=f"order-{number}", input=data)["executionArn"]
            while client.describe_execution(executionArn=arn)["status"] == "RUNNING":
                pass
        yield served
    finally:
        served.stop()


def fetch(url: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sfnbook", "fetch", *words, "--on", url]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


def test_a_folder_is_filled_and_filled_up(endpoint: Served, tmp_path: Path) -> None:
    words = ("--machine", "shop", "--since", "7d", "--mask", "secrets")
    done = fetch(endpoint.url, *words, "--failed", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [file.name for file in (tmp_path / "histories").iterdir()] == ["order-2.json"]
    done = fetch(endpoint.url, *words, cwd=tmp_path)
    assert f"2 histories fetched from {endpoint.url}, 1 were there already" in done.stdout
    for file in (tmp_path / "histories").iterdir():
        assert "tok-123456" not in file.read_text("utf-8")
    failed = replay(tmp_path / "histories" / "order-2.json")
    assert failed.error == "ValueError"
    assert failed.input == {"id": 2, "token": "*** 1", "note": "use *** 1"}


def test_from_one_failed_execution_to_a_failing_test(endpoint: Served, tmp_path: Path) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:execution:shop:order-2"
    done = fetch(endpoint.url, arn, "--as-test", "tests/test_order_2.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    text = (tmp_path / "tests" / "test_order_2.py").read_text("utf-8")
    assert 'machine = sfn("shop.asl.json")' in text
    assert 'mock("Charge", raises("ValueError")' in text
    assert "# In production: Reserve → Charge\n    # FAILED, ValueError" in text
    assert text.endswith("assert run.succeeded\n")
    machine = StateMachine(tmp_path / "tests" / "shop.asl.json", name="shop")
    found: dict[str, Any] = {}
    exec(text, found)
    with pytest.raises(AssertionError):
        found["test_order_2"](lambda _: machine)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Name executions by their ARNs, or a machine with --machine NAME."),
        (("--machine", "shap"), 'has no state machine "shap". There are: quick, shop.'),
        (("--machine", "quick"), "quick is Express, whose executions are known by their log only"),
        (("--machine", "shop", "--since", "soon"), "'soon' is no time: write 90m, 36h, 7d, 2w"),
        (("arn:aws:states:us-east-1:123456789012:stateMachine:shop",), "is no execution's ARN"),
        (("--machine", "shop", "--mask", "("), "The pattern '(' is no regular expression"),
        (("arn:aws:states:us-east-1:123456789012:execution:shop:none",), "refuses: ExecutionDoesNotExist"),
    ],
)
def test_what_cannot_be_fetched(
    endpoint: Served, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    from sfnbook.cli import main

    assert main(["fetch", *words, "--on", endpoint.url]) == 2
    assert said in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------- what AWS alone has
ARN = "arn:aws:states:us-east-1:123456789012:"


class Place(Target):
    """A place whose clients are stubs of botocore's."""

    def __init__(self) -> None:
        super().__init__("aws:test")
        import boto3
        from botocore.stub import Stubber

        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
        made = {name: boto3.client(name, **keys) for name in ("stepfunctions", "logs")}
        object.__setattr__(self, "clients", made)
        object.__setattr__(self, "stubs", {name: Stubber(client) for name, client in made.items()})
        for stub in self.stubs.values():  # type: ignore[attr-defined]
            stub.activate()

    def client(self, service: str = "stepfunctions") -> Any:
        return self.clients[service]  # type: ignore[attr-defined]

    def express(self, *pages: list[dict[str, Any]], level: str = "ALL", data: bool = True) -> Histories:
        """An Express machine with a log of these events, page by page."""
        logging = {
            "level": level,
            "includeExecutionData": data,
            "destinations": [
                {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:1:log-group:/aws/vendedlogs/q:*"}}
            ],
        }
        machine = {
            "stateMachineArn": f"{ARN}stateMachine:quick",
            "name": "quick",
            "definition": json.dumps(SHOP),
            "roleArn": "arn:aws:iam::123456789012:role/r",
            "type": "EXPRESS",
            "creationDate": datetime(2026, 1, 1, tzinfo=UTC),
            "loggingConfiguration": logging,
        }
        self.stubs["stepfunctions"].add_response("describe_state_machine", machine)  # type: ignore[attr-defined]
        for number, page in enumerate(pages, 1):
            more = {"nextToken": str(number)} if number < len(pages) else {}
            found = {"events": [{"message": json.dumps(one)} for one in page], **more}
            self.stubs["logs"].add_response("filter_log_events", found)  # type: ignore[attr-defined]
        return Histories(self)


def logged(name: str, *, data: bool = True, **options: Any) -> list[dict[str, Any]]:
    run = StateMachine(SHOP, name="quick", type="EXPRESS").run({"id": 1}, **options)
    return log_events(run._raw_events, f"{ARN}express:quick:{name}:0", data=data)


RESERVED = mock("Reserve", returns({"id": 1}))
ANSWERS: dict[str, Any] = {"mocks": [RESERVED, mock("Charge", returns({"paid": 1}))]}
BROKEN: dict[str, Any] = {"mocks": [RESERVED, mock("Charge", raises("Boom", "why"))]}


def test_express_executions_are_read_from_their_log() -> None:
    good, bad, torn = logged("a", **ANSWERS), logged("b", **BROKEN), logged("c", **ANSWERS)[2:]
    pages = [*bad[3:], *good[:4], {"no": "event"}], [*torn, *good[4:], *bad[:3]]
    place = Place().express(*pages)
    found = place.of_machine(f"{ARN}stateMachine:quick", ("SUCCEEDED", "FAILED"), None, 10)
    assert sorted((one.name, one.status) for one in found) == [("a-0", "SUCCEEDED"), ("b-0", "FAILED")]
    events = {one.name: place.events(one) for one in found}
    assert replay({"events": events["a-0"]}).output == {"paid": 1}
    assert replay({"events": events["b-0"]}).cause == "why"


def test_a_log_that_is_not_enough_is_said() -> None:
    arn = f"{ARN}stateMachine:quick"
    with pytest.raises(InputError, match="it has the level ERROR with execution data"):
        Place().express(level="ERROR").of_machine(arn, ("FAILED",), None, 10)
    with pytest.raises(InputError, match=r"has no execution data. Log it with includeExecutionData"):
        Place().express(logged("a", data=False, **ANSWERS)).of_machine(arn, ("SUCCEEDED",), None, 10)
    with pytest.raises(InputError, match="has no whole execution"):
        Place().express(logged("a", **ANSWERS)[1:]).of_execution(f"{ARN}express:quick:a:0", None)


# ----------------------------------------------------------------------------------------------------- in this process
def test_masks() -> None:
    def masked(*patterns: str, **details: Any) -> Any:
        return Masking(patterns).events([{"id": 1, "stateEnteredEventDetails": {"name": "token", **details}}])[0][
            "stateEnteredEventDetails"
        ]

    text = json.dumps({"password": "hunter22", "n": 7, "say": "hunter22!", "body": '{"apiKey": "k-1"}', "pin": 1234})
    found = masked("secrets", "^pin$", input=text)
    assert found["name"] == "token"
    assert json.loads(found["input"]) == {
        "password": "*** 1", "n": 7, "say": "*** 1!", "body": '{"apiKey":"*** 2"}', "pin": 0,
    }  # fmt: skip
    assert masked(r"\d{16}", input='{"a": 4111111111111111, "b": "no 4111111111111111."}')["input"] == (
        '{"a":0,"b":"no *** 1."}'
    )
    assert masked("secrets", output='"Bearer abcdefghij"')["output"] == '"Bearer *** 1"'
    assert masked("secrets", cause="with AKIAABCDEFGHIJKLMNOP")["cause"] == "with *** 1"
    assert masked("secrets", assignedVariables={"token": '"abc"', "n": "1"})["assignedVariables"] == {
        "token": '"*** 1"', "n": "1",
    }  # fmt: skip
    with pytest.raises(InputError, match="matches everything"):
        Masking(["x*"])


def test_moments() -> None:
    now = datetime(2026, 1, 10, tzinfo=UTC)
    assert moment("36h", now) == datetime(2026, 1, 8, 12, tzinfo=UTC)
    assert moment("2026-01-02T03:00", now) == datetime(2026, 1, 2, 3, tzinfo=UTC)


def test_the_test_of_an_execution_that_went_well_asserts_what_it_did() -> None:
    run = StateMachine(SHOP, name="shop").run({"id": 1}, **ANSWERS)
    machine = StateMachine(SHOP, name="shop")
    text = recorded_test(replay({"events": run.history()}, machine, name="order 1"), "shop.asl.json")
    assert text.endswith('    assert run.succeeded\n    assert run.path == ["Reserve", "Charge"]\n')
    found: dict[str, Any] = {}
    exec(text, found)
    found["test_order_1"](lambda _: machine)
