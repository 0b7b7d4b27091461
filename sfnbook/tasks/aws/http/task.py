"""``http:invoke`` and ``apigateway:invoke``: a Task that is an HTTP request.

Requests are the standard library's; nothing is sent to AWS unless ``apigateway`` is set to an ``aws:PROFILE`` (an API in
``execute-api...amazonaws.com`` is otherwise the embedded one, see `sfnbook.tasks.aws.http.rest_api`). Connections are EventBridge's: their
secrets come from wherever ``events`` and ``secretsmanager`` answer.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from importlib import import_module
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import quote, urlencode, urlsplit

from sfnbook.errors import HTTP_SOCKET, RUNTIME, BindingError, TaskError
from sfnbook.language.parameters import missing
from sfnbook.runtime.task import Task
from sfnbook.tasks.aws.api import parameter_checks
from sfnbook.tasks.aws.http import rest_api as rest_api_gateway
from sfnbook.tasks.aws.http.client import LIMIT, Reply, noted, reaching, send
from sfnbook.tasks.aws.services import reach
from sfnbook.tasks.aws.services.boto_switch import is_aws
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.registry import Registry
from sfnbook.values import Json, from_text, to_text

RANGE: Final = "bytes=0-262144"
"""The Range that every HTTP Task asks for (guide: "Call HTTPS APIs")."""

_JSON: Final = "application/json; charset=UTF-8"
_FORM: Final = "application/x-www-form-urlencoded"
_BINARY: Final = ("application/octet-stream", "image/", "video/", "audio/")
"""The content types that no HTTP Task reads (guide: "Unsupported HTTP Task responses")."""

_METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"})


# ------------------------------------------------------------------------------------------------ apigateway:invoke
def rest_api(task: Task, registry: Registry) -> Json:
    """Call a REST or HTTP API. Raises TaskError: ``ApiGateway.STATUS`` for any but 2XX, with the body as cause."""
    given = _parameters(task, ("ApiEndpoint", "Method"))
    where = services.where("apigateway")
    host = str(given["ApiEndpoint"]).removeprefix("https://").rstrip("/")
    if "://" in host and not host.startswith("http://"):
        raise TaskError(RUNTIME, f"ApiEndpoint must be the host of an API or an HTTPS URL, not {host}")
    path = quote(str(given.get("Path") or "").lstrip("/"), safe="/%:@+,;=~!$&'()*")
    stage = str(given.get("Stage") or "")
    query = {name: _strings(value) for name, value in (given.get("QueryParameters") or {}).items()}
    headers = {name: _strings(value) for name, value in (given.get("Headers") or {}).items()}
    sent = given.get("RequestBody")
    if given.get("AllowNullValues") is not True:
        sent = _without_nulls(sent)
    body = None if sent is None else to_text(sent).encode()
    if body is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = ["application/json"]
    method = str(given["Method"])
    try:
        name = _hostname(host)
        in_aws = ".execute-api." in name and (where.kind != "aws" or is_aws(f"https://{name}"))
        if in_aws and where.kind == "embedded":
            with reaching(registry):
                reply = rest_api_gateway.invoke(
                    task, registry, host.split(".")[0], stage, method, path, query, headers, body
                )
        else:
            if in_aws and where.kind == "endpoint":
                url = f"{where.url}/restapis/{host.split('.')[0]}/{stage}/_user_request_/{path}"
            else:
                local = host.startswith(("http://", "localhost", "127.0.0.1"))
                start = host if "://" in host else f"{'http' if local else 'https'}://{host}"
                url = "/".join(part for part in (start, stage, path) if part)
            url += f"?{_query(query)}" if query else ""
            if given.get("AuthType") == "IAM_ROLE" and where.kind == "aws":
                headers |= _signature(where, method, url, headers, body)
            with nullcontext() if in_aws else reaching(registry):
                reply = send(method, url, headers, body)
    except reach.Unreachable as fault:
        raise TaskError(RUNTIME, str(fault)) from None
    except (OSError, BindingError) as fault:
        raise TaskError("ApiGateway.SdkClientException", f"Unable to execute HTTP request: {_reason(fault)}") from None
    if not 200 <= reply.status < 300:
        raise TaskError(f"ApiGateway.{reply.status}", reply.body.decode("utf-8", "replace"))
    return reply.result


def _hostname(host: str) -> str:
    """Return the name in a host or URL as it is called; raises Unreachable for what is neither."""
    try:
        return urlsplit(host if "://" in host else f"//{host}").hostname or ""
    except ValueError as fault:
        raise reach.Unreachable(f"{host[:200]} is no host of an API: {fault}.") from None


def _without_nulls(value: Json) -> Json:
    """A request's body as it is sent unless AllowNullValues is true: without the fields that are null (guide)."""
    if isinstance(value, dict):
        return {key: _without_nulls(child) for key, child in value.items() if child is not None}
    return [_without_nulls(child) for child in value] if isinstance(value, list) else value


