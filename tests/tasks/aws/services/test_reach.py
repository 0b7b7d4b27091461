"""Where HTTP Tasks may go: as AWS, HTTPS with a connection; the rest by an explicit word, by the address connected to."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.errors import InputError
from sfnbook.tasks.aws.services import reach
from sfnbook.tasks.aws.services.endpoints import Services
from sfnbook.tasks.aws.services.opener import opener
from sfnbook.tasks.registry import Registry


def failure(resource: str, endpoint: str, registry: Registry | None = None) -> tuple[str | None, str]:
    parameters = {"ApiEndpoint": endpoint, "Method": "GET"}
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    machine = StateMachine({"StartAt": "T", "States": {"T": state}}, name="m")
    if registry is not None:
        machine._bindings = registry
    run = machine.run()
    return run.error, run.cause or ""


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where sockets were connected to; none of them is."""
    to: list[Any] = []

    def connect(self: socket.socket, place: Any) -> None:
        to.append(place)
        raise ConnectionRefusedError("nobody is asked in a test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return to


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Let every name be at these addresses, one answer after the other, as a rebinding name server has it."""
    left = list(answers)

    def look_up(host: str, port: Any, *more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (left.pop(0), port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    "url", ["http://example.com", "file:///etc/passwd", "ftp://example.com/x", "gopher://x", "//x"]
)
def test_an_http_task_needs_https(aws: Services, connected: list[Any], url: str) -> None:
    aws.http_tasks = reach.read_words("loopback,private,link-local")
    assert failure("http:invoke", url)[0] == "States.Runtime"
    assert connected == []


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://127.0.0.1:1", "localhost:1", "FILE://x"]
)
def test_apigateway_takes_neither_files_nor_this_machine(aws: Services, connected: list[Any], url: str) -> None:
    assert failure("apigateway:invoke", url)[0] in ("States.Runtime", "ApiGateway.SdkClientException")
    assert connected == []


def test_an_http_task_needs_a_connection(aws: Services, connected: list[Any]) -> None:
    error, cause = failure("http:invoke", "https://api.example.com")
    assert (error, connected) == ("States.Runtime", [])
    assert "Authentication.ConnectionArn" in cause
    assert "%sfn_services --http-tasks http" in cause


@pytest.mark.parametrize(
    ("address", "word"),
    [("127.0.0.1", "loopback"), ("169.254.169.254", "link-local"), ("10.1.2.3", "private"), ("100.64.0.1", "private")],
)
def test_it_is_the_address_connected_to_that_counts(
    aws: Services, connected: list[Any], monkeypatch: pytest.MonkeyPatch, address: str, word: str
) -> None:
    registry = Registry()
    registry.http_tasks = frozenset({"http"})
    resolving(monkeypatch, address)
    error, cause = failure("http:invoke", "https://innocent.example.com", registry)
    assert (error, connected) == ("States.Http.Socket", [])
    assert f"at {address}, a {word} address" in cause
    registry.http_tasks = frozenset({"http", word})
    resolving(monkeypatch, address, "8.8.8.8")  # a second look-up would get another answer
    assert failure("http:invoke", "https://innocent.example.com", registry)[0] == "States.Http.Socket"
    assert connected == [(address, 443)]


def test_a_literal_address_behind_a_proxy(aws: Services, connected: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(reach.Unreachable, match="link-local"):
        opener("https://169.254.169.254/", frozenset())
    assert connected == []


def test_embedded_topics_post_to_nobody(aws: Services, connected: list[Any]) -> None:
    topic = aws.client("sns").create_topic(Name="t")["TopicArn"]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint="http://169.254.169.254/latest")
    aws.client("sns").publish(TopicArn=topic, Message="hello")
    assert connected == []


NO_REQUESTS = ["https://[::1", "https://x:abc/", "https://x/\r\nA: b", f"https://{'a' * 70}.com/", "https://ex ample.com/", "https://\uff11\uff12\uff17.0.0.1/", "https://b\xfccher.example/\xfc", "https://127.0.0.1:99999/"]  # fmt: skip


@pytest.mark.parametrize("url", NO_REQUESTS)
@pytest.mark.parametrize("resource", ["http:invoke", "apigateway:invoke"])
def test_what_makes_no_request_fails_in_aws_words(
    aws: Services, connected: list[Any], monkeypatch: pytest.MonkeyPatch, resource: str, url: str
) -> None:
    registry = Registry()
    registry.http_tasks = frozenset({"http"})
    error, _ = failure(resource, url, registry)
    assert error in ("States.Http.Socket", "States.Runtime", "ApiGateway.SdkClientException")
    assert connected == []


@pytest.mark.parametrize(
    "endpoint", ["169.254.169.254/.execute-api.x", "a.execute-api.x@169.254.169.254", "https://10.0.0.1/?.execute-api."]
)
def test_an_address_that_only_mentions_an_api(
    aws: Services, connected: list[Any], monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    resolving(monkeypatch, "169.254.169.254")
    registry = Registry()
    registry.http_tasks = frozenset()
    error, cause = failure("apigateway:invoke", endpoint, registry)
    assert (error, connected) == ("ApiGateway.SdkClientException", [])
    assert "a link-local address" in cause


@pytest.mark.parametrize(
    "host",
    [
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.16689662",
        "\uff11\uff16\uff19.254.169.254",
        "[::169.254.169.254]",
    ],
)
def test_however_an_address_is_written_behind_a_proxy(
    aws: Services, connected: list[Any], monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(reach.Unreachable, match="link-local"):
        opener(f"https://{host}/", frozenset())
    assert connected == []


@pytest.mark.parametrize(
    ("address", "word"),
    [("::127.0.0.1", "loopback"), ("64:ff9b:1::a9fe:a9fe", "link-local"), ("::ffff:0:10.0.0.1", "private"), ("::1", "loopback"), ("::ffff:127.0.0.1", "loopback"), ("64:ff9b::7f00:1", "loopback"), ("::", "loopback"),
     ("fe80::1%eth0", "link-local"), ("fd00:ec2::254", "link-local"), ("2002:a9fe:a9fe::1", "link-local"),
     ("fc00::1", "private"), ("224.0.0.1", "private"), ("2606:4700::1", "")],
)  # fmt: skip
def test_kinds_of_addresses(address: str, word: str) -> None:
    assert reach.kind_of(address) == word


def test_words() -> None:
    assert reach.read_words("local, private") == {"http", "loopback", "private"}
    assert reach.read_words("") == frozenset()
    with pytest.raises(InputError, match='cannot be allowed "lan"'):
        reach.read_words("lan")
