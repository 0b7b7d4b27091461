"""HTTP Tasks and API Gateway, against a server on this machine and against the embedded services."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.tasks.aws.http import client as http_client
from sfnbook.tasks.aws.http import task
from sfnbook.tasks.aws.http.client import Reply
from sfnbook.tasks.aws.http.task import authorization
from sfnbook.tasks.aws.services.endpoints import Services
from sfnbook.tasks.aws.services.reach import read_words
from sfnbook.teststate import test_state as tested


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent; ``/404`` and the like with that status."""

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        status = int(self.path.strip("/").split("?")[0]) if self.path.strip("/").split("?")[0].isdigit() else 200
        heard = {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": text}
        body = json.dumps(heard).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def url(aws: Services) -> Iterator[str]:
    aws.http_tasks = read_words("local")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def call(resource: str, **parameters: Any) -> Any:
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    return StateMachine({"StartAt": "T", "States": {"T": state}}, name="m")


@pytest.fixture
def connection(aws: Services) -> str:
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}}
    answer = aws.client("events").create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters=key)
    return str(answer["ConnectionArn"])


def test_a_request_with_a_connection(url: str, connection: str) -> None:
    machine = call(
        "http:invoke",
        ApiEndpoint=f"{url}/orders",
        Method="POST",
        Authentication={"ConnectionArn": connection},
        QueryParameters={"a": ["1", "2"]},
        RequestBody={"id": 1},
    )
    assert machine.tasks()[0].bound == "HTTP endpoint"
    output = machine.run().output
    assert (output["StatusCode"], output["StatusText"]) == (200, "OK")
    assert output["Headers"]["Content-Type"] == ["application/json"]
    heard = output["ResponseBody"]
    assert (heard["method"], heard["path"], heard["body"]) == ("POST", "/orders?a=1&a=2", '{"id":1}')
    assert {name.lower(): value for name, value in heard["headers"].items()}["x-key"] == "secret"


