"""The embedded API Gateway's REST APIs, invoked: moto keeps their definitions, here they run.

Integrations: Lambda (AWS and AWS_PROXY), which are the notebook's functions, HTTP and HTTP_PROXY, and MOCK. Of mapping
templates, those parts that only hand the request on: ``$input.json``, ``.body``, ``.params``, ``$context.stage`` and the like;
a template that computes anything is sent as it stands.
"""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Mapping
from email.utils import formatdate
from http.client import responses
from typing import Any, Final
from uuid import uuid4

from sfnbook.errors import TaskError
from sfnbook.language.resource import parse_resource
from sfnbook.runtime.task import Task
from sfnbook.tasks.aws.http.client import Reply, send
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.functions.python import request_id_of
from sfnbook.tasks.registry import Registry, registered
from sfnbook.values import Json, from_text, to_text

Many = Mapping[str, list[str]]

_LAMBDA: Final = re.compile(r"functions/(arn:[^/]+)/invocations")


def invoke(
    task: Task,
    registry: Registry,
    api: str,
    stage: str,
    method: str,
    path: str,
    query: Many,
    headers: Many,
    body: bytes | None,
) -> Reply:
    """Return what a deployed API answers to a request."""
    client = services.client("apigateway")
    faults = client.exceptions
    try:
        client.get_stage(restApiId=api, stageName=stage)
        resources = client.get_resources(restApiId=api, limit=500)["items"]
    except faults.ClientError:
        return _message(403, "Forbidden")
    found = _route(resources, "/" + path, method)
    if found is None:
        return _message(403, "Missing Authentication Token")
    resource, verb, parameters = found
    try:
        integration = client.get_integration(restApiId=api, resourceId=resource["id"], httpMethod=verb)
    except faults.ClientError:
        return _message(500, "Internal server error")
    request = _Request(resource["path"], stage, method, "/" + path, parameters, query, headers, body)
    return _integrate(task, registry, integration, request)


class _Request:
    """A request on its way through a method."""

    def __init__(self, resource: str, stage: str, method: str, path: str, parameters: Mapping[str, str], query: Many,
                 headers: Many, body: bytes | None) -> None:  # fmt: skip
        self.resource, self.stage, self.method, self.path = resource, stage, method, path
        self.parameters, self.query, self.headers = parameters, query, headers
        self.text = (body or b"").decode("utf-8", "replace")

    def proxy_event(self) -> Json:
        """The event of a Lambda proxy integration (payload format 1.0)."""
        return {
            "resource": self.resource,
            "path": self.path,
            "httpMethod": self.method,
            "headers": {k: v[-1] for k, v in self.headers.items()},
            "multiValueHeaders": {k: list(v) for k, v in self.headers.items()},
            "queryStringParameters": {k: v[-1] for k, v in self.query.items()} or None,
            "multiValueQueryStringParameters": {k: list(v) for k, v in self.query.items()} or None,
            "pathParameters": dict(self.parameters) or None,
            "stageVariables": None,
            "requestContext": {"stage": self.stage, "httpMethod": self.method, "resourcePath": self.resource},
            "body": self.text or None,
            "isBase64Encoded": False,
        }

    def answering(self, text: str) -> _Request:
        """The same request with a response's text, which is what a response's template speaks of."""
        response = copy.copy(self)
        response.text = text
        return response

    def mapped(self, templates: Mapping[str, str]) -> str:
        """The body after the method's mapping template, if there is one for JSON."""
        template = templates.get("application/json")
        return self.text or "{}" if template is None else _EXPRESSION.sub(self._fill, template)

    def _fill(self, match: re.Match[str]) -> str:
        what, argument = match["what"], (match["argument"] or "").strip("'\"")
        if what == "json":
            return self._json(argument)
        if what == "path":
            value = self._json(argument)
            return str(from_text(value)) if value.startswith('"') else value
        if what == "body":
            return self.text or "{}"
        kinds: dict[str, dict[str, str]] = {
            "querystring": {k: v[-1] for k, v in self.query.items()},
            "header": {k: v[-1] for k, v in self.headers.items()},
            "path": dict(self.parameters),
        }
        if argument:
            return next((kind[argument] for kind in kinds.values() if argument in kind), "")
        return (
            _java_map(kinds[match["kind"]]) if match["kind"] else _java_map({k: _java_map(v) for k, v in kinds.items()})
        )

    def _json(self, path: str) -> str:
        try:
            value = from_text(self.text or "{}")
            for step in re.findall(r"[^.$\[\]'\"]+", path):
                value = value[int(step)] if isinstance(value, list) else value[step]
        except (ValueError, KeyError, IndexError, TypeError):
            return '""'
        return json.dumps(value)


