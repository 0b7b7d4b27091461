"""Who may come in, and what hostile or broken requests get: an AWS-shaped error, and the server goes on."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served import ROLE

from sfnbook.errors import InputError
from sfnbook.server.api.wire import model
from sfnbook.server.http import connection as http_connection
from sfnbook.server.http.app import LARGEST
from sfnbook.server.http.run_server import Options, Served
from sfnbook.server.operations import OPERATIONS


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    server = Served(Options(port=0))
    yield server
    server.stop()


def post(served: Served, action: str, body: bytes | str, **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        data = body.encode() if isinstance(body, str) else body
        connection.request("POST", "/", data, {"X-Amz-Target": f"AWSStepFunctions.{action}", **named})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def works(served: Served) -> bool:
    return post(served, "ListStateMachines", "{}")[0] == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", 200),
        ("{", "SerializationException"),
        ("[]", "SerializationException"),
        (b"\xff\xfe", "SerializationException"),
        ('{"a": NaN}', "SerializationException"),
        ("[" * 100_000, "SerializationException"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "SerializationException"),
        ('{"maxResults": "1"}', "SerializationException"),
        ('{"maxResults": 99999999999}', "SerializationException"),
        ('{"nextToken": {}}', "SerializationException"),
        ('{"maxResults": -1}', "ValidationException"),
    ],
)
def test_a_broken_body(served: Served, body: bytes | str, code: Any) -> None:
    status, answer = post(served, "ListStateMachines", body)
    assert (status, answer.get("__type")) == ((200, None) if code == 200 else (400, code))
    assert works(served)


def test_unknown_targets_and_huge_bodies(served: Served) -> None:
    assert post(served, "DropTable", "{}")[1]["__type"] == "UnknownOperationException"
    assert post(served, "ListStateMachines", b"{}", X_Amz_Target="DynamoDB.Scan")[0] == 400
    status, answer = post(served, "CreateStateMachine", b" " * (LARGEST + 1))
    assert (status, answer["__type"]) == (413, "RequestEntityTooLargeException")
    assert works(served)


def test_headers_without_end_are_not_read(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as client:
        client.sendall(b"POST / HTTP/1.1\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            client.sendall((b"X-A: " + b"a" * 10_000 + b"\r\n") * 10_000)
    assert works(served)


def test_headers_that_never_come_are_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "SLOWEST_HEAD", 0.05)
    for said in (b"", b"POST / HTTP/1.1\r\nHost: "):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as client:
            client.sendall(said)
            assert client.recv(100).startswith(b"HTTP/1.1 408")
    assert works(served)


def test_only_our_own_host_and_origin(served: Served) -> None:
    assert post(served, "ListStateMachines", "{}", Host="evil.example")[0] == 403
    assert post(served, "ListStateMachines", "{}", Origin="http://evil.example")[0] == 403
    assert post(served, "ListStateMachines", "{}", Sec_Fetch_Site="cross-site")[0] == 403
    assert post(served, "ListStateMachines", "{}", Host=f"localhost:{served.port}")[0] == 200
    assert post(served, "ListStateMachines", "{}", Host="sync-127.0.0.1")[0] == 200


def test_a_token_is_asked_for_and_known(tmp_path: Path) -> None:
    server = Served(Options(port=0, token="s3cret"))
    try:
        signed = "AWS4-HMAC-SHA256 Credential=s3cret/20260101/us-east-1/states/aws4_request, SignedHeaders=host"
        assert post(server, "ListStateMachines", "{}")[0] == 403
        assert post(server, "ListStateMachines", "{}", Authorization="Bearer other")[0] == 403
        assert post(server, "ListStateMachines", "{}", Authorization="Bearer s3cret")[0] == 200
        assert post(server, "ListStateMachines", "{}", Authorization=signed)[0] == 200
    finally:
        server.stop()


@pytest.mark.parametrize("token", ["", " "])
def test_an_empty_token_lets_nobody_in(token: str) -> None:
    with pytest.raises(InputError, match="The token is empty"):
        Served(Options(port=0, host="0.0.0.0", token=token))


def test_another_address_than_loopback_gets_a_token() -> None:
    server = Served(Options(host="0.0.0.0", port=0))
    try:
        assert server.options.token is not None
        assert post(server, "ListStateMachines", "{}")[0] == 403
    finally:
        server.stop()


def test_slow_and_silent_clients_hold_nobody_up(served: Served) -> None:
    idle = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(20)]
    for connection in idle:
        connection.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\n"
        )
        connection.sendall(b"Content-Length: 10\r\n\r\n{")
    began = time.monotonic()
    assert works(served)
    assert time.monotonic() - began < 2
    for connection in idle:
        connection.close()


# -- fuzzing: whatever fits or nearly fits the model, no fault of ours ------------------------------------------------

_ARNS = st.sampled_from(
    [
        "arn:aws:states:us-east-1:123456789012:stateMachine:known",
        "arn:aws:states:us-east-1:123456789012:stateMachine:known:1",
        "arn:aws:states:us-east-1:123456789012:stateMachine:known:live",
        "arn:aws:states:us-east-1:123456789012:stateMachine:known@Case",
        "arn:aws:states:us-east-1:123456789012:execution:known:one",
        "arn:aws:states:us-east-1:123456789012:express:known:one:two",
        "arn:aws:states:us-east-1:123456789012:activity:known",
        "arn:aws:states:us-east-1:123456789012:mapRun:known/label:id",
        "arn:aws:states:us-east-1:123456789012:execution:known/label:id",
        "arn:aws:iam::123456789012:role/r",
        "arn::::::",
    ]
)
_DEFINITIONS = st.sampled_from(
    [
        '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}',
        '{"StartAt":"A","States":{"A":{"Type":"Fail"}}}',
        '{"Type":"Pass","End":true}',
        "{}",
        "null",
        "- a",
    ]
)
_TEXTS = st.text(max_size=20) | st.sampled_from(["{}", '"\\ud800"', "[1]", "\ud800", "#", "known", "live"])


def shape(name: str) -> st.SearchStrategy[Any]:
    """Values for a shape of the model: most fit, some break a constraint."""
    found = model()["shapes"][name]
    match found["type"]:
        case "structure":
            members = found["members"]
            required = {k: shape(members[k]["shape"]) for k in found.get("required", ())}
            optional = {k: shape(v["shape"]) for k, v in members.items() if k not in required}
            return st.fixed_dictionaries(required, optional=optional)
        case "list":
            return st.lists(shape(found["member"]["shape"]), max_size=3)
        case "map":
            return st.dictionaries(_TEXTS, shape(found["value"]["shape"]), max_size=2)
        case "boolean":
            return st.booleans()
        case "integer" | "long":
            return st.integers(-1, 1001)
        case "float" | "double":
            return st.floats(-1, 101, allow_nan=False)
    if "enum" in found:
        return st.sampled_from(found["enum"])
    if name in ("Arn", "LongArn"):
        return _ARNS
    return _DEFINITIONS if name == "Definition" else _TEXTS


_WAITS = frozenset({"GetActivityTask"})


@pytest.mark.parametrize("action", sorted(set(OPERATIONS) - _WAITS))
def test_no_request_is_a_fault_of_ours(served: Served, action: str) -> None:
    create = {
        "name": "known",
        "definition": '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}',
        "roleArn": ROLE,
    }
    post(served, "CreateStateMachine", json.dumps(create))
    post(served, "CreateActivity", '{"name": "known"}')

    errors = {"ValidationException", "SerializationException"}
    errors |= {error["shape"] for error in model()["operations"][action].get("errors", ())}

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(shape(model()["operations"][action]["input"]["shape"]))
    def call(request: Any) -> None:
        status, answer = post(served, action, json.dumps(request))
        assert status < 500, answer
        assert status == 200 or (answer["message"] and answer["__type"] in errors)

    call()


def test_a_machine_that_never_ends_holds_nobody_up(served: Served) -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "C"}], "Default": "A"}
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": choice, "C": {"Type": "Succeed"}}
    loop = json.dumps({"StartAt": "A", "States": states})
    for name, type in (("standard-loop", "STANDARD"), ("express-loop", "EXPRESS")):
        create = {"name": name, "definition": loop, "roleArn": ROLE, "type": type}
        arn = post(served, "CreateStateMachine", json.dumps(create))[1]["stateMachineArn"]
        assert post(served, "StartExecution", json.dumps({"stateMachineArn": arn}))[0] == 200
    for _ in range(20):
        began = time.monotonic()
        assert works(served)
        assert time.monotonic() - began < 2
    answer = post(served, "StartSyncExecution", json.dumps({"stateMachineArn": arn}))[1]
    assert (answer["status"], answer["error"]) == ("FAILED", "States.Runtime")
