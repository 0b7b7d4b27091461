"""Container: an image answers a task, over the Docker API of whatever engine is at hand.

Owns the three ways in which images answer. "emulator": images of AWS Lambda that carry the runtime interface emulator
(AWS's base images do); "runtime-api": images that carry only a runtime interface client such as ``awslambdaric``, run
against `RuntimeApi`; both stay warm between calls. "plain": anything else gets its input on stdin, or as an argument,
and answers on stdout, once per container, as ecs and batch tasks do.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

from sfnbook.errors import BindingError, TaskError
from sfnbook.runtime.task import Log, Task
from sfnbook.tasks.containers.docker_api import Attached, Engine, connect, decoder, no_image, require_docker, translated
from sfnbook.tasks.containers.exit_codes import LIMIT, flooded, outcome, timed_out
from sfnbook.tasks.containers.image import Image, Mode, Spec
from sfnbook.tasks.containers.warm_container import (
    TICK,
    Emulated,
    Served,
    Warm,
    called_function,
    host_config,
    read_reply,
)
from sfnbook.tasks.functions.python import event_of
from sfnbook.values import Json, to_text

INPUT: Final = "{input}"
"""Where a plain image's command takes its input as an argument."""


def from_text(image: str) -> Container:
    """Return the container target that ``docker:IMAGE`` names; the same one for the same name, so that cells share it."""
    if not image.strip() or any(c.isspace() for c in image):
        raise BindingError(f"docker:{image} names no image. Write for example docker:my-function:latest")
    known = _by_name.get(image)
    if known is None:
        known = _by_name[image] = container(image)
    return known


_by_name: Final[dict[str, Container]] = {}


def container(
    image: str,
    *,
    env: Mapping[str, str] | None = None,
    network: str | None = None,
    memory: int | str | None = None,
    command: Sequence[str] | str | None = None,
    timeout: float | None = None,
    concurrency: int = 4,
    mode: Mode | None = None,
) -> Container:
    """Return a target that lets an image answer tasks: ``machine.bind(resource, sfnbook.container("my-image"))``.

    env: variables of its environment. network: one of the engine's, or "host". memory: MiB, or a text as docker takes
    it ("512m"). command: instead of the image's own; ``{input}`` in it stands for the input as JSON, and then nothing
    comes on stdin. timeout: seconds until the call fails with Sandbox.Timedout. concurrency: containers at once, at
    most; more calls wait. mode: how it answers, when its image does not tell.
    Raises BindingError when the package docker is missing.
    """
    require_docker()
    limit = f"{memory}m" if isinstance(memory, int) else memory
    words = tuple([command] if isinstance(command, str) else command or ())
    if limit is not None and not re.fullmatch(r"\d+[bkmg]?b?", limit.lower()):
        raise BindingError(f'memory={memory!r}: give MiB as a number, or a text such as "512m" or "1g".')
    if concurrency < 1:
        raise BindingError(f"concurrency={concurrency}: at least one container is needed.")
    return Container(Spec(image, dict(env or {}), network, limit, words, timeout, concurrency, mode))


