"""Functions served elsewhere answer tasks here, and functions of the notebook answer callers from elsewhere."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

import sfnbook
from sfnbook.run import Run
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.lambda_api.client import LambdaEndpoint
from sfnbook.tasks.lambda_api.server import LambdaServer

WORK = "arn:aws:lambda:us-east-1:123456789012:function:work"


def run(target: Any = None, input: Any = None, *, resource: str = WORK, **fields: Any) -> Run:
    states = {"Work": {"Type": "Task", "Resource": resource, "End": True, **fields}}
    machine = sfnbook.StateMachine({"StartAt": "Work", "States": states}, name="one")
    if target is not None:
        machine.bind("Work", target)
    return machine.run(input, clock="real")


def work(event: Any, context: Any) -> Any:
    print("working on", event.get("n"))
    if event.get("fail"):
        raise ValueError("no good")
    return {"n": event.get("n"), "function": context.function_name}


async def later(event: Any) -> Any:
    return {"later": event}


@pytest.fixture
def server() -> Iterator[LambdaServer]:
    with sfnbook.serve_lambda({"work": work, "later": later}) as server:
        yield server


Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture
def endpoint() -> Iterator[Callable[[Callable[[str, bytes], Reply]], str]]:
    """Start an endpoint that answers (path, body) with (status, headers, body); returns its URL."""
    servers = []

    def start(answer: Callable[[str, bytes], Reply]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status, headers, body = answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


# ---------------------------------------------------------------------------------------------------- as a client
def test_a_function_by_url(server: LambdaServer) -> None:
    assert run(server.url, {"n": 1}).output == {"n": 1, "function": "work"}


def test_lambda_invoke_names_the_function_itself(server: LambdaServer) -> None:
    parameters = {"FunctionName": "work", "Payload": {"n": 2}}
    done = run(server.url, resource="arn:aws:states:::lambda:invoke", Parameters=parameters)
    assert done.output["Payload"] == {"n": 2, "function": "work"}


def test_the_whole_address_of_one_function(server: LambdaServer) -> None:
    address = f"{server.url}/2015-03-31/functions/later/invocations"
    assert run(address, {"n": 3}).output == {"later": {"n": 3}}


def test_an_exception_there_is_the_tasks_error_here(server: LambdaServer) -> None:
    failed = run(server.url, {"fail": True})
    assert failed.error == "ValueError"
    assert json.loads(failed.cause or "")["errorMessage"] == "no good"


def test_a_failure_without_a_type_is_unknown(endpoint: Any) -> None:
    url = endpoint(lambda path, body: (200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorMessage":"too slow"}'))
    failed = run(url)
    assert failed.error == "Lambda.Unknown"
    assert failed.cause == (
        "The cause could not be determined because Lambda did not return an error type. "
        'Returned payload: {"errorMessage":"too slow"}'
    )


def test_what_looks_like_an_error_is_none_without_the_header(endpoint: Any) -> None:
    document = {"errorMessage": "kept for later", "errorType": "Harmless"}
    url = endpoint(lambda path, body: (200, {}, json.dumps(document).encode()))
    assert run(url).output == document


@pytest.mark.parametrize(
    ("status", "headers", "body", "error"),
    [
        (404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, b'{"Message":"none"}', "ResourceNotFoundException"),
        (404, {}, b"not here", "ResourceNotFoundException"),
        (429, {"x-amzn-ErrorType": "TooManyRequestsException:x"}, b"{}", "TooManyRequestsException"),
        (500, {}, b'{"__type":"a#ServiceException","message":"sorry"}', "ServiceException"),
        (502, {}, b"<html>", "AWSLambdaException"),
    ],
)
def test_a_refusal_has_lambdas_name(endpoint: Any, status: int, headers: Any, body: bytes, error: str) -> None:
    assert run(endpoint(lambda path, request: (status, headers, body))).error == f"Lambda.{error}"


def test_an_answer_that_is_no_json(endpoint: Any) -> None:
    assert run(endpoint(lambda path, body: (200, {}, b"hello"))).error == "Runtime.MarshalError"


def test_an_endpoint_that_is_down() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    failed = run(url)
    assert failed.error == "Lambda.SdkClientException"
    assert failed.cause == (
        f"Unable to execute HTTP request: Connect to {url} failed: Connection refused. Is it running?"
    )


def test_an_endpoint_that_breaks_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            taken, _ = listening.accept()
            taken.recv(10)
            taken.close()

        threading.Thread(target=hang_up, daemon=True).start()
        failed = run(f"http://127.0.0.1:{listening.getsockname()[1]}")
    assert failed.error == "Lambda.SdkClientException"
    assert "broke off" in str(failed.cause)


@pytest.mark.parametrize(
    ("own", "fields", "error"),
    [(0.2, {}, "Lambda.ClientExecutionTimeoutException"), (900, {"TimeoutSeconds": 1}, "States.Timeout")],
)
def test_an_endpoint_that_is_slow(own: float, fields: Any, error: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert run(LambdaEndpoint(url, timeout=own), **fields).error == error


@pytest.mark.parametrize("url", ["http://", "http://a:port", "https:///x"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(sfnbook.BindingError, match="no address of a Lambda endpoint"):
        run(url)


def test_lambda_endpoint_answers_what_nothing_here_does(server: LambdaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(input={"n": 4}).error == "Lambda.ResourceNotFoundException"
    monkeypatch.setenv("LAMBDA_ENDPOINT", server.url)
    assert run(input={"n": 4}).output == {"n": 4, "function": "work"}
    assert run(lambda event: "mine").output == "mine"


def test_the_services_place_of_lambda_is_the_endpoint(server: LambdaServer) -> None:
    services.configure({"lambda": server.url})
    try:
        assert run(input={"n": 5}).output == {"n": 5, "function": "work"}
    finally:
        services.configure({"lambda": ""})


# ----------------------------------------------------------------------------------------------------- as a server
def client(server: LambdaServer) -> Any:
    boto3 = pytest.importorskip("boto3")
    return boto3.client(
        "lambda",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


@pytest.mark.parametrize("name", ["work", WORK, "work:1", "123456789012:function:work"])
def test_boto3_calls_a_function_of_the_notebook(server: LambdaServer, name: str) -> None:
    answer = client(server).invoke(FunctionName=name, Payload=b'{"n": 1}', LogType="Tail")
    assert (answer["StatusCode"], answer["ExecutedVersion"], answer.get("FunctionError")) == (200, "$LATEST", None)
    assert json.load(answer["Payload"])["n"] == 1
    assert base64.b64decode(answer["LogResult"]) == b"working on 1\n"


def test_boto3_gets_an_exception_as_lambda_reports_it(server: LambdaServer) -> None:
    answer = client(server).invoke(FunctionName="work", Payload=b'{"fail": true}')
    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorType"] == "ValueError"


def test_boto3_gets_lambdas_own_errors(server: LambdaServer) -> None:
    from botocore.exceptions import ClientError

    for name, payload, code in (
        ("nobody", b"{}", "ResourceNotFoundException"),
        ("work", b"{", "InvalidRequestContentException"),
    ):
        with pytest.raises(ClientError) as caught:
            client(server).invoke(FunctionName=name, Payload=payload)
        assert caught.value.response["Error"]["Code"] == code


def test_an_event_is_taken_and_answered_later() -> None:
    done = threading.Event()
    with sfnbook.serve_lambda({"work": lambda event: done.set()}) as server:
        assert client(server).invoke(FunctionName="work", InvocationType="Event")["StatusCode"] == 202
        assert client(server).invoke(FunctionName="work", InvocationType="DryRun")["StatusCode"] == 204
        assert done.wait(60)


def post(server: LambdaServer, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", path, b"{}", headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_only_callers_of_this_machine_are_answered(server: LambdaServer) -> None:
    path = "/2015-03-31/functions/work/invocations"
    assert post(server, path, {}) == 200
    assert post(server, path, {"Host": f"localhost:{server.port}"}) == 200
    assert post(server, path, {"Host": "evil.example"}) == 403
    assert post(server, path, {"Host": f"evil.example:{server.port}"}) == 403
    assert post(server, path, {"Origin": "http://evil.example"}) == 403
    assert post(server, "/elsewhere", {}) == 404
    assert post(server, path, {"Content-Length": "99999999"}) == 413


def test_a_port_that_is_taken(server: LambdaServer) -> None:
    with pytest.raises(sfnbook.InputError, match=f"The port {server.port} cannot be served on"):
        sfnbook.serve_lambda({}, port=server.port)


def raw(server: LambdaServer, request: bytes, name: str = "work") -> bytes:
    """Send bytes as they are, and return all that comes back until the connection is closed."""
    path = f"/2015-03-31/functions/{name}/invocations"
    head = f"HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(request.replace(b"PATH", path.encode()).replace(b"HTTP/1.1\r\n", head, 1))
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(65_536):
            answer += part
        return answer


def test_bodies_in_every_shape() -> None:
    with sfnbook.serve_lambda({"work": lambda event: event}) as server:
        chunked = b"POST PATH HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert raw(server, chunked + b'4\r\n{"a"\r\n4;x=y\r\n: 1}\r\n0\r\nT: t\r\n\r\n').endswith(b'{"a":1}')
        for broken in (b"zz\r\n", b"-4\r\n", b"", b"7000000\r\n"):
            assert raw(server, chunked + broken).split()[1] in (b"400", b"413")
        for length in (b"x", b"-1", b"10"):
            assert raw(server, b"POST PATH HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\n{}").split()[1] == b"400"
        smuggled = b"POST PATH HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
        inside = b"GET / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(smuggled), smuggled)
        assert raw(server, inside).count(b"HTTP/1.1 ") == 1  # the body of a GET is no request


def test_answers_that_are_too_large_or_no_text() -> None:
    functions = {
        "large": lambda event: "x" * 6_300_000,
        "half": lambda event: "\ud800",
        "prints": lambda event: print("\udfff"),
    }
    with sfnbook.serve_lambda(functions) as server:
        post = b"POST PATH HTTP/1.1\r\nX-Amz-Log-Type: Tail\r\nContent-Length: 2\r\n\r\n{}"
        large = raw(server, post, "large")
        assert b"X-Amz-Function-Error: Unhandled" in large
        assert b"Function.ResponseSizeTooLarge" in large
        assert raw(server, post, "half").endswith(b'"\\ud800"')
        assert raw(server, post, "prints").endswith(b"null")