@pytest.mark.parametrize(
    ("style", "form"),
    [
        ("INDICES", "a[0]=1&a[1]=2&b=x"),
        ("REPEAT", "a=1&a=2&b=x"),
        ("COMMAS", "a=1,2&b=x"),
        ("BRACKETS", "a[]=1&a[]=2&b=x"),
    ],
)
def test_a_body_as_a_form(url: str, connection: str, style: str, form: str) -> None:
    transform = {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": style}}
    run = call(
        "http:invoke",
        ApiEndpoint=url,
        Method="POST",
        Authentication={"ConnectionArn": connection},
        RequestBody={"a": [1, 2], "b": "x"},
        Transform=transform,
    ).run()
    sent = run.output["ResponseBody"]["body"].replace("%5B", "[").replace("%5D", "]").replace("%2C", ",")
    assert sent == form


def test_failures_have_names(url: str, connection: str) -> None:
    use = {"Authentication": {"ConnectionArn": connection}, "Method": "GET"}
    assert call("http:invoke", ApiEndpoint=f"{url}/404", **use).run().error == "States.Http.StatusCode.404"
    assert call("http:invoke", ApiEndpoint="http://127.0.0.1:1", **use).run().error == "States.Http.Socket"
    nobody = {"ConnectionArn": connection.replace("/c/", "/nobody/")}
    run = call("http:invoke", ApiEndpoint=url, Method="GET", Authentication=nobody).run()
    assert run.error == "Events.ConnectionResource.ResourceNotFound"


def sent(url: str, connection: str, **given: Any) -> Any:
    """What the server heard of an HTTP Task: method, path, headers (names in small letters), body."""
    use = {"Method": "POST", "InvocationConfig": {"ConnectionArn": connection}}
    run = call("http:invoke", **{"ApiEndpoint": url, **use, **given}).run()
    assert run.status == "SUCCEEDED", run.cause
    heard = run.output["ResponseBody"]
    heard["headers"] = {name.lower(): value for name, value in heard["headers"].items()}
    return heard


def test_headers_that_step_functions_sets(url: str, connection: str) -> None:
    own = {"User-Agent": "mine", "range": "bytes=5-"}
    headers = sent(url, connection, Headers=own, RequestBody={"a": "é"})["headers"]
    assert headers["user-agent"] == "Amazon|StepFunctions|HttpInvoke|us-east-1"
    assert headers["range"] == "bytes=0-262144"
    assert headers["content-type"] == "application/json; charset=UTF-8"
    plain = sent(url, connection, Headers={"content-type": "application/vnd.x+json"}, RequestBody={})
    assert plain["headers"]["content-type"] == "application/vnd.x+json"


@pytest.mark.parametrize(
    "header", ["Authorization", "X-Forwarded-For", "x-amz-date", "X-Amzn-Trace-Id", "Cache-Control", "HOST", "If-Match"]
)
def test_headers_that_no_http_task_may_set(url: str, connection: str, header: str) -> None:
    given = {"ApiEndpoint": url, "Method": "GET", "Headers": {header: "x"}}
    run = call("http:invoke", **given, Authentication={"ConnectionArn": connection}).run()
    assert run.error == "States.Runtime"
    assert f"The 'Headers' field contains unsupported values: [{header.lower()}]" in (run.cause or "")
    assert [event.type for event in run.events][2:] == ["ExecutionFailed"]


@pytest.mark.parametrize(
    "header", ["Authorization", "X-Forwarded-For", "X-Amz-Date", "www-authenticate", "Content-MD5"]
)
def test_headers_that_no_request_to_api_gateway_may_set(url: str, header: str) -> None:
    run = call("apigateway:invoke", ApiEndpoint=url, Method="GET", Headers={header: ["x"]}).run()
    assert (run.error, f"unsupported values: [{header.lower()}]" in (run.cause or "")) == ("States.Runtime", True)


@pytest.mark.parametrize("verb", ["GET", "DELETE", "HEAD", "OPTIONS"])
def test_a_body_goes_with_patch_post_and_put_only(aws: Services, url: str, verb: str) -> None:
    given = {"ApiEndpoint": url, "Method": verb}
    assert call("apigateway:invoke", **given, RequestBody={"a": 1}).run().error == "States.Runtime"
    if verb == "GET":
        assert call("apigateway:invoke", **given, RequestBody={}).run().status == "SUCCEEDED"


def test_a_form_is_encoded_as_the_guide_shows(url: str, connection: str) -> None:
    body = {
        "description": "Monthly subscription",
        "metadata": {"order_details": "monthly report data"},
        "n": [1, "a,b"],
    }
    transform = {"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": {"ArrayFormat": "COMMAS"}}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    heard = sent(url, connection, Headers=headers, RequestBody=body, Transform=transform, QueryParameters={"q": "a b"})
    assert heard["body"] == (
        "description=Monthly%20subscription&metadata%5Border_details%5D=monthly%20report%20data&n=1,a%2Cb"
    )
    assert (heard["path"], heard["headers"]["content-type"]) == ("/?q=a%20b", "application/x-www-form-urlencoded")


@pytest.fixture
def adding(aws: Services) -> str:
    """A connection that adds a header, a query parameter and a field of the body to each request."""
    more = {
        "HeaderParameters": [{"Key": "Header-Param", "Value": "connection", "IsValueSecret": False}],
        "QueryStringParameters": [{"Key": "QueryParam", "Value": "connection", "IsValueSecret": False}],
        "BodyParameters": [{"Key": "BodyParam", "Value": "connection", "IsValueSecret": False}],
    }
    auth = {"BasicAuthParameters": {"Username": "u", "Password": "p"}, "InvocationHttpParameters": more}
    made = aws.client("events").create_connection(Name="adding", AuthorizationType="BASIC", AuthParameters=auth)
    return str(made["ConnectionArn"])


def test_a_connections_values_win(url: str, adding: str) -> None:
    body = {"Job": "Engineer", "BodyParam": "task"}
    headers = {"Request-Id": "r", "header-param": "task"}
    heard = sent(url, adding, Headers=headers, RequestBody=body, QueryParameters={"QueryParam": "task", "a": "1"})
    assert json.loads(heard["body"]) == {"Job": "Engineer", "BodyParam": "connection"}
    assert (heard["headers"]["header-param"], heard["headers"]["request-id"]) == ("connection", "r")
    assert heard["headers"]["authorization"] == "Basic dTpw"
    assert heard["path"] == "/?QueryParam=connection&a=1"
    assert json.loads(sent(url, adding)["body"]) == {"BodyParam": "connection"}


@pytest.mark.parametrize("body", ["text", ["a"], 7])
def test_a_body_that_cannot_be_merged(url: str, adding: str, body: Any) -> None:
    given = {"ApiEndpoint": url, "Method": "POST", "RequestBody": body}
    run = call("http:invoke", **given, Authentication={"ConnectionArn": adding}).run()
    assert run.error == "States.Runtime"


@pytest.mark.parametrize(
    ("kind", "body"),
    [("image/png", b"x"), ("application/octet-stream", b"{}"), ("Audio/mpeg", b""), ("text/plain", b"\xff\xfe")],
)
def test_binary_answers_are_not_read(connection: str, monkeypatch: pytest.MonkeyPatch, kind: str, body: bytes) -> None:
    monkeypatch.setattr(task, "send", lambda *given, **more: Reply(200, "OK", {"Content-Type": [kind]}, body))
    use = {"ApiEndpoint": "https://api.example.com", "Method": "GET"}
    run = call("http:invoke", **use, Authentication={"ConnectionArn": connection}).run()
    assert run.error == "States.Runtime"


def test_an_oauth_connection_fetches_its_token(url: str, aws: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    client = {"ClientID": "id", "ClientSecret": "geheim"}
    auth = {"OAuthParameters": {
        "ClientParameters": client, "AuthorizationEndpoint": "https://login.example.com/token", "HttpMethod": "POST",
        "OAuthHttpParameters": {"BodyParameters": [{"Key": "scope", "Value": "read all", "IsValueSecret": False}]},
    }}  # fmt: skip
    made = aws.client("events").create_connection(
        Name="oauth", AuthorizationType="OAUTH_CLIENT_CREDENTIALS", AuthParameters=auth
    )
    asked: list[Any] = []
    real = task.send

    def send(method: str, place: str, headers: Any, body: bytes | None, **more: Any) -> Reply:
        if "login" not in place:
            return real(method, place, headers, body, **more)
        asked.append((method, body))
        return Reply(200, "OK", {}, b'{"access_token": "t0"}')

    monkeypatch.setattr(task, "send", send)
    assert sent(url, made["ConnectionArn"])["headers"]["authorization"] == "Bearer t0"
    [(method, body)] = asked
    assert method == "POST"
    form = "grant_type=client_credentials&client_id=id&client_secret=geheim&scope=read%20all"
    assert body == form.encode()


def test_a_response_that_drips_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Drip:
        def read1(self, size: int) -> bytes:
            now[0] += 25
            return b"x"

    now = [0.0]
    monkeypatch.setattr(http_client.time, "monotonic", lambda: now[0])
    with pytest.raises(TimeoutError):
        http_client._read(Drip(), http_client.LIMIT)
    assert now[0] == 75


def test_kinds_of_authorization() -> None:
    basic = {
        "username": "u",
        "password": "p",
        "invocation_http_parameters": {"query_string_parameters": [{"key": "q", "value": "1"}]},
    }
    assert authorization(basic) == ({"Authorization": "Basic dTpw"}, {"q": "1"}, {})


@pytest.fixture
def api(aws: Services) -> str:
    """A REST API with a Lambda integration, one with a proxy, and a mock."""
    client = aws.client("apigateway")
    made = client.create_rest_api(name="shop")
    uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:echo/invocations"
    for part, kind in (("plain", "AWS"), ("{id}", "AWS_PROXY"), ("mock", "MOCK")):
        resource = client.create_resource(restApiId=made["id"], parentId=made["rootResourceId"], pathPart=part)
        where = {"restApiId": made["id"], "resourceId": resource["id"], "httpMethod": "POST"}
        client.put_method(**where, authorizationType="NONE")
        client.put_integration(
            **where, type=kind, integrationHttpMethod="POST", **({} if kind == "MOCK" else {"uri": uri})
        )
    client.create_deployment(restApiId=made["id"], stageName="live")
    return str(made["id"])


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("plain", {"a": 1}, {"a": 1}),
        ("plain", "text", "text"),
        ("plain", None, {}),
        ("7", {"a": 1}, "7"),
        ("mock", 1, {}),
    ],
)
def test_an_embedded_api_calls_the_notebooks_function(api: str, path: str, body: Any, answer: Any) -> None:
    def echo(event: Any) -> Any:
        if isinstance(event, dict) and "pathParameters" in event:
            return {"statusCode": 201, "body": event["pathParameters"]["id"].join(['"', '"'])}
        return event

    host = f"{api}.execute-api.us-east-1.amazonaws.com"
    machine = call("apigateway:invoke", ApiEndpoint=host, Method="POST", Stage="live", Path=path, RequestBody=body)
    run = machine.bind("echo", echo).run()
    assert run.output["ResponseBody"] == answer
    assert run.output["StatusCode"] == (201 if path == "7" else 200)


