"""Warm: a running container of a Lambda image, called again and again.

Owns its start, the two ways of calling it (the emulator's port, our Runtime API), what its answers mean, and the watch
over a call: it was cancelled, it takes too long, it has died. Knows nothing of pools.
"""

from __future__ import annotations

import http.client
import math
import selectors
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sfnbook.errors import TaskError
from sfnbook.language.resource import function_name
from sfnbook.runtime.task import Log, Task
from sfnbook.tasks.containers.docker_api import Attached, Engine, decoder
from sfnbook.tasks.containers.exit_codes import (
    LIMIT,
    UNREACHABLE,
    exited,
    flooded,
    is_error_document,
    reported,
    runtime_error,
    timed_out,
)
from sfnbook.tasks.containers.image import Image, Spec
from sfnbook.tasks.containers.runtime_api import Invocation, RuntimeApi
from sfnbook.tasks.functions.python import request_id_of
from sfnbook.values import Json, from_text

TICK: Final = 0.1
"""Seconds between two looks at whether anybody still waits, and whether the container still lives."""

_START: Final = 60.0
"""Seconds that an image has from its start until it asks for an event or answers on its port."""

_LONGEST: Final = 900.0
"""Seconds a function may take without a ``timeout``: Lambda's own limit."""

_PORT: Final = 8080
_INVOKE: Final = "/2015-03-31/functions/function/invocations"
_ARN: Final = "arn:aws:lambda:us-east-1:123456789012:function:"


@dataclass(frozen=True, slots=True)
class RuntimeAnswer:
    """The answer of a Lambda runtime. failed: None when only the text can tell."""

    body: bytes
    failed: bool | None


def read_reply(said: RuntimeAnswer, task: Task) -> Json:
    """The value of a Lambda runtime's reply. Raises TaskError for a failure."""
    text = said.body.decode("utf-8", "replace")
    if len(said.body) > LIMIT:
        raise flooded(task)
    try:
        value = from_text(text) if text.strip() else None
    except ValueError:
        if said.failed:
            raise reported(None, text) from None
        raise runtime_error(task, "Runtime.MarshalError", f"the answer is no JSON: {text[:200]}") from None
    if said.failed or (said.failed is None and is_error_document(value)):
        raise reported(value, text)
    return value


class Warm:
    """A running container of a Lambda image. log: where what it prints goes now."""

    def __init__(
        self,
        engine: Engine,
        spec: Spec,
        image: Image,
        name: str,
        log: Log,
        *,
        env: Mapping[str, str],
        prepare: Callable[[], Mapping[str, Any]],
    ) -> None:
        self.engine = engine
        self.spec = spec
        self.image = image
        self.log = log
        self.settled = False
        decoders = {True: decoder(), False: decoder()}
        id = engine.create(
            spec.image,
            command=list(spec.command) or None,
            environment={**_environment(name, spec), **env, **spec.env},
            stdin_open=True,
            **prepare(),
        )
        try:
            self.attached = Attached(engine, id, lambda out, data: self._note(decoders[out](data)))
        except BaseException:
            engine.remove(id)
            raise

    def _note(self, text: str) -> None:
        self.log.write(text)

    def invoke(self, payload: bytes, task: Task) -> RuntimeAnswer:
        """Call the function."""
        raise NotImplementedError

    def settle(self) -> None:
        """Give what the call has printed a moment to arrive: nothing tells when it is complete.

        A busy machine, which shows by sleeping longer than it is asked to, and a container's first call get more of it.
        """
        patience = 1 if self.settled else 20
        self.settled = True
        for _ in range(20):
            before, began = self.attached.frames, time.monotonic()
            time.sleep(0.002)
            if self.attached.frames != before:
                patience = 1
            elif time.monotonic() - began < 0.004:
                patience -= 1
            if patience == 0:
                return

    def stop(self) -> None:
        """Kill and remove the container."""
        self.attached.remove()

    def died(self, task: Task) -> TaskError:
        """Return the failure for a container that has ended in the middle of a call."""
        how = self.engine.exit_of(self.attached.container, limited=self.spec.memory is not None)
        return exited(task, how, self.spec.image)

    def check(self, task: Task, deadline: float) -> None:
        """Raise when the call was cancelled or took too long, or the container is dead."""
        task.check()
        if time.monotonic() > deadline:
            raise timed_out(task, self.spec.timeout or _LONGEST)
        if self.attached.ended.is_set():
            raise self.died(task)


