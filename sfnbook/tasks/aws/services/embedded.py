"""The embedded AWS services: moto's backends, called in this process, in memory, started at first use.

Requests get here through `boto_switch`: those of the clients that tasks use **and those of plain boto3**, so that a
function's ``boto3.resource("dynamodb")`` and a ``dynamodb:getItem`` state see one table. No port, no server, no account.

moto's own ``mock_aws`` is not used: it resets other mocks, replaces credentials and patches ``requests`` as well.
"""

from __future__ import annotations

import base64
import itertools
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from urllib.request import Request

from sfnbook.errors import BindingError
from sfnbook.tasks.aws.services import boto_switch
from sfnbook.values import from_text

if TYPE_CHECKING:
    from sfnbook.tasks.aws.services.endpoints import Services

_lock: Final = threading.Lock()
_stubber: Any = None
_services: Services | None = None


def running() -> bool:
    """Return whether the embedded services have been started."""
    return _stubber is not None


def start(services: Services) -> None:
    """Start them, once. Raises BindingError when moto is not installed."""
    global _stubber, _services
    boto_switch.install(services)
    _services = services
    with _lock:
        if _stubber is None:
            _stubber = _made_stubber()


def stop() -> None:
    """Take the switch out and empty every backend."""
    global _stubber
    boto_switch.remove()
    with _lock:
        if _stubber is not None:
            _stubber = None
            empty()
        if _services is not None:
            _services.running = False


def empty() -> None:
    """Empty every backend: no tables, no queues, no buckets, and ids start again."""
    import_module("moto.core.base_backend").BackendDict.reset()
    import_module("moto.moto_api._internal").mock_random.seed(0)


def inside(client: Any) -> None:
    """Mark a client of the embedded services: its requests stay here whatever `Services.shared` says."""
    boto_switch.mark(client, "inside")
    for event, correct in _CORRECTIONS.items():
        client.meta.events.register(event, correct)


def _encrypted(parsed: dict[str, Any], **_: Any) -> None:
    """S3 encrypts every object with its own keys (since January 2023; recorded: test_s3_get_object)."""
    parsed.setdefault("ServerSideEncryption", "AES256")