def test_an_api_that_is_not_there(api: str) -> None:
    host = f"{api}.execute-api.us-east-1.amazonaws.com"
    run = call("apigateway:invoke", ApiEndpoint=host, Method="GET", Stage="live", Path="plain").run()
    assert (run.error, run.cause) == ("ApiGateway.403", '{"message":"Missing Authentication Token"}')


def method(aws: Services, kind: str, **responses: dict[str, Any]) -> str:
    """An API whose one method is answered by the function ``work`` through these integration responses, by status."""
    client = aws.client("apigateway")
    made = client.create_rest_api(name="one")
    resource = client.create_resource(restApiId=made["id"], parentId=made["rootResourceId"], pathPart="r")
    where = {"restApiId": made["id"], "resourceId": resource["id"], "httpMethod": "ANY"}
    uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:work/invocations"
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type=kind, integrationHttpMethod="POST", uri=uri)
    for status, response in responses.items():
        client.put_integration_response(**where, statusCode=status.strip("_"), **response)
    client.create_deployment(restApiId=made["id"], stageName="live")
    return f"{made['id']}.execute-api.us-east-1.amazonaws.com"


@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_reaches_the_function(aws: Services, verb: str) -> None:
    def work(event: Any) -> Any:
        told = {key: event[key] for key in ("httpMethod", "multiValueQueryStringParameters", "body")}
        return {"statusCode": 202, "headers": {"content-type": "text/plain", "x-own": "1"}, "body": json.dumps(told)}

    given = {"Method": verb, "Stage": "live", "Path": "/r", "QueryParameters": {"q": ["1", "2"]}}
    machine = call("apigateway:invoke", ApiEndpoint=method(aws, "AWS_PROXY"), **given)
    answer = machine.bind("work", work).run().output
    assert (answer["StatusCode"], answer["StatusText"]) == (202, "Accepted")
    assert answer["ResponseBody"] == {
        "httpMethod": verb, "multiValueQueryStringParameters": {"q": ["1", "2"]}, "body": None}  # fmt: skip
    assert (answer["Headers"]["content-type"], answer["Headers"]["x-own"]) == (["text/plain"], ["1"])
    assert "Content-Type" not in answer["Headers"]