class Emulated(Warm):
    """A container whose runtime interface emulator answers on a published port."""

    def __init__(self, engine: Engine, spec: Spec, image: Image, name: str, log: Log) -> None:
        if spec.network in ("host", "none"):
            raise TaskError(
                UNREACHABLE,
                f'{spec.image} answers on a port of its own, which network="{spec.network}" does not publish. Leave '
                'network out, name one of the engine\'s networks, or give mode="runtime-api".',
            )
        self._ended = threading.Event()
        outside = None if engine.remote else "127.0.0.1"
        super().__init__(
            engine,
            spec,
            image,
            name,
            log,
            env={"AWS_LAMBDA_FUNCTION_TIMEOUT": str(math.ceil(spec.timeout or _LONGEST))},
            prepare=lambda: {
                "ports": [_PORT],
                "host_config": host_config(engine, spec, port_bindings={_PORT: (outside, None) if outside else None}),
            },
        )
        self._port = 0

    def invoke(self, payload: bytes, task: Task) -> RuntimeAnswer:
        """Call the function."""
        if not self._port:
            self._port = self._published()
            self._await_start(task)
        allowed = self.spec.timeout or _LONGEST
        deadline = time.monotonic() + allowed
        self._ended.clear()
        with _Connection(self.engine.host, self._port, timeout=10) as connection:
            try:
                connection.request("POST", _INVOKE, payload, {"Content-Type": "application/json"})
                body, headers = connection.read(lambda: self.check(task, deadline), deadline)
            except (OSError, http.client.HTTPException):
                raise self._broken(task) from None
        if body.startswith(b"Task timed out after"):
            raise timed_out(task, allowed)
        return RuntimeAnswer(body, True if headers.get("X-Amz-Function-Error") else None)

    def settle(self) -> None:
        """Wait for the line that the emulator prints after a call, before it answers."""
        self._ended.wait(0.2)

    def _note(self, text: str) -> None:
        super()._note(text)
        if "END RequestId" in text:
            self._ended.set()

    def _broken(self, task: Task) -> TaskError:
        """The failure for a connection that ended without an answer: its container has died, or is about to."""
        if self.attached.ended.wait(2.0):
            return self.died(task)
        return runtime_error(task, "Runtime.ExitError", "Runtime exited without providing a reason")

    def _published(self) -> int:
        ports = self.engine.api.inspect_container(self.attached.container)["NetworkSettings"]["Ports"]
        return int(ports[f"{_PORT}/tcp"][0]["HostPort"])

    def _await_start(self, task: Task) -> None:
        """Wait until the emulator answers anything at all."""
        until = time.monotonic() + _START
        while True:
            try:
                with _Connection(self.engine.host, self._port, timeout=1) as connection:
                    connection.request("GET", "/")
                    connection.getresponse().read()
                return
            except (OSError, http.client.HTTPException):
                task.check()
                if self.attached.ended.wait(0.02):
                    raise self.died(task) from None
                if time.monotonic() > until:
                    message = f"{self.spec.image} does not answer on port {_PORT} after {_START:.0f} seconds"
                    raise runtime_error(task, "Sandbox.Timedout", message) from None