def _signature(
    where: Any, method: str, url: str, headers: Mapping[str, list[str]], body: bytes | None
) -> dict[str, list[str]]:
    auth, request = import_module("botocore.auth"), import_module("botocore.awsrequest").AWSRequest
    with services.call_context(where):
        session = import_module("boto3").Session(profile_name=where.profile, region_name=where.region or None)
        made = request(method=method, url=url, data=body or b"", headers={k: ", ".join(v) for k, v in headers.items()})
        auth.SigV4Auth(session.get_credentials(), "execute-api", session.region_name).add_auth(made)
    return {name: [value] for name, value in made.headers.items()}


# ------------------------------------------------------------------------------------------------------- http:invoke
def endpoint(task: Task, registry: Registry) -> Json:
    """Call an HTTP endpoint with a connection's authorization.

    Raises TaskError: ``States.Http.StatusCode.N`` for 400 and above, ``States.Http.Socket`` without a response.
    """
    with reaching(registry) as allowed:
        return _called(task, allowed)


def _called(task: Task, allowed: frozenset[str]) -> Json:
    given = _parameters(task, ("ApiEndpoint", "Method"))
    method, exchange = str(given["Method"]), noted.get()
    if method not in _METHODS:
        raise parameter_checks.unstartable(task, [parameter_checks.misshapen("Method")])
    connection = _connection(given)
    if not connection and "http" not in allowed:
        words = "An HTTP Task needs a connection: Authentication.ConnectionArn, of an EventBridge connection."
        raise TaskError(RUNTIME, f"{words} {reach.to_allow('http')}")
    added = authorization(_secret(connection)) if connection else _NOTHING
    if added[2] and not isinstance(given.get("RequestBody"), dict | None):
        raise TaskError(
            RUNTIME, "The RequestBody is no JSON object: the connection's body parameters cannot be merged."
        )
    own = _own_headers(task)
    url, headers, data = _request(given, added, own)
    if not url.lower().startswith(("http://", "https://")):
        raise TaskError(RUNTIME, f"ApiEndpoint must be an HTTPS URL, not {url}")
    if exchange is not None:
        exchange.note_request(method, *_request(given, added if exchange.secrets else _NOTHING, own))
    if data is not None:
        headers = {"Content-Type": [_JSON]} | headers if _named(headers, "content-type") is None else headers
    try:
        reply = send(method, url, headers, data, seconds=min(task.timeout or LIMIT, LIMIT))
    except reach.Unreachable as fault:
        raise TaskError(RUNTIME, str(fault)) from None
    except OSError as fault:
        raise TaskError(HTTP_SOCKET, _reason(fault)) from None
    if exchange is not None:
        exchange.note_response(reply, urlsplit(url).scheme)
    if reply.status >= 400:
        raise TaskError(f"States.Http.StatusCode.{reply.status}", reply.body.decode("utf-8", "replace") or reply.reason)
    if (wrong := _unreadable(reply)) is not None:
        raise TaskError(RUNTIME, wrong)
    return reply.result