class Container:
    """A target (see `sfnbook.tasks.registry.Target`): tasks answered by containers of one image."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.text = f"container {spec.image}"
        self._image: Image | None = None
        self._places = CallSlots(spec.concurrency)
        self._warm: dict[str, list[Warm]] = {}
        self._lock = threading.Lock()

    def handle(self, task: Task) -> Json:
        """Answer a task (see `sfnbook.runtime.task.Handler`)."""
        event, wrap = event_of(task)
        payload = to_text(event).encode()
        engine = connect()
        self._places.enter(task)
        try:
            with translated(task, self.spec.image):
                image = self._look(engine)
                mode = self.spec.mode or image.mode
                answer = (
                    self._once(engine, payload, task)
                    if mode == "plain"
                    else self._invoke(engine, image, mode, payload, task)
                )
        finally:
            self._places.leave()
        return wrap(answer, task)

    def check(self) -> tuple[bool, str]:
        """Say whether an engine answers and has the image; starts no container."""
        try:
            engine = connect()
        except TaskError as fault:
            return False, fault.cause
        import docker.errors

        try:
            self._look(engine)
        except docker.errors.ImageNotFound:
            return False, no_image(self.spec.image).cause
        except Exception as fault:  # docker's client raises its own, requests' and urllib3's
            return False, f"The container engine at {engine.address} does not answer: {fault}"
        return True, f"image found, engine at {engine.address}"

    def stop(self) -> None:
        """Stop the warm containers; the next call starts one anew."""
        with self._lock:
            warm = [one for some in self._warm.values() for one in some]
            self._warm.clear()
        for one in warm:
            one.stop()

    def _look(self, engine: Engine) -> Image:
        """What the engine has under the image's name now; looked up again after a second, for it may be built anew."""
        image = self._image
        if image is None or time.monotonic() - image.seen > 1.0:
            found = engine.api.inspect_image(self.spec.image)
            config = found.get("Config") or {}
            words = [*(config.get("Entrypoint") or ()), *(self.spec.command or config.get("Cmd") or ())]
            image = self._image = Image(found["Id"], " ".join(words), time.monotonic())
        return image

    # ------------------------------------------------------------------------------------------------- plain images
    def _once(self, engine: Engine, payload: bytes, task: Task) -> Json:
        spec = self.spec
        as_argument = any(INPUT in word for word in spec.command)
        command = [word.replace(INPUT, payload.decode()) for word in spec.command]
        id = engine.create(
            spec.image,
            command=command or None,
            environment=spec.env,
            stdin_open=True,
            host_config=host_config(engine, spec),
        )
        printed = Printed(task.log)
        try:
            attached = Attached(engine, id, printed.receive)
            attached.send(b"" if as_argument else payload)
            deadline = None if spec.timeout is None else time.monotonic() + spec.timeout
            while not attached.ended.wait(TICK):
                task.check()
                if printed.too_long:
                    raise flooded(task)
                if deadline is not None and time.monotonic() > deadline:
                    raise timed_out(task, spec.timeout or 0.0)
            if printed.too_long:
                raise flooded(task)
            how = engine.exit_of(id, limited=spec.memory is not None)
            return outcome(task, how, bytes(printed.stdout), spec.image)
        finally:
            engine.remove(id)

    # ------------------------------------------------------------------------------------------------ Lambda images
    def _invoke(self, engine: Engine, image: Image, mode: Mode, payload: bytes, task: Task) -> Json:
        name = called_function(task)
        one = self._take(name, engine, image)
        if one is None:
            one = (Emulated if mode == "emulator" else Served)(engine, self.spec, image, name, task.log)
        one.log = task.log
        try:
            reply = one.invoke(payload, task)
        except BaseException:  # timed out, died, interrupted or no longer wanted: not to be used again
            one.stop()
            raise
        one.settle()
        with self._lock:
            self._warm.setdefault(name, []).append(one)
        return read_reply(reply, task)

    def _take(self, name: str, engine: Engine, image: Image) -> Warm | None:
        """A warm container of the image as it is now; outdated and dead ones are stopped."""
        while True:
            with self._lock:
                idle = self._warm.get(name)
                one = idle.pop() if idle else None
            if one is None or (one.engine is engine and one.image == image and not one.attached.ended.is_set()):
                return one
            one.stop()


class CallSlots:
    """Limits how many calls run at once; a call waits for its slot until it is aborted or times out."""

    def __init__(self, most: int) -> None:
        self._places = threading.Semaphore(most)

    def enter(self, task: Task) -> None:
        """Take a slot. Raises what `Task.check` raises."""
        while not self._places.acquire(timeout=TICK):
            task.check()

    def leave(self) -> None:
        """Return the slot."""
        self._places.release()


class Printed:
    """What a plain container prints: stdout is its answer, stderr goes to the log."""

    def __init__(self, log: Log) -> None:
        self.stdout = bytearray()
        self.too_long = False
        self._log = log
        self._decode = decoder()

    def receive(self, is_stdout: bool, data: bytes) -> None:
        """Take a piece."""
        if not is_stdout:
            self._log.write(self._decode(data))
        elif len(self.stdout) + len(data) > LIMIT:
            self.too_long = True
        elif not self.too_long:
            self.stdout += data