_EXPRESSION: Final = re.compile(
    r"\$input\.(?P<what>json|path|body|params)(?:\((?P<argument>[^)]*)\))?(?:\.(?P<kind>querystring|header|path))?"
)


def _java_map(pairs: Mapping[str, str]) -> str:
    """A map as Velocity prints it: ``{a=1, b=2}`` (recorded: test_invoke_with_query_parameters)."""
    return "{" + ", ".join(f"{name}={value}" for name, value in pairs.items()) + "}"


def _route(resources: list[Any], path: str, method: str) -> tuple[Any, str, dict[str, str]] | None:
    """Return the resource for a path, its method and the path's parameters; plain paths before ``{x}`` before ``{x+}``."""
    for resource in sorted(resources, key=lambda r: (r["path"].count("+}"), r["path"].count("{"), -len(r["path"]))):
        pattern = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(resource["path"]))
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern)
        match = re.fullmatch(pattern + "/?", path)
        verb = next((verb for verb in (method, "ANY") if verb in (resource.get("resourceMethods") or {})), None)
        if match and verb:
            return resource, verb, match.groupdict()
    return None


def _integrate(task: Task, registry: Registry, integration: Mapping[str, Any], request: _Request) -> Reply:
    uri = str(integration.get("uri") or "")
    function = _LAMBDA.search(uri)
    answers = integration.get("integrationResponses") or {}
    match integration.get("type"):
        case "MOCK":
            return _answered(answers, request, "{}")
        case "AWS" if function:
            text = request.mapped(integration.get("requestTemplates") or {})
            try:
                event = from_text(text)
            except ValueError:
                return _message(400, "Could not parse request body into json")
            try:
                return _answered(answers, request, json.dumps(_call(task, registry, function[1], event)))
            except TaskError as fault:
                return _answered(answers, request, fault.cause, _message_of(fault))
        case "AWS_PROXY" if function:
            try:
                return _proxied(_call(task, registry, function[1], request.proxy_event()))
            except TaskError:
                return _message(502, "Internal server error")
        case "HTTP" | "HTTP_PROXY":
            body = request.text.encode() or None
            return send(str(integration.get("httpMethod") or request.method), uri, request.headers, body)
    return _message(500, "Internal server error")


def _answered(answers: Mapping[str, Any], request: _Request, text: str, fault: str = "") -> Reply:
    """Return the integration's response: the one whose pattern is that of a function's ``fault``, else the default one.

    No pattern for a fault means that it passes as the default response (API Gateway guide: "Handle Lambda errors").
    """
    patterns = {code: response.get("selectionPattern") or "" for code, response in answers.items()}
    found = [code for code, pattern in patterns.items() if fault and pattern and _matches(pattern, fault)]
    code = next(iter(found), next((code for code, pattern in patterns.items() if not pattern), "200"))
    template = ((answers.get(code) or {}).get("responseTemplates") or {}).get("application/json")
    return _json_reply(
        int(code), text if not template else request.answering(text).mapped({"application/json": template})
    )


def _matches(pattern: str, fault: str) -> bool:
    try:
        return re.fullmatch(pattern, fault, re.DOTALL) is not None
    except re.error:
        return False


