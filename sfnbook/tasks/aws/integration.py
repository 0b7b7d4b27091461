"""Service integrations: a Task that calls an AWS API through boto3, wherever the service answers (`endpoints`).

``arn:aws:states:::SERVICE:ACTION[.sync|.sync:2|.waitForTaskToken]`` and ``arn:aws:states:::aws-sdk:SERVICE:ACTION``, for every
service and action that botocore has a model of. Owns what happens around the call: Step Functions' additions to a request,
polling, what counts as a failure. The shapes are `shapes`', the places `endpoints`'; boto3 loads at the first call.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, Final

from sfnbook.errors import RUNTIME, TASK_FAILED, BindingError, TaskError
from sfnbook.language.resource import Resource
from sfnbook.runtime.task import Task
from sfnbook.tasks.aws.api import parameter_checks
from sfnbook.tasks.aws.services.endpoints import Where, boto_name, service_of_action, services
from sfnbook.tasks.functions.python import request_id_of
from sfnbook.tasks.registry import Registry
from sfnbook.tasks.target import Bound, Check
from sfnbook.values import Json, to_text

OWN: Final = frozenset({"states", "lambda"})
"""Optimized integrations that are not answered through boto3: nested machines, functions."""

KUBERNETES: Final = frozenset({"call", "runJob"})
"""Actions of the optimized EKS integration that are no API of AWS's."""

FIRST_POLL, LONGEST_POLL = 0.02, 5.0
"""Seconds between two looks at a job: the first, and the longest they grow to."""


def service_bound(resource: Resource, registry: Registry) -> Bound | None:
    """Return what answers a service integration that nothing was bound to, None for what is no AWS API's.

    Step Functions' own API (``states``, ``aws-sdk:sfn``) counts as one only at an endpoint or account named for it.
    """
    if resource.kind != "service" or resource.type in OWN:
        return None
    if resource.type == "http":
        return Bound(_lazy("endpoint", registry), "HTTP endpoint")
    service = service_of_action(resource)
    where = services.where(service)
    if service == "lambda" and resource.operation == "invoke" and where.kind == "embedded":
        return Bound(_lazy("invoke_function", registry), "the notebook's functions")
    if resource.type == "apigateway":
        return Bound(_lazy("rest_api", registry), where.text("apigateway"), _look_at(where))
    return Bound(_handle, where.text(service), _look_at(where))


def _look_at(where: Where) -> Check:
    def check() -> tuple[bool, str]:
        from sfnbook.tasks import doctor

        return doctor.check_place(services, where)

    return check


def _lazy(function: str, registry: Registry) -> Callable[[Task], Json]:
    def handle(task: Task) -> Json:
        from sfnbook.tasks.aws.http import rest_api
        from sfnbook.tasks.aws.http import task as http_task

        handlers = {
            "endpoint": http_task.endpoint,
            "rest_api": http_task.rest_api,
            "invoke_function": rest_api.invoke_function,
        }
        return handlers[function](task, registry)

    return handle


def _handle(task: Task) -> Json:
    """Call the API and wait as the pattern says. Raises TaskError in the words of Step Functions."""
    call = Call(task)
    answer = call.send(call.operation, call.request(task.input))
    result = call.result(call.operation, answer)
    if not call.sdk:
        result |= call.shapes.metadata(answer)
        refused = FAILED.get((call.name, call.operation))
        if refused is not None:
            refused(task, result)
    if task.resource.pattern in ("sync", "sync:2"):
        return _finished(task, call, result)
    return result