@pytest.mark.parametrize(
    ("responses", "error", "status"),
    [
        ({"_200": {}}, None, 200),
        ({"_200": {}, "_404": {"selectionPattern": "no such .*"}}, "ApiGateway.404", 404),
        ({"_200": {}, "_500": {"selectionPattern": "other"}}, None, 200),
        ({"_200": {}, "_418": {"selectionPattern": ".*thing",
          "responseTemplates": {"application/json": "{\"why\": $input.json('$.errorMessage')}"}}}, "ApiGateway.418", 418),
    ],
)  # fmt: skip
def test_a_function_that_fails_behind_an_api(aws: Services, responses: Any, error: str | None, status: int) -> None:
    def work(event: Any) -> None:
        raise KeyError("no such thing")

    def fail(event: Any) -> None:
        raise LookupError("no such thing")

    host = method(aws, "AWS", **responses)
    run = call("apigateway:invoke", ApiEndpoint=host, Method="GET", Stage="live", Path="r").bind("work", fail).run()
    assert run.error == error
    if error is None:
        assert (run.output["StatusCode"], run.output["ResponseBody"]["errorType"]) == (status, "LookupError")
    elif status == 418:
        assert run.cause == '{"why": "no such thing"}'
    proxied = call("apigateway:invoke", ApiEndpoint=method(aws, "AWS_PROXY"), Method="GET", Stage="live", Path="r")
    broken = proxied.bind("work", work).run()
    assert (broken.error, broken.cause) == ("ApiGateway.502", '{"message":"Internal server error"}')