def _message_of(fault: TaskError) -> str:
    """The errorMessage of a function that failed, which the patterns of integration responses are about."""
    try:
        return str(from_text(fault.cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return fault.cause or fault.error


def _call(task: Task, registry: Registry, arn: str, event: Json) -> Json:
    """Call the notebook's function behind an ARN. Raises TaskError as a task that calls it would."""
    inner = copy.copy(task)
    inner._call = copy.copy(task._call)
    inner._call.resource, inner._call.arguments = parse_resource(arn), event
    bound = registry.resolve(inner.resource, task.state, event)
    if bound is None:
        raise TaskError("Lambda.ResourceNotFoundException", json.dumps({"message": f"Function not found: {arn}"}))
    result: Any = bound.handler(inner)
    if hasattr(result, "__await__"):
        from sfnbook.runtime.threads import run_async

        return run_async(result).result()
    return result


def invoke_function(task: Task, registry: Registry) -> Json:
    """``aws-sdk:lambda:invoke`` of a function of this notebook: Payload is text both ways."""
    given = task.input if isinstance(task.input, dict) else {}
    name, payload = str(given.get("FunctionName", "")), given.get("Payload")
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{services.region}:{services.account}:function:{name}"
    try:
        event = from_text(payload) if isinstance(payload, str) else payload
    except ValueError:
        words = "Could not parse request body into json (Service: Lambda, Status Code: 400, Request ID: "
        raise TaskError("Lambda.InvalidRequestContentException", f"{words}{request_id_of(task)})") from None
    answer: dict[str, Json] = {"ExecutedVersion": "$LATEST", "StatusCode": 200}
    if registry.resolve(parse_resource(arn), task.state, event) is None:
        if not given.get("Qualifier"):
            arn = registered(arn)
        words = f"Function not found: {arn} (Service: Lambda, Status Code: 404, Request ID: {request_id_of(task)})"
        raise TaskError("Lambda.ResourceNotFoundException", words)
    try:
        return {**answer, "Payload": json.dumps(_call(task, registry, arn, {} if event is None else event))}
    except TaskError as fault:
        return {**answer, "FunctionError": "Unhandled", "Payload": fault.cause}


def _proxied(result: Json) -> Reply:
    """The response of a Lambda proxy integration; anything but ``{"statusCode": ...}`` is malformed."""
    if not isinstance(result, dict) or not isinstance(result.get("statusCode"), int):
        return _message(502, "Internal server error")
    body = result.get("body")
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    own = {name: [str(value)] for name, value in (result.get("headers") or {}).items()}
    own |= {name: [str(v) for v in values] for name, values in (result.get("multiValueHeaders") or {}).items()}
    if result.get("isBase64Encoded"):
        try:
            return _reply(result["statusCode"], base64.b64decode(text, validate=True), own)
        except ValueError:
            return _message(502, "Internal server error")
    return _json_reply(result["statusCode"], text, own)


def _message(status: int, message: str) -> Reply:
    return _json_reply(status, to_text({"message": message}))


def _json_reply(status: int, text: str, own: Many | None = None) -> Reply:
    return _reply(status, text.encode(), own or {})


def _reply(status: int, body: bytes, own: Many) -> Reply:
    """A response with the headers that an edge-optimized API's have (recorded: test_invoke_with_body_post)."""
    request_id = str(uuid4())
    headers = {
        "Connection": ["keep-alive"],
        "Content-Length": [str(len(body))],
        "Content-Type": ["application/json"],
        "Date": [formatdate(usegmt=True)],
        "Via": ["1.1 embedded.cloudfront.net (CloudFront)"],
        "x-amz-apigw-id": [request_id[:8]],
        "X-Amz-Cf-Id": [request_id],
        "X-Amz-Cf-Pop": ["HERE1-C1"],
        "x-amzn-RequestId": [request_id],
        "X-Amzn-Trace-Id": [f"Root=1-{request_id[:8]}-{request_id.replace('-', '')[8:]}"],
        "X-Cache": ["Miss from cloudfront" if status < 400 else "Error from cloudfront"],
    }
    said = {name.lower() for name in own}
    headers = {name: values for name, values in headers.items() if name.lower() not in said} | dict(own)
    return Reply(status, responses.get(status, ""), headers, body)