def _own_headers(task: Task) -> dict[str, str]:
    """The headers that Step Functions sets itself, whatever a task says (guide: "HTTP Task fields")."""
    region = task._execution.names["execution_arn"].split(":")[3]
    return {"User-Agent": f"Amazon|StepFunctions|HttpInvoke|{region}", "Range": RANGE}


def _unreadable(reply: Reply) -> str | None:
    """Return why a response is none that an HTTP Task can have, None when it is."""
    kind = next((values[-1] for name, values in reply.headers.items() if name.lower() == "content-type"), "")
    if kind.strip().lower().startswith(_BINARY):
        return f"The HTTP Task does not support a response with the content type {kind}"
    try:
        reply.body.decode()
    except UnicodeDecodeError:
        return "The response of the HTTP Task cannot be read as a string"
    return None


_Added = tuple[Mapping[str, str], Mapping[str, str], Mapping[str, Json]]
_NOTHING: Final[_Added] = ({}, {}, {})


def _request(
    given: Mapping[str, Json], added: _Added, own: Mapping[str, str]
) -> tuple[str, dict[str, list[str]], bytes | None]:
    """Return the URL, headers and body of a request, merged with what a connection adds: its values win."""
    with_headers, with_query, with_body = added
    query: dict[str, Any] = {**(given.get("QueryParameters") or {}), **with_query}
    headers = {name: _strings(value) for name, value in (given.get("Headers") or {}).items()}
    for more in (with_headers, own):
        for name, value in more.items():
            headers.pop(_named(headers, name.lower()) or "", None)
            headers[name] = [value]
    body = given.get("RequestBody")
    if with_body:
        body = {**(body or {}), **with_body}
    data = _encoded(body, given.get("Transform") or {}, headers)
    url = str(given["ApiEndpoint"])
    if query:
        url += ("&" if "?" in url else "?") + _query({k: _strings(v) for k, v in query.items()})
    return url, headers, data


def _named(headers: Mapping[str, list[str]], name: str) -> str | None:
    """Return a header's name as it is written, None without; ``name`` in small letters."""
    return next((written for written in headers if written.lower() == name), None)


def _query(pairs: Any) -> str:
    """Return names and values URL-encoded, a space as ``%20``."""
    return urlencode(pairs, doseq=True, quote_via=quote)


def _connection(given: Mapping[str, Json]) -> str:
    for name in ("Authentication", "InvocationConfig"):
        arn = (given.get(name) or {}).get("ConnectionArn")
        if arn:
            return str(arn)
    return ""


def _secret(arn: str) -> Mapping[str, Any]:
    """Return what an EventBridge connection keeps in Secrets Manager. Raises TaskError when there is no such one."""
    name = arn.partition(":connection/")[2].split("/")[0] or arn
    faults = import_module("botocore.exceptions")
    try:
        about = services.client("events").describe_connection(Name=name)
        if about.get("ConnectionState", "AUTHORIZED") != "AUTHORIZED":
            raise _connection_error(name, f"it is {about['ConnectionState']}", _STATES.get(about["ConnectionState"]))
        secret = services.client("secretsmanager").get_secret_value(SecretId=about["SecretArn"])
    except faults.ClientError as fault:
        code = fault.response.get("Error", {}).get("Code")
        raise _connection_error(name, str(fault), _REFUSALS.get(str(code))) from None
    except (faults.BotoCoreError, BindingError) as fault:
        raise _connection_error(name, str(fault)) from None
    found: Mapping[str, Any] = from_text(secret["SecretString"])
    return found


_STATES: Final = {"AUTHORIZING": "AuthInProgress", "CREATING": "AuthInProgress", "UPDATING": "AuthInProgress"}
_REFUSALS: Final = {"ResourceNotFoundException": "ResourceNotFound", "AccessDeniedException": "AccessDenied"}


def _connection_error(name: str, why: str, kind: str | None = "InternalError") -> TaskError:
    """Return the failure of a task whose connection cannot be used (guide: "Connection errors")."""
    kind = kind or "InvalidConnectionState"
    return TaskError(f"Events.ConnectionResource.{kind}", f"The connection {name} cannot be used: {why}")