def _summed(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    body = params.get("Body", b"")
    if isinstance(body, bytes) and "ChecksumAlgorithm" not in params:
        context["sfnbook_crc32"] = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def _stored(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """S3 answers with a checksum of what it stored: CRC32 by default since December 2024 (its User Guide)."""
    if "ETag" in parsed:
        _encrypted(parsed)
        if "sfnbook_crc32" in context:
            parsed |= {"ChecksumCRC32": context["sfnbook_crc32"], "ChecksumType": "FULL_OBJECT"}


def _detail(params: dict[str, Any], **_: Any) -> None:
    """EventBridge refuses a Detail that is no JSON object (recorded: test_put_events_malformed_detail)."""
    for entry in params.get("Entries", ()):
        try:
            value = from_text(entry.get("Detail", "{}"))
        except ValueError:
            continue
        if not isinstance(value, dict):
            entry["Detail"] = "malformed"


def _remember(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["sfnbook_params"] = params


def _published(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """SNS speaks of a topic, not of an endpoint (recorded: test_publish_base_error_topic_arn), and numbers what a FIFO
    topic takes (its API reference)."""
    topic = str(context.get("sfnbook_params", {}).get("TopicArn", ""))
    if topic and parsed.get("Error", {}).get("Code") == "NotFound":
        parsed["Error"]["Message"] = "Topic does not exist"
    elif parsed.get("Error", {}).get("Message", "").startswith("The topic should either"):
        parsed["Error"]["Message"] = f"Invalid parameter: {parsed['Error']['Message']}"
    elif topic.endswith(".fifo") and "MessageId" in parsed:
        parsed.setdefault("SequenceNumber", str(10**19 + next(_sequence) * 4096))


_sequence: Final = itertools.count(1)


def _capacity(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """DynamoDB tells the capacity it took when it is asked to."""
    if context.get("sfnbook_params", {}).get("ReturnConsumedCapacity", "NONE") == "NONE":
        parsed.pop("ConsumedCapacity", None)


def _encoding(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """S3 repeats an EncodingType that boto3 asked for of its own accord."""
    if context.get("encoding_type_auto_set"):
        parsed.pop("EncodingType", None)


def _open(params: dict[str, Any], **_: Any) -> None:
    """A task of ECS needs no security groups: the network's own counts (its API reference). moto asks for them."""
    network = (params.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if isinstance(network, dict):
        network.setdefault("securityGroups", [])


def _ends(path: str, end: str, *running: str) -> Callable[..., None]:
    """A job whose state stands at ``path`` ends well, as most of moto's do; these never begin, or run for ever."""
    *steps, last = path.split(".")

    def correct(parsed: dict[str, Any], **_: Any) -> None:
        for step in steps:
            parsed = parsed.get(step) or {}
        if parsed.get(last) in running:
            parsed[last] = end

    return correct


_CORRECTIONS: Final = {
    "provide-client-params.ecs.RunTask": _open,
    "after-call.emr.DescribeStep": _ends("Step.Status.State", "COMPLETED", "PENDING", "STARTING", "RUNNING"),
    "after-call.emr-containers.DescribeJobRun": _ends("jobRun.state", "COMPLETED", "PENDING", "SUBMITTED", "RUNNING"),
    "after-call.bedrock.GetModelCustomizationJob": _ends("status", "Completed", "InProgress"),
    "provide-client-params.sns.Publish": _remember,
    "after-call.sns.Publish": _published,
    "provide-client-params.dynamodb": _remember,
    "after-call.dynamodb": _capacity,
    "after-call.s3": _encoding,
    "after-call.s3.GetObject": _encrypted,
    "after-call.s3.HeadObject": _encrypted,
    "after-call.s3.PutObject": _stored,
    "provide-client-params.s3.PutObject": _summed,
    "provide-client-params.eventbridge.PutEvents": _detail,
}
"""What AWS does and moto does not, as botocore events of the clients that tasks use."""


def answer(request: Any) -> Any:
    """Return moto's answer to a botocore request. Raises BindingError for what it does not emulate."""
    account = _services.account if _services is not None else ""
    if account:
        request.headers["x-moto-account-id"] = account
    try:
        answered = _stubber.process_request(request)
    except NotImplementedError as fault:
        raise BindingError(_unknown(str(fault) or str(request.url))) from None
    except ImportError as fault:
        raise BindingError(
            f"The embedded service needs the Python package {fault.name}: pip install {fault.name}"
        ) from None
    except Exception as fault:  # moto's own: whatever it is, the task fails with it
        words = f"The embedded service (moto) failed at this: {type(fault).__name__}: {fault}"
        raise BindingError(words) from fault
    if answered is None or (answered[0] == 404 and answered[2] == "Not yet implemented"):
        raise BindingError(_unknown(str(request.url)))
    return response(request, *answered)


def response(request: Any, status: int, headers: Any, body: Any) -> Any:
    """Return an answer as botocore has them."""
    module = import_module("moto.core.botocore_stubber")
    return module.AWSResponse(request.url, status, headers, module.MockRawResponse(body))


def _unknown(what: str) -> str:
    return (
        f"The embedded services (moto) have no answer to this: {what}. Bind a function to the state, or say where the "
        "service is: %sfn_services NAME=http://localhost:4566"
    )


class _Delivery:
    """Stands for ``requests`` where moto delivers to HTTP endpoints (SNS, EventBridge, Firehose): no further than HTTP
    Tasks of a notebook may go."""

    def request(self, method: str = "POST", url: str = "", data: Any = None, headers: Any = None, **_: Any) -> None:
        """Send a request; what became of it does not matter to the publisher."""
        from sfnbook.tasks.aws.services.opener import opener

        allowed = _services.http_tasks if _services is not None else frozenset()
        body = data.encode() if isinstance(data, str) else data
        with suppress(OSError):
            asked = Request(url, data=body, headers=dict(headers or {}), method=method)
            opener(url, allowed).open(asked, timeout=10).close()

    def post(self, url: str, data: Any = None, headers: Any = None, **_: Any) -> None:
        """Send a POST."""
        self.request("POST", url, data, headers)


_DELIVERING: Final = ("moto.sns.models", "moto.events.models", "moto.firehose.models")


def _made_stubber() -> Any:
    try:
        config = import_module("moto.core.config").default_user_config
        stubber = import_module("moto.core.botocore_stubber").BotocoreStubber()
    except ImportError:
        raise BindingError('The embedded services need moto: pip install "moto[dynamodb,s3,events]"') from None
    config["batch"]["use_docker"] = config["lambda"]["use_docker"] = False
    import_module("moto.moto_api._internal").mock_random.seed(0)
    for name in _DELIVERING:
        boto_switch.after_import(name, lambda module: setattr(module, "requests", _Delivery()))
    return stubber
