"""Process: a local command answers a task. Input as JSON on its stdin, answer on its stdout, stderr to the log.

Owns the life of the process and of everything it starts: whatever ends the call ends the whole process group.
"""

from __future__ import annotations

import atexit
import codecs
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Final

from sfnbook.errors import BindingError
from sfnbook.runtime.task import Log, Task
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.containers.exit_codes import LIMIT, Exit, flooded, not_started, outcome, timed_out
from sfnbook.tasks.functions.python import event_of
from sfnbook.values import Json, to_text

_TICK: Final = 0.1
"""Seconds between two looks at whether anybody still waits for the answer."""

_CHUNK: Final = 65_536


def from_text(text: str) -> Process:
    """Return the process that ``process:COMMAND`` names. Raises BindingError for a command that cannot be split."""
    try:
        words = shlex.split(text, posix=os.name == "posix")
    except ValueError as fault:
        raise BindingError(f"process:{text} cannot be read as a command: {fault}.") from None
    if not words:
        raise BindingError("process: names no command. Write for example process:python3 decide.py")
    return Process(words)


class Process:
    """A local command as a task's target.

    command: the program and its arguments; no shell reads them. env: variables besides the kernel's own, of which AWS
    credentials are left out (see `sfnbook.tasks.aws.services.endpoints.Services.process_environment`). cwd: where it
    runs. timeout: seconds after which it is killed and the task fails with Sandbox.Timedout.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        timeout: float | None = None,
    ) -> None:
        self.command = list(command)
        self.env = dict(env or {})
        self.cwd = cwd
        self.timeout = timeout
        self.text = f"process {shlex.join(self.command)}"

    def handle(self, task: Task) -> Json:
        """Answer a task (see `sfnbook.runtime.task.Handler`)."""
        event, wrap = event_of(task)
        return wrap(self._run(event, task), task)

    def check(self) -> tuple[bool, str]:
        """Say whether there is such a program; starts nothing."""
        place = os.path.join(self.cwd, self.command[0]) if self.cwd and os.sep in self.command[0] else self.command[0]
        found = shutil.which(place, path=self.env.get("PATH"))
        return (True, found) if found else (False, f"there is no program {self.command[0]}")

    def _run(self, event: Json, task: Task) -> Json:
        try:
            child = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self.cwd,
                env={**services.process_environment(), **self.env},
                start_new_session=True,  # so that the whole group can be killed
            )
        except OSError as fault:
            raise not_started(task, f"{self.command[0]} cannot be started: {fault.strerror or fault}") from None
        running.add(child)
        try:
            return self._wait(child, _Pipes(child, to_text(event).encode(), task.log), task)
        finally:
            end(child)
            running.discard(child)

    def _wait(self, child: subprocess.Popen[bytes], pipes: _Pipes, task: Task) -> Json:
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        ended = False
        while not pipes.closed.wait(_TICK if deadline is None else min(_TICK, max(0.0, deadline - time.monotonic()))):
            task.check()
            if deadline is not None and time.monotonic() >= deadline:
                raise timed_out(task, self.timeout or 0.0)
            if ended:  # something it left behind in another session still holds its pipes
                break
            ended = child.poll() is not None
            if ended:
                end(child)
        if pipes.flooded:
            raise flooded(task)
        while child.poll() is None:  # it has closed its pipes and goes on
            task.check()
            if deadline is not None and time.monotonic() >= deadline:
                raise timed_out(task, self.timeout or 0.0)
            with suppress(subprocess.TimeoutExpired):
                child.wait(_TICK)
        code = child.returncode
        return outcome(task, Exit(code) if code >= 0 else Exit(128 - code, signal=-code), bytes(pipes.printed))


class _Pipes:
    """The three pipes of a child, each on a thread of its own. closed: set once it has closed its outputs."""

    def __init__(self, child: subprocess.Popen[bytes], data: bytes, log: Log) -> None:
        self.printed = bytearray()
        self.flooded = False
        self.closed = threading.Event()
        self._open = 2
        self._lock = threading.Lock()
        self._log = log
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        for work in (
            lambda pipe=child.stdin: _feed(pipe, data),
            lambda pipe=child.stdout: self._collect(pipe),
            lambda pipe=child.stderr: self._note(pipe),
        ):
            threading.Thread(target=work, name="sfnbook-process", daemon=True).start()

    def _collect(self, pipe: IO[bytes]) -> None:
        with pipe:
            while chunk := os.read(pipe.fileno(), _CHUNK):
                if len(self.printed) + len(chunk) > LIMIT:
                    self.flooded = True
                    self.closed.set()
                    return
                self.printed += chunk
        self._close()

    def _note(self, pipe: IO[bytes]) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with pipe:
            while chunk := os.read(pipe.fileno(), _CHUNK):
                self._log.write(decoder.decode(chunk))
        self._close()

    def _close(self) -> None:
        with self._lock:
            self._open -= 1
            if self._open == 0:
                self.closed.set()


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with suppress(OSError), pipe:  # it need not read its input
        pipe.write(data)


running: Final[set[subprocess.Popen[bytes]]] = set()
"""The processes that run now; killed when the kernel ends."""


def end(child: subprocess.Popen[bytes]) -> None:
    """Kill a child and everything in its group; nothing happens to what has ended."""
    if sys.platform == "win32":
        if child.poll() is None:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(child.pid)], capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


@atexit.register
def _end_all() -> None:
    for child in list(running):
        end(child)