def authorization(secret: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str], dict[str, Json]]:
    """Return the headers, query parameters and body fields that a connection adds to each request.

    >>> authorization({"username": "aladdin", "password": "sesame"})[0]
    {'Authorization': 'Basic YWxhZGRpbjpzZXNhbWU='}
    """
    more = secret.get("invocation_http_parameters") or {}
    headers = _pairs(more.get("header_parameters"))
    if "api_key_name" in secret:
        headers[str(secret["api_key_name"])] = str(secret["api_key_value"])
    elif "username" in secret:
        pair = f"{secret['username']}:{secret.get('password', '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    elif "authorization_endpoint" in secret:
        headers["Authorization"] = "Bearer " + _token(secret)
    return headers, _pairs(more.get("query_string_parameters")), dict(_pairs(more.get("body_parameters")))


def _pairs(given: Any) -> dict[str, str]:
    return {str(p.get("key", p.get("Key"))): str(p.get("value", p.get("Value"))) for p in given or ()}


def _token(secret: Mapping[str, Any]) -> str:
    """Fetch an OAuth access token by client credentials. Raises TaskError."""
    about = secret.get("client_parameters") or secret
    more = secret.get("oauth_http_parameters") or secret.get("o_auth_http_parameters") or {}
    form = {"grant_type": "client_credentials", "client_id": about.get("client_id", about.get("client_i_d", "")),
            "client_secret": about.get("client_secret", ""), **_pairs(more.get("body_parameters"))}  # fmt: skip
    headers = {"Content-Type": ["application/x-www-form-urlencoded"]}
    headers |= {name: [value] for name, value in _pairs(more.get("header_parameters")).items()}
    try:
        url, query = str(secret["authorization_endpoint"]), _pairs(more.get("query_string_parameters"))
        if query:
            url += ("&" if "?" in url else "?") + _query(query)
        reply = send(str(secret.get("http_method", "POST")), url, headers, _query(form).encode())
        return str(reply.value["access_token"])
    except (OSError, TypeError, KeyError) as fault:
        words = f"{url} gave no access_token: {fault}"
        raise TaskError("Events.ConnectionResource.InvalidConnectionState", words) from None


def _encoded(body: Json, transform: Mapping[str, Json], headers: dict[str, list[str]]) -> bytes | None:
    """The request's body: JSON, or a form for ``Transform.RequestBodyEncoding`` URL_ENCODED."""
    if body is None:
        return None
    kind = next((name for name in headers if name.lower() == "content-type"), None)
    if transform.get("RequestBodyEncoding") == "URL_ENCODED" and isinstance(body, dict):
        if kind is None:
            headers["Content-Type"] = [_FORM]
        style = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", "INDICES")
        return "&".join(f"{quote(name, safe='')}={value}" for name, value in _form(body, str(style))).encode()
    if kind is not None and "json" not in headers[kind][0] and isinstance(body, str):
        return body.encode()
    return to_text(body).encode()


def _form(value: Json, style: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield each field's name, and its value encoded: a comma between values stays one."""
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _form(child, style, f"{name}[{key}]" if name else key)
    elif isinstance(value, list) and style == "COMMAS":
        yield name, ",".join(quote(_plain(child), safe="") for child in value)
    elif isinstance(value, list):
        for i, child in enumerate(value):
            yield from _form(child, style, name + {"INDICES": f"[{i}]", "BRACKETS": "[]"}.get(style, ""))
    else:
        yield name, quote(_plain(value), safe="")


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else "" if value is None else to_text(value)


def _strings(value: Json) -> list[str]:
    return [_plain(part) for part in (value if isinstance(value, list) else [value])]


def _parameters(task: Task, required: tuple[str, ...]) -> Mapping[str, Json]:
    given = task.input if isinstance(task.input, dict) else {}
    for name in required:
        if not given.get(name):
            raise parameter_checks.unstartable(task, [missing(name)])
    return given


def _reason(fault: Exception) -> str:
    reason = fault.reason if isinstance(fault, URLError) else fault
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