@pytest.mark.parametrize(("allowed", "sent"), [(False, {"a": [{}]}), (True, {"a": [{"b": None}], "c": None})])
def test_nulls_are_not_sent_unless_they_are_allowed(aws: Services, url: str, allowed: bool, sent: Any) -> None:
    body = {"a": [{"b": None}], "c": None}
    more = {"AllowNullValues": True} if allowed else {}
    output = call("apigateway:invoke", ApiEndpoint=url, Method="POST", RequestBody=body, **more).run().output
    assert json.loads(output["ResponseBody"]["body"]) == sent


def test_headers_that_are_no_lists_never_start_the_task(api: str) -> None:
    run = call("apigateway:invoke", ApiEndpoint="x", Method="GET", Headers={"a": "b"}).run()
    assert [event.type for event in run.events] == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert run.error == "States.Runtime"
    assert "could not be used to start the Task: [The value of the field 'Headers' has an invalid format]" in (
        run.cause or ""
    )


def test_an_api_elsewhere_is_called_directly(aws: Services, url: str) -> None:
    output = call("apigateway:invoke", ApiEndpoint=url, Method="GET", Stage="s", Path="a b").run().output
    assert output["ResponseBody"]["path"] == "/s/a%20b"


@pytest.mark.parametrize("secrets", [False, True])
def test_the_trace_of_a_tested_http_task(url: str, connection: str, secrets: bool) -> None:
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": {
            "ApiEndpoint": f"{url}/orders",
            "Method": "POST",
            "Headers": {"X-Mine": "1"},
            "Authentication": {"ConnectionArn": connection},
            "RequestBody": {"id": 1},
        },
        "End": True,
    }
    role = "arn:aws:iam::123456789012:role/r"
    answer = tested(state, role_arn=role, inspection_level="TRACE", reveal_secrets=secrets)
    request, response = answer["inspectionData"]["request"], answer["inspectionData"]["response"]
    key = "x-key: secret, " if secrets else ""
    own = "User-Agent: Amazon|StepFunctions|HttpInvoke|us-east-1, Range: bytes=0-262144"
    assert request == {
        "protocol": "http",
        "method": "POST",
        "url": f"{url}/orders",
        "headers": f"[X-Mine: 1, {key}{own}]",
        "body": '{"id":1}',
    }
    assert (response["statusCode"], response["statusMessage"]) == ("200", "OK")
    assert "secret" in response["body"]  # sent all the same
    assert "request" not in tested(state, role_arn=role, inspection_level="DEBUG")["inspectionData"]