class Call:
    """One task's call to an API: the client, its model, and the wording of its errors."""

    def __init__(self, task: Task) -> None:
        from sfnbook.tasks.aws.api import shapes
        from sfnbook.tasks.aws.optimized import bedrock, emr

        resource = task.resource
        self.task = task
        self.sdk = resource.type.startswith("aws-sdk:")
        service = service_of_action(resource)
        try:
            self.where: Where = services.where(service)
            self.name = boto_name(service)
            self.client = services.client(service)
            self.emr = emr if resource.type == "elasticmapreduce" else None
            self.operation = self.emr.operation(resource.operation) if self.emr else self._operation(resource.operation)
        except BindingError as fault:
            raise TaskError(RUNTIME, str(fault)) from None
        invokes = not self.sdk and self.operation == "InvokeModel"
        self.bedrock = bedrock if invokes else None
        self.shapes = shapes
        self.wording = self.shapes.ErrorWording(self.name, self.sdk)

    def _operation(self, action: str) -> str:
        if self.name == "eks" and action in KUBERNETES:
            raise BindingError(
                f"eks:{action} speaks to the Kubernetes API of a cluster, which nothing here has. Bind a function to the "
                f'state: %sfn_bind "{self.task.state}" your_function'
            )
        names = {known.lower(): known for known in self.client.meta.service_model.operation_names}
        if action.lower() in names:
            return str(names[action.lower()])
        import difflib

        near = difflib.get_close_matches(action.lower(), names, 1)
        hint = f" Did you mean {names[near[0]][:1].lower()}{names[near[0]][1:]}?" if near else ""
        raise BindingError(f'{self.name} has no action "{action}".{hint}')

    def model(self, operation: str) -> Any:
        """Return botocore's model of an operation."""
        return self.client.meta.service_model.operation_model(operation)

    def request(self, parameters: Json) -> dict[str, Any]:
        """Return the Parameters as boto3 takes them, with what Step Functions adds."""
        shape = self.model(self.operation).input_shape
        if self.emr:
            action = self.task.resource.operation
            if faults := self.emr.wrong(action, parameters):
                raise parameter_checks.unstartable(self.task, faults)
            asked = self.emr.question(action, parameters)
            known = self.send(*asked) if asked is not None else {}
            parameters = self.emr.request(action, parameters, known)
        if self.bedrock:
            parameters = self.bedrock.request(parameters)
        try:
            made: dict[str, Any] = self.shapes.request(shape, parameters)
        except self.shapes.InvalidParameters as invalid:
            raise parameter_checks.unstartable(self.task, [str(invalid)]) from None
        if not self.sdk:
            add = ADDED.get((self.name, self.operation))
            if add is not None:
                add(self.task, made)
        if self.where.kind == "embedded":
            self._refuse(made)
        return made

    def _refuse(self, made: Mapping[str, Any]) -> None:
        """Check what the service would check before anything else; moto mostly trusts boto3 to have done it."""
        from sfnbook.tasks.aws.api import request_checks

        host = _foreign_host(made.get("QueueUrl"))
        if host:
            raise self._unreachable(f"Unable to execute HTTP request: {host}: Name or service not known")
        said = request_checks.check_request(self.name, self.operation, made)
        if said is None:
            return
        if not said.code:
            raise self._unreachable(said.words)
        words = self.wording.cause(said.words, 400, said.code, request_id_of(self.task))
        raise TaskError(self.wording.error(said.code), words)

    def send(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call. Raises TaskError for whatever goes wrong."""
        faults = import_module("botocore.exceptions")
        methods = {name: method for method, name in self.client.meta.method_to_api_mapping.items()}
        try:
            with services.call_context(self.where):
                answer: dict[str, Any] = getattr(self.client, methods[operation])(**request)
                return answer
        except faults.ClientError as fault:
            raise self._failure(operation, fault.response) from None
        except BindingError as fault:
            raise self._unreachable(str(fault)) from None
        except (faults.EndpointConnectionError, faults.HTTPClientError) as fault:
            raise self._unreachable(f"Unable to execute HTTP request: {_reason(fault, self.where)}") from None
        except (faults.NoCredentialsError, faults.CredentialRetrievalError) as fault:
            raise self._unreachable(f"Unable to load AWS credentials from any provider in the chain: {fault}") from None
        except faults.BotoCoreError as fault:
            raise self._unreachable(str(fault)) from None

    def _unreachable(self, words: str) -> TaskError:
        return TaskError(f"{self.wording.prefix}.SdkClientException", words)

    def _failure(self, operation: str, response: Mapping[str, Any]) -> TaskError:
        about, error = response.get("ResponseMetadata", {}), response.get("Error", {})
        code, said = str(error.get("Code", "")) or "Unknown", str(error.get("Message", ""))
        status = int(about.get("HTTPStatusCode", 400))
        if self.name == "s3" and operation in _HEADS:
            code, said = _HEADS[operation] if status == 404 else code, "null"  # its answer to HEAD has no body
        elif self.where.kind == "embedded":
            status, said = self.wording.status(code, status), _PREAMBLE.sub("", _BLANKS.sub(" ", said))
        words = self.wording.cause(
            said,
            status,
            code,
            str(about.get("RequestId") or request_id_of(self.task)),
            str(about.get("HostId") or (_HOST_ID if self.name == "s3" else "")),
        )
        return TaskError(self.wording.error(str(error.get("QueryErrorCode") or code)), words)

    def result(self, operation: str, answer: Mapping[str, Any]) -> dict[str, Json]:
        """Return an answer as the task's result, without metadata."""
        if operation == "InvokeHarness" and not self.sdk:
            return self._gathered(answer["stream"])
        shaped: dict[str, Json] = self.shapes.result(self.model(operation).output_shape, answer, sdk=self.sdk)
        if self.where.kind == "embedded" and operation == "InvokeModel" and shaped.get("Body") in ("{}", {}, ""):
            raise self._unreachable(
                "The embedded services have no model that could answer. Say what it answers: "
                f'mock("{self.task.state}", returns({{"Body": ...}})), or bind a function to the state.'
            )
        if self.bedrock:
            shaped = self.bedrock.result(self.task.input, shaped)
        return self.emr.result(self.task.resource.operation, shaped) if self.emr else shaped

    def _gathered(self, stream: Iterable[Mapping[str, Any]]) -> dict[str, Json]:
        from sfnbook.tasks.aws.optimized import agent_harness

        try:
            return agent_harness.result(stream)
        except agent_harness.Failed as fault:
            words = self.wording.cause(str(fault), 400, fault.code, request_id_of(self.task))
            raise TaskError(self.wording.error(fault.code), words) from None


_HEADS: Final = {"HeadObject": "NoSuchKey", "HeadBucket": "NoSuchBucket"}
"""What S3's SDK takes a 404 for that says nothing."""

_PREAMBLE: Final = re.compile(r"^An error occurred \(\w+\) when calling the \w+ operation: ")
_BLANKS: Final = re.compile(r"\s+")

_HOST_ID: Final = "embedded"
"""S3's second request id, which the embedded S3 does not give."""


def _reason(fault: Exception, where: Where) -> str:
    if type(fault).__name__ != "EndpointConnectionError":
        return str(fault)
    about = fault.kwargs if hasattr(fault, "kwargs") else {}
    inner = str(about.get("error", ""))
    known = ("Connection refused", "Name or service not known", "Network is unreachable", "No route to host")
    why = next((words for words in known if words in inner), inner) or "no connection"
    hint = " Is it running?" if where.kind == "endpoint" else ""
    return f"Connect to {where.url or about.get('endpoint_url')} failed: {why}.{hint}"


def _foreign_host(url: Any) -> str:
    """Return the host of a queue's URL when it is no AWS host, which is all that the embedded services know."""
    from urllib.parse import urlsplit

    host = (urlsplit(url).hostname or "") if isinstance(url, str) else ""
    return "" if not host or host.endswith("amazonaws.com") or host in ("localhost", "127.0.0.1") else host


# --------------------------------------------------------------------------- what Step Functions adds, and refuses
def _event_resources(task: Task, request: dict[str, Any]) -> None:
    """Each event names the machine and the execution among its resources (guide: EventBridge; recorded)."""
    context = task.context
    arns = [context.get("StateMachine", {}).get("Id"), context.get("Execution", {}).get("Id")]
    for entry in request.get("Entries", ()):
        entry["Resources"] = [*entry.get("Resources", ()), *(arn for arn in arns if arn)]


def _started_by(task: Task, request: dict[str, Any]) -> None:
    """ECS shows who started a task."""
    request.setdefault("startedBy", "AWS Step Functions")


def _failed_entries(task: Task, result: dict[str, Json]) -> None:
    """PutEvents with a failed entry fails the task (recorded: test_put_events_no_source)."""
    if result.get("FailedEntryCount"):
        failure = {key: result[key] for key in ("Entries", "FailedEntryCount") if key in result}
        raise TaskError("EventBridge.FailedEntry", to_text(failure))


def _failures(task: Task, result: dict[str, Json]) -> None:
    """RunTask that tells of any failure fails a task that waits, also beside tasks that started (guide: Amazon ECS)."""
    if result.get("Failures") and task.resource.pattern:
        raise TaskError("AmazonECS.Unknown", to_text({key: result.get(key) for key in ("Failures", "Tasks")}))


ADDED: Final[Mapping[tuple[str, str], Callable[[Task, dict[str, Any]], None]]] = {
    ("events", "PutEvents"): _event_resources,
    ("ecs", "RunTask"): _started_by,
}
FAILED: Final[Mapping[tuple[str, str], Callable[[Task, dict[str, Json]], None]]] = {
    ("events", "PutEvents"): _failed_entries,
    ("ecs", "RunTask"): _failures,
}


# ------------------------------------------------------------------------------------------------------------- .sync
def _finished(task: Task, call: Call, submitted: dict[str, Json]) -> Json:
    """Wait for a job to end and return what the service then says about it. Raises TaskError when it failed."""
    from sfnbook.tasks.aws.optimized import sync_jobs

    poll = sync_jobs.find(call.name, call.operation)
    if poll is None:
        words = f"{task.resource.text} has no .{task.resource.pattern}: nothing is known to ask for its end."
        raise TaskError(RUNTIME, words)
    task.submitted(submitted)
    ask = sync_jobs.question(poll, task.input, submitted)
    pause = FIRST_POLL
    last: Json = {key: value for key, value in submitted.items() if not key.startswith("Sdk")}
    while True:
        task.check()
        try:
            answer = call.send(poll.operation, call.shapes.request(call.model(poll.operation).input_shape, ask))
        except TaskError as fault:
            if poll.gone and fault.error.rpartition(".")[2] == poll.gone:
                return last
            raise
        found = sync_jobs.verdict(
            poll, call.shapes.result(call.model(poll.operation).output_shape, answer, sdk=call.sdk)
        )
        if found.ended:
            if found.good:
                return {poll.kept: submitted[poll.kept], **found.output} if poll.kept else found.output
            raise TaskError(TASK_FAILED, to_text(found.output))
        last = found.output
        _sleep(task, pause)
        pause = min(pause * 1.6, LONGEST_POLL)


def _sleep(task: Task, seconds: float) -> None:
    """Wait in real time, but not longer than anybody wants the answer."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        task.check()
        time.sleep(min(left, 0.1))