class Served(Warm):
    """A container whose runtime interface client asks our `RuntimeApi` for its events."""

    def __init__(self, engine: Engine, spec: Spec, image: Image, name: str, log: Log) -> None:
        network, listen, announced = _way_back(engine, spec)
        try:
            self.api = RuntimeApi(listen, announced)
        except OSError as fault:
            raise TaskError(
                UNREACHABLE,
                f"{spec.image} on network {spec.network} cannot be served: its gateway {listen} is not this machine's "
                f'({fault.strerror}). Leave network out, or give network="host".',
            ) from None
        extra = {announced: "host-gateway"} if announced == "host.docker.internal" else None
        try:
            super().__init__(
                engine,
                spec,
                image,
                name,
                log,
                env={"AWS_LAMBDA_RUNTIME_API": self.api.address},
                prepare=lambda: {"host_config": host_config(engine, spec, network_mode=network, extra_hosts=extra)},
            )
        except BaseException:
            self.api.close()
            raise

    def invoke(self, payload: bytes, task: Task) -> RuntimeAnswer:
        """Call the function."""
        arn = task.resource.text if task.resource.kind == "lambda" else _ARN + called_function(task)
        allowed = self.spec.timeout or _LONGEST
        self._await_start(task)
        self.api.give(Invocation(request_id_of(task), payload, arn, time.time() + allowed))
        deadline = time.monotonic() + allowed
        while (reply := self.api.reply(TICK)) is None:
            if self.attached.ended.is_set() and (reply := self.api.reply(0.0)) is not None:
                break  # it said something before it died
            self.check(task, deadline)
        if reply.kind == "init":
            raise reported(_document(reply.body), reply.body.decode("utf-8", "replace"))
        if reply.too_long:
            raise flooded(task)
        return RuntimeAnswer(reply.body, reply.kind == "error")

    def _await_start(self, task: Task) -> None:
        """Wait until the runtime has asked for an event, or has said that it cannot begin."""
        until = time.monotonic() + _START
        while not self.api.asked.wait(TICK):
            self.check(task, math.inf)
            if time.monotonic() > until:
                message = f"{self.spec.image} did not ask for an event within {_START:.0f} seconds of its start"
                raise runtime_error(task, "Sandbox.Timedout", message)

    def stop(self) -> None:
        """Kill and remove the container, and its server."""
        super().stop()
        self.api.close()


class _Connection(http.client.HTTPConnection):
    """A connection that is closed at the end, and whose answer is waited for in small steps."""

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def read(self, check: Callable[[], None], deadline: float) -> tuple[bytes, http.client.HTTPMessage]:
        """Return the answer's body, cut behind `LIMIT`, and headers; calls ``check`` while there is none."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            while not selector.select(min(TICK, max(0.0, deadline - time.monotonic()) + 0.001)):
                check()
        response = self.getresponse()
        return response.read(LIMIT + 1), response.headers


def called_function(task: Task) -> str:
    """The name that a Lambda function has in this task; another resource's label otherwise."""
    if task.resource.is_lambda_invoke and isinstance(task.input, dict):
        name = task.input.get("FunctionName")
        if isinstance(name, str):
            return function_name(name)
    return task.resource.function or quote(task.resource.label, safe="")


def _document(body: bytes) -> Json:
    try:
        return from_text(body.decode("utf-8", "replace"))
    except ValueError:
        return None


def _environment(name: str, spec: Spec) -> dict[str, str]:
    """What Lambda sets in a function's environment."""
    return {
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": spec.megabytes,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "$LATEST",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def host_config(engine: Engine, spec: Spec, **more: Any) -> Any:
    options: dict[str, Any] = {"log_config": {"type": "none"}}  # attached instead: nothing is kept on disk
    if spec.network is not None:
        options["network_mode"] = spec.network
    if spec.memory is not None:
        options["mem_limit"] = spec.memory
    options.update((key, value) for key, value in more.items() if value is not None)
    return engine.api.create_host_config(**options)


def _way_back(engine: Engine, spec: Spec) -> tuple[str | None, str, str]:
    """How a container reaches our Runtime API: (its network, the address we listen on, the name it uses).

    On Linux through the host's network, so that the server stays on loopback; where the engine runs in a virtual
    machine, by the name it has for this machine; on a network of the user's choice, at that network's gateway.
    """
    if spec.network == "none":
        raise TaskError(UNREACHABLE, f'{spec.image} needs a network for its events: network="none" has none.')
    if engine.desktop:
        name = "host.docker.internal" if "podman" not in engine.address else "host.containers.internal"
        return spec.network, "127.0.0.1", name
    if spec.network in (None, "host"):
        return "host", "127.0.0.1", ""
    found = engine.api.inspect_network(spec.network)
    gateways = [entry.get("Gateway") for entry in (found.get("IPAM") or {}).get("Config") or ()]
    gateway: str | None = next((address for address in gateways if address), None)
    if gateway is None:
        raise TaskError(UNREACHABLE, f'The network {spec.network} has no gateway to this machine. Give network="host".')
    return spec.network, gateway, ""
